//! The tables `exports` and `export_files`: copies of everything that is kept of an account, or of a team for its owner, and how
//! far each is. How one grows is in `building.rs`, what goes into it in `exported.rs`.

pub(super) mod building;

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::{AccountId, ExportId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, Value, read_row};

pub use self::building::{Progress, add_file, claim, finish, give_up, write_letter};

/// The columns of [`Export`], of a table or what is returned of it.
macro_rules! columns {
    () => {
        "id, account_id, team_id, requested_at, files, images, after_at, after_id, attempts, next_attempt_at, finished_at, \
         expires_at"
    };
}
use columns;

/// That a copy is of its owner's account, or of a team that is theirs still.
macro_rules! is_theirs {
    () => {
        "(team_id IS NULL OR EXISTS (SELECT 1 FROM team_members AS owner
                                     WHERE owner.team_id = exports.team_id AND owner.account_id = exports.account_id
                                       AND owner.role = 'owner'))"
    };
}
use is_theirs;

// One at a time: what is under way is not begun once more. Whoever is about to be erased has other links.
const INSERT: &str = concat!(
    "
    INSERT INTO exports (id, account_id, team_id, requested_at, next_attempt_at, expires_at)
    SELECT ?1, ?2, ?5, ?3, ?3, ?4
    WHERE EXISTS (SELECT 1 FROM accounts WHERE id = ?2 AND erase_at IS NULL)
      AND (?5 IS NULL
        OR EXISTS (SELECT 1 FROM team_members WHERE team_id = ?5 AND account_id = ?2 AND role = 'owner'))
      AND NOT EXISTS (SELECT 1 FROM exports WHERE account_id = ?2 AND team_id IS ?5 AND next_attempt_at IS NOT NULL)
    RETURNING ",
    columns!()
);

// Of several, the latest counts; a newer one ends those before it.
const END_OTHERS: &str = "
    UPDATE exports SET expires_at = min(expires_at, ?3), next_attempt_at = NULL
    WHERE account_id = ?1 AND team_id IS ?4 AND id <> ?2 AND EXISTS (SELECT 1 FROM exports WHERE id = ?2)";

// A team that was passed on, or closed, is nobody's to copy who has copied it before.
const END_OF_FORMER_OWNERS: &str = concat!(
    "
    UPDATE exports SET expires_at = min(expires_at, max(requested_at, ?2)), next_attempt_at = NULL
    WHERE team_id = ?1 AND NOT ",
    is_theirs!()
);

const END: &str = "
    UPDATE exports SET expires_at = min(expires_at, ?3), next_attempt_at = NULL WHERE account_id = ?1 AND id = ?2
    RETURNING id";

const LATEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM exports WHERE account_id = ?1 AND team_id IS ?3 AND expires_at > ?2 AND ",
    is_theirs!(),
    " ORDER BY requested_at DESC LIMIT 1"
);

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM exports WHERE id = ?1 AND account_id = ?2 AND team_id IS ?4 AND expires_at > ?3 AND ",
    is_theirs!()
);

const FILES: &str = "
    SELECT number, object, bytes, images, made_at FROM export_files WHERE export_id = ?1 ORDER BY number LIMIT ?2";

const EXPIRED: &str = "SELECT id FROM exports WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2";

const OF_ACCOUNT: &str = "SELECT id FROM exports WHERE account_id = ?1 ORDER BY requested_at LIMIT ?2";

const KNOWN: &str = "SELECT id FROM exports WHERE id IN (SELECT value FROM json_each(?1))";

const FORGET_FILES: &str = "DELETE FROM export_files WHERE export_id = ?1";

const FORGET: &str = "DELETE FROM exports WHERE id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT,
    END_OTHERS,
    END_OF_FORMER_OWNERS,
    END,
    LATEST,
    FIND,
    FILES,
    EXPIRED,
    OF_ACCOUNT,
    KNOWN,
    FORGET_FILES,
    FORGET,
];

/// Files listed of one copy: more images than anybody has.
const FILES_MAX: i64 = 10_000;

/// A copy, finished or under way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Export {
    /// Its name.
    pub id: ExportId,
    /// Who asked for it, downloads it, and gets the letter.
    pub account_id: AccountId,
    /// The team of which it is a copy; none: of the account itself.
    pub team_id: Option<AccountId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// How many files of it there are.
    pub files: u64,
    /// How many images are in them.
    pub images: u64,
    after_at: Option<i64>,
    after_id: Option<String>,
    /// How often the next file was tried.
    pub attempts: u32,
    /// When it is tried next; none: no file is to come.
    pub next_attempt_at: Option<Timestamp>,
    /// When all of it was there.
    pub finished_at: Option<Timestamp>,
    /// From when on it is gone.
    pub expires_at: Timestamp,
}

impl Export {
    /// Whose images are in it.
    #[must_use]
    pub fn of(&self) -> &AccountId {
        self.team_id.as_ref().unwrap_or(&self.account_id)
    }

    /// The image after which the next file begins.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { at: self.after_at.unwrap_or(-1), id: self.after_id.clone().unwrap_or_default() }
    }
}

