//! Makes the next file of the copy that has waited longest, and tells its owner by letter when it was the last.

use super::images::{Made, make_file};
use super::{account, json_of, place, team};
use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::{AccountId, ID_BYTES, ImageId};
use crate::domain::letter::Letter;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault};
use crate::policy::exports::{ATTEMPTS_MAX, KEPT_MS, RETRY_MS};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket};
use crate::ports::payload::Payload;
use crate::ports::sql::Statement;
use crate::store::exports::{self, Export, ExportFile, Progress};
use crate::store::letters::SealedLetter;
use crate::usecases::list_teams::find_own_team;
use crate::usecases::mail_link::page;
use crate::usecases::prove_email::{account as find_account, address_of};
use crate::usecases::{personal_keys, write_letter};

/// Makes one file of one copy; answers its length in bytes, or none if there was none to make.
///
/// # Errors
/// If something of ours failed: the file is tried again later, and after [`ATTEMPTS_MAX`] times the copy is given up.
pub async fn build_next(app: &App, now: Timestamp) -> Result<Option<u64>, Fault> {
    let sql = app.ports.sql.as_ref();
    exports::give_up(sql, now, ATTEMPTS_MAX).await.attempt("give up exports")?;
    let claimed = exports::claim(sql, now, now.plus_ms(RETRY_MS), ATTEMPTS_MAX).await.attempt("take up an export")?;
    let Some(export) = claimed else { return Ok(None) };
    let key = file_key(app, &export)?;
    let made = match export.files {
        0 => Some(make_first_file(app, &export, &key, now).await.map_err(|error| as_fault(error, &export))?),
        _ => make_file(app, &export, &key, now).await?,
    };
    settle(app, &export, made.as_ref(), now).await?;
    Ok(Some(made.map_or(0, |made| made.file.bytes)))
}

fn file_key(app: &App, export: &Export) -> Result<BlobKey, Fault> {
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt("name an export's file")?;
    // Letters of an id: of what, does not matter.
    Ok(BlobKey::export_file(&export.id, export.files, ImageId::from_random(random).as_str()))
}

async fn make_first_file(app: &App, export: &Export, key: &BlobKey, now: Timestamp) -> Result<Made, Error> {
    let document = match &export.team_id {
        None => json_of(&account::describe(app, &export.account_id, now).await?)?,
        Some(id) => json_of(&team::describe(app, &export.account_id, id, now).await?)?,
    };
    let personal = personal_keys::of(app, &export.account_id).await?;
    let sealed = personal_keys::seal(app, &personal, &place(&export.id), &document)?;
    let bytes = sealed.len() as u64;
    let meta = BlobMeta::plain(hex::sha256(sealed.as_bytes()), bytes, now);
    let stored = app.ports.blobs.put_new(Bucket::Recovery, key, Payload::Bytes(sealed.into()), &meta).await;
    stored.attempt("store what is known of an account or a team")?;
    let file = ExportFile { number: 0, object: key.as_str().to_owned(), bytes, images: 0, made_at: now };
    Ok(Made { file, after: export.position(), is_last: false })
}

/// Writes down a file, or that there is no other; and after the last one the letter that says so.
async fn settle(app: &App, export: &Export, made: Option<&Made>, now: Timestamp) -> Result<(), Fault> {
    let attempted = format!("write down a file of the export {}", export.id);
    let kept_until = now.plus_ms(KEPT_MS);
    let is_last = made.is_none_or(|made| made.is_last);
    let mut statements: Vec<Statement> = match made {
        Some(Made { file, after, .. }) => {
            let kept_until = is_last.then_some(kept_until);
            exports::add_file(&Progress { export, file, after: after.clone(), kept_until }, now).into()
        }
        None => vec![exports::finish(export, kept_until, now)],
    };
    let counts = statements.len() - 1;
    let letter = if is_last { Some(seal_letter(app, export, kept_until).await?) } else { None };
    statements.extend(letter.as_ref().map(|letter| exports::write_letter(letter, &export.id, now)));
    let written = app.ports.sql.batch(statements).await.attempt(&attempted)?;
    // If another attempt has gone on meanwhile, what this one made is erased with the copy.
    let is_counted = written.get(counts).is_some_and(|rows| !rows.is_empty());
    if let Some(letter) = letter.filter(|_| is_counted) {
        write_letter::post(app, &letter.id).await;
    }
    Ok(())
}

async fn seal_letter(app: &App, export: &Export, until: Timestamp) -> Result<SealedLetter, Fault> {
    let account = find_account(app, &export.account_id).await.map_err(|error| as_fault(error, export))?;
    let key = personal_keys::of(app, &account.id).await?;
    let address = address_of(app, &account).await?;
    let (path, team_name) = match &export.team_id {
        None => ("/settings/export".to_owned(), None),
        Some(team) => (format!("/teams/{team}/export"), Some(team_name(app, export, team).await?)),
    };
    let letter = Letter::ExportReady { link: page(app, &path)?, expires_at: until, team_name };
    write_letter::seal(app, &account.id, &key, &address, letter)
}

async fn team_name(app: &App, export: &Export, team: &AccountId) -> Result<String, Fault> {
    let found = find_own_team(app, &export.account_id, team).await;
    Ok(found.map_err(|error| as_fault(error, export))?.name)
}

/// Nobody asks here whom a problem could be told.
fn as_fault(error: Error, export: &Export) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Problem(problem) => Fault {
            attempted: format!("make file {} of the export {}", export.files, export.id),
            cause: Cause::Invariant(format!("{problem:?}")),
        },
    }
}
