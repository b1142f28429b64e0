//! Every port call of everything that changes collections and what is in them fails, dies or is repeated, one at a time.
//! Whatever happens, no image is lost, no change is half made, and whoever tries again gets what they wanted.

use serde_json::{Value, json};

use crate::collections::{collection, json_call, listed, upload_with};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::people::Browser;

/// Somebody with two images in a collection.
struct Scene {
    ada: Browser,
    shelf: String,
    images: [String; 2],
}

fn set() -> (World, Scene) {
    let world = World::new();
    let (_, ada) = now(world.member("Ada"));
    let shelf = now(collection(&world, &ada, "Harbours"));
    let images = [1, 2].map(|number| {
        now(upload_with(&world, &ada, number, &format!("caption=before&collection={shelf}"))).field("/id")
    });
    (world, Scene { ada, shelf, images })
}

fn send(world: &World, scene: &Scene, call: Call) -> Option<Answer> {
    world.attempt(scene.ada.send(call).send(world))
}

fn is_taken(answer: Option<&Answer>) -> bool {
    answer.is_some_and(|answer| answer.status.is_success())
}

#[test]
fn making_a_collection_may_fail_at_every_call() {
    let call = || json_call("POST", "/v1/collections", &json!({ "name": "Quays" }));
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let made = world.sql.query("SELECT id FROM collections WHERE name = 'Quays'");
        assert!(made.len() <= 1, "{context}: {made:?}");
        if let Some(answer) = answer.filter(|answer| answer.status.is_success()) {
            assert_eq!(made[0]["id"], answer.field("/id"), "{context}: acknowledged and not there");
        }
        assert!(is_taken(send(world, scene, call()).as_ref()), "{context}");
    };
    at_every_call("making a collection", 2, set, |world, scene| send(world, scene, call()), check);
}

#[test]
fn the_last_collection_that_there_may_be_is_made_once_also_if_the_write_is_repeated() {
    let world = World::new();
    let (_, ada) = now(world.member("Ada"));
    for number in 1..tintype::policy::collections::COLLECTIONS_MAX {
        now(collection(&world, &ada, &number.to_string()));
    }
    let mut made = 0;
    for call in 0..8 {
        world.faults.strike_at(call, crate::harness::faults::FaultKind::Repeat);
        let last = now(ada.send(json_call("POST", "/v1/collections", &json!({ "name": "last" }))).send(&world));
        world.faults.calm();
        assert!(matches!(last.status.as_u16(), 201 | 409), "{}", last.text());
        if last.status.as_u16() == 201 {
            made += 1;
            let path = format!("/v1/collections/{}", last.field("/id"));
            now(ada.send(Call::app("DELETE", &path)).send(&world));
        }
    }
    assert_eq!(made, 8, "each time the one that was deleted made room");
}

#[test]
fn renaming_and_deleting_a_collection_may_fail_at_every_call_and_loses_no_image() {
    for method in ["PATCH", "DELETE"] {
        let call =
            |scene: &Scene| json_call(method, &format!("/v1/collections/{}", scene.shelf), &json!({ "name": "Quays" }));
        let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
            let there = world.sql.query("SELECT name FROM collections");
            let inside = world.sql.query("SELECT 1 FROM images WHERE collection_id IS NOT NULL").len();
            assert_eq!(inside, 2 * there.len(), "{context}: half a deletion");
            let is_done = there.is_empty() || there[0]["name"] == "Quays";
            assert!(is_done || !is_taken(answer.as_ref()), "{context}: acknowledged and not done");
            let again = send(world, scene, call(scene)).expect("no fault now");
            let expected = if there.is_empty() { 404 } else { 200 };
            assert_eq!(again.status.as_u16(), expected, "{context}: {}", again.text());
            assert_eq!(now(listed(world, &scene.ada, "")).len(), 2, "{context}: no image is deleted");
            now(world.settle());
        };
        at_every_call(method, 3, set, |world, scene| send(world, scene, call(scene)), check);
    }
}

