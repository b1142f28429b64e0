//! Carries out what was decided about notices and could not be carried out at once, or not on all their images.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::notices::PAGE;
use crate::store::leases::Lease;
use crate::store::notices;
use crate::usecases::notices::carry_out::carry_out;
use crate::usecases::remove::log_fault;

/// What carrying one out costs at most, queries and calls: of each image its decision, its removal and the mark.
const COST: (usize, usize) = (400, 600);

pub(super) struct CarryOutNotices;

#[async_trait]
impl Work for CarryOutNotices {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let undone = notices::undone(app.ports.sql.as_ref(), PAGE).await.attempt("find what is to be carried out")?;
        let (mut done, mut last_fault) = (0, None);
        for notice in undone {
            if !room.has(COST.0, COST.1) {
                break;
            }
            match carry_out(app, &notice, now).await {
                Ok(_) => done += 1,
                // The others need not wait for it.
                Err(fault) => {
                    log_fault(app, &fault);
                    last_fault = Some(fault);
                }
            }
        }
        match last_fault {
            Some(fault) if done == 0 => Err(fault),
            _ => Ok(done),
        }
    }
}
