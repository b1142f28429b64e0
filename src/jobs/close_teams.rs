//! Takes what closed teams have out of public view, and then forgets the teams.

use async_trait::async_trait;

use super::Work;
use super::finish_removals::finish_some;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::teams::{CLOSED_IMAGES_MAX, CLOSED_KEPT_MS, CLOSED_TEAMS_MAX};
use crate::store::leases::Lease;
use crate::store::{account_storage, collections, teams, tickets};

pub(super) struct CloseTeams;

#[async_trait]
impl Work for CloseTeams {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let empty = teams::empty(sql, now.plus_ms(-CLOSED_KEPT_MS), CLOSED_TEAMS_MAX).await;
        let empty = empty.attempt("find teams that are closed and empty")?;
        for team in &empty {
            // Also what was made by a request that was under way when the team was closed.
            let mut statements = vec![collections::forget_of_account(team), account_storage::forget_of_account(team)];
            statements.extend(tickets::forget_of_account(team));
            statements.push(teams::forget(team));
            sql.batch(statements).await.attempt(&format!("forget the team {team}"))?;
        }
        let begun = teams::begin_removals(sql, lease, now, CLOSED_IMAGES_MAX).await;
        if begun.attempt("begin to remove images of closed teams")? == 0 {
            return Ok(empty.len());
        }
        // As many as were begun: nobody else's removals come to wait behind a large team's.
        Ok(empty.len() + finish_some(app, room, now, now, CLOSED_IMAGES_MAX).await?)
    }
}
