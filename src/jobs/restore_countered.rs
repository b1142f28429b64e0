//! Brings images back whose uploaders have answered a claim of copyright, between the tenth and the fourteenth business day.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::notices::RESTORED_MAX;
use crate::store::counter_notices;
use crate::store::leases::Lease;
use crate::usecases::notices::restore_countered::restore_countered;
use crate::usecases::remove::log_fault;

/// What bringing one back costs at most, queries and calls: it is examined and published anew.
const COST: (usize, usize) = (40, 40);

pub(super) struct RestoreCountered;

#[async_trait]
impl Work for RestoreCountered {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let due = counter_notices::due(app.ports.sql.as_ref(), now, RESTORED_MAX).await;
        let (mut restored, mut last_fault) = (0, None);
        for counter in due.attempt("find what comes back")? {
            if !room.has(COST.0, COST.1) {
                break;
            }
            match restore_countered(app, &counter, now).await {
                Ok(is_settled) => restored += usize::from(is_settled),
                // The others need not wait for it; it is tried again.
                Err(fault) => {
                    log_fault(app, &fault);
                    last_fault = Some(fault);
                }
            }
        }
        // A run that did nothing but fail has to say so.
        match last_fault {
            Some(fault) if restored == 0 => Err(fault),
            _ => Ok(restored),
        }
    }
}
