//! Takes an image in that cannot be judged now: its bytes wait where nothing serves them, and a job has them judged
//! (promise IMP-20: nothing is published that was not). Intent before bytes, as in any upload.

use super::check_digest::check_digest;
use super::intent::{self, Admission, Claim, fingerprint};
use crate::app::App;
use crate::domain::details::{Details, filename};
use crate::domain::ids::{DeleteToken, ID_BYTES, IdempotencyKey, ImageId};
use crate::domain::image::{HeldImage, HeldReason, Image, Placement};
use crate::domain::owner::Member;
use crate::domain::retention::Surface;
use crate::domain::review::Cause;
use crate::domain::ticket::Ticket;
use crate::domain::time::Timestamp;
use crate::domain::verdict::{UnscannedReason, Verdict};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::holding::{HELD_IMAGES_MAX, HELD_MS, wait_ms};
use crate::policy::retention::Window;
use crate::policy::verdicts::unjudged;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::ports::payload::Payload;
use crate::ports::sql::{Row, SqlFailure};
use crate::store::{decisions, held, idempotency, images, review_queue};

/// The extension of a file name until it is known what the file is.
const EXTENSION: &str = "bin";
/// Seconds after which a file that could not even be held may be sent again.
pub const RETRY_AFTER_S: u32 = 30;

/// What the uploader wishes.
#[derive(Debug)]
pub struct Wish<'a> {
    /// How the upload came in.
    pub surface: Surface,
    /// What the uploader says about the image; the file name as given.
    pub details: Details,
    /// The life asked for, in milliseconds.
    pub ttl_ms: Option<i64>,
    /// Whose it will be.
    pub member: Option<Member>,
    /// Where in its owner's gallery.
    pub placement: Placement,
    /// What the sender says the SHA-256 of what is to be held is, lowercase hexadecimal.
    pub expected_sha256: Option<String>,
    /// The attempt under an `Idempotency-Key`.
    pub claim: Option<UnsettledClaim<'a>>,
    /// The ticket with which it comes.
    pub ticket: Option<&'a Ticket>,
}

/// An attempt under an `Idempotency-Key`, of which the fingerprint may not be known before the body is read.
#[derive(Debug)]
pub struct UnsettledClaim<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// Everything the request asks for besides the bytes.
    pub asked: &'a str,
    /// Digest of the bytes as they came, if it is known; otherwise what is held is what came.
    pub body_digest: Option<String>,
}

/// Holds an image until it is judged.
///
/// # Errors
/// `Busy` if too many are held already or the length is not known; a fault if something of ours failed. What may
/// have been written is then removed by the sweep.
pub async fn hold(
    app: &App,
    wish: Wish<'_>,
    bytes: Payload,
    why: UnscannedReason,
    now: Timestamp,
) -> Result<HeldImage, Error> {
    let busy = || Problem::Busy { retry_after_s: RETRY_AFTER_S };
    // The storage takes nothing of unknown length.
    let length = bytes.length().ok_or_else(busy)?;
    let sql = app.ports.sql.as_ref();
    if held::count_unjudged(sql).await.attempt("count held images")? >= HELD_IMAGES_MAX {
        return Err(busy().into());
    }
    let image = draft(app, &wish, now)?;
    let claim = wish.claim.as_ref();
    write_intent(app, &image, length, &wish, why, now).await?;
    let (bucket, name, key) = (Bucket::Recovery, BlobKey::held(&image.id), claim.map(|claim| claim.key));
    let kept = app.ports.blobs.keep(bucket, &name, bytes, length).await;
    let kept = kept.attempt(&format!("keep the bytes of {}", image.id)).map_err(Error::from);
    let right = kept.and_then(|sha256| {
        check_digest(wish.expected_sha256.as_deref(), &sha256)?;
        Ok(sha256)
    });
    let sha256 = match right {
        Ok(sha256) => sha256,
        Err(error) => {
            intent::take_back(app, &image.id, bucket, name, key).await;
            return Err(error);
        }
    };
    settle(app, image, claim, &sha256, now).await
}

