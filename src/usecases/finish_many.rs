//! Finishes many removals at once: what each needs of the storage for itself happens side by side, and what can be said of all
//! together is said once. Where that fails, each is finished by itself, so that one that cannot be finished keeps no other.

use futures::future::join_all;

use super::make_variant::erase_variants;
use super::purge_edge::purge_edge_of;
use super::remove::{copy_to_recovery, finish_unless_held};
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::RemovalReason;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::platform::CALLS_AT_ONCE_MAX;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::store::removals::{self, Unfinished};

/// Removals finished together: what one of them can spoil is soon done again, and what all of them cost at the most fits an
/// invocation several times.
pub const TOGETHER_MAX: usize = 48;

/// What became of removals.
#[derive(Debug, Default)]
pub struct Finished {
    /// Those that could not be finished.
    pub failed: Vec<ImageId>,
    /// Why the first of them could not.
    pub first_fault: Option<Fault>,
}

/// Finishes removals, at most [`TOGETHER_MAX`] of them, as [`super::remove::finish`] does each. One that fails does not keep the others.
pub async fn finish_many(app: &App, removals: &[Unfinished], now: Timestamp) -> Finished {
    let (kept, rest): (Vec<&Unfinished>, Vec<&Unfinished>) =
        removals.iter().partition(|removal| removal.removal_reason.keeps_bytes());
    let (held, erased): (Vec<&Unfinished>, Vec<&Unfinished>) = rest.into_iter().partition(|removal| removal.holds > 0);
    let mut alone = held;
    alone.extend(move_together(app, &kept, now).await.unwrap_or(kept));
    if erase_together(app, &erased, now).await.is_err() {
        alone.extend(erased);
    }
    let mut finished = Finished::default();
    for removal in alone {
        let done = finish_unless_held(app, &removal.id, removal.removal_reason, removal.holds, now).await;
        if let Err(fault) = done {
            finished.first_fault.get_or_insert(fault);
            finished.failed.push(removal.id.clone());
        }
    }
    finished
}

/// Moves bytes to recovery and records it, in the order of a single removal. Answers those for which that is not all there is to do.
async fn move_together<'a>(
    app: &App,
    removals: &[&'a Unfinished],
    now: Timestamp,
) -> Result<Vec<&'a Unfinished>, Fault> {
    let (mut copied, mut others) = (Vec::new(), Vec::new());
    for some in removals.chunks(CALLS_AT_ONCE_MAX) {
        let outcomes = join_all(some.iter().map(|removal| copy(app, &removal.id))).await;
        for (removal, outcome) in some.iter().zip(outcomes) {
            if outcome.is_ok_and(|is_there| is_there) { copied.push(*removal) } else { others.push(*removal) }
        }
    }
    if copied.is_empty() {
        return Ok(others);
    }
    let ids: Vec<ImageId> = copied.iter().map(|removal| removal.id.clone()).collect();
    let keys: Vec<BlobKey> = ids.iter().map(BlobKey::image).collect();
    app.ports.blobs.delete(Bucket::Images, &keys).await.attempt("move bytes out of public view")?;
    let needs_purge = copied.iter().filter(|removal| removal.removal_reason.needs_purge());
    let purged: Vec<ImageId> = needs_purge.map(|removal| removal.id.clone()).collect();
    purge_edge_of(app, &purged).await?;
    let erase_after = now.plus_ms(app.settings.retention.recovery_ms());
    let recorded = removals::reach_recovery(app.ports.sql.as_ref(), &ids, erase_after).await;
    recorded.attempt("record that bytes are in recovery").map(|()| others)
}

async fn copy(app: &App, id: &ImageId) -> Result<bool, Fault> {
    erase_variants(app, id).await?;
    copy_to_recovery(app, id).await
}

/// Erases what never was public, and is under no hold.
async fn erase_together(app: &App, removals: &[&Unfinished], now: Timestamp) -> Result<(), Fault> {
    if removals.is_empty() {
        return Ok(());
    }
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let keys: Vec<BlobKey> = removals.iter().map(|removal| BlobKey::image(&removal.id)).collect();
    let held = removals.iter().map(|removal| BlobKey::held(&removal.id));
    blobs.delete(Bucket::Images, &keys).await.attempt("erase bytes of drafts")?;
    let all: Vec<BlobKey> = keys.iter().cloned().chain(held).collect();
    blobs.delete(Bucket::Recovery, &all).await.attempt("erase held bytes of drafts")?;
    let is_abandoned = |removal: &&&Unfinished| removal.removal_reason == RemovalReason::Abandoned;
    let (abandoned, given_up): (Vec<&&Unfinished>, Vec<&&Unfinished>) = removals.iter().partition(is_abandoned);
    let ids = |some: &[&&Unfinished]| some.iter().map(|removal| removal.id.clone()).collect::<Vec<ImageId>>();
    if !abandoned.is_empty() {
        removals::forget_abandoned(sql, &ids(&abandoned)).await.attempt("forget drafts")?;
    }
    if !given_up.is_empty() {
        removals::reach_gone(sql, &ids(&given_up), now).await.attempt("record what was given up")?;
    }
    Ok(())
}
