//! Sends a letter: claims it, so that nobody else does; opens it, if there is still somebody whose letter it is; and
//! records what came of it. What cannot be sent waits, longer each time, and is dead after a day.
//!
//! Whether a letter was sent is known to whoever delivers it. If their answer gets lost, or we are gone before it is
//! written down, the letter is tried again under the same key: docs/adr/0024 says what that means for each sender.

use super::consent;
use super::personal_keys;
use super::remove::log_fault;
use super::render_letter::render;
use super::restrict_processing::is_restricted;
use super::write_letter::{Sealed, place};
use crate::app::App;
use crate::domain::consent::Purpose;
use crate::domain::email::EmailAddress;
use crate::domain::ids::LetterId;
use crate::domain::letter::{Letter, MailFailure, OutgoingLetter, Sender};
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::mail::{DEAD_KEPT_MS, GIVEN_UP_AFTER_MS, SENT_KEPT_MS, wait_ms};
use crate::ports::queue::Message;
use crate::store::letters::{self, Claimed, Due};

/// What came of the wish to send a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It is sent.
    Sent,
    /// Its reader is erased, or does not want it any more.
    Dropped,
    /// It waits for another attempt.
    Waits,
    /// It is not tried any more.
    Dead,
    /// It is sent, dead or gone, or somebody else is at it.
    NotDue,
}

/// Sends the letter `id`, if it is due.
///
/// # Errors
/// If the database fails. Failures of whoever delivers are none: the letter waits, and the queue brings it again.
pub async fn send_letter(app: &App, id: &LetterId, now: Timestamp) -> Result<Sending, Fault> {
    let due = letters::find_due(app.ports.sql.as_ref(), id, now).await;
    match due.attempt(&format!("find letter {id}"))? {
        Some(due) => send_due(app, &due, now).await,
        None => Ok(Sending::NotDue),
    }
}

/// Sends a letter that is due, unless somebody else does.
///
/// # Errors
/// As [`send_letter`].
pub async fn send_due(app: &App, due: &Due, now: Timestamp) -> Result<Sending, Fault> {
    let (sql, id) = (app.ports.sql.as_ref(), &due.id);
    let until = now.plus_ms(wait_ms(due.attempts));
    let claimed = letters::claim(sql, due, now, until).await.attempt(&format!("claim letter {id}"))?;
    let Some(claimed) = claimed else { return Ok(Sending::NotDue) };
    match deliver(app, &claimed).await {
        Ok(true) => {
            settle_sent(app, id, now).await?;
            Ok(Sending::Sent)
        }
        Ok(false) => {
            letters::drop_unsent(sql, id).await.attempt(&format!("drop letter {id}"))?;
            Ok(Sending::Dropped)
        }
        Err(failure) => put_off(app, &claimed, failure, now).await,
    }
}

/// Opens and delivers a letter. Answers false if nobody is to get it.
async fn deliver(app: &App, claimed: &Claimed) -> Result<bool, MailFailure> {
    let passing = |fault: Fault| MailFailure::Passing(fault.to_string());
    let key = personal_keys::find(app, &claimed.account_id).await.map_err(passing)?;
    let Some(key) = key else { return Ok(false) };
    let opened = key.open(&place(&claimed.id), &claimed.sealed);
    let sealed: Option<Sealed> = opened.and_then(|plain| serde_json::from_str(&plain).ok());
    let unreadable = || MailFailure::Refused("it does not open".into());
    let Sealed { to, letter } = sealed.ok_or_else(unreadable)?;
    let to = EmailAddress::parse(&to).ok_or_else(unreadable)?;
    let outgoing = outgoing(claimed, to, &letter).map_err(|fault| MailFailure::Refused(fault.to_string()))?;
    match letter.sender() {
        Sender::Transactional => app.ports.mail.send_transactional(&outgoing, &claimed.id).await?,
        Sender::Product => {
            // Asked as late as possible: who has withdrawn since it was written does not get it.
            let proof = consent::proof(app, &claimed.account_id, Purpose::ProductEmail).await.map_err(passing)?;
            let Some(proof) = proof else { return Ok(false) };
            if is_restricted(app, &claimed.account_id).await.map_err(passing)? {
                return Ok(false);
            }
            app.ports.mail.send_product(&outgoing, &proof, &claimed.id).await?;
        }
    }
    Ok(true)
}

fn outgoing(claimed: &Claimed, to: EmailAddress, letter: &Letter) -> Result<OutgoingLetter, Fault> {
    Ok(OutgoingLetter {
        account_id: claimed.account_id.clone(),
        to,
        written_at: claimed.created_at,
        kind: letter.kind(),
        content: render(letter)?,
        fields: letter.fields(),
    })
}

/// Once more if it fails: a letter that was sent and is not written down as sent may be sent twice.
async fn settle_sent(app: &App, id: &LetterId, now: Timestamp) -> Result<(), Fault> {
    let (sql, forget_after) = (app.ports.sql.as_ref(), now.plus_ms(SENT_KEPT_MS));
    if letters::settle_sent(sql, id, forget_after).await.is_ok() {
        return Ok(());
    }
    letters::settle_sent(sql, id, forget_after).await.attempt(&format!("record that letter {id} is sent"))
}

async fn put_off(app: &App, claimed: &Claimed, failure: MailFailure, now: Timestamp) -> Result<Sending, Fault> {
    let id = &claimed.id;
    let is_over = claimed.next_attempt_at.ms_since(claimed.created_at) >= GIVEN_UP_AFTER_MS;
    let is_dead = is_over || matches!(failure, MailFailure::Refused(_));
    let end = if is_dead { "; it is dead" } else { "" };
    let attempted = format!("send letter {id}, attempt {}{end}", claimed.attempts);
    log_fault(app, &Fault { attempted, cause: Cause::Mail(failure) });
    if is_dead {
        let dead = letters::declare_dead(app.ports.sql.as_ref(), id, now.plus_ms(DEAD_KEPT_MS)).await;
        dead.attempt(&format!("record that letter {id} is dead"))?;
        return Ok(Sending::Dead);
    }
    // A second later than it may be tried. If the queue does not take it, the job finds it.
    let delay_s = claimed.next_attempt_at.ms_since(now).div_euclid(SECOND_MS).saturating_add(1);
    let message = Message::SendLetter { id: id.clone() };
    drop(app.ports.queue.send(&message, u32::try_from(delay_s).unwrap_or(u32::MAX)).await);
    Ok(Sending::Waits)
}
