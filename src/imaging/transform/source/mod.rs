//! The stored image, opened: what it is, and its pixels at a scale that is enough.

mod film;
mod gif;
mod jpeg;
mod placed;
mod png;
mod scattered;
mod webp;

use super::budget::Work;
use super::profile::PROFILE_BYTES_MAX;
use super::rows::Rows;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::imaging::{Header, gate, metadata, sniff};
use crate::policy::limits::ImageLimits;

/// An image that has passed the limits. Nothing is decoded yet.
pub struct Source<'a> {
    bytes: &'a [u8],
    /// Of the file.
    pub format: Format,
    walk: Walk,
}

enum Walk {
    Jpeg(metadata::jpeg::Walk),
    Png(metadata::png::Walk),
    Gif(metadata::gif::Walk),
    WebP(metadata::webp::Walk),
}

/// What pixels are wanted for.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Stored pixels in one of the result, in the direction where there are fewer: a rendition smaller by that is enough.
    pub ratio: f64,
    /// What the result takes beside the pixels, in bytes.
    pub result_bytes: u64,
    /// All there is, in bytes.
    pub memory_bytes: u64,
}

/// Pixels, and what having them takes.
pub struct Pixels<'a> {
    /// The pixels.
    pub rows: Box<dyn Rows + 'a>,
    /// What is held while rows come, in bytes.
    pub held_bytes: u64,
    /// Whether there would have been more detail, had there been more memory.
    pub coarse: bool,
}

impl<'a> Source<'a> {
    /// Opens a file as `examine` does: what was stored is stripped already, but nobody else may rely on it.
    ///
    /// # Errors
    /// If it is not acceptable.
    pub fn open(bytes: &'a [u8], limits: &ImageLimits) -> Result<Self, Rejection> {
        gate::length(bytes, limits)?;
        let format = sniff::format(bytes)?;
        let walk = match format {
            Format::Jpeg => Walk::Jpeg(metadata::jpeg::walk(bytes, limits)?),
            Format::Png => Walk::Png(metadata::png::walk(bytes, limits)?),
            Format::Gif => Walk::Gif(metadata::gif::walk(bytes, limits)?),
            Format::WebP => Walk::WebP(metadata::webp::walk(bytes, limits)?),
        };
        Ok(Self { bytes, format, walk })
    }

    fn header(&self) -> &Header {
        match &self.walk {
            Walk::Jpeg(walk) => &walk.header,
            Walk::Png(walk) => &walk.header,
            Walk::Gif(walk) => &walk.header,
            Walk::WebP(walk) => &walk.header,
        }
    }

    /// Width and height as stored, in pixels.
    pub fn sides(&self) -> [u32; 2] {
        [self.header().width, self.header().height]
    }

    /// Exif orientation, 1 to 8.
    pub fn orientation(&self) -> u8 {
        self.header().orientation
    }

    /// Whether it is an animation that we read: more than one frame, and not of a PNG, whose first image is made for those
    /// who do not.
    pub fn moves(&self) -> bool {
        self.frames() > 1 && matches!(self.format, Format::Gif | Format::WebP)
    }

    /// At least 1.
    pub fn frames(&self) -> u32 {
        self.header().frames
    }

    /// The pixels of the image, or of the first frame.
    ///
    /// # Errors
    /// If the file is damaged, or takes more memory or work than there is.
    pub fn pixels(&self, need: Need, work: &mut Work) -> Result<Pixels<'_>, Rejection> {
        match &self.walk {
            Walk::Jpeg(walk) => jpeg::pixels(self.bytes, walk, need, work),
            Walk::Png(walk) => png::pixels(self.bytes, walk, need, work),
            Walk::Gif(walk) => gif::pixels(self.bytes, walk, need, work),
            Walk::WebP(walk) => webp::pixels(self.bytes, walk, work),
        }
    }

    /// The colour profile, if the file has one. That of a GIF is not looked at, as in browsers.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn profile(&self) -> Result<Option<Vec<u8>>, Rejection> {
        let profile = match &self.walk {
            Walk::Jpeg(walk) => jpeg::profile(self.bytes, walk)?,
            Walk::Png(walk) => png::profile(self.bytes, walk)?,
            Walk::Gif(_) => None,
            Walk::WebP(walk) => walk.profile.clone().and_then(|range| self.bytes.get(range)).map(<[u8]>::to_vec),
        };
        Ok(profile.filter(|profile| profile.len() <= PROFILE_BYTES_MAX))
    }
}

/// Pixels in `sides`.
fn area([width, height]: [u32; 2]) -> u64 {
    u64::from(width) * u64::from(height)
}
