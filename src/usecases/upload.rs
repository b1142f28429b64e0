//! Takes an image in: examined before anything is written, intent before bytes, bytes before life, life
//! before the acknowledgement. A crash after any step leaves at most a draft, which the sweep removes.
//!
//! What cannot be judged now is held instead (usecases/hold.rs) and acknowledged as that.

use std::net::IpAddr;

use url::Url;

use super::admit::{admit, check_ttl};
use super::anomalies::{Subject, record};
use super::check_digest::check_digest;
use super::examine::{Arrival, examine};
use super::fetch_image::fetch_image;
use super::had_already::had_already;
use super::hold::{self, hold};
use super::intent::{self, Admission, Claim, fingerprint};
use super::known_bad::Hit;
use super::open_ticket::limits;
use super::recall::{Made, Recalled, recall};
use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::details::{Details, filename};
use crate::domain::facts::ImageFacts;
use crate::domain::hex;
use crate::domain::ids::{AccountId, DeleteToken, ID_BYTES, IdempotencyKey, ImageId};
use crate::domain::image::{HeldImage, Image, Placement, State};
use crate::domain::known_bad::ImageHashes;
use crate::domain::owner::{Member, Owner, tier_of};
use crate::domain::retention::Surface;
use crate::domain::ticket::Ticket;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::anomalies::Counted;
use crate::policy::retention::Window;
use crate::policy::verdicts::{Publication, publication, review};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, PutOutcome};
use crate::ports::payload::Payload;
use crate::ports::sql::Statement;
use crate::ports::vision::Examined;
use crate::store::{attempts, decisions, idempotency, image_hashes, images, review_queue};
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
    /// What the sender says the SHA-256 of the body is, lowercase hexadecimal, unless it was compared before.
    pub expected_sha256: Option<String>,
    /// Who uploads, if it is somebody with an account: whose the image will be.
    pub member: Option<Member>,
    /// The team whose it is to be, if its sender names one; [`super::place_upload`] makes the team its member.
    pub team: Option<AccountId>,
    /// Where in that account's gallery it will be, already found to be somebody's who may.
    pub placement: Placement,
    /// The ticket with which somebody else uploads for that account, if so. It holds; whether it is used up is found out
    /// here.
    pub ticket: Option<Ticket>,
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

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Public(image) => image.owner.as_ref(),
            Self::Held(image) => image.owner.as_ref(),
        }
    }

    /// Where it is in its owner's gallery, and who sees it.
    #[must_use]
    pub fn placement(&self) -> &Placement {
        match self {
            Self::Public(image) => &image.placement,
            Self::Held(image) => &image.placement,
        }
    }

    /// What its uploader said about it.
    #[must_use]
    pub fn details(&self) -> &Details {
        match self {
            Self::Public(image) => &image.details,
            Self::Held(image) => &image.details,
        }
    }

    /// Whether it is gone, also if no job has come by yet.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        match self {
            Self::Public(image) => image.has_expired(now),
            Self::Held(image) => image.has_expired(now),
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
    /// How it comes to be there.
    pub novelty: Novelty,
}

/// How an acknowledged image comes to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// This request made it.
    New,
    /// An earlier request under the same key made it.
    Replayed,
    /// Its owner had it already.
    Duplicate,
}

