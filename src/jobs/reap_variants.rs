//! Erases variants that nobody used for a long time, and what is left of those whose image left public view.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::variants::{IDLE_MS, IN_FLIGHT_MS};
use crate::ports::blobs::{BlobKey, Bucket, DELETE_KEYS_MAX};
use crate::store::leases::Lease;
use crate::store::variants;

/// Variants erased together: one call of the storage takes this many names.
const VARIANTS_MAX: i64 = DELETE_KEYS_MAX as i64;
/// How often that is done in one run, if there is room.
const TIMES_MAX: usize = 20;
/// What it costs, queries and calls.
const COST: (usize, usize) = (2, 3);

pub(super) struct ReapVariants;

#[async_trait]
impl Work for ReapVariants {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let mut done = 0;
        for _ in 0..TIMES_MAX {
            if !room.has(COST.0, COST.1) {
                break;
            }
            let erased = erase_some(app, now).await?;
            done += erased;
            if erased < DELETE_KEYS_MAX {
                break;
            }
        }
        Ok(done)
    }
}

async fn erase_some(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let (used_until, begun_until) = (now.plus_ms(-IDLE_MS), now.plus_ms(-IN_FLIGHT_MS));
    let due = variants::unused(sql, used_until, begun_until, VARIANTS_MAX).await.attempt("find unused variants")?;
    if due.is_empty() {
        return Ok(0);
    }
    let keys: Vec<BlobKey> = due.iter().map(|known| BlobKey::variant(&known.image_id, &known.name)).collect();
    app.ports.blobs.delete(Bucket::Images, &keys).await.attempt("erase unused variants")?;
    variants::forget_unused(sql, &due, used_until, begun_until).await.attempt("forget unused variants")?;
    Ok(due.len())
}
