//! Every call of copying the journal, of noticing that the database was set back and of replaying what it has forgotten fails,
//! dies or is repeated: nothing that was written down is lost, nothing is noticed that is not so, and nothing comes back.

use tintype::domain::time::{HOUR_MS, MINUTE_MS};
use tintype::jobs::{EVERY_MINUTE, EVERY_OTHER_MINUTE};

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::journal::entries;
use crate::restoration::{is_restoring, two_minutes};

struct Scene {
    deleted: Answer,
    kept: Answer,
}

fn delete(world: &World, image: &Answer) {
    let call = Call::app("DELETE", &format!("/v1/images/{}", image.field("/id")));
    let token = format!("Bearer {}", image.field("/delete_token"));
    assert!(now(call.header("authorization", &token).send(world)).status.is_success());
}

fn scene() -> (World, Scene) {
    let world = World::new();
    let (deleted, kept) = (now(world.upload(&numbered_png(1))), now(world.upload(&numbered_png(2))));
    world.advance_ms(HOUR_MS);
    now(world.run_job("copy_journal")).expect("runs");
    (world, Scene { deleted, kept })
}

#[test]
fn what_was_written_down_is_copied_and_a_run_that_died_is_no_sign_of_anything() {
    let set = || {
        let (world, scene) = scene();
        delete(&world, &scene.deleted);
        world.advance_ms(2 * MINUTE_MS);
        (world, scene)
    };
    let act = |world: &World, _: &Scene| {
        drop(world.attempt(world.run_job("copy_journal")));
        None
    };
    let check = |world: &World, scene: &Scene, _: Option<Answer>, context: &str| {
        now(world.run_cron(EVERY_MINUTE)).expect("runs");
        assert!(!is_restoring(world), "{context}: nobody set it back");
        world.advance_ms(6 * MINUTE_MS);
        now(two_minutes(world));
        let id = scene.deleted.field("/id");
        let is_written = entries(world).iter().any(|entry| entry.kind == "image_left" && entry.subject == id);
        assert!(is_written, "{context}");
        assert_eq!(one(world, "SELECT count(*) FROM journal"), "0", "{context}");
        assert!(!is_restoring(world), "{context}");
    };
    at_every_call("copying the journal", 7, set, act, check);
}

fn set_back() -> (World, Scene) {
    let (world, scene) = scene();
    let backup = world.sql.snapshot();
    delete(&world, &scene.deleted);
    world.advance_ms(HOUR_MS);
    now(world.run_job("copy_journal")).expect("runs");
    world.sql.set_back(&backup);
    (world, scene)
}

fn assert_made_good(world: &World, scene: &Scene, context: &str) {
    world.advance_ms(6 * MINUTE_MS);
    for _ in 0..7 {
        now(two_minutes(world));
    }
    assert!(!is_restoring(world), "{context}");
    assert_eq!(world.state(&scene.deleted.field("/id")), "recovery", "{context}");
    assert_eq!(now(world.view(&scene.deleted.field("/url"))).status.as_u16(), 410, "{context}");
    assert_eq!(now(world.view(&scene.kept.field("/url"))).status.as_u16(), 200, "{context}");
    world.assert_nothing_lost_or_leaked();
}

#[test]
fn it_is_noticed_before_any_job_runs_or_none_runs() {
    let act = |world: &World, _: &Scene| {
        drop(world.attempt(world.run_cron(EVERY_MINUTE)));
        None
    };
    let check = |world: &World, scene: &Scene, _: Option<Answer>, context: &str| {
        let ran = one(world, "SELECT count(*) FROM leases WHERE job <> 'copy_journal'");
        assert_eq!(ran, "0", "{context}: no job ran");
        assert_made_good(world, scene, context);
    };
    at_every_call("noticing", 4, set_back, act, check);
}

#[test]
fn whatever_dies_while_it_is_replayed_it_is_made_good_and_the_doors_open_last() {
    let set = || {
        let (world, scene) = set_back();
        now(world.run_cron(EVERY_MINUTE)).expect("runs");
        // So that the doors may open within the run that is struck.
        world.advance_ms(12 * MINUTE_MS);
        (world, scene)
    };
    let act = |world: &World, _: &Scene| {
        drop(world.attempt(world.run_cron(EVERY_OTHER_MINUTE)));
        None
    };
    let check = |world: &World, scene: &Scene, _: Option<Answer>, context: &str| {
        if !is_restoring(world) {
            assert_ne!(world.state(&scene.deleted.field("/id")), "live", "{context}: not before it is made good");
        }
        assert_made_good(world, scene, context);
    };
    at_every_call("replaying", 15, set, act, check);
}
