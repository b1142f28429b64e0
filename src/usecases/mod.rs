//! The story of the product, one verb each.

pub mod deliver;
pub mod fetch_image;
pub mod pseudonymise;
pub mod recall;
pub mod remove;
pub mod review;
pub mod show;
pub mod upload;
