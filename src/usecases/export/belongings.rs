//! What belongs to an account or to a team alike, for the first file of an export.

use super::documents::{CollectionEntry, StorageEntry, TicketEntry, told};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::error::Fault;
use crate::usecases::check_quota::storage_of;
use crate::usecases::collections::all_collections;
use crate::usecases::list_tickets::list_tickets;

pub(super) async fn storage(app: &App, id: &AccountId) -> Result<StorageEntry, Fault> {
    let storage = storage_of(app, id).await?;
    Ok(StorageEntry { images: storage.images, bytes: storage.bytes })
}

pub(super) async fn tickets(app: &App, owner: &Member) -> Result<Vec<TicketEntry>, Fault> {
    let entries = list_tickets(app, owner, None).await?.into_iter().map(|ticket| TicketEntry {
        id: ticket.id.to_string(),
        collection: ticket.limits.collection.as_ref().map(ToString::to_string),
        uses: ticket.uses,
        uses_max: ticket.limits.uses_max,
        created_at: ticket.created_at.rfc3339(),
        expires_at: ticket.expires_at.rfc3339(),
        revoked_at: told(ticket.revoked_at),
    });
    Ok(entries.collect())
}

pub(super) async fn collections(app: &App, id: &AccountId) -> Result<Vec<CollectionEntry>, Fault> {
    let entries = all_collections(app, id).await?.into_iter().map(|counted| CollectionEntry {
        id: counted.collection.id.to_string(),
        name: counted.collection.name,
        images: counted.images,
        created_at: counted.collection.created_at.rfc3339(),
    });
    Ok(entries.collect())
}
