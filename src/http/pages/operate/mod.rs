//! Pages of operators: what waits for them, and what they did.

pub mod accounts;
pub mod appeals;
pub mod authority;
pub mod log;
pub mod notices;
pub mod overview;
pub mod requests;
pub mod review;