/// Builds the image as it will be held, with the promise that holds if it is found to be safe.
fn draft(app: &App, wish: &Wish<'_>, now: Timestamp) -> Result<HeldImage, Error> {
    let policy = &app.settings.retention;
    let owner = wish.member.as_ref().map(Member::owner);
    let window = policy.window_of(wish.surface, owner.as_ref(), Verdict::Safe, now, wish.ttl_ms);
    // A surface that keeps nothing has nothing held.
    let Window::Kept(retention) = window else { return Err(Problem::Busy { retry_after_s: RETRY_AFTER_S }.into()) };
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt("make an image id")?;
    let id = ImageId::from_random(random);
    let given = wish.details.filename.as_deref();
    Ok(HeldImage {
        delete_token_hash: DeleteToken::derive(&app.settings.delete_token_key, &id).hash(),
        id,
        reason: HeldReason::Unscanned,
        surface: wish.surface,
        details: Details { filename: given.and_then(|given| filename(given, EXTENSION)), ..wish.details.clone() },
        held_until: retention.expires_at.map_or(now.plus_ms(HELD_MS), |at| at.min(now.plus_ms(HELD_MS))),
        retention,
        ttl_ms: wish.ttl_ms,
        owner,
        placement: wish.placement.clone(),
        created_at: now,
    })
}

async fn write_intent(
    app: &App,
    image: &HeldImage,
    bytes: u64,
    wish: &Wish<'_>,
    why: UnscannedReason,
    now: Timestamp,
) -> Result<(), Error> {
    const DRAFT: &[&str] = &["pending"];
    let decision = unjudged(why);
    let severity = decision.verdict.severity();
    let statements = vec![
        held::insert_pending(image, decision.policy_version, i64::try_from(bytes).unwrap_or(i64::MAX >> 11)),
        decisions::append(&image.id, DRAFT, &decision, now),
        review_queue::enter(&image.id, DRAFT, Cause::Unscanned, severity, now),
    ];
    // Nobody compares it before it is settled.
    let claim = wish.claim.as_ref().map(|claim| Claim { key: claim.key, fingerprint: "" });
    let admission = Admission { member: wish.member.as_ref(), claim, ticket: wish.ticket };
    intent::write(app, &image.id, statements, admission, now).await
}

/// Records that the bytes are there. If it is not to be learnt whether that was written, the upload is not
/// acknowledged: either the image is held and will be judged, or the sweep will find the draft.
async fn settle(
    app: &App,
    image: HeldImage,
    claim: Option<&UnsettledClaim<'_>>,
    sha256: &str,
    now: Timestamp,
) -> Result<HeldImage, Error> {
    let key = claim.map(|claim| claim.key);
    let mut statements = vec![held::hold(&image.id, key, sha256, now.plus_ms(wait_ms(0)))];
    statements.extend(claim.map(|claim| {
        let digest = claim.body_digest.as_deref().unwrap_or(sha256);
        idempotency::settle_as(claim.key, &image.id, &fingerprint(digest, claim.asked))
    }));
    let outcome = app.ports.sql.batch(statements).await;
    learn(app, image, outcome).await
}

/// Finds out whether `image` is held, from what the database answered or by asking again.
async fn learn(app: &App, image: HeldImage, outcome: Result<Vec<Vec<Row>>, SqlFailure>) -> Result<HeldImage, Error> {
    if outcome.as_ref().is_ok_and(|results| results.first().is_some_and(|held| !held.is_empty())) {
        return Ok(image);
    }
    match (outcome, images::find(app.ports.sql.as_ref(), &image.id).await) {
        // It may even have been judged meanwhile; what was acknowledged is that it was taken.
        (_, Ok(Some(images::Found::Held(_) | images::Found::Present(_)))) => Ok(image),
        (_, Ok(Some(images::Found::Departed(_) | images::Found::Withheld))) => Err(Problem::ImageGone.into()),
        (Err(failure), _) | (_, Err(failure)) => {
            Err(Fault { attempted: format!("hold {}", image.id), cause: failure.into() }.into())
        }
        (Ok(_), Ok(None)) => Err(Problem::Busy { retry_after_s: 1 }.into()),
    }
}

/// Holds an image that the model has flagged until a person has looked, where a deployment wants that. Its row and its
/// bytes are there. If it is not to be learnt whether that was written, the upload is not acknowledged.
///
/// # Errors
/// As [`hold`].
pub async fn for_review(
    app: &App,
    image: Image,
    key: Option<&IdempotencyKey>,
    now: Timestamp,
) -> Result<HeldImage, Error> {
    let held_until = image.retention.expires_at.unwrap_or(now.plus_ms(HELD_MS));
    let mut statements = vec![held::hold_for_review(&image.id, key, held_until)];
    statements.extend(key.map(|key| idempotency::settle(key, &image.id)));
    let held = HeldImage {
        id: image.id,
        reason: HeldReason::Review,
        surface: image.surface,
        details: image.details,
        retention: image.retention,
        ttl_ms: image.ttl_ms,
        delete_token_hash: image.delete_token_hash,
        owner: image.owner,
        placement: image.placement,
        created_at: image.created_at,
        held_until,
    };
    let outcome = app.ports.sql.batch(statements).await;
    learn(app, held, outcome).await
}
