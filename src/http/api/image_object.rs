//! The Image object: the same everywhere it appears.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::held_object::HeldObject;
use crate::app::App;
use crate::domain::ids::{CollectionId, DeleteToken, ImageId};
use crate::domain::image::Image;
use crate::domain::retention::Retention;
use crate::domain::warning::Warning;
use crate::http::image_request::VIEW;
use crate::http::private_address::{SignedUrl, path, sign_whole};
use crate::http::sizes::{Sizes, srcset, srcset_webp};
use crate::policy::private_images::SEEN_TTL_MS;
use crate::usecases::upload::Taken;

/// An image, as callers see it.
#[derive(Debug, Serialize)]
pub struct ImageObject {
    /// Its public name.
    pub id: String,
    /// Always `image`.
    pub object: &'static str,
    /// The image itself, on the image host; of a restricted one, its placeholder. Of a private one, nothing is there.
    pub url: String,
    /// Where a private image itself is for an hour; none of a public one, or for whoever may not see it.
    pub signed_url: Option<SignedUrl>,
    /// The image itself, if it is restricted; otherwise null, because `url` is.
    pub view_url: Option<String>,
    /// The page that shows it.
    pub page_url: String,
    /// Smaller ones; of a private image signed for an hour, and none for whoever may not see it.
    pub sizes: Option<Sizes>,
    /// All sizes for a `srcset` attribute.
    pub srcset: Option<String>,
    /// The same in WebP, for the `source` of a `picture`.
    pub srcset_webp: Option<String>,
    /// The name the file had, made safe.
    pub filename: Option<String>,
    /// `jpeg`, `png`, `gif` or `webp`.
    pub format: crate::domain::format::Format,
    /// Pixels, as displayed.
    pub width: u32,
    /// Pixels, as displayed.
    pub height: u32,
    /// Size of the served file in bytes.
    pub bytes: u64,
    /// Whether it has more than one frame.
    pub animated: bool,
    /// Always `live`; what is held has an object of its own (`held_object.rs`).
    pub status: &'static str,
    /// Whether anyone with the address can see it.
    pub public: bool,
    /// What the uploader wrote about it.
    pub caption: Option<String>,
    /// What the uploader filed it under.
    pub labels: BTreeMap<String, String>,
    /// The caller's own object.
    pub metadata: Map<String, Value>,
    /// The collection it is in. Told only to whom the image belongs: to others it would say which images have one owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<Option<CollectionId>>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; null: when its owner deletes it.
    pub expires_at: Option<String>,
    /// The promise, with its reason (promise IMP-31).
    pub retention: RetentionObject,
    /// What was concluded about its content.
    pub moderation: ModerationObject,
    /// What to show while it loads.
    pub placeholder: PlaceholderObject,
}

/// The promise about an image's life.
#[derive(Debug, Serialize)]
pub struct RetentionObject {
    /// `safe` or `restricted`.
    pub class: String,
    /// Why this long.
    pub reason: String,
    /// As in the image.
    pub expires_at: Option<String>,
}

/// The conclusion about an image's content.
#[derive(Debug, Serialize)]
pub struct ModerationObject {
    /// `safe`, `flagged` or `restricted`.
    pub state: &'static str,
    /// The same in words for people.
    pub label: &'static str,
    /// The edition of the rules that were applied.
    pub policy_version: i64,
}

/// What to show while the image loads.
#[derive(Debug, Serialize)]
pub struct PlaceholderObject {
    /// ThumbHash, base64.
    pub thumbhash: String,
    /// The most common colour, `#rrggbb`.
    pub dominant_color: String,
}

/// The Image object for its uploader, with what only the uploader may know.
#[derive(Debug, Serialize)]
pub struct UploadedObject {
    /// The image.
    #[serde(flatten)]
    pub image: ImageObject,
    /// The page that deletes it, after asking.
    pub delete_url: String,
    /// What deletes it; shown once.
    pub delete_token: String,
}

