//! What is only meant to last for a while, and for how long: written down here once more, by what was promised and not by what the
//! product's tables say.

use std::collections::BTreeMap;

use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

use crate::harness::World;

/// How much later than its time something may be there, where nothing else is wrong.
pub const LATE_MS: i64 = 15 * MINUTE_MS;
/// How long what left public view can be brought back, or looked for by an operator.
pub const RECOVERY_MS: i64 = 14 * DAY_MS;
/// How long it is known that an address was in use.
pub const TOMBSTONE_MS: i64 = 90 * DAY_MS;
/// How long whoever wants an account erased can change their mind.
pub const UNDO_MS: i64 = 7 * DAY_MS;

/// A kind of row that leaves by its time.
pub struct Class {
    pub name: &'static str,
    table: &'static str,
    /// Only those.
    only: &'static str,
    /// The time that a row says; `$` stands for the row.
    date: &'static str,
    kept_ms: i64,
    /// Whose it is; then it may go before its time, with its account.
    account: &'static str,
}

const fn class(
    name: &'static str,
    table: &'static str,
    only: &'static str,
    date: &'static str,
    kept_ms: i64,
    account: &'static str,
) -> Class {
    Class { name, table, only, date, kept_ms, account }
}

const OF_ACCOUNT: &str = "$account_id";
const OF_NOBODY: &str = "NULL";

/// Every kind but images.
pub const CLASSES: [Class; 18] = [
    class("repeats", "idempotency_keys", "true", "$created_at", DAY_MS, OF_NOBODY),
    class("callers", "rate_counters", "true", "$started_at", DAY_MS, OF_NOBODY),
    class("sign-ins", "sessions", "true", "$expires_at", 0, OF_ACCOUNT),
    class("links", "links", "true", "$expires_at", 0, OF_ACCOUNT),
    class("letters", "letters", "$forget_after IS NOT NULL", "$forget_after", 0, OF_ACCOUNT),
    class("tickets", "tickets", "true", "$expires_at", 30 * DAY_MS, OF_ACCOUNT),
    class("ended keys", "api_keys", "$expires_at IS NOT NULL", "$expires_at", 30 * DAY_MS, OF_ACCOUNT),
    class("revoked keys", "api_keys", "$revoked_at IS NOT NULL", "$revoked_at", 30 * DAY_MS, OF_ACCOUNT),
    class("nonces", "signature_nonces", "true", "$expires_at", 0, OF_NOBODY),
    class("challenges", "challenges", "true", "$expires_at", 0, OF_ACCOUNT),
    class("attempts", "factor_attempts", "true", "$started_at", DAY_MS, OF_ACCOUNT),
    class("unconfirmed apps", "totp_factors", "$confirmed_at IS NULL", "$created_at", HOUR_MS, OF_ACCOUNT),
    class("invitations", "team_invitations", "true", "$expires_at", 0, OF_NOBODY),
    class("budgets", "variant_budgets", "true", "$hour", HOUR_MS, OF_NOBODY),
    class("receipts", "erasures", "$finished_at IS NOT NULL", "$finished_at", 365 * DAY_MS, OF_NOBODY),
    class("unused variants", "variants", "$used_at > 0", "$used_at", 30 * DAY_MS, OF_NOBODY),
    class("accounts", "accounts", "$erase_at IS NOT NULL", "$erase_at", 0, "$id"),
    class("work again", "images", "$next_attempt_at IS NOT NULL", "$next_attempt_at", 0, OF_NOBODY),
];

/// Of images: which state ends when.
const IMAGES: [(&str, &str, &str, i64); 4] = [
    ("public images", "live", "expires_at", 0),
    ("erased images", "recovery", "erase_after", 0),
    ("tombstones", "gone", "gone_at", TOMBSTONE_MS),
    ("drafts", "pending", "created_at", HOUR_MS),
];

