//! Takes images whose window has ended out of public view, and gives up those that were held for too long. Whether this is early
//! or late, nobody sees an image after its date: the date is beside its bytes, and whoever serves them looks at it.
//!
//! An image that is moved takes four calls of the storage, six images at once: about 1,600 in the time that a job has, where a call
//! takes 40 ms (docs/performance.md).

use async_trait::async_trait;

use super::Work;
use super::finish_removals::{IMAGES_MAX, finish_some};
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::store::leases::Lease;
use crate::store::{held, removals};

pub(super) struct ReapExpired;

#[async_trait]
impl Work for ReapExpired {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        removals::expire_due(sql, lease, now, IMAGES_MAX).await.attempt("expire images")?;
        held::expire_due(sql, lease, now, IMAGES_MAX).await.attempt("expire held images")?;
        finish_some(app, room, now, now, IMAGES_MAX).await
    }
}
