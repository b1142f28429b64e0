//! What is done with several images at once: moved and deleted, by the API and in the gallery.

use serde_json::{Value, json};

use crate::collections::{collection, json_call, listed, upload_with};
use crate::edit::upload;
use crate::harness::World;
use crate::harness::client::Answer;

#[tokio::test]
async fn several_are_moved_and_deleted_at_once_each_with_its_outcome() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let (shelf, his) = (collection(&world, &ada, "Hers").await, collection(&world, &bob, "His").await);
    let (one, two, bobs) =
        (upload(&world, &ada, 1).await, upload(&world, &ada, 2).await, upload(&world, &bob, 3).await);
    let ids = json!([one, "x", two, bobs, one, "000000000000000000000000"]);
    let outcomes = |answer: &Answer| -> Vec<String> {
        let data = answer.json()["data"].as_array().cloned().unwrap_or_default();
        data.iter().map(|one| one["outcome"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let move_to = |to: Value| ada.send(json_call("POST", "/v1/images/move", &json!({ "ids": ids, "collection": to })));
    for to in [json!(shelf), json!(shelf), Value::Null] {
        let moved = move_to(to.clone()).send(&world).await;
        assert_eq!(outcomes(&moved), ["moved", "not-found", "moved", "not-found", "not-found"], "{to}");
        let count = if to.is_null() { 0 } else { 2 };
        assert_eq!(listed(&world, &ada, &format!("collection={shelf}")).await.len(), count, "{to}");
    }
    assert_eq!(move_to(json!(his)).send(&world).await.field("/field"), "collection");
    for (method, path, body) in [
        ("POST", "/v1/images/move", json!({ "ids": [one] })),
        ("POST", "/v1/images/move", json!({ "ids": [one], "collection": "x" })),
        ("POST", "/v1/images/move", json!({ "ids": [], "collection": null })),
        ("POST", "/v1/images/move", json!({ "ids": one, "collection": null })),
        ("POST", "/v1/images/move", json!({ "ids": [1], "collection": null })),
        ("DELETE", "/v1/images/batch", json!({})),
        ("DELETE", "/v1/images/batch", json!({ "ids": (0..101).map(|n| n.to_string()).collect::<Vec<_>>() })),
    ] {
        let refused = ada.send(json_call(method, path, &body)).send(&world).await;
        assert_eq!(refused.status.as_u16(), 422, "{body}: {}", refused.text());
    }
    let nobody = json_call("DELETE", "/v1/images/batch", &json!({ "ids": ids })).send(&world).await;
    assert_eq!(nobody.status.as_u16(), 401);
    for _ in 0..2 {
        let deleted = ada.send(json_call("DELETE", "/v1/images/batch", &json!({ "ids": ids }))).send(&world).await;
        assert_eq!(outcomes(&deleted), ["deleted", "not-found", "deleted", "not-found", "not-found"], "twice is once");
    }
    assert_eq!((world.state(&one).as_str(), world.state(&bobs).as_str()), ("recovery", "live"));
}

#[tokio::test]
async fn a_hundred_are_deleted_in_few_calls_and_the_rest_soon() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let mut made = Vec::new();
    for number in 0..40 {
        made.push(upload_with(&world, &ada, number, "").await.field("/id"));
    }
    world.faults.cost();
    let deleted = ada.send(json_call("DELETE", "/v1/images/batch", &json!({ "ids": made }))).send(&world).await;
    let cost = world.faults.cost();
    assert!(cost.calls < 150, "{cost:?}");
    assert_eq!(deleted.text().matches("underway").count(), 30);
    world.deliver_messages().await;
    assert_eq!(world.count("recovery"), 30);
    world.advance_ms(61_000);
    world.run_job("finish_removals").await.expect("runs");
    assert_eq!(world.count("recovery"), 40);
}

#[tokio::test]
async fn the_gallery_moves_what_is_ticked_in_and_out_of_collections() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let made = ada.form("/gallery/collections", &[("name", "Harbours")]).send(&world).await;
    let shelf = made.header("location").split("collection=").nth(1).and_then(|rest| rest.split('&').next());
    let shelf = shelf.expect("leads to it").to_owned();
    let (one, two) = (upload(&world, &ada, 1).await, upload(&world, &ada, 2).await);
    let bobs = upload(&world, &bob, 3).await;
    let ticked = [("id", one.as_str()), ("id", bobs.as_str()), ("to", shelf.as_str())];
    let moved = ada.form("/gallery/move", &ticked).send(&world).await;
    assert_eq!(moved.header("location"), "/gallery?moved=1");
    assert!(ada.page("/gallery?moved=1").send(&world).await.text().contains("1 picture was moved"));
    let view = format!("/gallery?collection={shelf}");
    let page = ada.page(&view).send(&world).await.text();
    assert!(page.contains(&one) && !page.contains(&two) && page.contains("<h1>Harbours</h1>"), "{page}");
    let out = [("id", one.as_str()), ("to", ""), ("collection", shelf.as_str())];
    let moved = ada.form("/gallery/move", &out).send(&world).await;
    assert_eq!(moved.header("location"), format!("{view}&moved=1"));
    assert!(ada.page(&view).send(&world).await.text().contains("Nothing in it yet"));
    let nothing = ada.form("/gallery/move", &[("to", shelf.as_str())]).send(&world).await;
    assert_eq!(nothing.header("location"), "/gallery?done=nothing");
    let renamed = ada.form("/gallery/collections/rename", &[("collection", &shelf), ("name", "Häfen & Kais")]);
    assert_eq!(renamed.send(&world).await.header("location"), format!("{view}&done=renamed"));
    let asked = ada.form("/gallery/collections/delete", &[("collection", &shelf)]).send(&world).await;
    assert!(
        asked.text().contains("No picture is deleted") && asked.text().contains("Häfen &#38; Kais"),
        "{}",
        asked.text()
    );
    assert!(ada.page("/gallery").send(&world).await.text().contains("Häfen &#38; Kais"), "asking deletes nothing");
    let sure = [("collection", shelf.as_str()), ("sure", "1")];
    assert_eq!(
        ada.form("/gallery/collections/delete", &sure).send(&world).await.header("location"),
        "/gallery?done=unmade"
    );
    assert_eq!(listed(&world, &ada, "").await.len(), 2);
}
