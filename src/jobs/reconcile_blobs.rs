//! Compares the buckets with the database, in both directions, a page at a time, and mends what differs:
//! an object that no row knows, an object in the wrong bucket, a row whose bytes are missing. Crashes and
//! late writes leave such things; nothing else looks for them.

use async_trait::async_trait;

use super::Work;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::{RemovalReason, State};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::retention::ORPHAN_MS;
use crate::ports::blobs::{BlobKey, Bucket, IMAGES_PREFIX, ListedBlob};
use crate::store::images::{self, IdState};
use crate::store::leases::Lease;
use crate::store::{job_cursors, removals};
use crate::usecases::remove::{finish, move_bytes, report_lost};

/// Objects compared in one run, for each bucket: one listing call.
const BLOBS_MAX: u32 = 1_000;
/// Rows compared in one run: each costs a storage call.
const ROWS_MAX: i64 = 300;

pub(super) struct ReconcileBlobs;

#[async_trait]
impl Work for ReconcileBlobs {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        let public = compare_bucket(app, lease, Bucket::Images, "blobs:images", now).await?;
        let recovery = compare_bucket(app, lease, Bucket::Recovery, "blobs:recovery", now).await?;
        Ok(public + recovery + compare_rows(app, lease, now).await?)
    }
}

/// Looks for the row of each object of one page.
async fn compare_bucket(
    app: &App,
    lease: &Lease,
    bucket: Bucket,
    scan: &'static str,
    now: Timestamp,
) -> Result<usize, Fault> {
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let from = job_cursors::find(sql, scan).await.attempt("find a scan's cursor")?;
    let page = blobs.list(bucket, IMAGES_PREFIX, from.as_deref(), BLOBS_MAX).await.attempt("list objects")?;
    let ids: Vec<ImageId> = page.blobs.iter().filter_map(|blob| blob.key.image_id()).collect();
    let known = images::states(sql, &ids).await.attempt("find the rows of objects")?;
    let mut mended = 0;
    for blob in &page.blobs {
        let Some(id) = blob.key.image_id() else {
            return Err(Fault {
                attempted: format!("name the owner of {}", blob.key.as_str()),
                cause: Cause::Invariant("no rule makes such a name".into()),
            });
        };
        let state = known.iter().find(|known| known.id == id).map(|known| known.state);
        mended += usize::from(mend_blob(app, bucket, blob, &id, state, now).await?);
    }
    job_cursors::set(sql, lease, scan, page.next, now).await.attempt("move a scan's cursor")?;
    Ok(mended)
}

/// Puts one object where its row says it belongs; answers whether anything had to be done.
async fn mend_blob(
    app: &App,
    bucket: Bucket,
    blob: &ListedBlob,
    id: &ImageId,
    state: Option<State>,
    now: Timestamp,
) -> Result<bool, Fault> {
    match (bucket, state) {
        // An upload writes its row first, so an object without one has outlived it; a young one may
        // still be the work of a request that read this page before us.
        (_, None) if now.ms_since(blob.stored_at) < ORPHAN_MS => Ok(false),
        (_, None | Some(State::Gone)) => {
            let keys = [BlobKey::image(id)];
            app.ports.blobs.delete(bucket, &keys).await.attempt(&format!("erase the orphan {id}"))?;
            Ok(true)
        }
        (Bucket::Images, Some(State::Recovery)) => move_bytes(app, id, Bucket::Images, Bucket::Recovery).await,
        // Bytes are never moved into public view here, whatever a row says: after the database was set
        // back to an earlier day, rows call images live that were deleted since.
        (_, Some(State::Pending | State::Live | State::Removing | State::Recovery)) => Ok(false),
    }
}

/// Looks for the bytes of each row of one page.
async fn compare_rows(app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
    const SCAN: &str = "rows:images";
    let sql = app.ports.sql.as_ref();
    let after = job_cursors::find(sql, SCAN).await.attempt("find a scan's cursor")?.unwrap_or_default();
    let rows = images::stored_after(sql, &after, ROWS_MAX).await.attempt("read rows")?;
    let mut mended = 0;
    for row in &rows {
        mended += usize::from(mend_row(app, row, now).await?);
    }
    let is_last = rows.len() < usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| !is_last).map(|row| row.id.to_string());
    job_cursors::set(sql, lease, SCAN, next, now).await.attempt("move a scan's cursor")?;
    Ok(mended)
}

async fn mend_row(app: &App, row: &IdState, now: Timestamp) -> Result<bool, Fault> {
    let bucket = match row.state {
        State::Live => Bucket::Images,
        State::Recovery => Bucket::Recovery,
        State::Pending | State::Removing | State::Gone => return Ok(false),
    };
    let attempted = format!("find the bytes of {}", row.id);
    let blobs = app.ports.blobs.as_ref();
    if blobs.head(bucket, &BlobKey::image(&row.id)).await.attempt(&attempted)?.is_some() {
        return Ok(false);
    }
    // The row may have changed since the page was read: ask again before believing the worst.
    let sql = app.ports.sql.as_ref();
    let state_now = images::states(sql, std::slice::from_ref(&row.id)).await.attempt(&attempted)?;
    if state_now.first().map(|known| known.state) != Some(row.state) {
        return Ok(false);
    }
    match row.state {
        // What is not in the public bucket is not public; the row is made to say so.
        State::Live => {
            removals::begin(sql, &row.id, RemovalReason::Lost, now).await.attempt(&attempted)?;
            finish(app, &row.id, RemovalReason::Lost, now).await?;
        }
        _ => {
            if !move_bytes(app, &row.id, Bucket::Images, Bucket::Recovery).await? {
                report_lost(app, &row.id);
                removals::declare_lost(sql, &row.id, now).await.attempt(&attempted)?;
            }
        }
    }
    Ok(true)
}
