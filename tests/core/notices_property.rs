//! Whatever is reported, decided, answered, appealed, deleted and erased, in whatever order and with whatever time between: what is held is
//! neither lost nor served, and nothing that was erased returns.

use std::collections::BTreeSet;

use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::jobs::{EVERY_MINUTE, EVERY_OTHER_MINUTE};
use tintype::ports::blobs::Bucket;

use crate::counter_notices::answer_fields;
use crate::crash_every_call::now;
use crate::harness::client::Call;
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, form};
use crate::harness::small_ports::SeededRng;
use crate::harness::{APP, World};
use crate::notices::{Sent, copyright_fields, decide, intimate_fields, sent};

const SEEDS: u64 = 40;
const STEPS: usize = 80;

/// An image, and what deletes it; empty: it is Ada's.
struct Known {
    id: String,
    token: String,
}

struct Model {
    world: World,
    olive: Browser,
    oscar: Browser,
    ada: Browser,
    is_ada_leaving: bool,
    images: Vec<Known>,
    notices: Vec<Sent>,
    /// Images that were erased for good.
    erased: BTreeSet<String>,
    uploads: u64,
}

impl Model {
    fn set(seed: u64) -> Self {
        let world = World::with_seed(seed);
        let olive = now(world.operator("Olive"));
        let oscar = now(world.operator("Oscar"));
        let (_, ada) = now(world.member("Ada"));
        let (images, notices, erased) = (Vec::new(), Vec::new(), BTreeSet::new());
        Self { world, olive, oscar, ada, is_ada_leaving: false, images, notices, erased, uploads: 0 }
    }

