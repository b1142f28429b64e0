//! Rules and words of the product. Pure: no async, no ports, no clock.

pub mod address;
#[cfg(feature = "app")]
pub mod consent;
pub mod decision;
pub mod details;
pub mod facts;
pub mod format;
pub mod hash_lookup;
pub mod hex;
pub mod hotlink;
pub mod ids;
pub mod image;
pub mod known_bad;
pub mod opinion;
pub mod picture;
#[cfg(feature = "app")]
pub mod rekognition;
pub mod retention;
pub mod review;
#[cfg(feature = "app")]
pub mod sealing;
pub mod signed_url;
pub mod time;
pub mod transform;
pub mod verdict;
pub mod warning;
