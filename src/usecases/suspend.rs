//! Suspends accounts, and ends that: what an operator decides, beside what strikes lead to. A suspended account adds nothing; all that
//! a person has a right to stays possible (promise IMP-57).

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::ground::Ground;
use crate::domain::ids::AccountId;
use crate::domain::review::{About, Act};
use crate::domain::statement::{Statement, Strike};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::grounds::{Basis, rule_of};
use crate::policy::review::REASON_CHARS_MAX;
use crate::policy::statements::{LISTED_MAX, STATEMENT_MS};
use crate::store::review_log::{self, NewLine};
use crate::store::statements::Suspension;
use crate::store::{accounts, statements, strikes};
use crate::usecases::typed;

/// An account, as operators see it: nothing that says who it is.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The account.
    pub account: Account,
    /// What was stated to it, the latest first.
    pub statements: Vec<Statement>,
    /// Its strikes, the latest first.
    pub strikes: Vec<Strike>,
    /// The suspension that stands.
    pub suspension: Option<Statement>,
}

/// An account, for the operator who opens it, which is written down.
///
/// # Errors
/// `NotFound`; a fault if the database fails.
pub async fn open(app: &App, operator: &AccountId, id: &AccountId) -> Result<Seen, Error> {
    let seen = find(app, id).await?;
    let log = line(app, operator, id, Act::Opened, None, "");
    app.ports.sql.batch(vec![log]).await.attempt(&format!("note that account {id} was opened"))?;
    Ok(seen)
}

async fn find(app: &App, id: &AccountId) -> Result<Seen, Error> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("find account {id}"));
    let account = accounts::find(sql, id).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let suspensions = statements::of_subject(sql, id.as_str(), LISTED_MAX).await.attempt(&attempted)?;
    Ok(Seen {
        account,
        statements: statements::of_account(sql, id, LISTED_MAX).await.attempt(&attempted)?,
        strikes: strikes::of_account(sql, id, LISTED_MAX).await.attempt(&attempted)?,
        suspension: suspensions.into_iter().find(|statement| statement.ended_at.is_none()),
    })
}

fn line(
    app: &App,
    operator: &AccountId,
    id: &AccountId,
    act: Act,
    ground: Option<Ground>,
    reason: &str,
) -> crate::ports::sql::Statement {
    let line = NewLine {
        operator: operator.as_str(),
        act,
        about: About::Account,
        subject: id.as_str(),
        seen: Some("facts"),
        ground: ground.map(Ground::as_str),
        reason,
    };
    review_log::append(&line, app.now())
}

/// Suspends an account. One that is suspended stays as it is.
///
/// # Errors
/// `InvalidField`, `NotFound`; a fault if the database fails.
pub async fn suspend(
    app: &App,
    operator: &AccountId,
    id: &AccountId,
    ground: Ground,
    reason: &str,
) -> Result<(), Error> {
    let reason = typed::line("reason", reason, 1, REASON_CHARS_MAX)?;
    if rule_of(ground).basis == Basis::None {
        let detail = "one that speaks against it".to_owned();
        return Err(Problem::InvalidField { field: "ground", detail }.into());
    }
    if find(app, id).await?.suspension.is_some() {
        return Ok(());
    }
    let now = app.now();
    let forget_after = now.plus_ms(STATEMENT_MS);
    let suspension = Suspension { account: id, operator, ground, reason: &reason, forget_after };
    let batch =
        vec![statements::suspend(suspension, now), line(app, operator, id, Act::Suspended, Some(ground), &reason)];
    app.ports.sql.batch(batch).await.attempt(&format!("suspend {id}")).map(drop).map_err(Error::from)
}

/// Ends the suspension of an account, if there is one.
///
/// # Errors
/// `InvalidField`, `NotFound`; a fault if the database fails.
pub async fn unsuspend(app: &App, operator: &AccountId, id: &AccountId, reason: &str) -> Result<(), Error> {
    let reason = typed::line("reason", reason, 1, REASON_CHARS_MAX)?;
    if find(app, id).await?.suspension.is_none() {
        return Ok(());
    }
    let batch =
        vec![statements::end_suspension(id, app.now()), line(app, operator, id, Act::Unsuspended, None, &reason)];
    let done: Result<_, Fault> = app.ports.sql.batch(batch).await.attempt(&format!("end the suspension of {id}"));
    done.map(drop).map_err(Error::from)
}
