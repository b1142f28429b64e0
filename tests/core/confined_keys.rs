//! Keys that are confined to a collection: what is in it is their business, and nothing else is there for them.

use serde_json::{Value, json};
use tintype::http::Host;
use tintype::http::routes::{Access, all as all_routes};

use crate::collections::{collection, ids_of, json_call, upload_with};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::Browser;
use crate::harness::signer::{Key, Message, Signer};

const EVERY_SCOPE: [&str; 4] = ["read", "write", "delete", "admin"];

/// Two collections with an image in each, an image in none, and a key that is confined to the first.
struct Scene {
    world: World,
    ada: Browser,
    inside: String,
    outside: String,
    /// The images in each, and in none.
    images: [String; 3],
    key: String,
}

impl Scene {
    async fn set() -> Self {
        let world = World::new();
        let (_, ada) = world.member("Ada").await;
        let (inside, outside) = (collection(&world, &ada, "In").await, collection(&world, &ada, "Out").await);
        let mut images = Vec::new();
        for (number, shelf) in [&inside, &outside, &String::new()].into_iter().enumerate() {
            images.push(upload_with(&world, &ada, number as u64, &format!("collection={shelf}")).await.field("/id"));
        }
        let wish = json!({ "name": "CI", "scopes": EVERY_SCOPE, "collection": inside });
        let made = ada.send(json_call("POST", "/v1/keys", &wish)).send(&world).await;
        assert_eq!((made.status.as_u16(), made.field("/collection")), (201, inside.clone()), "{}", made.text());
        let key = format!("Bearer {}", made.field("/key"));
        Self { world, ada, inside, outside, images: images.try_into().expect("three"), key }
    }

    async fn send(&self, call: Call) -> Answer {
        call.header("authorization", &self.key).send(&self.world).await
    }

    /// Everything that rests, but for the day of the key's last use.
    fn rows(&self) -> String {
        let tables = ["images", "collections", "accounts"];
        let rows =
            tables.map(|table| format!("{:?}", self.world.sql.query(&format!("SELECT * FROM {table} ORDER BY id"))));
        let keys = self.world.sql.query("SELECT id, revoked_at FROM api_keys ORDER BY id");
        format!("{rows:?}{keys:?}")
    }
}

#[tokio::test]
async fn what_is_in_the_collection_is_listed_changed_and_deleted_and_nothing_else_is_there() {
    let scene = Scene::set().await;
    let [inside, outside, in_none] = &scene.images;
    for query in ["", "q=png", &format!("collection={}", scene.inside)] {
        let listed = scene.send(Call::app("GET", &format!("/v1/images?{query}"))).await;
        let expected = if query == "q=png" { vec![] } else { vec![inside.clone()] };
        assert_eq!(ids_of(&listed), expected, "{query}: {}", listed.text());
    }
    let elsewhere = scene.send(Call::app("GET", &format!("/v1/images?collection={}", scene.outside))).await;
    assert_eq!(elsewhere.status.as_u16(), 404);
    let own = scene.send(Call::app("GET", &format!("/v1/images/{inside}"))).await;
    assert_eq!(own.field("/collection"), scene.inside);
    let before = scene.rows();
    for other in [outside, in_none] {
        let path = format!("/v1/images/{other}");
        for call in
            [Call::app("GET", &path), Call::app("DELETE", &path), json_call("PATCH", &path, &json!({ "caption": "a" }))]
        {
            assert_eq!(scene.send(call).await.field("/code"), "not-found");
        }
    }
    for to in [json!(scene.outside), Value::Null] {
        let out = json_call("PATCH", &format!("/v1/images/{inside}"), &json!({ "collection": to }));
        assert_eq!(scene.send(out).await.field("/code"), "key-confined");
    }
    let batch = json_call("DELETE", "/v1/images/batch", &json!({ "ids": [outside, in_none] }));
    assert_eq!(scene.send(batch).await.text().matches("not-found").count(), 2);
    assert_eq!(scene.rows(), before);
    let patch =
        json_call("PATCH", &format!("/v1/images/{inside}"), &json!({ "caption": "a", "collection": scene.inside }));
    assert_eq!(scene.send(patch).await.field("/caption"), "a");
    let batch = json_call("DELETE", "/v1/images/batch", &json!({ "ids": scene.images }));
    assert_eq!(scene.send(batch).await.text().matches("\"deleted\"").count(), 1);
    // What left is not there any more, either.
    assert_eq!(scene.send(Call::app("GET", &format!("/v1/images/{inside}"))).await.field("/code"), "not-found");
}

