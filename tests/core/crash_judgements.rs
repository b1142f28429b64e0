//! As `crash_every_call`, for what is judged later and decided by people: every port call fails, dies or is repeated.

use tintype::domain::ids::ImageId;
use tintype::domain::time::MINUTE_MS;
use tintype::domain::verdict::UnscannedReason;
use tintype::error::Fault;
use tintype::ports::blobs::Bucket;
use tintype::usecases::review::{Reviewed, hold, prohibit, release, restrict};

use crate::content_safety::{flagged, review, scored};
use crate::crash_every_call::{KEY, SURFACES, at_every_call, check_upload, network, now};
use crate::harness::World;
use crate::harness::client::Answer;
use crate::harness::images::numbered_png;

#[test]
fn promise_imp_22_a_review_may_fail_at_every_call_and_is_stored_with_its_effect_or_not_at_all() {
    let set = || {
        let world = World::new();
        let scene = now(flagged(&world));
        (world, scene)
    };
    let decisions = |world: &World| world.sql.query("SELECT verdict FROM decisions ORDER BY number").len();
    let check = |world: &World, (uploaded, id): &(Answer, ImageId), _: Option<Answer>, context: &str| {
        world.assert_live_only_by_decision();
        let begun = world.state(id.as_str()) != "live";
        assert_eq!(decisions(world), 1 + usize::from(begun), "{context}");
        now(world.settle());
        let view = now(world.view(&uploaded.field("/url"))).status.as_u16();
        assert_eq!(view, if begun { 410 } else { 200 }, "{context}");
        let again = now(prohibit(&world.app, id, review("again"))).expect("no fault now");
        let expected = if begun { Reviewed::NothingWaits } else { Reviewed::Prohibited { is_done: true } };
        assert_eq!((again, decisions(world), world.state(id.as_str())), (expected, 2, "recovery".into()), "{context}");
        now(world.settle());
    };
    let act = |world: &World, (_, id): &(Answer, ImageId)| {
        drop(world.attempt(prohibit(&world.app, id, review("a test"))));
        None
    };
    at_every_call("a prohibition", 7, set, act, check);

    let check = |world: &World, (uploaded, id): &(Answer, ImageId), _: Option<Answer>, context: &str| {
        now(release(&world.app, id, review("again"))).expect("no fault now");
        assert_eq!(decisions(world), 2, "{context}");
        assert_eq!(now(world.view(&uploaded.field("/url"))).status.as_u16(), 200, "{context}");
        now(world.settle());
    };
    let act = |world: &World, (_, id): &(Answer, ImageId)| {
        drop(world.attempt(release(&world.app, id, review("a test"))));
        None
    };
    at_every_call("a release", 1, set, act, check);
}

#[test]
fn promise_imp_20_a_held_upload_may_fail_at_every_call_and_is_judged_in_the_end() {
    for (name, make, calls) in SURFACES {
        for with_key in [false, true] {
            let set = || {
                let world = World::new();
                network(&world);
                world.vision_is(Some(UnscannedReason::VisionBusy));
                (world, ())
            };
            let act = |world: &World, (): &()| {
                let call = make();
                let call = if with_key { call.header("idempotency-key", KEY) } else { call };
                let answer = world.attempt(call.send(world));
                assert_eq!(world.blob_count(Bucket::Images), 0, "nothing of it is public");
                world.vision_is(None);
                answer
            };
            let check = |world: &World, (): &(), answer, context: &str| {
                check_upload(world, make, with_key, answer, context);
            };
            let name = format!("{name} that is held{}", if with_key { " under a key" } else { "" });
            at_every_call(&name, calls - 1 + usize::from(with_key), set, act, check);
        }
    }
}

