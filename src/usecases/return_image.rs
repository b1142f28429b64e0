//! Brings an image back to public view at its old address that its owner had deleted, or that left with its account. It is
//! looked up among known material and examined once more, like everything that becomes public; what was concluded about it
//! stays as it was.

use super::known_bad::{self, recognise};
use super::release::{self, Reexamined, released};
use super::remove::copy_to_held;
use super::seal::is_sealed;
use crate::app::App;
use crate::domain::decision::{DecidedBy, Decision};
use crate::domain::ids::ImageId;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::policy::verdicts::POLICY_VERSION;
use crate::store::standings::{self, Deleted};

/// An image whose erasure is nearer than this is not brought back any more: the job that erases may have chosen it.
const MARGIN_MS: i64 = 15 * MINUTE_MS;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// It is public again.
    Done,
    /// Nothing of it can come back: its bytes are erased or about to be, its time is over, it is on a list by now, or the law has
    /// it kept where it is.
    Never,
    /// Not yet: its bytes are still on their way, or vision has no room or finds something wrong.
    Later,
}

/// Brings the image `id` back.
///
/// # Errors
/// If a port fails. If it was decided by then, the job finishes what was; otherwise nothing has changed.
pub async fn return_image(app: &App, id: &ImageId, now: Timestamp) -> Result<Returned, Fault> {
    if known_bad::withhold_if_listed(app, id).await? {
        return Ok(Returned::Never);
    }
    if is_sealed(app, id).await? {
        return Ok(Returned::Never);
    }
    let found = standings::find_deleted(app.ports.sql.as_ref(), id, now.plus_ms(MARGIN_MS)).await;
    let (held, verdict) = match found.attempt(&format!("find {id}"))? {
        None => return Ok(Returned::Never),
        Some(Deleted::Underway) => return Ok(Returned::Later),
        Some(Deleted::InRecovery(held, verdict)) => (held, verdict),
    };
    if !copy_to_held(app, id).await? {
        return Ok(Returned::Never);
    }
    let examined = match release::reexamine(app, id).await? {
        Reexamined::Examined(examined) => *examined,
        Reexamined::Busy | Reexamined::Refused => return Ok(Returned::Later),
        Reexamined::Missing => return Ok(Returned::Never),
    };
    let hashes = examined.hashes();
    if let Some(hit) = recognise(app, &hashes).await? {
        known_bad::withhold(app, id, Some((&examined.facts, &hashes)), &hit, now).await?;
        return Ok(Returned::Never);
    }
    let reason = "it is back, as it was judged before it was deleted".to_owned();
    let decision = Decision::bare(verdict, DecidedBy::Policy, POLICY_VERSION, reason);
    let Some(image) = released(app, &held, &examined, &decision) else { return Ok(Returned::Never) };
    let is_back = release::release(app, release::From::Recovery, &image, &decision, None, examined).await?;
    Ok(if is_back { Returned::Done } else { Returned::Later })
}
