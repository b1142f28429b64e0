//! The images of an account or in a collection, the latest first.

use crate::app::App;
use crate::domain::listing::Place;
use crate::domain::search::Query;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::store::gallery;
use crate::store::images::Found;
use crate::usecases::search_images::search_images;
use crate::usecases::upload::Taken;

pub use crate::store::gallery::Scope;

/// From where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// From the latest.
    Start,
    /// With what came before the image at this place.
    Before(Place),
    /// With what came just after the image at this place.
    After(Place),
}

/// A stretch of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The images, the latest first.
    pub images: Vec<Taken>,
    /// Whether there are older ones, and from where they go on.
    pub older: Option<Place>,
    /// Whether there are newer ones, and from where they go on.
    pub newer: Option<Place>,
    /// Of a search that looked at as many as it may, and not at all: when the last one came that it looked at.
    pub searched_until: Option<Timestamp>,
}

/// At most `limit` images of those in `scope`, which the caller has found to be somebody's who may see them.
///
/// # Errors
/// If the database fails.
pub async fn list_images(app: &App, scope: Scope<'_>, from: &From, limit: usize) -> Result<Listed, Fault> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    // One more tells whether there are more.
    let rows_max = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let found = match from {
        From::Start => gallery::older(sql, scope, &Place::START, now, rows_max).await,
        From::Before(place) => gallery::older(sql, scope, place, now, rows_max).await,
        From::After(place) => gallery::newer(sql, scope, place, now, rows_max).await,
    };
    let found = found.attempt("list images")?;
    let mut images: Vec<Taken> = found.into_iter().filter_map(taken).collect();
    let are_more = images.len() > limit;
    images.truncate(limit);
    if matches!(from, From::After(_)) {
        images.reverse();
    }
    let (first, last) = (images.first().map(place), images.last().map(place));
    let (older, newer) = match from {
        From::Start => (last.filter(|_| are_more), None),
        From::Before(_) => (last.filter(|_| are_more), first),
        From::After(_) => (last, first.filter(|_| are_more)),
    };
    Ok(Listed { images, older, newer, searched_until: None })
}

/// As [`list_images`], of those images only that are what is looked for. A search goes from the latest on: where it
/// would go back, it begins anew.
///
/// # Errors
/// If the database fails.
pub async fn find_images(
    app: &App,
    scope: Scope<'_>,
    query: &Query,
    from: &From,
    limit: usize,
) -> Result<Listed, Fault> {
    match from {
        _ if query.is_empty() => list_images(app, scope, from, limit).await,
        From::Before(place) => search_images(app, scope, query, place, limit).await,
        From::Start | From::After(_) => search_images(app, scope, query, &Place::START, limit).await,
    }
}

/// An image that is in use.
pub(super) fn taken(found: Found) -> Option<Taken> {
    match found {
        Found::Present(image) => Some(Taken::Public(image)),
        Found::Held(image) => Some(Taken::Held(image)),
        Found::Departed(_) | Found::Withheld => None,
    }
}

/// Where an image is in the list.
pub(super) fn place(image: &Taken) -> Place {
    match image {
        Taken::Public(image) => Place::of(image),
        Taken::Held(image) => Place::of_held(image),
    }
}
