//! What each kind of change means for the rows, when it is carried out again. Every statement names the state that it starts from,
//! takes what the journal says no further than it says, and does nothing the second time. Longer than most files, because a row
//! of it stands for each kind.

/// The subjects, up to `?1`, about which the last word is this.
macro_rules! last_word {
    ($aspect:literal, $kind:literal) => {
        concat!("SELECT subject FROM replays WHERE aspect = '", $aspect, "' AND subject <= ?1 AND kind = '", $kind, "'")
    };
}

/// The same as a table `r`, with the detail.
macro_rules! last_words {
    ($aspect:literal, $kind:literal) => {
        concat!("r.aspect = '", $aspect, "' AND r.subject <= ?1 AND r.kind = '", $kind, "'")
    };
}

/// The first and the second word of the subject of `r`.
macro_rules! first {
    () => {
        "substr(r.subject, 1, instr(r.subject, ' ') - 1)"
    };
}
macro_rules! second {
    () => {
        "substr(r.subject, instr(r.subject, ' ') + 1)"
    };
}

const ERASURE_ASKED: &str = concat!(
    "UPDATE accounts SET erase_at = json_extract(r.detail, '$.erase_at'), hides_images = json_extract(r.detail, '$.hides_images')
     FROM replays AS r WHERE accounts.id = r.subject AND accounts.erase_at IS NULL AND ",
    last_words!("erasure", "erasure_asked")
);
const ERASURE_NOTED: &str = concat!(
    "INSERT INTO erasures (id, account_id, requested_at, erase_at)
     SELECT json_extract(r.detail, '$.id'), r.subject, json_extract(r.detail, '$.requested_at'), json_extract(r.detail, '$.erase_at')
     FROM replays AS r JOIN accounts ON accounts.id = r.subject WHERE ",
    last_words!("erasure", "erasure_asked"),
    " ON CONFLICT DO NOTHING"
);
const ERASURE_UNDONE: &str = concat!(
    "UPDATE accounts SET erase_at = NULL, hides_images = 0, subscription_cancelled_at = NULL
     WHERE erase_at IS NOT NULL AND id IN (",
    last_word!("erasure", "erasure_undone"),
    ")"
);
const ERASURE_FORGOTTEN: &str =
    concat!("DELETE FROM erasures WHERE account_id IN (", last_word!("erasure", "erasure_undone"), ")");
const ERASURE_BROUGHT_BACK: &str = concat!(
    "UPDATE leaving_images SET returns_at = coalesce(returns_at, ?2) WHERE account_id IN (",
    last_word!("erasure", "erasure_undone"),
    ")"
);
const ACCOUNT_ERASED: &str = concat!(
    "UPDATE accounts SET erase_at = min(coalesce(erase_at, ?2), ?2), hides_images = 1 WHERE id IN (",
    last_word!("account", "account_erased"),
    ")"
);
const HOLD_PLACED: &str = concat!(
    "INSERT INTO holds (image_id, kind, placed_at, until, reason)
     SELECT substr(r.subject, 1, 24), coalesce(nullif(substr(r.subject, 26), ''), 'legal'),
            json_extract(r.detail, '$.placed_at'), json_extract(r.detail, '$.until'), json_extract(r.detail, '$.reason')
     FROM replays AS r WHERE ",
    last_words!("hold", "hold_placed"),
    " ON CONFLICT (image_id, kind) DO UPDATE SET until = max(holds.until, excluded.until), released_at = NULL"
);
const HOLD_RELEASED: &str = concat!(
    "UPDATE holds SET released_at = CAST(r.detail AS INTEGER)
     FROM replays AS r
     WHERE holds.image_id = substr(r.subject, 1, 24) AND holds.kind = coalesce(nullif(substr(r.subject, 26), ''), 'legal')
       AND holds.released_at IS NULL AND ",
    last_words!("hold", "hold_released")
);
// What a statement says is what it said last. Whoever is to be told is told again: nobody knows whether the letter was written.
const STATEMENT: &str = concat!(
    "INSERT INTO statements (subject, number, kind, imposed_at, account_id, token_hash, decided_by, operator, is_detected, ground, notice_id,
                             reason, category, expires_before, expires_at, ended_at, due_at, told_at, forget_after)
     SELECT ",
    first!(),
    ", CAST(",
    second!(),
    " AS INTEGER),
            json_extract(r.detail, '$.kind'), json_extract(r.detail, '$.imposed_at'),
            json_extract(r.detail, '$.account_id'), json_extract(r.detail, '$.token_hash'),
            json_extract(r.detail, '$.decided_by'), json_extract(r.detail, '$.operator'),
            json_extract(r.detail, '$.is_detected'), json_extract(r.detail, '$.ground'),
            json_extract(r.detail, '$.notice_id'), json_extract(r.detail, '$.reason'),
            json_extract(r.detail, '$.category'), json_extract(r.detail, '$.expires_before'),
            json_extract(r.detail, '$.expires_at'), json_extract(r.detail, '$.ended_at'),
            json_extract(r.detail, '$.due_at'), json_extract(r.detail, '$.told_at'),
            json_extract(r.detail, '$.forget_after')
     FROM replays AS r WHERE ",
    last_words!("statement", "statement"),
    " ON CONFLICT (subject, number) DO UPDATE SET account_id = excluded.account_id, decided_by = excluded.decided_by,
       operator = excluded.operator, ground = excluded.ground, notice_id = excluded.notice_id,
       reason = excluded.reason, category = excluded.category, ended_at = excluded.ended_at,
       due_at = excluded.due_at"
);
const STRIKE: &str = concat!(
    "INSERT INTO strikes (image_id, number, subject, ground, imposed_at, expires_at, reversed_at)
     SELECT ",
    first!(),
    ", CAST(",
    second!(),
    " AS INTEGER),
            json_extract(r.detail, '$.subject'), json_extract(r.detail, '$.ground'),
            json_extract(r.detail, '$.imposed_at'), json_extract(r.detail, '$.expires_at'),
            json_extract(r.detail, '$.reversed_at')
     FROM replays AS r WHERE ",
    last_words!("strike", "strike"),
    " ON CONFLICT (image_id, number) DO UPDATE SET subject = excluded.subject, reversed_at = excluded.reversed_at"
);
// The key of one without an account is an object, and was not set back.
const APPEAL_HOLDER: &str = concat!(
    "INSERT INTO key_holders (id, kind, made_at)
     SELECT r.subject, 'appeal', json_extract(r.detail, '$.opened_at')
     FROM replays AS r WHERE json_extract(r.detail, '$.account_id') IS NULL AND json_extract(r.detail, '$.words') <> '' AND ",
    last_words!("appeal", "appeal"),
    " ON CONFLICT (id) DO NOTHING"
);
const APPEAL: &str = concat!(
    "INSERT INTO appeals (id, subject, number, account_id, words, opened_at, due_at, decided_at, outcome, decided_by, reason,
                          finished_at, is_back)
     SELECT r.subject, json_extract(r.detail, '$.subject'), json_extract(r.detail, '$.number'),
            json_extract(r.detail, '$.account_id'), json_extract(r.detail, '$.words'),
            json_extract(r.detail, '$.opened_at'), json_extract(r.detail, '$.due_at'),
            json_extract(r.detail, '$.decided_at'), json_extract(r.detail, '$.outcome'),
            json_extract(r.detail, '$.decided_by'), json_extract(r.detail, '$.reason'),
            json_extract(r.detail, '$.finished_at'), json_extract(r.detail, '$.is_back')
     FROM replays AS r WHERE ",
    last_words!("appeal", "appeal"),
    " ON CONFLICT (id) DO UPDATE SET account_id = excluded.account_id, words = excluded.words, decided_at = excluded.decided_at,
       outcome = excluded.outcome, decided_by = excluded.decided_by, reason = excluded.reason,
       finished_at = excluded.finished_at, is_back = excluded.is_back
      WHERE appeals.decided_at IS NULL OR appeals.finished_at IS NULL AND appeals.decided_at = excluded.decided_at"
);
const REPORT_DUE: &str = concat!(
    "INSERT INTO reports (image_id, list, category, kind, distance, surface, uploaded_at, created_at, state)
     SELECT r.subject, json_extract(r.detail, '$.list'), json_extract(r.detail, '$.category'), json_extract(r.detail, '$.kind'),
            json_extract(r.detail, '$.distance'), json_extract(r.detail, '$.surface'), json_extract(r.detail, '$.uploaded_at'),
            json_extract(r.detail, '$.created_at'), 'due'
     FROM replays AS r WHERE ",
    last_words!("report", "report_due"),
    " ON CONFLICT (image_id) DO UPDATE SET state = 'due', created_at = excluded.created_at WHERE reports.state = 'dismissed'"
);
const REPORT_SETTLED: &str = concat!(
    "UPDATE reports SET state = CASE WHEN json_valid(r.detail) THEN r.detail ->> '$.state' ELSE r.detail END,
                        filed_at = CASE WHEN json_valid(r.detail) THEN r.detail ->> '$.filed_at' END,
                        reference = CASE WHEN json_valid(r.detail) THEN r.detail ->> '$.reference' END,
                        reason = CASE WHEN json_valid(r.detail) THEN r.detail ->> '$.reason' END
     FROM replays AS r WHERE reports.image_id = r.subject AND reports.state = 'due' AND ",
    last_words!("report", "report_settled")
);
const ORDER_PLACED: &str = "
    INSERT INTO orders (id, image_id, reference, placed_at, until, lifted_at)
    SELECT r.subject, json_extract(r.detail, '$.image_id'), json_extract(r.detail, '$.reference'),
           json_extract(r.detail, '$.placed_at'), json_extract(r.detail, '$.until'), json_extract(r.detail, '$.lifted_at')
    FROM replays AS r WHERE r.aspect = 'order' AND r.subject <= ?1
    ON CONFLICT (id) DO UPDATE SET lifted_at = coalesce(orders.lifted_at, excluded.lifted_at)";
