//! Makes, lists, renames and deletes collections. Deleting one deletes no image: what is in it stays in the gallery.

use super::act_for::Need;
use super::open_collection::{OpenCollection, open_collection};
use super::typed;
use crate::app::App;
use crate::domain::ids::{AccountId, CollectionId, ID_BYTES};
use crate::domain::listing::Place;
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::collections::{COLLECTIONS_MAX, NAME_CHARS_MAX};
use crate::ports::sql::SqlFailure;
use crate::store::collections;

pub use crate::store::collections::{Collection, CountedCollection};

/// A stretch of a list of collections.
#[derive(Clone, Debug)]
pub struct ListedCollections {
    /// The collections, the latest first.
    pub collections: Vec<CountedCollection>,
    /// Whether there are older ones, and from where they go on.
    pub older: Option<Place<CollectionId>>,
}

/// Makes a collection for the account `owner`, in whose name somebody acts.
///
/// # Errors
/// `InvalidField`, `TooManyCollections`; a fault if something of ours failed. After a fault the collection may be there, empty: it
/// is in the list.
pub async fn create_collection(app: &App, owner: &AccountId, name: &str) -> Result<CountedCollection, Error> {
    let name = typed::line("name", name, 1, NAME_CHARS_MAX)?;
    let attempted = "make a collection";
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt(attempted)?;
    let id = CollectionId::from_random(random);
    let collection = Collection { id, account_id: owner.clone(), name, created_at: app.now() };
    match collections::insert_unless_full(app.ports.sql.as_ref(), &collection, COLLECTIONS_MAX).await {
        // A write that the platform repeated meets its own first try: the id is fresh. Or it is the last that there may
        // be, and the repeat finds the account full.
        Ok(true) | Err(SqlFailure::Conflict(_)) => {}
        Ok(false) => {
            let found = collections::find(app.ports.sql.as_ref(), &collection.id).await.attempt(attempted)?;
            found.ok_or(Problem::TooManyCollections { collections_max: COLLECTIONS_MAX })?;
        }
        Err(failure) => return Err(Fault { attempted: attempted.into(), cause: failure.into() }.into()),
    }
    Ok(CountedCollection { collection, images: 0 })
}

/// At most `limit` collections of the account `owner`, in whose name somebody acts, after `place`.
///
/// # Errors
/// If the database fails.
pub async fn list_collections(
    app: &App,
    owner: &AccountId,
    place: &Place<CollectionId>,
    limit: usize,
) -> Result<ListedCollections, Fault> {
    // One more tells whether there are more.
    let rows_max = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let found = collections::list(app.ports.sql.as_ref(), owner, place, rows_max).await;
    let mut found = found.attempt(&format!("list the collections of {owner}"))?;
    let are_more = found.len() > limit;
    found.truncate(limit);
    let place = |last: &CountedCollection| Place {
        created_at: last.collection.created_at,
        id: Some(last.collection.id.clone()),
    };
    let older = found.last().map(place).filter(|_| are_more);
    Ok(ListedCollections { collections: found, older })
}

/// Every collection of the account `owner`, in whose name somebody acts, in the order of their names.
///
/// # Errors
/// If the database fails.
pub async fn all_collections(app: &App, owner: &AccountId) -> Result<Vec<CountedCollection>, Fault> {
    let limit = usize::try_from(COLLECTIONS_MAX).unwrap_or(usize::MAX);
    let mut all = list_collections(app, owner, &Place::START, limit).await?.collections;
    all.sort_by_cached_key(|counted| crate::domain::search::folded(&counted.collection.name));
    Ok(all)
}

/// The collection `id` with how many images are in it.
///
/// # Errors
/// `NotFound`, also for whom it is not; a fault if the database fails.
pub async fn show_collection(app: &App, member: &Member, id: &CollectionId) -> Result<CountedCollection, Error> {
    let OpenCollection { collection, .. } = opened(app, member, id, Need::See).await?;
    count(app, collection).await
}

/// Calls the collection `id` otherwise.
///
/// # Errors
/// `NotFound`, also for whom it is not; `InvalidField`; a fault if the database fails.
pub async fn rename_collection(
    app: &App,
    member: &Member,
    id: &CollectionId,
    name: &str,
) -> Result<CountedCollection, Error> {
    let OpenCollection { collection, owner } = opened(app, member, id, Need::Change).await?;
    let name = typed::line("name", name, 1, NAME_CHARS_MAX)?;
    let renamed = collections::rename(app.ports.sql.as_ref(), id, &owner.account_id, &name).await;
    if !renamed.attempt(&format!("rename the collection {id}"))? {
        return Err(Problem::NotFound.into());
    }
    count(app, Collection { name, ..collection }).await
}

/// Deletes the collection `id`, and no image.
///
/// # Errors
/// `NotFound`, also for whom it is not; a fault if the database fails: then it is as it was, or deleted.
pub async fn delete_collection(app: &App, member: &Member, id: &CollectionId) -> Result<(), Error> {
    let OpenCollection { owner, .. } = opened(app, member, id, Need::Change).await?;
    let deleted = collections::delete(app.ports.sql.as_ref(), id, &owner.account_id).await;
    Ok(deleted.attempt(&format!("delete the collection {id}"))?)
}

async fn opened(app: &App, member: &Member, id: &CollectionId, need: Need) -> Result<OpenCollection, Error> {
    Ok(open_collection(app, member, id, need).await?.ok_or(Problem::NotFound)?)
}

async fn count(app: &App, collection: Collection) -> Result<CountedCollection, Error> {
    let images = collections::count_images(app.ports.sql.as_ref(), &collection.id).await;
    let images = images.attempt(&format!("count the images in the collection {}", collection.id))?;
    Ok(CountedCollection { collection, images })
}
