//! Copies of accounts' data and teams', for their owners.

use super::{DataRow, NOT_PERSONAL, row};

const COPY: &str = "7 days after it was made, or until its owner erases it; of a team, as long as it is theirs; one that is never finished, 7 days";
const WITH_COPY: &str = "row deleted with the copy (forget_exports), or with the account";
const ITSELF: &str = "none: it is the copy";

/// The rows of copies.
pub(super) const ROWS: &[DataRow] = &[
    row("exports.id", "the copy's name, random", "account", COPY, ITSELF, WITH_COPY),
    row(
        "exports.account_id",
        "who asked for it: whose data it is a copy of, or whose team's",
        "account",
        COPY,
        ITSELF,
        WITH_COPY,
    ),
    row("exports.team_id", "the team of which it is a copy", "account", COPY, ITSELF, WITH_COPY),
    row("exports.requested_at", "when it was asked for", "account", COPY, ITSELF, WITH_COPY),
    row("exports.files", "how many files of it there are", "account", COPY, ITSELF, WITH_COPY),
    row("exports.images", "how many images are in them", "account", COPY, ITSELF, WITH_COPY),
    row(
        "exports.after_at",
        "when the image was uploaded after which the next file begins",
        "account",
        COPY,
        ITSELF,
        WITH_COPY,
    ),
    row("exports.after_id", "that image", "account", COPY, ITSELF, WITH_COPY),
    row("exports.attempts", "how often the next file was tried", "account", COPY, NOT_PERSONAL, WITH_COPY),
    row("exports.next_attempt_at", "when it is tried next", "account", COPY, NOT_PERSONAL, WITH_COPY),
    row("exports.finished_at", "when all of it was there", "account", COPY, ITSELF, WITH_COPY),
    row("exports.expires_at", "when it ends", "account", COPY, ITSELF, WITH_COPY),
    row("export_files.export_id", "the copy that a file belongs to", "account", COPY, ITSELF, WITH_COPY),
    row("export_files.number", "the file's number", "account", COPY, ITSELF, WITH_COPY),
    row("export_files.object", "the object's name", "account", COPY, ITSELF, WITH_COPY),
    row("export_files.bytes", "the file's length", "account", COPY, ITSELF, WITH_COPY),
    row("export_files.images", "how many images are in it", "account", COPY, ITSELF, WITH_COPY),
    row("export_files.made_at", "when it was made", "account", COPY, ITSELF, WITH_COPY),
    row(
        "recovery/exports/",
        "the copy's files: what is known of the account or the team, sealed under the account's personal key; and zip files with images",
        "account",
        COPY,
        ITSELF,
        "erased when it ends (forget_exports), or with the account; what arrives late, nightly (reconcile_exports)",
    ),
];
