//! The tables `exports` and `export_files`: copies of everything that is kept of an account, or of a team for its owner, and how
//! far each is (what goes into one is in `exported.rs`).

use serde::Deserialize;

use super::letters::SealedLetter;
use super::{json_list, run};
use crate::domain::ids::{AccountId, ExportId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, Value, read_row};

/// The columns of [`Export`], of a table or what is returned of it.
macro_rules! columns {
    () => {
        "id, account_id, team_id, requested_at, files, images, after_at, after_id, attempts, next_attempt_at, finished_at, \
         expires_at"
    };
}

/// That a copy is of its owner's account, or of a team that is theirs still.
macro_rules! is_theirs {
    () => {
        "(team_id IS NULL OR EXISTS (SELECT 1 FROM team_members AS owner
                                     WHERE owner.team_id = exports.team_id AND owner.account_id = exports.account_id
                                       AND owner.role = 'owner'))"
    };
}

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

const CLAIM: &str = concat!(
    "
    UPDATE exports SET attempts = attempts + 1, next_attempt_at = ?2
    WHERE id = (SELECT id FROM exports
                WHERE next_attempt_at <= ?1 AND attempts < ?3 AND expires_at > ?1
                  AND EXISTS (SELECT 1 FROM accounts WHERE id = exports.account_id AND erase_at IS NULL)
                  AND ",
    is_theirs!(),
    "
                ORDER BY next_attempt_at LIMIT 1)
    RETURNING ",
    columns!()
);

const GIVE_UP: &str = "
    UPDATE exports SET next_attempt_at = NULL WHERE next_attempt_at <= ?1 AND attempts >= ?2";

// Only by whose attempt it is: one that took too long finds that another has gone on.
const ADD_FILE: &str = "
    INSERT INTO export_files (export_id, number, object, bytes, images, made_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM exports WHERE id = ?1 AND files = ?2 AND attempts = ?7
      AND next_attempt_at IS NOT NULL";

const GO_ON: &str = "
    UPDATE exports SET files = files + 1, images = images + ?3, after_at = ?4, after_id = ?5, attempts = 0,
      next_attempt_at = CASE WHEN ?6 IS NULL THEN ?8 END, finished_at = ?6,
      expires_at = CASE WHEN ?6 IS NULL THEN expires_at ELSE ?7 END
    WHERE id = ?1 AND files = ?2 AND attempts = ?9 AND next_attempt_at IS NOT NULL
    RETURNING id";

const FINISH_WITHOUT: &str = "
    UPDATE exports SET next_attempt_at = NULL, finished_at = ?2, expires_at = ?3, attempts = 0
    WHERE id = ?1 AND attempts = ?4 AND next_attempt_at IS NOT NULL
    RETURNING id";

// Only of whom it has just been finished.
const WRITE_LETTER: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    SELECT ?1, ?2, ?3, ?4, 'waiting', ?5, ?5 FROM exports WHERE id = ?6 AND finished_at = ?7
    ON CONFLICT (id) DO NOTHING";

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
    CLAIM,
    GIVE_UP,
    ADD_FILE,
    GO_ON,
    FINISH_WITHOUT,
    WRITE_LETTER,
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

/// Takes up the copy that has waited longest, so that nobody else does until `until`.
///
/// # Errors
/// If the database fails.
pub async fn claim(
    sql: &dyn Sql,
    now: Timestamp,
    until: Timestamp,
    attempts_max: u32,
) -> Result<Option<Export>, SqlFailure> {
    one(run(sql, Statement::new(CLAIM, [now.0.into(), until.0.into(), i64::from(attempts_max).into()])).await?)
}

/// Gives up what was tried too often.
///
/// # Errors
/// If the database fails.
pub async fn give_up(sql: &dyn Sql, now: Timestamp, attempts_max: u32) -> Result<(), SqlFailure> {
    run(sql, Statement::new(GIVE_UP, [now.0.into(), i64::from(attempts_max).into()])).await.map(drop)
}

/// What becomes of a copy once a file of it is there.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The copy, as it was taken up.
    pub export: &'a Export,
    /// The file; its number is that of those before it.
    pub file: &'a ExportFile,
    /// After which image the next one begins.
    pub after: Position,
    /// Until when it can be downloaded, if that was the last.
    pub kept_until: Option<Timestamp>,
}

/// Writes down a file, and that it was the last or that the next is to come. The latter answers a row if this was the attempt that
/// counts.
#[must_use]
pub fn add_file(progress: &Progress<'_>, now: Timestamp) -> [Statement; 2] {
    let Progress { export, file, after, kept_until } = progress;
    let number = i64::try_from(file.number).unwrap_or(i64::MAX);
    let (bytes, images) = (whole(file.bytes), whole(file.images));
    let attempts = i64::from(export.attempts);
    [
        Statement::new(
            ADD_FILE,
            [
                export.id.as_str().into(),
                number.into(),
                file.object.as_str().into(),
                bytes,
                images.clone(),
                now.0.into(),
                attempts.into(),
            ],
        ),
        Statement::new(
            GO_ON,
            [
                export.id.as_str().into(),
                number.into(),
                images,
                after.at.into(),
                after.id.as_str().into(),
                kept_until.map(|_| now.0).into(),
                kept_until.map(|at| at.0).into(),
                now.0.into(),
                attempts.into(),
            ],
        ),
    ]
}

/// Writes down that no further file is to come; answers a row if this was the attempt that counts.
#[must_use]
pub fn finish(export: &Export, kept_until: Timestamp, now: Timestamp) -> Statement {
    let params = [export.id.as_str().into(), now.0.into(), kept_until.0.into(), i64::from(export.attempts).into()];
    Statement::new(FINISH_WITHOUT, params)
}

/// Writes the letter that says that a copy is there, for the batch that finishes it `now`.
#[must_use]
pub fn write_letter(letter: &SealedLetter, id: &ExportId, now: Timestamp) -> Statement {
    let params = [
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
        id.as_str().into(),
        now.0.into(),
    ];
    Statement::new(WRITE_LETTER, params)
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

fn whole(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
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
