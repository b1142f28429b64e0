//! The intent of an upload: written before its bytes, so that whatever is stored has an owner, and taken back if the
//! bytes do not arrive.

use super::recall::in_flight;
use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::{IdempotencyKey, ImageId};
use crate::domain::image::State;
use crate::domain::owner::Member;
use crate::domain::time::Timestamp;
use crate::error::{Error, Fault};
use crate::policy::quotas;
use crate::policy::retention::{IDEMPOTENCY_IN_FLIGHT_MS, IDEMPOTENCY_MS};
use crate::ports::blobs::{BlobKey, Bucket};
use crate::ports::sql::{SqlFailure, Statement};
use crate::store::{account_storage, decisions, idempotency, images, review_queue};
use crate::usecases::check_quota::exceeded;

/// An attempt under an `Idempotency-Key`.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// Digest of everything that is asked for, as far as it is known yet.
    pub fingerprint: &'a str,
}

/// Writes the row of a draft of `member` or of nobody, whatever else belongs to it, and the claim on its key, all or none.
///
/// # Errors
/// A problem if somebody else holds the key, or the account has no room; a fault if the database fails.
pub async fn write(
    app: &App,
    id: &ImageId,
    member: Option<&Member>,
    mut statements: Vec<Statement>,
    claim: Option<Claim<'_>>,
    now: Timestamp,
) -> Result<(), Error> {
    let limits = member.map(|member| account_storage::allow(&member.account_id, &quotas::of(member.tier)));
    statements.splice(0..0, limits);
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
    match failure {
        // Only the key can be taken: the id is fresh.
        SqlFailure::Conflict(_) if claim.is_some() => Err(in_flight(IDEMPOTENCY_IN_FLIGHT_MS).into()),
        failure if let (Some(member), Some(resource)) = (member, account_storage::refused(&failure)) => {
            Err(exceeded(member, resource, now).into())
        }
        failure => Err(Fault { attempted: "write an upload's intent".into(), cause: failure.into() }.into()),
    }
}

/// Takes back an intent whose bytes, which were to be at `key`, did not arrive, as far as that works now; the sweep
/// does the rest. Bytes first: as long as they may exist, the row that knows of them must.
pub async fn take_back(app: &App, id: &ImageId, bucket: Bucket, bytes: BlobKey, key: Option<&IdempotencyKey>) {
    if app.ports.blobs.delete(bucket, &[bytes]).await.is_err() {
        return;
    }
    let ids = std::slice::from_ref(id);
    let mut statements =
        vec![images::delete_pending(id), decisions::forget_of_nobody(ids), review_queue::forget_of_nobody(ids)];
    statements.extend(key.map(|key| idempotency::release(key, id)));
    // Nothing to do about a failure: the draft stays, and is swept.
    drop(app.ports.sql.batch(statements).await);
}

/// Digest of everything that a request asks for: of what its body is, and of the rest.
#[must_use]
pub fn fingerprint(body_digest: &str, asked: &str) -> String {
    hex::sha256(format!("{body_digest}\n{asked}").as_bytes())
}
