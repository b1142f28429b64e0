//! Takes images whose window has ended out of public view, and gives up those that were held for too long.

use async_trait::async_trait;

use super::Work;
use super::finish_removals::finish_some;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::store::leases::Lease;
use crate::store::{held, removals};

/// Images taken in one run. Each needs about four storage calls: 200 stay under a thousand calls and
/// well under a minute, and at one run a minute make 288,000 a day.
const IMAGES_MAX: i64 = 200;

pub(super) struct ReapExpired;

#[async_trait]
impl Work for ReapExpired {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        removals::expire_due(sql, lease, now, IMAGES_MAX).await.attempt("expire images")?;
        held::expire_due(sql, lease, now, IMAGES_MAX).await.attempt("expire held images")?;
        finish_some(app, now, now, IMAGES_MAX).await
    }
}
