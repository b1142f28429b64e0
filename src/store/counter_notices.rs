//! The `counter_notices` table: what uploaders answer to claims of copyright, and the clocks of that.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, ImageId, NoticeId};
use crate::domain::image::{RemovalReason, State};
use crate::domain::notice::{CounterNotice, CounterOutcome};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

/// The columns of [`CounterNotice`].
macro_rules! counter_notices {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, notice_id, image_id, sealed, received_at, forwarded_at, restore_not_before, restore_not_after, suit_at,
           settled_at, outcome
    FROM counter_notices
    WHERE ",
            $condition
        )
    };
}

const INSERT: &str = "
    INSERT INTO counter_notices (id, notice_id, image_id, sealed, received_at, forwarded_at, restore_not_before,
                                 restore_not_after)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
    WHERE EXISTS (SELECT 1 FROM notices WHERE id = ?2 AND kind = 'copyright' AND outcome = 'prohibited')
    RETURNING id";

const OF_NOTICE: &str = counter_notices!("notice_id = ?1 ORDER BY image_id LIMIT ?2");

// Whose account is about to be erased may still undo that. That a court was asked, a database that was set back may know from the
// hold only, which the journal brings back.
const DUE: &str = counter_notices!(
    "settled_at IS NULL AND suit_at IS NULL AND restore_not_before <= ?1
       AND NOT EXISTS (SELECT 1 FROM images JOIN accounts ON accounts.id = images.account_id
                       WHERE images.id = counter_notices.image_id AND accounts.erase_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.image_id = counter_notices.image_id AND kind = 'counter_notice'
                         AND released_at IS NULL AND reason = 'a court was asked')
     ORDER BY restore_not_before LIMIT ?2"
);

const NOTE_SUIT: &str = "
    UPDATE counter_notices SET suit_at = ?2 WHERE notice_id = ?1 AND suit_at IS NULL AND settled_at IS NULL RETURNING id";

const SETTLE: &str = "
    UPDATE counter_notices SET settled_at = ?2, outcome = ?3 WHERE id = ?1 AND settled_at IS NULL";

const ANSWERABLE: &str = "
    SELECT images.id, images.account_id, images.delete_token_hash, images.state, images.removal_reason
    FROM notice_images JOIN images ON images.id = notice_images.image_id
    WHERE notice_images.notice_id = ?1 AND notice_images.image_id = ?2
      AND EXISTS (SELECT 1 FROM holds WHERE holds.image_id = ?2 AND kind = 'counter_notice' AND released_at IS NULL
                                        AND until > ?3)";

const SETTLE_OF_ACCOUNT: &str = "
    UPDATE counter_notices SET settled_at = ?2, outcome = 'gone'
    WHERE settled_at IS NULL AND image_id IN (SELECT id FROM images WHERE account_id = ?1)";

const RELEASE_OF_ACCOUNT: &str = "
    UPDATE holds SET released_at = ?2
    WHERE kind = 'counter_notice' AND released_at IS NULL AND image_id IN (SELECT id FROM images WHERE account_id = ?1)
      AND NOT EXISTS (SELECT 1 FROM counter_notices AS c WHERE c.image_id = holds.image_id AND c.suit_at IS NOT NULL)";

const HASTEN_OF_ACCOUNT: &str = "
    UPDATE images SET erase_after = ?2
    WHERE account_id = ?1 AND state = 'recovery' AND erase_after > ?2
      AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?2)";

pub(super) const STATEMENTS: &[&str] =
    &[INSERT, OF_NOTICE, DUE, NOTE_SUIT, SETTLE, ANSWERABLE, SETTLE_OF_ACCOUNT, RELEASE_OF_ACCOUNT, HASTEN_OF_ACCOUNT];

/// Why an image is held about which a court was asked (see the statement above).
pub const SUIT_REASON: &str = "a court was asked";

/// An image of a notice, and what shows whose it is.
#[derive(Clone, Debug, Deserialize)]
pub struct Answerable {
    /// The image.
    pub id: ImageId,
    /// Whose it is, if somebody's.
    pub account_id: Option<AccountId>,
    /// Hash of its delete token; none: its bytes are erased.
    pub delete_token_hash: Option<String>,
    /// Where it is.
    pub state: State,
    /// Why it left.
    pub removal_reason: Option<RemovalReason>,
}

/// Writes a counter-notice down, if the notice led to a removal for copyright; a second one to the same is a conflict, and its
/// batch writes nothing.
#[must_use]
pub fn insert(counter: &CounterNotice) -> Statement {
    let params = [
        counter.id.as_str().into(),
        counter.notice_id.as_str().into(),
        counter.image_id.as_str().into(),
        counter.sealed.as_str().into(),
        counter.received_at.0.into(),
        counter.forwarded_at.0.into(),
        counter.restore_not_before.0.into(),
        counter.restore_not_after.0.into(),
    ];
    Statement::new(INSERT, params)
}

/// At most `limit` counter-notices to a notice.
///
/// # Errors
/// If the database fails.
pub async fn of_notice(sql: &dyn Sql, notice: &NoticeId, limit: i64) -> Result<Vec<CounterNotice>, SqlFailure> {
    read(run(sql, Statement::new(OF_NOTICE, [notice.as_str().into(), limit.into()])).await?)
}

/// At most `limit` counter-notices after which images are to come back.
///
/// # Errors
/// If the database fails.
pub async fn due(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<CounterNotice>, SqlFailure> {
    read(run(sql, Statement::new(DUE, [now.0.into(), limit.into()])).await?)
}

/// Writes down that a court was asked, of every open counter-notice to a notice.
#[must_use]
pub fn note_suit(notice: &NoticeId, now: Timestamp) -> Statement {
    Statement::new(NOTE_SUIT, [notice.as_str().into(), now.0.into()])
}

/// Says what came of a counter-notice; once.
#[must_use]
pub fn settle(id: &NoticeId, outcome: CounterOutcome, now: Timestamp) -> Statement {
    Statement::new(SETTLE, [id.as_str().into(), now.0.into(), outcome.as_str().into()])
}

/// The image of a notice, and what shows whose it is; none: it is no part of the notice, or nothing is kept for an answer any more.
///
/// # Errors
/// If the database fails.
pub async fn answerable(
    sql: &dyn Sql,
    notice: &NoticeId,
    image: &ImageId,
    now: Timestamp,
) -> Result<Option<Answerable>, SqlFailure> {
    let params = [notice.as_str().into(), image.as_str().into(), now.0.into()];
    run(sql, Statement::new(ANSWERABLE, params)).await?.into_iter().next().map(read_row).transpose()
}

/// Settles what waits about images of an account that is being erased: nothing of it comes back, and nothing is kept for that but
/// what a court was asked about. For the batch of the erasure, before the images are nobody's.
#[must_use]
pub fn settle_of_account(account: &AccountId, now: Timestamp) -> [Statement; 3] {
    let statement = |sql| Statement::new(sql, [account.as_str().into(), now.0.into()]);
    [statement(SETTLE_OF_ACCOUNT), statement(RELEASE_OF_ACCOUNT), statement(HASTEN_OF_ACCOUNT)]
}

fn read<T: for<'de> Deserialize<'de>>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}
