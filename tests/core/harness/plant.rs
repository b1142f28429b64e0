//! Scenes that would take long to reach: many images at once, in any state.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::Timestamp;
use tintype::ports::blobs::Bucket;

use super::World;
use super::images::numbered_png;

/// What is planted as held bytes.
static HELD_BYTES: LazyLock<&[u8]> = LazyLock::new(|| numbered_png(7).leak());

/// The id with a number.
pub fn id(number: u64) -> ImageId {
    let mut random = [0; 15];
    random[7..].copy_from_slice(&number.to_be_bytes());
    ImageId::from_random(random)
}

/// A row to be planted: a copy of a real one, in another state.
#[derive(Clone, Copy)]
pub struct Row {
    pub state: &'static str,
    pub reason: Option<&'static str>,
    /// What its state's job looks at: expires_at, created_at, removing_at, erase_after or gone_at.
    pub at: Timestamp,
}

impl World {
    /// Plants one row for each number, with a decision that allows it and without bytes.
    pub async fn plant_rows(&self, numbers: std::ops::Range<u64>, row: Row) {
        if self.sql.query("SELECT id FROM images WHERE sha256 IS NOT NULL LIMIT 1").is_empty() {
            assert!(self.upload(&numbered_png(0xff_ffff)).await.status.is_success());
        }
        let (reason, at) = (row.reason.map_or("NULL".into(), |reason| format!("'{reason}'")), row.at.0);
        // For their date, the bytes that `plant_held_blobs` plants.
        let held = match row.state {
            "held" | "releasing" => format!("'unscanned', {at} + 259200000, '{}', {at}", hex::sha256(&HELD_BYTES)),
            _ => "NULL, NULL, NULL, NULL".into(),
        };
        let time = |state: &str| if row.state == state { at.to_string() } else { "NULL".into() };
        let text = format!(
            "INSERT INTO images (id, state, surface, verdict, policy_version, created_at, expires_at, retention_class,
               retention_reason, facts, sha256, details, delete_token_hash, removing_at, removal_reason, erase_after, gone_at,
               held_reason, held_until, held_sha256, next_attempt_at)
             SELECT ?1, '{}', surface, verdict, policy_version,
               {}, {}, retention_class, retention_reason, facts, sha256, details, delete_token_hash, {}, {reason}, {}, {}, {held}
             FROM images WHERE sha256 IS NOT NULL LIMIT 1",
            row.state,
            if row.state == "pending" { at.to_string() } else { "created_at".into() },
            if row.state == "live" { at.to_string() } else { "expires_at".into() },
            time("removing"),
            time("recovery"),
            time("gone"),
        );
        self.sql.with_connection(|connection| {
            connection.execute_batch("BEGIN").expect("begins");
            let mut statement = connection.prepare(&text).expect("prepares");
            let decision = "INSERT INTO decisions (image_id, number, decided_at, decided_by, verdict, thresholds, policy_version, reason)
                            VALUES (?1, 1, 0, 'policy', 'safe', '[]', 1, 'planted')";
            let mut decision = connection.prepare(decision).expect("prepares");
            for number in numbers {
                statement.execute([id(number).as_str()]).expect("plants");
                decision.execute([id(number).as_str()]).expect("plants");
            }
            connection.execute_batch("COMMIT").expect("commits");
        });
    }

    /// Plants bytes for each number.
    pub fn plant_blobs(&self, numbers: std::ops::Range<u64>, bucket: Bucket) {
        for number in numbers {
            self.blobs.plant(bucket, &format!("images/{}", id(number)), b"bytes");
        }
    }

    /// Plants held bytes for each number: a picture.
    pub fn plant_held_blobs(&self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            self.blobs.plant(Bucket::Recovery, &format!("held/{}", id(number)), &HELD_BYTES);
        }
    }

    /// How many images have bytes where held bytes are.
    pub fn held_count(&self) -> usize {
        self.blobs.names(Bucket::Recovery).iter().filter(|name| name.starts_with("held/")).count()
    }

    /// How many rows are in a state.
    pub fn count(&self, state: &str) -> usize {
        self.sql.query(&format!("SELECT id FROM images WHERE state = '{state}'")).len()
    }

    /// How many images have bytes in a bucket.
    pub fn blob_count(&self, bucket: Bucket) -> usize {
        self.blobs.names(bucket).iter().filter(|name| name.starts_with("images/")).count()
    }

    /// The state of one.
    pub fn state(&self, id: &str) -> String {
        let rows = self.sql.query(&format!("SELECT state FROM images WHERE id = '{id}'"));
        rows.first().and_then(|row| row["state"].as_str()).unwrap_or("unknown").to_owned()
    }

    /// Puts a hash on a list, as an operator's tool does.
    pub fn list(&self, kind: HashKind, value: &str, category: Category) {
        self.sql.with_connection(|connection| {
            let text = "INSERT INTO known_bad (kind, value, list, category, source, added_at) VALUES (?1, ?2, 'test list', ?3, 'a test', 0)";
            connection.execute(text, [kind.as_str(), value, category.as_str()]).expect("lists");
        });
    }

    /// Images that may not be erased now.
    pub fn standing_holds(&self) -> BTreeSet<String> {
        let now = self.clock_now().0;
        let rows = self.sql.query(&format!("SELECT image_id FROM holds WHERE released_at IS NULL AND until > {now}"));
        rows.iter().filter_map(|row| row["image_id"].as_str().map(str::to_owned)).collect()
    }
}
