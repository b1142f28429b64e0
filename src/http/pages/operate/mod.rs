//! Pages of whoever runs this deployment (promise I2A-01: with two factors).

pub mod accounts;
pub mod appeals;
pub mod requests;
