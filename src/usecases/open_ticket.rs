//! An upload ticket that somebody shows: for whom it lets upload, and what.

use super::act_for::Need;
use super::find_member::find_owner;
use super::open_collection::open_collection;
use crate::app::App;
use crate::domain::api_key::Mistyped;
use crate::domain::image::Placement;
use crate::domain::owner::Member;
use crate::domain::ticket::{Ticket, TicketText};
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::limits::{ANONYMOUS, ImageLimits};
use crate::store::tickets;

/// A ticket that was shown and holds. Whether it is used up, the intent of the upload finds out.
#[derive(Clone, Debug)]
pub struct ShownTicket {
    /// The ticket.
    pub ticket: Ticket,
    /// To whom what is uploaded will belong.
    pub member: Member,
}

/// What the caller asks for that a ticket has something to say about.
#[derive(Clone, Debug, Default)]
pub struct Asked<'a> {
    /// The life, in milliseconds.
    pub ttl_ms: Option<i64>,
    /// Whether it is to be private.
    pub is_private: Option<bool>,
    /// The collection.
    pub collection: Option<&'a str>,
}

/// The ticket of this text, if it holds.
///
/// # Errors
/// `TicketInvalid`; a fault if the database fails.
pub async fn open_ticket(app: &App, text: &str) -> Result<ShownTicket, Error> {
    let invalid = |detail: &str| Problem::TicketInvalid { detail: detail.to_owned() };
    let text = TicketText::parse(text.trim()).map_err(|mistake| invalid(words(mistake)))?;
    let found = tickets::find_by_text(app.ports.sql.as_ref(), &text).await.attempt("find a ticket")?;
    let ticket = found.ok_or_else(|| invalid("there is no such ticket"))?;
    if let Some(why) = why_not(&ticket, app) {
        return Err(why.into());
    }
    let member = find_owner(app, &ticket.account_id).await?.ok_or_else(|| invalid("its account is gone"))?;
    if let Some(id) = &ticket.limits.collection
        && open_collection(app, &member, id, Need::Change).await?.is_none()
    {
        return Err(invalid("its collection is gone").into());
    }
    Ok(ShownTicket { ticket, member })
}

/// Why a ticket lets nobody upload, if it does not.
#[must_use]
pub fn why_not(ticket: &Ticket, app: &App) -> Option<Problem> {
    let ended = if ticket.revoked_at.is_some() { "it was revoked" } else { "it has expired" };
    (!ticket.holds(app.now())).then(|| Problem::TicketInvalid { detail: ended.to_owned() })
}

fn words(mistake: Mistyped) -> &'static str {
    match mistake {
        Mistyped::Prefix => "a ticket begins with tt_ticket_",
        Mistyped::Length(_) => "it was not copied whole, or more than it was",
        Mistyped::Character => "it has a character that no ticket has",
        Mistyped::Checksum => "its checksum is wrong: a character is another than it was",
    }
}

impl ShownTicket {
    /// Where what is uploaded goes, and who sees it.
    #[must_use]
    pub fn placement(&self) -> Placement {
        let limits = &self.ticket.limits;
        Placement { collection: limits.collection.clone(), is_private: limits.is_private }
    }

    /// The life of what is uploaded, in milliseconds: nothing that is asked for may be wider than the ticket.
    ///
    /// # Errors
    /// `TicketRefuses`.
    pub fn narrow(&self, asked: &Asked<'_>) -> Result<Option<i64>, Problem> {
        let limits = &self.ticket.limits;
        let refuses = |field, detail: String| Err(Problem::TicketRefuses { field, detail });
        if asked.is_private.is_some_and(|is_private| is_private != limits.is_private) {
            return refuses("private", format!("the ticket is for {} images", visibility(limits.is_private)));
        }
        let collection = limits.collection.as_ref().map(|id| id.as_str());
        if asked.collection.is_some() && asked.collection != collection {
            return refuses("collection", "what is uploaded goes where the ticket says".into());
        }
        match (asked.ttl_ms, limits.ttl_ms) {
            (Some(asked), Some(most)) if asked > most => {
                refuses("ttl", format!("at most {} seconds with this ticket", most / 1_000))
            }
            (asked, most) => Ok(asked.or(most)),
        }
    }
}

fn visibility(is_private: bool) -> &'static str {
    if is_private { "private" } else { "public" }
}

/// How large a file may be, and what is in it, with a ticket or without.
#[must_use]
pub fn limits(ticket: Option<&Ticket>) -> ImageLimits {
    let bytes_max = ticket.and_then(|ticket| ticket.limits.bytes_max).unwrap_or(ANONYMOUS.bytes_max);
    ImageLimits { bytes_max: bytes_max.min(ANONYMOUS.bytes_max), ..ANONYMOUS }
}
