//! Has images judged that were held because nothing could judge them at their upload, and carries out what was decided
//! about others and could not be carried out at once.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::holding::{JUDGED_MAX, wait_ms};
use crate::store::leases::Lease;
use crate::store::{attempts, held};
use crate::usecases::judge::{Judged, judge};

pub(super) struct JudgeHeld;

#[async_trait]
impl Work for JudgeHeld {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let mut due = attempts::due(sql, now, JUDGED_MAX).await.attempt("find what is to be judged")?;
        if due.is_empty() {
            return Ok(0);
        }
        let (mut done, mut first_fault) = (0, None);
        // Asked once: while vision is away, no image uses up its attempts, and the operator reads that some wait.
        if let Err(why) = app.ports.vision.readiness().await {
            due = attempts::due_without_vision(sql, now, JUDGED_MAX).await.attempt("find what needs no vision")?;
            let waiting = held::count_unjudged(sql).await.attempt("count held images")?;
            let cause = Cause::Vision(format!("{}; {waiting} images wait for it", why.as_str()));
            first_fault = (waiting > 0).then(|| Fault { attempted: "judge held images".into(), cause });
        }
        for image in due {
            // Counted first: a file that kills its examiner, and us with it, must not be tried again at once.
            let next_attempt_at = now.plus_ms(wait_ms(image.attempts + 1));
            let claimed = attempts::claim(sql, lease, &image.id, now, next_attempt_at).await;
            if !claimed.attempt("claim a held image")? {
                continue;
            }
            match judge(app, &image.id, image.attempts, now).await {
                Ok(Judged::Done) => done += 1,
                Ok(Judged::StillHeld) => {}
                Ok(Judged::Busy) => break,
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                }
            }
        }
        first_fault.map_or(Ok(done), Err)
    }
}
