//! SQL, the struct of its rows, and the function that runs it: one file for each noun.

pub mod account_storage;
pub mod accounts;
pub mod anomaly_counters;
pub mod api_keys;
pub mod appeals;
pub mod attempts;
pub mod audit;
pub mod audits;
pub mod challenges;
pub mod collections;
pub mod consents;
pub mod counter_notices;
pub mod decisions;
pub mod edits;
pub mod erasures;
pub mod exported;
pub mod exports;
pub mod factor_attempts;
pub mod factors;
pub mod gallery;
pub mod held;
pub mod holds;
pub mod idempotency;
pub mod image_hashes;
pub mod images;
pub mod job_cursors;
pub mod journal;
pub mod key_holders;
pub mod known_bad;
pub mod leases;
pub mod leaving_images;
pub mod letters;
pub mod links;
pub mod master_key_marks;
pub mod notice_images;
pub mod notices;
pub mod orders;
pub mod passkeys;
pub mod policy_notices;
pub mod privacy;
pub mod proved_images;
pub mod rate_counters;
pub mod recovery_codes;
pub mod removals;
pub mod replays;
pub mod reports;
pub mod requests;
pub mod restorations;
pub mod review_log;
pub mod review_queue;
pub mod reviewed_images;
pub mod search;
pub mod sessions;
pub mod signature_nonces;
pub mod standings;
pub mod statements;
pub mod statistics;
pub mod strikes;
pub mod subject_requests;
pub mod team_invitations;
pub mod team_letters;
pub mod team_members;
pub mod teams;
pub mod tickets;
pub mod totp_factors;
pub mod transparency;
pub mod trusted_reporters;
pub mod variants;

use crate::ports::sql::{Row, Sql, SqlFailure, Statement};

/// Runs one statement.
pub(crate) async fn run(sql: &dyn Sql, statement: Statement) -> Result<Vec<Row>, SqlFailure> {
    Ok(sql.batch(vec![statement]).await?.into_iter().next().unwrap_or_default())
}

/// Runs whatever there is to run, all or nothing.
///
/// # Errors
/// If the database fails.
pub async fn run_all(sql: &dyn Sql, statements: impl IntoIterator<Item = Statement>) -> Result<(), SqlFailure> {
    let statements: Vec<Statement> = statements.into_iter().collect();
    if statements.is_empty() {
        return Ok(());
    }
    sql.batch(statements).await.map(drop)
}

/// A list as the one JSON parameter that `json_each(?)` reads: D1 takes at most 100 parameters.
pub(crate) fn json_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(items.into_iter().map(str::to_owned)).to_string()
}

/// Every statement of the store, so that a test can prepare and explain each against the schema.
#[must_use]
pub fn every_statement() -> Vec<&'static str> {
    let mut statements = [
        account_storage::STATEMENTS,
        accounts::STATEMENTS,
        collections::STATEMENTS,
        policy_notices::STATEMENTS,
        privacy::STATEMENTS,
        consents::STATEMENTS,
        anomaly_counters::STATEMENTS,
        api_keys::STATEMENTS,
        counter_notices::STATEMENTS,
        appeals::STATEMENTS,
        statements::STATEMENTS,
        strikes::STATEMENTS,
        decisions::STATEMENTS,
        attempts::STATEMENTS,
        audit::STATEMENTS,
        audits::STATEMENTS,
        challenges::STATEMENTS,
        erasures::STATEMENTS,
        exported::STATEMENTS,
        exports::STATEMENTS,
        exports::building::STATEMENTS,
        factor_attempts::STATEMENTS,
        factors::STATEMENTS,
        gallery::STATEMENTS,
        edits::STATEMENTS,
        search::STATEMENTS,
        held::STATEMENTS,
        standings::STATEMENTS,
        holds::STATEMENTS,
        idempotency::STATEMENTS,
        image_hashes::STATEMENTS,
        images::STATEMENTS,
        job_cursors::STATEMENTS,
        journal::STATEMENTS,
        key_holders::STATEMENTS,
        known_bad::STATEMENTS,
        leases::STATEMENTS,
        leaving_images::STATEMENTS,
        letters::STATEMENTS,
        links::STATEMENTS,
        master_key_marks::STATEMENTS,
        notice_images::STATEMENTS,
        notices::STATEMENTS,
        trusted_reporters::STATEMENTS,
        orders::STATEMENTS,
        passkeys::STATEMENTS,
        proved_images::STATEMENTS,
        rate_counters::STATEMENTS,
        recovery_codes::STATEMENTS,
        removals::STATEMENTS,
        reports::STATEMENTS,
        requests::STATEMENTS,
        statistics::STATEMENTS,
        restorations::STATEMENTS,
        review_log::STATEMENTS,
        review_queue::STATEMENTS,
        reviewed_images::STATEMENTS,
        sessions::STATEMENTS,
        signature_nonces::STATEMENTS,
        subject_requests::STATEMENTS,
        team_invitations::STATEMENTS,
        team_letters::STATEMENTS,
        team_members::STATEMENTS,
        teams::STATEMENTS,
        tickets::STATEMENTS,
        totp_factors::STATEMENTS,
        transparency::STATEMENTS,
        variants::STATEMENTS,
    ]
    .concat();
    statements.extend(audit::DUE.map(|(_, question)| question));
    statements.extend(replays::statements());
    statements
}
