//! What was restricted of an account, with the reasons it was told; its appeals, and its strikes.

use serde::Serialize;

use super::documents::told;
use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::ids::AccountId;
use crate::domain::statement::{Appeal, AppealOutcome, Restriction, Statement, Strike};
use crate::error::{Attempt as _, Fault};
use crate::policy::statements::LISTED_MAX;
use crate::store::appeals;
use crate::usecases::appeal::words_of;
use crate::usecases::read_statements::{stated_to, strikes_of};
use crate::usecases::reasons::reasons;

/// A statement of reasons, as it was told.
#[derive(Debug, Serialize)]
pub(super) struct StatementEntry {
    about: String,
    restriction: Restriction,
    imposed_at: String,
    ended_at: Option<String>,
    told_at: Option<String>,
    expires_before: Option<String>,
    expires_at: Option<String>,
    scope: String,
    facts: String,
    basis: String,
    origin: String,
    automated_detection: bool,
    automated_decision: bool,
    appeal_until: String,
}

/// An appeal of the account.
#[derive(Debug, Serialize)]
pub(super) struct AppealEntry {
    id: String,
    about: String,
    words: Option<String>,
    opened_at: String,
    due_at: String,
    decided_at: Option<String>,
    outcome: Option<AppealOutcome>,
    reason: Option<String>,
    finished_at: Option<String>,
    image_is_back: Option<bool>,
}

/// A strike against the account.
#[derive(Debug, Serialize)]
pub(super) struct StrikeEntry {
    image: String,
    ground: Ground,
    imposed_at: String,
    expires_at: String,
    reversed_at: Option<String>,
}

pub(super) async fn statements(app: &App, id: &AccountId) -> Result<Vec<StatementEntry>, Fault> {
    Ok(stated_to(app, id).await?.iter().map(StatementEntry::of).collect())
}

pub(super) async fn appeals(app: &App, id: &AccountId) -> Result<Vec<AppealEntry>, Fault> {
    let found = appeals::of_account(app.ports.sql.as_ref(), id, LISTED_MAX).await;
    let mut entries = Vec::new();
    for appeal in found.attempt(&format!("list appeals of {id}"))? {
        let words = words_of(app, &appeal).await?;
        entries.push(AppealEntry::of(appeal, words));
    }
    Ok(entries)
}

pub(super) async fn strikes(app: &App, id: &AccountId) -> Result<Vec<StrikeEntry>, Fault> {
    Ok(strikes_of(app, id).await?.into_iter().map(StrikeEntry::of).collect())
}

impl StatementEntry {
    fn of(statement: &Statement) -> Self {
        let reasons = reasons(statement);
        Self {
            about: statement.subject.clone(),
            restriction: reasons.kind,
            imposed_at: statement.imposed_at.rfc3339(),
            ended_at: told(statement.ended_at),
            told_at: told(statement.told_at),
            expires_before: told(statement.expires_before),
            expires_at: told(statement.expires_at),
            scope: reasons.scope,
            facts: reasons.facts,
            basis: reasons.basis,
            origin: reasons.origin,
            automated_detection: statement.is_detected_by_program(),
            automated_decision: statement.is_automated(),
            appeal_until: reasons.appeal_until.rfc3339(),
        }
    }
}

impl AppealEntry {
    fn of(appeal: Appeal, words: Option<String>) -> Self {
        Self {
            id: appeal.id.to_string(),
            words,
            opened_at: appeal.opened_at.rfc3339(),
            due_at: appeal.due_at.rfc3339(),
            decided_at: told(appeal.decided_at),
            outcome: appeal.outcome,
            finished_at: told(appeal.finished_at),
            image_is_back: appeal.is_back(),
            reason: appeal.reason,
            about: appeal.subject,
        }
    }
}

impl StrikeEntry {
    fn of(strike: Strike) -> Self {
        Self {
            image: strike.image_id,
            ground: strike.ground,
            imposed_at: strike.imposed_at.rfc3339(),
            expires_at: strike.expires_at.rfc3339(),
            reversed_at: told(strike.reversed_at),
        }
    }
}
