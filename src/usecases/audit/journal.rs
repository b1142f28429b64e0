//! Looks at the journal of what must not come undone: that it is copied, and forgotten; and whether the database was set back.

use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::audit::{find, names};
use crate::policy::journal::JOURNAL_KEPT_MS;
use crate::ports::blobs::{Bucket, JOURNAL_PREFIX};
use crate::store::audit;
use crate::store::audits::Tally;
use crate::usecases::journal::{restoration, unknown_kept_until};

/// Objects looked at, the oldest: if none of them is overdue, none is.
const NAMES_MAX: u32 = 1_000;

/// Whether what was written down is copied in time.
pub(super) async fn copied(app: &App, now: Timestamp) -> Result<Tally, Fault> {
    let waiting = audit::journal_waits_since(app.ports.sql.as_ref()).await.attempt("audit the journal")?;
    let mut tally = Tally::default();
    tally.count("journal", waiting.and_then(|since| late(names::COPIED, now.ms_since(since))));
    Ok(tally)
}

/// Whether the journal's objects are forgotten in time.
pub(super) async fn forgotten(app: &App, now: Timestamp) -> Result<Tally, Fault> {
    let page = app.ports.blobs.list(Bucket::Recovery, JOURNAL_PREFIX, None, NAMES_MAX).await;
    let mut tally = Tally::default();
    for blob in page.attempt("audit the journal")?.blobs {
        let written_at = blob.key.journal_time().unwrap_or(blob.stored_at);
        tally.count(blob.key.as_str(), late(names::JOURNAL, now.ms_since(written_at) - JOURNAL_KEPT_MS));
    }
    Ok(tally)
}

/// Whether the database was set back: broken while what it has forgotten is being replayed, and as long as pictures are kept
/// only because it does not know them.
pub(super) async fn restored(app: &App, now: Timestamp) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let found = restoration(app).await?;
    let kept_until = unknown_kept_until(found.as_ref(), now);
    let broken = found.filter(|found| found.finished_at.is_none() || kept_until.is_some());
    let words = broken.as_ref().map_or_else(String::new, |found| {
        let since = found.noticed_at.rfc3339();
        let state = if found.finished_at.is_some() {
            "all that the journal knows is made good"
        } else {
            "it is being replayed"
        };
        let until = kept_until.map_or_else(|| "the next run".to_owned(), Timestamp::rfc3339);
        let unknown = found.unknown_images;
        format!(
            "set back, noticed {since}; {state}; {unknown} public pictures are in no row, and are erased after {until}"
        )
    });
    tally.count(&words, broken.map(|found| now.ms_since(found.noticed_at)));
    Ok(tally)
}

/// By how much more than it may be something is late.
fn late(rule: &str, ms: i64) -> Option<i64> {
    let allowance_ms = find(rule).map_or(0, |rule| rule.allowance_ms);
    Some(ms - allowance_ms).filter(|late_ms| *late_ms > 0)
}
