//! What is owed to authorities, with every call of a port failing, dying or repeated: nothing is half sealed, half settled or lost.

use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::usecases::authority::{dismiss, file, open, order};
use tintype::usecases::review::prohibit;

use crate::accounts::one;
use crate::authority::{abuse, id_of, someone};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::Answer;
use crate::harness::images::numbered_png;

fn public() -> (World, ImageId) {
    let world = World::new();
    let id = id_of(&now(world.upload(&numbered_png(1))));
    (world, id)
}

fn sealed() -> (World, ImageId) {
    let (world, id) = public();
    now(prohibit(&world.app, &id, abuse("seen"))).expect("decides");
    (world, id)
}

#[test]
fn a_decision_seals_all_of_it_or_nothing() {
    let act = |world: &World, id: &ImageId| {
        drop(world.attempt(prohibit(&world.app, id, abuse("seen"))));
        None
    };
    let check = |world: &World, id: &ImageId, _: Option<Answer>, context: &str| {
        let decided = one(world, "SELECT count(*) FROM decisions WHERE ground = 'child_abuse'");
        let sealed = one(
            world,
            "SELECT (SELECT count(*) FROM reports WHERE state = 'due') || (SELECT count(*) FROM holds WHERE released_at IS NULL)
                    || (SELECT min(1, count(*)) FROM known_bad WHERE list = 'operator')",
        );
        let expected = if decided == "0" { "000" } else { "111" };
        assert_eq!(sealed, expected, "{context}");
        now(prohibit(&world.app, id, abuse("seen"))).expect("decides");
        world.advance_ms(HOUR_MS);
        now(world.run_job("finish_removals")).expect("runs");
        world.advance_ms(60 * DAY_MS);
        now(world.run_job("reap_recovery")).expect("runs");
        assert_eq!(world.state(id.as_str()), "recovery", "{context}");
        assert_eq!(one(world, "SELECT count(*) FROM reports"), "1", "{context}");
    };
    at_every_call("sealing", 3, public, act, check);
}

#[test]
fn a_report_is_settled_with_its_hold_and_its_line_or_not_at_all() {
    for word in ["filed", "dismissed"] {
        let act = |world: &World, id: &ImageId| {
            match word {
                "filed" => drop(world.attempt(file(&world.app, &someone(), id, "N 1"))),
                _ => drop(world.attempt(dismiss(&world.app, &someone(), id, "a doll"))),
            }
            None
        };
        let check = |world: &World, _: &ImageId, _: Option<Answer>, context: &str| {
            let state = one(world, "SELECT state FROM reports");
            let lines = one(world, "SELECT count(*) FROM review_log WHERE act IN ('filed', 'decided')");
            let stands = one(world, "SELECT count(*) FROM holds WHERE released_at IS NULL");
            match state.as_str() {
                "due" => assert_eq!((lines.as_str(), stands.as_str()), ("0", "1"), "{context}"),
                "filed" => assert_eq!((lines == "0", stands.as_str()), (false, "1"), "{context}"),
                _ => assert_eq!((lines == "0", stands.as_str()), (false, "0"), "{context}"),
            }
        };
        at_every_call(word, 2, sealed, act, check);
    }
}

#[test]
fn an_order_preserves_or_is_not_there() {
    let act = |world: &World, id: &ImageId| {
        let until = world.clock_now().plus_ms(30 * DAY_MS);
        drop(world.attempt(order(&world.app, &someone(), id, "AZ 1", until)));
        None
    };
    let check = |world: &World, _: &ImageId, _: Option<Answer>, context: &str| {
        let (orders, holds) =
            (one(world, "SELECT min(1, count(*)) FROM orders"), one(world, "SELECT count(*) FROM holds"));
        assert_eq!(orders, holds, "{context}");
    };
    at_every_call("an order", 2, public, act, check);
}

#[test]
fn nobody_sees_a_record_whose_opening_is_not_written_down() {
    let act = |world: &World, id: &ImageId| {
        let opened = world.attempt(open(&world.app, &someone(), id, ""));
        if opened.is_some_and(|opened| opened.is_ok()) {
            assert_ne!(one(world, "SELECT count(*) FROM review_log WHERE act = 'opened'"), "0");
        }
        None
    };
    at_every_call("opening a record", 4, sealed, act, |_, _, _, _| {});
}

#[test]
fn operators_are_reminded_of_reports_once_whatever_fails() {
    let set = || {
        let (world, id) = sealed();
        now(world.operator("Olive"));
        world.advance_ms(20 * HOUR_MS);
        (world, id)
    };
    let act = |world: &World, _: &ImageId| {
        drop(world.attempt(world.run_job("remind_reports")));
        None
    };
    let check = |world: &World, _: &ImageId, _: Option<Answer>, context: &str| {
        world.advance_ms(HOUR_MS);
        for _ in 0..2 {
            now(world.run_job("remind_reports")).unwrap_or_else(|faults| panic!("{faults:?}"));
            now(world.run_job("send_letters")).unwrap_or_else(|faults| panic!("{faults:?}"));
        }
        assert_eq!(world.letters_to("olive@example.org", "reports_due"), 1, "{context}");
    };
    at_every_call("reminding of reports", 6, set, act, check);
}
