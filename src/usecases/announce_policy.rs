//! Tells who is affected that the policy changes, by letter and once (promise IMP-55); the app says so, too, until they have seen it.

use super::team_letters::reader;
use super::write_letter;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::error::{Attempt as _, Fault};
use crate::policy::editions::{LATEST, TOLD_MAX, news};
use crate::store::policy_notices::{self, Behind};
use crate::usecases::mail_link::page;

/// Tells some of those who do not know the latest edition; answers how many were found. Whom it does not affect gets no letter.
///
/// # Errors
/// The first fault; the others are told all the same.
pub async fn announce_some(app: &App) -> Result<usize, Fault> {
    let behind = policy_notices::behind(app.ports.sql.as_ref(), LATEST.number, TOLD_MAX).await;
    let behind = behind.attempt("find who is to be told of the policy")?;
    let (found, mut first_fault) = (behind.len(), None);
    for account in behind {
        if let Err(fault) = tell(app, &account).await {
            first_fault.get_or_insert(fault);
        }
    }
    first_fault.map_or(Ok(found), Err)
}

async fn tell(app: &App, account: &Behind) -> Result<(), Fault> {
    let attempted = format!("tell {} of the policy", account.id);
    let changes: Vec<String> = news(account.policy_told, account.tier).iter().map(|e| e.changes.to_owned()).collect();
    let reader = if changes.is_empty() { None } else { reader(app, &account.id).await? };
    let letter = match reader {
        Some(reader) => {
            let letter = Letter::PolicyChanged {
                changes,
                effective: LATEST.date.to_owned(),
                link: page(app, "/privacy")?,
                export_link: page(app, "/settings/export")?,
            };
            Some(write_letter::seal(app, &account.id, &reader.key, &reader.address, letter)?)
        }
        None => None,
    };
    let told = policy_notices::tell(&account.id, LATEST.number, letter.as_ref());
    app.ports.sql.batch(told).await.attempt(&attempted)?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter.id).await;
    }
    Ok(())
}

/// Writes down that somebody has seen the latest edition.
///
/// # Errors
/// If the database fails.
pub async fn note_seen(app: &App, account: &AccountId) -> Result<(), Fault> {
    let noted = policy_notices::note_seen(app.ports.sql.as_ref(), account, LATEST.number).await;
    noted.attempt(&format!("note that {account} has seen the policy"))
}
