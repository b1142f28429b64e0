//! What must hold in every world: always, and once the dust has settled.

use std::collections::{BTreeMap, BTreeSet};

use tintype::domain::time::MINUTE_MS;
use tintype::ports::blobs::Bucket;

use super::World;

impl World {
    fn states(&self) -> BTreeMap<String, String> {
        let text = |row: &tintype::ports::sql::Row, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        self.sql.query("SELECT id, state FROM images").iter().map(|row| (text(row, "id"), text(row, "state"))).collect()
    }

    /// Those in recovery whose window has ended: their bytes may be erased before their row says so.
    fn erasable(&self) -> Vec<String> {
        let now = self.clock_now().0;
        let sql = format!("SELECT id FROM images WHERE state = 'recovery' AND erase_after <= {now}");
        self.sql.query(&sql).iter().filter_map(|row| row["id"].as_str().map(str::to_owned)).collect()
    }

    fn ids_in(&self, bucket: Bucket) -> BTreeSet<String> {
        let names = self.blobs.names(bucket);
        names.iter().filter_map(|name| name.strip_prefix("images/").map(str::to_owned)).collect()
    }

    fn held_ids(&self) -> BTreeSet<String> {
        let names = self.blobs.names(Bucket::Recovery);
        names.iter().filter_map(|name| name.strip_prefix("held/").map(str::to_owned)).collect()
    }

