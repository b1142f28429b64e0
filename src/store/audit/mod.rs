//! What the auditor asks of the database. Its questions are its own: a mistake in those of the jobs is none of these. What it finds
//! is written down in [`super::audits`].

mod due;

use serde::Deserialize;

use super::audits::Tally;
use super::{json_list, run};
use crate::domain::ids::{AccountId, ExportId, ImageId};
use crate::domain::image::State;
use crate::domain::retention::{Surface, Tier};
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

pub use self::due::DUE;

const IMAGES: &str = "
    SELECT id, state, surface, verdict, created_at, expires_at, account_id, owner_tier, gone_at,
           facts IS NOT NULL OR details IS NOT NULL OR sha256 IS NOT NULL OR search_text IS NOT NULL AS has_content,
           (SELECT count(*) FROM holds WHERE image_id = images.id) AS holds,
           (SELECT verdict FROM decisions WHERE image_id = images.id ORDER BY number DESC LIMIT 1) AS decided,
           EXISTS (SELECT 1 FROM accounts WHERE id = images.account_id)
             OR EXISTS (SELECT 1 FROM teams WHERE id = images.account_id) AS has_owner
    FROM images WHERE id > ?1 ORDER BY id LIMIT ?2";

const STATES: &str = "
    SELECT id, state, created_at, removing_at, erase_after FROM images
    WHERE id > ?1 AND id <= ?2 AND state IN (SELECT value FROM json_each(?3)) ORDER BY id LIMIT ?4";

const STATE: &str = "SELECT id, state, created_at, removing_at, erase_after FROM images WHERE id = ?1";

const ACCOUNTS: &str = "
    SELECT id, email, name, email_lookup, created_at, erase_at FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2";

const KNOWN_ACCOUNTS: &str = "
    SELECT id FROM accounts WHERE id IN (SELECT value FROM json_each(?1))
    UNION ALL SELECT id FROM key_holders WHERE id IN (SELECT value FROM json_each(?1))";

const HOLDERS: &str = "SELECT id, made_at FROM key_holders WHERE id > ?1 ORDER BY id LIMIT ?2";

const KNOWN_EXPORTS: &str = "SELECT id FROM exports WHERE id IN (SELECT value FROM json_each(?1))";

const ONE_LIVE: &str = "SELECT id, sha256 FROM images WHERE id = ?1 AND state = 'live'";

const SOME_LIVE: &str = "SELECT id, sha256 FROM images WHERE id > ?1 AND state = 'live' ORDER BY id LIMIT ?2";

const START_JOBS: &str = "
    INSERT INTO leases (job, fence, held_until, done_at) SELECT value, 0, 0, ?2 FROM json_each(?1) WHERE true
    ON CONFLICT (job) DO UPDATE SET done_at = ?2 WHERE done_at IS NULL";

const JOBS: &str = "SELECT job, done_at FROM leases WHERE job IN (SELECT value FROM json_each(?1)) ORDER BY job";

const JOURNAL_WAITS: &str = "
    SELECT emptied_at FROM journal_state WHERE id = 1 AND (SELECT min(number) FROM journal) IS NOT NULL";

const START_EDITION: &str = "
    INSERT INTO policy_editions (number, known_since) VALUES (?1, ?2) ON CONFLICT (number) DO NOTHING";

const EDITION: &str = "SELECT known_since FROM policy_editions WHERE number = ?1";

// Whoever is about to be erased is told if they stay.
const BEHIND_EDITION: &str = "SELECT id FROM accounts WHERE policy_told < ?1 AND erase_at IS NULL LIMIT ?2";

pub(super) const STATEMENTS: &[&str] = &[
    IMAGES,
    STATES,
    STATE,
    ACCOUNTS,
    KNOWN_ACCOUNTS,
    HOLDERS,
    KNOWN_EXPORTS,
    ONE_LIVE,
    SOME_LIVE,
    START_JOBS,
    JOBS,
    JOURNAL_WAITS,
    START_EDITION,
    EDITION,
    BEHIND_EDITION,
];

#[derive(Deserialize)]
struct DueRow {
    checked: u64,
    broken: u64,
    earliest: Option<i64>,
}

