//! Sends the letters that are due and that no message of the queue brought.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::mail::TRIED_MAX;
use crate::store::leases::Lease;
use crate::store::letters;
use crate::usecases::send_letter::{Sending, send_due};

pub(super) struct SendLetters;

#[async_trait]
impl Work for SendLetters {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let due = letters::due(app.ports.sql.as_ref(), now, TRIED_MAX).await.attempt("find letters that are due")?;
        let (mut done, mut first_fault) = (0, None);
        for letter in due {
            match send_due(app, &letter, now).await {
                Ok(Sending::Sent | Sending::Dropped) => done += 1,
                Ok(Sending::Waits | Sending::Dead | Sending::NotDue) => {}
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                }
            }
        }
        first_fault.map_or(Ok(done), Err)
    }
}
