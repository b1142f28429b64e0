//! What is kept of accounts. Whatever says who somebody is, is sealed.

use super::{BY_FORGETTING, DataRow, NOT_PERSONAL, row};

const ACCOUNT_LIFE: &str = "as long as the account";
const WITH_ACCOUNT: &str = "with the account; unreadable at once, when its key is destroyed";
const SESSION_LIFE: &str = "until it ends: 90 days without use, 180 in any case; at most an hour longer";
const BY_SESSION: &str = "row deleted when it ends (forget_ephemeral, or its owner)";
const LINK_LIFE: &str = "until it is followed or replaced, at most 2 days; at most an hour longer";
const IN_SETTINGS: &str = "in the settings";
const LETTER: &str = "until it is sent, then an hour; a week if it could not be sent within a day";
const BY_FORGETTING_LETTERS: &str = "row deleted (forget_ephemeral), or with the account";
const WHEN_SENT: &str = "set to NULL when the letter is sent (send_letters), with the account's key at the latest";
const A_SECRET: &str = "none: a secret's hash";

/// The rows of accounts.
pub(super) const ROWS: &[DataRow] = &[
    row("accounts.id", "the account's random name", "account", ACCOUNT_LIFE, NOT_PERSONAL, WITH_ACCOUNT),
    row("accounts.email", "where letters go, sealed", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row(
        "accounts.email_lookup",
        "keyed hash of the address, to find it by",
        "account",
        ACCOUNT_LIFE,
        A_SECRET,
        WITH_ACCOUNT,
    ),
    row(
        "accounts.name",
        "what the person wants to be called, sealed",
        "account",
        ACCOUNT_LIFE,
        IN_SETTINGS,
        WITH_ACCOUNT,
    ),
    row(
        "accounts.password_hash",
        "Argon2id hash of the password",
        "account",
        ACCOUNT_LIFE,
        A_SECRET,
        WITH_ACCOUNT,
    ),
    row("accounts.country", "where the person says to be", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("accounts.tier", "what it may store", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row(
        "accounts.is_operator",
        "whether the person runs this deployment",
        "account",
        ACCOUNT_LIFE,
        NOT_PERSONAL,
        WITH_ACCOUNT,
    ),
    row(
        "accounts.declared_age_at",
        "when the person declared to be 16 or older",
        "account",
        ACCOUNT_LIFE,
        IN_SETTINGS,
        WITH_ACCOUNT,
    ),
    row("accounts.created_at", "when it was made", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("accounts.verified_at", "when the address was proved", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("sessions.id", "its random name", "account", SESSION_LIFE, NOT_PERSONAL, BY_SESSION),
    row("sessions.account_id", "whose", "account", SESSION_LIFE, NOT_PERSONAL, BY_SESSION),
    row(
        "sessions.token_hash",
        "hash of what the browser holds",
        "account",
        SESSION_LIFE,
        A_SECRET,
        BY_SESSION,
    ),
    row("sessions.created_at", "when it began", "account", SESSION_LIFE, IN_SETTINGS, BY_SESSION),
    row("sessions.used_at", "when it was last used, to the day", "account", SESSION_LIFE, IN_SETTINGS, BY_SESSION),
    row("sessions.expires_at", "when it ends if it is not used", "account", SESSION_LIFE, IN_SETTINGS, BY_SESSION),
    row("sessions.ends_at", "when it ends in any case", "account", SESSION_LIFE, NOT_PERSONAL, BY_SESSION),
    row(
        "sessions.awaits_factor",
        "whether a second factor is still to come",
        "account",
        SESSION_LIFE,
        NOT_PERSONAL,
        BY_SESSION,
    ),
    row("sessions.ip", "where from, sealed", "account", SESSION_LIFE, IN_SETTINGS, BY_SESSION),
    row("sessions.user_agent", "with which browser, sealed", "account", SESSION_LIFE, IN_SETTINGS, BY_SESSION),
    row("links.id", "its random name", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("links.account_id", "whose", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("links.purpose", "what it does", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row(
        "links.token_hash",
        "hash of what is in the letter",
        "account",
        LINK_LIFE,
        A_SECRET,
        BY_FORGETTING,
    ),
    row(
        "links.email",
        "the address it goes to, if that is a new one, sealed",
        "account",
        LINK_LIFE,
        "in the letter",
        BY_FORGETTING,
    ),
    row(
        "links.email_lookup",
        "keyed hash of that address",
        "account",
        LINK_LIFE,
        A_SECRET,
        BY_FORGETTING,
    ),
    row("links.created_at", "when it was made", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("links.expires_at", "until when it works", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("consents.account_id", "whose", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("consents.purpose", "what was asked", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row(
        "consents.number",
        "first, second, … about the purpose",
        "account",
        ACCOUNT_LIFE,
        IN_SETTINGS,
        WITH_ACCOUNT,
    ),
    row("consents.act", "granted or withdrawn", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("consents.recorded_at", "when", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("consents.country", "from which country", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row(
        "consents.text_version",
        "which edition of the words was shown",
        "account",
        ACCOUNT_LIFE,
        IN_SETTINGS,
        WITH_ACCOUNT,
    ),
    row("consents.text_sha256", "digest of these words", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("consents.surface", "where it was asked", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row(
        "consents.gpc",
        "whether the browser sent Global Privacy Control",
        "account",
        ACCOUNT_LIFE,
        IN_SETTINGS,
        WITH_ACCOUNT,
    ),
    row("letters.id", "a letter's random name", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
    row("letters.account_id", "whose it is", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
    row("letters.kind", "what kind of letter", "account", LETTER, "the letter itself", BY_FORGETTING_LETTERS),
    row(
        "letters.sealed",
        "what it says and to which address, sealed under the account's key",
        "account",
        LETTER,
        "the letter itself",
        WHEN_SENT,
    ),
    row("letters.state", "waiting, sent or dead", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
    row("letters.attempts", "how often it was tried", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
    row("letters.next_attempt_at", "when it is next tried", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
    row("letters.created_at", "when it was written", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
    row("letters.forget_after", "when its row goes", "account", LETTER, NOT_PERSONAL, BY_FORGETTING_LETTERS),
];
