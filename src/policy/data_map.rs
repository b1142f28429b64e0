//! The data map: every place where data rests, with its owner and the rules for keeping, exporting and
//! erasing it. A test compares it with the real schema; docs/data.md is printed from it.

mod accounts;
mod audits;
mod erasures;
mod exports;
mod journal;
mod notices;
mod requests;
mod review;
mod rights;
mod statements;
mod teams;

/// A row of the data map.
#[derive(Clone, Copy, Debug)]
pub struct DataRow {
    /// `table.column`, `bucket/prefix` or `log.field`.
    pub place: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    /// Whose it is: `account` (a person who has one), `uploader`, `caller` or `operator`.
    pub owner: &'static str,
    /// How long it stays.
    pub retention: &'static str,
    /// Whether and how its owner gets a copy.
    pub export: &'static str,
    /// How it is erased.
    pub erasure: &'static str,
}

const fn row(
    place: &'static str,
    what: &'static str,
    owner: &'static str,
    retention: &'static str,
    export: &'static str,
    erasure: &'static str,
) -> DataRow {
    DataRow { place, what, owner, retention, export, erasure }
}

const IMAGE_LIFE: &str = "the image's window, then the recovery window";
const TOMBSTONE: &str = "as the image, then 90 days as a tombstone";
const IN_ANSWER: &str = "in the Image object";
const NOT_PERSONAL: &str = "none: says nothing about a person";
const WITH_BYTES: &str = "set to NULL when the bytes are erased (reap_recovery)";
const WITH_TOMBSTONE: &str = "row deleted (forget_tombstones)";
const QUOTED: &str = "quoted in the operator's answer to an appeal";
const A_DAY: &str = "24 hours, at most a quarter of an hour longer";
const HELD: &str = "until it is judged, at most 3 days; longer only where a person had it held";
const WHEN_JUDGED: &str = "set to NULL when the image becomes public (judge_held), or with its bytes";
const BY_FORGETTING: &str = "row deleted (forget_ephemeral)";
const ALWAYS: &str = "as long as the deployment";
const LISTED: &str = "as long as the entry is on the list";
const BY_LIST: &str = "entry removed (npm run known-bad -- remove), its bands with it";
const NOT_SHOWN: &str = "none: it would tell what to look for, or what to avoid";
const PRESERVED: &str = "as the row of its image, which stays at least a year from the upload";
const WITH_PRESERVED: &str = "row deleted (forget_tombstones), once no hold stands and no report is due";
const VARIANT: &str =
    "the image's time in public view, a quarter of an hour longer at most; 30 days without being used";
const BY_REAPING: &str = "row deleted with the bytes (reap_variants)";
const AN_HOUR_MORE: &str = "its hour, at most an hour and a quarter longer";
const LOG_WINDOW: &str = "7 days (Workers Logs), unless the deployment sends logs elsewhere";
const LOG_ERASURE: &str = "by age";

/// The data map.
#[must_use]
pub fn rows() -> Vec<DataRow> {
    let of_accounts =
        [accounts::ROWS, erasures::ROWS, exports::ROWS, requests::ROWS, rights::ROWS, teams::ROWS].concat();
    [ROWS, &of_accounts, audits::ROWS, journal::ROWS, notices::ROWS, review::ROWS, statements::ROWS].concat()
}

