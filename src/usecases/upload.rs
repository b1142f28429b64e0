//! Takes an image in: examined before anything is written, intent before bytes, bytes before life, life
//! before the acknowledgement. A crash after any step leaves at most a draft, which the sweep removes.

use std::net::IpAddr;

use url::Url;

use super::fetch_image::fetch_image;
use super::pseudonymise::pseudonymise;
use super::recall::{Made, Recalled, in_flight, recall};
use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::details::{Details, filename};
use crate::domain::facts::Rejection;
use crate::domain::hex;
use crate::domain::ids::{DeleteToken, IMAGE_ID_BYTES, IdempotencyKey, ImageId};
use crate::domain::image::{Image, State};
use crate::domain::retention::{Surface, Tier};
use crate::domain::time::{Timestamp, human_duration};
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::limits::ImageLimits;
use crate::policy::retention::{IDEMPOTENCY_IN_FLIGHT_MS, IDEMPOTENCY_MS, TtlRefusal, Window};
use crate::policy::verdicts::{Publication, decide, publication, review};
use crate::policy::{limits, rates};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, PutOutcome};
use crate::ports::payload::Payload;
use crate::ports::sql::SqlFailure;
use crate::ports::vision::{Examined, VisionFailure};
use crate::store::{decisions, idempotency, images, rate_counters, review_queue};

/// Seconds after which an image that was not judged may be sent again: a new instance of vision starts in less.
const UNSCANNED_RETRY_AFTER_S: u32 = 5;

/// Where the bytes come from.
#[derive(Debug)]
pub enum Source {
    /// The request.
    Body(Payload),
    /// A URL to fetch, already checked for form.
    Url(Url),
}

/// One upload, checked for form.
#[derive(Debug)]
pub struct Upload {
    /// Where the bytes come from.
    pub source: Source,
    /// How the upload came in.
    pub surface: Surface,
    /// What the uploader says about the image; the file name as given.
    pub details: Details,
    /// The life asked for, in milliseconds.
    pub ttl_ms: Option<i64>,
    /// The caller's name for this attempt.
    pub key: Option<IdempotencyKey>,
    /// Where the caller is; used for the rate limit's pseudonym and dropped.
    pub address: Option<IpAddr>,
}

/// An acknowledged upload.
#[derive(Debug)]
pub struct Uploaded {
    /// The image.
    pub image: Image,
    /// What lets its holder delete it.
    pub delete_token: DeleteToken,
    /// Whether an earlier request under the same key made it.
    pub replayed: bool,
}

/// Takes an image in and makes it public.
///
/// # Errors
/// A problem if the request or the image is not acceptable; a fault if something of ours failed. In both
/// cases nothing is public, and what may have been written is removed by the sweep.
pub async fn upload(app: &App, upload: Upload) -> Result<Uploaded, Error> {
    let now = app.now();
    check_ttl(app, &upload)?;
    let asked = asked_for(&upload);
    if let Some(key) = &upload.key {
        match recall(app, key, now).await? {
            Recalled::Nothing => {}
            Recalled::InFlight(problem) => return Err(problem.into()),
            Recalled::Made { fingerprint, outcome } => {
                let repeated = fingerprint_of_repeat(app, upload.source, &asked).await?;
                return replay(app, &fingerprint, &repeated, outcome);
            }
        }
    }
    admit(app, upload.address, now).await?;
    let limits = limits::ANONYMOUS;
    let (bytes, url) = match upload.source {
        Source::Body(payload) => (payload, None),
        Source::Url(url) => (fetch_image(app, &url, limits.bytes_max).await?, Some(url)),
    };
    let examined = examine(app, bytes, &limits).await?;
    let body_digest = url.as_ref().map_or_else(|| examined.received_sha256.clone(), url_digest);
    let fingerprint = fingerprint(&body_digest, &asked);
    // Nothing that was not judged is published. Who sends it again may meet a classifier that answers.
    let decision = decide(&examined.assessment).ok_or(Problem::Busy { retry_after_s: UNSCANNED_RETRY_AFTER_S })?;
    let image = draft(app, upload.surface, upload.details, upload.ttl_ms, &examined, &decision, now)?;
    write_intent(app, &image, &decision, upload.key.as_ref(), &fingerprint, now).await?;
    let public = publication(image.verdict) == Publication::Public;
    // What is withheld never is in the bucket that is served from, not even under a name that nobody knows.
    let bucket = if public { Bucket::Images } else { Bucket::Recovery };
    if let Err(fault) = store_bytes(app, &image, bucket, examined.bytes).await {
        withdraw(app, &image.id, bucket, upload.key.as_ref()).await;
        return Err(fault.into());
    }
    if !public {
        return Err(withhold(app, &image, &decision, upload.key.as_ref(), now).await);
    }
    let image = publish(app, image, upload.key.as_ref()).await?;
    Ok(acknowledged(app, image, false))
}