    /// At any moment: no image is live unless the latest decision about it allows that (promises IMP-20, IMP-21),
    /// and no decision outlives its image.
    pub fn assert_live_only_by_decision(&self) {
        let unjudged = "SELECT id FROM images WHERE state = 'live' AND coalesce(
                          (SELECT verdict FROM decisions WHERE image_id = id ORDER BY number DESC LIMIT 1), 'none')
                        NOT IN ('safe', 'flagged', 'restricted')";
        assert!(self.sql.query(unjudged).is_empty(), "an image is live without a decision that allows it");
        let prohibited = "SELECT image_id FROM decisions AS d JOIN images AS i ON i.id = d.image_id
                          WHERE i.state <> 'removing' AND d.verdict IN ('prohibited', 'unscanned')
                          AND NOT (i.state = 'held' AND i.held_reason = 'review' AND i.next_attempt_at IS NOT NULL)
                          AND d.number = (SELECT max(number) FROM decisions WHERE image_id = d.image_id)";
        let public = self.ids_in(Bucket::Images);
        for row in self.sql.query(prohibited) {
            let id = row["image_id"].as_str().unwrap_or_default();
            assert!(!public.contains(id), "prohibited image {id} is where images are served from");
        }
        let ownerless = "SELECT image_id FROM decisions WHERE image_id NOT IN (SELECT id FROM images)";
        assert!(self.sql.query(ownerless).is_empty(), "a decision outlived its image");
        let ownerless = "SELECT image_id FROM review_queue WHERE image_id NOT IN (SELECT id FROM images)";
        assert!(self.sql.query(ownerless).is_empty(), "a review outlived its image");
        let ownerless = "SELECT image_id FROM holds WHERE image_id NOT IN (SELECT id FROM images)
                         UNION ALL SELECT image_id FROM reports WHERE image_id NOT IN (SELECT id FROM images)";
        assert!(self.sql.query(ownerless).is_empty(), "a hold or a report outlived its image");
        let listed = "SELECT i.id FROM images AS i JOIN known_bad AS k ON k.kind = 'sha256'
                        AND k.value IN (json_extract(i.hashes, '$.received_sha256'), i.sha256)
                      WHERE i.state IN ('live', 'releasing') AND k.added_at = 0";
        assert!(self.sql.query(listed).is_empty(), "an image that was listed when it came is public");
    }

    /// At any moment: a live image has its bytes in the public bucket, a recovered one in recovery, and
    /// what waits in recovery or is gone is not public.
    pub fn assert_nothing_lost_or_leaked(&self) {
        let held = self.held_ids();
        let (states, public, recovery) = (self.states(), self.ids_in(Bucket::Images), self.ids_in(Bucket::Recovery));
        let erasable = self.erasable();
        self.assert_live_only_by_decision();
        self.assert_storage_is_counted();
        for (id, state) in &states {
            match state.as_str() {
                "live" => assert!(public.contains(id), "live image {id} lost its bytes"),
                "recovery" => {
                    assert!(recovery.contains(id) || erasable.contains(id), "recovered image {id} lost its bytes");
                    assert!(!public.contains(id), "recovered image {id} is still public");
                }
                "gone" => assert!(
                    !public.contains(id) && !recovery.contains(id) && !held.contains(id),
                    "gone image {id} has bytes"
                ),
                "held" => assert!(held.contains(id) || public.contains(id), "held image {id} lost its bytes"),
                "releasing" => {
                    assert!(held.contains(id) || public.contains(id), "released image {id} lost its bytes");
                }
                "pending" | "removing" => {}
                other => panic!("no such state: {other}"),
            }
        }
    }

    /// At any moment: what accounts store is counted rightly, and is not more than they may.
    pub fn assert_storage_is_counted(&self) {
        let wrong = "SELECT s.account_id, s.images, s.bytes FROM account_storage AS s
                     WHERE (s.images, s.bytes) IS NOT
                           (SELECT count(*), coalesce(sum(stored_bytes), 0) FROM images
                            WHERE account_id = s.account_id AND state IN ('pending', 'held', 'releasing', 'live'))
                        OR s.uploads < 0
                     UNION ALL
                     SELECT account_id, 0, 0 FROM images WHERE account_id IS NOT NULL
                       AND account_id NOT IN (SELECT account_id FROM account_storage)";
        assert_eq!(self.sql.query(wrong), Vec::new(), "what accounts store is counted wrong");
        let sizes = "SELECT id FROM images WHERE state IN ('live', 'releasing')
                       AND stored_bytes <> json_extract(facts, '$.bytes')";
        assert_eq!(self.sql.query(sizes), Vec::new(), "an image has two sizes");
    }

    /// At any moment of an upload: what is stored is known to the database, because the intent comes first.
    pub fn assert_every_object_has_a_row(&self) {
        let states = self.states();
        for id in self.ids_in(Bucket::Images) {
            assert!(states.contains_key(&id), "object {id} was stored before its row");
        }
    }

    /// At any moment of any job: the bytes of a live image whose window runs are where they are served.
    pub fn assert_nothing_live_is_lost(&self) {
        self.assert_live_only_by_decision();
        let public = self.ids_in(Bucket::Images);
        let now = self.clock_now().0;
        let sql = format!("SELECT id FROM images WHERE state = 'live' AND expires_at > {now}");
        for row in self.sql.query(&sql) {
            let id = row["id"].as_str().unwrap_or_default();
            assert!(public.contains(id), "live image {id} lost its bytes");
        }
    }

    /// After one sweep and one reconcile of everything: no drafts, no half-done removals, no object
    /// without an owner.
    pub async fn settle(&self) {
        self.faults.calm();
        self.advance_ms(61 * MINUTE_MS);
        for job in
            ["judge_held", "sweep_pending", "finish_removals", "reconcile_blobs", "reap_expired", "reap_variants"]
        {
            self.run_job(job).await.unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
        }
        self.assert_nothing_lost_or_leaked();
        let states = self.states();
        for (id, state) in &states {
            assert!(!matches!(state.as_str(), "pending" | "removing" | "releasing"), "{id} is stuck in {state}");
        }
        for id in self.held_ids() {
            let state = states.get(&id).map(String::as_str);
            assert!(matches!(state, Some("held")), "orphan {id} ({state:?}) among the held");
        }
        for id in self.ids_in(Bucket::Images) {
            assert_eq!(states.get(&id).map(String::as_str), Some("live"), "public orphan {id}");
        }
        for name in self.blobs.names(Bucket::Images) {
            let variant = name.strip_prefix("variants/").and_then(|rest| rest.split_once('/'));
            let state = variant.and_then(|(id, _)| states.get(id)).map(String::as_str);
            assert!(variant.is_none() || state == Some("live"), "variant {name} without its image ({state:?})");
        }
        for id in self.ids_in(Bucket::Recovery) {
            assert_eq!(states.get(&id).map(String::as_str), Some("recovery"), "orphan {id} in recovery");
        }
    }
}