    fn upload(&mut self, is_adas: bool) {
        self.uploads += 1;
        let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(self.uploads));
        let is_adas = is_adas && !self.is_ada_leaving;
        let answer = now(if is_adas { self.ada.send(call) } else { call }.send(&self.world));
        if answer.status.as_u16() == 201 {
            let token = if is_adas { String::new() } else { answer.field("/delete_token") };
            self.images.push(Known { id: answer.field("/id"), token });
        }
    }

    fn act(&mut self, verb: u64, one: usize, other: usize) {
        let image =
            self.images.get(one % self.images.len().max(1)).map(|known| (known.id.clone(), known.token.clone()));
        let notice = self.notices.get(other % self.notices.len().max(1)).cloned();
        match (verb, image, notice) {
            (0 | 1, ..) => self.upload(verb == 0),
            (2..=4, Some((id, _)), _) => {
                let url = format!("{APP}/{id}");
                let fields = if verb == 4 { intimate_fields(&url) } else { copyright_fields(&url) };
                self.notices.push(now(sent(&self.world, &fields)));
            }
            (5..=7, _, Some(notice)) => {
                drop(now(decide(&self.world, &self.olive, &notice.id, "prohibited", "copyright")));
            }
            (8, _, Some(notice)) => {
                drop(now(decide(&self.world, &self.olive, &notice.id, "no_action", "nothing_found")));
            }
            (9, _, Some(notice)) => {
                let path = format!("/operate/notices/{}/hold", notice.id);
                drop(now(self.olive.form(&path, &[("reason", "meanwhile")]).send(&self.world)));
            }
            (10..=13, Some((id, token)), Some(notice)) => {
                let path = format!("/report/{}/counter", notice.id);
                let fields = answer_fields(&id, &token);
                let call = if token.is_empty() { self.ada.form(&path, &fields) } else { form(&path, &fields) };
                drop(now(call.send(&self.world)));
            }
            (14, _, Some(notice)) => {
                let fields = [("token", notice.token.as_str()), ("step", "suit")];
                drop(now(form(&format!("/report/{}", notice.id), &fields).send(&self.world)));
            }
            (15, Some((id, token)), _) if !token.is_empty() => {
                let delete = Call::app("DELETE", &format!("/v1/images/{id}"));
                drop(now(delete.header("authorization", &format!("Bearer {token}")).send(&self.world)));
            }
            (16, ..) if one.is_multiple_of(5) && !self.is_ada_leaving => {
                self.is_ada_leaving = true;
                drop(now(self.ada.form("/settings/delete", &[("password", PASSWORD)]).send(&self.world)));
            }
            (20 | 21, Some((id, token)), _) => {
                let number = (1 + other % 3).to_string();
                let fields = [("number", number.as_str()), ("words", "It is history."), ("token", token.as_str())];
                let path = format!("/{id}/appeal");
                let call = if token.is_empty() { self.ada.form(&path, &fields[..2]) } else { form(&path, &fields) };
                drop(now(call.send(&self.world)));
            }
            (22 | 23, ..) => {
                let open = self.world.sql.query("SELECT id FROM appeals WHERE decided_at IS NULL ORDER BY id LIMIT 1");
                let Some(id) = open.first().and_then(|row| row["id"].as_str()) else { return };
                let outcome = if verb == 22 { "reversed" } else { "upheld" };
                let fields = [("outcome", outcome), ("reason", "seen and weighed")];
                drop(now(self.oscar.form(&format!("/operate/appeals/{id}"), &fields).send(&self.world)));
            }
            (17..=19, ..) => self.world.advance_ms(HOUR_MS * (other as i64 % 200)),
            _ => {}
        }
    }

    fn jobs(&self) {
        for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE] {
            now(self.world.run_cron(cron)).expect("runs");
        }
        now(self.world.deliver_messages());
    }

    fn check(&mut self, context: &str) {
        let world = &self.world;
        world.assert_nothing_lost_or_leaked();
        for id in world.standing_holds() {
            let state = world.state(&id);
            let bytes = ["images", "held"].iter().any(|prefix| {
                let name = format!("{prefix}/{id}");
                world.blobs.has(Bucket::Recovery, &name) || world.blobs.has(Bucket::Images, &name)
            });
            assert!(
                bytes || state == "gone" && self.erased.contains(&id),
                "{context}: held bytes of {id} ({state}) are lost"
            );
        }
        for known in &self.images {
            let state = world.state(&known.id);
            assert!(!(self.erased.contains(&known.id) && state == "live"), "{context}: {} returned", known.id);
            if state == "gone" {
                self.erased.insert(known.id.clone());
            }
            if !matches!(state.as_str(), "live" | "releasing") {
                let seen = now(Call::images("GET", &format!("/{}.png", known.id)).send(world));
                assert!(!seen.status.is_success(), "{context}: {} is served, and {state}", known.id);
            }
        }
        let unanswered = "SELECT c.id FROM counter_notices AS c WHERE c.outcome = 'restored' AND c.settled_at < c.restore_not_before";
        assert!(world.sql.query(unanswered).is_empty(), "{context}: it came back too soon");
    }
}

#[test]
fn whatever_happens_held_bytes_are_neither_lost_nor_served_and_nothing_erased_returns() {
    let mut happened = BTreeSet::new();
    for seed in 0..SEEDS {
        let mut model = Model::set(seed);
        let chance = SeededRng::new(seed);
        model.upload(true);
        model.upload(false);
        for step in 0..STEPS {
            let (verb, one, other) = (chance.below(24), chance.below(1_000) as usize, chance.below(1_000) as usize);
            model.act(verb, one, other);
            model.jobs();
            let context = format!("seed {seed}, step {step}, verb {verb}, {one}, {other}");
            model.check(&context);
        }
        for outcome in model.world.sql.query("SELECT outcome FROM counter_notices") {
            happened.insert(outcome["outcome"].to_string());
        }
        for appeal in model.world.sql.query("SELECT outcome, is_back FROM appeals") {
            happened.insert(format!("appeal {} {}", appeal["outcome"], appeal["is_back"]));
        }
        for _ in 0..40 {
            model.world.advance_ms(DAY_MS);
            model.jobs();
            model.check(&format!("seed {seed}, afterwards"));
        }
    }
    assert!(happened.iter().any(|outcome| outcome.contains("restored")), "pictures came back: {happened:?}");
    for came_of_it in ["appeal \"reversed\" 1", "appeal \"upheld\" null"] {
        assert!(happened.contains(came_of_it), "{came_of_it}: {happened:?}");
    }
}
