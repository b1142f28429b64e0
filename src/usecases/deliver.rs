//! Serves an image's bytes. Being in the public bucket, and not past its date, is what makes an image
//! visible: a view asks the bucket and never the database. What is kept with the bytes also says whether they are
//! shown at once or only to whoever asks to see them. A variant is made of an image that passes these questions, and
//! passes no others.
//!
//! A private image is there only for whoever has an address that its owner signed. To anybody else it is nothing: the same
//! question is put to the database as for any name that nobody has, and its answer is the same.

use std::net::IpAddr;

use super::make_variant::make_variant;
use super::remove::log_fault;
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::domain::transform::{Transform, VariantName};
use crate::domain::warning::Warning;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::variants::{USE_NOTED_AFTER_MS, USE_NOTED_EVERY};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, ByteRange};
use crate::ports::payload::Payload;
use crate::store::{images, variants};

/// What the caller has and wants; the HTTP layer has parsed it.
pub trait Conditions {
    /// Whether the caller needs no bytes at all, having them already.
    fn is_fresh(&self, meta: &BlobMeta) -> bool;
    /// The part that is wanted.
    fn range(&self, meta: &BlobMeta) -> Wanted;
    /// Whether anything at all was asked that must be known before the bytes are opened.
    fn are_any(&self) -> bool;
}

/// All, whatever the caller has.
struct NoConditions;

impl Conditions for NoConditions {
    fn is_fresh(&self, _: &BlobMeta) -> bool {
        false
    }

    fn range(&self, _: &BlobMeta) -> Wanted {
        Wanted::Whole
    }

    fn are_any(&self) -> bool {
        false
    }
}

/// Whether the visitor asked to see what may lie behind a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing was chosen: most likely the picture is part of a page, or a program follows a link.
    None,
    /// To see it.
    See,
}

/// The part of the bytes that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    Whole,
    /// This part.
    Part(ByteRange),
    /// A part that is not there.
    Unsatisfiable,
    /// Nothing but the facts (HEAD).
    Facts,
}

/// What is served.
#[derive(Debug)]
pub enum Delivery {
    /// All bytes.
    Whole(BlobMeta, Payload),
    /// Some.
    Part(BlobMeta, ByteRange, Payload),
    /// None: the caller asked for the facts.
    Facts(BlobMeta),
    /// None: the caller has them.
    NotModified(BlobMeta),
    /// None: the wanted part is not there.
    Unsatisfiable(BlobMeta),
    /// None: the image is restricted, and nobody asked to see it. The conditions were about other bytes, and are
    /// not looked at.
    Placeholder(BlobMeta, Warning),
}

