//! The object of an image that is held: what there is to tell before anything is known about its pixels.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::image_object::{ModerationObject, RetentionObject, delete_url, page_url};
use crate::app::App;
use crate::domain::ids::{CollectionId, DeleteToken};
use crate::domain::image::HeldImage;
use crate::domain::verdict::Verdict;
use crate::policy::verdicts::POLICY_VERSION;

/// An image that is held until it is judged, as callers see it.
#[derive(Debug, Serialize)]
pub struct HeldObject {
    /// Its public name.
    pub id: String,
    /// Always `image`.
    pub object: &'static str,
    /// The page that will show it, and until then says that it is being checked.
    pub page_url: String,
    /// Always `held`.
    pub status: &'static str,
    /// Always false.
    pub public: bool,
    /// What the uploader wrote about it.
    pub caption: Option<String>,
    /// What the uploader filed it under.
    pub labels: BTreeMap<String, String>,
    /// The caller's own object.
    pub metadata: Map<String, Value>,
    /// The collection it is in. Told only to whom the image belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<Option<CollectionId>>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; null: when its owner deletes it. Sooner, if it is found to need a warning.
    pub expires_at: Option<String>,
    /// The promise, with its reason (promise IMP-31).
    pub retention: RetentionObject,
    /// That nothing is concluded yet.
    pub moderation: ModerationObject,
    /// RFC 3339: when it is given up and erased if it cannot be judged.
    pub held_until: String,
}

/// The object for its uploader, with what only the uploader may know.
#[derive(Debug, Serialize)]
pub struct UploadedHeldObject {
    /// The image.
    #[serde(flatten)]
    pub image: HeldObject,
    /// The page that deletes it, after asking.
    pub delete_url: String,
    /// What deletes it; shown once.
    pub delete_token: String,
}

impl HeldObject {
    /// The object of a held image, for whom it belongs to.
    #[must_use]
    pub fn of_own(app: &App, image: &HeldImage) -> Self {
        let collection = image.owner.as_ref().map(|_| image.placement.collection.clone());
        Self { collection, ..Self::of(app, image) }
    }

    /// The object of a held image.
    #[must_use]
    pub fn of(app: &App, image: &HeldImage) -> Self {
        let verdict = Verdict::Unscanned;
        Self {
            id: image.id.to_string(),
            object: "image",
            page_url: page_url(app, &image.id),
            status: "held",
            public: false,
            caption: image.details.caption.clone(),
            labels: image.details.labels.clone(),
            metadata: image.details.metadata.clone(),
            collection: None,
            created_at: image.created_at.rfc3339(),
            expires_at: image.retention.expires_at.map(|at| at.rfc3339()),
            retention: RetentionObject::of(&image.retention),
            moderation: ModerationObject {
                state: verdict.as_str(),
                label: verdict.label(),
                policy_version: POLICY_VERSION,
            },
            held_until: image.held_until.rfc3339(),
        }
    }
}

impl UploadedHeldObject {
    /// The object of an image just taken in.
    #[must_use]
    pub fn of(app: &App, image: &HeldImage, token: &DeleteToken) -> Self {
        Self {
            image: HeldObject::of_own(app, image),
            delete_url: delete_url(app, &image.id, token),
            delete_token: token.reveal().to_owned(),
        }
    }
}
