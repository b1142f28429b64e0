//! Copies the journal to where the database's own history does not reach: bytes first, rows last. The name of an object is
//! written down before it is there, so that one that a dying run has left is no sign that the database was set back.

use super::{after, time_of};
use crate::app::App;
use crate::domain::hex;
use crate::domain::journal::{Entry, to_file};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::journal::{COPIED_MAX, ENTRIES_MAX, FORGOTTEN_PAGES_MAX, HEARTBEAT_MS, JOURNAL_KEPT_MS};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, DELETE_KEYS_MAX, JOURNAL_PREFIX};
use crate::ports::payload::Payload;
use crate::store::journal::{self, JournalState};

/// Copies what waits, and writes an object with nothing in it if none was written for an hour; answers how many entries were
/// copied.
///
/// # Errors
/// If a port fails; what was not copied is, by the next run.
pub async fn copy_journal(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let state = journal::state(app.ports.sql.as_ref()).await.attempt("read the state of the journal")?;
    copy(app, &state, now, now).await
}

/// Copies what waited in a database that was set back: into names that come before those that it does not know, because it
/// happened before.
pub(super) async fn copy_what_waited(app: &App, state: &JournalState, now: Timestamp) -> Result<usize, Fault> {
    copy(app, state, Timestamp(0), now).await
}

async fn copy(app: &App, state: &JournalState, not_before: Timestamp, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let last = state.writing.as_deref().unwrap_or_default().max(&state.known);
    let (mut last_at, mut copied) = (time_of(last), 0);
    for _ in 0..COPIED_MAX {
        let waiting = journal::entries(sql, ENTRIES_MAX).await.attempt("read the journal")?;
        let is_heartbeat = now.ms_since(last_at) >= HEARTBEAT_MS && not_before == now;
        let Some(last_number) = waiting.last().map(|last| last.number).or(is_heartbeat.then_some(0)) else { break };
        copied += waiting.len();
        // Names only ever grow, whatever the clock says.
        last_at = Timestamp(not_before.0.max(last_at.0 + 1));
        let entries: Vec<Entry> = waiting.into_iter().map(|waiting| waiting.entry).collect();
        write(app, last_at, &entries, last_number).await?;
    }
    journal::note_empty(sql, now).await.attempt("note that the journal is copied")?;
    Ok(copied)
}

async fn write(app: &App, at: Timestamp, entries: &[Entry], last_number: i64) -> Result<(), Fault> {
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let mut random = [0; 8];
    app.ports.rng.fill(&mut random).attempt("name a part of the journal")?;
    let key = BlobKey::journal(at, &hex::encode(&random));
    let attempted = format!("write {}", key.as_str());
    journal::begin_writing(sql, key.as_str()).await.attempt(&attempted)?;
    let file = to_file(entries);
    let meta = BlobMeta::plain(hex::sha256(&file), file.len() as u64, at);
    // If it is there, the platform has repeated the write: chance does not make a name twice.
    blobs.put_new(Bucket::Recovery, &key, Payload::Bytes(file.into()), &meta).await.attempt(&attempted)?;
    journal::end_writing(sql, key.as_str(), last_number).await.attempt(&attempted)
}

/// Erases objects of the journal that are older than any database that may be set back to; answers how many.
///
/// # Errors
/// If the storage fails.
pub async fn forget_journal(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let (blobs, until) = (app.ports.blobs.as_ref(), now.plus_ms(-JOURNAL_KEPT_MS));
    let mut forgotten = 0;
    for _ in 0..FORGOTTEN_PAGES_MAX {
        let most = u32::try_from(DELETE_KEYS_MAX).unwrap_or(u32::MAX);
        let page = blobs.list(Bucket::Recovery, JOURNAL_PREFIX, Some(after("")), most).await;
        let page = page.attempt("list the journal")?;
        let count = page.blobs.len();
        // In order of time, so that all that is old comes first.
        let old: Vec<BlobKey> = page
            .blobs
            .into_iter()
            .map(|blob| blob.key)
            .take_while(|key| key.journal_time().is_none_or(|at| at <= until))
            .collect();
        if old.is_empty() {
            break;
        }
        forgotten += old.len();
        blobs.delete(Bucket::Recovery, &old).await.attempt("forget the old journal")?;
        if old.len() < count {
            break;
        }
    }
    Ok(forgotten)
}
