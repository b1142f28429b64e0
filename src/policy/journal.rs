//! What must not come undone when the database is set back to an earlier day (docs/adr/0033): which changes the journal holds,
//! how long it is kept, and how much of it is replayed at once.

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// How long the journal's objects are kept: as long as a database may be set back. D1's own history reaches 30 days back; a
/// backup may be as old as this, less the day that replaying it may take.
pub const JOURNAL_KEPT_MS: i64 = 35 * DAY_MS;
/// The oldest backup from which `npm run restore` restores (scripts/backup/policy.mjs says the same).
pub const BACKUP_AGE_MAX_MS: i64 = JOURNAL_KEPT_MS - DAY_MS;
/// The oldest backup of keys of personal data from which they are put back: what an erased account's key could open is gone
/// within a month, wherever it was (scripts/backup/policy.mjs says the same).
pub const KEYS_AGE_MAX_MS: i64 = 29 * DAY_MS;
/// An object is written at least so often, with nothing in it if there is nothing: so a database that was set back by more than
/// this is noticed, also where nothing happened since.
pub const HEARTBEAT_MS: i64 = HOUR_MS;
/// How long at least nobody signs in and nothing is written once it was noticed: by then, requests that had begun before have
/// ended, and so has the time in which a signed request may come again (twice the skew of `policy/api_keys.rs`).
pub const CLOSED_MS_MIN: i64 = 10 * MINUTE_MS;
/// What callers are told to wait meanwhile, in seconds.
pub const RETRY_S: i64 = 120;
/// For how long no object is erased only because no row knows it: what was uploaded after the moment to which the database was
/// set back. Time for operators to set it to a later moment instead.
pub const UNKNOWN_KEPT_MS: i64 = 3 * DAY_MS;

/// Rows in one object: about 60 KB, read as a whole.
pub const ENTRIES_MAX: i64 = 500;
/// Objects written in one run: 10,000 changes in two minutes.
pub const COPIED_MAX: usize = 20;
/// Objects read in one run of the replay: 5 hours of a busy deployment, each three queries.
pub const READ_MAX: u32 = 150;
/// Changes carried out in one batch.
pub const APPLIED_MAX: i64 = 500;
/// Batches in one run: each costs at most a dozen queries.
pub const BATCHES_MAX: usize = 40;
/// Sign-ins, links, letters and keys that recognise repeats, ended in one batch.
pub const ENDED_MAX: i64 = 5_000;
/// Objects forgotten in one run, in pages of as many as one call deletes: three weeks of a deployment that was never quiet.
pub const FORGOTTEN_PAGES_MAX: usize = 20;

/// What a change is about: of several about the same aspect of the same thing, the last holds. In the order in which they are
/// carried out.
#[derive(Clone, Copy, Debug)]
pub struct Aspect {
    /// Its name.
    pub name: &'static str,
    /// The kinds of changes, as the triggers of migrations/0024_journal.sql and 0029_statements.sql write them.
    pub kinds: &'static [&'static str],
}

const fn aspect(name: &'static str, kinds: &'static [&'static str]) -> Aspect {
    Aspect { name, kinds }
}

/// Every aspect.
pub const ASPECTS: [Aspect; 25] = [
    aspect("erasure", &["erasure_asked", "erasure_undone"]),
    aspect("account", &["account_erased"]),
    aspect("hold", &["hold_placed", "hold_released"]),
    // Before what is done about images: they are restricted for the reasons that were given.
    aspect("statement", &["statement"]),
    aspect("strike", &["strike"]),
    aspect("appeal", &["appeal"]),
    aspect("report", &["report_due", "report_settled"]),
    aspect("order", &["order_placed", "order_lifted"]),
    aspect("hash", &["hash_listed", "hash_unlisted"]),
    aspect("image", &["image_left", "image_held", "image_returned", "image_erased"]),
    aspect("privacy", &["image_private", "image_public"]),
    aspect("verdict", &["image_verdict"]),
    aspect("end", &["image_end"]),
    aspect("collection", &["collection_deleted"]),
    aspect("operator", &["operator_ended"]),
    aspect("restriction", &["restricted", "unrestricted"]),
    aspect("consent", &["consent_granted", "consent_withdrawn"]),
    aspect("password", &["password_ended"]),
    aspect("totp", &["totp_removed"]),
    aspect("passkey", &["passkey_removed", "passkey_flagged"]),
    aspect("recovery_code", &["recovery_code_ended"]),
    aspect("api_key", &["api_key_revoked"]),
    aspect("ticket", &["ticket_ended"]),
    aspect("team", &["team_closed"]),
    aspect("member", &["member_role", "member_left"]),
];

/// The aspect that needs more than the database: the address of an account is sealed.
pub const EMAIL: Aspect = aspect("email", &["email_changed"]);

/// The aspect of a kind of change; none: no edition of this program writes such a thing.
#[must_use]
pub fn aspect_of(kind: &str) -> Option<&'static str> {
    ASPECTS.iter().chain([&EMAIL]).find(|aspect| aspect.kinds.contains(&kind)).map(|aspect| aspect.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_about_one_thing() {
        let mut kinds: Vec<&str> = ASPECTS.iter().chain([&EMAIL]).flat_map(|aspect| aspect.kinds).copied().collect();
        kinds.sort_unstable();
        let count = kinds.len();
        kinds.dedup();
        assert_eq!(kinds.len(), count);
        assert_eq!(aspect_of("image_left"), Some("image"));
        assert_eq!(aspect_of("email_changed"), Some("email"));
        assert_eq!(aspect_of("nothing"), None);
    }
}
