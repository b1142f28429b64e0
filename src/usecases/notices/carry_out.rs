//! Carries out what was decided about a notice, image by image. Each can be done twice, and whatever fails is done by a job.

use super::decide::IMAGES_MAX;
use super::find;
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::ids::{ImageId, NoticeId};
use crate::domain::image::State;
use crate::domain::known_bad::Category;
use crate::domain::notice::{Decided, FoundBy, Notice, NoticeImage, NoticeOutcome};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::{grounds, notices as notices_policy};
use crate::store::{images, notice_images, notices};
use crate::usecases::enlist::enlist;
use crate::usecases::review::{self, Review};

/// Carries out what was decided about a notice, on at most `limit` images. Answers whether that was all.
///
/// # Errors
/// If something of ours failed; what is done stays done.
pub async fn carry_out(app: &App, id: &NoticeId, limit: usize, now: Timestamp) -> Result<bool, Fault> {
    let attempted = format!("carry out what was decided about notice {id}");
    let sql = app.ports.sql.as_ref();
    let Some(notice) = find(app, id).await? else { return Ok(true) };
    let Some(decided) = &notice.decided else { return Ok(true) };
    let undone = notice_images::undone(sql, id, IMAGES_MAX).await.attempt(&attempted)?;
    let is_all = undone.len() <= limit;
    for image in undone.iter().take(limit) {
        act(app, &notice, decided, image).await?;
        sql.batch(vec![notice_images::note_done(id, &image.image_id, now)]).await.attempt(&attempted)?;
    }
    sql.batch(vec![notices::settle(id)]).await.attempt(&attempted)?;
    Ok(is_all)
}

/// Does with one image what was decided; if there is none, or somebody was quicker, nothing.
async fn act(app: &App, notice: &Notice, decided: &Decided, image: &NoticeImage) -> Result<(), Fault> {
    let seen = if decided.has_seen_images { Seen::Image } else { Seen::Facts };
    let review = |ground: Ground| Review {
        reviewer: Reviewer { operator: decided.operator.clone(), seen },
        ground,
        reason: decided.reason.clone(),
        notice: Some(notice.id.clone()),
    };
    let image_id = &image.image_id;
    match decided.outcome {
        NoticeOutcome::Prohibited => {
            // Before the decision, as anywhere: what dies in between is done once more.
            if let Some(category) = listed_as(notice, decided, image) {
                enlist(app, &decided.operator, image_id, category).await?;
            }
            review::prohibit(app, image_id, review(decided.ground)).await.map(drop)
        }
        NoticeOutcome::Restricted => review::restrict(app, image_id, review(decided.ground)).await.map(drop),
        // What was only held for it comes back; what somebody decided on other grounds stays as it is.
        NoticeOutcome::NoAction
            if image.held_at.is_some() && is_held_for_it_only(app, &notice.id, image_id).await? =>
        {
            review::release(app, image_id, review(Ground::NothingFound)).await.map(drop)
        }
        // Of a notice that was taken back, what is held waits in the queue of pictures.
        NoticeOutcome::NoAction | NoticeOutcome::Withdrawn => Ok(()),
    }
}

/// As what copies of an image are refused from now on: where the law has them found, or has the image reported.
fn listed_as(notice: &Notice, decided: &Decided, image: &NoticeImage) -> Option<Category> {
    let ground = grounds::rule_of(decided.ground);
    let are_refused = notices_policy::rule_of(notice.kind).finds_copies || ground.is_reported();
    ground.category.filter(|_| are_refused && image.found == FoundBy::Named)
}

async fn is_held_for_it_only(app: &App, notice: &NoticeId, image: &ImageId) -> Result<bool, Fault> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("find whether {image} is held"));
    let found = images::states(sql, std::slice::from_ref(image)).await.attempt(&attempted)?;
    let is_held = found.first().is_some_and(|found| found.state == State::Held);
    Ok(is_held && !notice_images::others_hold(sql, image, notice).await.attempt(&attempted)?)
}
