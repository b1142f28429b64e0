//! What is kept of what operators see and decide.

use super::{DataRow, NOT_PERSONAL, row};

const KEPT: &str = "366 days, a night longer at most: as long as strikes count";
const BY_AGE: &str = "row deleted (forget_review_log), which the log itself notes; sooner, the database refuses";
const AS_HELD: &str = "as the notice or the appeal";
const WITH_HELD: &str = "row deleted with it, after its key was destroyed";
const QUOTED: &str = "quoted in the operator's answer to an appeal";

/// The rows of reviews.
pub(super) const ROWS: &[DataRow] = &[
    row("review_log.number", "the place of a line in the log", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("review_log.at", "when something was seen or decided", "operator", KEPT, QUOTED, BY_AGE),
    row(
        "review_log.operator",
        "the random name of the account of the operator who did",
        "operator",
        KEPT,
        "none: what was decided is told to whom it concerns, not by whom",
        BY_AGE,
    ),
    row("review_log.act", "what was done", "operator", KEPT, QUOTED, BY_AGE),
    row("review_log.about", "what it is about: an image, a notice, an appeal", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("review_log.subject", "the random name of that", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("review_log.seen", "what was seen of it", "operator", KEPT, QUOTED, BY_AGE),
    row("review_log.ground", "what a decision rests on", "operator", KEPT, QUOTED, BY_AGE),
    row(
        "key_holders.id",
        "the name of a notice or an appeal that has a key of personal data",
        "caller",
        AS_HELD,
        NOT_PERSONAL,
        WITH_HELD,
    ),
    row("key_holders.kind", "which of the two", "caller", AS_HELD, NOT_PERSONAL, WITH_HELD),
    row("key_holders.made_at", "when the key was made", "caller", AS_HELD, NOT_PERSONAL, WITH_HELD),
    row("review_log.reason", "why, in words; without names", "operator", KEPT, QUOTED, BY_AGE),
];
