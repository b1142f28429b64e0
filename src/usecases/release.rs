//! From held to public. Whoever decides it, a model or a person: what becomes public has just come out of vision, and
//! only bytes that are held are sent there. Row first, bytes second, life last; a job goes on where a crash stopped.

use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::details::{Details, filename};
use crate::domain::facts::Rejection;
use crate::domain::ids::ImageId;
use crate::domain::image::{HeldImage, Image, State};
use crate::domain::retention::Retention;
use crate::domain::review::Outcome;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Cause as FaultCause, Fault};
use crate::policy::holding::{HELD_MS, wait_ms};
use crate::policy::limits;
use crate::policy::retention::Window;
use crate::policy::verdicts::review;
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, PutOutcome};
use crate::ports::payload::Payload;
use crate::ports::vision::{Examined, VisionFailure};
use crate::store::standings::{self, Standing};
use crate::store::{decisions, image_hashes, review_queue};
use crate::usecases::purge_edge::purge_edge;
use crate::usecases::relabel::settle;
use crate::usecases::second_opinion::is_wanted;

/// What vision says about held bytes.
pub enum Reexamined {
    /// It examined them.
    Examined(Box<Examined>),
    /// They are no file that is taken.
    Refused,
    /// It has no room for them now.
    Busy,
    /// They are not there.
    Missing,
}

/// Sends held bytes to vision.
///
/// # Errors
/// If the storage or vision fails.
pub async fn reexamine(app: &App, id: &ImageId) -> Result<Reexamined, Fault> {
    let attempted = format!("examine the held image {id}");
    let opened = app.ports.blobs.open(Bucket::Recovery, &BlobKey::held(id), None).await.attempt(&attempted)?;
    let Some(bytes) = opened else { return Ok(Reexamined::Missing) };
    let fault = |cause: String| Fault { attempted: attempted.clone(), cause: FaultCause::Vision(cause) };
    match app.ports.vision.examine(bytes, &limits::ANONYMOUS).await {
        Ok(examined) => Ok(Reexamined::Examined(Box::new(examined))),
        Err(VisionFailure::Rejected(Rejection::OutOfMemory) | VisionFailure::Busy { .. }) => Ok(Reexamined::Busy),
        Err(VisionFailure::Rejected(_)) => Ok(Reexamined::Refused),
        Err(VisionFailure::Interrupted) => Err(fault("the bytes broke off".into())),
        Err(VisionFailure::Unavailable(cause)) => Err(fault(cause)),
    }
}

/// For how long an image would be public with this verdict; none if the policy does not publish such a one, or its time is over.
#[must_use]
pub fn retention_of(app: &App, held: &HeldImage, verdict: Verdict) -> Option<Retention> {
    let policy = &app.settings.retention;
    let window = policy.window_of(held.surface, held.owner.as_ref(), verdict, held.created_at, held.ttl_ms);
    let Window::Kept(retention) = window else { return None };
    retention.expires_at.is_none_or(|at| at > app.now()).then_some(retention)
}

/// The image that `held` becomes under `decision`; none if the policy does not publish such a one, or its time is over.
#[must_use]
pub fn released(app: &App, held: &HeldImage, examined: &Examined, decision: &Decision) -> Option<Image> {
    let retention = retention_of(app, held, decision.verdict)?;
    let extension = examined.facts.format.extension();
    let given = held.details.filename.as_deref();
    Some(Image {
        id: held.id.clone(),
        state: State::Releasing,
        surface: held.surface,
        verdict: decision.verdict,
        policy_version: decision.policy_version,
        facts: examined.facts.clone(),
        sha256: examined.stored_sha256.clone(),
        details: Details { filename: given.and_then(|given| filename(given, extension)), ..held.details.clone() },
        retention,
        ttl_ms: held.ttl_ms,
        delete_token_hash: held.delete_token_hash.clone(),
        owner: held.owner.clone(),
        placement: held.placement.clone(),
        created_at: held.created_at,
    })
}

/// Where an image is when its release is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// It is held.
    Held,
    /// It was withheld and is in recovery; its bytes have been copied to where held bytes are.
    Recovery,
}

impl From {
    fn states(self) -> &'static [&'static str] {
        match self {
            Self::Held => &["held"],
            Self::Recovery => &["recovery"],
        }
    }
}

