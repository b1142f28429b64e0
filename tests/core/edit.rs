//! Changes of images by their owners: of what is said about them, and of the collection they are in.

use serde_json::{Value, json};
use tintype::domain::time::DAY_MS;
use tintype::domain::verdict::UnscannedReason;

use crate::collections::{collection, json_call, listed, upload_with};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::Browser;

async fn patch(world: &World, browser: &Browser, id: &str, body: Value) -> Answer {
    browser.send(json_call("PATCH", &format!("/v1/images/{id}"), &body)).send(world).await
}

/// Uploads a picture about which everything is said.
pub async fn upload(world: &World, browser: &Browser, number: u64) -> String {
    let query = "filename=quay.png&caption=The+quay&labels=%7B%22trip%22%3A%22Rome%22%7D&metadata=%7B%22n%22%3A1.50%7D";
    upload_with(world, browser, number, query).await.field("/id")
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let shelf = collection(&world, &ada, "Harbours").await;
    let id = upload(&world, &ada, 1).await;
    let mut expected = json!({
        "filename": "quay.png", "caption": "The quay", "labels": { "trip": "Rome" }, "metadata": { "n": 1.5 },
        "collection": null,
    });
    for (body, becomes) in [
        (json!({}), json!({})),
        (json!({ "caption": " Évora\nby night " }), json!({ "caption": "Évora\nby night" })),
        (json!({ "labels": { "by": "Ada", "day": "1" } }), json!({ "labels": { "by": "Ada", "day": "1" } })),
        (json!({ "metadata": { "a": null, "b": [1] } }), json!({ "metadata": { "a": null, "b": [1] } })),
        (json!({ "collection": shelf }), json!({ "collection": shelf })),
        (json!({ "caption": null }), json!({ "caption": null })),
        (json!({ "caption": "a", "labels": null }), json!({ "caption": "a", "labels": {} })),
        (json!({ "metadata": null, "collection": null }), json!({ "metadata": {}, "collection": null })),
    ] {
        // Twice is once.
        for _ in 0..2 {
            let patched = patch(&world, &ada, &id, body.clone()).await;
            assert_eq!(patched.status.as_u16(), 200, "{body}: {}", patched.text());
            for (name, value) in becomes.as_object().expect("an object") {
                expected[name] = value.clone();
            }
            let told = ada.send(Call::app("GET", &format!("/v1/images/{id}"))).send(&world).await.json();
            assert_eq!(patched.json(), told, "{body}");
            for (name, value) in expected.as_object().expect("an object") {
                assert_eq!(&told[name], value, "{body}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_collection_is_told_to_the_owner_and_to_nobody_else() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let shelf = collection(&world, &ada, "Harbours").await;
    let id = upload_with(&world, &ada, 1, &format!("collection={shelf}")).await.field("/id");
    let get = || Call::app("GET", &format!("/v1/images/{id}"));
    assert_eq!(ada.send(get()).send(&world).await.field("/collection"), shelf);
    for other in [bob.send(get()), get()] {
        assert!(!other.send(&world).await.text().contains(&shelf), "it would tell which images have one owner");
    }
    for page in [bob.page(&format!("/{id}")), Call::app("GET", &format!("/{id}")).header("accept", "text/html")] {
        let text = page.send(&world).await.text();
        assert!(!text.contains(&shelf) && !text.contains(&format!("/{id}/edit")), "{text}");
    }
    assert!(ada.page(&format!("/{id}")).send(&world).await.text().contains(&format!("href=\"/{id}/edit\"")));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let his = collection(&world, &bob, "His").await;
    let id = upload(&world, &ada, 1).await;
    let row = || world.sql.query("SELECT details, search_text, collection_id FROM images");
    let before = row();
    for (body, code, field) in [
        (json!({ "caption": "é".repeat(501) }), "invalid-field", "caption"),
        (json!({ "caption": 7 }), "invalid-field", "caption"),
        (json!({ "caption": "bell\u{7}" }), "invalid-field", "caption"),
        (json!({ "labels": ["a"] }), "invalid-field", "labels"),
        (json!({ "labels": { "a": 1 } }), "invalid-field", "labels"),
        (json!({ "labels": "a: b" }), "invalid-field", "labels"),
        (json!({ "metadata": 1 }), "invalid-field", "metadata"),
        (json!({ "metadata": { "a": "x".repeat(5_000) } }), "invalid-field", "metadata"),
        (json!({ "collection": "x" }), "invalid-field", "collection"),
        (json!({ "collection": 7 }), "invalid-field", "collection"),
        (json!({ "collection": his }), "invalid-field", "collection"),
        (json!({ "caption": "fine", "collection": his }), "invalid-field", "collection"),
        (json!({ "caption": "fine", "labels": 1 }), "invalid-field", "labels"),
        (json!({ "title": "x" }), "malformed-request", ""),
        (json!({ "metadata": { "a": "x".repeat(70_000) } }), "payload-too-large", ""),
        (json!([]), "malformed-request", ""),
    ] {
        let refused = patch(&world, &ada, &id, body.clone()).await;
        let said = (refused.field("/code"), refused.field("/field"));
        assert_eq!(said, (code.to_owned(), field.to_owned()), "{body}: {}", refused.text());
    }
    let endless = Call::app("PATCH", &format!("/v1/images/{id}")).streamed("application/json", "{}");
    assert_eq!(ada.send(endless).send(&world).await.field("/code"), "length-required");
    let other = patch(&world, &bob, &id, json!({ "caption": "mine" })).await;
    assert_eq!((other.status.as_u16(), other.field("/code")), (403, "not-your-image".to_owned()));
    let nobody = json_call("PATCH", &format!("/v1/images/{id}"), &json!({ "caption": "mine" })).send(&world).await;
    assert_eq!(nobody.status.as_u16(), 401);
    let call = json_call("PATCH", &format!("/v1/images/{id}"), &json!({ "caption": "mine" }));
    let silent = call.header("cookie", &ada.cookie).send(&world).await;
    assert_eq!(silent.field("/code"), "cross-site-form");
    assert_eq!(row(), before);
    let anonymous = world.upload(&numbered_png(9)).await.field("/id");
    assert_eq!(patch(&world, &ada, &anonymous, json!({ "caption": "mine" })).await.status.as_u16(), 403);
    for (id, status) in [("000000000000000000000000", 404), ("x", 404)] {
        assert_eq!(patch(&world, &ada, id, json!({})).await.status.as_u16(), status, "{id}");
    }
    ada.send(Call::app("DELETE", &format!("/v1/images/{id}"))).send(&world).await;
    assert_eq!(patch(&world, &ada, &id, json!({ "caption": "late" })).await.field("/code"), "image-gone");
}

#[tokio::test]
async fn somebody_elses_private_image_is_none() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let id = upload(&world, &ada, 1).await;
    world.sql.with_connection(|sql| sql.execute("UPDATE images SET is_private = 1", []).expect("SQL"));
    assert_eq!(patch(&world, &bob, &id, json!({ "caption": "mine" })).await.status.as_u16(), 404);
    assert_eq!(bob.page(&format!("/{id}/edit")).send(&world).await.status.as_u16(), 404);
    assert_eq!(patch(&world, &ada, &id, json!({ "caption": "mine" })).await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_said_about_a_held_image_holds_when_it_is_released() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let shelf = collection(&world, &ada, "Harbours").await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let id = upload(&world, &ada, 1).await;
    let patched = patch(&world, &ada, &id, json!({ "caption": "Later words", "collection": shelf })).await;
    assert_eq!((patched.field("/status"), patched.field("/collection")), ("held".into(), shelf.clone()));
    assert_eq!(listed(&world, &ada, "q=later+WORDS").await, [id.as_str()]);
    *world.vision.is_away.lock().expect("not poisoned") = None;
    world.advance_ms(DAY_MS / 24);
    world.run_job("judge_held").await.expect("runs");
    let told = ada.send(Call::app("GET", &format!("/v1/images/{id}"))).send(&world).await;
    assert_eq!((told.field("/status"), told.field("/caption")), ("live".into(), "Later words".into()));
    assert_eq!((told.field("/filename"), told.field("/labels/trip")), ("quay.png".into(), "Rome".into()));
    for found in ["q=later+words", "q=QUAY.png", &format!("collection={shelf}")] {
        assert_eq!(listed(&world, &ada, found).await, [id.as_str()], "{found}");
    }
    assert!(listed(&world, &ada, "q=quay.bin").await.is_empty(), "what it was called while it was held");
}

#[tokio::test]
async fn a_release_loses_no_words_that_came_while_it_was_decided() {
    use tintype::domain::ids::ImageId;
    use tintype::store::standings::{self, Standing};
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let id = upload(&world, &ada, 1).await;
    let image_id = ImageId::parse(&id).expect("an id");
    let sql = world.app.ports.sql.as_ref();
    let Some(Standing::Held(held)) = standings::find(sql, &image_id).await.expect("found") else { panic!("held") };
    *world.vision.is_away.lock().expect("not poisoned") = None;
    // Read before, written after.
    patch(&world, &ada, &id, json!({ "caption": "Meanwhile" })).await;
    let other = upload_with(&world, &ada, 2, "").await.field("/id");
    let other = ImageId::parse(&other).expect("an id");
    let Some(Standing::Live(image)) = standings::find(sql, &other).await.expect("found") else { panic!("live") };
    let released = tintype::domain::image::Image { id: image_id, details: held.details.clone(), ..*image };
    sql.batch(vec![standings::release(&released, world.clock_now(), world.clock_now(), world.clock_now())])
        .await
        .expect("written");
    let row = world.sql.query(&format!("SELECT state, details FROM images WHERE id = '{id}'"));
    assert_eq!(row[0]["state"], "releasing");
    assert!(row[0]["details"].as_str().is_some_and(|details| details.contains("Meanwhile")), "{row:?}");
}

#[tokio::test]
async fn the_edit_page_changes_what_it_says_and_leaves_what_nobody_touched() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let shelf = collection(&world, &ada, "Harbours").await;
    let id = upload(&world, &ada, 1).await;
    let path = format!("/{id}/edit");
    let page = ada.page(&path).send(&world).await.text();
    for there in
        [">The quay</textarea>", ">trip: Rome</textarea>", ">Harbours</option>", "<option value=\"\" selected>"]
    {
        assert!(page.contains(there), "{there}: {page}");
    }
    let told = || async { ada.send(Call::app("GET", &format!("/v1/images/{id}"))).send(&world).await.json() };
    // Values that lines cannot say stay as long as nobody touches them.
    patch(&world, &ada, &id, json!({ "labels": { "spaced": "  out " } })).await;
    let fields = [("caption", "Two\r\nlines"), ("labels", "spaced:   out "), ("collection", shelf.as_str())];
    let saved = ada.form(&path, &fields).send(&world).await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, format!("/{id}").as_str()), "{}", saved.text());
    let now = told().await;
    assert_eq!((&now["caption"], &now["collection"]), (&json!("Two\nlines"), &json!(shelf)));
    assert_eq!((&now["labels"], &now["metadata"]), (&json!({ "spaced": "  out " }), &json!({ "n": 1.5 })));
    let fields = [("caption", "Two\r\nlines"), ("labels", "a: b\r\nc: d: e"), ("collection", "")];
    ada.form(&path, &fields).send(&world).await;
    assert_eq!((&told().await["labels"], &told().await["collection"]), (&json!({"a": "b", "c": "d: e"}), &Value::Null));
    let wrong = ada.form(&path, &[("caption", "kept"), ("labels", "no colon"), ("collection", "")]).send(&world).await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(
        wrong.text().contains("id=\"labels-wrong\"") && wrong.text().contains(">kept</textarea>"),
        "{}",
        wrong.text()
    );
    let longest = [
        ("caption", "ß".repeat(500)),
        ("labels", (0..20).map(|n| format!("{n:0>40}: {}\n", "ß".repeat(100))).collect()),
    ];
    let fields: Vec<(&str, &str)> = longest.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(ada.form(&path, &fields).send(&world).await.status.as_u16(), 303, "the longest that there may be");
    let before = told().await;
    for (who, status) in [(&bob, 403), (&Browser { form_token: "0000".into(), ..ada.clone() }, 403)] {
        let refused = who.form(&path, &[("caption", "mine")]).send(&world).await;
        assert_eq!(refused.status.as_u16(), status, "{}", refused.text());
    }
    assert_eq!(bob.page(&path).send(&world).await.status.as_u16(), 403);
    assert_eq!(told().await, before);
}

#[tokio::test]
async fn who_sees_an_image_is_changed_with_the_rest_or_nothing_is() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = upload(&world, &ada, 1).await;
    let url = format!("{}/{id}.png", crate::harness::IMAGES);
    let hidden = patch(&world, &ada, &id, json!({ "private": true, "caption": "Only mine" })).await;
    assert_eq!(
        (hidden.status.as_u16(), hidden.json()["public"].clone()),
        (200, Value::Bool(false)),
        "{}",
        hidden.text()
    );
    assert_eq!(hidden.field("/caption"), "Only mine");
    assert_eq!(world.view(&url).await.status.as_u16(), 404);
    assert_eq!(world.view(&hidden.field("/signed_url/url")).await.status.as_u16(), 200);
    for wrong in [json!({ "private": "yes" }), json!({ "private": null })] {
        let refused = patch(&world, &ada, &id, wrong).await;
        assert_eq!((refused.status.as_u16(), refused.field("/field")), (422, "private".into()), "{}", refused.text());
    }
    let shown = patch(&world, &ada, &id, json!({ "private": false })).await;
    assert_eq!((shown.json()["public"].clone(), shown.field("/caption")), (Value::Bool(true), "Only mine".into()));
    assert_eq!(world.view(&url).await.status.as_u16(), 200);
    // Nothing of a change is made that cannot be made as a whole.
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let held = upload_with(&world, &ada, 2, "caption=Waits").await.field("/id");
    let refused = patch(&world, &ada, &held, json!({ "private": true, "caption": "Changed" })).await;
    assert_eq!(refused.field("/code"), "image-held", "{}", refused.text());
    let told = ada.send(Call::app("GET", &format!("/v1/images/{held}"))).send(&world).await;
    assert_eq!(told.field("/caption"), "Waits", "{}", told.text());
    world.sql.with_connection(|c| c.execute("UPDATE accounts SET verified_at = NULL", []).expect("SQL"));
    let refused = patch(&world, &ada, &id, json!({ "private": true, "caption": "Changed" })).await;
    assert_eq!(refused.field("/code"), "verified-account-needed", "{}", refused.text());
}
