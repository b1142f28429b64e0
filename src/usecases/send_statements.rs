//! Tells whoever is restricted why, by letter and once, where somebody is known; and ends suspensions that rest on strikes which do
//! not count any more.

use super::team_letters::{Reader, reader};
use super::write_letter;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::domain::statement::{Restriction, Statement};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::statements::{TOLD_MAX, is_told};
use crate::policy::strikes::STRIKES_MAX;
use crate::store::{statements, strikes, team_members};
use crate::usecases::mail_link::page;
use crate::usecases::reasons::{Reasons, reasons};

/// Tells some; answers of how many statements.
///
/// # Errors
/// The first fault; the others are told all the same.
pub async fn send_some(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let due = statements::due(app.ports.sql.as_ref(), now, TOLD_MAX).await.attempt("find statements to be told")?;
    let (found, mut first_fault) = (due.len(), None);
    for statement in due {
        if let Err(fault) = tell(app, &statement).await {
            first_fault.get_or_insert(fault);
        }
    }
    first_fault.map_or(Ok(found), Err)
}

async fn tell(app: &App, statement: &Statement) -> Result<(), Fault> {
    let attempted = format!("tell the reasons about {}", statement.subject);
    let to = match &statement.account_id {
        Some(account) if is_told(statement.ground, statement.category) => Some(responsible(app, account).await?),
        _ => None,
    };
    let letter = match to {
        Some(to) => match reader(app, &to).await? {
            Some(Reader { key, address, .. }) => {
                Some(write_letter::seal(app, &to, &key, &address, letter(app, statement)?)?)
            }
            None => None,
        },
        None => None,
    };
    let told = statements::tell(statement, letter.as_ref(), app.now());
    app.ports.sql.batch(told).await.attempt(&attempted)?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter.id).await;
    }
    Ok(())
}

/// Who answers for what belongs to an account: the owner of a team, or the account itself.
async fn responsible(app: &App, account: &AccountId) -> Result<AccountId, Fault> {
    let owner = team_members::owner_of(app.ports.sql.as_ref(), account).await;
    Ok(owner.attempt(&format!("find who answers for {account}"))?.unwrap_or_else(|| account.clone()))
}

fn letter(app: &App, statement: &Statement) -> Result<Letter, Fault> {
    let Reasons { kind, scope, facts, basis, origin, redress, .. } = reasons(statement);
    let path = match kind {
        Restriction::Suspension => "/settings/statement".to_owned(),
        _ => format!("/{}/statement", statement.subject),
    };
    let about = match kind {
        Restriction::Suspension => format!("Your account is suspended since {}.", statement.imposed_at.human()),
        _ => format!(
            "It is about the picture {}, since {}: {}.",
            statement.subject,
            statement.imposed_at.human(),
            kind.label().to_lowercase()
        ),
    };
    Ok(Letter::StatementOfReasons {
        reasons: vec![about, scope, facts, basis, origin, redress],
        link: page(app, &path)?,
    })
}

/// Ends suspensions that rest on strikes of which too few count by now; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn end_lapsed_suspensions(app: &App, now: Timestamp) -> Result<usize, Fault> {
    strikes::end_lapsed(app.ports.sql.as_ref(), now, STRIKES_MAX).await.attempt("end suspensions")
}
