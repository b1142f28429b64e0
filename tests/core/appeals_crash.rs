//! Every call of appealing and of deciding fails, dies or is repeated: what was acknowledged holds, nothing is done by halves, and a
//! letter comes once.

use crate::accounts::one;
use crate::appeals::{Parts, parts};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::Answer;

fn set(has_appealed: bool) -> (World, Parts) {
    let world = World::new();
    let scene = now(parts(&world));
    if has_appealed {
        assert_eq!(now(scene.appeal().send(&world)).status.as_u16(), 303);
    }
    (world, scene)
}

#[test]
fn an_appeal_that_dies_anywhere_is_open_or_not_and_can_be_sent_again() {
    let check = |world: &World, scene: &Parts, answer: Option<Answer>, context: &str| {
        world.faults.calm();
        let count = one(world, "SELECT count(*) FROM appeals");
        let is_acknowledged = answer.is_some_and(|answer| answer.status.as_u16() == 303);
        assert!(!is_acknowledged || count == "1", "{context}: what was acknowledged holds");
        let again = now(scene.appeal().send(world));
        assert!(again.status.as_u16() < 500, "{context}: {}", again.text());
        assert_eq!(one(world, "SELECT count(*) FROM appeals"), "1", "{context}");
        assert_eq!(world.standing_holds().len(), 1, "{context}: its bytes are kept");
        now(world.settle());
    };
    at_every_call("appeal", 4, || set(false), |world, scene| world.attempt(scene.appeal().send(world)), check);
}

#[test]
fn a_decision_that_dies_anywhere_is_carried_out_once_or_can_be_made_again() {
    let check = |world: &World, scene: &Parts, answer: Option<Answer>, context: &str| {
        world.faults.calm();
        let is_acknowledged = answer.is_some_and(|answer| answer.status.as_u16() == 303);
        let outcome = one(world, "SELECT outcome FROM appeals");
        assert!(!is_acknowledged || outcome == "reversed", "{context}: what was acknowledged holds: {outcome}");
        if outcome != "reversed" {
            let again = now(scene.decision(world, "reversed").send(world));
            assert_eq!(again.status.as_u16(), 303, "{context}: {}", again.text());
        }
        for _ in 0..3 {
            world.advance_ms(tintype::domain::time::HOUR_MS);
            now(world.run_job("finish_removals")).expect("runs");
            now(world.run_job("finish_appeals")).expect("runs");
            now(world.run_job("send_letters")).expect("runs");
            now(world.settle());
            now(world.deliver_messages());
        }
        assert_eq!(world.state(&scene.id), "live", "{context}");
        assert_eq!(one(world, "SELECT is_back FROM appeals WHERE finished_at IS NOT NULL"), "1", "{context}");
        assert!(world.standing_holds().is_empty(), "{context}");
        assert_eq!(world.letters_to(&scene.ada.0.email, "appeal_decided"), 1, "{context}: told once");
        let strikes = one(world, "SELECT count(*) FROM strikes WHERE reversed_at IS NULL");
        assert_eq!(strikes, "0", "{context}");
    };
    let act = |world: &World, scene: &Parts| world.attempt(scene.decision(world, "reversed").send(world));
    at_every_call("decide an appeal", 12, || set(true), act, check);
}
