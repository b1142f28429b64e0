//! Pages of whoever runs this deployment (promise I2A-01: with two factors).

pub mod authority;
pub mod requests;
