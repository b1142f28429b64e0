//! Forgets statements of reasons and appeals against them when their time is over, and strikes that do not count any more.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::statements::FORGOTTEN_MAX;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::store::leases::Lease;
use crate::store::statements::{self, Forgettable};
use crate::store::strikes;

pub(super) struct ForgetStatements;

#[async_trait]
impl Work for ForgetStatements {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let struck = strikes::forget_old(sql, now, FORGOTTEN_MAX).await.attempt("forget strikes")?;
        let old = statements::forgettable(sql, now, FORGOTTEN_MAX).await.attempt("find statements to forget")?;
        // First the keys: what they sealed is nobody's to read, and its row goes after it.
        let keys: Vec<BlobKey> = old.iter().filter_map(own_key).collect();
        if !keys.is_empty() {
            app.ports.blobs.delete(Bucket::Recovery, &keys).await.attempt("destroy keys of appeals")?;
        }
        let rows: Vec<_> = old.iter().flat_map(statements::forget).collect();
        if !rows.is_empty() {
            sql.batch(rows).await.attempt("forget statements")?;
        }
        Ok(struck + old.len())
    }
}

/// The key of an appeal that no account has made.
fn own_key(old: &Forgettable) -> Option<BlobKey> {
    let appeal = old.appeal.as_ref().filter(|_| old.appellant.is_none())?;
    Some(BlobKey::personal_key(&AccountId::of_appeal(appeal)))
}
