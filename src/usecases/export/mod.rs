//! A copy of everything that is kept of an account, for its owner to take away (promise IMP-50; GDPR Art. 15 and 20), or of what
//! belongs to a team, for the team's owner. It is asked for, made by a job file after file, and can be downloaded for a week by
//! whoever is signed in.
//!
//! The first file says what is known of the person, or of the team. It rests sealed under the account's personal key, as JSON, and
//! becomes a zip file when it is downloaded; the others have images in them, which rest as readable as the images do.

mod account;
mod archive;
mod belongings;
mod build;
mod documents;
mod images;
mod restrictions;
mod team;

use serde::Serialize;

use super::count_attempts::count_on;
use super::list_teams::find_own_team;
use super::personal_keys;
use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::{AccountId, ExportId, ID_BYTES};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::exports::KEPT_MS;
use crate::policy::rates;
use crate::ports::blobs::{BlobKey, Bucket, ByteRange, DELETE_KEYS_MAX};
use crate::ports::payload::Payload;
use crate::store::exports;

pub use self::build::build_next;
pub use self::documents::{SCHEMA, SCHEMA_PATH};
pub use crate::store::exports::{Export, ExportFile, Whose};

/// Files listed at once where they are erased.
const LISTED_MAX: u32 = DELETE_KEYS_MAX as u32;
/// Copies of one account that are erased with it in one go: more than it may ask for while they last.
const OF_ACCOUNT_MAX: i64 = 100;

/// Asks for a copy. One that is under way is not begun again; older ones end.
///
/// # Errors
/// `NotFound` or `TeamRoleMissing`, if it is of a team that is not theirs; `TooManyAttempts`, or a fault.
pub async fn request(app: &App, whose: &Whose<'_>) -> Result<(), Error> {
    let (sql, now, attempted) = (app.ports.sql.as_ref(), app.now(), format!("begin an export of {}", whose.of()));
    if let Some(team) = whose.team {
        find_own_team(app, whose.account, team).await?;
    }
    if exports::latest(sql, whose, now).await.attempt(&attempted)?.is_some_and(|export| is_under_way(&export)) {
        return Ok(());
    }
    count_on(app, "export", whose.of().as_str(), &rates::EXPORTED_BY).await?;
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    let id = ExportId::from_random(random);
    // None: somebody was quicker, or the platform repeated the write.
    exports::begin(sql, &id, whose, now, now.plus_ms(KEPT_MS)).await.attempt(&attempted)?;
    Ok(())
}

/// Whether files of it are still to come.
#[must_use]
pub fn is_under_way(export: &Export) -> bool {
    export.next_attempt_at.is_some()
}

/// The latest copy, with its files; of a team that is not theirs any more, none.
///
/// # Errors
/// If the database fails.
pub async fn latest(app: &App, whose: &Whose<'_>) -> Result<Option<(Export, Vec<ExportFile>)>, Fault> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("find the export of {}", whose.of()));
    let Some(export) = exports::latest(sql, whose, app.now()).await.attempt(&attempted)? else { return Ok(None) };
    let files = exports::files(sql, &export.id).await.attempt(&attempted)?;
    Ok(Some((export, files)))
}

/// Ends a copy before its time: it cannot be downloaded any more, and is erased within minutes.
///
/// # Errors
/// `NotFound`, also for whose it is not; a fault if the database fails.
pub async fn end(app: &App, account: &AccountId, id: &ExportId) -> Result<(), Error> {
    let ended = exports::end(app.ports.sql.as_ref(), id, account, app.now()).await;
    let is_ended = ended.attempt(&format!("end the export {id}"))?;
    if is_ended { Ok(()) } else { Err(Problem::NotFound.into()) }
}

/// A file for download.
#[derive(Debug)]
pub struct Download {
    /// Its row.
    pub file: ExportFile,
    /// What is sent, where that is all of it at once; none: [`read`] answers the stretch that is wanted.
    pub zip: Option<Vec<u8>>,
}

/// Finds a file of a copy that has not ended.
///
/// # Errors
/// `NotFound`, also for whose it is not; a fault if something of ours failed.
pub async fn open(app: &App, whose: &Whose<'_>, id: &ExportId, number: u64) -> Result<Download, Error> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("open the export {id}"));
    let found = exports::find(sql, id, whose, app.now()).await.attempt(&attempted)?;
    let export = found.ok_or(Problem::NotFound)?;
    let files = exports::files(sql, id).await.attempt(&attempted)?;
    let file = files.into_iter().find(|file| file.number == number).ok_or(Problem::NotFound)?;
    let zip = if number == 0 { Some(open_first(app, &export, &file).await?) } else { None };
    Ok(Download { file, zip })
}

/// The bytes of a file with images, whole or in part.
///
/// # Errors
/// `NotFound` if it left meanwhile; a fault if the storage fails.
pub async fn read(app: &App, file: &ExportFile, range: Option<ByteRange>) -> Result<Payload, Error> {
    let key = BlobKey::listed(file.object.clone());
    let found = app.ports.blobs.open(Bucket::Recovery, &key, range).await.attempt("read an export's file")?;
    found.ok_or_else(|| Problem::NotFound.into())
}