fn check_ttl(app: &App, upload: &Upload) -> Result<(), Problem> {
    let Some(ttl_ms) = upload.ttl_ms else { return Ok(()) };
    app.settings.retention.check_ttl(upload.surface, Tier::Anonymous, ttl_ms).map_err(|refusal| {
        let detail = match refusal {
            TtlRefusal::Fixed => "this kind of upload has a fixed life".to_owned(),
            TtlRefusal::OutOfRange { min_ms, max_ms: None } => {
                format!("at least {} seconds ({})", min_ms / 1_000, human_duration(min_ms))
            }
            TtlRefusal::OutOfRange { min_ms, max_ms: Some(max_ms) } => format!(
                "from {} to {} seconds ({} to {})",
                min_ms / 1_000,
                max_ms / 1_000,
                human_duration(min_ms),
                human_duration(max_ms)
            ),
        };
        Problem::InvalidField { field: "ttl", detail }
    })
}

async fn admit(app: &App, address: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
    let caller = pseudonymise(app, address, now).await?;
    if !app.ports.burst.admits(&caller).await {
        return Err(Problem::Busy { retry_after_s: 10 }.into());
    }
    let sql = app.ports.sql.as_ref();
    let full = rate_counters::count_unless_full(sql, &caller, &rates::ANONYMOUS, now).await;
    match full.attempt("count an upload")? {
        None => Ok(()),
        Some(limit) => {
            let ends_at = now.window_start(limit.window_ms).plus_ms(limit.window_ms);
            let retry_after_s = ends_at.ms_since(now).div_euclid(1_000) + 1;
            Err(Problem::RateLimited { limit: limit.name, uploads_max: limit.uploads_max, retry_after_s }.into())
        }
    }
}

async fn examine(app: &App, bytes: Payload, limits: &ImageLimits) -> Result<Examined, Error> {
    if bytes.length().is_some_and(|length| length > limits.bytes_max) {
        return Err(Problem::PayloadTooLarge { limit_bytes: limits.bytes_max }.into());
    }
    app.ports.vision.examine(bytes, limits).await.map_err(|failure| match failure {
        VisionFailure::Rejected(rejection) => refusal(rejection),
        // Most such senders are gone and will not read this; it keeps their leaving out of our faults.
        VisionFailure::Interrupted => Problem::MalformedRequest { detail: "the file broke off".into() }.into(),
        VisionFailure::Busy { retry_after_s } => Problem::Busy { retry_after_s }.into(),
        VisionFailure::Unavailable(cause) => {
            Fault { attempted: "examine an image".into(), cause: Cause::Vision(cause) }.into()
        }
    })
}

fn refusal(rejection: Rejection) -> Error {
    let too_large = |detail: String| Problem::ImageTooLarge { detail };
    let problem = match rejection {
        Rejection::Empty => Problem::UndecodableImage { detail: "the file is empty".into() },
        Rejection::UnsupportedFormat { detected } => Problem::UnsupportedFormat { detected },
        Rejection::TooManyBytes { limit_bytes } => Problem::PayloadTooLarge { limit_bytes },
        Rejection::SideTooLong { limit_px } => too_large(format!("a side is longer than {limit_px} pixels")),
        Rejection::TooManyPixels { limit_pixels } => {
            too_large(format!("more than {} megapixels for this kind of file", limit_pixels / 1_000_000))
        }
        Rejection::TooManyFrames { limit_frames } => too_large(format!("more than {limit_frames} frames")),
        Rejection::AnimationTooLarge { limit_pixels } => {
            too_large(format!("more than {} megapixels over all frames", limit_pixels / 1_000_000))
        }
        Rejection::TooManyScans { limit_scans } => too_large(format!("more than {limit_scans} scans")),
        Rejection::Undecodable { detail } => Problem::UndecodableImage { detail },
        Rejection::OutOfMemory => Problem::Busy { retry_after_s: 5 },
    };
    problem.into()
}

