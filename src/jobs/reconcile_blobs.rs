//! Compares the buckets with the database, in both directions, a page at a time, and mends what differs:
//! an object that no row knows, an object in the wrong bucket, a row whose bytes are missing. Crashes and
//! late writes leave such things; nothing else looks for them.
//!
//! What cannot be mended is answered as a fault at the end and does not stop the scan: it comes round again
//! with the next pass.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::{RemovalReason, State};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::platform::CLOCK_WRONG_BY_MS;
use crate::policy::retention::ORPHAN_MS;
use crate::ports::blobs::{BlobKey, Bucket, DELETE_KEYS_MAX, HELD_PREFIX, IMAGES_PREFIX, ListedBlob, VARIANTS_PREFIX};
use crate::store::images::{self, IdState};
use crate::store::leases::Lease;
use crate::store::{holds, job_cursors, removals};
use crate::usecases::purge_edge::purge_edge;
use crate::usecases::remove::{finish, move_bytes, move_to_held, recover_held, report_lost, withhold_under_hold};

/// Objects compared in one run, for each bucket: one listing call, and at most one deleting call.
const BLOBS_MAX: u32 = DELETE_KEYS_MAX as u32;
/// Rows compared in one run: each costs a storage call.
const ROWS_MAX: i64 = 300;
/// Objects moved and rows corrected in one scan of one run. A correction takes up to three queries and
/// four storage calls; D1 allows 1,000 queries in the invocation that all hourly jobs share. After a great
/// loss the scan stops here, and the next run goes on.
const MENDS_MAX: usize = 100;
/// By how much the clock of who erased may have been ahead of this one, in milliseconds.
const CLOCKS_DIFFER_MS: i64 = 2 * CLOCK_WRONG_BY_MS;

pub(super) struct ReconcileBlobs;

#[async_trait]
impl Work for ReconcileBlobs {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let mut tally = Tally::default();
        for shelf in &SHELVES {
            compare_shelf(app, lease, shelf, now, &mut tally).await?;
        }
        compare_rows(app, lease, now, &mut tally).await?;
        tally.first_fault.map_or(Ok(tally.mended), Err)
    }
}

/// Where bytes of images are: each is a scan of its own.
struct Shelf {
    scan: &'static str,
    bucket: Bucket,
    prefix: &'static str,
}

const SHELVES: [Shelf; 4] = [
    Shelf { scan: "blobs:images", bucket: Bucket::Images, prefix: IMAGES_PREFIX },
    Shelf { scan: "blobs:recovery", bucket: Bucket::Recovery, prefix: IMAGES_PREFIX },
    Shelf { scan: "blobs:variants", bucket: Bucket::Images, prefix: VARIANTS_PREFIX },
    Shelf { scan: "blobs:held", bucket: Bucket::Recovery, prefix: HELD_PREFIX },
];

/// What a run has come to.
#[derive(Default)]
struct Tally {
    mended: usize,
    first_fault: Option<Fault>,
}

impl Tally {
    /// Notes one attempt; answers whether it counts as one of the scan's [`MENDS_MAX`].
    fn note(&mut self, outcome: Result<bool, Fault>) -> bool {
        match outcome {
            Ok(mended) => {
                self.mended += usize::from(mended);
                mended
            }
            Err(fault) => {
                self.first_fault.get_or_insert(fault);
                true
            }
        }
    }
}

/// Where an object belongs, as far as this shelf is concerned.
enum Place {
    /// Here, or it is for others to say.
    Right,
    /// Nowhere: no row speaks for it.
    Orphan,
    /// In the recovery bucket.
    Recovery,
    /// Where held bytes are.
    Held,
    /// Nowhere, if its image's bytes are in recovery; else there.
    RecoveryUnlessThere,
}

/// Looks for the row of each object of one page.
async fn compare_shelf(
    app: &App,
    lease: &Lease,
    shelf: &Shelf,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let Shelf { scan, bucket, prefix } = *shelf;
    let from = job_cursors::find(sql, scan).await.attempt("find a scan's cursor")?;
    let page = blobs.list(bucket, prefix, from.as_deref(), BLOBS_MAX).await.attempt("list objects")?;
    let ids: Vec<ImageId> = page.blobs.iter().filter_map(|blob| blob.key.image_id()).collect();
    let known = images::states(sql, &ids).await.attempt("find the rows of objects")?;
    let states: BTreeMap<ImageId, State> = known.into_iter().map(|known| (known.id, known.state)).collect();
    let (mut next, mut orphans, mut moves) = (page.next, Vec::new(), 0);
    for blob in page.blobs {
        let Some(id) = blob.key.image_id() else {
            let attempted = format!("name the owner of {}", blob.key.as_str());
            tally.note(Err(Fault { attempted, cause: Cause::Invariant("no rule makes such a name".into()) }));
            continue;
        };
        match place(shelf, &blob, states.get(&id).copied(), now) {
            Place::Right => {}
            Place::Orphan => orphans.push(blob.key),
            place @ (Place::Recovery | Place::Held | Place::RecoveryUnlessThere) => {
                let moved = match place {
                    Place::Held => move_to_held(app, &id, now).await.map(|()| true),
                    Place::RecoveryUnlessThere => return_to_recovery(app, &id, now).await,
                    _ => withdraw(app, &id).await,
                };
                moves += usize::from(tally.note(moved));
                if moves == MENDS_MAX {
                    next = Some(blob.key.as_str().to_owned());
                    break;
                }
            }
        }
    }
    // A held copy is no loss: what it is of is in recovery.
    if prefix == IMAGES_PREFIX {
        keep_what_is_under_hold(app, &mut orphans, now, tally).await?;
    }
    if !orphans.is_empty() {
        blobs.delete(bucket, &orphans).await.attempt("erase orphans")?;
        tally.mended += orphans.len();
    }
    job_cursors::set(sql, lease, scan, next, now).await.attempt("move a scan's cursor")
}