impl Delivery {
    /// What is stored beside the bytes of the image.
    #[must_use]
    pub fn meta(&self) -> &BlobMeta {
        match self {
            Self::Whole(meta, _)
            | Self::Part(meta, ..)
            | Self::Facts(meta)
            | Self::NotModified(meta)
            | Self::Unsatisfiable(meta)
            | Self::Placeholder(meta, _) => meta,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The image.
    pub id: ImageId,
    /// The format that its address names.
    pub format: Format,
    /// Whether it may lie behind a warning.
    pub choice: Choice,
    /// What is made of it; none: itself.
    pub transform: Option<Transform>,
    /// Whether its address is signed as those of private images are.
    pub opens_private: bool,
    /// Where the client is, if the platform tells: used if a variant has to be made, and kept nowhere.
    pub address: Option<IpAddr>,
}

/// Opens the bytes of an image or of a variant of it, if they may be shown; a variant that is not there yet is made.
///
/// # Errors
/// `NotFound`, `ImageGone`, what [`make_variant`] refuses, or a fault of the storage.
pub async fn deliver(app: &App, request: &Request, conditions: &impl Conditions) -> Result<Delivery, Error> {
    match look(app, request, conditions).await? {
        Looked::Delivery(delivery) => {
            if let Some(transform) = request.transform
                && !matches!(delivery, Delivery::Placeholder(..))
            {
                note_use(app, &request.id, &transform.to_string());
            }
            Ok(delivery)
        }
        Looked::NoVariant(name, parent) => make(app, &name, &parent, request, conditions).await,
        Looked::Nothing => Err(absence(app, request).await?.into()),
    }
}

/// All bytes that are stored for `request`, if anyone may see them without being asked first.
///
/// # Errors
/// As [`deliver`], of what is stored.
pub async fn stored(app: &App, request: &Request) -> Result<Option<(BlobMeta, Payload)>, Error> {
    Ok(match look(app, request, &NoConditions).await? {
        Looked::Delivery(Delivery::Whole(meta, bytes)) if meta.warning.is_none() && !meta.is_private => {
            Some((meta, bytes))
        }
        _ => None,
    })
}

/// What the storage has for a request.
enum Looked {
    /// What is served.
    Delivery(Delivery),
    /// The image, of which this variant is not there.
    NoVariant(VariantName, BlobMeta),
    /// No image, or none for whoever asks.
    Nothing,
}

async fn look(app: &App, request: &Request, conditions: &impl Conditions) -> Result<Looked, Error> {
    let Request { id, format, choice, .. } = request;
    // What goes with the bytes may change between two looks, so it is checked each time.
    let check = |meta: &BlobMeta| {
        if meta.is_private && !request.opens_private {
            return Ok(Checked::Hidden);
        }
        check_servable(app, meta, *format)?;
        let placeholder = unanswered(meta, *choice).map(|warning| Delivery::Placeholder(meta.clone(), warning));
        Ok(placeholder.map_or(Checked::Open, |placeholder| Checked::Instead(Box::new(placeholder))))
    };
    let image = BlobKey::image(id);
    let Some(transform) = request.transform else {
        let found = open(app, &image, conditions, check).await?;
        return Ok(found.map_or(Looked::Nothing, Looked::Delivery));
    };
    // An image that is not there any more has no variants, whatever is stored of them.
    let name = VariantName { image: id.clone(), transform };
    let variant = BlobKey::variant(id, &transform.to_string());
    let parent = app.ports.blobs.head(Bucket::Images, &image);
    let (parent, found) = futures::join!(parent, open(app, &variant, conditions, |_| Ok(Checked::Open)));
    let Some(parent) = parent.attempt(&format!("serve {id}"))? else { return Ok(Looked::Nothing) };
    match check(&parent)? {
        Checked::Open => {}
        Checked::Instead(delivery) => return Ok(Looked::Delivery(*delivery)),
        Checked::Hidden => return Ok(Looked::Nothing),
    }
    Ok(match found? {
        Some(delivery) => Looked::Delivery(delivery.of_variant(&parent)),
        None => Looked::NoVariant(name, parent),
    })
}

async fn make(
    app: &App,
    name: &VariantName,
    parent: &BlobMeta,
    request: &Request,
    conditions: &impl Conditions,
) -> Result<Delivery, Error> {
    let Some((meta, bytes)) = make_variant(app, name, parent, request.address).await? else {
        return Err(absence(app, request).await?.into());
    };
    Ok(match conditions.range(&meta) {
        _ if conditions.is_fresh(&meta) => Delivery::NotModified(meta),
        Wanted::Facts => Delivery::Facts(meta),
        // Whole is always a right answer to a range.
        Wanted::Whole | Wanted::Part(_) | Wanted::Unsatisfiable => Delivery::Whole(meta, bytes),
    })
}

/// What may be shown of an object.
enum Checked {
    /// It.
    Open,
    /// This instead.
    Instead(Box<Delivery>),
    /// Nothing, as if it were not there.
    Hidden,
}

/// Opens an object under the caller's conditions, unless `check` answers instead; none if it is not there, or hidden.
async fn open(
    app: &App,
    key: &BlobKey,
    conditions: &impl Conditions,
    check: impl Fn(&BlobMeta) -> Result<Checked, Problem>,
) -> Result<Option<Delivery>, Error> {
    let attempted = format!("serve {}", key.as_str());
    let blobs = app.ports.blobs.as_ref();
    let part = if conditions.are_any() {
        let Some(meta) = blobs.head(Bucket::Images, key).await.attempt(&attempted)? else { return Ok(None) };
        match check(&meta)? {
            Checked::Open => {}
            Checked::Instead(instead) => return Ok(Some(*instead)),
            Checked::Hidden => return Ok(None),
        }
        match needed(conditions, meta) {
            Needed::Nothing(delivery) => return Ok(Some(delivery)),
            Needed::Whole(_) => None,
            Needed::Part(_, range) => Some(range),
        }
    } else {
        None
    };
    let Some((meta, bytes)) = blobs.get(Bucket::Images, key, part).await.attempt(&attempted)? else {
        return Ok(None);
    };
    match check(&meta)? {
        Checked::Open => {}
        Checked::Instead(instead) => return Ok(Some(*instead)),
        Checked::Hidden => return Ok(None),
    }
    Ok(Some(match part {
        None => Delivery::Whole(meta, bytes),
        Some(range) => Delivery::Part(meta, range, bytes),
    }))
}

/// The bytes that an answer needs.
pub enum Needed {
    /// None: this is the answer.
    Nothing(Delivery),
    /// All.
    Whole(BlobMeta),
    /// These.
    Part(BlobMeta, ByteRange),
}

/// What the caller needs of the bytes that `meta` is about.
pub fn needed(conditions: &impl Conditions, meta: BlobMeta) -> Needed {
    if conditions.is_fresh(&meta) {
        return Needed::Nothing(Delivery::NotModified(meta));
    }
    match conditions.range(&meta) {
        Wanted::Unsatisfiable => Needed::Nothing(Delivery::Unsatisfiable(meta)),
        Wanted::Facts => Needed::Nothing(Delivery::Facts(meta)),
        Wanted::Whole => Needed::Whole(meta),
        Wanted::Part(range) => Needed::Part(meta, range),
    }
}

impl Delivery {
    /// The same with what holds for the image now: a variant is not written anew when that changes.
    fn of_variant(self, parent: &BlobMeta) -> Self {
        let now = |meta: BlobMeta| BlobMeta {
            created_at: parent.created_at,
            expires_at: parent.expires_at,
            warning: parent.warning.clone(),
            is_private: parent.is_private,
            ..meta
        };
        match self {
            Self::Whole(meta, bytes) => Self::Whole(now(meta), bytes),
            Self::Part(meta, range, bytes) => Self::Part(now(meta), range, bytes),
            Self::Facts(meta) => Self::Facts(now(meta)),
            Self::NotModified(meta) => Self::NotModified(now(meta)),
            Self::Unsatisfiable(meta) => Self::Unsatisfiable(now(meta)),
            Self::Placeholder(meta, warning) => Self::Placeholder(now(meta), warning),
        }
    }
}

/// Notes now and then that a variant is used: the least used are the first to go.
fn note_use(app: &App, id: &ImageId, words: &str) {
    let mut chance = [0];
    if app.ports.rng.fill(&mut chance).is_err() || chance.iter().any(|byte| byte % USE_NOTED_EVERY != 0) {
        return;
    }
    let (later, id, words) = (app.clone(), id.clone(), words.to_owned());
    app.ports.background.run(Box::pin(async move {
        let now = later.now();
        let unless_since = now.plus_ms(-USE_NOTED_AFTER_MS);
        let noted = variants::note_use(later.ports.sql.as_ref(), &id, &words, now, unless_since).await;
        if let Err(fault) = noted.attempt(&format!("note the use of a variant of {id}")) {
            log_fault(&later, &fault);
        }
    }));
}

/// The warning that stands between the visitor and the bytes.
fn unanswered(meta: &BlobMeta, choice: Choice) -> Option<Warning> {
    match choice {
        Choice::None => meta.warning.clone(),
        Choice::See => None,
    }
}

/// The reaper may be late; the promise is not.
fn check_servable(app: &App, meta: &BlobMeta, format: Format) -> Result<(), Problem> {
    if meta.media_type != format.media_type() {
        return Err(Problem::NotFound);
    }
    match meta.expires_at {
        Some(at) if at <= app.now() => Err(Problem::ImageGone),
        _ => Ok(()),
    }
}

/// Whether what is not in the bucket once was: the only question a view may put to the database.
async fn absence(app: &App, request: &Request) -> Result<Problem, Fault> {
    let id = &request.id;
    let hides = |is_private: bool| is_private && !request.opens_private;
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    Ok(match found {
        Some(images::Found::Departed(departed)) if hides(departed.is_private) => Problem::NotFound,
        Some(images::Found::Departed(_)) => Problem::ImageGone,
        Some(images::Found::Held(image)) if hides(image.placement.is_private) => Problem::NotFound,
        Some(images::Found::Held(image)) if image.has_expired(app.now()) => Problem::ImageGone,
        Some(images::Found::Held(_)) => Problem::ImageHeld,
        // A live row without bytes: on its way out, or the reconciler's business.
        Some(images::Found::Present(_) | images::Found::Withheld) | None => Problem::NotFound,
    })
}
