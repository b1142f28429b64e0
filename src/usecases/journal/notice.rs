//! Notices that the database was set back to an earlier day: it does not know the journal's last objects. Asked before any job
//! runs, so that none acts on what is not so any more.

use super::after;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::journal::RETRY_S;
use crate::ports::blobs::{BlobKey, Bucket, JOURNAL_PREFIX};
use crate::ports::log::LogLine;
use crate::store::{journal, restorations};

/// How many names are looked at: one may be about to be known.
const NAMES_MAX: u32 = 2;

/// Whether the database was set back and what it had forgotten is being replayed. If it is noticed only now, that is written
/// down first: from then on nobody is signed in.
///
/// # Errors
/// If a port fails: then nothing may be done, because nobody knows.
pub async fn notice(app: &App, now: Timestamp) -> Result<bool, Fault> {
    let attempted = "find out whether the database was set back";
    let sql = app.ports.sql.as_ref();
    let state = journal::state(sql).await.attempt(attempted)?;
    if state.restoring_since.is_some() {
        return Ok(true);
    }
    let later = app.ports.blobs.list(Bucket::Recovery, JOURNAL_PREFIX, Some(after(&state.known)), NAMES_MAX).await;
    let later: Vec<BlobKey> = later.attempt(attempted)?.blobs.into_iter().map(|blob| blob.key).collect();
    if later.is_empty() {
        return Ok(false);
    }
    // It may have been written since the first question, or be just now.
    let state = journal::state(sql).await.attempt(attempted)?;
    let is_known =
        |key: &BlobKey| key.as_str() <= state.known.as_str() || state.writing.as_deref() == Some(key.as_str());
    if state.restoring_since.is_some() || later.iter().all(is_known) {
        return Ok(state.restoring_since.is_some());
    }
    restorations::open(sql, now).await.attempt("note that the database was set back")?;
    app.ports.log.write(&LogLine {
        kind: "fault",
        attempted: "find the journal's last part in the database".into(),
        outcome:
            "it was set back to an earlier time; what it has forgotten is replayed, and until then nobody signs in"
                .into(),
        request_id: None,
    });
    Ok(true)
}

/// Refuses what changes something, or acts for an account, while what the database had forgotten is being replayed.
///
/// # Errors
/// `Restoring`; a fault if the database fails.
pub async fn refuse_while_restoring(app: &App) -> Result<(), Error> {
    let state = journal::state(app.ports.sql.as_ref()).await.attempt("find out whether the database was set back")?;
    match state.restoring_since {
        None => Ok(()),
        Some(_) => Err(Problem::Restoring { retry_after_s: RETRY_S }.into()),
    }
}
