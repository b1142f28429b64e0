//! Policy is data: the tables that the code obeys, the upload page discloses and the documents print.

#[cfg(feature = "app")]
pub mod api_keys;
#[cfg(feature = "app")]
pub mod consents;
pub mod data_map;
pub mod delivery;
pub mod edge_cache;
pub mod factors;
pub mod holding;
pub mod known_bad;
pub mod limits;
pub mod mail;
pub mod models;
#[cfg(feature = "app")]
pub mod private_images;
pub mod rates;
pub mod retention;
pub mod second_opinion;
#[cfg(feature = "app")]
pub mod sessions;
#[cfg(feature = "app")]
pub mod tickets;
pub mod transforms;
pub mod variants;
pub mod verdicts;
