//! Counts the days that have ended, and forgets what was told of those that are long ago.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::statistics::{DAYS_MAX, FORGOTTEN_MAX, STATISTICS_MS};
use crate::store::leases::Lease;
use crate::store::statistics;
use crate::usecases::count_day::{count_day, uncounted};

pub(super) struct CountStatistics;

#[async_trait]
impl Work for CountStatistics {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let until = now.plus_ms(-STATISTICS_MS);
        let forgotten = statistics::forget_old(app.ports.sql.as_ref(), until, FORGOTTEN_MAX).await;
        let mut done = forgotten.attempt("forget statistics")?;
        for day in uncounted(app, now, DAYS_MAX).await? {
            done += usize::from(count_day(app, lease, day).await?);
        }
        Ok(done)
    }
}
