//! Collections: made, renamed, listed and deleted by whose they are, and by nobody else; what is uploaded into them.

use serde_json::{Value, json};
use tintype::domain::verdict::UnscannedReason;
use tintype::policy::collections::COLLECTIONS_MAX;

use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::Browser;

const NOBODYS: &str = "000000000000000000000000";

/// A request with a JSON body.
pub fn json_call(method: &str, path: &str, body: &Value) -> Call {
    Call::app(method, path).body("application/json", body.to_string())
}

/// Makes a collection; answers its id.
pub async fn collection(world: &World, browser: &Browser, name: &str) -> String {
    let made = browser.send(json_call("POST", "/v1/collections", &json!({ "name": name }))).send(world).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    made.field("/id")
}

/// Uploads a picture with these parameters; answers what the API does.
pub async fn upload_with(world: &World, browser: &Browser, number: u64, query: &str) -> Answer {
    let call = Call::app("POST", &format!("/v1/images?{query}")).body("image/png", numbered_png(number));
    browser.send(call).send(world).await
}

/// The ids in a list of images.
pub async fn listed(world: &World, browser: &Browser, query: &str) -> Vec<String> {
    let answer = browser.send(Call::app("GET", &format!("/v1/images?{query}"))).send(world).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    ids_of(&answer)
}

/// The ids in an answer.
pub fn ids_of(answer: &Answer) -> Vec<String> {
    let data = answer.json()["data"].as_array().cloned().unwrap_or_default();
    data.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn promise_imp_63_a_collection_is_made_counted_renamed_and_deleted_by_its_owner() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let made = ada.send(json_call("POST", "/v1/collections", &json!({ "name": "  Harbours " }))).send(&world).await;
    let (id, owner) = (made.field("/id"), world.sql.query("SELECT id FROM accounts")[0]["id"].clone());
    let expected = json!({
        "id": id, "object": "collection", "name": "Harbours", "images": 0, "created_at": "2026-11-24T12:00:00Z",
        "owner": owner,
    });
    assert_eq!((made.status.as_u16(), made.json()), (201, expected));
    let path = format!("/v1/collections/{id}");
    assert_eq!(made.header("location"), format!("{}{path}", crate::harness::APP));
    upload_with(&world, &ada, 1, &format!("collection={id}")).await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    assert_eq!(
        upload_with(&world, &ada, 2, &format!("collection={id}")).await.field("/collection"),
        id,
        "held ones, too"
    );
    let shown = ada.send(Call::app("GET", &path)).send(&world).await;
    assert_eq!(shown.json()["images"], 2, "{}", shown.text());
    let renamed = ada.send(json_call("PATCH", &path, &json!({ "name": "Häfen" }))).send(&world).await;
    assert_eq!((renamed.field("/name"), renamed.json()["images"].clone()), ("Häfen".into(), json!(2)));
    let list = ada.send(Call::app("GET", "/v1/collections")).send(&world).await;
    assert_eq!(list.json()["data"], json!([renamed.json()]));
    let deleted = ada.send(Call::app("DELETE", &path)).send(&world).await;
    assert_eq!(deleted.json(), json!({ "id": id, "object": "collection", "deleted": true }));
    for call in [Call::app("GET", &path), Call::app("DELETE", &path), json_call("PATCH", &path, &json!({"name": "a"}))]
    {
        assert_eq!(ada.send(call).send(&world).await.status.as_u16(), 404);
    }
    assert_eq!(listed(&world, &ada, "").await.len(), 2, "no image is deleted with it");
    assert_eq!(world.sql.query("SELECT 1 FROM images WHERE collection_id IS NOT NULL").len(), 0);
}

