//! Judges images that were held because nothing could judge them at their upload (promise IMP-20), and finishes what
//! was decided about held and live images and not carried out.

use super::known_bad::{self, recognise};
use super::relabel::relabel;
use super::release::{self, Reexamined, released};
use super::remove::{finish_or_leave, move_to_held};
use super::second_opinion;
use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::facts::ImageFacts;
use crate::domain::ids::ImageId;
use crate::domain::image::{HeldImage, HeldReason, RemovalReason};
use crate::domain::known_bad::ImageHashes;
use crate::domain::review::{Cause, Outcome};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::verdicts::{Publication, decide, publication};
use crate::ports::vision::Examined;
use crate::store::standings::{self, Standing};
use crate::store::{decisions, held, image_hashes, review_queue};

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Whatever was to be done is done.
    Done,
    /// It cannot be judged yet.
    StillHeld,
    /// Vision has too much to do for any.
    Busy,
}

/// Does what is due about the image `id`, after so many attempts before.
///
/// # Errors
/// If a port fails; it is then tried again.
pub async fn judge(app: &App, id: &ImageId, attempts: i64, now: Timestamp) -> Result<Judged, Fault> {
    let standing = standings::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    match standing {
        Some(Standing::Held(held)) if held.reason == HeldReason::Review => {
            move_to_held(app, id, now).await.map(|()| Judged::Done)
        }
        Some(Standing::Held(held)) => judge_held(app, &held, now).await,
        Some(Standing::Releasing(image)) => {
            // Decided a while ago: lists may have grown since.
            if known_bad::withhold_if_listed(app, id).await? {
                return Ok(Judged::Done);
            }
            release::resume(app, &image).await.map(|is_live| if is_live { Judged::Done } else { Judged::Busy })
        }
        Some(Standing::Live(image)) if second_opinion::is_wanted(app, &image) => {
            let image = second_opinion::seek(app, *image, attempts).await?;
            relabel(app, &image).await.map(|()| Judged::Done)
        }
        Some(Standing::Live(image)) => relabel(app, &image).await.map(|()| Judged::Done),
        Some(Standing::Withheld(_)) | None => Ok(Judged::Done),
    }
}

async fn judge_held(app: &App, held: &HeldImage, now: Timestamp) -> Result<Judged, Fault> {
    let id = &held.id;
    match release::reexamine(app, id).await? {
        Reexamined::Busy => Ok(Judged::Busy),
        Reexamined::Refused => refuse(app, id, now).await.map(|()| Judged::Done),
        // If they are nowhere, it is declared lost. They may be in public view, after the database was set back to a
        // time before the image was judged: then they are judged again.
        Reexamined::Missing => move_to_held(app, id, now).await.map(|()| Judged::StillHeld),
        Reexamined::Examined(examined) => {
            let hashes = examined.hashes();
            if let Some(hit) = recognise(app, &hashes).await? {
                known_bad::withhold(app, id, Some((&examined.facts, &hashes)), &hit, now).await?;
                return Ok(Judged::Done);
            }
            match decide(&examined.assessment) {
                None => Ok(Judged::StillHeld),
                Some(decision) => act(app, held, *examined, &decision, now).await,
            }
        }
    }
}

async fn act(
    app: &App,
    held: &HeldImage,
    examined: Examined,
    decision: &Decision,
    now: Timestamp,
) -> Result<Judged, Fault> {
    match publication(decision.verdict, app.settings.flagged) {
        Publication::Held => {
            let found = (&examined.facts, &examined.hashes());
            keep_for_review(app, &held.id, found, decision, now).await.map(|()| Judged::Done)
        }
        Publication::Withheld => {
            let found = (&examined.facts, &examined.hashes());
            withhold(app, &held.id, found, decision, now).await.map(|()| Judged::Done)
        }
        Publication::Public => {
            // One whose time is over is removed by the reaper.
            let Some(image) = released(app, held, &examined, decision) else { return Ok(Judged::StillHeld) };
            release::release(app, release::From::Held, &image, decision, Some(Outcome::Left), examined).await?;
            Ok(Judged::Done)
        }
    }
}

/// Leaves an image that is flagged to a person, where a deployment wants that before it is public.
async fn keep_for_review(
    app: &App,
    id: &ImageId,
    (facts, hashes): (&ImageFacts, &ImageHashes),
    decision: &Decision,
    now: Timestamp,
) -> Result<(), Fault> {
    const HELD: &[&str] = &["held"];
    let statements = vec![
        decisions::append_if_new(id, HELD, decision, now),
        held::keep_for_review(id, decision.verdict, decision.policy_version, facts),
        image_hashes::record(id, HELD, hashes),
        review_queue::decide(id, HELD, Outcome::Left, now),
        review_queue::enter(id, HELD, Cause::Flagged, decision.verdict.severity(), now),
    ];
    app.ports.sql.batch(statements).await.attempt(&format!("keep {id} for review")).map(drop)
}

/// Keeps a held image that was found to be prohibited from the public for good (promise IMP-33).
async fn withhold(
    app: &App,
    id: &ImageId,
    (facts, hashes): (&ImageFacts, &ImageHashes),
    decision: &Decision,
    now: Timestamp,
) -> Result<(), Fault> {
    const AFTERWARDS: &[&str] = &["removing"];
    let statements = vec![
        decisions::append(id, &["held"], decision, now),
        held::prohibit(id, decision.policy_version, Some(facts), now),
        image_hashes::record(id, AFTERWARDS, hashes),
        review_queue::decide(id, AFTERWARDS, Outcome::Left, now),
        review_queue::enter(id, AFTERWARDS, Cause::Prohibited, decision.verdict.severity(), now),
    ];
    app.ports.sql.batch(statements).await.attempt(&format!("withhold {id}"))?;
    finish_or_leave(app, id, RemovalReason::Prohibited, now).await;
    Ok(())
}

/// Gives up a held file that is none that is taken. It never was public, and its bytes are erased at once.
pub async fn refuse(app: &App, id: &ImageId, now: Timestamp) -> Result<(), Fault> {
    let refuse = held::refuse(id, now);
    app.ports.sql.batch(vec![refuse]).await.attempt(&format!("refuse {id}"))?;
    finish_or_leave(app, id, RemovalReason::Refused, now).await;
    Ok(())
}
