//! What is kept of requests to the API, and of what there was on a day.

use super::{DataRow, NOT_PERSONAL, row};

const THIRTY_DAYS: &str = "30 days from the request, a few minutes longer at most";
const COUNTED: &str = "30 days from the end of the day, a few minutes longer at most";
const WITH_TIME: &str = "row deleted (forget_requests), or with the account (erase_accounts)";
const OF_KEY: &str = "in the export, on the page of the key's requests, and at GET /v1/keys/{id}/requests";
const A_YEAR: &str = "364 days from the beginning of the day, a night longer at most";
const BY_AGE: &str = "row deleted (count_statistics)";

const FIVE_YEARS: &str = "five years from when the month began, a night longer at most";
const BY_MONTHS: &str = "row deleted (count_transparency)";

/// The rows of the request log and of the statistics.
pub(super) const ROWS: &[DataRow] = &[
    row("requests.account_id", "whose API key it was; empty without one", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row("requests.key_id", "which API key it was", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row("requests.at", "when a program asked something of the API", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row("requests.id", "the random name of the request, as in X-Request-Id", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row("requests.method", "its method", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row(
        "requests.endpoint",
        "the pattern of its route, not what was asked for",
        "account",
        THIRTY_DAYS,
        OF_KEY,
        WITH_TIME,
    ),
    row("requests.status", "the status of the answer", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row("requests.problem", "the kind of problem that was answered", "account", THIRTY_DAYS, OF_KEY, WITH_TIME),
    row(
        "requests.client",
        "keyed hash of the /24 or /48 that the program was in, another for each day and account",
        "caller",
        "as the request; nobody can tell what it stands for when the day's salt is destroyed, an hour after its day",
        OF_KEY,
        WITH_TIME,
    ),
    row("request_counts.account_id", "whose API key it was; empty without one", "account", COUNTED, OF_KEY, WITH_TIME),
    row("request_counts.day", "a UTC day", "account", COUNTED, OF_KEY, WITH_TIME),
    row("request_counts.key_id", "which API key it was", "account", COUNTED, OF_KEY, WITH_TIME),
    row("request_counts.requests", "how many requests there were", "account", COUNTED, OF_KEY, WITH_TIME),
    row("request_counts.listed", "how many of them are listed", "account", COUNTED, OF_KEY, WITH_TIME),
    row(
        "request_counts.last_id",
        "the random name of the last, so that none is counted twice",
        "account",
        COUNTED,
        NOT_PERSONAL,
        WITH_TIME,
    ),
    row("transparency_counts.month", "a month", "operator", FIVE_YEARS, NOT_PERSONAL, BY_MONTHS),
    row("transparency_counts.measure", "what was counted", "operator", FIVE_YEARS, NOT_PERSONAL, BY_MONTHS),
    row("transparency_counts.kind", "of which kind", "operator", FIVE_YEARS, NOT_PERSONAL, BY_MONTHS),
    row(
        "transparency_counts.count",
        "how often there was it, rounded down to tens; nothing of what there was less often",
        "operator",
        FIVE_YEARS,
        NOT_PERSONAL,
        BY_MONTHS,
    ),
    row("statistics.day", "a UTC day", "operator", A_YEAR, NOT_PERSONAL, BY_AGE),
    row("statistics.subject", "uploads or removals", "operator", A_YEAR, NOT_PERSONAL, BY_AGE),
    row("statistics.surface", "a way in", "operator", A_YEAR, NOT_PERSONAL, BY_AGE),
    row("statistics.format", "a format", "operator", A_YEAR, NOT_PERSONAL, BY_AGE),
    row("statistics.verdict", "a verdict", "operator", A_YEAR, NOT_PERSONAL, BY_AGE),
    row("statistics.reason", "a reason to leave public view", "operator", A_YEAR, NOT_PERSONAL, BY_AGE),
    row(
        "statistics.count",
        "how many of that kind there were, if ten or more; or all others together, if that tells of none",
        "operator",
        A_YEAR,
        NOT_PERSONAL,
        BY_AGE,
    ),
];
