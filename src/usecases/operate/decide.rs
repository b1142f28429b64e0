//! An operator's decision about an image, and about all that are the same bytes.

use super::case::has_looked;
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::known_bad::{Category, HashKind};
use crate::domain::review::{About, Act, Choice};
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::grounds::{Basis, rule_of};
use crate::policy::known_bad::is_telling;
use crate::policy::review::COPIES_MAX;
use crate::store::review_log::{self, NewLine};
use crate::store::{image_hashes, known_bad, reviewed_images};
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
    /// About the image itself.
    pub outcome: Reviewed,
    /// About how many copies the same was decided.
    pub copies: usize,
    /// Whether there may be more of them than are decided about at once.
    pub has_more: bool,
}

/// Decides about the image `id`.
///
/// # Errors
/// `InvalidField` if the ground does not lead to that; `NotFound`; or a fault. Of copies, those before the fault are decided.
pub async fn decide(app: &App, operator: &AccountId, id: &ImageId, wish: &Wish) -> Result<Decided, Error> {
    let category = check(wish)?;
    let reason = super::reason(&wish.reason)?;
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("decide about {id}");
    reviewed_images::find(sql, id, now).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let copies = match wish.with_copies {
        true => {
            reviewed_images::copies(sql, id, Some(verdict_of(wish.choice)), COPIES_MAX).await.attempt(&attempted)?
        }
        false => Vec::new(),
    };
    let seen = if has_looked(app, operator, id).await? { Seen::Image } else { Seen::Facts };
    // Before the decision: what dies in between is decided about once more, and nothing is public that should not be.
    if let Some(category) = category {
        enlist(app, operator, id, category).await?;
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
        decided += usize::from(of_copy != Reviewed::NothingWaits);
    }
    let has_more = i64::try_from(copies.len()).unwrap_or_default() == COPIES_MAX;
    Ok(Decided { outcome, copies: decided, has_more })
}

/// Whether the ground leads to what is wished; answers as what copies are listed, if they are.
fn check(wish: &Wish) -> Result<Option<Category>, Problem> {
    let rule = rule_of(wish.ground);
    let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
    let is_fit = match wish.choice {
        Choice::Release => wish.ground == Ground::NothingFound,
        Choice::Restrict | Choice::Prohibit => rule.basis != Basis::None,
        Choice::Hold => wish.ground != Ground::NothingFound,
    };
    if !is_fit {
        return Err(invalid("ground", "one that leads to this decision"));
    }
    match (wish.is_listed, wish.choice, rule.category) {
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

/// Puts what the image can be recognised by on the operators' own list.
async fn enlist(app: &App, operator: &AccountId, id: &ImageId, category: Category) -> Result<(), Error> {
    let (now, hashes) = (app.now(), recognisable(app, id).await?);
    let attempted = format!("put {id} on the list");
    if hashes.is_empty() {
        let detail = "not ticked: nothing is left of it by which a copy could be recognised".into();
        return Err(Problem::InvalidField { field: "listed", detail }.into());
    }
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Listed,
        about: About::Image,
        subject: id.as_str(),
        seen: None,
        ground: None,
        reason: category.as_str(),
    };
    let batch = vec![known_bad::list(&hashes, category, id, now), review_log::append(&line, now)];
    app.ports.sql.batch(batch).await.attempt(&attempted)?;
    Ok(())
}

/// By what copies of an image are recognised: its digests, and hashes of what it looks like that say enough.
pub(super) async fn recognisable(app: &App, id: &ImageId) -> Result<Vec<(HashKind, String)>, Fault> {
    let found = image_hashes::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find the hashes of {id}"))?;
    let Some(found) = found else { return Ok(Vec::new()) };
    let digests = [found.received_sha256, found.stored_sha256].map(|digest| (HashKind::Sha256, digest));
    let looks = found.pdq.iter().filter(|likeness| is_telling(likeness));
    Ok(digests.into_iter().chain(looks.map(|likeness| (HashKind::Pdq, likeness.hash.to_string()))).collect())
}
