//! What the auditor keeps. It says how many, and of nobody.

use super::{ALWAYS, DataRow, NOT_PERSONAL, row};

const OVERWRITTEN: &str = "overwritten by the next look";
const OVERWRITTEN_SOON: &str = "until the next look, two days at most";
const WALK: &str = "until the walk ends, a night";
const WITH_WALK: &str = "row deleted when the walk ends (audit_promises)";

/// The rows of the auditor.
pub(super) const ROWS: &[DataRow] = &[
    row("audits.rule", "a rule that is checked", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("audits.checked_at", "when it was last", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("audits.checked", "how many things were looked at", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("audits.broken", "how many broke it", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("audits.worst_ms", "by how long the worst did", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row(
        "audits.example",
        "the random name of the image or account that broke it worst",
        "operator",
        OVERWRITTEN_SOON,
        NOT_PERSONAL,
        OVERWRITTEN,
    ),
    row("audits.broken_since", "since when it is broken", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("audits.told_at", "when operators were last told", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("audit_walks.rule", "a rule that is being checked", "operator", WALK, NOT_PERSONAL, WITH_WALK),
    row("audit_walks.checked", "how many things were looked at so far", "operator", WALK, NOT_PERSONAL, WITH_WALK),
    row("audit_walks.broken", "how many broke it", "operator", WALK, NOT_PERSONAL, WITH_WALK),
    row("audit_walks.worst_ms", "by how long the worst did", "operator", WALK, NOT_PERSONAL, WITH_WALK),
    row("audit_walks.example", "the name of the worst so far", "operator", WALK, NOT_PERSONAL, WITH_WALK),
    row("policy_editions.number", "an edition of the policy", "operator", ALWAYS, NOT_PERSONAL, "with the deployment"),
    row(
        "policy_editions.known_since",
        "since when this deployment has it",
        "operator",
        ALWAYS,
        NOT_PERSONAL,
        "with the deployment",
    ),
    row("leases.done_at", "when the job last ended well", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
];