/// An image, as the auditor sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditedImage {
    /// Its name.
    pub id: ImageId,
    /// Where it is in its life.
    pub state: State,
    /// How it came in.
    pub surface: Surface,
    /// What its row says was concluded about it.
    pub verdict: Verdict,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it leaves public view.
    pub expires_at: Option<Timestamp>,
    /// Whose it is.
    pub account_id: Option<AccountId>,
    /// As what its owner got the promise.
    pub owner_tier: Option<Tier>,
    /// When its bytes were erased.
    pub gone_at: Option<Timestamp>,
    /// 1: its row still says something about what it was.
    pub has_content: i64,
    /// How many holds were placed on it.
    pub holds: i64,
    /// What the latest decision about it concluded.
    pub decided: Option<Verdict>,
    /// 1: there is such an account or team.
    pub has_owner: i64,
}

/// Where an image is in its life.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditedState {
    /// Its name.
    pub id: ImageId,
    /// Its state.
    pub state: State,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its removal began.
    pub removing_at: Option<Timestamp>,
    /// When its bytes are erased.
    pub erase_after: Option<Timestamp>,
}

/// An account, as the auditor sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditedAccount {
    /// Its name in our tables.
    pub id: AccountId,
    /// What should be a sealed address.
    pub email: String,
    /// What should be a sealed name.
    pub name: String,
    /// What should be a keyed hash.
    pub email_lookup: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is erased.
    pub erase_at: Option<Timestamp>,
}

/// Who has a key without an account, as the auditor sees them.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditedHolder {
    /// The name of the key.
    pub id: AccountId,
    /// When it was made.
    pub made_at: Timestamp,
}

/// An image whose bytes are to be read again.
#[derive(Clone, Debug, Deserialize)]
pub struct Sampled {
    /// Its name.
    pub id: ImageId,
    /// What its bytes should come to.
    pub sha256: String,
}

/// When a job last ended well.
#[derive(Clone, Debug, Deserialize)]
pub struct JobRun {
    /// Its name.
    pub job: String,
    /// When.
    pub done_at: Timestamp,
}

pub(super) fn read<T: serde::de::DeserializeOwned>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}

/// Looks at the rows that `question` of [`DUE`] is about: at most `limit` whose time, `kept_ms` after what they say, comes first.
/// Those that are past it by more than `allowance_ms` at `now` break the rule.
///
/// # Errors
/// If the database fails.
pub async fn due(
    sql: &dyn Sql,
    question: &'static str,
    (kept_ms, allowance_ms): (i64, i64),
    now: Timestamp,
    limit: i64,
) -> Result<Tally, SqlFailure> {
    let late = now.plus_ms(-allowance_ms);
    let params = [late.0.into(), kept_ms.into(), limit.into()];
    let row = run(sql, Statement::new(question, params)).await?.into_iter().next();
    let row: Option<DueRow> = row.map(read_row).transpose()?;
    let tally = |row: DueRow| Tally {
        checked: row.checked,
        broken: row.broken,
        worst_ms: row.earliest.map_or(0, |earliest| late.0.saturating_sub(earliest)).max(0),
        example: None,
    };
    Ok(row.map(tally).unwrap_or_default())
}