/// Writes the decision that makes an image public, and makes it so with the bytes that vision made. Without an `outcome`, nothing new
/// was found out about it: who waited to look at it still does. Answers false if
/// the image is not there to be released any more.
///
/// # Errors
/// If a port fails. If the decision was written by then, the job finishes what it says.
pub async fn release(
    app: &App,
    from: From,
    image: &Image,
    decision: &Decision,
    outcome: Option<Outcome>,
    examined: Examined,
) -> Result<bool, Fault> {
    const AFTERWARDS: &[&str] = &["releasing"];
    let (now, id, sql) = (app.now(), &image.id, app.ports.sql.as_ref());
    let mut statements = vec![
        decisions::append(id, from.states(), decision, now),
        standings::release(image, now.plus_ms(wait_ms(0)), now.plus_ms(HELD_MS), now),
        image_hashes::record(id, AFTERWARDS, &examined.hashes()),
    ];
    if let Some(outcome) = outcome {
        statements.push(review_queue::decide(id, AFTERWARDS, outcome, now));
        // A person has looked already; of what a model says, somebody may want to see more.
        let cause = review(image.verdict).filter(|_| decision.reviewer.is_none());
        let enter = |cause| review_queue::enter(id, AFTERWARDS, cause, image.verdict.severity(), now);
        statements.extend(cause.map(enter));
    }
    let attempted = format!("release {id}");
    let written = sql.batch(statements).await.attempt(&attempted)?;
    if written.get(1).is_none_or(Vec::is_empty) {
        // Somebody was quicker, or the platform repeated the write: the row tells.
        let standing = standings::find(sql, id).await.attempt(&attempted)?;
        let Some(Standing::Releasing(decided)) = standing else { return Ok(false) };
        if (decided.verdict, &decided.sha256) != (image.verdict, &image.sha256) {
            return Ok(false);
        }
    }
    put(app, image, examined.bytes).await?;
    publish(app, image).await
}

/// Puts the bytes of a released image where they are served.
async fn put(app: &App, image: &Image, bytes: Payload) -> Result<(), Fault> {
    let attempted = format!("publish the bytes of {}", image.id);
    let (blobs, key, meta) = (app.ports.blobs.as_ref(), BlobKey::image(&image.id), BlobMeta::of(image));
    if blobs.put_new(Bucket::Images, &key, bytes, &meta).await.attempt(&attempted)? == PutOutcome::Stored {
        return Ok(());
    }
    let there = blobs.head(Bucket::Images, &key).await.attempt(&attempted)?;
    if there.as_ref() == Some(&meta) {
        return Ok(());
    }
    // Left by an attempt before vision became another version: nobody was told of it.
    blobs.delete(Bucket::Images, &[key]).await.attempt(&attempted)?;
    Err(Fault { attempted, cause: FaultCause::Invariant("other bytes were there".into()) })
}

/// Records that a released image is public, and erases what was held.
async fn publish(app: &App, image: &Image) -> Result<bool, Fault> {
    let id = &image.id;
    let attempted = format!("publish {id}");
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let is_live = standings::publish(sql, id).await.attempt(&attempted)?
        || matches!(standings::find(sql, id).await.attempt(&attempted)?, Some(Standing::Live(_)));
    if is_live {
        // The image is public; what could not be erased is left to the job, and so is asking for a second opinion.
        if !is_wanted(app, image) {
            drop(settle(app, image).await);
        }
    } else {
        // It was removed meanwhile. What was held is still there, for recovery.
        blobs.delete(Bucket::Images, &[BlobKey::image(id)]).await.attempt(&attempted)?;
        purge_edge(app, id).await?;
    }
    Ok(is_live)
}

/// Goes on with a release that was decided and not finished.
///
/// # Errors
/// If a port fails; it is then tried again.
pub async fn resume(app: &App, image: &Image) -> Result<bool, Fault> {
    let id = &image.id;
    let attempted = format!("go on with the release of {id}");
    let there = app.ports.blobs.head(Bucket::Images, &BlobKey::image(id)).await.attempt(&attempted)?;
    if there.is_some_and(|there| there.sha256 == image.sha256) {
        return publish(app, image).await;
    }
    match reexamine(app, id).await? {
        Reexamined::Examined(examined) => {
            let examined = *examined;
            let image =
                Image { facts: examined.facts.clone(), sha256: examined.stored_sha256.clone(), ..image.clone() };
            // Vision may have become another version since.
            standings::correct(app.ports.sql.as_ref(), id, &image.facts, &image.sha256).await.attempt(&attempted)?;
            put(app, &image, examined.bytes).await?;
            publish(app, &image).await
        }
        Reexamined::Busy => Ok(false),
        Reexamined::Refused => Err(invariant(attempted, "vision refuses what it took before")),
        Reexamined::Missing => Err(invariant(attempted, "its held bytes are missing")),
    }
}

fn invariant(attempted: String, what: &str) -> Fault {
    Fault { attempted, cause: FaultCause::Invariant(what.into()) }
}
