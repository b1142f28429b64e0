//! Reads bytes again: of a few images that chance chooses.

use crate::app::App;
use crate::domain::ids::{ID_BYTES, ImageId};
use crate::domain::image::State;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::audit::{DIGESTED_MAX, names};
use crate::ports::blobs::{BlobKey, Bucket};
use crate::store::audit::{self, Sampled};
use crate::store::audits::{self, Tally};

/// Digests the bytes of a few live images, and compares them with what was stored.
pub(super) async fn digest_some(app: &App, now: Timestamp) -> Result<Tally, Fault> {
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt("choose images to read again")?;
    let (from, sql) = (ImageId::from_random(random), app.ports.sql.as_ref());
    let mut chosen = audit::some_live(sql, from.as_str(), DIGESTED_MAX).await.attempt("choose images to read again")?;
    if chosen.is_empty() {
        // Chance chose a name after the last.
        chosen = audit::some_live(sql, "", DIGESTED_MAX).await.attempt("choose images to read again")?;
    }
    // What was found to be changed stays found until it is not, whatever chance chooses.
    let found_before = audits::example(sql, names::UNCHANGED).await.attempt("find what had changed")?;
    if let Some(id) = found_before.filter(|id| chosen.iter().all(|image| image.id.as_str() != id)) {
        chosen.extend(audit::one_live(sql, &id).await.attempt("look at an image again")?);
    }
    let mut tally = Tally::default();
    for image in chosen {
        let is_changed = is_changed(app, &image).await?;
        // Of one that left meanwhile, nothing is to be said.
        if let Some(is_changed) = is_changed {
            let created_at = audit::state(sql, &image.id).await.attempt("look at an image again")?;
            let age_ms = created_at.map_or(0, |state| now.ms_since(state.created_at));
            tally.count(image.id.as_str(), is_changed.then_some(age_ms));
        }
    }
    Ok(tally)
}

async fn is_changed(app: &App, image: &Sampled) -> Result<Option<bool>, Fault> {
    let attempted = format!("read the bytes of {} again", image.id);
    let found = app.ports.blobs.get(Bucket::Images, &BlobKey::image(&image.id), None).await.attempt(&attempted)?;
    let same = match found {
        Some((_, bytes)) => app.ports.digest.sha256(bytes).await.attempt(&attempted)? == image.sha256,
        None => false,
    };
    if same {
        return Ok(Some(false));
    }
    let state = audit::state(app.ports.sql.as_ref(), &image.id).await.attempt(&attempted)?;
    Ok(state.is_some_and(|state| state.state == State::Live).then_some(true))
}