async fn open_first(app: &App, export: &Export, file: &ExportFile) -> Result<Vec<u8>, Error> {
    let attempted = format!("open the export {}", export.id);
    let key = BlobKey::listed(file.object.clone());
    let sealed = app.ports.blobs.read(Bucket::Recovery, &key).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let unreadable = |_| Fault { attempted: attempted.clone(), cause: Cause::Invariant("it is not text".into()) };
    let sealed = String::from_utf8(sealed).map_err(unreadable)?;
    let personal = personal_keys::of(app, &export.account_id).await?;
    let document = personal_keys::open(&personal, &place(&export.id), &sealed)?;
    let (name, read_me) = match export.team_id {
        None => ("account.json", documents::READ_ME),
        Some(_) => ("team.json", documents::READ_ME_OF_TEAM),
    };
    let files = [(name, document.as_str()), ("export.schema.json", SCHEMA), ("README.txt", read_me)];
    let entry = |(name, text): &(&str, &str)| documents::ManifestEntry {
        name: (*name).to_owned(),
        bytes: text.len() as u64,
        sha256: hex::sha256(text.as_bytes()),
    };
    let manifest = json_of(&documents::Manifest {
        schema: schema_url(app),
        export: export.id.clone(),
        number: 0,
        made_at: file.made_at.rfc3339(),
        is_last: export.finished_at.is_some() && export.files == 1,
        files: files.iter().map(entry).collect(),
    })?;
    let [first, schema, read_me] = files;
    Ok(archive::zip_of(&[first, schema, read_me, ("manifest.json", &manifest)])?)
}

/// Where what is known of an account, or of its team, is sealed.
fn place(id: &ExportId) -> String {
    format!("exports.account:{id}")
}

/// Erases the objects of a copy, and then its rows; answers false if there are more than one run erases.
///
/// # Errors
/// If the storage or the database fails; then what is left is erased with the next run.
pub async fn erase(app: &App, id: &ExportId) -> Result<bool, Fault> {
    let (blobs, attempted) = (app.ports.blobs.as_ref(), format!("erase the export {id}"));
    let page = blobs.list(Bucket::Recovery, &BlobKey::exports_of(id), None, LISTED_MAX).await.attempt(&attempted)?;
    let keys: Vec<BlobKey> = page.blobs.into_iter().map(|blob| blob.key).collect();
    if !keys.is_empty() {
        blobs.delete(Bucket::Recovery, &keys).await.attempt(&attempted)?;
    }
    if page.next.is_some() {
        return Ok(false);
    }
    app.ports.sql.batch(exports::forget(id).into()).await.attempt(&attempted)?;
    Ok(true)
}

/// Erases all copies that an account that is erased has asked for.
///
/// # Errors
/// As [`erase`], and while there are more than one run erases.
pub async fn erase_of(app: &App, account: &AccountId) -> Result<(), Fault> {
    let attempted = format!("erase the exports of {account}");
    for id in exports::of_account(app.ports.sql.as_ref(), account, OF_ACCOUNT_MAX).await.attempt(&attempted)? {
        if !erase(app, &id).await? {
            return Err(Fault { attempted, cause: Cause::Invariant("more of them are left".into()) });
        }
    }
    Ok(())
}

/// Erases objects under the prefix of exports of which no row knows, one page of names after `from`: what an attempt left that came
/// too late. Answers how many, and where the next page begins.
///
/// # Errors
/// If the storage or the database fails.
pub async fn erase_strays(
    app: &App,
    from: Option<&str>,
    settled_before: Timestamp,
) -> Result<(usize, Option<String>), Fault> {
    let attempted = "erase what is left of exports";
    let blobs = app.ports.blobs.as_ref();
    let page = blobs.list(Bucket::Recovery, crate::ports::blobs::EXPORTS_PREFIX, from, LISTED_MAX).await;
    let page = page.attempt(attempted)?;
    let ids: Vec<ExportId> = page.blobs.iter().filter_map(|blob| blob.key.export_id()).collect();
    let known = exports::known(app.ports.sql.as_ref(), &ids).await.attempt(attempted)?;
    let is_stray = |key: &BlobKey| key.export_id().is_none_or(|id| !known.contains(&id));
    let old = page.blobs.into_iter().filter(|blob| blob.stored_at < settled_before).map(|blob| blob.key);
    let strays: Vec<BlobKey> = old.filter(is_stray).collect();
    if !strays.is_empty() {
        blobs.delete(Bucket::Recovery, &strays).await.attempt(attempted)?;
    }
    Ok((strays.len(), page.next))
}

fn schema_url(app: &App) -> String {
    format!("{}{SCHEMA_PATH}", app.settings.app_base())
}

fn json_of(value: &impl Serialize) -> Result<String, Fault> {
    let failed = |error: serde_json::Error| Fault {
        attempted: "write an export's document".into(),
        cause: Cause::Invariant(error.to_string()),
    };
    serde_json::to_string_pretty(value).map_err(failed)
}
