//! Serves an image from the cache near the visitor, if there is one and it has a copy; otherwise from storage, and keeps a
//! copy for the next. What the cache cannot do is done without it: it never fails a view, and shows nothing that the
//! storage would not have shown minutes ago.
//!
//! Copies are of what anyone may see: whole images and variants, without a warning, under one address each. Who may ask is
//! decided before (signatures, referrers), so an address that is signed for a minute and one that is not share a copy.
//! Private images are not for anyone: what is asked for by an address that opens one is neither looked for here nor kept.

use super::deliver::{Choice, Conditions, Delivery, Needed, Request, deliver, needed, stored};
use super::remove::log_fault;
use crate::app::App;
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::error::{Attempt as _, Error, Fault};
use crate::policy::retention::cache_seconds;
use crate::ports::edge_cache::{CacheKey, EdgeCache, Kept};

/// What is served, and where it comes from.
#[derive(Debug)]
pub struct Nearby {
    /// What is served.
    pub delivery: Delivery,
    /// Of a copy: until when others may keep it. Browsers count from when it was read from storage, as the edge does: so
    /// both together keep it no longer than each of them.
    pub fresh_until: Option<Timestamp>,
}

/// As [`deliver`], through the cache near the visitor.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_nearby(app: &App, request: &Request, conditions: &impl Conditions) -> Result<Nearby, Error> {
    // What somebody chose to see, or is let see, is kept nowhere.
    let is_for_anyone = request.choice == Choice::None && !request.opens_private;
    let cache = app.ports.edge_cache.as_ref().filter(|_| is_for_anyone);
    let Some(cache) = cache else {
        return Ok(Nearby { delivery: deliver(app, request, conditions).await?, fresh_until: None });
    };
    let key = CacheKey::of(&request.id, request.format, request.transform.as_ref());
    match find(app, cache.as_ref(), &key, conditions).await {
        Ok(Some(copy)) => return Ok(copy),
        Ok(None) => {}
        Err(fault) => log_fault(app, &fault),
    }
    let delivery = deliver(app, request, conditions).await?;
    if matches!(&delivery, Delivery::Whole(meta, _) if !meta.is_private) {
        let (later, request) = (app.clone(), request.clone());
        app.ports.background.run(Box::pin(async move {
            if let Err(fault) = keep(&later, &key, &request).await {
                log_fault(&later, &fault);
            }
        }));
    }
    Ok(Nearby { delivery, fresh_until: None })
}

async fn find(
    app: &App,
    cache: &dyn EdgeCache,
    key: &CacheKey,
    conditions: &impl Conditions,
) -> Result<Option<Nearby>, Fault> {
    let attempted = format!("find {} near the visitor", key.address());
    let Some((kept, bytes)) = cache.find(key, None).await.attempt(&attempted)? else { return Ok(None) };
    // Not past the image's date, which is never before this.
    if kept.until <= app.now() {
        return Ok(None);
    }
    let delivery = match needed(conditions, kept.meta.clone()) {
        Needed::Nothing(delivery) => delivery,
        Needed::Whole(meta) => Delivery::Whole(meta, bytes),
        Needed::Part(meta, range) => match cache.find(key, Some(range)).await.attempt(&attempted)? {
            Some((same, part)) if same == kept => Delivery::Part(meta, range, part),
            // Forgotten or replaced between the two looks.
            _ => return Ok(None),
        },
    };
    Ok(Some(Nearby { delivery, fresh_until: Some(kept.until) }))
}

/// Keeps a copy of what is stored now. The bytes are read once more: dividing the visitor's stream would keep in memory what a
/// slow reader has not taken yet, up to a whole image for each of them.
async fn keep(app: &App, key: &CacheKey, request: &Request) -> Result<(), Fault> {
    let Some(cache) = app.ports.edge_cache.as_ref() else { return Ok(()) };
    let now = app.now();
    let (meta, bytes) = match stored(app, request).await {
        Ok(Some(stored)) => stored,
        // It left, or a variant has not arrived yet.
        Ok(None) | Err(Error::Problem(_)) => return Ok(()),
        Err(Error::Fault(fault)) => return Err(fault),
    };
    let until = now.plus_ms(cache_seconds(now, meta.expires_at) * SECOND_MS);
    if until <= now {
        return Ok(());
    }
    cache.keep(key, &Kept { meta, until }, bytes).await.attempt(&format!("keep {} near visitors", key.address()))
}