/// A page of all images, in order of names.
///
/// # Errors
/// If the database fails.
pub async fn images(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<AuditedImage>, SqlFailure> {
    read(run(sql, Statement::new(IMAGES, [after.into(), limit.into()])).await?)
}

/// Images in one of `states` whose names are after `after` and not after `until`, in order.
///
/// # Errors
/// If the database fails.
pub async fn states(
    sql: &dyn Sql,
    (after, until): (&str, &str),
    states: &[&'static str],
    limit: i64,
) -> Result<Vec<AuditedState>, SqlFailure> {
    let list = json_list(states.iter().copied());
    read(run(sql, Statement::new(STATES, [after.into(), until.into(), list.into(), limit.into()])).await?)
}

/// Where one image is in its life.
///
/// # Errors
/// If the database fails.
pub async fn state(sql: &dyn Sql, id: &ImageId) -> Result<Option<AuditedState>, SqlFailure> {
    Ok(read(run(sql, Statement::new(STATE, [id.as_str().into()])).await?)?.into_iter().next())
}

/// A page of all accounts, in order of names.
///
/// # Errors
/// If the database fails.
pub async fn accounts(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<AuditedAccount>, SqlFailure> {
    read(run(sql, Statement::new(ACCOUNTS, [after.into(), limit.into()])).await?)
}

/// A page of who has a key without an account, in order of names.
///
/// # Errors
/// If the database fails.
pub async fn holders(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<AuditedHolder>, SqlFailure> {
    read(run(sql, Statement::new(HOLDERS, [after.into(), limit.into()])).await?)
}

/// Those of `ids` that are accounts, or have a key without one.
///
/// # Errors
/// If the database fails.
pub async fn known_accounts(sql: &dyn Sql, ids: &[AccountId]) -> Result<Vec<AccountId>, SqlFailure> {
    #[derive(Deserialize)]
    struct IdRow {
        id: AccountId,
    }
    let list = json_list(ids.iter().map(AccountId::as_str));
    let rows: Vec<IdRow> = read(run(sql, Statement::new(KNOWN_ACCOUNTS, [list.into()])).await?)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Those of `ids` of which there are rows.
///
/// # Errors
/// If the database fails.
pub async fn known_exports(sql: &dyn Sql, ids: &[ExportId]) -> Result<Vec<ExportId>, SqlFailure> {
    #[derive(Deserialize)]
    struct IdRow {
        id: ExportId,
    }
    let list = json_list(ids.iter().map(ExportId::as_str));
    let rows: Vec<IdRow> = read(run(sql, Statement::new(KNOWN_EXPORTS, [list.into()])).await?)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The live image of this name, if there is one.
///
/// # Errors
/// If the database fails.
pub async fn one_live(sql: &dyn Sql, id: &str) -> Result<Option<Sampled>, SqlFailure> {
    Ok(read(run(sql, Statement::new(ONE_LIVE, [id.into()])).await?)?.into_iter().next())
}

/// At most `limit` live images whose names come after `after`, which chance has chosen.
///
/// # Errors
/// If the database fails.
pub async fn some_live(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<Sampled>, SqlFailure> {
    read(run(sql, Statement::new(SOME_LIVE, [after.into(), limit.into()])).await?)
}

/// When each of `jobs` last ended well; of one that never ran, the clock starts now.
///
/// # Errors
/// If the database fails.
pub async fn jobs(sql: &dyn Sql, jobs: &[&'static str], now: Timestamp) -> Result<Vec<JobRun>, SqlFailure> {
    let list = json_list(jobs.iter().copied());
    let statements =
        vec![Statement::new(START_JOBS, [list.as_str().into(), now.0.into()]), Statement::new(JOBS, [list.into()])];
    read(sql.batch(statements).await?.into_iter().nth(1).unwrap_or_default())
}

/// Since when something in the journal may have been waiting to be copied; none: nothing is.
///
/// # Errors
/// If the database fails.
pub async fn journal_waits_since(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlFailure> {
    #[derive(Deserialize)]
    struct WaitsRow {
        emptied_at: Timestamp,
    }
    let rows: Vec<WaitsRow> = read(run(sql, Statement::new(JOURNAL_WAITS, [])).await?)?;
    Ok(rows.into_iter().next().map(|row| row.emptied_at))
}

/// Who does not know an edition of the policy yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Since when this deployment has the edition.
    pub known_since: Timestamp,
    /// How many accounts were not told of it.
    pub behind: u64,
}

#[derive(Deserialize)]
struct EditionRow {
    known_since: Timestamp,
}

/// At most `limit` of the accounts that were not told of the edition `number`; of one that was not here before, the clock starts
/// now.
///
/// # Errors
/// If the database fails.
pub async fn behind_edition(sql: &dyn Sql, number: i64, now: Timestamp, limit: i64) -> Result<Behind, SqlFailure> {
    let statements = vec![
        Statement::new(START_EDITION, [number.into(), now.0.into()]),
        Statement::new(EDITION, [number.into()]),
        Statement::new(BEHIND_EDITION, [number.into(), limit.into()]),
    ];
    let mut found = sql.batch(statements).await?.into_iter().skip(1);
    let edition: Vec<EditionRow> = read(found.next().unwrap_or_default())?;
    let known_since = edition.first().map_or(now, |row| row.known_since);
    Ok(Behind { known_since, behind: found.next().map_or(0, |rows| rows.len() as u64) })
}
