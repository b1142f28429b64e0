//! Takes an image out of public view: by its uploader now, or finishing what a job or a crashed request
//! began. One transition for all: the row first says so, then the bytes move, then the row says where.

use super::make_variant::erase_variants;
use super::purge_edge::purge_edge;
use crate::app::App;
use crate::domain::ids::{AccountId, DeleteToken, ImageId};
use crate::domain::image::{Departed, RemovalReason, State};
use crate::domain::owner::Owner;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, PutOutcome};
use crate::ports::log::LogLine;
use crate::ports::queue::Message;
use crate::store::{attempts, held, holds, images, removals};

/// How long the queue waits before it tries again to move bytes, in seconds.
const RETRY_DELAY_S: u32 = 5;

/// What a deletion achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The image is out of public view; its bytes are erased at this time.
    Done {
        /// When the recovery window ends.
        erased_at: Timestamp,
    },
    /// It was accepted and will be done within about a minute: the storage did not answer.
    Underway,
}

impl Removed {
    /// Whether the bytes are where they belong already.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// Who may delete an image.
#[derive(Clone, Copy, Debug)]
pub enum Deleter<'a> {
    /// Whoever holds its token.
    Holder(&'a DeleteToken),
    /// Whose it is.
    Owner(&'a AccountId),
}

impl Deleter<'_> {
    fn check(self, token_hash: &str, owner: Option<&Owner>) -> Result<(), Problem> {
        match self {
            Self::Holder(token) if token.matches(token_hash) => Ok(()),
            Self::Holder(_) => Err(Problem::DeleteTokenWrong),
            Self::Owner(account) if owner.is_some_and(|owner| owner.account_id == *account) => Ok(()),
            Self::Owner(_) => Err(Problem::NotOwner),
        }
    }

    /// What is said about an image that left. Of a private one only its owner is told: its token is forgotten by then.
    fn told_of(self, departed: &Departed) -> Problem {
        let is_owner = matches!(self, Self::Owner(account) if departed.account_id.as_ref() == Some(account));
        if departed.is_private && !is_owner { Problem::NotFound } else { Problem::ImageGone }
    }
}

/// Deletes the image `id` for whoever holds its token, or owns it.
///
/// # Errors
/// A problem if there is no such image or it is not `deleter`'s to delete; a fault if nothing could be done.
pub async fn remove(app: &App, id: &ImageId, deleter: Deleter<'_>) -> Result<Removed, Error> {
    authorised(app, id, deleter).await?;
    let now = app.now();
    let sql = app.ports.sql.as_ref();
    removals::begin(sql, id, RemovalReason::Deleted, now).await.attempt(&format!("begin to remove {id}"))?;
    Ok(finish_or_leave(app, id, RemovalReason::Deleted, now).await)
}

/// Finishes a removal that has just begun; what does not work now is written down and left to the queue and the jobs.
pub async fn finish_or_leave(app: &App, id: &ImageId, reason: RemovalReason, now: Timestamp) -> Removed {
    match finish(app, id, reason, now).await {
        Ok(()) => Removed::Done { erased_at: now.plus_ms(app.settings.retention.recovery_ms()) },
        Err(fault) => {
            log_fault(app, &fault);
            // If the queue does not answer either, the job of the next minute finds the work.
            drop(app.ports.queue.send(&Message::FinishRemoval { id: id.clone() }, RETRY_DELAY_S).await);
            Removed::Underway
        }
    }
}

/// Checks that `deleter` may delete the image `id`. A private one is there only for whoever may.
///
/// # Errors
/// As [`remove`].
pub async fn authorised(app: &App, id: &ImageId, deleter: Deleter<'_>) -> Result<(), Error> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    let now = app.now();
    let (has_expired, is_private, hash, owner) = match found {
        None | Some(images::Found::Withheld) => return Err(Problem::NotFound.into()),
        Some(images::Found::Departed(departed)) => return Err(deleter.told_of(&departed).into()),
        Some(images::Found::Present(image)) => {
            (image.has_expired(now), image.placement.is_private, image.delete_token_hash, image.owner)
        }
        Some(images::Found::Held(image)) => {
            (image.has_expired(now), image.placement.is_private, image.delete_token_hash, image.owner)
        }
    };
    let may = deleter.check(&hash, owner.as_ref());
    match may {
        // Nobody else learns that it is there.
        Err(_) if is_private => Err(Problem::NotFound.into()),
        _ if has_expired => Err(Problem::ImageGone.into()),
        may => Ok(may?),
    }
}

/// Moves the bytes of an image in state `removing` to recovery and records it; those of one that cannot become public
/// are erased, and an abandoned draft's row is forgotten, unless a hold was placed on it. Can be run any number of times,
/// also beside itself.
///
/// # Errors
/// If a port fails; the image stays in `removing`, to be finished later.
pub async fn finish(app: &App, id: &ImageId, reason: RemovalReason, now: Timestamp) -> Result<(), Fault> {
    let holds = match reason.keeps_bytes() {
        true => 0,
        false => holds::count(app.ports.sql.as_ref(), id).await.attempt(&format!("find holds on {id}"))?,
    };
    finish_unless_held(app, id, reason, holds, now).await
}

/// As [`finish`], for who knows how many holds were placed on the image.
///
/// # Errors
/// As [`finish`].
pub async fn finish_unless_held(
    app: &App,
    id: &ImageId,
    reason: RemovalReason,
    holds: u32,
    now: Timestamp,
) -> Result<(), Fault> {
    let attempted = format!("finish the removal of {id}");
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    if !reason.keeps_bytes() {
        if holds > 0 {
            return preserve(app, id, now).await;
        }
        let (key, held) = (BlobKey::image(id), BlobKey::held(id));
        blobs.delete(Bucket::Images, std::slice::from_ref(&key)).await.attempt(&attempted)?;
        blobs.delete(Bucket::Recovery, &[key, held]).await.attempt(&attempted)?;
        return match reason {
            RemovalReason::Abandoned => removals::forget_abandoned(sql, std::slice::from_ref(id)).await,
            _ => removals::reach_gone(sql, std::slice::from_ref(id), now).await,
        }
        .attempt(&attempted);
    }
    erase_variants(app, id).await?;
    let is_moved = move_bytes(app, id, Bucket::Images, Bucket::Recovery).await?;
    if reason.needs_purge() {
        purge_edge(app, id).await?;
    }
    if !is_moved && !recover_held(app, id, now).await? {
        report_lost(app, id);
        return removals::declare_lost(sql, id, now).await.attempt(&attempted);
    }
    let erase_after = now.plus_ms(app.settings.retention.recovery_ms());
    removals::reach_recovery(sql, std::slice::from_ref(id), erase_after).await.attempt(&attempted)
}

/// Keeps what there is of an image under a hold that would otherwise be erased: an upload that broke off.
async fn preserve(app: &App, id: &ImageId, now: Timestamp) -> Result<(), Fault> {
    let attempted = format!("keep what is under a hold of {id}");
    let sql = app.ports.sql.as_ref();
    if move_bytes(app, id, Bucket::Images, Bucket::Recovery).await? || recover_held(app, id, now).await? {
        return withhold_under_hold(app, id, now).await;
    }
    removals::reach_gone_under_hold(sql, id, now).await.attempt(&attempted)
}

/// Records that bytes of an image under a hold are in recovery: also of one that was thought to have none.
///
/// # Errors
/// If the database fails.
pub async fn withhold_under_hold(app: &App, id: &ImageId, now: Timestamp) -> Result<(), Fault> {
    let erase_after = now.plus_ms(app.settings.retention.recovery_ms());
    let recorded = removals::withhold_under_hold(app.ports.sql.as_ref(), id, erase_after).await;
    recorded.attempt(&format!("keep what is under a hold of {id}"))
}

/// Copies an image's bytes from public view to recovery, and checks the copy. Answers false if they are in neither place.
///
/// # Errors
/// If the storage fails.
pub async fn copy_to_recovery(app: &App, id: &ImageId) -> Result<bool, Fault> {
    let key = BlobKey::image(id);
    copy_bytes(app, (Bucket::Images, &key), (Bucket::Recovery, &key)).await
}

/// Moves an image's bytes: copied and checked before the original is deleted. Answers false if they are
/// in neither bucket.
///
/// # Errors
/// If the storage fails; the bytes are then in at least one of the buckets.
pub async fn move_bytes(app: &App, id: &ImageId, from: Bucket, to: Bucket) -> Result<bool, Fault> {
    let key = BlobKey::image(id);
    if !copy_bytes(app, (from, &key), (to, &key)).await? {
        return Ok(false);
    }
    app.ports.blobs.delete(from, &[key]).await.attempt(&format!("move the bytes of {id}"))?;
    Ok(true)
}

/// Copies an object, with what is stored beside it, and checks the copy. Answers false if it is in neither place.
async fn copy_bytes(app: &App, (from, key): (Bucket, &BlobKey), (to, copy): (Bucket, &BlobKey)) -> Result<bool, Fault> {
    let attempted = format!("copy {} to {}", key.as_str(), copy.as_str());
    let blobs = app.ports.blobs.as_ref();
    if blobs.head(to, copy).await.attempt(&attempted)?.is_some() {
        return Ok(true);
    }
    let Some((meta, bytes)) = blobs.get(from, key, None).await.attempt(&attempted)? else {
        // Another run may have moved it between the two questions.
        return Ok(blobs.head(to, copy).await.attempt(&attempted)?.is_some());
    };
    if blobs.put_new(to, copy, bytes, &meta).await.attempt(&attempted)? == PutOutcome::AlreadyThere {
        let there = blobs.head(to, copy).await.attempt(&attempted)?;
        if there.is_none_or(|there| there.sha256 != meta.sha256) {
            return Err(Fault { attempted, cause: Cause::Invariant("other bytes are there".into()) });
        }
    }
    Ok(true)
}

/// Moves the bytes of an image that a person had held from public view to where held bytes are, and records it.
///
/// # Errors
/// If a port fails; the job tries again.
pub async fn move_to_held(app: &App, id: &ImageId, now: Timestamp) -> Result<(), Fault> {
    let attempted = format!("move the bytes of {id} out of public view");
    let (sql, key) = (app.ports.sql.as_ref(), BlobKey::image(id));
    let blobs = app.ports.blobs.as_ref();
    erase_variants(app, id).await?;
    let is_public = blobs.head(Bucket::Images, &key).await.attempt(&attempted)?.is_some();
    let held = BlobKey::held(id);
    // Held as it came, it has nothing beside it that a copy could be made by.
    if !is_public && !blobs.list(Bucket::Recovery, held.as_str(), None, 1).await.attempt(&attempted)?.blobs.is_empty() {
        // It may have been moved just now, by a run that died over it.
        purge_edge(app, id).await?;
        return attempts::settle_place(sql, id).await.attempt(&attempted);
    }
    if !copy_bytes(app, (Bucket::Images, &key), (Bucket::Recovery, &held)).await? {
        purge_edge(app, id).await?;
        report_lost(app, id);
        return removals::declare_lost(sql, id, now).await.attempt(&attempted);
    }
    blobs.delete(Bucket::Images, &[key]).await.attempt(&attempted)?;
    purge_edge(app, id).await?;
    attempts::settle_place(sql, id).await.attempt(&attempted)
}

/// Copies the bytes of an image in recovery to where held bytes are: the only place from which an image becomes public.
/// Answers false if they are in neither place.
///
/// # Errors
/// If the storage fails.
pub async fn copy_to_held(app: &App, id: &ImageId) -> Result<bool, Fault> {
    copy_bytes(app, (Bucket::Recovery, &BlobKey::image(id)), (Bucket::Recovery, &BlobKey::held(id))).await
}

/// Moves the held bytes of an image to where removed images wait. Answers false if nothing is held.
///
/// # Errors
/// If a port fails; the bytes are then in at least one of the places.
pub async fn recover_held(app: &App, id: &ImageId, now: Timestamp) -> Result<bool, Fault> {
    let attempted = format!("move the held bytes of {id} to recovery");
    let (blobs, held) = (app.ports.blobs.as_ref(), BlobKey::held(id));
    let digest = held::digest(app.ports.sql.as_ref(), id).await.attempt(&attempted)?;
    let opened = blobs.open(Bucket::Recovery, &held, None).await.attempt(&attempted)?;
    let (Some(sha256), Some(bytes)) = (digest, opened) else {
        // Another run may have moved them between the two questions.
        return Ok(blobs.head(Bucket::Recovery, &BlobKey::image(id)).await.attempt(&attempted)?.is_some());
    };
    let meta = BlobMeta {
        // Vision may never have said what it is, and nothing serves it from there.
        media_type: "application/octet-stream".into(),
        sha256,
        bytes: bytes.length().unwrap_or_default(),
        created_at: now,
        expires_at: None,
        warning: None,
        is_private: false,
        notes: Vec::new(),
    };
    blobs.put_new(Bucket::Recovery, &BlobKey::image(id), bytes, &meta).await.attempt(&attempted)?;
    blobs.delete(Bucket::Recovery, &[held]).await.attempt(&attempted)?;
    Ok(true)
}

/// Writes down that an image's bytes are in no bucket: this must never happen, so it must be seen.
pub fn report_lost(app: &App, id: &ImageId) {
    app.ports.log.write(&LogLine {
        kind: "fault",
        attempted: format!("find the bytes of {id}"),
        outcome: "they are in no bucket; the image is declared lost".into(),
        request_id: None,
    });
}

/// Writes a fault down that is not answered to anybody.
pub fn log_fault(app: &App, fault: &Fault) {
    app.ports.log.write(&LogLine {
        kind: "fault",
        attempted: fault.attempted.clone(),
        outcome: fault.cause.to_string(),
        request_id: None,
    });
}

/// Finishes the removal of `id` if it has begun and is not finished: what a queue message asks for. A
/// fault is written down here, because the queue only learns that there was one.
///
/// # Errors
/// If a port fails; the queue then delivers the message again.
pub async fn resume(app: &App, id: &ImageId, now: Timestamp) -> Result<(), Fault> {
    let outcome = resume_quietly(app, id, now).await;
    outcome.inspect_err(|fault| log_fault(app, fault))
}

async fn resume_quietly(app: &App, id: &ImageId, now: Timestamp) -> Result<(), Fault> {
    let sql = app.ports.sql.as_ref();
    let states = images::states(sql, std::slice::from_ref(id)).await.attempt(&format!("find {id}"))?;
    match states.into_iter().next() {
        Some(images::IdState { state: State::Removing, removal_reason: Some(reason), .. }) => {
            finish(app, id, reason, now).await
        }
        _ => Ok(()),
    }
}
