//! Replays what a database that was set back has forgotten: reads the journal's objects in order, carries out the last word
//! about each thing, ends whatever opened a door before, and only then opens the doors again. Each step is one batch that does
//! nothing the second time, and where it goes on is in it; whatever dies, the next run goes on.

use serde_json::json;

use super::copy::copy_what_waited;
use super::{after, time_of};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::journal::{Phase, from_file};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::journal::{
    APPLIED_MAX, ASPECTS, BATCHES_MAX, CLOSED_MS_MIN, ENDED_MAX, JOURNAL_KEPT_MS, READ_MAX, aspect_of,
};
use crate::ports::blobs::{BlobKey, Bucket, JOURNAL_PREFIX};
use crate::ports::log::LogLine;
use crate::ports::sql::SqlFailure;
use crate::store::replays::{self, ReplayedEmail};
use crate::store::restorations::{self, Restoration};
use crate::store::{accounts, journal};
use crate::usecases::personal_keys;

/// Addresses changed again in one run: each costs a reading of its account's key.
const EMAILS_MAX: i64 = 100;

/// Goes on with replaying, if there is something to replay; answers how much was done.
///
/// # Errors
/// If a port fails, or the journal does not reach back as far as the database went. Nobody signs in then.
pub async fn replay(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let mut done = 0;
    loop {
        let found = super::restoration(app).await?;
        let Some(restoration) = found.filter(|restoration| restoration.finished_at.is_none()) else { return Ok(done) };
        let (step, is_over) = match restoration.phase {
            Phase::Noticed => begin(app, now).await?,
            Phase::Reading => read_on(app).await?,
            Phase::Applying => (apply_on(app, &restoration, now).await?, true),
            Phase::Filling | Phase::Done => return Ok(done),
        };
        done += step;
        if is_over {
            return Ok(done);
        }
    }
}

/// Makes sure that the journal tells everything since, and copies what waited to be copied when the database was; answers how
/// much, and whether that is enough for one run.
async fn begin(app: &App, now: Timestamp) -> Result<(usize, bool), Fault> {
    let attempted = "replay the journal";
    let sql = app.ports.sql.as_ref();
    let state = journal::state(sql).await.attempt(attempted)?;
    let is_complete = now.ms_since(time_of(&state.known)) < JOURNAL_KEPT_MS;
    if !is_complete && !journal::is_fresh(sql).await.attempt(attempted)? {
        let cause = Cause::Invariant("the database is older than the journal: see docs/backup.md".into());
        return Err(Fault { attempted: attempted.into(), cause });
    }
    let copied = copy_what_waited(app, &state, now).await?;
    let is_copied = journal::entries(sql, 1).await.attempt(attempted)?.is_empty();
    if is_copied {
        restorations::move_on(sql, Phase::Noticed, Phase::Reading).await.attempt(attempted)?;
    }
    Ok((copied, !is_copied))
}

/// Reads the next objects; answers how many, and whether that is enough for one run.
async fn read_on(app: &App) -> Result<(usize, bool), Fault> {
    let attempted = "read the journal again";
    let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
    let known = journal::state(sql).await.attempt(attempted)?.known;
    let page = blobs.list(Bucket::Recovery, JOURNAL_PREFIX, Some(after(&known)), READ_MAX).await.attempt(attempted)?;
    let count = page.blobs.len();
    for blob in page.blobs {
        remember(app, &blob.key).await?;
    }
    if count == 0 {
        restorations::move_on(sql, Phase::Reading, Phase::Applying).await.attempt(attempted)?;
    }
    Ok((count, page.next.is_some()))
}

