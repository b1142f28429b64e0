//! Every call of what operators do fails, dies or is repeated: what was acknowledged holds, nothing is shown that was not written down,
//! and the log has a line for each decision.

use crate::accounts::one;
use crate::content_safety::flagged;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::people::Browser;
use crate::operate::{PROHIBIT, case, decide, logged};

struct Scene {
    operator: Browser,
    id: String,
    url: String,
}

fn scene() -> (World, Scene) {
    let world = World::new();
    let operator = now(world.operator("Olive"));
    let (answer, id) = now(flagged(&world));
    (world, Scene { operator, id: id.to_string(), url: answer.field("/url") })
}

/// The act is made again, everything comes to rest, and the log says of each decision who made it.
fn come_to_rest(world: &World, again: Call, state: &str, id: &str, context: &str) {
    world.faults.calm();
    let answer = now(again.send(world));
    assert!(answer.status.as_u16() < 500, "{context}: {}", answer.text());
    now(world.settle());
    assert_eq!(world.state(id), state, "{context}");
    let of_people = one(world, "SELECT count(*) FROM decisions WHERE decided_by = 'operator'");
    let lines = "SELECT count(*) FROM review_log WHERE act IN ('released', 'restricted', 'prohibited', 'held')";
    assert_eq!(one(world, lines), of_people, "{context}: a line for each decision");
}

#[test]
fn a_decision_that_dies_anywhere_is_made_or_not_and_can_be_made_again() {
    let fields = [&PROHIBIT[..], &[("listed", "1")]].concat();
    let call = |scene: &Scene| scene.operator.form(&format!("{}/decide", case(&scene.id)), &fields);
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        if answer.is_some_and(|answer| answer.status.as_u16() == 303) {
            assert_ne!(world.state(&scene.id), "live", "{context}: what was acknowledged holds");
        }
        come_to_rest(world, call(scene), "recovery", &scene.id, context);
        assert_eq!(now(world.view(&scene.url)).status.as_u16(), 410, "{context}");
        assert_ne!(one(world, "SELECT count(*) FROM known_bad"), "0", "{context}: copies are refused");
    };
    at_every_call("decide", 8, scene, |world, scene| world.attempt(call(scene).send(world)), check);
}

#[test]
fn a_decision_that_is_taken_back_and_dies_anywhere_holds_or_not_and_can_be_taken_back_again() {
    let set = || {
        let (world, scene) = scene();
        let fields = [&PROHIBIT[..], &[("listed", "1")]].concat();
        now(decide(&world, &scene.operator, &scene.id, &fields));
        (world, scene)
    };
    let call = |scene: &Scene| scene.operator.form(&format!("{}/undo", case(&scene.id)), &[("reason", "a mistake")]);
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let is_done = answer.is_some_and(|answer| answer.status.as_u16() == 303);
        now(world.settle());
        assert!(!is_done || world.state(&scene.id) == "live", "{context}: what was acknowledged holds");
        // Taken back twice is not decided anew: only what still stands is taken back.
        if world.state(&scene.id) == "recovery" {
            come_to_rest(world, call(scene), "live", &scene.id, context);
        }
    };
    at_every_call("undo", 10, set, |world, scene| world.attempt(call(scene).send(world)), check);
}

#[test]
fn a_look_that_was_not_written_down_shows_nothing() {
    let call = |scene: &Scene| scene.operator.form(&format!("{}/look", case(&scene.id)), &[]);
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let is_shown = answer.is_some_and(|answer| answer.text().contains("data:image/jpeg"));
        let is_logged = logged(world, &scene.id).iter().any(|line| line.starts_with("looked"));
        assert!(!is_shown || is_logged, "{context}");
    };
    at_every_call("look", 5, scene, |world, scene| world.attempt(call(scene).send(world)), check);
}
