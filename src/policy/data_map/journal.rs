//! What is kept so that nothing comes undone when the database is set back.

use super::{ALWAYS, DataRow, NOT_PERSONAL, row};

const MINUTES: &str = "until it is copied, two minutes";
const BY_COPYING: &str = "row deleted when it is copied (copy_journal)";
const REPLAYING: &str = "until it is carried out, minutes after the database was set back";
const BY_REPLAYING: &str = "row deleted when it is carried out (replay_journal)";
const OVERWRITTEN: &str = "overwritten the next time";

/// The rows of the journal.
pub(super) const ROWS: &[DataRow] = &[
    row("journal.number", "in which order changes happened", "operator", MINUTES, NOT_PERSONAL, BY_COPYING),
    row("journal.kind", "what happened that must not come undone", "account", MINUTES, NOT_PERSONAL, BY_COPYING),
    row(
        "journal.subject",
        "to what: random names, hashes of credentials, of listed images the hash",
        "account",
        MINUTES,
        NOT_PERSONAL,
        BY_COPYING,
    ),
    row(
        "journal.detail",
        "how: a date, a reason, a role; of a changed address the address, sealed",
        "account",
        MINUTES,
        "none: the account has the same",
        BY_COPYING,
    ),
    row("journal_state.id", "the one row", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row(
        "journal_state.known",
        "the last part of the journal that is known",
        "operator",
        ALWAYS,
        NOT_PERSONAL,
        OVERWRITTEN,
    ),
    row("journal_state.writing", "the part that is being written", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("journal_state.emptied_at", "when everything was copied", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("restorations.id", "the one row", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row(
        "restorations.noticed_at",
        "when the database was last set back",
        "operator",
        ALWAYS,
        NOT_PERSONAL,
        OVERWRITTEN,
    ),
    row("restorations.phase", "how far replaying has come", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("restorations.finished_at", "when it was done", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row(
        "restorations.unknown_images",
        "how many pictures it did not know",
        "operator",
        ALWAYS,
        NOT_PERSONAL,
        OVERWRITTEN,
    ),
    row("restorations.counts", "how much was made good", "operator", ALWAYS, NOT_PERSONAL, OVERWRITTEN),
    row("replays.aspect", "what the last word is about", "account", REPLAYING, NOT_PERSONAL, BY_REPLAYING),
    row("replays.subject", "as in the journal", "account", REPLAYING, NOT_PERSONAL, BY_REPLAYING),
    row("replays.kind", "as in the journal", "account", REPLAYING, NOT_PERSONAL, BY_REPLAYING),
    row("replays.detail", "as in the journal", "account", REPLAYING, NOT_PERSONAL, BY_REPLAYING),
    row(
        "recovery/journal/",
        "the journal, copied: what must not come undone when the database is set back",
        "account",
        "35 days: as long as a backup may be restored",
        "none: random names, and what their owners did themselves",
        "object deleted (forget_journal); what is sealed in it cannot be read once the account is erased",
    ),
];
