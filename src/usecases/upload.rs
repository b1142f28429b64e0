//! Takes an image in: examined before anything is written, intent before bytes, bytes before life, life
//! before the acknowledgement. A crash after any step leaves at most a draft, which the sweep removes.
//!
//! What cannot be judged now is held instead (usecases/hold.rs) and acknowledged as that.

use std::net::IpAddr;

use url::Url;

use super::fetch_image::fetch_image;
use super::hold::{self, hold};
use super::intent::{self, Claim, fingerprint};
use super::known_bad::{Hit, recognise};
use super::pseudonymise::pseudonymise;
use super::recall::{Made, Recalled, recall};
use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::details::{Details, filename};
use crate::domain::facts::Rejection;
use crate::domain::hex;
use crate::domain::ids::{DeleteToken, IMAGE_ID_BYTES, IdempotencyKey, ImageId};
use crate::domain::image::{HeldImage, Image, State};
use crate::domain::known_bad::ImageHashes;
use crate::domain::retention::{Surface, Tier};
use crate::domain::time::{Timestamp, human_duration};
use crate::domain::verdict::{Assessment, UnscannedReason};
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::limits::ImageLimits;
use crate::policy::retention::{TtlRefusal, Window};
use crate::policy::verdicts::{Publication, decide, publication, review};
use crate::policy::{limits, rates};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, PutOutcome};
use crate::ports::payload::Payload;
use crate::ports::sql::Statement;
use crate::ports::vision::{Examined, VisionFailure};
use crate::store::{decisions, held, idempotency, image_hashes, images, rate_counters, review_queue};
use crate::usecases::second_opinion;

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

/// What an acknowledged upload has become.
#[derive(Clone, Debug)]
pub enum Taken {
    /// An image that is public.
    Public(Box<Image>),
    /// An image that is held until it is judged.
    Held(Box<HeldImage>),
}

impl Taken {
    /// The image's name.
    #[must_use]
    pub fn id(&self) -> &ImageId {
        match self {
            Self::Public(image) => &image.id,
            Self::Held(image) => &image.id,
        }
    }

    /// When it leaves at the latest.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Public(image) => image.retention.expires_at,
            Self::Held(image) => image.retention.expires_at,
        }
    }
}

/// An acknowledged upload.
#[derive(Debug)]
pub struct Uploaded {
    /// The image.
    pub image: Taken,
    /// What lets its holder delete it.
    pub delete_token: DeleteToken,
    /// Whether an earlier request under the same key made it.
    pub replayed: bool,
}

/// Takes an image in and makes it public, or holds it if it cannot be judged now.
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
    let key = upload.key.as_ref();
    let (examined, decision, hit) = match look(app, bytes, &limits).await? {
        Seen::Judged { examined, decision, hit } => (examined, decision, hit),
        Seen::Unjudged { bytes, received_sha256, why } => {
            let body_digest = url.as_ref().map(url_digest).or(received_sha256);
            let wish = hold::Wish {
                surface: upload.surface,
                details: upload.details,
                ttl_ms: upload.ttl_ms,
                claim: key.map(|key| hold::UnsettledClaim { key, asked: &asked, body_digest }),
            };
            let held = hold(app, wish, bytes, why, now).await?;
            return Ok(acknowledged(app, Taken::Held(Box::new(held)), false));
        }
    };
    let body_digest = url.as_ref().map_or_else(|| examined.received_sha256.clone(), url_digest);
    let fingerprint = fingerprint(&body_digest, &asked);
    let image = draft(app, upload.surface, upload.details, upload.ttl_ms, &examined, &decision, now)?;
    let beside = beside_intent(&image, &examined.hashes(), hit.as_deref(), now);
    write_intent(app, &image, &decision, beside, key.map(|key| Claim { key, fingerprint: &fingerprint }), now).await?;
    let publication = publication(image.verdict, app.settings.flagged);
    // What is not public never is in the bucket that is served from, not even under a name that nobody knows.
    let (bucket, name) = match publication {
        Publication::Public => (Bucket::Images, BlobKey::image(&image.id)),
        Publication::Withheld => (Bucket::Recovery, BlobKey::image(&image.id)),
        Publication::Held => (Bucket::Recovery, BlobKey::held(&image.id)),
    };
    if let Err(fault) = store_bytes(app, &image, bucket, &name, examined.bytes).await {
        // What has to be kept is not taken back: some of it may have arrived. The sweep finds out.
        if !hit.is_some_and(|hit| hit.is_reported()) {
            intent::take_back(app, &image.id, bucket, name, key).await;
        }
        return Err(fault.into());
    }
    let image = match publication {
        Publication::Public => Taken::Public(Box::new(publish(app, image, key).await?)),
        Publication::Withheld => return Err(withhold(app, &image, &decision, key, now).await),
        Publication::Held => Taken::Held(Box::new(hold::for_review(app, image, key, now).await?)),
    };
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

/// What came of looking at a file.
enum Seen {
    /// It was judged: by a list on which it is, or else by the classifier or what stands for it.
    Judged { examined: Box<Examined>, decision: Decision, hit: Option<Box<Hit>> },
    /// It was not, and here are its bytes to be held: as received, or stripped already.
    Unjudged {
        bytes: Payload,
        /// Digest of the bytes as they came, if it is known.
        received_sha256: Option<String>,
        why: UnscannedReason,
    },
}

