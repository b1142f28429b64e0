//! Walks through containers. Each walk does three things at once, because each needs the same care: it
//! applies the limits to the headers it meets, it finds out what is kept, and it refuses what is malformed.
//!
//! Kept: what pixels need, colour profiles, orientation, copyright, the loop count of an animation.
//! Dropped: everything else, known or not. The lists say what stays, never what goes.

pub mod exif;
pub mod gif;
pub mod jpeg;
pub mod png;
mod vp8l;
pub mod webp;

/// Whether this is the beginning of an ICC profile: the signature at byte 36 of its header (ICC.1:2022,
/// section 7.2). What calls itself a profile and is none is dropped like everything else.
fn is_icc(profile: &[u8]) -> bool {
    profile.get(36..40) == Some(b"acsp")
}