impl ImageObject {
    /// The object of a live image, for whom it belongs to.
    #[must_use]
    pub fn of_own(app: &App, image: &Image) -> Self {
        let collection = image.owner.as_ref().map(|_| image.placement.collection.clone());
        Self { collection, ..Self::of(app, image) }
    }

    /// The object of a live image, for whoever may see it.
    #[must_use]
    pub fn of(app: &App, image: &Image) -> Self {
        let signed = image.placement.is_private.then(|| sign_whole(app, image, SEEN_TTL_MS));
        Self {
            signed_url: signed.map(SignedUrl::from),
            id: image.id.to_string(),
            object: "image",
            url: image_url(app, image),
            view_url: Warning::of(image).map(|_| view_url(app, image)),
            page_url: page_url(app, &image.id),
            sizes: Some(Sizes::of(app, image, image.facts.format)),
            srcset: Some(srcset(app, image)),
            srcset_webp: Some(srcset_webp(app, image)),
            filename: image.details.filename.clone(),
            format: image.facts.format,
            width: image.facts.width,
            height: image.facts.height,
            bytes: image.facts.bytes,
            animated: image.facts.animated,
            status: "live",
            public: !image.placement.is_private,
            caption: image.details.caption.clone(),
            labels: image.details.labels.clone(),
            metadata: image.details.metadata.clone(),
            collection: None,
            created_at: image.created_at.rfc3339(),
            expires_at: image.retention.expires_at.map(|at| at.rfc3339()),
            retention: RetentionObject::of(&image.retention),
            moderation: ModerationObject {
                state: image.verdict.as_str(),
                label: image.verdict.label(),
                policy_version: image.policy_version,
            },
            placeholder: PlaceholderObject {
                thumbhash: image.facts.thumbhash.clone(),
                dominant_color: image.facts.dominant_color.clone(),
            },
        }
    }
}

impl ImageObject {
    /// The object of a live image, for who brought it and has no more to do with it: of a private one, nothing that opens it.
    #[must_use]
    pub fn for_bringer(app: &App, image: &Image) -> Self {
        let object = Self::of(app, image);
        if object.public {
            return object;
        }
        Self { signed_url: None, sizes: None, srcset: None, srcset_webp: None, ..object }
    }
}

impl RetentionObject {
    /// The object of a promise.
    #[must_use]
    pub fn of(retention: &Retention) -> Self {
        Self {
            class: retention.class.clone(),
            reason: retention.reason.clone(),
            expires_at: retention.expires_at.map(|at| at.rfc3339()),
        }
    }
}

impl UploadedObject {
    /// The object of an image just uploaded.
    #[must_use]
    pub fn of(app: &App, image: &Image, token: &DeleteToken) -> Self {
        Self {
            image: ImageObject::of_own(app, image),
            delete_url: delete_url(app, &image.id, token),
            delete_token: token.reveal().to_owned(),
        }
    }
}

/// The object of an image for whom it belongs to, held or not.
///
/// # Errors
/// If it has no JSON form, which would be our mistake.
pub fn owned(app: &App, image: &Taken) -> Result<Value, serde_json::Error> {
    match image {
        Taken::Public(image) => serde_json::to_value(ImageObject::of_own(app, image)),
        Taken::Held(image) => serde_json::to_value(HeldObject::of_own(app, image)),
    }
}

/// Where the image is, for everyone and everywhere; of a restricted one, its placeholder is there, of a private one
/// nothing.
#[must_use]
pub fn image_url(app: &App, image: &Image) -> String {
    format!("{}{}", app.settings.image_base(), path(image))
}

/// Where the image itself is, also if it is restricted: for those who asked to see it.
#[must_use]
pub fn view_url(app: &App, image: &Image) -> String {
    format!("{}?{VIEW}", image_url(app, image))
}

/// Where the page that shows it is.
#[must_use]
pub fn page_url(app: &App, id: &ImageId) -> String {
    format!("{}/{id}", app.settings.app_base())
}

/// Where the page that deletes it is.
#[must_use]
pub fn delete_url(app: &App, id: &ImageId, token: &DeleteToken) -> String {
    format!("{}/{id}/delete?token={}", app.settings.app_base(), token.reveal())
}
