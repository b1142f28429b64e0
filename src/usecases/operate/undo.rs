//! Takes an operator's latest decision about an image back, as long as its bytes are there: what was concluded before holds again,
//! and it waits for a person once more.

use crate::app::App;
use crate::domain::decision::{DecidedBy, Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::review::{About, Act, Cause};
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Error, Problem};
use crate::store::decisions::{self, Past};
use crate::store::review_log::{self, NewLine};
use crate::store::{known_bad, review_queue};
use crate::usecases::enlist::recognisable;
use crate::usecases::review::{Review, Reviewed, hold, prohibit, release, restrict};
use crate::usecases::seal::is_sealed;

/// Where an image can be about which a decision is taken back.
const THERE: &[&str] = &["live", "held", "releasing", "removing", "recovery"];

/// Takes the latest decision about the image `id` back.
///
/// # Errors
/// `InvalidField` if no person has decided last, or something outranks taking it back; `ImageGone` if nothing of it is left; or a
/// fault.
pub async fn undo(app: &App, operator: &AccountId, id: &ImageId, reason: &str) -> Result<(), Error> {
    let reason = super::reason(reason)?;
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("take the decision about {id} back");
    let history = decisions::history(sql, id, 2).await.attempt(&attempted)?;
    let Some(last) = history.first() else { return Err(Problem::NotFound.into()) };
    if last.decided_by != DecidedBy::Operator {
        let detail = "a decision that a person made last".into();
        return Err(Problem::InvalidField { field: "reason", detail }.into());
    }
    if is_sealed(app, id).await? {
        return Err(super::no_effect(Reviewed::Sealed).into());
    }
    // First, or what is on the list could not come back.
    let hashes = recognisable(app, id).await?;
    sql.batch(vec![known_bad::unlist(&hashes, id)]).await.attempt(&attempted)?;
    let before = history.get(1).map_or(Verdict::Unscanned, |past| past.verdict);
    let words = format!("taken back: {reason}");
    match go_back(app, operator, id, (last, before), words).await? {
        Some(Reviewed::NothingWaits | Reviewed::Refused) => return Err(Problem::ImageGone.into()),
        Some(outcome) if !super::has_effect(outcome) => return Err(super::no_effect(outcome).into()),
        _ => {}
    }
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Undone,
        about: About::Image,
        subject: id.as_str(),
        seen: None,
        ground: None,
        reason: &reason,
    };
    let batch = vec![
        review_queue::enter(id, THERE, cause(before), before.severity().max(Verdict::Flagged.severity()), now),
        review_log::append(&line, now),
    ];
    sql.batch(batch).await.attempt(&attempted)?;
    Ok(())
}

/// Makes hold again what held before, and answers what that came to; nothing if it stays where it is.
async fn go_back(
    app: &App,
    operator: &AccountId,
    id: &ImageId,
    (last, before): (&Past, Verdict),
    reason: String,
) -> Result<Option<Reviewed>, Error> {
    let review = |ground| Review {
        reviewer: Reviewer { operator: operator.to_string(), seen: Seen::Facts },
        ground,
        reason,
        notice: None,
    };
    let ground = last.ground.unwrap_or(Ground::OtherTerms);
    let outcome = match (last.verdict, before) {
        // It was upheld, or waited out of view before: it stays where it is until somebody decides anew.
        (one, other) if one == other => return Ok(None),
        (Verdict::Prohibited, Verdict::Unscanned) => return Ok(None),
        (_, Verdict::Safe | Verdict::Flagged) => release(app, id, review(Ground::NothingFound)).await?,
        (_, Verdict::Restricted) => restrict(app, id, review(ground)).await?,
        (_, Verdict::Prohibited) => prohibit(app, id, review(ground)).await?,
        (_, Verdict::Unscanned) => hold(app, id, review(Ground::Undecided)).await?,
    };
    Ok(Some(outcome))
}

/// Why it waits again.
fn cause(before: Verdict) -> Cause {
    match before {
        Verdict::Flagged => Cause::Flagged,
        Verdict::Prohibited => Cause::Prohibited,
        Verdict::Unscanned => Cause::Unscanned,
        Verdict::Safe | Verdict::Restricted => Cause::Reported,
    }
}