#[tokio::test]
async fn a_collection_of_somebody_else_is_none() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let id = collection(&world, &ada, "Hers").await;
    upload_with(&world, &ada, 1, &format!("collection={id}")).await;
    let account = world.sql.query("SELECT account_id FROM collections")[0]["account_id"].clone();
    let account = account.as_str().unwrap_or_default();
    let path = format!("/v1/collections/{id}");
    for (call, status) in [
        (Call::app("GET", &path), 404),
        (Call::app("DELETE", &path), 404),
        (json_call("PATCH", &path, &json!({ "name": "His" })), 404),
        (Call::app("GET", &format!("/v1/images?collection={id}")), 404),
        (Call::app("GET", &format!("/v1/images?team={account}")), 404),
        (Call::app("GET", &format!("/v1/collections?team={account}")), 404),
        (json_call("POST", &format!("/v1/collections?team={account}"), &json!({ "name": "a" })), 404),
        (Call::app("GET", &format!("/v1/images?collection={NOBODYS}")), 404),
        (Call::app("GET", "/v1/images?collection=x"), 422),
        (Call::app("GET", "/v1/images?team=x"), 404),
    ] {
        let answer = bob.send(call).send(&world).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    }
    for page in [format!("/gallery?collection={id}"), format!("/gallery?team={account}")] {
        assert_eq!(bob.page(&page).send(&world).await.status.as_u16(), 404, "{page}");
    }
    for (form, fields) in [
        ("/gallery/collections", vec![("team", account), ("name", "a")]),
        ("/gallery/collections/rename", vec![("collection", id.as_str()), ("name", "His")]),
        ("/gallery/collections/delete", vec![("collection", id.as_str()), ("sure", "1")]),
        ("/gallery/collections/delete", vec![("sure", "1")]),
        ("/gallery/move", vec![("team", account), ("id", NOBODYS), ("to", "")]),
        ("/gallery/delete", vec![("collection", id.as_str()), ("id", NOBODYS), ("sure", "1")]),
    ] {
        assert_eq!(bob.form(form, &fields).send(&world).await.status.as_u16(), 404, "{form} {fields:?}");
    }
    // One's own account may be named, too.
    assert_eq!(listed(&world, &ada, &format!("team={account}&collection={id}")).await.len(), 1);
    assert_eq!(ada.send(Call::app("GET", &path)).send(&world).await.field("/name"), "Hers");
    let silent = Call::app("DELETE", &path).header("cookie", &ada.cookie).send(&world).await;
    assert_eq!(silent.field("/code"), "cross-site-form");
}

#[tokio::test]
async fn a_name_is_a_line_of_at_most_sixty_characters_and_a_body_is_bounded() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let post = |body: String| ada.send(Call::app("POST", "/v1/collections").body("application/json", body));
    assert_eq!(post(json!({ "name": "é".repeat(60) }).to_string()).send(&world).await.status.as_u16(), 201);
    for (body, code) in [
        (json!({ "name": "é".repeat(61) }).to_string(), "invalid-field"),
        (json!({ "name": "  " }).to_string(), "invalid-field"),
        (json!({ "name": "a\nb" }).to_string(), "invalid-field"),
        (json!({ "name": 7 }).to_string(), "invalid-field"),
        (json!({}).to_string(), "invalid-field"),
        (json!({ "name": "a", "images": 7 }).to_string(), "malformed-request"),
        ("[]".into(), "malformed-request"),
        ("{".into(), "malformed-request"),
        (json!({ "name": "a".repeat(5_000) }).to_string(), "payload-too-large"),
    ] {
        assert_eq!(post(body.clone()).send(&world).await.field("/code"), code, "{body}");
    }
    let endless = ada.send(Call::app("POST", "/v1/collections").streamed("application/json", r#"{"name":"a"}"#));
    assert_eq!(endless.send(&world).await.field("/code"), "length-required");
    let long = "x".repeat(61);
    let page = ada.form("/gallery/collections", &[("name", &long)]).send(&world).await;
    assert_eq!(page.status.as_u16(), 422);
    assert!(page.text().contains("1 to 60 characters") && page.text().contains(&long), "{}", page.text());
    assert_eq!(world.sql.query("SELECT 1 FROM collections").len(), 1);
}

#[tokio::test]
async fn an_account_has_so_many_collections_and_no_more() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let first = collection(&world, &ada, "0").await;
    for number in 1..COLLECTIONS_MAX {
        collection(&world, &ada, &number.to_string()).await;
    }
    let full = ada.send(json_call("POST", "/v1/collections", &json!({ "name": "a" }))).send(&world).await;
    assert_eq!((full.status.as_u16(), full.field("/code")), (409, "too-many-collections".to_owned()));
    assert_eq!(full.json()["collections_max"], COLLECTIONS_MAX);
    ada.send(Call::app("DELETE", &format!("/v1/collections/{first}"))).send(&world).await;
    collection(&world, &ada, "a").await;
    let (_, bob) = world.member("Bob").await;
    collection(&world, &bob, "of another").await;
}

#[tokio::test]
async fn a_list_of_collections_goes_on_where_it_was_left_whatever_comes_and_goes() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let mut made = Vec::new();
    for number in 0..7 {
        // Some of the same millisecond.
        world.advance_ms(number % 2);
        made.push(collection(&world, &ada, &number.to_string()).await);
    }
    let page = |query: String| ada.send(Call::app("GET", &format!("/v1/collections?{query}")));
    let first = page("limit=3".into()).send(&world).await;
    let mut seen = ids_of(&first);
    assert_eq!(seen.len(), 3);
    world.advance_ms(1);
    let later = collection(&world, &ada, "later").await;
    let left = made.iter().find(|id| !seen.contains(id)).cloned().unwrap_or_default();
    for gone in [&seen[2], &left] {
        ada.send(Call::app("DELETE", &format!("/v1/collections/{gone}"))).send(&world).await;
    }
    let rest = page(format!("limit=100&cursor={}", first.field("/next_cursor"))).send(&world).await;
    seen.extend(ids_of(&rest));
    assert_eq!(rest.json()["next_cursor"], Value::Null);
    assert!(!seen.contains(&later));
    made.retain(|id| *id != left);
    made.sort();
    seen.sort();
    assert_eq!(seen, made, "each once");
    for wrong in ["limit=0", "limit=101", "limit=x", "cursor=x"] {
        assert_eq!(page(wrong.into()).send(&world).await.status.as_u16(), 422, "{wrong}");
    }
}