/// The rows of images, and of what keeps the deployment going.
const ROWS: &[DataRow] = &[
    row("images.id", "the image's public name, random", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.state", "where it is in its life", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.surface", "page, API or import", "uploader", TOMBSTONE, NOT_PERSONAL, WITH_TOMBSTONE),
    row("images.verdict", "conclusion about its content", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.policy_version", "edition of the rules applied", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.created_at", "when the upload began", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.expires_at", "when it leaves public view", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.retention_class", "what chose its window", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.retention_reason", "the promise in words", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("images.facts", "format, size, placeholder", "uploader", IMAGE_LIFE, IN_ANSWER, WITH_BYTES),
    row("images.sha256", "digest of the stored bytes", "uploader", IMAGE_LIFE, "as the ETag field", WITH_BYTES),
    row("images.details", "file name, caption, labels, metadata", "uploader", IMAGE_LIFE, IN_ANSWER, WITH_BYTES),
    row(
        "images.delete_token_hash",
        "hash of the delete token",
        "uploader",
        IMAGE_LIFE,
        "none: a secret's hash",
        WITH_BYTES,
    ),
    row("images.removing_at", "when its removal began", "uploader", TOMBSTONE, NOT_PERSONAL, WITH_TOMBSTONE),
    row("images.removal_reason", "why it was removed", "uploader", TOMBSTONE, "on its page", WITH_TOMBSTONE),
    row("images.erase_after", "when its bytes are erased", "uploader", TOMBSTONE, "on its page", WITH_TOMBSTONE),
    row("images.gone_at", "when its bytes were erased", "uploader", TOMBSTONE, NOT_PERSONAL, WITH_TOMBSTONE),
    row("images.held_reason", "why it is held, if it is", "uploader", HELD, "on its page", WHEN_JUDGED),
    row("images.held_until", "until when it is held", "uploader", HELD, "in the answer to the upload", WHEN_JUDGED),
    row("images.held_sha256", "digest of its bytes while they are held", "uploader", HELD, NOT_PERSONAL, WHEN_JUDGED),
    row("images.attempts", "how often judging it was tried", "uploader", TOMBSTONE, NOT_PERSONAL, WITH_TOMBSTONE),
    row("images.next_attempt_at", "when a job next acts on it", "uploader", HELD, NOT_PERSONAL, WHEN_JUDGED),
    row(
        "images.hashes",
        "digests, and what the image looks like (PDQ), to recognise known material",
        "uploader",
        IMAGE_LIFE,
        "none: shown to nobody, compared with lists only",
        WITH_BYTES,
    ),
    row("images.account_id", "whose it is, if somebody's", "account", IMAGE_LIFE, "in the gallery", WITH_BYTES),
    row("images.owner_tier", "as what its owner got the promise", "account", IMAGE_LIFE, "in the promise", WITH_BYTES),
    row("images.collection_id", "the collection it is in", "account", IMAGE_LIFE, "in the gallery", WITH_BYTES),
    row(
        "images.search_text",
        "file name, caption and labels again, in small letters, to find it by",
        "account",
        IMAGE_LIFE,
        "none: the details are exported",
        WITH_BYTES,
    ),
    row("images.is_private", "whether only its owner sees it", "account", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row(
        "images.stored_bytes",
        "length of its file",
        "uploader",
        IMAGE_LIFE,
        IN_ANSWER,
        "set to 0 when the bytes are erased",
    ),
    row("images.ttl_ms", "the life that was asked for", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("decisions.image_id", "the image it is about", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row("decisions.number", "first, second, … about the image", "uploader", TOMBSTONE, NOT_PERSONAL, WITH_TOMBSTONE),
    row("decisions.decided_at", "when", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "decisions.decided_by",
        "policy, model, operator, list or a classifier outside",
        "uploader",
        TOMBSTONE,
        QUOTED,
        WITH_TOMBSTONE,
    ),
    row("decisions.verdict", "what was concluded", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("decisions.model_id", "which model judged", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row("decisions.model_sha256", "digest of the model's file", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "decisions.scores",
        "the model's answer for each frame and part of one that it saw, or the labels of a classifier outside; used for nothing but this decision",
        "uploader",
        TOMBSTONE,
        QUOTED,
        WITH_TOMBSTONE,
    ),
    row("decisions.thresholds", "what the scores were held against", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row("decisions.policy_version", "edition of the rules applied", "uploader", TOMBSTONE, IN_ANSWER, WITH_TOMBSTONE),
    row("decisions.reason", "the grounds in words", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "decisions.operator",
        "the name of the person who decided, if one did",
        "operator",
        TOMBSTONE,
        "none: says who works here, not what is known of an uploader",
        WITH_TOMBSTONE,
    ),
    row("decisions.ground", "what a person's decision rests on", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "decisions.notice_id",
        "the notice that led to it, if one did",
        "uploader",
        TOMBSTONE,
        NOT_PERSONAL,
        WITH_TOMBSTONE,
    ),
    row("decisions.seen", "what that person looked at", "operator", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "decisions.matched",
        "on which list the image is, if that decided",
        "uploader",
        TOMBSTONE,
        NOT_SHOWN,
        WITH_TOMBSTONE,
    ),
    row("known_bad.number", "an entry of a list", "operator", LISTED, NOT_PERSONAL, BY_LIST),
    row("known_bad.kind", "digest of bytes, or likeness (PDQ)", "operator", LISTED, NOT_PERSONAL, BY_LIST),
    row("known_bad.value", "the hash of an image that is not to be shown", "operator", LISTED, NOT_SHOWN, BY_LIST),
    row("known_bad.list", "the list's name", "operator", LISTED, NOT_SHOWN, BY_LIST),
    row("known_bad.category", "what the list says about its images", "operator", LISTED, NOT_SHOWN, BY_LIST),
    row(
        "known_bad.source",
        "where the entry comes from: a file, or an image here",
        "operator",
        LISTED,
        NOT_SHOWN,
        BY_LIST,
    ),
    row("known_bad.added_at", "when it was added", "operator", LISTED, NOT_PERSONAL, BY_LIST),
    row("known_bad.note", "what the operator noted about it", "operator", LISTED, NOT_SHOWN, BY_LIST),
    row("known_bad_bands.band", "a sixteenth of a likeness", "operator", LISTED, NOT_PERSONAL, BY_LIST),
    row("known_bad_bands.number", "whose", "operator", LISTED, NOT_PERSONAL, BY_LIST),
    row("holds.image_id", "an image that may not be erased", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("holds.kind", "who forbids it: the law", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("holds.placed_at", "since when", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("holds.until", "until when", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("holds.reason", "on which list the image is", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("holds.released_at", "when it was released before its end", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.image_id", "an image that has to be reported", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.list", "on which list it is", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.category", "what that list says", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.kind", "how it was recognised", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.distance", "how near it is", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.surface", "page, API or import", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.uploaded_at", "when the upload began", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.created_at", "when it was recognised", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row(
        "reports.state",
        "whether the report is due, filed or dismissed",
        "uploader",
        PRESERVED,
        NOT_SHOWN,
        WITH_PRESERVED,
    ),
    row("reports.filed_at", "when the report was made", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.reference", "what the authority calls it", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("reports.reason", "why it was not made", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row(
        "reports.reminded_at",
        "when operators were told that it is due",
        "uploader",
        PRESERVED,
        NOT_SHOWN,
        WITH_PRESERVED,
    ),
    row("orders.id", "an authority's order to preserve an image", "operator", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("orders.image_id", "the image", "uploader", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("orders.reference", "what the authority calls it", "operator", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("orders.placed_at", "when it was written down", "operator", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("orders.until", "until when it preserves", "operator", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("orders.lifted_at", "when it was lifted before that", "operator", PRESERVED, NOT_SHOWN, WITH_PRESERVED),
    row("review_queue.image_id", "the image that waits", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row("review_queue.cause", "why it waits", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row("review_queue.severity", "how urgent it is", "uploader", TOMBSTONE, NOT_PERSONAL, WITH_TOMBSTONE),
    row("review_queue.entered_at", "since when", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "review_queue.decided_at",
        "when a person decided, or nothing was left to decide",
        "uploader",
        TOMBSTONE,
        QUOTED,
        WITH_TOMBSTONE,
    ),
    row("review_queue.outcome", "what the person decided", "uploader", TOMBSTONE, QUOTED, WITH_TOMBSTONE),
    row(
        "idempotency_keys.key_hash",
        "hash of the caller's key",
        "caller",
        A_DAY,
        "none: a secret's hash",
        BY_FORGETTING,
    ),
    row("idempotency_keys.fingerprint", "digest of the request", "caller", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row("idempotency_keys.image_id", "the image it made", "caller", A_DAY, IN_ANSWER, BY_FORGETTING),
    row("idempotency_keys.in_flight_until", "until when a repeat waits", "caller", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row("idempotency_keys.created_at", "when the request came", "caller", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row(
        "rate_counters.caller",
        "keyed hash of an address prefix, the key being the day's salt; of uploads to an account, its random name; of attempts at one, a hash of its lookup",
        "caller",
        "its window, at most 25 hours; a hash cannot be traced back once the salt is destroyed",
        "none: cannot be assigned to a person",
        BY_FORGETTING,
    ),
    row(
        "rate_counters.window",
        "hour, day, or the name of a rule about what is unusual",
        "caller",
        A_DAY,
        NOT_PERSONAL,
        BY_FORGETTING,
    ),
    row("rate_counters.started_at", "when the window began", "caller", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row("rate_counters.uploads", "how many uploads, or attempts", "caller", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row("anomaly_counters.rule", "a rule about what is unusual", "operator", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row("anomaly_counters.started_at", "when the window began", "operator", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row(
        "anomaly_counters.events",
        "how often it happened, by whomever",
        "operator",
        A_DAY,
        NOT_PERSONAL,
        BY_FORGETTING,
    ),
    row("anomaly_counters.told_at", "when operators were told", "operator", A_DAY, NOT_PERSONAL, BY_FORGETTING),
    row("variants.image_id", "the image it is of", "uploader", VARIANT, NOT_PERSONAL, BY_REAPING),
    row("variants.name", "the transform, in canonical words", "uploader", VARIANT, NOT_PERSONAL, BY_REAPING),
    row("variants.begun_at", "when it was last begun to be made", "uploader", VARIANT, NOT_PERSONAL, BY_REAPING),
    row(
        "variants.used_at",
        "when it was last used, to the day and one use in sixteen; by nobody in particular",
        "uploader",
        VARIANT,
        NOT_PERSONAL,
        BY_REAPING,
    ),
    row("variants.bytes", "size of its file", "uploader", VARIANT, NOT_PERSONAL, BY_REAPING),
    row("variant_budgets.image_id", "the image they are of", "uploader", AN_HOUR_MORE, NOT_PERSONAL, BY_FORGETTING),
    row("variant_budgets.hour", "when the hour began", "uploader", AN_HOUR_MORE, NOT_PERSONAL, BY_FORGETTING),
    row("variant_budgets.begun", "how many variants were begun", "uploader", AN_HOUR_MORE, NOT_PERSONAL, BY_FORGETTING),
    row("leases.job", "which job", "operator", ALWAYS, NOT_PERSONAL, "with the deployment"),
    row("leases.fence", "how often it was leased", "operator", ALWAYS, NOT_PERSONAL, "with the deployment"),
    row("leases.held_until", "until when a run holds it", "operator", ALWAYS, NOT_PERSONAL, "with the deployment"),
    row("job_cursors.scan", "which scan", "operator", ALWAYS, NOT_PERSONAL, "with the deployment"),
    row(
        "job_cursors.position",
        "the id or object name it has come to",
        "operator",
        "until the scan's next page",
        NOT_PERSONAL,
        "overwritten",
    ),
    row("job_cursors.updated_at", "when it got there", "operator", ALWAYS, NOT_PERSONAL, "overwritten"),
    row(
        "images/images/",
        "the bytes of public images, stripped of metadata, with type, digest, dates and, of restricted ones, the placeholder",
        "uploader",
        "the image's window",
        "the image's address",
        "moved to recovery (reap_expired, or on request)",
    ),
    row(
        "recovery/images/",
        "the bytes of removed images, and of prohibited ones that never were public",
        "uploader",
        "the recovery window: 14 days, unless the deployment sets another; while a legal hold stands, a year",
        "none: kept for operators only",
        "erased (reap_recovery), never while a hold stands",
    ),
    row(
        "recovery/held/",
        "the bytes of images that wait to be judged, as they were received",
        "uploader",
        HELD,
        "none: nobody has judged them",
        "erased when the image becomes public (judge_held) or cannot (finish_removals); moved to recovery otherwise",
    ),
    row(
        "images/variants/",
        "smaller and other versions of live images",
        "uploader",
        VARIANT,
        "at the image's address, with a query",
        "erased when the image leaves public view (finish_removals), when unused (reap_variants), or when found (reconcile_blobs)",
    ),
    row(
        "edge/i-",
        "copies of public images and their versions near visitors, where the deployment has a cache that it can purge",
        "uploader",
        "five minutes, and never past the image's date",
        "the image's address",
        "purged when the image leaves public view; by age",
    ),
    row(
        "recovery/outbox/",
        "letters of a deployment on one machine, which sends none",
        "account",
        "a week",
        "on the development page",
        "erased (forget_ephemeral)",
    ),
    row(
        "recovery/personal-keys/",
        "the key of the personal data of an account, or of a notice or an appeal, wrapped",
        "account",
        "as the account, the notice or the appeal",
        "none: what it opens is exported instead",
        "destroyed with the account, and before the notice or the appeal is forgotten",
    ),
    row(
        "recovery/salts/",
        "the random salt of a UTC day",
        "operator",
        "its day, at most a quarter of an hour longer",
        "none: exporting it would undo its purpose",
        "destroyed (forget_ephemeral)",
    ),
    row("log.kind", "fault or job", "operator", LOG_WINDOW, NOT_PERSONAL, LOG_ERASURE),
    row("log.attempted", "what was attempted, for which image id", "operator", LOG_WINDOW, NOT_PERSONAL, LOG_ERASURE),
    row("log.outcome", "what went wrong", "operator", LOG_WINDOW, NOT_PERSONAL, LOG_ERASURE),
    row("log.request_id", "random name of a request", "operator", LOG_WINDOW, "in every answer", LOG_ERASURE),
];
