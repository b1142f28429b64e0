//! The proof that a file is whole: every frame is decoded once, and thrown away but for small
//! renditions: of the first for the placeholder, of some for the classifier. The decoders read the stripped file, in little memory: rows or frames, never all of it at once.

pub mod film;
pub mod gif;
pub mod jpeg;
pub mod png;
pub mod rendition;
pub mod webp;