#[tokio::test]
async fn an_upload_goes_into_the_collection_that_it_names_however_it_comes() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = collection(&world, &ada, "Harbours").await;
    crate::crash_every_call::network(&world);
    let (png, field) = (numbered_png(2), ("collection", id.as_str()));
    let import = json!({ "url": "https://a.example/x.png", "collection": id });
    for call in [
        Call::app("POST", &format!("/v1/images?collection={id}")).body("image/png", numbered_png(3)),
        Call::app("POST", "/v1/images").form(&[field], &[("file", "a.png", &png)]),
        Call::app("POST", "/v1/images").body("application/json", import.to_string()),
    ] {
        let made = ada.send(call).send(&world).await;
        assert_eq!((made.status.as_u16(), made.field("/collection")), (201, id.clone()), "{}", made.text());
    }
    let form = [field, ("form_token", ada.form_token.as_str())];
    let page = ada.send(Call::app("POST", "/").form(&form, &[("file", "b.png", &numbered_png(4))])).send(&world).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.text());
    upload_with(&world, &ada, 5, "collection=").await;
    assert_eq!(listed(&world, &ada, &format!("collection={id}")).await.len(), 4);
    assert_eq!(listed(&world, &ada, "").await.len(), 5);
    let upload_page = ada.page(&format!("/?collection={id}")).send(&world).await.text();
    assert!(upload_page.contains(&format!("<option value=\"{id}\" selected>Harbours</option>")), "{upload_page}");
    let (_, bob) = world.member("Bob").await;
    assert!(!bob.page("/").send(&world).await.text().contains("Put it into"));
}

#[tokio::test]
async fn an_upload_into_a_collection_that_is_not_ones_own_is_refused() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let id = collection(&world, &ada, "Harbours").await;
    for wrong in [id.as_str(), NOBODYS, "x"] {
        let refused = upload_with(&world, &bob, 1, &format!("collection={wrong}")).await;
        assert_eq!((refused.field("/code"), refused.field("/field")), ("invalid-field".into(), "collection".into()));
        let form = [("collection", wrong), ("form_token", bob.form_token.as_str())];
        let page = bob.send(Call::app("POST", "/").form(&form, &[("file", "b.png", &numbered_png(4))]));
        assert_eq!(page.send(&world).await.status.as_u16(), 422, "{wrong}");
    }
    let nobody = Call::app("POST", &format!("/v1/images?collection={id}")).body("image/png", numbered_png(1));
    assert_eq!(nobody.send(&world).await.field("/field"), "collection");
    let wrong_type = json!({ "url": "https://a.example/x.png", "collection": 7 });
    let call = Call::app("POST", "/v1/images").body("application/json", wrong_type.to_string());
    assert_eq!(ada.send(call).send(&world).await.status.as_u16(), 400);
    assert_eq!(world.sql.query("SELECT 1 FROM images").len(), 0);
}

#[tokio::test]
async fn the_same_picture_is_a_duplicate_only_where_it_is() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let (one, two) = (collection(&world, &ada, "One").await, collection(&world, &ada, "Two").await);
    let mut made = Vec::new();
    for query in [String::new(), format!("collection={one}"), format!("collection={two}")] {
        let first = upload_with(&world, &ada, 1, &query).await;
        let again = upload_with(&world, &ada, 1, &query).await;
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200), "{query}");
        assert_eq!(again.field("/id"), first.field("/id"), "{query}");
        made.push(first.field("/id"));
    }
    assert_eq!(listed(&world, &ada, "").await.len(), 3);
    // Moved, it is one where it is now.
    let patch = json_call("PATCH", &format!("/v1/images/{}", made[0]), &json!({ "caption": "other words" }));
    ada.send(patch).send(&world).await;
    assert_eq!(upload_with(&world, &ada, 1, "").await.status.as_u16(), 201);
}

#[tokio::test]
async fn an_upload_under_a_key_into_another_collection_is_another_request() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = collection(&world, &ada, "One").await;
    let keyed = |query: &str| {
        let call = Call::app("POST", &format!("/v1/images?{query}")).body("image/png", numbered_png(1));
        ada.send(call.header("idempotency-key", crate::crash_every_call::KEY))
    };
    let first = keyed(&format!("collection={id}")).send(&world).await;
    let again = keyed(&format!("collection={id}")).send(&world).await;
    assert_eq!((again.field("/id"), again.header("idempotency-replayed")), (first.field("/id"), "true"));
    assert_eq!(keyed("").send(&world).await.field("/code"), "idempotency-key-reused");
}
