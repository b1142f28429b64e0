//! What is kept of accounts. Whatever says who somebody is, is sealed.

use super::{BY_FORGETTING, DataRow, NOT_PERSONAL, row};

const ACCOUNT_LIFE: &str = "as long as the account";
const WITH_ACCOUNT: &str = "with the account; unreadable at once, when its key is destroyed";
const SESSION_LIFE: &str = "until it ends: 90 days without use, 180 in any case; at most an hour longer";
const BY_SESSION: &str = "row deleted when it ends (forget_ephemeral, or its owner)";
const LINK_LIFE: &str =
    "until it is followed or replaced, at most 2 days, of an address that was changed 7; at most an hour longer";
const IN_SETTINGS: &str = "in the settings";
const COLLECTION_LIFE: &str = "until its owner deletes it, or the account";
const IN_GALLERY: &str = "in the gallery";
const WITH_COLLECTION: &str = "row deleted with the collection or the account";
const TICKET_LIFE: &str = "until 30 days after it has expired, at most as long as the account";
const IN_TICKETS: &str = "in the list of tickets";
const WITH_TICKET: &str = "row deleted (forget_ephemeral), or with the account";
const LETTER: &str = "until it is sent, then an hour; a week if it could not be sent within a day";
const BY_FORGETTING_LETTERS: &str = "row deleted (forget_ephemeral), or with the account";
const WHEN_SENT: &str = "set to NULL when the letter is sent (send_letters), with the account's key at the latest";
const BY_FORGETTING_KEY: &str = "row deleted (forget_ephemeral, or with the account)";
const IN_KEY_LIST: &str = "in the list of keys";
const KEY_LIFE: &str = "until 30 days after it was revoked or expired, at most as long as the account";
const NONCE_LIFE: &str = "as long as a repeat of its request would be fresh: ten minutes, at most an hour longer";
const ASKED: &str = "until it is answered; five minutes, at most an hour longer";
const ATTEMPTS: &str = "until the next success; a day, at most an hour longer";
const BY_PROVING: &str = "row deleted when the factor is shown, or by age (forget_ephemeral)";
const CODE: &str = "until it is used, renewed, or the last factor or the account is removed";
const FACTOR: &str = "until its owner removes it, or the account; an app that is not confirmed, an hour";
const ON_FACTORS: &str = "on the page of the account's factors";
const WITH_FACTOR: &str = "row deleted with the factor or the account; what is sealed goes with the personal key";
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
    row("accounts.password_hash", "Argon2id hash of the password", "account", ACCOUNT_LIFE, A_SECRET, WITH_ACCOUNT),
    row("accounts.country", "where the person says to be", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("collections.id", "the collection's random name", "account", COLLECTION_LIFE, IN_GALLERY, WITH_COLLECTION),
    row("collections.account_id", "whose it is", "account", COLLECTION_LIFE, IN_GALLERY, WITH_COLLECTION),
    row("collections.name", "what its owner calls it", "account", COLLECTION_LIFE, IN_GALLERY, WITH_COLLECTION),
    row("collections.created_at", "when it was made", "account", COLLECTION_LIFE, IN_GALLERY, WITH_COLLECTION),
    row("tickets.id", "the ticket's random name", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.account_id", "for whom it lets upload", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.token_hash", "hash of the ticket", "account", TICKET_LIFE, A_SECRET, WITH_TICKET),
    row("tickets.collection_id", "where what comes with it goes", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.bytes_max", "the largest file it allows", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.formats", "the formats it allows", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.ttl_ms", "the longest life it allows", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.is_private", "whether what comes with it is private", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.uses_max", "how many uploads it allows", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.uses", "how many were made", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.created_at", "when it was made", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.expires_at", "when it ends by itself", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("tickets.revoked_at", "when its maker ended it", "account", TICKET_LIFE, IN_TICKETS, WITH_TICKET),
    row("ticket_uses.image_id", "an image that came with a ticket", "account", TICKET_LIFE, NOT_PERSONAL, WITH_TICKET),
    row("ticket_uses.ticket_id", "the ticket", "account", TICKET_LIFE, NOT_PERSONAL, WITH_TICKET),
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
    row("sessions.token_hash", "hash of what the browser holds", "account", SESSION_LIFE, A_SECRET, BY_SESSION),
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
    row("links.token_hash", "hash of what is in the letter", "account", LINK_LIFE, A_SECRET, BY_FORGETTING),
    row(
        "links.email",
        "the address it goes to, if that is a new one, sealed",
        "account",
        LINK_LIFE,
        "in the letter",
        BY_FORGETTING,
    ),
    row("links.email_lookup", "keyed hash of that address", "account", LINK_LIFE, A_SECRET, BY_FORGETTING),
    row("links.created_at", "when it was made", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("links.expires_at", "until when it works", "account", LINK_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("consents.account_id", "whose", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("consents.purpose", "what was asked", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
    row("consents.number", "first, second, … about the purpose", "account", ACCOUNT_LIFE, IN_SETTINGS, WITH_ACCOUNT),
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
    row("api_keys.id", "a random name; it opens nothing", "account", KEY_LIFE, IN_KEY_LIST, BY_FORGETTING_KEY),
    row("api_keys.account_id", "whose key it is", "account", KEY_LIFE, NOT_PERSONAL, BY_FORGETTING_KEY),
    row(
        "api_keys.name",
        "what its owner calls it, sealed under the account's personal key",
        "account",
        KEY_LIFE,
        IN_KEY_LIST,
        "row deleted (forget_ephemeral), or unreadable once the personal key is destroyed",
    ),
    row("api_keys.hash", "SHA-256 of the key", "account", KEY_LIFE, "none: the key was shown once", BY_FORGETTING_KEY),
    row("api_keys.scopes", "what it allows", "account", KEY_LIFE, IN_KEY_LIST, BY_FORGETTING_KEY),
    row(
        "api_keys.master_key",
        "the name of the master key from which its signing secret is derived; no secret",
        "account",
        KEY_LIFE,
        NOT_PERSONAL,
        BY_FORGETTING_KEY,
    ),
    row(
        "api_keys.ed25519_public",
        "a public key its owner registered",
        "account",
        KEY_LIFE,
        IN_KEY_LIST,
        BY_FORGETTING_KEY,
    ),
    row(
        "api_keys.collection_id",
        "the collection it is confined to",
        "account",
        KEY_LIFE,
        IN_KEY_LIST,
        BY_FORGETTING_KEY,
    ),
    row("api_keys.created_at", "when it was made", "account", KEY_LIFE, IN_KEY_LIST, BY_FORGETTING_KEY),
    row("api_keys.expires_at", "when it stops working by itself", "account", KEY_LIFE, IN_KEY_LIST, BY_FORGETTING_KEY),
    row("api_keys.last_used_day", "the UTC day of its last use", "account", KEY_LIFE, IN_KEY_LIST, BY_FORGETTING_KEY),
    row("api_keys.revoked_at", "when its owner ended it", "account", KEY_LIFE, IN_KEY_LIST, BY_FORGETTING_KEY),
    row("signature_nonces.key_id", "the key that signed", "account", NONCE_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("signature_nonces.nonce", "a random text of the client's", "account", NONCE_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("signature_nonces.expires_at", "when it may be forgotten", "account", NONCE_LIFE, NOT_PERSONAL, BY_FORGETTING),
    row("totp_factors.account_id", "whose app it is", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row("totp_factors.secret", "the app's secret, sealed", "account", FACTOR, "none: a secret", WITH_FACTOR),
    row("totp_factors.created_at", "when it was begun", "account", FACTOR, NOT_PERSONAL, WITH_FACTOR),
    row("totp_factors.confirmed_at", "since when it counts", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row(
        "totp_factors.last_step",
        "the step of the last code",
        "account",
        FACTOR,
        "none: to the half minute",
        WITH_FACTOR,
    ),
    row("totp_factors.last_used_day", "the day of its last use", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row(
        "passkeys.credential_hash",
        "hash of its authenticator's name for it",
        "account",
        FACTOR,
        NOT_PERSONAL,
        WITH_FACTOR,
    ),
    row("passkeys.account_id", "whose it is", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row(
        "passkeys.credential_id",
        "its authenticator's name for it, sealed",
        "account",
        FACTOR,
        NOT_PERSONAL,
        WITH_FACTOR,
    ),
    row("passkeys.public_key", "what its signatures are verified with", "account", FACTOR, NOT_PERSONAL, WITH_FACTOR),
    row("passkeys.name", "what its owner calls it, sealed", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row("passkeys.sign_count", "how often it has signed", "account", FACTOR, NOT_PERSONAL, WITH_FACTOR),
    row("passkeys.backup_eligible", "whether it may be copied", "account", FACTOR, NOT_PERSONAL, WITH_FACTOR),
    row("passkeys.backed_up", "whether it has been", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row("passkeys.created_at", "when it was made", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row("passkeys.last_used_day", "the day of its last use", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row("passkeys.flagged_at", "since when it is not accepted", "account", FACTOR, ON_FACTORS, WITH_FACTOR),
    row("recovery_codes.code_hash", "hash of a code", "account", CODE, "none: a secret's hash", WITH_FACTOR),
    row("recovery_codes.account_id", "whose it is", "account", CODE, ON_FACTORS, WITH_FACTOR),
    row("recovery_codes.created_at", "when it was made", "account", CODE, NOT_PERSONAL, WITH_FACTOR),
    row(
        "challenges.challenge_hash",
        "hash of a question to an authenticator",
        "caller",
        ASKED,
        NOT_PERSONAL,
        BY_FORGETTING,
    ),
    row("challenges.purpose", "what the answer is for", "caller", ASKED, NOT_PERSONAL, BY_FORGETTING),
    row("challenges.account_id", "who was asked, if that was known", "caller", ASKED, NOT_PERSONAL, BY_FORGETTING),
    row("challenges.expires_at", "how long the answer is waited for", "caller", ASKED, NOT_PERSONAL, BY_FORGETTING),
    row("factor_attempts.account_id", "whose second factor was tried", "account", ATTEMPTS, NOT_PERSONAL, BY_PROVING),
    row("factor_attempts.started_at", "in which quarter of an hour", "account", ATTEMPTS, NOT_PERSONAL, BY_PROVING),
    row(
        "factor_attempts.failures",
        "how often, by nobody in particular",
        "account",
        ATTEMPTS,
        NOT_PERSONAL,
        BY_PROVING,
    ),
];
