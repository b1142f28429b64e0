//! The tables `tickets` and `ticket_uses`: what lets somebody upload for an account, and which images came so.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::{AccountId, CollectionId, ImageId, TicketId};
use crate::domain::ticket::{Ticket, TicketLimits, TicketText, format_words, read_formats};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT_UNLESS_FULL: &str = "
    INSERT INTO tickets (id, account_id, token_hash, collection_id, bytes_max, formats, ttl_ms, is_private, uses_max,
                         created_at, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
    WHERE (SELECT count(*) FROM tickets
           WHERE account_id = ?2 AND revoked_at IS NULL AND expires_at > ?10 AND uses < uses_max) < ?12
    RETURNING id";

const FIND_BY_HASH: &str = "
    SELECT id, account_id, collection_id, bytes_max, formats, ttl_ms, is_private, uses_max, uses, created_at,
           expires_at, revoked_at
    FROM tickets
    WHERE token_hash = ?1
      AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = tickets.account_id AND erase_at IS NOT NULL)";

const FIND: &str = "
    SELECT id, account_id, collection_id, bytes_max, formats, ttl_ms, is_private, uses_max, uses, created_at,
           expires_at, revoked_at
    FROM tickets WHERE id = ?1";

const LIST: &str = "
    SELECT id, account_id, collection_id, bytes_max, formats, ttl_ms, is_private, uses_max, uses, created_at,
           expires_at, revoked_at
    FROM tickets WHERE account_id = ?1 AND (?2 IS NULL OR collection_id = ?2) ORDER BY created_at DESC, id DESC LIMIT ?3";

const REVOKE: &str = "UPDATE tickets SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 RETURNING id";

const RECORD_USE: &str = "
    INSERT INTO ticket_uses (image_id, ticket_id)
    VALUES (?1, (SELECT id FROM tickets WHERE id = ?2 AND revoked_at IS NULL AND expires_at > ?3))";

const COUNT_USE: &str = "UPDATE tickets SET uses = uses + 1 WHERE id = ?1";

const GIVE_USES_BACK: &str = "
    UPDATE tickets
    SET uses = uses - (SELECT count(*) FROM ticket_uses AS given JOIN images ON images.id = given.image_id
                       WHERE given.ticket_id = tickets.id AND given.image_id IN (SELECT value FROM json_each(?1))
                         AND (images.state = 'pending'
                              OR (images.state = 'removing' AND images.removal_reason = 'abandoned')))
    WHERE id IN (SELECT ticket_id FROM ticket_uses WHERE image_id IN (SELECT value FROM json_each(?1)))";

const FORGET_GIVEN_BACK: &str = "
    DELETE FROM ticket_uses
    WHERE image_id IN (SELECT id FROM images
                       WHERE id IN (SELECT value FROM json_each(?1))
                         AND (state = 'pending' OR (state = 'removing' AND removal_reason = 'abandoned')))";

