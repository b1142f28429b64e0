//! A collection, for somebody who may see it or fill it. Everybody else learns no more than that there is none.

use super::act_for::{Need, act_for};
use crate::app::App;
use crate::domain::ids::CollectionId;
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Fault};
use crate::store::collections::{self, Collection};

/// A collection that somebody may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCollection {
    /// The collection.
    pub collection: Collection,
    /// The account to which the collection and the images in it belong.
    pub owner: Member,
}

/// The collection `id`, if it is there and `member` may do with it what is needed.
///
/// # Errors
/// If the database fails.
pub async fn open_collection(
    app: &App,
    member: &Member,
    id: &CollectionId,
    need: Need,
) -> Result<Option<OpenCollection>, Fault> {
    let found = collections::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find the collection {id}"))?;
    let Some(collection) = found else { return Ok(None) };
    let owner = act_for(app, member, &collection.account_id, need).await?;
    Ok(owner.map(|owner| OpenCollection { collection, owner }))
}