/// Remembers what an object says.
async fn remember(app: &App, key: &BlobKey) -> Result<(), Fault> {
    let attempted = format!("read {} again", key.as_str());
    let file = app.ports.blobs.read(Bucket::Recovery, key).await.attempt(&attempted)?;
    let broken = |why: String| Fault { attempted: attempted.clone(), cause: Cause::Invariant(why) };
    let entries = file.as_deref().and_then(from_file).ok_or_else(|| broken("it cannot be read".into()))?;
    let mut words = Vec::with_capacity(entries.len());
    for entry in entries {
        // Of a later edition: this one does not know what it has to keep.
        let aspect = aspect_of(&entry.kind).ok_or_else(|| broken(format!("nobody knows what {} is", entry.kind)))?;
        words.push(json!({ "aspect": aspect, "subject": entry.subject, "kind": entry.kind, "detail": entry.detail }));
    }
    let statements =
        vec![replays::fold(serde_json::Value::from(words).to_string(), key.as_str()), journal::move_on(key.as_str())];
    app.ports.sql.batch(statements).await.attempt(&attempted).map(drop)
}

/// Carries out what was remembered; at the end, opens the doors.
async fn apply_on(app: &App, restoration: &Restoration, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let keep_until = now.plus_ms(app.settings.retention.recovery_ms());
    let (mut done, mut batches) = (0, 0);
    for aspect in &ASPECTS {
        let attempted = format!("replay what the journal says ({})", aspect.name);
        while let Some(page) = replays::page(sql, aspect.name, APPLIED_MAX).await.attempt(&attempted)? {
            let mut statements = replays::apply(aspect.name, &page.last, now, keep_until);
            statements.push(restorations::count(aspect.name, page.entries));
            sql.batch(statements).await.attempt(&attempted)?;
            done += usize::try_from(page.entries).unwrap_or_default();
            batches += 1;
            if batches == BATCHES_MAX {
                return Ok(done);
            }
        }
    }
    done += change_emails(app, now).await?;
    let ended = restorations::end_what_opens(sql, restoration.noticed_at, ENDED_MAX).await;
    done += ended.attempt("end what opened a door before")?;
    if now.ms_since(restoration.noticed_at) >= CLOSED_MS_MIN
        && restorations::finish(sql, now).await.attempt("open the doors again")?
    {
        report(app).await?;
    }
    Ok(done)
}

/// Changes addresses again that their owners had changed. Whose key is destroyed is erased.
async fn change_emails(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let changed = replays::emails(sql, EMAILS_MAX).await.attempt("find addresses that had changed")?;
    for email in &changed {
        let attempted = format!("change the address of {} again", email.account_id);
        let mut statements = vec![replays::forget_email(&email.account_id)];
        statements.extend(change(app, email, now).await?);
        match sql.batch(statements).await {
            // Another account has it by what the database knows: the person asks for the change again.
            Err(SqlFailure::Conflict(_)) => {
                sql.batch(vec![replays::forget_email(&email.account_id)]).await.attempt(&attempted)?;
            }
            done => drop(done.attempt(&attempted)?),
        }
    }
    Ok(changed.len())
}

async fn change(
    app: &App,
    email: &ReplayedEmail,
    now: Timestamp,
) -> Result<Option<crate::ports::sql::Statement>, Fault> {
    let id = &email.account_id;
    let Some(key) = personal_keys::find(app, id).await? else { return Ok(None) };
    let text = personal_keys::open(&key, &Account::email_place(id), &email.sealed)?;
    let Some(address) = EmailAddress::parse(&text) else { return Ok(None) };
    let lookup = app.settings.master_keys.current.lookup("email", &address.canonical());
    Ok(Some(accounts::change_email(id, &email.sealed, &lookup, now)))
}

async fn report(app: &App) -> Result<(), Fault> {
    let Some(restoration) = super::restoration(app).await? else { return Ok(()) };
    let counts: Vec<String> = restoration.counts.iter().map(|(aspect, count)| format!("{count} {aspect}")).collect();
    let since = restoration.noticed_at.rfc3339();
    app.ports.log.write(&LogLine {
        kind: "job",
        attempted: "replay_journal".into(),
        outcome: format!(
            "what the database had forgotten, as was noticed at {since}, is made good: {}",
            counts.join(", ")
        ),
        request_id: None,
    });
    Ok(())
}
