//! Erases files of copies of which no row knows: a file that was stored when its copy had been erased.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::retention::ORPHAN_MS;
use crate::store::job_cursors;
use crate::store::leases::Lease;
use crate::usecases::export::erase_strays;

const SCAN: &str = "blobs:exports";

pub(super) struct ReconcileExports;

#[async_trait]
impl Work for ReconcileExports {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let from = job_cursors::find(sql, SCAN).await.attempt("find a scan's cursor")?;
        let (erased, next) = erase_strays(app, from.as_deref(), now.plus_ms(-ORPHAN_MS)).await?;
        job_cursors::set(sql, lease, SCAN, next, now).await.attempt("move a scan's cursor")?;
        Ok(erased)
    }
}