/// Has a file examined and judged. Nothing that was not judged is published.
async fn look(app: &App, bytes: Payload, limits: &ImageLimits) -> Result<Seen, Error> {
    if bytes.length().is_some_and(|length| length > limits.bytes_max) {
        return Err(Problem::PayloadTooLarge { limit_bytes: limits.bytes_max }.into());
    }
    let unjudged = |bytes, why| Seen::Unjudged { bytes, received_sha256: None, why };
    if let Err(why) = app.ports.vision.readiness().await {
        return Ok(unjudged(bytes, why));
    }
    // A stream can be sent once: if vision dies over it, its sender has to send it again. Files of forms are held.
    let spare = bytes.again();
    let failure = match app.ports.vision.examine(bytes, limits).await {
        Ok(examined) => return judged(app, examined).await.map_err(Error::from),
        Err(failure) => failure,
    };
    let (why, error) = match failure {
        VisionFailure::Rejected(rejection) => return Err(refusal(rejection)),
        // Most such senders are gone and will not read this; it keeps their leaving out of our faults.
        VisionFailure::Interrupted => {
            return Err(Problem::MalformedRequest { detail: "the file broke off".into() }.into());
        }
        VisionFailure::Busy { retry_after_s } => (UnscannedReason::VisionBusy, Problem::Busy { retry_after_s }.into()),
        VisionFailure::Unavailable(cause) => {
            let fault = Fault { attempted: "examine an image".into(), cause: Cause::Vision(cause) };
            (UnscannedReason::VisionUnavailable, fault.into())
        }
    };
    spare.map_or(Err(error), |bytes| Ok(unjudged(bytes, why)))
}

/// Lists come first: what is on one is judged, whatever became of the classifier.
async fn judged(app: &App, examined: Examined) -> Result<Seen, Fault> {
    if let Some(hit) = recognise(app, &examined.hashes()).await? {
        let decision = hit.decision.clone();
        return Ok(Seen::Judged { examined: Box::new(examined), decision, hit: Some(Box::new(hit)) });
    }
    Ok(match (decide(&examined.assessment), &examined.assessment) {
        (Some(decision), _) => Seen::Judged { examined: Box::new(examined), decision, hit: None },
        (None, assessment) => Seen::Unjudged {
            why: match assessment {
                Assessment::Unscanned { reason } => *reason,
                Assessment::Scored { .. } | Assessment::NotClassified => UnscannedReason::ModelFailed,
            },
            received_sha256: Some(examined.received_sha256),
            bytes: examined.bytes,
        },
    })
}

/// What the uploader of a file that is not acceptable is told.
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
    let window = policy.window(surface, Tier::Anonymous, verdict, now, ttl_ms);
    let retention = match (publication(verdict, app.settings.flagged), window) {
        (Publication::Public | Publication::Held, Window::Kept(retention)) => Some(retention),
        (Publication::Withheld, _) => policy.withheld(surface, Tier::Anonymous, now, ttl_ms),
        (Publication::Public | Publication::Held, Window::Withheld) => None,
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
        ttl_ms,
        created_at: now,
    })
}

/// The states of what has just been inserted.
const DRAFT: &[&str] = &["pending"];

/// What is written with an intent: by what the image can be recognised, and that a person should look, before it is
/// there.
fn beside_intent(image: &Image, hashes: &ImageHashes, hit: Option<&Hit>, now: Timestamp) -> Vec<Statement> {
    let mut statements = vec![image_hashes::record(&image.id, DRAFT, hashes)];
    match hit {
        Some(hit) => statements.extend(hit.statements(&image.id, DRAFT, now)),
        None => statements.extend(
            review(image.verdict)
                .map(|cause| review_queue::enter(&image.id, DRAFT, cause, image.verdict.severity(), now)),
        ),
    }
    statements
}

/// Writes the row, the decision about it, what belongs to them and the claim on the key, all or none.
async fn write_intent(
    app: &App,
    image: &Image,
    decision: &Decision,
    beside: Vec<Statement>,
    claim: Option<Claim<'_>>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut statements = vec![images::insert_pending(image), decisions::append(&image.id, DRAFT, decision, now)];
    statements.extend(beside);
    intent::write(app, &image.id, statements, claim, now).await
}

async fn store_bytes(app: &App, image: &Image, bucket: Bucket, key: &BlobKey, bytes: Payload) -> Result<(), Fault> {
    let attempted = format!("store the bytes of {}", image.id);
    let meta = BlobMeta::of(image);
    let blobs = app.ports.blobs.as_ref();
    if blobs.put_new(bucket, key, bytes, &meta).await.attempt(&attempted)? == PutOutcome::AlreadyThere {
        // A write that the platform repeated finds its own first try; the digest tells.
        let there = blobs.head(bucket, key).await.attempt(&attempted)?;
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
    statements.extend(second_opinion::is_wanted(app, &image).then(|| held::want_attempt(&image.id, app.now())));
    let outcome = app.ports.sql.batch(statements).await;
    if outcome.as_ref().is_ok_and(|results| results.first().is_some_and(|published| !published.is_empty())) {
        return Ok(Image { state: State::Live, ..image });
    }
    let found = images::find(app.ports.sql.as_ref(), &image.id).await;
    match (outcome, found) {
        (_, Ok(Some(images::Found::Present(live)))) => Ok(*live),
        (_, Ok(Some(images::Found::Departed(_) | images::Found::Withheld | images::Found::Held(_)))) => {
            Err(Problem::ImageGone.into())
        }
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

fn acknowledged(app: &App, image: Taken, replayed: bool) -> Uploaded {
    let delete_token = DeleteToken::derive(&app.settings.delete_token_key, image.id());
    Uploaded { image, delete_token, replayed }
}

fn replay(app: &App, earlier: &str, repeated: &str, outcome: Made) -> Result<Uploaded, Error> {
    if earlier != repeated {
        return Err(Problem::IdempotencyKeyReused.into());
    }
    match outcome {
        Made::Taken(image) => Ok(acknowledged(app, image, true)),
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
