//! Carries out what was decided about a notice, image by image. Each can be done twice, and whatever fails is done by a job.

use super::decide::IMAGES_MAX;
use super::find;
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Decided, NoticeImage, NoticeOutcome};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::notices::CARRIED_OUT_MAX;
use crate::store::{notice_images, notices};
use crate::usecases::review::{self, Review};

/// Carries out what was decided about a notice, on a bounded number of images. Answers whether that was all.
///
/// # Errors
/// If something of ours failed; what is done stays done.
pub async fn carry_out(app: &App, id: &NoticeId, now: Timestamp) -> Result<bool, Fault> {
    let attempted = format!("carry out what was decided about notice {id}");
    let sql = app.ports.sql.as_ref();
    let Some(decided) = find(app, id).await?.and_then(|notice| notice.decided) else { return Ok(true) };
    let undone = notice_images::undone(sql, id, IMAGES_MAX).await.attempt(&attempted)?;
    let limit = usize::try_from(CARRIED_OUT_MAX).unwrap_or(usize::MAX);
    let is_all = undone.len() <= limit;
    for image in undone.iter().take(limit) {
        act(app, id, &decided, image).await?;
        sql.batch(vec![notice_images::note_done(id, &image.image_id, now)]).await.attempt(&attempted)?;
    }
    sql.batch(vec![notices::settle(id)]).await.attempt(&attempted)?;
    Ok(is_all)
}

/// Does with one image what was decided; if there is none, or somebody was quicker, nothing.
async fn act(app: &App, id: &NoticeId, decided: &Decided, image: &NoticeImage) -> Result<(), Fault> {
    let seen = if decided.has_seen_images { Seen::Image } else { Seen::Facts };
    let review = |ground: Ground| Review {
        reviewer: Reviewer { operator: decided.operator.clone(), seen },
        ground,
        reason: decided.reason.clone(),
        notice: Some(id.clone()),
    };
    let image_id = &image.image_id;
    match decided.outcome {
        NoticeOutcome::Prohibited => review::prohibit(app, image_id, review(decided.ground)).await.map(drop),
        NoticeOutcome::Restricted => review::restrict(app, image_id, review(decided.ground)).await.map(drop),
        // What was only held for it comes back; what somebody decided on other grounds stays as it is.
        NoticeOutcome::NoAction if image.held_at.is_some() && is_held_still(app, image).await? => {
            review::release(app, image_id, review(Ground::NothingFound)).await.map(drop)
        }
        // Of a notice that was taken back, what is held waits in the queue of pictures.
        NoticeOutcome::NoAction | NoticeOutcome::Withdrawn => Ok(()),
    }
}

async fn is_held_still(app: &App, image: &NoticeImage) -> Result<bool, Fault> {
    let id = &image.image_id;
    let found = crate::store::images::states(app.ports.sql.as_ref(), std::slice::from_ref(id)).await;
    let found = found.attempt(&format!("find {id}"))?;
    Ok(found.first().is_some_and(|found| found.state == crate::domain::image::State::Held))
}
