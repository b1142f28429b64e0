//! The proof that a file is whole: every frame is decoded once, and thrown away but for a small rendition of
//! the first. The decoders read the stripped file, in little memory: rows or frames, never all of it at once.

pub mod gif;
pub mod jpeg;
pub mod png;
pub mod rendition;
pub mod webp;