#[tokio::test]
async fn uploads_go_into_the_collection_and_cannot_ask_for_another() {
    let scene = Scene::set().await;
    for (number, query) in [(10, String::new()), (11, format!("?collection={}", scene.inside))] {
        let call = Call::app("POST", &format!("/v1/images{query}")).body("image/png", numbered_png(number));
        let made = scene.send(call).await;
        assert_eq!((made.status.as_u16(), made.field("/collection")), (201, scene.inside.clone()), "{}", made.text());
    }
    let before = scene.rows();
    let another = Call::app("POST", &format!("/v1/images?collection={}", scene.outside));
    let refused = scene.send(another.body("image/png", numbered_png(12))).await;
    assert_eq!((refused.status.as_u16(), refused.field("/code")), (403, "key-confined".to_owned()));
    assert_eq!(scene.rows(), before);
}

#[tokio::test]
async fn a_delete_token_opens_no_other_image_to_a_confined_program_that_signs() {
    let scene = Scene::set().await;
    let anonymous = scene.world.upload(&numbered_png(20)).await;
    let path = format!("/v1/images/{}", anonymous.field("/id"));
    let token = format!("Bearer {}", anonymous.field("/delete_token"));
    let wish = json!({ "name": "signs", "scopes": EVERY_SCOPE, "collection": scene.inside });
    let made = scene.ada.send(json_call("POST", "/v1/keys", &wish)).send(&scene.world).await;
    let signer = Signer { keyid: made.field("/id"), key: Key::Hmac(made.field("/signing_secret")) };
    let now_s = scene.world.clock_now().0 / 1_000;
    let signed = Message::new("DELETE", &path, None, &[]).signed(&signer, now_s, "a-nonce-of-16-chars");
    let refused = signed.call().header("authorization", &token).send(&scene.world).await;
    assert_eq!(refused.field("/code"), "not-found", "{}", refused.text());
    // Of a body that follows, the digest must be signed, also where it is a deletion's.
    let ids = json!({ "ids": [scene.images[0]] });
    let bare =
        Message::new("DELETE", "/v1/images/batch", None, &[]).signed(&signer, now_s, "another-nonce-of-16").call();
    let refused = bare.body("application/json", ids.to_string()).send(&scene.world).await;
    assert_eq!(refused.field("/code"), "content-digest-missing", "{}", refused.text());
    assert_eq!(scene.world.state(&anonymous.field("/id")), "live");
}

