//! The journal: what must not come undone when the database is set back to an earlier day, by whoever and however
//! (docs/adr/0033-the-journal-outlives-the-database.md).
//!
//! ```text
//! a change, and what triggers write about it, in one transaction
//!   -> copied to the recovery bucket, within minutes            (copy)
//!   -> the database goes back; the bucket does not
//!   -> it does not know the bucket's last objects: noticed, nobody signs in, no other job runs   (notice)
//!   -> they are read in order, the last word about each thing is carried out, the doors open     (replay)
//! ```

mod copy;
mod notice;
mod replay;

pub use crate::store::restorations::Restoration;
pub use copy::{copy_journal, forget_journal};
pub use notice::{notice, refuse_while_restoring};
pub use replay::replay;

use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::journal::UNKNOWN_KEPT_MS;
use crate::ports::blobs::{BlobKey, JOURNAL_PREFIX};
use crate::store::restorations;

/// The latest time that the database was set back, if it ever was.
///
/// # Errors
/// If the database fails.
pub async fn restoration(app: &App) -> Result<Option<Restoration>, Fault> {
    restorations::find(app.ports.sql.as_ref()).await.attempt("find out whether the database was set back")
}

/// Until when nothing is erased only because no row knows it; none: that is over, or never was.
#[must_use]
pub fn unknown_kept_until(restoration: Option<&Restoration>, now: Timestamp) -> Option<Timestamp> {
    let until = restoration?.noticed_at.plus_ms(UNKNOWN_KEPT_MS);
    (until > now).then_some(until)
}

/// Where listing what comes after an object begins.
fn after(known: &str) -> &str {
    if known.is_empty() { JOURNAL_PREFIX } else { known }
}

/// When an object was written; the beginning of time if there is none.
fn time_of(name: &str) -> Timestamp {
    BlobKey::listed(name.to_owned()).journal_time().unwrap_or(Timestamp(0))
}
