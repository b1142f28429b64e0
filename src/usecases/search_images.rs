//! Looks for images among those of an account or in a collection, so many at a time.

use super::list_images::{Listed, place, taken};
use super::remove::log_fault;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::Image;
use crate::domain::listing::Place;
use crate::domain::search::{Query, search_text};
use crate::error::{Attempt as _, Fault};
use crate::policy::collections::{FOLDED_MAX, SEARCHED_MAX};
use crate::store::gallery::Scope;
use crate::store::images::Found;
use crate::store::search;

/// At most `limit` images that are what is looked for, after `from`. It looks at [`SEARCHED_MAX`] images at most: then
/// [`Listed::older`] goes on from there, and [`Listed::searched_until`] says how far it came, though fewer images than
/// `limit` were found, or none.
///
/// # Errors
/// If the database fails.
pub async fn search_images(
    app: &App,
    scope: Scope<'_>,
    query: &Query,
    from: &Place,
    limit: usize,
) -> Result<Listed, Fault> {
    let (sql, attempted) = (app.ports.sql.as_ref(), "look for images");
    let last = search::last_of(sql, scope, from, SEARCHED_MAX).await.attempt(attempted)?;
    let rows_max = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let bounds = (from, last.as_ref());
    let candidates = search::candidates(sql, scope, query, bounds, app.now(), rows_max).await.attempt(attempted)?;
    let is_cut = candidates.len() > limit;
    let (mut images, mut unfolded, mut reached) = (Vec::new(), Vec::new(), None);
    for candidate in candidates.into_iter().take(limit) {
        if let (Found::Present(image), false) = (&candidate.found, candidate.is_folded) {
            unfolded.push(image.clone());
        }
        let Some(image) = taken(candidate.found) else { continue };
        reached = Some(place(&image));
        if candidate.is_folded || query.finds(image.details()) {
            images.push(image);
        }
    }
    fold(app, &unfolded).await;
    // Cut short by its length, the list goes on after the last row that was looked at; otherwise after all that were.
    let (older, searched_until) = match (is_cut, last) {
        (true, _) => (reached, None),
        (false, last) => (last.clone(), last.map(|last| last.created_at)),
    };
    Ok(Listed { images, older, newer: None, searched_until })
}

/// Writes what images are found by that came before it was written at once. That makes the next search quicker, and
/// nothing depends on it.
async fn fold(app: &App, unfolded: &[Box<Image>]) {
    let text = |image: &Image| (image.id.clone(), search_text(&image.details));
    let texts: Vec<(ImageId, String)> = unfolded.iter().take(FOLDED_MAX).map(|image| text(image)).collect();
    if !texts.is_empty() {
        let written = search::fold(app.ports.sql.as_ref(), &texts).await.attempt("write what images are found by");
        drop(written.inspect_err(|fault| log_fault(app, fault)));
    }
}
