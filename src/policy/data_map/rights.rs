//! What is kept of rights that people use.

use super::{DataRow, NOT_PERSONAL, row};

const REQUEST: &str = "two years from the answer (11 CCR § 7101(a))";
const BY_AGE: &str = "row deleted (remind_requests)";
const IN_MAIL: &str = "none: who asked is in the operators' own mail, and has the answer";

/// The rows of rights.
pub(super) const ROWS: &[DataRow] = &[
    row(
        "accounts.restricted_at",
        "since when nothing is done with the account's data but what it asks for, if so",
        "account",
        "as long as its owner wants, at most as long as the account",
        "in the export",
        "set to NULL when its owner wants, or with the account",
    ),
    row("subject_requests.id", "the name of a request about data", "operator", REQUEST, NOT_PERSONAL, BY_AGE),
    row("subject_requests.kind", "what is asked for", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.channel", "how it came", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.law", "whose deadline counts", "operator", REQUEST, IN_MAIL, BY_AGE),
    row(
        "subject_requests.reference",
        "where the operators find it in their own mail; not who asked",
        "operator",
        REQUEST,
        IN_MAIL,
        BY_AGE,
    ),
    row("subject_requests.received_at", "when it came", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.due_at", "by when it is to be answered", "operator", REQUEST, IN_MAIL, BY_AGE),
    row(
        "subject_requests.verified_at",
        "when it was known that whoever asked may",
        "operator",
        REQUEST,
        IN_MAIL,
        BY_AGE,
    ),
    row("subject_requests.extended_at", "when more time was taken", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.closed_at", "when it was answered", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.outcome", "what came of it", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.note", "how, or why not; without names", "operator", REQUEST, IN_MAIL, BY_AGE),
    row("subject_requests.reminded_at", "when operators were last reminded", "operator", REQUEST, NOT_PERSONAL, BY_AGE),
];
