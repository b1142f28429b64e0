//! Writes the ledger of consent: what was asked, in which words, and what was answered.

use super::consent::proof;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::consent::{Act, ConsentRecord, Purpose};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::consents::ConsentText;
use crate::ports::sql::Statement;
use crate::store::consents;

/// Most entries shown: more than anybody makes by hand.
const HISTORY_MAX: i64 = 500;

/// What is written when an account is made: an answer about every purpose, also where the answer is no (promise
/// IMP-03). A browser's Global Privacy Control outweighs a tick where it speaks of the same (promise IMP-53).
#[must_use]
pub fn at_sign_up(account: &Account, granted: &[Purpose], gpc: bool, now: Timestamp) -> Vec<Statement> {
    let answer = |purpose: Purpose| {
        let is_opted_out = gpc && purpose.is_opted_out_by_gpc();
        let act = if granted.contains(&purpose) && !is_opted_out { Act::Granted } else { Act::Withdrawn };
        let country = account.country.clone();
        consents::append(&entry(&account.id, purpose, act, "sign_up", country, gpc, now))
    };
    Purpose::ALL.into_iter().map(answer).collect()
}

/// Where and how somebody answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// `settings` or `unsubscribe`.
    pub surface: &'static str,
    /// From which country, as far as is known.
    pub country: Option<String>,
    /// Whether the browser sent `Sec-GPC: 1`.
    pub gpc: bool,
}

/// Writes an answer down, if it is another than the latest. Answers what holds afterwards: with a Global Privacy Control
/// signal, what it speaks against is not granted.
///
/// # Errors
/// If the database fails.
pub async fn record(
    app: &App,
    account: &AccountId,
    purpose: Purpose,
    wished: Act,
    how: &Answered,
) -> Result<Act, Fault> {
    let act = if how.gpc && purpose.is_opted_out_by_gpc() { Act::Withdrawn } else { wished };
    let before = proof(app, account, purpose).await?.map_or(Act::Withdrawn, |_| Act::Granted);
    if before != act {
        let record = entry(account, purpose, act, how.surface, how.country.clone(), how.gpc, app.now());
        let attempted = format!("record a consent of {account}");
        app.ports.sql.batch(vec![consents::append(&record)]).await.attempt(&attempted)?;
    }
    Ok(act)
}

/// Every entry about an account, by purpose, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn history(app: &App, account: &AccountId) -> Result<Vec<ConsentRecord>, Fault> {
    consents::history(app.ports.sql.as_ref(), account, HISTORY_MAX).await.attempt("read the ledger of consent")
}

fn entry(
    account: &AccountId,
    purpose: Purpose,
    act: Act,
    surface: &str,
    country: Option<String>,
    gpc: bool,
    now: Timestamp,
) -> ConsentRecord {
    let text = ConsentText::of(purpose);
    ConsentRecord {
        account_id: account.clone(),
        purpose,
        act,
        recorded_at: now,
        country,
        text_version: text.version.to_owned(),
        text_sha256: text.sha256(),
        surface: surface.to_owned(),
        gpc,
    }
}