const FORGET_USES_OF_EXPIRED: &str = "
    DELETE FROM ticket_uses
    WHERE ticket_id IN (SELECT id FROM tickets WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

const FORGET_EXPIRED: &str = "
    DELETE FROM tickets
    WHERE id IN (SELECT id FROM tickets WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING id";

const FORGET_USES_OF_ACCOUNT: &str = "
    DELETE FROM ticket_uses WHERE ticket_id IN (SELECT id FROM tickets WHERE account_id = ?1)";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM tickets WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT_UNLESS_FULL,
    FIND_BY_HASH,
    FIND,
    LIST,
    REVOKE,
    RECORD_USE,
    COUNT_USE,
    GIVE_USES_BACK,
    FORGET_GIVEN_BACK,
    FORGET_USES_OF_EXPIRED,
    FORGET_EXPIRED,
    FORGET_USES_OF_ACCOUNT,
    FORGET_OF_ACCOUNT,
];

#[derive(Deserialize)]
struct TicketRow {
    id: TicketId,
    account_id: AccountId,
    collection_id: Option<CollectionId>,
    bytes_max: Option<u64>,
    formats: Option<String>,
    ttl_ms: Option<i64>,
    is_private: i64,
    uses_max: i64,
    uses: i64,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl TicketRow {
    fn into_ticket(self) -> Result<Ticket, SqlFailure> {
        let unreadable = || SqlFailure::Failed("a ticket's formats cannot be read".into());
        let read = |words: String| read_formats(words.split_whitespace()).ok_or_else(unreadable);
        Ok(Ticket {
            id: self.id,
            account_id: self.account_id,
            limits: TicketLimits {
                collection: self.collection_id,
                bytes_max: self.bytes_max,
                formats: self.formats.map(read).transpose()?,
                ttl_ms: self.ttl_ms,
                is_private: self.is_private != 0,
                uses_max: self.uses_max,
            },
            uses: self.uses,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        })
    }
}

/// Keeps a ticket, of which the text is told once, unless its account has `tickets_max` that can still be used; answers
/// whether it was kept.
///
/// # Errors
/// If the database fails; a conflict means that this very ticket is kept already.
pub async fn insert_unless_full(
    sql: &dyn Sql,
    ticket: &Ticket,
    text: &TicketText,
    tickets_max: i64,
) -> Result<bool, SqlFailure> {
    let limits = &ticket.limits;
    let params = [
        ticket.id.as_str().into(),
        ticket.account_id.as_str().into(),
        text.hash().into(),
        limits.collection.as_ref().map(CollectionId::as_str).into(),
        limits.bytes_max.and_then(|bytes| i64::try_from(bytes).ok()).into(),
        limits.formats.as_deref().map(format_words).into(),
        limits.ttl_ms.into(),
        i64::from(limits.is_private).into(),
        limits.uses_max.into(),
        ticket.created_at.0.into(),
        ticket.expires_at.0.into(),
        tickets_max.into(),
    ];
    Ok(!run(sql, Statement::new(INSERT_UNLESS_FULL, params)).await?.is_empty())
}

/// The ticket of this text, also if it has ended.
///
/// # Errors
/// If the database fails.
pub async fn find_by_text(sql: &dyn Sql, text: &TicketText) -> Result<Option<Ticket>, SqlFailure> {
    one(sql, Statement::new(FIND_BY_HASH, [text.hash().into()])).await
}

/// The ticket of this name, whosever it is.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &TicketId) -> Result<Option<Ticket>, SqlFailure> {
    one(sql, Statement::new(FIND, [id.as_str().into()])).await
}

async fn one(sql: &dyn Sql, statement: Statement) -> Result<Option<Ticket>, SqlFailure> {
    let row = run(sql, statement).await?.into_iter().next();
    row.map(|row| read_row::<TicketRow>(row)?.into_ticket()).transpose()
}

/// At most `limit` tickets of an account, the latest first; with `only`, of those for this collection.
///
/// # Errors
/// If the database fails.
pub async fn list(
    sql: &dyn Sql,
    account_id: &AccountId,
    only: Option<&CollectionId>,
    limit: i64,
) -> Result<Vec<Ticket>, SqlFailure> {
    let params = [account_id.as_str().into(), only.map(CollectionId::as_str).into(), limit.into()];
    let rows = run(sql, Statement::new(LIST, params)).await?;
    rows.into_iter().map(|row| read_row::<TicketRow>(row)?.into_ticket()).collect()
}

/// Ends a ticket. One that has ended stays ended when it did.
///
/// # Errors
/// If the database fails.
pub async fn revoke(sql: &dyn Sql, id: &TicketId, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(REVOKE, [id.as_str().into(), now.0.into()])).await.map(drop)
}

/// Uses a ticket for the image `image`, in the batch that writes the image's intent. The batch fails if the ticket does not
/// hold, by a NOT NULL, or is used up, by a CHECK: so nothing is taken in that it does not allow, however many come at once.
#[must_use]
pub fn use_for(id: &TicketId, image: &ImageId, now: Timestamp) -> [Statement; 2] {
    [
        Statement::new(RECORD_USE, [image.as_str().into(), id.as_str().into(), now.0.into()]),
        Statement::new(COUNT_USE, [id.as_str().into()]),
    ]
}

/// Gives back what drafts that are given up have used, in the batch that forgets them, before it does. What was given back
/// is forgotten with it: a second time gives nothing back, nor does it for an image that is there.
#[must_use]
pub fn give_back(images: &[ImageId]) -> [Statement; 2] {
    let list = json_list(images.iter().map(ImageId::as_str));
    [Statement::new(GIVE_USES_BACK, [list.as_str().into()]), Statement::new(FORGET_GIVEN_BACK, [list.into()])]
}

/// Forgets at most `limit` tickets that expired at or before `until`, and what came with them; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_expired(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    let of = |statement| Statement::new(statement, [until.0.into(), limit.into()]);
    let results = sql.batch(vec![of(FORGET_USES_OF_EXPIRED), of(FORGET_EXPIRED)]).await?;
    Ok(results.last().map_or(0, Vec::len))
}

/// Forgets every ticket of an account, and what came with them, with the account.
#[must_use]
pub fn forget_of_account(account_id: &AccountId) -> [Statement; 2] {
    [FORGET_USES_OF_ACCOUNT, FORGET_OF_ACCOUNT].map(|statement| Statement::new(statement, [account_id.as_str().into()]))
}