/// Something that left.
#[derive(Debug)]
pub struct Departure {
    pub class: String,
    pub id: String,
    /// An image's state before, and after; empty: there is no row any more.
    pub was: String,
    pub becomes: String,
    /// When its time was, by what its row said.
    pub due: Option<i64>,
    pub account: Option<String>,
}

/// Has the database tell of everything that leaves, in the transaction in which it does.
pub fn watch(world: &World) {
    let mut script = String::from(
        "CREATE TEMP TABLE watch (number INTEGER PRIMARY KEY, class TEXT, id TEXT, was TEXT, becomes TEXT, due INTEGER, account TEXT);",
    );
    for (number, class) in CLASSES.iter().enumerate().filter(|(_, class)| class.table != "images") {
        let old = |text: &str| text.replace('$', "old.");
        script += &format!(
            "CREATE TEMP TRIGGER watch_{number} AFTER DELETE ON main.{} WHEN {} BEGIN
               INSERT INTO watch (class, id, was, becomes, due, account) VALUES ('{}', '', '', '', {} + {}, {}); END;",
            class.table,
            old(class.only),
            class.name,
            old(class.date),
            class.kept_ms,
            old(class.account),
        );
    }
    let cases = IMAGES.map(|(_, state, date, kept)| format!("WHEN '{state}' THEN old.{date} + {kept}")).join(" ");
    for (name, event, becomes) in [("moves", "UPDATE OF state", "new.state"), ("goes", "DELETE", "''")] {
        let when = if becomes == "''" { "true" } else { "old.state <> new.state" };
        script += &format!(
            "CREATE TEMP TRIGGER watch_{name} AFTER {event} ON main.images WHEN {when} BEGIN
               INSERT INTO watch (class, id, was, becomes, due, account)
               VALUES ('image', old.id, old.state, {becomes}, CASE old.state {cases} END, old.account_id); END;"
        );
    }
    world.sql.with_connection(|connection| connection.execute_batch(&script)).expect("it watches");
    drop(world.blobs.take_erased());
}

/// What left since the last question, in order.
pub fn departures(world: &World) -> Vec<Departure> {
    let rows = world.sql.query("SELECT class, id, was, becomes, due, account FROM temp.watch ORDER BY number");
    if !rows.is_empty() {
        world.sql.query("DELETE FROM temp.watch");
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let departure = |row: tintype::ports::sql::Row| Departure {
        class: text(&row["class"]),
        id: text(&row["id"]),
        was: text(&row["was"]),
        becomes: text(&row["becomes"]),
        due: row["due"].as_i64(),
        account: row["account"].as_str().map(str::to_owned),
    };
    rows.into_iter().map(departure).collect()
}

/// When the next thing of each kind is due; of kinds of which there is nothing, nothing.
pub fn next_due(world: &World) -> BTreeMap<&'static str, i64> {
    let of_rows = CLASSES.iter().map(|class| {
        let bare = |text: &str| text.replace('$', "");
        let sql = format!(
            "SELECT min({}) + {} AS due FROM {} WHERE {}",
            bare(class.date),
            class.kept_ms,
            class.table,
            bare(class.only)
        );
        (class.name, sql)
    });
    let of_images = IMAGES.iter().map(|(name, state, date, kept)| {
        (*name, format!("SELECT min({date}) + {kept} AS due FROM images WHERE state = '{state}'"))
    });
    let removing = "SELECT min(removing_at) AS due FROM images WHERE state = 'removing'";
    // Of images that left, nothing that was made of them stays. Whoever makes one just then has five minutes to notice.
    let variants = "SELECT min(max(images.removing_at, variants.begun_at + 300000)) AS due FROM variants JOIN images ON images.id = variants.image_id
                    WHERE variants.used_at = 0 AND images.removing_at IS NOT NULL";
    let others = [("removals", removing.to_owned()), ("variants of images that left", variants.to_owned())];
    let all = of_rows.chain(of_images).chain(others);
    all.filter_map(|(name, sql)| Some((name, world.sql.query(&sql).first()?["due"].as_i64()?))).collect()
}
