//! What the auditor checks: promises as rules that a look at the data can find broken. It shares these tables with the jobs that
//! keep the promises, and nothing else; the public page prints them with what was found.

use super::authority::REPORTED_WITHIN_MS;
use super::erasure::RECEIPT_MS;
use super::factors::{ATTEMPTS_DAY_MS, UNCONFIRMED_MS};
use super::request_log::REQUESTS_MS;
use super::retention::{DRAFT_MS, IDEMPOTENCY_MS, TOMBSTONE_MS};
use super::statistics::STATISTICS_MS;
use super::teams::CLOSED_KEPT_MS;
use super::transparency::TOLD_MS;
use super::variants::{BUDGET_WINDOW_MS, IDLE_MS};
use super::{api_keys, review, subject_requests, tickets};
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// How long after its time something may still be there that a job takes away, of every minute or of every other: a job may miss
/// some of its runs, and one run does not do everything where there is much.
const SOON: i64 = 15 * MINUTE_MS;
/// The same of what waits for somebody else besides: vision, who delivers letters, or all the images of one account.
const PATIENTLY: i64 = 75 * MINUTE_MS;
/// The same of nightly jobs.
const NIGHTLY: i64 = DAY_MS + 2 * HOUR_MS;
/// The same of what is found by walking through everything.
const BY_WALKING: i64 = 2 * DAY_MS;

/// Rows looked at for each rule in an hourly look: those whose time comes first. If none of them is overdue, none is.
pub const LOOKED_AT_MAX: i64 = 1_000;
/// Rows, or names of objects, on a page of a walk: R2 lists no more.
pub const PAGE: i64 = 1_000;
/// Pages walked in one run: with what each page costs, that is within the platform's thousand queries.
pub const PAGES_MAX: usize = 100;
/// How long after one walk has ended the next one begins: nightly, whenever the night is.
pub const WALK_EVERY_MS: i64 = 20 * HOUR_MS;
/// Images whose bytes are read again and digested in one run.
pub const DIGESTED_MAX: i64 = 3;
/// What differs between a bucket and the database is looked at twice before it counts, at most so often in one run.
pub const CONFIRMED_MAX: usize = 100;
/// How often operators are told that a rule is still broken.
pub const TOLD_EVERY_MS: i64 = DAY_MS;
/// After how long an hourly result is too old to say anything: the auditor itself is broken then.
const STALE_MS: i64 = 6 * HOUR_MS;
/// The same of a walk, which takes a night, or two where there is much.
const STALE_WALK_MS: i64 = 3 * DAY_MS;

/// How a rule is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Every hour, at the rows whose time comes first: so many milliseconds after what they say.
    Due(i64),
    /// Every hour, at something else than rows.
    AtEach,
    /// Nightly, walking through everything.
    Walk,
    /// Every hour, at a few that chance chooses.
    Sample,
}

/// A promise, as it is checked.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name, in answers and in the database.
    pub name: &'static str,
    /// The promise that it is about (docs/architecture.md); none: what promises rest on.
    pub promise: Option<&'static str>,
    /// The rule in plain words.
    pub words: &'static str,
    /// How much later than its time something may be, in milliseconds.
    pub allowance_ms: i64,
    /// How it is checked.
    pub look: Look,
}

impl Rule {
    /// After how long a result says nothing any more, in milliseconds.
    #[must_use]
    pub fn stale_ms(&self) -> i64 {
        match self.look {
            Look::Walk => STALE_WALK_MS,
            Look::Due(_) | Look::AtEach | Look::Sample => STALE_MS,
        }
    }
}

const fn rule(
    name: &'static str,
    promise: Option<&'static str>,
    words: &'static str,
    allowance_ms: i64,
    look: Look,
) -> Rule {
    Rule { name, promise, words, allowance_ms, look }
}

use Look::{AtEach, Due, Sample, Walk};

