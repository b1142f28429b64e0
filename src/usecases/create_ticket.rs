//! Makes an upload ticket. It is told once; what rests does not tell it.

use super::act_for::Need;
use super::admit::check_ttl;
use super::open_collection::open_collection;
use super::read_statements::refuse_suspended;
use crate::app::App;
use crate::domain::ids::{ID_BYTES, TicketId};
use crate::domain::owner::Member;
use crate::domain::retention::Surface;
use crate::domain::ticket::{TICKET_BYTES, Ticket, TicketLimits, TicketText};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::limits::ANONYMOUS;
use crate::policy::tickets::{BYTES_MAX_MIN, EXPIRES_IN_MAX_MS, EXPIRES_IN_MIN_MS, TICKETS_MAX, USES_MAX};
use crate::ports::sql::SqlFailure;
use crate::store::tickets;

/// What a maker wants.
#[derive(Clone, Debug)]
pub struct TicketWish {
    /// What it shall allow.
    pub limits: TicketLimits,
    /// After how many milliseconds it shall stop working.
    pub expires_in_ms: i64,
}

/// A ticket that was made, with what is told once.
#[derive(Clone, Debug)]
pub struct MadeTicket {
    /// The ticket.
    pub ticket: Ticket,
    /// Its text.
    pub text: TicketText,
}

/// Makes a ticket for the account of `maker`, or for the one to which the collection belongs.
///
/// # Errors
/// `VerifiedAccountNeeded`, `InvalidField`, `TooManyTickets`; a fault if something of ours failed. After a fault there may be
/// a ticket that nobody knows: it is in the list, and can be revoked.
pub async fn create_ticket(app: &App, maker: &Member, wish: TicketWish) -> Result<MadeTicket, Error> {
    refuse_suspended(app, &maker.account_id).await?;
    if !maker.is_verified {
        return Err(Problem::VerifiedAccountNeeded.into());
    }
    let TicketWish { limits, expires_in_ms } = wish;
    let owner = owner_of(app, maker, &limits).await?;
    check(&limits, expires_in_ms)?;
    check_ttl(app, Surface::Api, owner.retention_tier(), limits.ttl_ms)?;
    let (now, attempted) = (app.now(), "make an upload ticket");
    let (mut id, mut text) = ([0; ID_BYTES], [0; TICKET_BYTES]);
    app.ports.rng.fill(&mut id).attempt(attempted)?;
    app.ports.rng.fill(&mut text).attempt(attempted)?;
    let text = TicketText::from_random(text);
    let ticket = Ticket {
        id: TicketId::from_random(id),
        account_id: owner.account_id,
        limits,
        uses: 0,
        created_at: now,
        expires_at: now.plus_ms(expires_in_ms),
        revoked_at: None,
    };
    match tickets::insert_unless_full(app.ports.sql.as_ref(), &ticket, &text, TICKETS_MAX).await {
        Ok(false) => Err(Problem::TooManyTickets { tickets_max: TICKETS_MAX }.into()),
        // A write that the platform repeated meets its own first try: the id is fresh.
        Ok(true) | Err(SqlFailure::Conflict(_)) => Ok(MadeTicket { ticket, text }),
        Err(failure) => Err(Fault { attempted: attempted.into(), cause: failure.into() }.into()),
    }
}

/// To whom what is uploaded will belong.
async fn owner_of(app: &App, maker: &Member, limits: &TicketLimits) -> Result<Member, Error> {
    let Some(id) = &limits.collection else { return Ok(maker.clone()) };
    let open = open_collection(app, maker, id, Need::Change).await?;
    let detail = || "one of your collections".to_owned();
    Ok(open.ok_or_else(|| Problem::InvalidField { field: "collection", detail: detail() })?.owner)
}

fn check(limits: &TicketLimits, expires_in_ms: i64) -> Result<(), Problem> {
    let invalid = |field, detail| Err(Problem::InvalidField { field, detail });
    if limits.bytes_max.is_some_and(|bytes| !(BYTES_MAX_MIN..=ANONYMOUS.bytes_max).contains(&bytes)) {
        return invalid("bytes_max", format!("from {BYTES_MAX_MIN} to {} bytes", ANONYMOUS.bytes_max));
    }
    if !(1..=USES_MAX).contains(&limits.uses_max) {
        return invalid("uses", format!("from 1 to {USES_MAX}"));
    }
    if !(EXPIRES_IN_MIN_MS..=EXPIRES_IN_MAX_MS).contains(&expires_in_ms) {
        let (min, max) = (EXPIRES_IN_MIN_MS / 1_000, EXPIRES_IN_MAX_MS / 1_000);
        return invalid("expires_in", format!("from {min} to {max} seconds"));
    }
    Ok(())
}
