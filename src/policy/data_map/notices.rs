//! What is kept of notices about images, and of what uploaders answer to them.

use super::{DataRow, NOT_PERSONAL, row};

const KEPT: &str = "366 days from the decision, or from when what was answered to it is settled; of one that was never completed, from its arrival";
const BY_AGE: &str = "row deleted (remind_notices), after its key was destroyed";
const ON_PAGE: &str = "on the page of the report, for whoever has its link";
const TO_UPLOADER: &str = "in the statement of reasons";

/// The rows of notices.
pub(super) const ROWS: &[DataRow] = &[
    row(
        "accounts.is_trusted_reporter",
        "whether an operator has found that its reports can be relied on",
        "account",
        "as long as the account",
        "none: the form says so to who has it",
        "with the account",
    ),
    row("notices.id", "the random name of a notice", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.kind", "what it is in law", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.ground", "what the notifier says is wrong", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.token_hash", "hash of what opens its page", "caller", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.sealed", "who sent it and what they wrote, sealed under its own key", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.missing", "what the law still asks for", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.is_trusted", "whether it came from a reliable account; not from which", "caller", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.severity", "how urgent it is", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.received_at", "when it came", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.valid_at", "when nothing was missing any more", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.due_at", "by when it is to be decided", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.search_from", "how far the search for copies has come", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.decided_at", "when it was decided", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.outcome", "what was decided", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notices.decided_on", "the ground of that", "uploader", KEPT, TO_UPLOADER, BY_AGE),
    row("notices.reason", "why, in words; without names", "uploader", KEPT, TO_UPLOADER, BY_AGE),
    row("notices.operator", "the random name of the account of the operator who decided", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.seen", "what was looked at", "uploader", KEPT, TO_UPLOADER, BY_AGE),
    row("notices.undone_since", "since when the decision waits to be carried out", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.reminded_at", "when operators were last reminded", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notices.forget_after", "when it is forgotten", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notice_images.notice_id", "a notice", "caller", KEPT, NOT_PERSONAL, BY_AGE),
    row("notice_images.image_id", "an image that it is about", "caller", KEPT, ON_PAGE, BY_AGE),
    row("notice_images.found", "whether it was named, or is a copy", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notice_images.distance", "how much a copy differs", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notice_images.added_at", "when it became part of the notice", "operator", KEPT, NOT_PERSONAL, BY_AGE),
    row("notice_images.held_at", "when it was taken out of view until the decision", "uploader", KEPT, TO_UPLOADER, BY_AGE),
    row("notice_images.done_at", "when the decision was carried out on it", "uploader", KEPT, TO_UPLOADER, BY_AGE),
    row("counter_notices.id", "the random name of an uploader's answer to a claim of copyright", "uploader", KEPT, NOT_PERSONAL, BY_AGE),
    row("counter_notices.notice_id", "the notice that it answers", "uploader", KEPT, NOT_PERSONAL, BY_AGE),
    row("counter_notices.image_id", "the image", "uploader", KEPT, NOT_PERSONAL, BY_AGE),
    row("counter_notices.sealed", "who answers and how, sealed under its own key; the claimant gets a copy", "uploader", KEPT, "none: who wrote it has it, and the claimant a copy", BY_AGE),
    row("counter_notices.received_at", "when it came", "uploader", KEPT, "in the letter about it", BY_AGE),
    row("counter_notices.forwarded_at", "when it was passed on to the claimant", "uploader", KEPT, "in the letter about it", BY_AGE),
    row("counter_notices.restore_not_before", "before which the image does not come back", "uploader", KEPT, "in the letter about it", BY_AGE),
    row("counter_notices.restore_not_after", "by which it is back", "uploader", KEPT, "in the letter about it", BY_AGE),
    row("counter_notices.suit_at", "when the claimant said that a court was asked", "caller", KEPT, ON_PAGE, BY_AGE),
    row("counter_notices.settled_at", "when that was over", "uploader", KEPT, "in the letter about it", BY_AGE),
    row("counter_notices.outcome", "how", "uploader", KEPT, "in the letter about it", BY_AGE),
];