/// Builds the image as it will be, with the promise that will be kept.
fn draft(
    app: &App,
    surface: Surface,
    details: Details,
    ttl_ms: Option<i64>,
    examined: &Examined,
    decision: &Decision,
    now: Timestamp,
) -> Result<Image, Error> {
    let verdict = decision.verdict;
    let policy = &app.settings.retention;
    let retention = match (publication(verdict), policy.window(surface, Tier::Anonymous, verdict, now, ttl_ms)) {
        (Publication::Public, Window::Kept(retention)) => Some(retention),
        (Publication::Withheld, _) => policy.withheld(surface, Tier::Anonymous, now, ttl_ms),
        (Publication::Public, Window::Withheld) => None,
    };
    let refused = || Problem::ContentProhibited { image_id: None, reason: decision.reason.clone() };
    let retention = retention.ok_or_else(refused)?;
    let mut random = [0; IMAGE_ID_BYTES];
    app.ports.rng.fill(&mut random).attempt("make an image id")?;
    let id = ImageId::from_random(random);
    let extension = examined.facts.format.extension();
    let filename = details.filename.as_deref().and_then(|given| filename(given, extension));
    Ok(Image {
        delete_token_hash: DeleteToken::derive(&app.settings.delete_token_key, &id).hash(),
        id,
        state: State::Pending,
        surface,
        verdict,
        policy_version: decision.policy_version,
        facts: examined.facts.clone(),
        sha256: examined.stored_sha256.clone(),
        details: Details { filename, ..details },
        retention,
        created_at: now,
    })
}

/// Writes the row, the decision about it and the claim on the key, all or none.
async fn write_intent(
    app: &App,
    image: &Image,
    decision: &Decision,
    key: Option<&IdempotencyKey>,
    fingerprint: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let mut statements = vec![images::insert_pending(image), decisions::append(&image.id, &["pending"], decision, now)];
    // A person should look: the entry is there before the image is.
    let cause = review(image.verdict);
    statements.extend(cause.map(|cause| review_queue::enter(&image.id, cause, image.verdict.severity(), now)));
    if let Some(key) = key {
        let in_flight_until = now.plus_ms(IDEMPOTENCY_IN_FLIGHT_MS);
        statements.push(idempotency::release_stale(key, now, now.plus_ms(-IDEMPOTENCY_MS)));
        statements.push(idempotency::claim(key, fingerprint, &image.id, now, in_flight_until));
    }
    let Err(failure) = app.ports.sql.batch(statements).await else { return Ok(()) };
    // The answer may have been lost, or the write repeated by the platform: if the row is there, so is the
    // key, because a batch is one transaction.
    let found = images::states(app.ports.sql.as_ref(), std::slice::from_ref(&image.id)).await;
    if found.is_ok_and(|found| found.iter().any(|known| known.state == State::Pending)) {
        return Ok(());
    }
    match failure {
        // Only the key can be taken: the id is fresh.
        SqlFailure::Conflict(_) if key.is_some() => Err(in_flight(IDEMPOTENCY_IN_FLIGHT_MS).into()),
        failure => Err(Fault { attempted: "write an upload's intent".into(), cause: failure.into() }.into()),
    }
}

async fn store_bytes(app: &App, image: &Image, bucket: Bucket, bytes: Payload) -> Result<(), Fault> {
    let attempted = format!("store the bytes of {}", image.id);
    let meta = BlobMeta::of(image);
    let key = BlobKey::image(&image.id);
    let blobs = app.ports.blobs.as_ref();
    if blobs.put_new(bucket, &key, bytes, &meta).await.attempt(&attempted)? == PutOutcome::AlreadyThere {
        // A write that the platform repeated finds its own first try; the digest tells.
        let there = blobs.head(bucket, &key).await.attempt(&attempted)?;
        if there.is_none_or(|there| there.sha256 != meta.sha256) {
            return Err(Fault { attempted, cause: Cause::Invariant("a fresh name is taken".into()) });
        }
    }
    Ok(())
}

