//! The upload tickets of an account, for who may make them: to look at, and to end.

use super::act_for::{Need, act_for};
use crate::app::App;
use crate::domain::ids::{CollectionId, TicketId};
use crate::domain::owner::Member;
use crate::domain::ticket::Ticket;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::tickets::LISTED_MAX;
use crate::store::tickets;

/// The tickets of the account of `owner`, the latest first; with `only`, those for this collection. That whoever asks may
/// make some was found out by the caller.
///
/// # Errors
/// If the database fails.
pub async fn list_tickets(app: &App, owner: &Member, only: Option<&CollectionId>) -> Result<Vec<Ticket>, Fault> {
    let listed = tickets::list(app.ports.sql.as_ref(), &owner.account_id, only, LISTED_MAX).await;
    listed.attempt("list upload tickets")
}

/// Ends a ticket that `member` may make; with `only`, none but those for this collection. Doing it twice is doing it once.
///
/// # Errors
/// `NotFound`; a fault if the database fails.
pub async fn revoke_ticket(
    app: &App,
    member: &Member,
    only: Option<&CollectionId>,
    id: &TicketId,
) -> Result<(), Error> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("revoke the ticket {id}"));
    let ticket = tickets::find(sql, id).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let may = act_for(app, member, &ticket.account_id, Need::Change).await?.is_some();
    if !may || (only.is_some() && ticket.limits.collection.as_ref() != only) {
        return Err(Problem::NotFound.into());
    }
    Ok(tickets::revoke(sql, id, app.now()).await.attempt(&attempted)?)
}