#[test]
fn a_change_of_an_image_may_fail_at_every_call_and_is_whole_or_nothing() {
    let call = |scene: &Scene| {
        let changes = json!({ "caption": "after", "labels": { "a": "b" }, "collection": null });
        json_call("PATCH", &format!("/v1/images/{}", scene.images[0]), &changes)
    };
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let told =
            || now(scene.ada.send(Call::app("GET", &format!("/v1/images/{}", scene.images[0]))).send(world)).json();
        let said = |told: &Value| (told["caption"].clone(), told["labels"].clone(), told["collection"].clone());
        let after = (json!("after"), json!({ "a": "b" }), Value::Null);
        let before = (json!("before"), json!({}), json!(scene.shelf));
        let is_done = said(&told()) == after;
        assert!(is_done || said(&told()) == before, "{context}: {}", told());
        assert!(is_done || !is_taken(answer.as_ref()), "{context}: acknowledged and not done");
        let found = now(listed(world, &scene.ada, "q=after")).len();
        assert_eq!(found == 1, is_done, "{context}: found by what is said");
        assert!(is_taken(send(world, scene, call(scene)).as_ref()), "{context}");
        assert_eq!(said(&told()), after, "{context}");
        now(world.settle());
    };
    at_every_call("a change", 3, set, |world, scene| send(world, scene, call(scene)), check);
}

#[test]
fn moving_several_may_fail_at_every_call_and_moves_all_or_none() {
    let call =
        |scene: &Scene| json_call("POST", "/v1/images/move", &json!({ "ids": scene.images, "collection": null }));
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let inside = now(listed(world, &scene.ada, &format!("collection={}", scene.shelf))).len();
        assert!(inside == 0 || (inside == 2 && !is_taken(answer.as_ref())), "{context}: {inside}");
        if let Some(answer) = answer.filter(|answer| answer.status.is_success()) {
            assert_eq!(answer.text().matches("\"moved\"").count(), 2, "{context}: {}", answer.text());
        }
        let again = send(world, scene, call(scene)).expect("no fault now");
        assert_eq!(again.text().matches("\"moved\"").count(), 2, "{context}: {}", again.text());
    };
    at_every_call("moving several", 2, set, |world, scene| send(world, scene, call(scene)), check);
}

#[test]
fn deleting_several_may_fail_at_every_call_and_what_is_deleted_stays_deleted() {
    let call = |scene: &Scene| json_call("DELETE", "/v1/images/batch", &json!({ "ids": scene.images }));
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let is_accepted = is_taken(answer.as_ref());
        if let Some(answer) = answer.filter(|answer| answer.status.is_success()) {
            assert!(!answer.text().contains("not-found"), "{context}: {}", answer.text());
        }
        let begun = scene.images.iter().all(|id| world.state(id) != "live");
        assert!(begun || !is_accepted, "{context}: accepted and forgotten");
        now(world.deliver_messages());
        now(world.settle());
        assert_eq!(now(listed(world, &scene.ada, "")).len(), if begun { 0 } else { 2 }, "{context}");
        let again = send(world, scene, call(scene)).expect("no fault now");
        assert_eq!(again.text().matches("\"deleted\"").count(), 2, "{context}: {}", again.text());
        now(world.settle());
    };
    at_every_call("deleting several", 8, set, |world, scene| send(world, scene, call(scene)), check);
}

#[test]
fn an_upload_whose_collection_is_deleted_meanwhile_is_in_the_gallery() {
    let (mut in_time, mut too_late) = (0, 0);
    for steps in 0..40 {
        let (world, scene) = set();
        let upload = Call::app("POST", &format!("/v1/images?collection={}", scene.shelf));
        let upload = scene.ada.send(upload.body("image/png", crate::harness::images::numbered_png(9)));
        let delete = scene.ada.send(Call::app("DELETE", &format!("/v1/collections/{}", scene.shelf)));
        world.faults.interleave(true);
        let mut turn = 0;
        // The upload takes so many steps, then the deletion runs to its end.
        let choose = |running: usize| {
            turn += 1;
            usize::from(running == 2 && turn > steps)
        };
        let operations: Vec<BoxedOperation<'_, Answer>> =
            vec![Box::pin(upload.send(&world)), Box::pin(delete.send(&world))];
        let answers = drive(&world.faults, choose, operations);
        world.faults.interleave(false);
        let statuses: Vec<u16> = answers.iter().flatten().map(|answer| answer.status.as_u16()).collect();
        match statuses.as_slice() {
            [201, 200] => in_time += 1,
            [422, 200] => too_late += 1,
            other => panic!("after {steps} steps: {other:?}"),
        }
        let dangling = "SELECT 1 FROM images WHERE collection_id IS NOT NULL
                        AND collection_id NOT IN (SELECT id FROM collections)";
        assert_eq!(world.sql.query(dangling).len(), 0, "after {steps} steps");
        let expected = if statuses[0] == 201 { 3 } else { 2 };
        assert_eq!(now(listed(&world, &scene.ada, "")).len(), expected, "after {steps} steps");
    }
    assert!(in_time > 3 && too_late > 0, "{in_time}, {too_late}");
}
