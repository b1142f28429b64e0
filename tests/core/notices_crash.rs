//! Every port call of every operation about notices fails, dies or is repeated, one at a time: what was acknowledged is there,
//! what was decided is carried out, whoever is owed a letter gets one and not two, and what is held stays.

use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::policy::notices::KEPT_MS;
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::counter_notices::{Taken, answer_fields, taken};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::client::Answer;
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, form};
use crate::harness::{APP, NOON, World};
use crate::notices::{Sent, borrowed, copyright_fields, intimate_fields, sent};

/// What jobs do in the next minutes.
fn recover(world: &World, jobs: &[&str]) {
    for _ in 0..3 {
        world.advance_ms(MINUTE_MS);
        for job in jobs {
            now(world.run_job(job)).unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
        }
    }
    world.advance_ms(HOUR_MS);
    now(world.run_job("send_letters")).expect("runs");
}

#[test]
fn a_report_that_was_acknowledged_is_there_and_no_key_is_left_of_one_that_was_not() {
    let set = || {
        let world = World::new();
        let image = now(world.upload(&numbered_png(1))).field("/id");
        (world, image)
    };
    let act = |world: &World, image: &String| {
        let fields = intimate_fields(&format!("{APP}/{image}"));
        world.attempt(form("/report", &borrowed(&fields)).send(world))
    };
    let check = |world: &World, _: &String, answer: Option<Answer>, context: &str| {
        let count = one(world, "SELECT count(*) FROM notices");
        if answer.is_some_and(|answer| answer.status.as_u16() == 303) {
            assert_eq!(count, "1", "{context}");
        }
        assert_eq!(one(world, "SELECT count(*) FROM key_holders"), count, "{context}");
        world.advance_ms(2 * DAY_MS);
        now(world.run_job("reconcile_keys")).expect("runs");
        let names = world.blobs.names(Bucket::Recovery);
        let keys = names.iter().filter(|name| name.starts_with("personal-keys/")).count();
        assert_eq!(keys.to_string(), count, "{context}");
        recover(world, &[]);
        assert_eq!(world.letters_to("nora@example.org", "notice_received").to_string(), count, "{context}");
    };
    at_every_call("reporting", 4, set, act, check);
}

#[test]
fn what_was_decided_is_carried_out_and_told_once() {
    let set = || {
        let world = World::new();
        let olive = now(world.operator("Olive"));
        let image = now(world.upload(&numbered_png(1))).field("/id");
        let notice = now(sent(&world, &copyright_fields(&format!("{APP}/{image}"))));
        (world, (olive, image, notice))
    };
    let call = |(olive, _, notice): &(Browser, String, Sent)| {
        let fields = [("outcome", "prohibited"), ("ground", "copyright"), ("reason", "seen")];
        olive.form(&format!("/operate/notices/{}", notice.id), &fields)
    };
    let act = |world: &World, scene: &(Browser, String, Sent)| world.attempt(call(scene).send(world));
    let check = |world: &World, scene: &(Browser, String, Sent), answer: Option<Answer>, context: &str| {
        let is_decided = one(world, "SELECT count(*) FROM notices WHERE decided_at IS NOT NULL") == "1";
        assert!(is_decided || answer.is_none_or(|answer| answer.status.as_u16() != 303), "{context}: acknowledged");
        world.assert_live_only_by_decision();
        let logged = || one(world, "SELECT count(*) FROM review_log WHERE about = 'notice' AND act = 'decided'");
        assert_eq!(logged() == "1", is_decided, "{context}: the log says what was decided");
        if !is_decided {
            let again = now(call(scene).send(world));
            assert_eq!(again.status.as_u16(), 303, "{context}: {}", again.text());
        }
        recover(world, &["carry_out_notices", "finish_removals"]);
        assert_eq!(world.state(&scene.1), "recovery", "{context}");
        assert_eq!(world.standing_holds().len(), 1, "{context}: it is kept for an answer");
        assert_eq!(logged(), "1", "{context}");
        assert_eq!(world.letters_to("carla@example.org", "notice_decided"), 1, "{context}");
        assert_eq!(one(world, "SELECT count(*) FROM notices WHERE undone_since IS NOT NULL"), "0", "{context}");
    };
    at_every_call("deciding", 10, set, act, check);
}