/// A place among the images of an account, in order of their uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub(super) at: i64,
    pub(super) id: String,
}

/// A file of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExportFile {
    /// 0: what is known of the account or the team; from 1 on: images.
    pub number: u64,
    /// The object's name.
    pub object: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many images are in it.
    pub images: u64,
    /// When it was made.
    pub made_at: Timestamp,
}

#[derive(Deserialize)]
struct IdRow {
    id: ExportId,
}

/// Whose copy, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose<'a> {
    /// Who asks for it.
    pub account: &'a AccountId,
    /// The team of theirs of which it is a copy; none: of the account itself.
    pub team: Option<&'a AccountId>,
}

impl Whose<'_> {
    /// Whose images are in it.
    #[must_use]
    pub fn of(&self) -> &AccountId {
        self.team.unwrap_or(self.account)
    }

    fn team_value(&self) -> Value {
        self.team.map(AccountId::as_str).into()
    }
}

/// Begins a copy, and ends those before it; none if one is under way, if the account is to be erased, or if the team is somebody
/// else's.
///
/// # Errors
/// If the database fails.
pub async fn begin(
    sql: &dyn Sql,
    id: &ExportId,
    whose: &Whose<'_>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<Export>, SqlFailure> {
    let (account, team) = (whose.account.as_str(), whose.team_value());
    let params: [Value; 5] = [id.as_str().into(), account.into(), now.0.into(), expires_at.0.into(), team.clone()];
    let others = [account.into(), id.as_str().into(), now.0.into(), team];
    let batch = vec![Statement::new(INSERT, params), Statement::new(END_OTHERS, others)];
    one(sql.batch(batch).await?.into_iter().next().unwrap_or_default())
}

/// Ends the copies of a team that are of who does not own it any more, for the batch in which that has come to be.
#[must_use]
pub fn end_of_former_owners(team: &AccountId, now: Timestamp) -> Statement {
    Statement::new(END_OF_FORMER_OWNERS, [team.as_str().into(), now.0.into()])
}

/// Ends a copy: it is erased with the next run of the job. Answers false if the account has none of this name.
///
/// # Errors
/// If the database fails.
pub async fn end(sql: &dyn Sql, id: &ExportId, account: &AccountId, now: Timestamp) -> Result<bool, SqlFailure> {
    let params = [account.as_str().into(), id.as_str().into(), now.0.into()];
    Ok(!run(sql, Statement::new(END, params)).await?.is_empty())
}

/// The latest copy that has not ended.
///
/// # Errors
/// If the database fails.
pub async fn latest(sql: &dyn Sql, whose: &Whose<'_>, now: Timestamp) -> Result<Option<Export>, SqlFailure> {
    let params = [whose.account.as_str().into(), now.0.into(), whose.team_value()];
    one(run(sql, Statement::new(LATEST, params)).await?)
}

/// A copy that has not ended.
///
/// # Errors
/// If the database fails.
pub async fn find(
    sql: &dyn Sql,
    id: &ExportId,
    whose: &Whose<'_>,
    now: Timestamp,
) -> Result<Option<Export>, SqlFailure> {
    let params = [id.as_str().into(), whose.account.as_str().into(), now.0.into(), whose.team_value()];
    one(run(sql, Statement::new(FIND, params)).await?)
}

/// The files of a copy, in order.
///
/// # Errors
/// If the database fails.
pub async fn files(sql: &dyn Sql, id: &ExportId) -> Result<Vec<ExportFile>, SqlFailure> {
    rows(run(sql, Statement::new(FILES, [id.as_str().into(), FILES_MAX.into()])).await?)
}

/// At most `limit` copies that have ended.
///
/// # Errors
/// If the database fails.
pub async fn expired(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<ExportId>, SqlFailure> {
    ids(run(sql, Statement::new(EXPIRED, [now.0.into(), limit.into()])).await?)
}

/// At most `limit` copies that an account has asked for, whether they have ended or not.
///
/// # Errors
/// If the database fails.
pub async fn of_account(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<ExportId>, SqlFailure> {
    ids(run(sql, Statement::new(OF_ACCOUNT, [account.as_str().into(), limit.into()])).await?)
}

/// Those of `of` of which there are rows.
///
/// # Errors
/// If the database fails.
pub async fn known(sql: &dyn Sql, of: &[ExportId]) -> Result<Vec<ExportId>, SqlFailure> {
    ids(run(sql, Statement::new(KNOWN, [json_list(of.iter().map(ExportId::as_str)).into()])).await?)
}

/// Forgets a copy whose objects are erased.
#[must_use]
pub fn forget(id: &ExportId) -> [Statement; 2] {
    [Statement::new(FORGET_FILES, [id.as_str().into()]), Statement::new(FORGET, [id.as_str().into()])]
}

fn rows<T: serde::de::DeserializeOwned>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}

fn one(rows: Vec<Row>) -> Result<Option<Export>, SqlFailure> {
    rows.into_iter().next().map(read_row).transpose()
}

fn ids(found: Vec<Row>) -> Result<Vec<ExportId>, SqlFailure> {
    Ok(rows::<IdRow>(found)?.into_iter().map(|row| row.id).collect())
}
