//! Brings back what left public view with an account that stays after all.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::erasure::{RETURN_AGAIN_MS, RETURNED_MAX};
use crate::store::leases::Lease;
use crate::store::leaving_images;
use crate::usecases::return_image::{Returned, return_image};

pub(super) struct ReturnImages;

#[async_trait]
impl Work for ReturnImages {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let due = leaving_images::returning(sql, now, RETURNED_MAX).await.attempt("find what is to come back")?;
        let (mut done, mut first_fault) = (0, None);
        for id in due {
            // Counted first: a file that kills its examiner, and us with it, must not be tried again at once.
            let claimed = leaving_images::claim(sql, lease, &id, now, now.plus_ms(RETURN_AGAIN_MS)).await;
            if !claimed.attempt("claim an image that is to come back")? {
                continue;
            }
            match return_image(app, &id, now).await {
                Ok(Returned::Later) => {}
                Ok(Returned::Done | Returned::Never) => {
                    leaving_images::forget(sql, &id).await.attempt(&format!("note that {id} is back"))?;
                    done += 1;
                }
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                }
            }
        }
        first_fault.map_or(Ok(done), Err)
    }
}