#[test]
fn an_answer_that_was_acknowledged_is_passed_on_once_and_the_bytes_are_kept() {
    let set = || {
        let Taken { world, image, token, notice, .. } = now(taken(NOON));
        (world, (image, token, notice))
    };
    let call = |(image, token, notice): &(String, String, Sent)| {
        form(&format!("/report/{}/counter", notice.id), &answer_fields(image, token))
    };
    let act = |world: &World, scene: &(String, String, Sent)| world.attempt(call(scene).send(world));
    let check = |world: &World, scene: &(String, String, Sent), answer: Option<Answer>, context: &str| {
        let count = || one(world, "SELECT count(*) FROM counter_notices");
        if answer.is_some_and(|answer| answer.status.is_success()) {
            assert_eq!(count(), "1", "{context}");
        }
        let again = now(call(scene).send(world));
        assert_eq!((again.status.as_u16(), count().as_str()), (200, "1"), "{context}: {}", again.text());
        recover(world, &[]);
        assert_eq!(world.letters_to("carla@example.org", "counter_notice_forwarded"), 1, "{context}");
        world.advance_ms(15 * DAY_MS);
        now(world.run_job("reap_recovery")).expect("runs");
        assert!(world.blobs.has(Bucket::Recovery, &format!("images/{}", scene.0)), "{context}: held bytes are lost");
    };
    at_every_call("answering", 8, set, act, check);
}

#[test]
fn a_picture_comes_back_once_and_whoever_answered_is_told_once() {
    let set = || {
        let scene = now(taken(NOON));
        assert_eq!(now(scene.answer()).status.as_u16(), 200);
        scene.world.advance_ms(17 * DAY_MS);
        let Taken { world, image, .. } = scene;
        (world, image)
    };
    let act = |world: &World, _: &String| {
        drop(world.attempt(world.run_job("restore_countered")));
        None
    };
    let check = |world: &World, image: &String, _: Option<Answer>, context: &str| {
        world.assert_live_only_by_decision();
        recover(world, &["restore_countered", "judge_held"]);
        assert_eq!(world.state(image), "live", "{context}");
        assert_eq!(one(world, "SELECT outcome FROM counter_notices"), "restored", "{context}");
        assert!(world.standing_holds().is_empty(), "{context}");
        assert_eq!(world.letters_to("ursula@example.org", "counter_notice_settled"), 1, "{context}");
    };
    at_every_call("bringing back", 10, set, act, check);
}

#[test]
fn a_report_is_forgotten_whole_its_key_first() {
    let set = || {
        let scene = now(taken(NOON));
        scene.world.advance_ms(KEPT_MS);
        let Taken { world, notice, .. } = scene;
        (world, notice)
    };
    let act = |world: &World, _: &Sent| {
        drop(world.attempt(world.run_job("remind_notices")));
        None
    };
    let check = |world: &World, notice: &Sent, _: Option<Answer>, context: &str| {
        let has_key = world.blobs.has(Bucket::Recovery, &format!("personal-keys/{}", notice.id));
        let is_known = one(world, "SELECT count(*) FROM notices") == "1";
        assert!(is_known || !has_key, "{context}: its key outlived it");
        recover(world, &["remind_notices"]);
        for table in ["notices", "notice_images", "key_holders"] {
            assert_eq!(one(world, &format!("SELECT count(*) FROM {table}")), "0", "{context}: {table}");
        }
        assert!(!world.blobs.has(Bucket::Recovery, &format!("personal-keys/{}", notice.id)), "{context}");
    };
    at_every_call("forgetting", 4, set, act, check);
}
