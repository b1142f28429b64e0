//! The story of the product, one verb each.

pub mod admit;
pub mod deliver;
pub mod deliver_nearby;
pub mod examine;
pub mod fetch_image;
pub mod hold;
pub mod intent;
pub mod judge;
pub mod known_bad;
pub mod make_variant;
pub mod personal_keys;
pub mod pseudonymise;
pub mod purge_edge;
pub mod recall;
pub mod relabel;
pub mod release;
pub mod remove;
pub mod review;
pub mod second_opinion;
pub mod show;
pub mod upload;
pub mod work_off;