/// Walks THE table: a confined key with every scope is let into the routes that keep it in its collection, and into those
/// that are for anyone; the others change nothing and tell nothing of the account.
#[tokio::test]
async fn no_route_opens_to_a_confined_key_what_is_outside_its_collection() {
    let mut walked = 0;
    for route in all_routes().filter(|route| route.host == Host::App) {
        let scene = Scene::set().await;
        let [inside, outside, in_none] = &scene.images;
        let before = scene.rows();
        let name = format!("{} {}", route.method, route.path);
        for outside in [outside, in_none] {
            let path = match route.path {
                path if path.starts_with("/v1/collections/") => format!("/v1/collections/{}", scene.inside),
                path if path.starts_with("/v1/keys/") => {
                    let id = scene.world.sql.query("SELECT id FROM api_keys")[0]["id"].clone();
                    path.replace("{id}", id.as_str().unwrap_or_default())
                }
                path => path.replace("{id}", outside).replace("{slug}", "image-gone").replace("{file}", "tintype.css"),
            };
            let body = match route.path {
                "/v1/images/move" => json!({ "ids": [outside], "collection": scene.inside }),
                "/v1/images/batch" => json!({ "ids": [outside] }),
                "/v1/collections" | "/v1/collections/{id}" => json!({ "name": "a" }),
                "/v1/keys" => json!({ "name": "a", "scopes": ["read"] }),
                "/v1/tickets" => json!({ "collection": scene.outside }),
                "/v1/images/{id}/link" => json!({ "expires_in": 3_600 }),
                "/v1/images" => json!({ "url": "https://a.example/x.png", "collection": scene.outside }),
                _ => json!({ "caption": "a" }),
            };
            let call = match route.method {
                "GET" => Call::app("GET", &path),
                method => json_call(method, &path, &body),
            };
            let answer = scene.send(call).await;
            let (status, text) = (answer.status.as_u16(), answer.text());
            match route.access {
                Access::Account(_) => assert_eq!(answer.field("/code"), "key-confined", "{name}: {text}"),
                Access::SignedIn | Access::Waiting | Access::Operator => assert_eq!(status, 401, "{name}: {text}"),
                Access::AccountOrCollection(_) if status == 200 => {
                    assert!(!text.contains("\"deleted\"") && !text.contains("\"moved\""), "{name}: {text}");
                    let are_none = route.path == "/v1/tickets";
                    assert!(route.method != "GET" || are_none || text.contains(inside.as_str()), "{name}: {text}");
                }
                Access::AccountOrCollection(_) => assert!(matches!(status, 403 | 404), "{name}: {status} {text}"),
                // Whatever anyone may do; a program that says who it is may do less.
                Access::Anyone | Access::DeleteTokenHolder => {
                    // What browsers ask first says who may ask from where, and nothing else.
                    let is_api = route.path.starts_with("/v1/") && route.method != "OPTIONS";
                    // A report is anybody's, and this is none.
                    let is_no_report = route.path == "/v1/reports" && status == 400;
                    assert!(!is_api || is_no_report || matches!(status, 403 | 404), "{name}: {status} {text}");
                }
            }
            if route.path.starts_with("/v1/") && route.access != Access::Anyone {
                let told = [&scene.outside, in_none].into_iter().any(|id| id != outside && text.contains(id.as_str()));
                assert!(!told, "{name} tells of what is outside: {text}");
            }
            walked += 1;
        }
        assert_eq!(scene.rows(), before, "{name} changed something");
    }
    assert!(walked > 100, "{walked}");
}

#[tokio::test]
async fn when_its_collection_is_deleted_a_key_can_do_nothing_and_the_settings_say_why() {
    let scene = Scene::set().await;
    let page = scene.ada.page("/settings/keys").send(&scene.world).await.text();
    assert!(page.contains("Confined to the collection In") && page.contains(">Out</option>"), "{page}");
    scene.ada.send(Call::app("DELETE", &format!("/v1/collections/{}", scene.inside))).send(&scene.world).await;
    let before = scene.rows();
    for call in [
        Call::app("GET", "/v1/images"),
        Call::app("GET", &format!("/v1/images/{}", scene.images[0])),
        Call::app("DELETE", &format!("/v1/images/{}", scene.images[0])),
        Call::app("POST", "/v1/images").body("image/png", numbered_png(10)),
        Call::app("GET", "/v1/usage"),
        Call::app("GET", "/v1/keys"),
    ] {
        let refused = scene.send(call).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code")), (401, "api-key-invalid".to_owned()));
    }
    assert_eq!(scene.rows(), before);
    let page = scene.ada.page("/settings/keys").send(&scene.world).await.text();
    assert!(page.contains("the collection to which it was confined is deleted"), "{page}");
}

#[tokio::test]
async fn a_key_is_confined_to_a_collection_of_ones_own_or_not_made() {
    let scene = Scene::set().await;
    let (_, bob) = scene.world.member("Bob").await;
    for wrong in [scene.inside.as_str(), "000000000000000000000000", "x"] {
        let wish = json!({ "name": "a", "scopes": ["read"], "collection": wrong });
        let refused = bob.send(json_call("POST", "/v1/keys", &wish)).send(&scene.world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/field")), (422, "collection".to_owned()), "{wrong}");
        let fields = [("name", "a"), ("scope", "read"), ("collection", wrong)];
        let refused = bob.form("/settings/keys", &fields).send(&scene.world).await;
        assert_eq!(refused.status.as_u16(), 422, "{wrong}");
    }
    let fields = [("name", "The blog"), ("scope", "write"), ("collection", scene.inside.as_str())];
    let made = scene.ada.form("/settings/keys", &fields).send(&scene.world).await;
    assert!(made.text().contains("shown only now"), "{}", made.text());
    let rows = scene.world.sql.query("SELECT collection_id FROM api_keys");
    assert!(rows.len() == 2 && rows.iter().all(|row| row["collection_id"] == scene.inside.as_str()), "{rows:?}");
}
