//! The images of an account, the latest first.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::listing::Place;
use crate::error::{Attempt as _, Fault};
use crate::store::gallery;
use crate::store::images::Found;
use crate::usecases::upload::Taken;

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
}

/// At most `limit` images of an account.
///
/// # Errors
/// If the database fails.
pub async fn list_images(app: &App, account: &AccountId, from: &From, limit: usize) -> Result<Listed, Fault> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    // One more tells whether there are more.
    let rows_max = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let found = match from {
        From::Start => gallery::older(sql, account, &Place::START, now, rows_max).await,
        From::Before(place) => gallery::older(sql, account, place, now, rows_max).await,
        From::After(place) => gallery::newer(sql, account, place, now, rows_max).await,
    };
    let found = found.attempt(&format!("list the images of {account}"))?;
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
    Ok(Listed { images, older, newer })
}

fn taken(found: Found) -> Option<Taken> {
    match found {
        Found::Present(image) => Some(Taken::Public(image)),
        Found::Held(image) => Some(Taken::Held(image)),
        Found::Departed(_) | Found::Withheld => None,
    }
}

fn place(image: &Taken) -> Place {
    match image {
        Taken::Public(image) => Place::of(image),
        Taken::Held(image) => Place::of_held(image),
    }
}
