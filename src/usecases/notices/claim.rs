//! What whoever uploaded an image is told of a claim of copyright, beside the reasons: who claims what (17 U.S.C. 512(g)(2)(A)), and
//! whether it can still be answered.

use super::{find, text_of};
use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::ids::{ImageId, NoticeId};
use crate::domain::statement::{Restriction, Statement};
use crate::error::{Attempt as _, Fault};
use crate::store::counter_notices;

/// A claim of copyright, for the uploader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The notice that claims it.
    pub notice: NoticeId,
    /// The image.
    pub image: ImageId,
    /// Who claims it.
    pub name: String,
    /// What was copied, in the claimant's words.
    pub work: String,
    /// Whether a counter-notice can be sent now.
    pub can_be_answered: bool,
}

/// The claim on which a removal rests; none: it rests on something else, or has ended, or nobody can read the claim any more.
///
/// # Errors
/// If a port fails.
pub async fn claim_of(app: &App, statement: &Statement) -> Result<Option<Claim>, Fault> {
    let is_claimed = statement.kind == Restriction::Removal
        && statement.ground == Some(Ground::Copyright)
        && statement.ended_at.is_none();
    let notice = statement.notice_id.as_deref().filter(|_| is_claimed).and_then(NoticeId::parse);
    let (Some(id), Some(image)) = (notice, ImageId::parse(&statement.subject)) else { return Ok(None) };
    let Some(notice) = find(app, &id).await? else { return Ok(None) };
    let Some((_, text)) = text_of(app, &notice).await? else { return Ok(None) };
    let answerable = counter_notices::answerable(app.ports.sql.as_ref(), &id, &image, app.now()).await;
    let can_be_answered = answerable.attempt(&format!("find whether {image} can be answered for"))?.is_some();
    let answered = counter_notices::of_notice(app.ports.sql.as_ref(), &id, super::decide::IMAGES_MAX).await;
    let answered = answered.attempt(&format!("find what was answered to {id}"))?;
    let is_answered = answered.iter().any(|counter| counter.image_id == image);
    Ok(Some(Claim {
        notice: id,
        image,
        name: text.name,
        work: text.work,
        can_be_answered: can_be_answered && !is_answered,
    }))
}
