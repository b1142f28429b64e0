//! An operator's decision about an image, and about all that are the same bytes.

use super::case::has_looked;
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::known_bad::Category;
use crate::domain::review::Choice;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::grounds::rule_of;
use crate::policy::known_bad::rule as category_rule;
use crate::policy::review::COPIES_MAX;
use crate::store::reviewed_images;
use crate::usecases::enlist::enlist;
use crate::usecases::review::{Review, Reviewed, hold, prohibit, release, restrict};

/// What an operator has decided.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What is to happen.
    pub choice: Choice,
    /// What that rests on.
    pub ground: Ground,
    /// Why, in words.
    pub reason: String,
    /// Whether the same is decided about identical images.
    pub with_copies: bool,
    /// Whether copies of it are refused from now on.
    pub is_listed: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// About how many copies the same was decided.
    pub copies: usize,
    /// Whether there may be more of them than are decided about at once.
    pub has_more: bool,
}

/// Decides about the image `id`.
///
/// # Errors
/// `InvalidField` if the ground does not lead to that, or what is decided has no effect; `NotFound`; or a fault. Of copies, those
/// before the fault are decided.
pub async fn decide(app: &App, operator: &AccountId, id: &ImageId, wish: &Wish) -> Result<Decided, Error> {
    let category = check(wish)?;
    let reason = super::reason(&wish.reason)?;
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("decide about {id}");
    let image = reviewed_images::find(sql, id, now).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    if !image.can_be_decided() {
        return Err(super::no_effect(Reviewed::NothingWaits).into());
    }
    let copies = match wish.with_copies {
        true => {
            reviewed_images::copies(sql, id, Some(verdict_of(wish.choice)), COPIES_MAX).await.attempt(&attempted)?
        }
        false => Vec::new(),
    };
    let seen = if has_looked(app, operator, id).await? { Seen::Image } else { Seen::Facts };
    // Before the decision: what dies in between is decided about once more, and nothing is public that should not be.
    if let Some(category) = category {
        refuse_copies(app, operator, id, category).await?;
    }
    let review = |reason: String| Review {
        reviewer: Reviewer { operator: operator.to_string(), seen },
        ground: wish.ground,
        reason,
        notice: None,
    };
    let outcome = carry_out(app, id, wish.choice, review(reason.clone())).await?;
    let mut decided = 0;
    for copy in &copies {
        let reason = format!("the same bytes as {id}: {reason}");
        let of_copy = carry_out(app, copy, wish.choice, review(reason)).await?;
        decided += usize::from(super::has_effect(of_copy));
    }
    // Where it is decided so already, nothing is left to do but about its copies.
    let is_so_already = outcome == Reviewed::NothingWaits && image.verdict == verdict_of(wish.choice);
    if !is_so_already && !super::has_effect(outcome) {
        return Err(super::no_effect(outcome).into());
    }
    let has_more = i64::try_from(copies.len()).unwrap_or_default() == COPIES_MAX;
    Ok(Decided { copies: decided, has_more })
}

/// Whether the ground leads to what is wished; answers as what copies are listed, if they are.
fn check(wish: &Wish) -> Result<Option<Category>, Problem> {
    let rule = rule_of(wish.ground);
    let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
    if !rule.leads_to(wish.choice) {
        return Err(invalid("ground", "one that leads to this decision"));
    }
    match (wish.is_listed, wish.choice, rule.category) {
        // Copies of what must be reported are refused, whatever is ticked.
        (_, Choice::Prohibit, Some(category)) if rule.is_reported() => Ok(Some(category)),
        (false, ..) => Ok(None),
        (true, Choice::Prohibit, Some(category)) => Ok(Some(category)),
        (true, Choice::Prohibit, None) => {
            Err(invalid("listed", "not ticked: on this ground each picture is decided about by itself"))
        }
        (true, ..) => Err(invalid("listed", "not ticked: only of what may not be here are copies refused")),
    }
}

/// What is concluded by a choice.
fn verdict_of(choice: Choice) -> Verdict {
    match choice {
        Choice::Release => Verdict::Safe,
        Choice::Restrict => Verdict::Restricted,
        Choice::Prohibit => Verdict::Prohibited,
        Choice::Hold => Verdict::Unscanned,
    }
}

async fn carry_out(app: &App, id: &ImageId, choice: Choice, review: Review) -> Result<Reviewed, Fault> {
    match choice {
        Choice::Release => release(app, id, review).await,
        Choice::Restrict => restrict(app, id, review).await,
        Choice::Prohibit => prohibit(app, id, review).await,
        Choice::Hold => hold(app, id, review).await,
    }
}

/// Refuses copies of the image from now on.
async fn refuse_copies(app: &App, operator: &AccountId, id: &ImageId, category: Category) -> Result<(), Error> {
    // Of one that could not be examined yet nothing is known; that it is kept comes first.
    if enlist(app, operator.as_str(), id, category).await? || category_rule(category).is_reported {
        return Ok(());
    }
    let detail = "not ticked: nothing is left of it by which a copy could be recognised".into();
    Err(Problem::InvalidField { field: "listed", detail }.into())
}