const HASH_LISTED: &str = concat!(
    "INSERT INTO known_bad (kind, value, list, category, source, added_at, note)
     SELECT json_extract(r.detail, '$.kind'), json_extract(r.detail, '$.value'), 'operator', json_extract(r.detail, '$.category'),
            json_extract(r.detail, '$.source'), json_extract(r.detail, '$.added_at'), json_extract(r.detail, '$.note')
     FROM replays AS r WHERE ",
    last_words!("hash", "hash_listed"),
    " ON CONFLICT (kind, value, list) DO NOTHING"
);
const HASH_UNLISTED: &str = concat!(
    "DELETE FROM known_bad WHERE list = 'operator' AND (kind, value) IN (
       SELECT json_extract(r.detail, '$.kind'), json_extract(r.detail, '$.value') FROM replays AS r WHERE ",
    last_words!("hash", "hash_unlisted"),
    ")"
);
const IMAGE_LEFT: &str = concat!(
    "UPDATE images SET state = 'removing', removing_at = ?2, removal_reason = r.detail, next_attempt_at = NULL,
                       verdict = CASE WHEN r.detail IN ('removed', 'prohibited') THEN 'prohibited' ELSE images.verdict END
     FROM replays AS r WHERE images.id = r.subject AND images.state IN ('live', 'held', 'releasing') AND ",
    last_words!("image", "image_left")
);
const IMAGE_HELD_AGAIN: &str = concat!(
    "INSERT INTO review_queue (image_id, cause, severity, entered_at)
     SELECT r.subject, 'reported', 1, ?2
     FROM replays AS r JOIN images ON images.id = r.subject AND images.state = 'live' WHERE ",
    last_words!("image", "image_held"),
    " ON CONFLICT (image_id, cause) DO UPDATE SET decided_at = NULL, outcome = NULL"
);
const IMAGE_HELD: &str = concat!(
    "UPDATE images SET state = 'held', verdict = 'unscanned', held_reason = 'review', held_sha256 = images.sha256,
                       held_until = CAST(r.detail AS INTEGER), attempts = 0, next_attempt_at = ?2
     FROM replays AS r WHERE images.id = r.subject AND images.state = 'live' AND ",
    last_words!("image", "image_held")
);
// Its bytes are public, and a job takes them to where the row says that they are: its owner has time to bring it back.
const IMAGE_RETURNED: &str = concat!(
    "UPDATE images SET erase_after = max(erase_after, ?2) WHERE state = 'recovery' AND id IN (",
    last_word!("image", "image_returned"),
    ")"
);
// As what waits in recovery and has waited long enough: whatever there still is of it is erased from both buckets.
const IMAGE_ERASED: &str = concat!(
    "UPDATE images SET state = 'recovery', removing_at = coalesce(images.removing_at, ?2), erase_after = ?2,
                       removal_reason = coalesce(images.removal_reason, r.detail), next_attempt_at = NULL
     FROM replays AS r
     WHERE images.id = r.subject AND images.state IN ('live', 'held', 'releasing', 'removing', 'recovery') AND ",
    last_words!("image", "image_erased")
);
const IMAGE_PRIVATE: &str = concat!(
    "UPDATE images SET is_private = 1, next_attempt_at = CASE state WHEN 'live' THEN ?2 ELSE next_attempt_at END
     WHERE is_private = 0 AND account_id IS NOT NULL AND state <> 'gone' AND id IN (",
    last_word!("privacy", "image_private"),
    ")"
);
const IMAGE_PUBLIC: &str = concat!(
    "UPDATE images SET is_private = 0, next_attempt_at = CASE state WHEN 'live' THEN ?2 ELSE next_attempt_at END
     WHERE is_private = 1 AND state <> 'gone' AND id IN (",
    last_word!("privacy", "image_public"),
    ")"
);
const VERDICT_DECIDED: &str = concat!(
    "INSERT INTO decisions (image_id, number, decided_at, decided_by, verdict, thresholds, policy_version, reason)
     SELECT images.id, 1 + coalesce((SELECT max(number) FROM decisions WHERE image_id = images.id), 0), ?2, 'policy', r.detail,
            '[]', images.policy_version, 'as it was decided before the database was set back'
     FROM replays AS r JOIN images ON images.id = r.subject
     WHERE images.state = 'live' AND images.verdict <> r.detail AND r.detail IN ('safe', 'flagged', 'restricted') AND ",
    last_words!("verdict", "image_verdict")
);
const VERDICT: &str = concat!(
    "UPDATE images SET verdict = r.detail, next_attempt_at = ?2
     FROM replays AS r
     WHERE images.id = r.subject AND images.state = 'live' AND images.verdict <> r.detail
       AND r.detail IN ('safe', 'flagged', 'restricted') AND ",
    last_words!("verdict", "image_verdict")
);
// Only sooner: what was claimed since is nobody's again, and that has an end.
const END: &str = concat!(
    "UPDATE images SET expires_at = CAST(r.detail AS INTEGER),
                       next_attempt_at = CASE images.state WHEN 'live' THEN ?2 ELSE images.next_attempt_at END
     FROM replays AS r
     WHERE images.id = r.subject AND images.state IN ('live', 'held', 'releasing') AND r.detail <> 'never'
       AND (images.expires_at IS NULL OR images.expires_at > CAST(r.detail AS INTEGER)) AND ",
    last_words!("end", "image_end")
);
const COLLECTION_EMPTIED: &str = concat!(
    "UPDATE images SET collection_id = NULL WHERE collection_id IN (",
    last_word!("collection", "collection_deleted"),
    ")"
);
const COLLECTION_DELETED: &str =
    concat!("DELETE FROM collections WHERE id IN (", last_word!("collection", "collection_deleted"), ")");
const OPERATOR_ENDED: &str =
    concat!("UPDATE accounts SET is_operator = 0 WHERE id IN (", last_word!("operator", "operator_ended"), ")");
const RESTRICTED: &str = concat!(
    "UPDATE accounts SET restricted_at = CAST(r.detail AS INTEGER)
     FROM replays AS r WHERE accounts.id = r.subject AND accounts.restricted_at IS NULL AND ",
    last_words!("restriction", "restricted")
);
const CONSENT_WITHDRAWN: &str = concat!(
    "INSERT INTO consents (account_id, purpose, number, act, recorded_at, text_version, text_sha256, surface, gpc)
     SELECT accounts.id, ",
    second!(),
    ", 1 + (SELECT max(number) FROM consents WHERE account_id = accounts.id AND purpose = ",
    second!(),
    "), 'withdrawn', json_extract(r.detail, '$.recorded_at'), json_extract(r.detail, '$.text_version'),
        json_extract(r.detail, '$.text_sha256'), json_extract(r.detail, '$.surface'), json_extract(r.detail, '$.gpc')
     FROM replays AS r JOIN accounts ON accounts.id = ",
    first!(),
    " WHERE 'granted' = (SELECT act FROM consents WHERE account_id = accounts.id AND purpose = ",
    second!(),
    " ORDER BY number DESC LIMIT 1) AND ",
    last_words!("consent", "consent_withdrawn")
);
const PASSWORD_ENDED: &str =
    concat!("UPDATE accounts SET password_hash = NULL WHERE id IN (", last_word!("password", "password_ended"), ")");
const TOTP_REMOVED: &str =
    concat!("DELETE FROM totp_factors WHERE account_id IN (", last_word!("totp", "totp_removed"), ")");
const PASSKEY_REMOVED: &str =
    concat!("DELETE FROM passkeys WHERE credential_hash IN (", last_word!("passkey", "passkey_removed"), ")");
const PASSKEY_FLAGGED: &str = concat!(
    "UPDATE passkeys SET flagged_at = coalesce(flagged_at, ?2) WHERE credential_hash IN (",
    last_word!("passkey", "passkey_flagged"),
    ")"
);
const RECOVERY_CODE_ENDED: &str =
    concat!("DELETE FROM recovery_codes WHERE code_hash IN (", last_word!("recovery_code", "recovery_code_ended"), ")");
const API_KEY_REVOKED: &str = concat!(
    "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id IN (",
    last_word!("api_key", "api_key_revoked"),
    ")"
);
const TICKET_ENDED: &str = concat!(
    "UPDATE tickets SET revoked_at = coalesce(revoked_at, ?2) WHERE id IN (",
    last_word!("ticket", "ticket_ended"),
    ")"
);
const TEAM_CLOSED: &str = concat!(
    "UPDATE teams SET closed_at = coalesce(closed_at, ?2) WHERE id IN (",
    last_word!("team", "team_closed"),
    ")"
);
// A team passes on only to somebody whom the database knows; else it stays with its earlier owner.
const FORMER_OWNER: &str = concat!(
    "UPDATE team_members SET role = 'editor'
     FROM replays AS r JOIN accounts ON accounts.id = ",
    second!(),
    " WHERE team_members.team_id = ",
    first!(),
    " AND team_members.role = 'owner' AND team_members.account_id <> accounts.id AND r.detail = 'owner' AND ",
    last_words!("member", "member_role")
);
const NEW_OWNER: &str = concat!(
    "INSERT INTO team_members (team_id, account_id, role, joined_at)
     SELECT teams.id, accounts.id, 'owner', ?2
     FROM replays AS r JOIN accounts ON accounts.id = ",
    second!(),
    " JOIN teams ON teams.id = ",
    first!(),
    " WHERE r.detail = 'owner' AND teams.closed_at IS NULL AND ",
    last_words!("member", "member_role"),
    " ON CONFLICT (team_id, account_id) DO UPDATE SET role = 'owner'"
);
const MEMBER_ROLE: &str = concat!(
    "UPDATE team_members SET role = r.detail
     FROM replays AS r
     WHERE team_members.team_id = ",
    first!(),
    " AND team_members.account_id = ",
    second!(),
    " AND team_members.role <> 'owner' AND r.detail IN ('editor', 'viewer') AND ",
    last_words!("member", "member_role")
);
const MEMBER_LEFT: &str = concat!(
    "DELETE FROM team_members
     WHERE (team_id, account_id) IN (SELECT ",
    first!(),
    ", ",
    second!(),
    " FROM replays AS r WHERE ",
    last_words!("member", "member_left"),
    ") AND (role <> 'owner' OR EXISTS (SELECT 1 FROM teams WHERE id = team_id AND closed_at IS NOT NULL))"
);

/// What a statement is given as `?2`, after the subject up to which it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Nothing,
    Now,
    /// Until when what its owner has brought back is kept.
    KeepUntil,
}

use Given::{KeepUntil, Nothing, Now};

/// What is done about each aspect, in order.
pub(super) const APPLY: &[(&str, &str, Given)] = &[
    ("erasure", ERASURE_ASKED, Nothing),
    ("erasure", ERASURE_NOTED, Nothing),
    ("erasure", ERASURE_UNDONE, Nothing),
    ("erasure", ERASURE_FORGOTTEN, Nothing),
    ("erasure", ERASURE_BROUGHT_BACK, Now),
    ("account", ACCOUNT_ERASED, Now),
    ("hold", HOLD_PLACED, Nothing),
    ("hold", HOLD_RELEASED, Nothing),
    ("statement", STATEMENT, Nothing),
    ("strike", STRIKE, Nothing),
    ("appeal", APPEAL_HOLDER, Nothing),
    ("appeal", APPEAL, Nothing),
    ("report", REPORT_DUE, Nothing),
    ("report", REPORT_SETTLED, Nothing),
    ("order", ORDER_PLACED, Nothing),
    ("hash", HASH_LISTED, Nothing),
    ("hash", HASH_UNLISTED, Nothing),
    ("image", IMAGE_LEFT, Now),
    ("image", IMAGE_HELD_AGAIN, Now),
    ("image", IMAGE_HELD, Now),
    ("image", IMAGE_RETURNED, KeepUntil),
    ("image", IMAGE_ERASED, Now),
    ("privacy", IMAGE_PRIVATE, Now),
    ("privacy", IMAGE_PUBLIC, Now),
    ("verdict", VERDICT_DECIDED, Now),
    ("verdict", VERDICT, Now),
    ("end", END, Now),
    ("collection", COLLECTION_EMPTIED, Nothing),
    ("collection", COLLECTION_DELETED, Nothing),
    ("operator", OPERATOR_ENDED, Nothing),
    ("restriction", RESTRICTED, Nothing),
    ("consent", CONSENT_WITHDRAWN, Nothing),
    ("password", PASSWORD_ENDED, Nothing),
    ("totp", TOTP_REMOVED, Nothing),
    ("passkey", PASSKEY_REMOVED, Nothing),
    ("passkey", PASSKEY_FLAGGED, Now),
    ("recovery_code", RECOVERY_CODE_ENDED, Nothing),
    ("api_key", API_KEY_REVOKED, Now),
    ("ticket", TICKET_ENDED, Now),
    ("team", TEAM_CLOSED, Now),
    ("member", FORMER_OWNER, Nothing),
    ("member", NEW_OWNER, Now),
    ("member", MEMBER_ROLE, Nothing),
    ("member", MEMBER_LEFT, Nothing),
];
