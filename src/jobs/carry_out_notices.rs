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

/// Images on which a decision is carried out before it is asked whether there is room for more.
const TOGETHER: usize = 5;

/// What that costs at most for an image, queries and calls: its decision, its removal and the mark.
const COST: (usize, usize) = (40, 50);

pub(super) struct CarryOutNotices;

#[async_trait]
impl Work for CarryOutNotices {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let undone = notices::undone(app.ports.sql.as_ref(), PAGE).await.attempt("find what is to be carried out")?;
        let (mut done, mut last_fault) = (0, None);
        for notice in undone {
            loop {
                if !room.has(TOGETHER * COST.0, TOGETHER * COST.1) {
                    return Ok(done);
                }
                match carry_out(app, &notice, TOGETHER, now).await {
                    Ok(false) => {}
                    Ok(true) => {
                        done += 1;
                        break;
                    }
                    // The others need not wait for it.
                    Err(fault) => {
                        log_fault(app, &fault);
                        last_fault = Some(fault);
                        break;
                    }
                }
            }
        }
        match last_fault {
            Some(fault) if done == 0 => Err(fault),
            _ => Ok(done),
        }
    }
}
