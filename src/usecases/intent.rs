//! The intent of an upload: written before its bytes, so that whatever is stored has an owner, and taken back if the
//! bytes do not arrive.

use super::recall::in_flight;
use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::{IdempotencyKey, ImageId};
use crate::domain::image::State;
use crate::domain::owner::Member;
use crate::domain::ticket::Ticket;
use crate::domain::time::Timestamp;
use crate::error::{Error, Fault, Problem};
use crate::policy::quotas;
use crate::policy::retention::{IDEMPOTENCY_IN_FLIGHT_MS, IDEMPOTENCY_MS};
use crate::ports::blobs::{BlobKey, Bucket};
use crate::ports::sql::{SqlFailure, Statement};
use crate::store::{account_storage, decisions, idempotency, images, review_queue, tickets};
use crate::usecases::check_quota::exceeded;
use crate::usecases::open_ticket::why_not;

/// An attempt under an `Idempotency-Key`.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// Digest of everything that is asked for, as far as it is known yet.
    pub fingerprint: &'a str,
}

/// What an attempt needs to be let in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Admission<'a> {
    /// Whose the image will be, if it is somebody's with an account.
    pub member: Option<&'a Member>,
    /// Its claim on a key.
    pub claim: Option<Claim<'a>>,
    /// The ticket of which it is one of the uses.
    pub ticket: Option<&'a Ticket>,
}

/// Writes the row of a draft, whatever else belongs to it, the use of its ticket, and the claim on its key, all or none.
///
/// # Errors
/// A problem if somebody else holds the key, the account has no room, or the ticket is used up or does not hold; a fault if the database fails.
pub async fn write(
    app: &App,
    id: &ImageId,
    mut statements: Vec<Statement>,
    Admission { member, claim, ticket }: Admission<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let limits = member.map(|member| account_storage::allow(&member.account_id, &quotas::of(member.tier)));
    statements.splice(0..0, limits);
    if let Some(ticket) = ticket {
        statements.extend(tickets::use_for(&ticket.id, id, now));
    }
    if let Some(Claim { key, fingerprint }) = claim {
        let in_flight_until = now.plus_ms(IDEMPOTENCY_IN_FLIGHT_MS);
        statements.push(idempotency::release_stale(key, now, now.plus_ms(-IDEMPOTENCY_MS)));
        statements.push(idempotency::claim(key, fingerprint, id, now, in_flight_until));
    }
    let Err(failure) = app.ports.sql.batch(statements).await else { return Ok(()) };
    // The answer may have been lost, or the write repeated by the platform: if the row is there, so is the
    // key, because a batch is one transaction.
    let found = images::states(app.ports.sql.as_ref(), std::slice::from_ref(id)).await;
    if found.is_ok_and(|found| found.iter().any(|known| known.state == State::Pending)) {
        return Ok(());
    }
    // Only the key can be taken: the id is fresh.
    if claim.is_some() && matches!(failure, SqlFailure::Conflict(_)) {
        return Err(in_flight(IDEMPOTENCY_IN_FLIGHT_MS).into());
    }
    if let (Some(member), Some(resource)) = (member, account_storage::refused(&failure)) {
        return Err(exceeded(member, resource, now).into());
    }
    if let Some(problem) = refused_by(app, ticket, claim, id).await {
        return Err(problem.into());
    }
    Err(Fault { attempted: "write an upload's intent".into(), cause: failure.into() }.into())
}

/// What stood in the way of an attempt with a ticket, if it was not the database: a repeat of the same request, which used
/// the ticket, or others who did. If that is not to be learnt, the database is at fault.
async fn refused_by(app: &App, ticket: Option<&Ticket>, claim: Option<Claim<'_>>, id: &ImageId) -> Option<Problem> {
    let (ticket, sql) = (ticket?, app.ports.sql.as_ref());
    if let Some(Claim { key, .. }) = claim
        && let Ok(Some(known)) = idempotency::find(sql, key).await
        && known.image_id != *id
    {
        return Some(in_flight(IDEMPOTENCY_IN_FLIGHT_MS));
    }
    match tickets::find(sql, &ticket.id).await {
        Ok(None) => Some(Problem::TicketInvalid { detail: "there is no such ticket".into() }),
        Ok(Some(ticket)) => why_not(&ticket, app).or(ticket.is_used_up().then_some(Problem::TicketUsedUp)),
        Err(_) => None,
    }
}

/// Takes back an intent whose bytes, which were to be at `key`, did not arrive, as far as that works now; the sweep
/// does the rest. Bytes first: as long as they may exist, the row that knows of them must.
pub async fn take_back(app: &App, id: &ImageId, bucket: Bucket, bytes: BlobKey, key: Option<&IdempotencyKey>) {
    if app.ports.blobs.delete(bucket, &[bytes]).await.is_err() {
        return;
    }
    let ids = std::slice::from_ref(id);
    let mut statements = tickets::give_back(ids).to_vec();
    statements.extend([
        images::delete_pending(id),
        decisions::forget_of_nobody(ids),
        review_queue::forget_of_nobody(ids),
    ]);
    statements.extend(key.map(|key| idempotency::release(key, id)));
    // Nothing to do about a failure: the draft stays, and is swept.
    drop(app.ports.sql.batch(statements).await);
}

/// Digest of everything that a request asks for: of what its body is, and of the rest.
#[must_use]
pub fn fingerprint(body_digest: &str, asked: &str) -> String {
    hex::sha256(format!("{body_digest}\n{asked}").as_bytes())
}
