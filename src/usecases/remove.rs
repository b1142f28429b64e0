//! Takes an image out of public view: by its uploader now, or finishing what a job or a crashed request
//! began. One transition for all: the row first says so, then the bytes move, then the row says where.

use crate::app::App;
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::image::{Image, RemovalReason, State};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::ports::blobs::{BlobKey, Bucket, PutOutcome};
use crate::ports::log::LogLine;
use crate::ports::queue::Message;
use crate::store::{images, removals};

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

/// Deletes the image `id` for whoever holds its token.
///
/// # Errors
/// A problem if there is no such image or the token is not its own; a fault if nothing could be done.
pub async fn remove(app: &App, id: &ImageId, token: &DeleteToken) -> Result<Removed, Error> {
    let image = authorised(app, id, token).await?;
    let now = app.now();
    let sql = app.ports.sql.as_ref();
    removals::begin(sql, &image.id, RemovalReason::Deleted, now).await.attempt(&format!("begin to remove {id}"))?;
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

/// Checks that `token` may delete the image `id`, and answers the image.
///
/// # Errors
/// As [`remove`].
pub async fn authorised(app: &App, id: &ImageId, token: &DeleteToken) -> Result<Image, Error> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    match found {
        None | Some(images::Found::Withheld) => Err(Problem::NotFound.into()),
        Some(images::Found::Departed(_)) => Err(Problem::ImageGone.into()),
        Some(images::Found::Present(image)) if image.has_expired(app.now()) => Err(Problem::ImageGone.into()),
        Some(images::Found::Present(image)) if token.matches(&image.delete_token_hash) => Ok(*image),
        Some(images::Found::Present(_)) => Err(Problem::DeleteTokenWrong.into()),
    }
}

/// Moves the bytes of an image in state `removing` to recovery and records it; an abandoned draft's bytes
/// are erased and its row forgotten. Can be run any number of times, also beside itself.
///
/// # Errors
/// If a port fails; the image stays in `removing`, to be finished later.
pub async fn finish(app: &App, id: &ImageId, reason: RemovalReason, now: Timestamp) -> Result<(), Fault> {
    let attempted = format!("finish the removal of {id}");
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let key = BlobKey::image(id);
    if reason == RemovalReason::Abandoned {
        for bucket in [Bucket::Images, Bucket::Recovery] {
            blobs.delete(bucket, std::slice::from_ref(&key)).await.attempt(&attempted)?;
        }
        return removals::forget_abandoned(sql, std::slice::from_ref(id)).await.attempt(&attempted);
    }
    if !move_bytes(app, id, Bucket::Images, Bucket::Recovery).await? {
        report_lost(app, id);
        return removals::declare_lost(sql, id, now).await.attempt(&attempted);
    }
    let erase_after = now.plus_ms(app.settings.retention.recovery_ms());
    removals::reach_recovery(sql, id, erase_after).await.attempt(&attempted)
}

/// Moves an image's bytes: copied and checked before the original is deleted. Answers false if they are
/// in neither bucket.
///
/// # Errors
/// If the storage fails; the bytes are then in at least one of the buckets.
pub async fn move_bytes(app: &App, id: &ImageId, from: Bucket, to: Bucket) -> Result<bool, Fault> {
    let attempted = format!("move the bytes of {id}");
    let blobs = app.ports.blobs.as_ref();
    let key = BlobKey::image(id);
    if blobs.head(to, &key).await.attempt(&attempted)?.is_none() {
        let Some((meta, bytes)) = blobs.get(from, &key, None).await.attempt(&attempted)? else {
            // Another run may have moved them between the two questions.
            return Ok(blobs.head(to, &key).await.attempt(&attempted)?.is_some());
        };
        let put = blobs.put_new(to, &key, bytes, &meta).await.attempt(&attempted)?;
        if put == PutOutcome::AlreadyThere {
            let there = blobs.head(to, &key).await.attempt(&attempted)?;
            if there.is_none_or(|there| there.sha256 != meta.sha256) {
                return Err(Fault { attempted, cause: Cause::Invariant("other bytes are there".into()) });
            }
        }
    }
    blobs.delete(from, &[key]).await.attempt(&attempted)?;
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

fn log_fault(app: &App, fault: &Fault) {
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