#[test]
fn judging_a_held_image_may_fail_at_every_call_and_comes_to_the_same_end() {
    let verdicts = [(scored(0.0, 0.0), "live"), (scored(0.3, 0.4), "live"), (scored(0.99, 0.0), "recovery")];
    for (assessment, end) in verdicts {
        let set = || {
            let world = World::new();
            world.vision_is(Some(UnscannedReason::VisionBusy));
            let id = now(world.upload(&world.assess(1, assessment.clone()))).field("/id");
            world.vision_is(None);
            world.advance_ms(MINUTE_MS);
            (world, id)
        };
        let act = |world: &World, _: &String| {
            drop(world.attempt(world.run_job("judge_held")));
            world.assert_live_only_by_decision();
            None
        };
        let check = |world: &World, id: &String, _: Option<Answer>, context: &str| {
            now(world.settle());
            now(world.settle());
            assert_eq!(world.state(id), end, "{context}");
            assert_eq!(world.blob_count(Bucket::Images), usize::from(end == "live"), "{context}");
            assert_eq!(world.held_count(), 0, "{context}");
            let verdicts = world.sql.query("SELECT verdict FROM decisions ORDER BY number");
            assert_eq!(verdicts.len(), 2, "{context}: decided once: {verdicts:?}");
        };
        at_every_call(&format!("judging what becomes {end}"), 9, set, act, check);
    }
}

/// A decision of a person about an image that is in a certain place.
type Decide = fn(&World, &ImageId) -> Option<Result<Reviewed, Fault>>;

#[test]
fn promise_imp_22_whatever_a_person_decides_may_fail_at_every_call_and_is_wholly_done_or_not_at_all() {
    let decide: [(&str, Decide, usize); 6] = [
        ("hold live", |world, id| world.attempt(hold(&world.app, id, review("a test"))), 6),
        ("restrict live", |world, id| world.attempt(restrict(&world.app, id, review("a test"))), 4),
        ("release held", |world, id| world.attempt(release(&world.app, id, review("a test"))), 8),
        ("prohibit held", |world, id| world.attempt(prohibit(&world.app, id, review("a test"))), 7),
        ("release recovery", |world, id| world.attempt(release(&world.app, id, review("a test"))), 9),
        ("restrict recovery", |world, id| world.attempt(restrict(&world.app, id, review("a test"))), 9),
    ];
    for (name, decide, calls) in decide {
        let set = || {
            let world = World::new();
            let uploaded = now(world.upload(&numbered_png(1)));
            let id = ImageId::parse(&uploaded.field("/id")).expect("an id");
            match name.split(' ').next_back() {
                Some("held") => drop(now(hold(&world.app, &id, review("set")))),
                Some("recovery") => drop(now(prohibit(&world.app, &id, review("set")))),
                _ => {}
            }
            let decided = world.sql.query("SELECT 1 FROM decisions").len();
            (world, (id, decided))
        };
        let act = |world: &World, (id, _): &(ImageId, usize)| {
            drop(decide(world, id));
            world.assert_live_only_by_decision();
            None
        };
        let check = |world: &World, (id, decided): &(ImageId, usize), _: Option<Answer>, context: &str| {
            now(world.settle());
            now(world.settle());
            let was_written = world.sql.query("SELECT 1 FROM decisions").len() > *decided;
            let place = || {
                let row = world.sql.query("SELECT state, verdict, next_attempt_at FROM images").remove(0);
                let is_held = row["state"] == "held";
                assert!(is_held || row["next_attempt_at"].is_null(), "{context}: nothing is left to do: {row:?}");
                format!("{} {}", row["state"], row["verdict"]).replace('"', "")
            };
            let (before, after) = match name {
                "hold live" => ("live safe", "held unscanned"),
                "restrict live" => ("live safe", "live restricted"),
                "release held" => ("held unscanned", "live safe"),
                "prohibit held" => ("held unscanned", "recovery prohibited"),
                "release recovery" => ("recovery prohibited", "live safe"),
                _ => ("recovery prohibited", "live restricted"),
            };
            assert_eq!(place(), if was_written { after } else { before }, "{context}");
            drop(decide(world, id));
            now(world.settle());
            assert_eq!(place(), after, "{context}: a second try does it");
            let added = world.sql.query("SELECT 1 FROM decisions").len() - decided;
            assert_eq!(added, 1, "{context}: decided once");
            let public = usize::from(after.starts_with("live"));
            assert_eq!(world.blob_count(Bucket::Images), public, "{context}");
        };
        at_every_call(name, calls, set, act, check);
    }
}
