//! Makes a variant of a live image that nobody made before, and keeps it for the next who asks.
//!
//! ```text
//! admit the client -> begin (a row) -> vision -> answer
//!                                         └────> store -> settle -> erase what is too many
//! ```
//! The row comes first, so that there is none that nobody knows of; and only a live image has one. What is stored while
//! its image leaves public view is erased by whoever notices: this, by settling; the removal, which erases all there
//! are; or the job that comes by the row.

use std::net::IpAddr;

use super::anomalies::record;
use super::pseudonymise::pseudonymise;
use super::remove::log_fault;
use crate::app::App;
use crate::domain::facts::Rejection;
use crate::domain::ids::ImageId;
use crate::domain::transform::VariantName;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::anomalies::Counted;
use crate::policy::limits;
use crate::policy::variants::{BEGUN_PER_HOUR_MAX, BUDGET_WINDOW_MS, CLIENT_RETRY_AFTER_S, IN_FLIGHT_MS, STORED_MAX};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, DELETE_KEYS_MAX};
use crate::ports::payload::Payload;
use crate::ports::vision::{Variant, VisionFailure};
use crate::store::variants::{self, Allowance, Begun};

/// Makes the variant `name` of the image whose bytes are described by `parent`, for a client at `address`. Answers none
/// if the image left public view meanwhile.
///
/// # Errors
/// `TooManyVariants`, `TransformImpossible`, `Busy`, or a fault if a port fails.
pub async fn make_variant(
    app: &App,
    name: &VariantName,
    parent: &BlobMeta,
    address: Option<IpAddr>,
) -> Result<Option<(BlobMeta, Payload)>, Error> {
    let (id, words) = (&name.image, name.transform.to_string());
    let attempted = format!("make the variant {words} of {id}");
    if !begin(app, id, &words, address).await? {
        return Ok(None);
    }
    let image = app.ports.blobs.get(Bucket::Images, &BlobKey::image(id), None).await.attempt(&attempted)?;
    let Some((_, image)) = image else { return Ok(None) };
    let made = app.ports.vision.transform(image, name, &limits::ANONYMOUS).await;
    let Variant { facts, sha256, bytes } = made.map_err(|failure| refusal(failure, attempted.clone()))?;
    let meta = BlobMeta {
        media_type: facts.format.media_type().to_owned(),
        sha256,
        bytes: facts.bytes,
        notes: facts.notes,
        ..parent.clone()
    };
    // A stream that can be read once goes to who waits for it.
    if let Some(copy) = bytes.again() {
        app.ports.background.run(Box::pin(keep(app.clone(), id.clone(), words, meta.clone(), copy)));
    }
    Ok(Some((meta, bytes)))
}

/// Writes down that a variant is being made, if that is not too many. Answers false if the image is not live any more.
async fn begin(app: &App, id: &ImageId, words: &str, address: Option<IpAddr>) -> Result<bool, Error> {
    let now = app.now();
    // By a pseudonym that is written down nowhere: the platform counts for a minute, in memory.
    let client = pseudonymise(app, address, now).await?;
    if !app.ports.variant_burst.admits(&client).await {
        return Err(Problem::TooManyVariants { retry_after_s: CLIENT_RETRY_AFTER_S }.into());
    }
    let hour = now.window_start(BUDGET_WINDOW_MS);
    let allowance = Allowance { hour, begun_max: BEGUN_PER_HOUR_MAX, in_flight_since: now.plus_ms(-IN_FLIGHT_MS) };
    let begun = variants::begin(app.ports.sql.as_ref(), id, words, &allowance, now).await;
    match begun.attempt(&format!("begin a variant of {id}"))? {
        Begun::Admitted => {
            // It slows nobody, so nobody waits for it in vain: what is not counted is missing in a letter.
            if let Err(fault) = record(app, Counted::Variants, None).await {
                log_fault(app, &fault);
            }
            Ok(true)
        }
        Begun::NotLive => Ok(false),
        Begun::Full => {
            let retry_after_s = hour.plus_ms(BUDGET_WINDOW_MS).ms_since(now).div_euclid(1_000) + 1;
            Err(Problem::TooManyVariants { retry_after_s }.into())
        }
    }
}

fn refusal(failure: VisionFailure, attempted: String) -> Error {
    let cause = match failure {
        VisionFailure::Busy { retry_after_s } => return Problem::Busy { retry_after_s }.into(),
        VisionFailure::Rejected(Rejection::OutOfMemory | Rejection::TooManyPixels { .. } | Rejection::TooMuchWork) => {
            let detail = "the image is too large for it: ask for a smaller size, or for fewer changes".into();
            return Problem::TransformImpossible { detail }.into();
        }
        // It was accepted once, so that this is ours.
        VisionFailure::Rejected(rejection) => format!("a stored image is rejected: {rejection:?}"),
        failure @ (VisionFailure::Interrupted | VisionFailure::Unavailable(_)) => failure.to_string(),
    };
    Fault { attempted, cause: Cause::Vision(cause) }.into()
}

/// Stores a variant and sees that there are not too many. A failure costs the next who asks the time to make it again.
async fn keep(app: App, id: ImageId, words: String, meta: BlobMeta, bytes: Payload) {
    if let Err(fault) = store(&app, &id, &words, &meta, bytes).await {
        log_fault(&app, &fault);
    }
}

async fn store(app: &App, id: &ImageId, words: &str, meta: &BlobMeta, bytes: Payload) -> Result<(), Fault> {
    let attempted = format!("keep the variant {words} of {id}");
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let key = BlobKey::variant(id, words);
    blobs.put_new(Bucket::Images, &key, bytes, meta).await.attempt(&attempted)?;
    if !variants::settle(sql, id, words, meta.bytes).await.attempt(&attempted)? {
        return blobs.delete(Bucket::Images, &[key]).await.attempt(&attempted);
    }
    let now = app.now();
    let in_flight_since = now.plus_ms(-IN_FLIGHT_MS);
    let surplus = variants::surplus(sql, id, words, STORED_MAX, in_flight_since).await.attempt(&attempted)?;
    if surplus.is_empty() {
        return Ok(());
    }
    let keys: Vec<BlobKey> = surplus.iter().map(|words| BlobKey::variant(id, words)).collect();
    blobs.delete(Bucket::Images, &keys).await.attempt(&attempted)?;
    variants::forget(sql, id, &surplus, now).await.attempt(&attempted)
}

/// Erases all variants of an image that left public view.
///
/// # Errors
/// If a port fails; it can be done again.
pub async fn erase_variants(app: &App, id: &ImageId) -> Result<(), Fault> {
    let attempted = format!("erase the variants of {id}");
    let blobs = app.ports.blobs.as_ref();
    #[allow(clippy::cast_possible_truncation, reason = "a thousand")]
    let limit = DELETE_KEYS_MAX as u32;
    loop {
        let page = blobs.list(Bucket::Images, &BlobKey::variants_of(id), None, limit).await.attempt(&attempted)?;
        if page.blobs.is_empty() {
            return Ok(());
        }
        let keys: Vec<BlobKey> = page.blobs.into_iter().map(|blob| blob.key).collect();
        blobs.delete(Bucket::Images, &keys).await.attempt(&attempted)?;
        if page.next.is_none() {
            return Ok(());
        }
    }
}
