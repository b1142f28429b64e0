//! Pixels into files.

pub mod webp;
