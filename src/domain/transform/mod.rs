//! What may be asked of an image by the query of its address, in one way of saying it: whoever asks for the same
//! thing in other words gets the same file.
//!
//! Work goes in this order, whatever the order of the words: upright by the file's orientation, `flip`, `rotate`, size
//! and cut, colours, `blur`, `sharpen`, `background`, format.

mod canonical;
mod layout;
mod read;
mod words;

use serde::{Deserialize, Serialize};

use super::format::Format;
use super::ids::ImageId;

pub use layout::{Layout, Rect};
pub use read::{Asked, accepts_webp, read};
pub use words::Note;

/// What is made of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Transform {
    /// Mirrored before it is turned.
    pub flip: Flip,
    /// Turned clockwise.
    pub rotate: Rotate,
    /// How large, and which part.
    pub sizing: Sizing,
    /// Colours.
    pub adjust: Adjust,
    /// Standard deviation of the Gaussian in hundredths of an output pixel; 0: none.
    pub blur: u32,
    /// Strength of the unsharp mask in hundredths; 0: none.
    pub sharpen: u32,
    /// What shows through, and around a padded image. Without it, formats that can be transparent stay so, and others
    /// get white.
    pub background: Option<Colour>,
    /// The file's format.
    pub format: Format,
    /// 1 to 100, of the formats that have one; 0 of the others.
    pub quality: u8,
    /// Whether only the first frame is wanted.
    pub still: bool,
}

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Colour {
    /// Red, green, blue and alpha; not multiplied.
    pub rgba: [u8; 4],
}

/// A mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flip {
    /// Left becomes right.
    pub horizontal: bool,
    /// Top becomes bottom.
    pub vertical: bool,
}

/// Clockwise, in quarters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rotate {
    /// Not at all.
    #[default]
    None,
    /// To the right.
    Quarter,
    /// Upside down.
    Half,
    /// To the left.
    ThreeQuarters,
}

/// How large the result is, in pixels. Sides are at least 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sizing {
    /// As large as it is.
    #[default]
    Original,
    /// With a shorter side of so many pixels, never enlarged.
    Short {
        /// Of the shorter side.
        side: u32,
    },
    /// As large as fits, whole; a side that is not given follows the other.
    Within {
        /// At most.
        width: Option<u32>,
        /// At most.
        height: Option<u32>,
        /// Whether a smaller image grows.
        enlarge: bool,
    },
    /// Exactly so large; what does not fit is cut off.
    Cover {
        /// Exactly.
        width: u32,
        /// Exactly.
        height: u32,
        /// Which part stays.
        gravity: Gravity,
    },
    /// Exactly so large; what is not filled is background.
    Pad {
        /// Exactly.
        width: u32,
        /// Exactly.
        height: u32,
        /// Where the image is.
        gravity: Gravity,
    },
}

/// Which part of an image matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the points of the compass")]
pub enum Gravity {
    /// The middle.
    #[default]
    Center,
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
    NorthWest,
    /// Wherever most is to be seen.
    Auto,
}

/// What is done to colours: factors in hundredths, 100 leaves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Adjust {
    /// Samples are multiplied by it.
    pub brightness: u32,
    /// Distances from the middle grey are multiplied by it.
    pub contrast: u32,
    /// Samples are raised to its inverse: above 100, dark parts get lighter.
    pub gamma: u32,
    /// Distances from the grey of the same luma are multiplied by it.
    pub saturation: u32,
    /// Whether only the luma stays.
    pub grayscale: bool,
}

impl Default for Adjust {
    fn default() -> Self {
        Self { brightness: 100, contrast: 100, gamma: 100, saturation: 100, grayscale: false }
    }
}

/// The values that are taken (`policy::transforms`).
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Width or height of a result.
    pub side_px_max: u32,
    /// Width times height of a result.
    pub pixels_max: u64,
    /// Device pixels in a pixel.
    pub dpr_max: f64,
    /// Standard deviation in pixels.
    pub blur_max: f64,
    /// Strength.
    pub sharpen_max: f64,
    /// Factor of brightness, contrast, gamma and saturation.
    pub adjust_max: f64,
    /// 1 to 100, where none is asked for.
    pub quality: u8,
    /// The values of `size`.
    pub sizes: &'static [NamedSize],
}

/// A value of `size`.
#[derive(Clone, Copy, Debug)]
pub struct NamedSize {
    /// What the query says.
    pub name: &'static str,
    /// What it stands for.
    pub size: Named,
}

/// What a named size stands for, in pixels.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// A shorter side, never enlarged.
    Short(u32),
    /// Width and height, with background where the image does not fill them.
    Padded(u32, u32),
}

impl Gravity {
    /// Every one, with the word for it.
    pub const ALL: [(&'static str, Self); 10] = [
        ("center", Self::Center),
        ("north", Self::North),
        ("northeast", Self::NorthEast),
        ("east", Self::East),
        ("southeast", Self::SouthEast),
        ("south", Self::South),
        ("southwest", Self::SouthWest),
        ("west", Self::West),
        ("northwest", Self::NorthWest),
        ("auto", Self::Auto),
    ];

    /// Where it lies, from the left and from the top, 0 to 1; none if the pixels must say.
    #[must_use]
    pub fn place(self) -> Option<[f64; 2]> {
        Some(match self {
            Self::Center => [0.5, 0.5],
            Self::North => [0.5, 0.0],
            Self::NorthEast => [1.0, 0.0],
            Self::East => [1.0, 0.5],
            Self::SouthEast => [1.0, 1.0],
            Self::South => [0.5, 1.0],
            Self::SouthWest => [0.0, 1.0],
            Self::West => [0.0, 0.5],
            Self::NorthWest => [0.0, 0.0],
            Self::Auto => return None,
        })
    }
}

impl Rotate {
    /// Whether width and height change places.
    #[must_use]
    pub fn turns_sides(self) -> bool {
        matches!(self, Self::Quarter | Self::ThreeQuarters)
    }
}

impl Transform {
    /// What leaves an image of `format` as it is.
    #[must_use]
    pub fn identity(format: Format) -> Self {
        Self {
            flip: Flip::default(),
            rotate: Rotate::default(),
            sizing: Sizing::default(),
            adjust: Adjust::default(),
            blur: 0,
            sharpen: 0,
            background: None,
            format,
            quality: 0,
            still: false,
        }
    }
}

/// What a variant is of, and by which transform: no two variants have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VariantName {
    /// The image.
    pub image: ImageId,
    /// What is made of it.
    pub transform: Transform,
}

/// What a transform has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantFacts {
    /// The file's format: another than was asked for if that could not be made, which a note says.
    pub format: Format,
    /// Pixels; upright, no orientation has to be applied.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// At least 1.
    pub frames: u32,
    /// Length of the file.
    pub bytes: u64,
    /// What was not done as it was asked for.
    pub notes: Vec<Note>,
}

/// Whether files of this format are made with a quality.
#[must_use]
pub fn has_quality(format: Format) -> bool {
    matches!(format, Format::Jpeg | Format::WebP)
}

#[cfg(test)]
const BOUNDS: Bounds = Bounds {
    side_px_max: 4_096,
    pixels_max: 8_400_000,
    dpr_max: 3.0,
    blur_max: 100.0,
    sharpen_max: 10.0,
    adjust_max: 10.0,
    quality: 80,
    sizes: &[
        NamedSize { name: "s", size: Named::Short(320) },
        NamedSize { name: "social", size: Named::Padded(1_200, 630) },
    ],
};
