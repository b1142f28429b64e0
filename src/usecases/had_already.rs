//! Recognises an upload of what its owner has already: the same bytes, asked for in the same words. Never across owners:
//! whether somebody else has an image is nobody's business.

use super::intent::Claim;
use super::recall::in_flight;
use crate::app::App;
use crate::domain::image::Image;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault};
use crate::policy::retention::{IDEMPOTENCY_IN_FLIGHT_MS, IDEMPOTENCY_MS};
use crate::ports::sql::SqlFailure;
use crate::store::{gallery, idempotency};

/// Most images of the same bytes that are compared; with more, somebody wants another of them.
const COMPARED_MAX: i64 = 20;

/// The public image that `draft` would be a duplicate of, if its owner has one; it is then what the key stands for.
///
/// # Errors
/// A problem if somebody else holds the key; a fault if the database fails.
pub async fn had_already(
    app: &App,
    draft: &Image,
    claim: Option<Claim<'_>>,
    now: Timestamp,
) -> Result<Option<Image>, Error> {
    let Some(owner) = &draft.owner else { return Ok(None) };
    let sql = app.ports.sql.as_ref();
    let found = gallery::of_digest(sql, &owner.account_id, &draft.sha256, COMPARED_MAX).await;
    let found = found.attempt("look for a duplicate")?;
    let Some(had) = found.into_iter().find(|had| !had.has_expired(now) && is_asked_alike(had, draft)) else {
        return Ok(None);
    };
    if let Some(Claim { key, fingerprint }) = claim {
        let statements = vec![
            idempotency::release_stale(key, now, now.plus_ms(-IDEMPOTENCY_MS)),
            idempotency::claim(key, fingerprint, &had.id, now, Timestamp(0)),
        ];
        if let Err(failure) = sql.batch(statements).await {
            let attempted = format!("remember a key for {}", had.id);
            // The platform may have repeated the write.
            let known = idempotency::find(sql, key).await.attempt(&attempted)?;
            match failure {
                _ if known.as_ref().is_some_and(|known| known.image_id == had.id) => {}
                SqlFailure::Conflict(_) => return Err(in_flight(IDEMPOTENCY_IN_FLIGHT_MS).into()),
                failure => return Err(Fault { attempted, cause: failure.into() }.into()),
            }
        }
    }
    Ok(Some(had))
}

/// Whether the image that is there is what is asked for: the same life, the same words, in the same place. What the file is called is
/// not asked for.
fn is_asked_alike(had: &Image, draft: &Image) -> bool {
    let words = |image: &Image| {
        let details = &image.details;
        (details.caption.clone(), details.labels.clone(), details.metadata.clone())
    };
    had.ttl_ms == draft.ttl_ms && had.placement == draft.placement && words(had) == words(draft)
}