/// Takes an image in and makes it public, or holds it if it cannot be judged now.
///
/// # Errors
/// A problem if the request or the image is not acceptable; a fault if something of ours failed. In both
/// cases nothing is public, and what may have been written is removed by the sweep.
pub async fn upload(app: &App, upload: Upload) -> Result<Uploaded, Error> {
    let now = app.now();
    let owner = upload.member.as_ref().map(Member::owner);
    check_ttl(app, upload.surface, tier_of(owner.as_ref()), upload.ttl_ms)?;
    let asked = asked_for(&upload);
    // Two accounts may choose the same words for a key.
    let key = upload.key.map(|key| match (&upload.ticket, &owner) {
        (Some(ticket), _) => key.of_ticket(&ticket.id),
        (None, Some(owner)) => key.of(&owner.account_id),
        (None, None) => key,
    });
    let key = key.as_ref();
    if let Some(key) = key {
        match recall(app, key, now).await? {
            Recalled::Nothing => {}
            Recalled::InFlight(problem) => return Err(problem.into()),
            Recalled::Made { fingerprint, outcome } => {
                let expected = upload.expected_sha256.as_deref();
                let repeated = fingerprint_of_repeat(app, upload.source, expected, &asked).await?;
                return replay(app, &fingerprint, &repeated, outcome);
            }
        }
    }
    let ticket = upload.ticket.as_ref();
    if ticket.is_some_and(Ticket::is_used_up) {
        return Err(Problem::TicketUsedUp.into());
    }
    let subject = Subject::of_upload(app, upload.member.as_ref(), ticket.is_some(), upload.address).await?;
    admit(app, upload.member.as_ref(), &subject, now).await?;
    let limits = limits(ticket);
    let (bytes, url) = match upload.source {
        Source::Body(payload) => (payload, None),
        Source::Url(url) => (fetch_image(app, &url, limits.bytes_max).await?, Some(url)),
    };
    let (examined, decision, hit) = match examine(app, bytes, &limits).await? {
        Arrival::Judged { examined, decision, hit } => (examined, decision, hit),
        Arrival::Unjudged { bytes, received_sha256, why } => {
            if let Some(received) = &received_sha256 {
                check_digest(upload.expected_sha256.as_deref(), received)?;
            }
            check_unjudged(ticket)?;
            let wish = hold::Wish {
                // What is kept is then what came.
                expected_sha256: upload.expected_sha256.filter(|_| received_sha256.is_none()),
                surface: upload.surface,
                details: upload.details,
                ttl_ms: upload.ttl_ms,
                member: upload.member,
                placement: upload.placement,
                claim: key.map(|key| hold::UnsettledClaim {
                    key,
                    asked: &asked,
                    body_digest: url.as_ref().map(url_digest).or(received_sha256),
                }),
                ticket,
            };
            let held = hold(app, wish, bytes, why, now).await?;
            return Ok(acknowledged(app, Taken::Held(Box::new(held)), Novelty::New));
        }
    };
    check_digest(upload.expected_sha256.as_deref(), &examined.received_sha256)?;
    check_format(ticket, &examined.facts)?;
    let body_digest = url.as_ref().map_or_else(|| examined.received_sha256.clone(), url_digest);
    let fingerprint = fingerprint(&body_digest, &asked);
    let Upload { surface, details, ttl_ms, placement, ticket, .. } = upload;
    let ticket = ticket.as_ref();
    let wish = Wish { surface, details, ttl_ms, owner, placement };
    let image = draft(app, wish, &examined, &decision, now)?;
    let claim = key.map(|key| Claim { key, fingerprint: &fingerprint });
    let publication = publication(image.verdict, app.settings.flagged);
    // What is not to be public now is not answered as something that once could be; and whoever has a ticket does not learn
    // what the account has.
    if publication == Publication::Public
        && ticket.is_none()
        && let Some(had) = had_already(app, &image, claim, now).await?
    {
        return Ok(acknowledged(app, Taken::Public(Box::new(had)), Novelty::Duplicate));
    }
    let beside = beside_intent(&image, &examined.hashes(), hit.as_deref(), now);
    let admission = Admission { member: upload.member.as_ref(), claim, ticket };
    write_intent(app, &image, &decision, beside, admission, now).await?;
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
        Publication::Withheld => {
            let error = withhold(app, &image, &decision, key, now).await;
            record(app, Counted::Prohibited, Some(&subject)).await?;
            return Err(error);
        }
        Publication::Held => Taken::Held(Box::new(hold::for_review(app, image, key, now).await?)),
    };
    Ok(acknowledged(app, image, Novelty::New))
}

