//! Makes an image that belongs to nobody an account's, for whoever holds its delete token. It is then kept as long as the
//! longer of two promises says: the one that was made at the upload, and the one that its owner would have got.

use super::relabel::relabel;
use super::remove::{Deleter, authorised, log_fault};
use super::second_opinion::is_wanted;
use crate::app::App;
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::image::Image;
use crate::domain::owner::{Member, Owner};
use crate::domain::retention::Retention;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::holding::wait_ms;
use crate::policy::quotas;
use crate::policy::retention::Window;
use crate::ports::blobs::BlobMeta;
use crate::ports::sql::SqlFailure;
use crate::store::images::{self, Found};
use crate::store::{account_storage, gallery, run_all};
use crate::usecases::check_quota::exceeded;

/// Seconds after which an image that was just changing can be claimed.
const RETRY_AFTER_S: u32 = 2;

/// Makes the image `id` the account's. Doing it twice is doing it once.
///
/// # Errors
/// `NotFound`, `ImageGone`, `DeleteTokenWrong`; `NotOwner` if it is another account's; `QuotaExceeded`; `Busy` if it changed meanwhile; a
/// fault if the database fails. If only the storage does, a job writes what is stored beside the bytes.
pub async fn claim(app: &App, member: &Member, id: &ImageId, token: &DeleteToken) -> Result<(), Error> {
    authorised(app, id, Deleter::Holder(token)).await?;
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("claim {id}");
    let owner = member.owner();
    let limits = account_storage::allow(&member.account_id, &quotas::of(member.tier));
    run_all(sql, [limits]).await.attempt(&attempted)?;
    let room = |failure: SqlFailure| match account_storage::refused(&failure) {
        Some(resource) => Error::from(exceeded(member, resource, now)),
        None => Fault { attempted: attempted.clone(), cause: failure.into() }.into(),
    };
    match images::find(sql, id).await.attempt(&attempted)? {
        Some(Found::Present(image)) => {
            if is_settled(image.owner.as_ref(), &owner)? {
                return Ok(());
            }
            let policy = &app.settings.retention;
            let wished = policy.window_of(image.surface, Some(&owner), image.verdict, image.created_at, image.ttl_ms);
            let retention = longest(wished, &image.retention);
            let claimed = Image { owner: Some(owner), retention, ..image.as_ref().clone() };
            let is_labelled = BlobMeta::of(&image) == BlobMeta::of(&claimed);
            let next_attempt_at = (!is_labelled).then(|| now.plus_ms(wait_ms(0)));
            if !gallery::claim(sql, &image, &claimed, next_attempt_at).await.map_err(room)? {
                return settled_meanwhile(app, id, member).await;
            }
            // One that waits for a second opinion is labelled after it.
            if !is_labelled && !is_wanted(app, &claimed) {
                drop(relabel(app, &claimed).await.inspect_err(|fault| log_fault(app, fault)));
            }
            Ok(())
        }
        Some(Found::Held(image)) => {
            if is_settled(image.owner.as_ref(), &owner)? {
                return Ok(());
            }
            let policy = &app.settings.retention;
            let wished = policy.window_of(image.surface, Some(&owner), Verdict::Safe, image.created_at, image.ttl_ms);
            let retention = longest(wished, &image.retention);
            match gallery::claim_held(sql, &image, &owner, &retention).await.map_err(room)? {
                true => Ok(()),
                false => settled_meanwhile(app, id, member).await,
            }
        }
        Some(Found::Departed(_)) => Err(Problem::ImageGone.into()),
        Some(Found::Withheld) | None => Err(Problem::NotFound.into()),
    }
}

/// Never shorter than what was promised.
fn longest(wished: Window, promised: &Retention) -> Retention {
    let ends = |retention: &Retention| retention.expires_at.map_or(i64::MAX, |at| at.0);
    match wished {
        Window::Kept(wished) if ends(&wished) > ends(promised) => wished,
        Window::Kept(_) | Window::Withheld => promised.clone(),
    }
}

/// Whether the image is the account's already.
fn is_settled(owner: Option<&Owner>, claimant: &Owner) -> Result<bool, Problem> {
    match owner {
        None => Ok(false),
        Some(owner) if owner.account_id == claimant.account_id => Ok(true),
        Some(_) => Err(Problem::NotOwner),
    }
}

/// The row was not as it had been read: somebody was quicker, or the platform repeated the write. The row tells.
async fn settled_meanwhile(app: &App, id: &ImageId, member: &Member) -> Result<(), Error> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("claim {id}"))?;
    let owner = match &found {
        Some(Found::Present(image)) => image.owner.as_ref(),
        Some(Found::Held(image)) => image.owner.as_ref(),
        Some(Found::Departed(_)) => return Err(Problem::ImageGone.into()),
        Some(Found::Withheld) | None => return Err(Problem::NotFound.into()),
    };
    match is_settled(owner, &member.owner())? {
        true => Ok(()),
        false => Err(Problem::Busy { retry_after_s: RETRY_AFTER_S }.into()),
    }
}