/// The rules that are not about rows whose time has come, by name.
#[allow(missing_docs, reason = "each names the rule of the table below")]
pub mod names {
    pub const JOBS: &str = "jobs-run";
    pub const SALTS: &str = "salts-destroyed";
    pub const WINDOWS: &str = "windows-within-policy";
    pub const PUBLIC_BY_DECISION: &str = "public-by-decision";
    pub const OWNERS: &str = "owners-exist";
    pub const BARE: &str = "tombstones-are-bare";
    pub const PUBLIC_BYTES: &str = "public-bytes-are-promised";
    pub const RECOVERY_BYTES: &str = "recovery-bytes-are-known";
    pub const BYTES_THERE: &str = "promised-bytes-are-there";
    pub const SEALED: &str = "identities-are-sealed";
    pub const KEYS: &str = "personal-keys-have-accounts";
    pub const TOLD: &str = "policy-told";
    pub const UNCHANGED: &str = "bytes-are-unchanged";
    pub const EXPORTS: &str = "exports-have-rows";
    pub const COPIED: &str = "journal-copied";
    pub const JOURNAL: &str = "journal-forgotten";
    pub const RESTORED: &str = "nothing-was-forgotten";
}

/// Every rule, in the order of the public page.
pub const RULES: [Rule; 65] = [
    rule("pictures-leave", Some("IMP-35"), "A picture leaves public view when its time is over.", SOON, Due(0)),
    rule(
        names::WINDOWS,
        Some("IMP-35"),
        "No picture without an account has a longer life than two years, and none has no end that should have one.",
        BY_WALKING,
        Walk,
    ),
    rule(
        names::PUBLIC_BY_DECISION,
        Some("IMP-33"),
        "Whatever is in public view was judged, and nothing that is prohibited is there.",
        BY_WALKING,
        Walk,
    ),
    rule(
        names::PUBLIC_BYTES,
        Some("IMP-36"),
        "Nothing is stored in public view but what is promised to be there.",
        BY_WALKING,
        Walk,
    ),
    rule(names::BYTES_THERE, None, "What is promised to be there is there.", BY_WALKING, Walk),
    rule("removals-finish", Some("IMP-36"), "What is removed is out of public view within minutes.", SOON, Due(0)),
    rule(
        "removed-bytes-erased",
        Some("IMP-36"),
        "Removed pictures are erased when the time is over in which a mistake could be mended.",
        SOON,
        Due(0),
    ),
    rule(
        names::RECOVERY_BYTES,
        Some("IMP-36"),
        "Nothing is kept of removed pictures but what still waits to be erased.",
        BY_WALKING,
        Walk,
    ),
    rule(
        names::BARE,
        Some("IMP-36"),
        "Of an erased picture nothing is left but that its address was in use, and why it is not.",
        BY_WALKING,
        Walk,
    ),
    rule("tombstones-forgotten", Some("IMP-36"), "90 days later, not even that is left.", SOON, Due(TOMBSTONE_MS)),
    rule("drafts-forgotten", None, "Of an upload that was never finished nothing is left.", SOON, Due(DRAFT_MS)),
    rule(
        "held-pictures-tried",
        Some("IMP-20"),
        "What could not be judged or done at once is tried again within the hour.",
        PATIENTLY,
        Due(0),
    ),
    rule(
        "held-pictures-decided",
        Some("IMP-20"),
        "What could not be judged at once is judged or given up within three days.",
        SOON,
        Due(0),
    ),
    rule(
        "accounts-erased",
        Some("IMP-37"),
        "A week after its owner asked for it, an account is erased with all that is its own.",
        PATIENTLY,
        Due(0),
    ),
    rule(
        "pictures-return",
        Some("IMP-37"),
        "The pictures of an account that stays after all come back.",
        PATIENTLY,
        Due(0),
    ),
    rule(
        names::OWNERS,
        Some("IMP-37"),
        "No picture is shown, or about to be, of an account or a team that is not there any more.",
        BY_WALKING,
        Walk,
    ),
    rule(
        "closed-teams-leave",
        Some("IMP-63"),
        "What a closed team had leaves public view.",
        DAY_MS,
        Due(CLOSED_KEPT_MS),
    ),
    rule(
        names::SEALED,
        Some("IMP-01"),
        "Names and addresses of people are not readable in the database.",
        BY_WALKING,
        Walk,
    ),
    rule(
        names::KEYS,
        Some("IMP-37"),
        "There is a key for each account, and for whoever reports or appeals, and none of anybody who was forgotten.",
        BY_WALKING,
        Walk,
    ),
    rule(
        "sign-ins-forgotten",
        Some("IMP-06"),
        "With a sign-in goes from where and with what it was made.",
        SOON,
        Due(0),
    ),
    rule("links-forgotten", Some("IMP-06"), "Links in letters are forgotten when they end.", SOON, Due(0)),
    rule("letters-sent", None, "Letters are sent, or given up within a day.", PATIENTLY, Due(0)),
    rule("letters-forgotten", None, "Letters are forgotten when they are sent.", SOON, Due(0)),
    rule(
        "callers-forgotten",
        Some("IMP-10"),
        "That somebody without an account has uploaded is forgotten after a day.",
        SOON,
        Due(DAY_MS),
    ),
    rule(
        "anomalies-forgotten",
        Some("SHO-05"),
        "How often something happened, by whomever, is forgotten after a day.",
        SOON,
        Due(DAY_MS),
    ),
    rule(
        "reports-made",
        Some("IMP-24"),
        "What must be reported to an authority is reported within a day.",
        0,
        Due(REPORTED_WITHIN_MS),
    ),
    rule("transparency-forgotten", None, "What was decided in a month is told for five years.", NIGHTLY, Due(TOLD_MS)),
    rule(
        names::SALTS,
        Some("IMP-10"),
        "What made pseudonyms of addresses is destroyed when its day is over.",
        SOON,
        AtEach,
    ),
    rule(
        "repeats-forgotten",
        None,
        "Keys that recognise a repeated upload are forgotten after a day.",
        SOON,
        Due(IDEMPOTENCY_MS),
    ),
    rule(
        "revoked-keys-forgotten",
        None,
        "API keys are forgotten 30 days after they were revoked.",
        SOON,
        Due(api_keys::ENDED_KEPT_MS),
    ),
    rule(
        "expired-keys-forgotten",
        None,
        "API keys are forgotten 30 days after they have ended.",
        SOON,
        Due(api_keys::ENDED_KEPT_MS),
    ),
    rule(
        "tickets-forgotten",
        None,
        "Upload tickets are forgotten 30 days after they have ended.",
        SOON,
        Due(tickets::ENDED_KEPT_MS),
    ),
    rule(
        "requests-forgotten",
        Some("IMP-38"),
        "What a program asked of the API is forgotten after 30 days.",
        SOON,
        Due(REQUESTS_MS),
    ),
    rule(
        "statistics-forgotten",
        Some("MSF-08"),
        "How many uploads there were on a day is forgotten within twelve months.",
        NIGHTLY,
        Due(STATISTICS_MS),
    ),
    rule("invitations-forgotten", None, "Invitations are forgotten when they end.", SOON, Due(0)),
    rule("nonces-forgotten", None, "Marks of signed requests are forgotten when their time is over.", SOON, Due(0)),
    rule("challenges-forgotten", None, "Questions to authenticators are forgotten when they end.", SOON, Due(0)),
    rule(
        "attempts-forgotten",
        None,
        "Failed attempts at second factors are forgotten after a day.",
        SOON,
        Due(ATTEMPTS_DAY_MS),
    ),
    rule("apps-forgotten", None, "Authenticator apps that nobody confirmed are forgotten.", SOON, Due(UNCONFIRMED_MS)),
    rule("variants-leave", Some("IMP-36"), "Versions of a picture are erased with it.", SOON, Due(0)),
    rule(
        "variants-erased",
        None,
        "Versions of a picture that nobody uses are erased after 30 days.",
        SOON,
        Due(IDLE_MS),
    ),
    rule(
        "budgets-forgotten",
        None,
        "How many versions were made of a picture is forgotten.",
        SOON,
        Due(BUDGET_WINDOW_MS),
    ),
    rule(
        "receipts-forgotten",
        Some("IMP-37"),
        "Receipts of erasures are forgotten after a year.",
        SOON,
        Due(RECEIPT_MS),
    ),
    rule(
        "subject-requests-answered",
        Some("IMP-56"),
        "Who asks about their data by mail, or has an agent ask, is answered in time.",
        0,
        Due(0),
    ),
    rule(
        "subject-requests-forgotten",
        Some("IMP-56"),
        "What was asked and answered is forgotten after two years.",
        SOON,
        Due(subject_requests::KEPT_MS),
    ),
    rule(
        "notices-decided",
        Some("IMP-39"),
        "A person decides about what is reported, in the time that the law or we have set for it.",
        0,
        Due(0),
    ),
    rule(
        "notices-carried-out",
        Some("IMP-39"),
        "What was decided about a report is done with all its pictures within minutes.",
        PATIENTLY,
        Due(0),
    ),
    rule(
        "copies-searched",
        Some("IMP-39"),
        "Copies of intimate pictures that were reported are searched for before the 48 hours are over.",
        0,
        Due(0),
    ),
    rule(
        "countered-pictures-return",
        Some("IMP-39"),
        "After a counter-notice a picture comes back within the days that the law allows.",
        DAY_MS,
        Due(0),
    ),
    rule(
        "notices-forgotten",
        Some("IMP-39"),
        "Who reported what is forgotten a year after it was decided.",
        PATIENTLY,
        Due(0),
    ),
    rule(
        "review-log-forgotten",
        Some("IMP-39"),
        "What operators saw and decided is forgotten when strikes that rest on it do not count any more.",
        NIGHTLY,
        Due(review::LOG_MS),
    ),
    rule(
        "statements-sent",
        Some("IMP-22"),
        "Whoever is restricted is told why, if we know where to write.",
        PATIENTLY,
        Due(0),
    ),
    rule("appeals-decided", Some("IMP-22"), "Appeals are decided within a fortnight.", 0, Due(0)),
    rule("appeals-finished", Some("IMP-22"), "What was decided about an appeal is done.", PATIENTLY, Due(0)),
    rule(
        "statements-forgotten",
        Some("IMP-39"),
        "Reasons of restrictions, and appeals against them, are forgotten after a year, unless the restriction stands.",
        SOON,
        Due(0),
    ),
    rule("strikes-forgotten", Some("IMP-39"), "Strikes are forgotten after twelve months.", SOON, Due(0)),
    rule(names::TOLD, Some("IMP-55"), "Whoever a change of the policy affects is told of it within a week.", 0, AtEach),
    rule("exports-made", Some("IMP-50"), "A copy of somebody's data that they asked for is made.", DAY_MS, Due(0)),
    rule("exports-erased", Some("IMP-50"), "Copies of somebody's data are erased when they end.", SOON, Due(0)),
    rule(
        names::EXPORTS,
        Some("IMP-50"),
        "Of a copy of somebody's data nothing is left once it is erased.",
        BY_WALKING,
        Walk,
    ),
    rule(
        names::COPIED,
        Some("IMP-37"),
        "What must not come undone is written down within minutes where no backup takes it back.",
        SOON,
        AtEach,
    ),
    rule(
        names::JOURNAL,
        Some("IMP-37"),
        "What was written down so is forgotten when no backup is left that could undo it.",
        NIGHTLY,
        AtEach,
    ),
    rule(
        names::RESTORED,
        None,
        "Nothing is forgotten because the database was set back to an earlier time.",
        0,
        AtEach,
    ),
    rule(names::UNCHANGED, None, "Stored pictures are what was stored.", 0, Sample),
    rule(names::JOBS, None, "All that happens by itself happens when it should.", 0, AtEach),
];

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}
