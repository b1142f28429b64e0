//! Seals what must be reported: out of view it is already; here it gets a legal hold, the record of a report, and a place on the
//! operators' list, so that copies are recognised (promise IMP-24).

use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::ids::ImageId;
use crate::domain::known_bad::{Category, HashKind, Match};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::authority::KEPT_AFTER_REPORT_MS;
use crate::policy::grounds::rule_of;
use crate::policy::known_bad::{OPERATORS_LIST, rule};
use crate::ports::sql::Statement;
use crate::store::{holds, known_bad, reports};
use crate::usecases::enlist::recognisable;

/// Where an image stands of which a person has found that it must be reported: on its way out of view, or out of it.
const OUT_OF_VIEW: &[&str] = &["removing", "recovery"];

/// Whether what is prohibited on this ground must be reported, as the table of categories says.
#[must_use]
pub fn is_reported(ground: Ground) -> Option<Category> {
    rule_of(ground).category.filter(|category| rule(*category).is_reported)
}

/// What belongs into the batch of a decision that prohibits an image on a ground that has it reported; nothing on others.
///
/// # Errors
/// If the database fails.
pub async fn statements(app: &App, id: &ImageId, ground: Ground, now: Timestamp) -> Result<Vec<Statement>, Fault> {
    let Some(category) = is_reported(ground) else { return Ok(Vec::new()) };
    let hashes = recognisable(app, id).await?;
    let matched = Match { list: OPERATORS_LIST.into(), category, kind: HashKind::Sha256, distance: Some(0) };
    let mut sealing = vec![reports::enter(id, OUT_OF_VIEW, &matched, now)];
    sealing.extend(settle(app, id, "found by a person", now));
    if !hashes.is_empty() {
        sealing.push(known_bad::list(&hashes, category, id, now));
    }
    Ok(sealing)
}

/// Has the legal hold of an image say what its report and its orders demand. What nothing keeps any more is erased after the
/// usual window, in which its uploader can still ask for it.
#[must_use]
pub fn settle(app: &App, id: &ImageId, reason: &str, now: Timestamp) -> Vec<Statement> {
    let let_go_at = now.plus_ms(app.settings.retention.recovery_ms());
    holds::settle_legal(id, reason, KEPT_AFTER_REPORT_MS, let_go_at, now)
}

/// Whether the law has an image stay where it is.
///
/// # Errors
/// If the database fails.
pub async fn is_sealed(app: &App, id: &ImageId) -> Result<bool, Fault> {
    holds::is_sealed(app.ports.sql.as_ref(), id, app.now()).await.attempt(&format!("see whether {id} is under a hold"))
}