/// Refuses a format that the ticket does not allow.
fn check_format(ticket: Option<&Ticket>, facts: &ImageFacts) -> Result<(), Problem> {
    let Some(formats) = ticket.and_then(|ticket| ticket.limits.formats.as_deref()) else { return Ok(()) };
    if formats.contains(&facts.format) {
        return Ok(());
    }
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let detail = format!("the ticket is for {}, and this is {}", names.join(", "), facts.format.name());
    Err(Problem::TicketRefuses { field: "file", detail })
}

/// What nobody can look at now is not held for a ticket that asks what it is: its uploader may come back.
fn check_unjudged(ticket: Option<&Ticket>) -> Result<(), Problem> {
    match ticket.is_some_and(|ticket| ticket.limits.formats.is_some()) {
        true => Err(Problem::Busy { retry_after_s: hold::RETRY_AFTER_S }),
        false => Ok(()),
    }
}

/// What the uploader wishes.
struct Wish {
    surface: Surface,
    details: Details,
    ttl_ms: Option<i64>,
    owner: Option<Owner>,
    placement: Placement,
}

/// Builds the image as it will be, with the promise that will be kept.
fn draft(app: &App, wish: Wish, examined: &Examined, decision: &Decision, now: Timestamp) -> Result<Image, Error> {
    let Wish { surface, details, ttl_ms, owner, placement } = wish;
    let verdict = decision.verdict;
    let policy = &app.settings.retention;
    let window = policy.window_of(surface, owner.as_ref(), verdict, now, ttl_ms);
    let retention = match (publication(verdict, app.settings.flagged), window) {
        (Publication::Public | Publication::Held, Window::Kept(retention)) => Some(retention),
        (Publication::Withheld, _) => policy.withheld(surface, tier_of(owner.as_ref()), now, ttl_ms),
        (Publication::Public | Publication::Held, Window::Withheld) => None,
    };
    let refused = || Problem::ContentProhibited { image_id: None, reason: decision.reason.clone() };
    let retention = retention.ok_or_else(refused)?;
    let mut random = [0; ID_BYTES];
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
        owner,
        placement,
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

/// Writes the row, the decision about it, what belongs to them, the use of the ticket and the claim on the key, all or none.
async fn write_intent(
    app: &App,
    image: &Image,
    decision: &Decision,
    beside: Vec<Statement>,
    admission: Admission<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut statements = vec![images::insert_pending(image), decisions::append(&image.id, DRAFT, decision, now)];
    statements.extend(beside);
    intent::write(app, &image.id, statements, admission, now).await
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
    statements.extend(second_opinion::is_wanted(app, &image).then(|| attempts::want_attempt(&image.id, app.now())));
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

fn acknowledged(app: &App, image: Taken, novelty: Novelty) -> Uploaded {
    let delete_token = DeleteToken::derive(&app.settings.delete_token_key, image.id());
    Uploaded { image, delete_token, novelty }
}

fn replay(app: &App, earlier: &str, repeated: &str, outcome: Made) -> Result<Uploaded, Error> {
    if earlier != repeated {
        return Err(Problem::IdempotencyKeyReused.into());
    }
    match outcome {
        Made::Taken(image) => Ok(acknowledged(app, image, Novelty::Replayed)),
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
        "collection": upload.placement.collection,
        "is_private": upload.placement.is_private,
    })
    .to_string()
}

async fn fingerprint_of_repeat(
    app: &App,
    source: Source,
    expected_sha256: Option<&str>,
    asked: &str,
) -> Result<String, Error> {
    let digest = match source {
        Source::Body(payload) => {
            let digest = app.ports.digest.sha256(payload).await.attempt("hash a repeated upload")?;
            check_digest(expected_sha256, &digest)?;
            digest
        }
        Source::Url(url) => url_digest(&url),
    };
    Ok(fingerprint(&digest, asked))
}

fn url_digest(url: &Url) -> String {
    hex::sha256(url.as_str().as_bytes())
}
