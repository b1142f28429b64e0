//! The auditor's questions about rows whose time has come, one for each rule of `policy::audit` that is about such.

/// Of at most `?3` rows whose time, `$time + ?2`, comes first: how many there are, how many are past it at `?1`, and the
/// earliest time.
macro_rules! due {
    ($time:literal, $from:literal) => {
        concat!(
            "SELECT count(*) AS checked, coalesce(sum(due <= ?1), 0) AS broken, min(due) AS earliest FROM (SELECT ",
            $time,
            " + CAST(?2 AS INTEGER) AS due FROM ",
            $from,
            " ORDER BY ",
            $time,
            " LIMIT ?3)"
        )
    };
}

/// The question of each rule about rows whose time has come.
pub const DUE: [(&str, &str); 48] = [
    ("pictures-leave", due!("expires_at", "images WHERE state = 'live' AND expires_at IS NOT NULL")),
    ("removals-finish", due!("removing_at", "images WHERE state = 'removing'")),
    (
        "removed-bytes-erased",
        due!(
            "erase_after",
            "images WHERE state = 'recovery'
               AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?1)"
        ),
    ),
    (
        "tombstones-forgotten",
        due!(
            "gone_at",
            "images WHERE state = 'gone'
               AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?1)
               AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')"
        ),
    ),
    ("drafts-forgotten", due!("created_at", "images WHERE state = 'pending'")),
    (
        "held-pictures-decided",
        due!("held_until", "images WHERE state IN ('held', 'releasing') AND held_reason = 'unscanned'"),
    ),
    ("held-pictures-tried", due!("next_attempt_at", "images WHERE next_attempt_at IS NOT NULL")),
    (
        "accounts-erased",
        due!(
            "erase_at",
            "accounts WHERE erase_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM images JOIN reports ON reports.image_id = images.id
                               WHERE images.account_id = accounts.id AND reports.state = 'due')"
        ),
    ),
    ("pictures-return", due!("returns_at", "leaving_images WHERE returns_at IS NOT NULL")),
    ("closed-teams-leave", due!("closed_at", "teams WHERE closed_at IS NOT NULL")),
    ("sign-ins-forgotten", due!("expires_at", "sessions")),
    ("links-forgotten", due!("expires_at", "links")),
    ("letters-sent", due!("next_attempt_at", "letters WHERE state = 'waiting'")),
    ("letters-forgotten", due!("forget_after", "letters WHERE forget_after IS NOT NULL")),
    ("callers-forgotten", due!("started_at", "rate_counters")),
    ("anomalies-forgotten", due!("started_at", "anomaly_counters")),
    ("reports-made", due!("created_at", "reports WHERE state = 'due'")),
    ("repeats-forgotten", due!("created_at", "idempotency_keys")),
    ("revoked-keys-forgotten", due!("revoked_at", "api_keys WHERE revoked_at IS NOT NULL")),
    ("expired-keys-forgotten", due!("expires_at", "api_keys WHERE expires_at IS NOT NULL")),
    ("tickets-forgotten", due!("expires_at", "tickets")),
    ("requests-forgotten", due!("at", "requests")),
    ("statistics-forgotten", due!("day", "statistics")),
    ("transparency-forgotten", due!("month", "transparency_counts")),
    ("invitations-forgotten", due!("expires_at", "team_invitations")),
    ("nonces-forgotten", due!("expires_at", "signature_nonces")),
    ("challenges-forgotten", due!("expires_at", "challenges")),
    ("attempts-forgotten", due!("started_at", "factor_attempts")),
    ("apps-forgotten", due!("created_at", "totp_factors WHERE confirmed_at IS NULL")),
    ("variants-erased", due!("used_at", "variants WHERE used_at > 0")),
    // 0: its image has left public view.
    (
        "variants-leave",
        due!("images.removing_at", "variants JOIN images ON images.id = variants.image_id WHERE variants.used_at = 0"),
    ),
    ("budgets-forgotten", due!("hour", "variant_budgets")),
    ("subject-requests-answered", due!("due_at", "subject_requests WHERE closed_at IS NULL")),
    ("subject-requests-forgotten", due!("closed_at", "subject_requests WHERE closed_at IS NOT NULL")),
    ("notices-decided", due!("due_at", "notices WHERE decided_at IS NULL AND valid_at IS NOT NULL")),
    ("notices-carried-out", due!("undone_since", "notices WHERE undone_since IS NOT NULL")),
    ("notices-forgotten", due!("forget_after", "notices WHERE forget_after IS NOT NULL")),
    ("copies-searched", due!("due_at", "notices WHERE search_from IS NOT NULL")),
    (
        "countered-pictures-return",
        due!(
            "restore_not_before",
            "counter_notices WHERE settled_at IS NULL AND suit_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.image_id = counter_notices.image_id
                                 AND kind = 'counter_notice' AND released_at IS NULL AND reason = 'a court was asked')
               AND NOT EXISTS (SELECT 1 FROM images JOIN accounts ON accounts.id = images.account_id
                               WHERE images.id = counter_notices.image_id AND accounts.erase_at IS NOT NULL)"
        ),
    ),
    ("statements-sent", due!("due_at", "statements WHERE due_at IS NOT NULL")),
    ("appeals-decided", due!("due_at", "appeals WHERE decided_at IS NULL")),
    ("appeals-finished", due!("decided_at", "appeals WHERE decided_at IS NOT NULL AND finished_at IS NULL")),
    (
        "statements-forgotten",
        due!(
            "forget_after",
            "statements AS s
             WHERE (ended_at IS NOT NULL
                 OR kind <> 'suspension' AND coalesce((SELECT state FROM images WHERE id = s.subject), 'gone') = 'gone')
               AND NOT EXISTS (SELECT 1 FROM appeals WHERE subject = s.subject AND number = s.number AND finished_at IS NULL)"
        ),
    ),
    ("strikes-forgotten", due!("expires_at", "strikes")),
    ("review-log-forgotten", due!("at", "review_log")),
    (
        "exports-made",
        due!(
            "next_attempt_at",
            "exports WHERE next_attempt_at IS NOT NULL
               AND EXISTS (SELECT 1 FROM accounts WHERE id = exports.account_id AND erase_at IS NULL)
               AND (team_id IS NULL
                 OR exports.account_id = (SELECT account_id FROM team_members
                                          WHERE team_id = exports.team_id AND role = 'owner'))"
        ),
    ),
    ("exports-erased", due!("expires_at", "exports")),
    ("receipts-forgotten", due!("finished_at", "erasures WHERE finished_at IS NOT NULL")),
];