/// Takes out of `orphans` what a hold forbids to erase: bytes that arrived when their upload had been given up. Their
/// image is in recovery then.
async fn keep_what_is_under_hold(
    app: &App,
    orphans: &mut Vec<BlobKey>,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let ids: Vec<ImageId> = orphans.iter().filter_map(BlobKey::image_id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let standing = holds::standing(app.ports.sql.as_ref(), &ids, now).await.attempt("find holds on orphans")?;
    orphans.retain(|key| key.image_id().is_none_or(|id| !standing.contains(&id)));
    for id in standing {
        tally.note(withhold_under_hold(app, &id, now).await.map(|()| true));
    }
    Ok(())
}

/// Erases the held copy of a removed image, having made sure that its bytes are in recovery.
async fn return_to_recovery(app: &App, id: &ImageId, now: Timestamp) -> Result<bool, Fault> {
    let attempted = format!("return the held bytes of {id} to recovery");
    if !recover_held(app, id, now).await? {
        return Err(Fault { attempted, cause: Cause::Invariant("its row does not know them".into()) });
    }
    app.ports.blobs.delete(Bucket::Recovery, &[BlobKey::held(id)]).await.attempt(&attempted)?;
    Ok(true)
}

/// Moves bytes to recovery that were in public view against what their row says.
async fn withdraw(app: &App, id: &ImageId) -> Result<bool, Fault> {
    let is_moved = move_bytes(app, id, Bucket::Images, Bucket::Recovery).await?;
    purge_edge(app, id).await.map(|_| is_moved)
}

fn place(shelf: &Shelf, blob: &ListedBlob, state: Option<State>, now: Timestamp) -> Place {
    if shelf.prefix == VARIANTS_PREFIX {
        // One that is being stored is for whoever stores it to erase.
        let is_right = state == Some(State::Live) || now.ms_since(blob.stored_at) < ORPHAN_MS;
        return if is_right { Place::Right } else { Place::Orphan };
    }
    if shelf.prefix == HELD_PREFIX {
        return match state {
            Some(State::Pending | State::Held | State::Releasing | State::Removing) => Place::Right,
            // A copy is made before the row says that it is held, and its image may just have become public.
            _ if now.ms_since(blob.stored_at) < ORPHAN_MS => Place::Right,
            // If its bytes are not in recovery, these are all there are.
            Some(State::Recovery) => Place::RecoveryUnlessThere,
            None | Some(State::Live | State::Gone) => Place::Orphan,
        };
    }
    match (shelf.bucket, state) {
        // An upload writes its row first, so an object without one has outlived it; a young one may
        // still be the work of a request that read this page before us.
        (_, None) if now.ms_since(blob.stored_at) < ORPHAN_MS => Place::Right,
        (_, None | Some(State::Gone)) => Place::Orphan,
        (Bucket::Images, Some(State::Recovery)) => Place::Recovery,
        (Bucket::Images, Some(State::Held)) => Place::Held,
        // Bytes are never moved into public view here, whatever a row says: after the database was set
        // back to an earlier day, rows call images live that were deleted since.
        (
            _,
            Some(State::Pending | State::Held | State::Releasing | State::Live | State::Removing | State::Recovery),
        ) => Place::Right,
    }
}

/// Looks for the bytes of each row of one page.
async fn compare_rows(app: &App, lease: &Lease, now: Timestamp, tally: &mut Tally) -> Result<(), Fault> {
    const SCAN: &str = "rows:images";
    let sql = app.ports.sql.as_ref();
    let after = job_cursors::find(sql, SCAN).await.attempt("find a scan's cursor")?.unwrap_or_default();
    let rows = images::stored_after(sql, &after, ROWS_MAX).await.attempt("read rows")?;
    let is_last = rows.len() < usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let mut next = rows.last().filter(|_| !is_last).map(|row| row.id.to_string());
    let mut mends = 0;
    for row in &rows {
        mends += usize::from(tally.note(mend_row(app, row, now).await));
        if mends == MENDS_MAX {
            next = Some(row.id.to_string());
            break;
        }
    }
    job_cursors::set(sql, lease, SCAN, next, now).await.attempt("move a scan's cursor")
}

async fn mend_row(app: &App, row: &IdState, now: Timestamp) -> Result<bool, Fault> {
    let bucket = match row.state {
        State::Live => Bucket::Images,
        // Due for erasure, by whatever clock: its bytes may rightly be gone before its row says so.
        State::Recovery if row.erase_after.is_none_or(|at| at <= now.plus_ms(CLOCKS_DIFFER_MS)) => return Ok(false),
        State::Recovery => Bucket::Recovery,
        // What becomes of these is its job's to see.
        State::Pending | State::Held | State::Releasing | State::Removing | State::Gone => return Ok(false),
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
            let is_found = move_bytes(app, &row.id, Bucket::Images, Bucket::Recovery).await?
                // Whoever had it held and whoever removed it may have met.
                || recover_held(app, &row.id, now).await?;
            if !is_found {
                report_lost(app, &row.id);
                removals::declare_lost(sql, &row.id, now).await.attempt(&attempted)?;
            }
        }
    }
    Ok(true)
}
