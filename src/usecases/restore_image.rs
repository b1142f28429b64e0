//! Brings an image back that its owner has deleted by mistake, as long as its bytes wait in recovery (promise IMP-36).

use super::act_for::{Need, act_for};
use super::count_attempts::count_on;
use super::open_image::{Changer, open_image};
use super::return_image::{Returned, return_image};
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::{Departed, RemovalReason};
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::rates;
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

/// Brings the image `id` back to its old address. One that is there already is left as it is.
///
/// # Errors
/// `NotFound`, `NotOwner`, `TooManyAttempts`; `ImageGone` if nothing of it can come back; `Busy` if it cannot yet; a fault if
/// something of ours failed.
pub async fn restore_image(app: &App, member: &Member, id: &ImageId) -> Result<(), Error> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    match found {
        Some(Found::Departed(departed)) if may_restore(app, member, &departed).await? => {}
        // It is there, or what is to be said is the same as to whoever wants to change it.
        _ => return open_image(app, Changer { member, collection: None }, id).await.map(drop),
    }
    // Each is examined once more, which costs as much as an upload does.
    count_on(app, "restore", member.account_id.as_str(), &rates::RESTORED_BY).await?;
    bring_back(app, id).await
}

/// Brings a deleted image back, whoever wants that.
///
/// # Errors
/// `ImageGone` if nothing of it can come back; `Busy` if it cannot yet; a fault if something of ours failed.
pub async fn bring_back(app: &App, id: &ImageId) -> Result<(), Error> {
    match return_image(app, id, app.now()).await? {
        Returned::Done => Ok(()),
        Returned::Never => Err(Problem::ImageGone.into()),
        Returned::Later => Err(Problem::Busy { retry_after_s: RETRY_S }.into()),
    }
}
