//! Brings an image back that its owner has deleted by mistake, as long as its bytes wait in recovery (promise IMP-36).

use super::act_for::{Need, act_for};
use super::return_image::{Returned, return_image};
use super::show::may_see;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::{Departed, RemovalReason};
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Error, Problem};
use crate::store::images::{self, Found};

/// How long to wait where vision has no room, or the bytes are still on their way, in seconds.
const RETRY_S: u32 = 60;

/// Whether `member` may bring an image back that left: whoever may change what its account has, and only what was deleted.
///
/// # Errors
/// If the database fails.
pub async fn may_restore(app: &App, member: &Member, departed: &Departed) -> Result<bool, Error> {
    let is_there = departed.reason == RemovalReason::Deleted && departed.erased_at.is_some();
    match &departed.account_id {
        Some(account) if is_there => Ok(act_for(app, member, account, Need::Change).await?.is_some()),
        _ => Ok(false),
    }
}

/// Brings the image `id` back to its old address.
///
/// # Errors
/// `NotFound`, `NotOwner`; `ImageGone` if nothing of it can come back; `Busy` if it cannot yet; a fault if something of ours
/// failed.
pub async fn restore_image(app: &App, member: &Member, id: &ImageId) -> Result<(), Error> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    let departed = match found {
        Some(Found::Departed(departed)) => departed,
        // It is back already, or was never away.
        Some(Found::Present(_) | Found::Held(_)) => return Err(Problem::NotOwner.into()),
        Some(Found::Withheld) | None => return Err(Problem::NotFound.into()),
    };
    if !may_restore(app, member, &departed).await? {
        let may_know = !departed.is_private || may_see(app, Some(member), departed.account_id.as_ref()).await?;
        return Err(if may_know { Problem::ImageGone } else { Problem::NotFound }.into());
    }
    match return_image(app, id, app.now()).await? {
        Returned::Done => Ok(()),
        Returned::Never => Err(Problem::ImageGone.into()),
        Returned::Later => Err(Problem::Busy { retry_after_s: RETRY_S }.into()),
    }
}
