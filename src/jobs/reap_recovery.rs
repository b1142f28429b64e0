//! Erases what has waited in recovery for its window. Bytes first, row last: a row is never forgotten
//! while its bytes may exist.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::ports::blobs::{BlobKey, Bucket, DELETE_KEYS_MAX};
use crate::store::leases::Lease;
use crate::store::removals;

/// Images erased together: one call of the storage takes this many names.
const IMAGES_MAX: i64 = DELETE_KEYS_MAX as i64;
/// How often that is done in one run, if there is room: half of what is wanted in a quarter of an hour.
const TIMES_MAX: usize = 50;
/// What it costs, queries and calls.
const COST: (usize, usize) = (3, 4);
/// How often it may fail in one run: then the storage or the database is down.
const FAILURES_MAX: usize = 3;

pub(super) struct ReapRecovery;

#[async_trait]
impl Work for ReapRecovery {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let (mut done, mut skipped, mut first_fault, mut failures) = (0, 0, None, 0);
        for _ in 0..TIMES_MAX {
            if failures == FAILURES_MAX || !room.has(COST.0, COST.1) {
                break;
            }
            match erase_next(app, lease, now, skipped).await {
                Ok((erased, is_last)) => {
                    done += erased;
                    if is_last {
                        break;
                    }
                }
                // What cannot be erased keeps nothing else waiting.
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                    (skipped, failures) = (skipped + IMAGES_MAX, failures + 1);
                }
            }
        }
        first_fault.map_or(Ok(done), Err)
    }
}

/// Erases what is due, as many as one call of the storage takes, without the first `skipped`; answers how many, and whether that
/// was all.
pub(super) async fn erase_next(app: &App, lease: &Lease, now: Timestamp, skipped: i64) -> Result<(usize, bool), Fault> {
    let sql = app.ports.sql.as_ref();
    let due = removals::erasable(sql, now, skipped, IMAGES_MAX).await.attempt("find what to erase")?;
    let is_last = due.len() < DELETE_KEYS_MAX;
    if due.is_empty() {
        return Ok((0, is_last));
    }
    let keys: Vec<BlobKey> = due.iter().map(BlobKey::image).collect();
    app.ports.blobs.delete(Bucket::Recovery, &keys).await.attempt("erase recovered bytes")?;
    // A write that the platform repeated late can have put them back into public view: gone means gone.
    app.ports.blobs.delete(Bucket::Images, &keys).await.attempt("erase public bytes")?;
    removals::erase(sql, lease, &due, now).await.attempt("record the erasure")?;
    Ok((due.len(), is_last))
}
