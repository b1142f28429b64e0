// What src/policy/journal.rs says about backups; a test compares them.

/** The oldest backup that may be restored, in days: the journal knows what has changed since, and no longer. */
export const BACKUP_DAYS_MAX = 34;
/** The same of keys of personal data: what an erased account's key could open must be gone within a month. */
export const KEYS_DAYS_MAX = 29;
