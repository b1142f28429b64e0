//! Images as the gallery shows them.

use super::super::figures::{self, Moment};
use crate::app::App;
use crate::domain::image::{HeldImage, Image};
use crate::domain::warning::Warning;
use crate::http::sizes::Sizes;
use crate::usecases::upload::Taken;

/// Longest name under a picture, in characters.
const NAME_CHARS_MAX: usize = 70;

/// An image in the gallery.
pub struct Plate {
    /// The image's id.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// Its smaller picture; none while it is held.
    pub picture: Option<Picture>,
    /// When it leaves; none: when its owner deletes it.
    pub leaves: Option<Moment>,
    /// Whether it is still to be judged.
    pub is_held: bool,
    /// Whether others see a placeholder first, as here.
    pub is_restricted: bool,
    /// Whether nobody else sees it.
    pub is_private: bool,
}

/// A picture for an `<img>` element.
pub struct Picture {
    /// Where it is.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl Plate {
    /// The plate of an image.
    #[must_use]
    pub fn of(app: &App, image: &Taken) -> Self {
        match image {
            Taken::Public(image) => Self::of_public(app, image),
            Taken::Held(image) => Self::of_held(image),
        }
    }

    fn of_public(app: &App, image: &Image) -> Self {
        let small = Sizes::of(app, image, image.facts.format).small;
        Self {
            id: image.id.to_string(),
            name: name(image.details.caption.as_deref(), image.details.filename.as_deref()),
            picture: Some(Picture { url: small.url, width: small.width, height: small.height }),
            leaves: image.retention.expires_at.map(Moment::from),
            is_held: false,
            is_restricted: Warning::of(image).is_some(),
            is_private: image.placement.is_private,
        }
    }

    fn of_held(image: &HeldImage) -> Self {
        Self {
            id: image.id.to_string(),
            name: name(image.details.caption.as_deref(), None),
            picture: None,
            leaves: image.retention.expires_at.map(Moment::from),
            is_held: true,
            is_restricted: false,
            is_private: image.placement.is_private,
        }
    }
}

/// What to call an image: the first line of its caption, or else its file's name.
fn name(caption: Option<&str>, filename: Option<&str>) -> String {
    let caption = caption.map(|caption| figures::first_line(caption, NAME_CHARS_MAX));
    caption.or_else(|| filename.map(str::to_owned)).unwrap_or_else(|| "An image without a name".into())
}
