//! What stands before an image that is shown only after a warning (promise IMP-21).

use serde::{Deserialize, Serialize};

use super::image::Image;
use super::verdict::Verdict;

/// All that the placeholder of a restricted image is drawn from. It goes with the bytes, so that serving the
/// placeholder instead of them asks no database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The image's ThumbHash, base64 with padding.
    pub thumbhash: String,
    /// Width of the image in pixels, as displayed.
    pub width: u32,
    /// Height of the image in pixels, as displayed.
    pub height: u32,
}

impl Warning {
    /// The warning that `image` asks for; none unless it is restricted.
    #[must_use]
    pub fn of(image: &Image) -> Option<Self> {
        let facts = &image.facts;
        match image.verdict {
            Verdict::Restricted => {
                Some(Self { thumbhash: facts.thumbhash.clone(), width: facts.width, height: facts.height })
            }
            // What is prohibited is shown to nobody, so there is nobody to warn.
            Verdict::Safe | Verdict::Flagged | Verdict::Prohibited | Verdict::Unscanned => None,
        }
    }
}
