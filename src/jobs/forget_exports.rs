//! Erases copies of accounts' data that have ended. Objects first, rows last.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::exports::FORGOTTEN_MAX;
use crate::store::exports;
use crate::store::leases::Lease;
use crate::usecases::export::erase;

/// What one costs, queries and calls.
const COST: (usize, usize) = (2, 3);

pub(super) struct ForgetExports;

#[async_trait]
impl Work for ForgetExports {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let expired = exports::expired(app.ports.sql.as_ref(), now, FORGOTTEN_MAX).await;
        let (mut erased, mut first_fault) = (0, None);
        for id in expired.attempt("find exports to erase")? {
            if !room.has(COST.0, COST.1) {
                break;
            }
            match erase(app, &id).await {
                Ok(is_whole) => erased += usize::from(is_whole),
                // One that cannot be erased keeps no other waiting.
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                }
            }
        }
        first_fault.map_or(Ok(erased), Err)
    }
}
