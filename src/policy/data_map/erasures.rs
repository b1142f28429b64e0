//! What is kept of accounts that are to be erased, and of what was.

use super::{DataRow, NOT_PERSONAL, row};

const LEAVING: &str = "until the account is erased or stays after all, at most a week and the sweep";
const WITH_ERASURE: &str = "with the account (erase_accounts), or set to NULL when it stays";
const RECEIPT: &str = "a year from the erasure; gone at once if the account stays";
const BY_AGE: &str = "row deleted (forget_receipts)";
const IN_RECEIPT: &str = "in the receipt, at the address in the letter";
const AWAY: &str = "until the image is back or erased, or the account is";
const WITH_RETURN: &str = "row deleted when it is back or cannot be (return_images), or with the account";

/// The rows of erasures.
pub(super) const ROWS: &[DataRow] = &[
    row("accounts.erase_at", "from when on it is erased, if so", "account", LEAVING, IN_RECEIPT, WITH_ERASURE),
    row(
        "accounts.hides_images",
        "whether its images are out of public view until then",
        "account",
        LEAVING,
        NOT_PERSONAL,
        WITH_ERASURE,
    ),
    row(
        "accounts.billing_customer",
        "what the payment processor calls the person, if it knows them",
        "account",
        "as long as the account",
        "in the settings",
        "with the account, after the processor has forgotten the person",
    ),
    row(
        "accounts.subscription_cancelled_at",
        "when the processor was told to cancel, because the account is to be erased",
        "account",
        LEAVING,
        NOT_PERSONAL,
        WITH_ERASURE,
    ),
    row("erasures.id", "the receipt's random name", "account", RECEIPT, IN_RECEIPT, BY_AGE),
    row(
        "erasures.account_id",
        "whose erasure it is",
        "account",
        LEAVING,
        NOT_PERSONAL,
        "set to NULL when the account is erased",
    ),
    row("erasures.requested_at", "when it was asked for", "account", RECEIPT, IN_RECEIPT, BY_AGE),
    row("erasures.erase_at", "from when on it is done", "account", RECEIPT, IN_RECEIPT, BY_AGE),
    row("erasures.tried_at", "when that was last tried", "account", RECEIPT, NOT_PERSONAL, BY_AGE),
    row("erasures.finished_at", "when it was done", "account", RECEIPT, IN_RECEIPT, BY_AGE),
    row("erasures.counts", "how much of what was erased", "account", RECEIPT, IN_RECEIPT, BY_AGE),
    row("leaving_images.image_id", "an image that would come back", "account", AWAY, NOT_PERSONAL, WITH_RETURN),
    row("leaving_images.account_id", "with whose account", "account", AWAY, NOT_PERSONAL, WITH_RETURN),
    row("leaving_images.returns_at", "when that is next tried", "account", AWAY, NOT_PERSONAL, WITH_RETURN),
];
