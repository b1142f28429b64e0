//! Puts what an image can be recognised by on the operators' own list, so that copies of it are refused from then on.

use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::known_bad::{Category, HashKind};
use crate::domain::review::{About, Act};
use crate::error::{Attempt as _, Fault};
use crate::policy::known_bad::is_telling;
use crate::store::review_log::{self, NewLine};
use crate::store::{image_hashes, known_bad};

/// Lists an image for an operator, with a line in the log. Answers whether there is anything by which a copy could be recognised.
///
/// # Errors
/// If the database fails.
pub async fn enlist(app: &App, operator: &str, id: &ImageId, category: Category) -> Result<bool, Fault> {
    let (now, hashes) = (app.now(), recognisable(app, id).await?);
    if hashes.is_empty() {
        return Ok(false);
    }
    let line = NewLine {
        operator,
        act: Act::Listed,
        about: About::Image,
        subject: id.as_str(),
        seen: None,
        ground: None,
        reason: category.as_str(),
    };
    let batch = vec![known_bad::list(&hashes, category, id, now), review_log::append(&line, now)];
    app.ports.sql.batch(batch).await.attempt(&format!("put {id} on the list"))?;
    Ok(true)
}

/// By what copies of an image are recognised: its digests, and hashes of what it looks like that say enough.
///
/// # Errors
/// If the database fails.
pub async fn recognisable(app: &App, id: &ImageId) -> Result<Vec<(HashKind, String)>, Fault> {
    let found = image_hashes::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find the hashes of {id}"))?;
    let Some(found) = found else { return Ok(Vec::new()) };
    let digests = [found.received_sha256, found.stored_sha256].map(|digest| (HashKind::Sha256, digest));
    let looks = found.pdq.iter().filter(|likeness| is_telling(likeness));
    Ok(digests.into_iter().chain(looks.map(|likeness| (HashKind::Pdq, likeness.hash.to_string()))).collect())
}
