//! Recognises a request that came before under the same `Idempotency-Key`.

use crate::app::App;
use crate::domain::ids::{IdempotencyKey, ImageId};
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::error::{Attempt as _, Fault, Problem};
use crate::policy::retention::IDEMPOTENCY_MS;
use crate::store::{decisions, idempotency, images};
use crate::usecases::upload::Taken;

/// What an earlier request under the key means for this one.
#[derive(Debug)]
pub enum Recalled {
    /// Nothing: go on.
    Nothing,
    /// It made this image, if the fingerprint is the same.
    Made {
        /// The earlier request's fingerprint.
        fingerprint: String,
        /// What became of it.
        outcome: Made,
    },
    /// It is still being worked on.
    InFlight(Problem),
}

/// What an earlier request made.
#[derive(Debug)]
pub enum Made {
    /// An image that is public, or held.
    Taken(Taken),
    /// An image that has been removed since.
    Gone,
    /// An image that was judged to be prohibited.
    Prohibited {
        /// Its id.
        id: ImageId,
        /// The grounds.
        reason: String,
    },
}

/// Looks for an earlier request under `key`.
///
/// # Errors
/// If the database fails.
pub async fn recall(app: &App, key: &IdempotencyKey, now: Timestamp) -> Result<Recalled, Fault> {
    let sql = app.ports.sql.as_ref();
    let Some(known) = idempotency::find(sql, key).await.attempt("recall an idempotency key")? else {
        return Ok(Recalled::Nothing);
    };
    if now.ms_since(known.created_at) >= IDEMPOTENCY_MS {
        return Ok(Recalled::Nothing);
    }
    let fingerprint = known.fingerprint;
    match images::find(sql, &known.image_id).await.attempt("recall an image")? {
        Some(images::Found::Present(image)) if image.has_expired(now) => {
            Ok(Recalled::Made { fingerprint, outcome: Made::Gone })
        }
        Some(images::Found::Held(image)) if image.has_expired(now) => {
            Ok(Recalled::Made { fingerprint, outcome: Made::Gone })
        }
        Some(images::Found::Present(image)) => {
            Ok(Recalled::Made { fingerprint, outcome: Made::Taken(Taken::Public(image)) })
        }
        Some(images::Found::Held(image)) => {
            Ok(Recalled::Made { fingerprint, outcome: Made::Taken(Taken::Held(image)) })
        }
        Some(images::Found::Departed(_)) => Ok(Recalled::Made { fingerprint, outcome: Made::Gone }),
        Some(images::Found::Withheld) => {
            let reason = decisions::latest_reason(sql, &known.image_id).await.attempt("recall a decision")?;
            let outcome = Made::Prohibited { id: known.image_id, reason: reason.unwrap_or_default() };
            Ok(Recalled::Made { fingerprint, outcome })
        }
        None if known.in_flight_until > now => {
            let wait_ms = known.in_flight_until.ms_since(now);
            Ok(Recalled::InFlight(in_flight(wait_ms)))
        }
        None => Ok(Recalled::Nothing),
    }
}

/// The problem of a request that is being worked on for at most `wait_ms` more milliseconds.
#[must_use]
pub fn in_flight(wait_ms: i64) -> Problem {
    // Most uploads take a second or two; the full wait is for one that died.
    let retry_after_s = (wait_ms / SECOND_MS).clamp(1, 10);
    Problem::IdempotencyKeyInFlight { retry_after_s }
}
