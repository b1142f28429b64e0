//! What is kept of the reasons of restrictions, appeals and strikes.

use super::{DataRow, NOT_PERSONAL, row};

const STATED: &str = "366 days from the restriction; longer while it stands or an appeal waits";
const STRUCK: &str = "365 days, a quarter of an hour longer at most";
const BY_STATEMENT: &str = "row deleted (forget_statements)";
const BY_AGE: &str =
    "row deleted (forget_statements), also of accounts that were erased: the law has it counted (17 U.S.C. 512(i))";
const ANONYMISED: &str = "set to NULL, or to a keyed hash, when the account is erased; row deleted (forget_statements)";
const WITH_APPELLANT: &str =
    "emptied when the account is erased, after its key was destroyed; row deleted (forget_statements)";
const IN_STATEMENT: &str =
    "in the statement of reasons, on its page, in the API and in the export; not of what is reported to an authority";
const IN_STRIKES: &str = "in the export";
const NOT_BY_WHOM: &str = "none: what was decided is told to whom it concerns, not by whom";

/// The rows of statements, appeals and strikes.
pub(super) const ROWS: &[DataRow] = &[
    row(
        "statements.subject",
        "the restricted image, or the suspended account; of an account that was erased a keyed hash",
        "account",
        STATED,
        IN_STATEMENT,
        ANONYMISED,
    ),
    row("statements.number", "first, second, … about it", "account", STATED, NOT_PERSONAL, BY_STATEMENT),
    row("statements.kind", "what is restricted", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.imposed_at", "since when", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.account_id", "whose it was then", "account", STATED, NOT_PERSONAL, ANONYMISED),
    row(
        "statements.token_hash",
        "hash of the delete token, which opens the statement",
        "account",
        STATED,
        "none: a secret's hash",
        BY_STATEMENT,
    ),
    row("statements.decided_by", "person, model, list or rule", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row(
        "statements.operator",
        "the random name of the operator who decided",
        "operator",
        STATED,
        NOT_BY_WHOM,
        BY_STATEMENT,
    ),
    row("statements.is_detected", "whether a program found it", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.ground", "what the decision rests on", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.notice_id", "the notice that led to it, if one did", "account", STATED, NOT_PERSONAL, BY_STATEMENT),
    row("statements.reason", "the facts, in words", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row(
        "statements.category",
        "what a list of known material says about the image",
        "account",
        STATED,
        "none: it would tell what to look for, or what to avoid",
        BY_STATEMENT,
    ),
    row("statements.expires_before", "when the image would have left", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.expires_at", "when it leaves", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.ended_at", "when the restriction ended", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.due_at", "since when somebody is to be told", "account", STATED, NOT_PERSONAL, BY_STATEMENT),
    row("statements.told_at", "when the letter was written", "account", STATED, IN_STATEMENT, BY_STATEMENT),
    row("statements.forget_after", "until when it is kept", "account", STATED, NOT_PERSONAL, BY_STATEMENT),
    row("appeals.id", "a random name", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.subject", "what is appealed against", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.number", "which statement about that", "caller", STATED, NOT_PERSONAL, BY_STATEMENT),
    row("appeals.account_id", "who appeals, if it is an account", "caller", STATED, NOT_PERSONAL, WITH_APPELLANT),
    row(
        "appeals.words",
        "why, sealed under the key of the account, or the appeal's own",
        "caller",
        STATED,
        IN_STATEMENT,
        WITH_APPELLANT,
    ),
    row("appeals.opened_at", "when it came", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.due_at", "by when it is decided", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.reminded_at", "when operators were reminded", "caller", STATED, NOT_PERSONAL, BY_STATEMENT),
    row("appeals.decided_at", "when it was decided", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.outcome", "what came of it", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row(
        "appeals.decided_by",
        "the random name of the operator who decided",
        "operator",
        STATED,
        NOT_BY_WHOM,
        BY_STATEMENT,
    ),
    row("appeals.reason", "why, in words", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.finished_at", "when that was done", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("appeals.is_back", "whether the image is back", "caller", STATED, IN_STATEMENT, BY_STATEMENT),
    row("strikes.image_id", "the image that was prohibited", "account", STRUCK, IN_STRIKES, BY_AGE),
    row("strikes.number", "the statement about it", "account", STRUCK, NOT_PERSONAL, BY_AGE),
    row(
        "strikes.subject",
        "the account; of one that was erased a keyed hash, by which it could be recognised only with the key and its random name",
        "account",
        STRUCK,
        NOT_PERSONAL,
        ANONYMISED,
    ),
    row("strikes.ground", "what the decision rests on", "account", STRUCK, IN_STRIKES, BY_AGE),
    row("strikes.imposed_at", "since when it counts", "account", STRUCK, IN_STRIKES, BY_AGE),
    row("strikes.expires_at", "until when", "account", STRUCK, IN_STRIKES, BY_AGE),
    row("strikes.reversed_at", "when it was taken back", "account", STRUCK, IN_STRIKES, BY_AGE),
];
