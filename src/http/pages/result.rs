//! What an uploader learns about one file: its image's addresses and promise, or what to do about it.

use super::figures::Moment;
use super::problems;
use super::sharing::{self, Shared, Snippet};
use crate::app::App;
use crate::domain::ids::DeleteToken;
use crate::domain::image::{HeldImage, Image};
use crate::domain::warning::Warning;
use crate::http::api::image_object::{delete_url, image_url, page_url};
use crate::http::api::oembed::fit;
use crate::http::problem::Occurrence;
use crate::http::sizes::{Sizes, srcset, srcset_webp};
use crate::usecases::upload::{Taken, Uploaded};

/// Largest preview, in pixels.
const PREVIEW: (u32, u32) = (480, 360);

/// An image just uploaded, as its uploader sees it.
#[derive(Default)]
pub struct Card {
    /// The file's name, or what to call it.
    pub name: String,
    /// A smaller one, to be shown.
    pub preview_url: String,
    /// Its page.
    pub page_url: String,
    /// What the uploader wrote about it, or nothing.
    pub caption: String,
    /// Width of the preview.
    pub width: u32,
    /// Height of the preview.
    pub height: u32,
    /// When it leaves public view; none: when its owner deletes it.
    pub expires: Option<Moment>,
    /// Why then.
    pub reason: String,
    /// Whether it is restricted, so that others see a placeholder first.
    pub is_restricted: bool,
    /// Whether only its owner sees it.
    pub is_private: bool,
    /// What to copy.
    pub snippets: Vec<Snippet>,
    /// The page that deletes it; shown once.
    pub delete_url: String,
}

impl Card {
    /// The card of an image.
    #[must_use]
    pub fn of(app: &App, image: &Image, token: &DeleteToken) -> Self {
        let (image_url, page_url) = (image_url(app, image), page_url(app, &image.id));
        let caption = image.details.caption.clone().unwrap_or_default();
        let (width, height) = fit((image.facts.width, image.facts.height), PREVIEW);
        Self {
            name: image.details.filename.clone().unwrap_or_else(|| "Your image".into()),
            snippets: sharing::snippets(&Shared {
                image_url: &image_url,
                page_url: &page_url,
                caption: &caption,
                width: &image.facts.width.to_string(),
                height: &image.facts.height.to_string(),
                srcset: &srcset(app, image),
                srcset_webp: &srcset_webp(app, image),
            }),
            preview_url: Sizes::of(app, image, image.facts.format).medium.url,
            page_url,
            caption,
            width,
            height,
            expires: image.retention.expires_at.map(Moment::from),
            reason: image.retention.reason.clone(),
            is_restricted: Warning::of(image).is_some(),
            is_private: image.placement.is_private,
            delete_url: delete_url(app, &image.id, token),
        }
    }

    /// A card for a script to fill in.
    #[must_use]
    pub fn blank() -> Self {
        let expires = Some(Moment::default());
        Self { snippets: sharing::snippets(&sharing::BLANK), expires, ..Self::default() }
    }
}

/// An image just taken in that is held until it is judged, as its uploader sees it.
#[derive(Default)]
pub struct HeldCard {
    /// What to call it.
    pub name: String,
    /// Its page.
    pub page_url: String,
    /// When it leaves public view at the latest; none: when its owner deletes it.
    pub expires: Option<Moment>,
    /// The page that deletes it; shown once.
    pub delete_url: String,
}

impl HeldCard {
    /// A card for a script to fill in.
    #[must_use]
    pub fn blank() -> Self {
        Self { expires: Some(Moment::default()), ..Self::default() }
    }

    fn of(app: &App, image: &HeldImage, token: &DeleteToken) -> Self {
        Self {
            name: image.details.caption.clone().unwrap_or_else(|| "Your image".into()),
            page_url: page_url(app, &image.id),
            expires: image.retention.expires_at.map(Moment::from),
            delete_url: delete_url(app, &image.id, token),
        }
    }
}

/// A file that was not taken.
pub struct Refusal {
    /// The file's name.
    pub name: String,
    /// What it is about.
    pub title: &'static str,
    /// What happened.
    pub detail: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Refusal {
    /// The refusal of the file `name`.
    #[must_use]
    pub fn of(name: String, occurrence: &Occurrence) -> Self {
        let name = if name.is_empty() { "A file without a name".to_owned() } else { name };
        let kind = &occurrence.kind;
        Self { name, title: kind.title, detail: occurrence.detail.clone(), remedy: problems::remedy(kind) }
    }
}

/// What became of a file.
pub enum Outcome {
    /// It is online.
    Taken(Box<Card>),
    /// It has arrived, and is not shown yet.
    Held(HeldCard),
    /// It is not.
    Refused(Refusal),
}

impl Outcome {
    /// What became of a file that was taken.
    #[must_use]
    pub fn of(app: &App, uploaded: &Uploaded) -> Self {
        match &uploaded.image {
            Taken::Public(image) => Self::Taken(Box::new(Card::of(app, image, &uploaded.delete_token))),
            Taken::Held(image) => Self::Held(HeldCard::of(app, image, &uploaded.delete_token)),
        }
    }
}