/// Makes the image live. If the answer gets lost or is not clear, asks what happened; if that is not to be learnt, the
/// upload is not acknowledged and the bytes stay where they are: either the image is live, or the sweep
/// will find the draft.
async fn publish(app: &App, image: Image, key: Option<&IdempotencyKey>) -> Result<Image, Error> {
    let attempted = format!("publish {}", image.id);
    let mut statements = vec![images::publish(&image.id, key)];
    statements.extend(key.map(|key| idempotency::settle(key, &image.id)));
    let outcome = app.ports.sql.batch(statements).await;
    if outcome.as_ref().is_ok_and(|results| results.first().is_some_and(|published| !published.is_empty())) {
        return Ok(Image { state: State::Live, ..image });
    }
    let found = images::find(app.ports.sql.as_ref(), &image.id).await;
    match (outcome, found) {
        (_, Ok(Some(images::Found::Present(live)))) => Ok(*live),
        (_, Ok(Some(images::Found::Departed(_) | images::Found::Withheld))) => Err(Problem::ImageGone.into()),
        (Err(failure), _) | (_, Err(failure)) => Err(Fault { attempted, cause: failure.into() }.into()),
        // The sweep or a repeat under the same key was quicker: nothing of this attempt is public.
        (Ok(_), Ok(None)) => Err(Problem::Busy { retry_after_s: 1 }.into()),
    }
}

/// Puts a prohibited image where it waits for review and erasure (promise IMP-33), and answers what its uploader is
/// told. If it is not clear whether that was written, the upload is not acknowledged: the sweep erases a draft.
async fn withhold(
    app: &App,
    image: &Image,
    decision: &Decision,
    key: Option<&IdempotencyKey>,
    now: Timestamp,
) -> Error {
    let erase_after = now.plus_ms(app.settings.retention.recovery_ms());
    let mut statements = vec![images::withhold(&image.id, key, now, erase_after)];
    statements.extend(key.map(|key| idempotency::settle(key, &image.id)));
    let told = || Problem::ContentProhibited { image_id: Some(image.id.clone()), reason: decision.reason.clone() };
    let outcome = app.ports.sql.batch(statements).await;
    if outcome.as_ref().is_ok_and(|results| results.first().is_some_and(|withheld| !withheld.is_empty())) {
        return told().into();
    }
    match (outcome, images::find(app.ports.sql.as_ref(), &image.id).await) {
        (_, Ok(Some(images::Found::Withheld))) => told().into(),
        (Err(failure), _) | (_, Err(failure)) => {
            Fault { attempted: format!("withhold {}", image.id), cause: failure.into() }.into()
        }
        (Ok(_), Ok(_)) => Problem::Busy { retry_after_s: 1 }.into(),
    }
}

/// Takes back an intent whose bytes did not arrive, as far as that works now; the sweep does the rest.
/// Bytes first: as long as they may exist, the row that knows of them must.
async fn withdraw(app: &App, id: &ImageId, bucket: Bucket, key: Option<&IdempotencyKey>) {
    if app.ports.blobs.delete(bucket, &[BlobKey::image(id)]).await.is_err() {
        return;
    }
    let ids = std::slice::from_ref(id);
    let mut statements =
        vec![images::delete_pending(id), decisions::forget_of_nobody(ids), review_queue::forget_of_nobody(ids)];
    statements.extend(key.map(|key| idempotency::release(key, id)));
    // Nothing to do about a failure: the draft stays, and is swept.
    drop(app.ports.sql.batch(statements).await);
}

fn acknowledged(app: &App, image: Image, replayed: bool) -> Uploaded {
    let delete_token = DeleteToken::derive(&app.settings.delete_token_key, &image.id);
    Uploaded { image, delete_token, replayed }
}

fn replay(app: &App, earlier: &str, repeated: &str, outcome: Made) -> Result<Uploaded, Error> {
    if earlier != repeated {
        return Err(Problem::IdempotencyKeyReused.into());
    }
    match outcome {
        Made::Public(image) => Ok(acknowledged(app, *image, true)),
        Made::Gone => Err(Problem::ImageGone.into()),
        Made::Prohibited { id, reason } => Err(Problem::ContentProhibited { image_id: Some(id), reason }.into()),
    }
}

/// Everything the request asks for besides the bytes.
fn asked_for(upload: &Upload) -> String {
    serde_json::json!({
        "surface": upload.surface,
        "details": upload.details,
        "ttl_ms": upload.ttl_ms,
    })
    .to_string()
}

async fn fingerprint_of_repeat(app: &App, source: Source, asked: &str) -> Result<String, Fault> {
    let digest = match source {
        Source::Body(payload) => app.ports.digest.sha256(payload).await.attempt("hash a repeated upload")?,
        Source::Url(url) => url_digest(&url),
    };
    Ok(fingerprint(&digest, asked))
}

fn url_digest(url: &Url) -> String {
    hex::sha256(url.as_str().as_bytes())
}

fn fingerprint(body_digest: &str, asked: &str) -> String {
    hex::sha256(format!("{body_digest}\n{asked}").as_bytes())
}
