//! Private images: there for their owner and for whoever has an address that we signed, and nothing to anybody else.

use axum::http::StatusCode;
use serde_json::Value;
use tintype::domain::signed_url::{Keyring, SigningKey};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use tintype::domain::verdict::UnscannedReason;

use crate::content_safety::scored;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, Person};
use crate::harness::{APP, IMAGES, NOON, World};

/// Uploads a private picture.
pub async fn private(world: &World, browser: &Browser, number: u64) -> Answer {
    let call = Call::app("POST", "/v1/images?private=true").body("image/png", numbered_png(number));
    let answer = browser.send(call).send(world).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["public"].clone()),
        (201, Value::Bool(false)),
        "{}",
        answer.text()
    );
    answer
}

/// A deployment with a private picture of Ada's.
async fn scene(settings: &[(&str, &str)]) -> (World, Browser, Answer) {
    let world = World::with(1, settings);
    let (_, ada) = world.member("Ada").await;
    let made = private(&world, &ada, 1).await;
    (world, ada, made)
}

async fn facts(world: &World, id: &str, with: impl FnOnce(Call) -> Call) -> Answer {
    with(Call::app("GET", &format!("/v1/images/{id}"))).send(world).await
}

/// Everything that an answer says but the request's own name.
fn said(answer: &Answer, id: &str) -> String {
    let mut fields: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() != "x-request-id")
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
        .collect();
    fields.sort();
    let text = answer.text().replace(answer.header("x-request-id"), "").replace(id, "");
    format!("{}\n{}\n{text}", answer.status, fields.join("\n"))
}

/// An id that nobody has.
const NOBODY: &str = "zzzzzzzzzzzzzzzzzzzzzzzz";

#[tokio::test]
async fn without_a_signature_a_private_image_is_as_if_it_did_not_exist() {
    let (world, ada, made) = scene(&[]).await;
    let id = made.field("/id");
    let everywhere = [
        ("GET", format!("{IMAGES}/{id}.png")),
        ("HEAD", format!("{IMAGES}/{id}.png")),
        ("GET", format!("{IMAGES}/{id}.png?size=s")),
        ("GET", format!("{IMAGES}/{id}.png?view")),
        ("GET", format!("{IMAGES}/{id}.jpg")),
        ("GET", format!("{APP}/{id}")),
        ("GET", format!("{APP}/{id}/delete")),
        ("GET", format!("{APP}/v1/images/{id}")),
        ("GET", format!("{APP}/oembed?url={APP}/{id}")),
    ];
    let same = |answer: &Answer, nothing: &Answer, what: &str| {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}: {}", answer.text());
        assert_eq!(said(answer, &id), said(nothing, NOBODY), "{what}");
    };
    for (method, url) in &everywhere {
        for accept in ["application/json", "text/html"] {
            for (name, value) in [("range", "bytes=0-1"), ("if-none-match", "*"), ("x-nothing", "")] {
                let ask = |url: &str| Call::new(method, url).header("accept", accept).header(name, value);
                let (there, nothing) = (ask(url).send(&world).await, ask(&url.replace(&id, NOBODY)).send(&world).await);
                same(&there, &nothing, &format!("{method} {url} {accept} {name}"));
            }
        }
    }
    assert!(world.sql.query("SELECT * FROM variants").is_empty(), "nothing was made of it");
    // Nor by what would be said about deleting it, nor when it is deleted.
    let delete = |id: &str| Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", "Bearer del_x");
    same(&delete(&id).send(&world).await, &delete(NOBODY).send(&world).await, "a wrong token");
    let deleted = ada.send(Call::app("DELETE", &format!("/v1/images/{id}"))).send(&world).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    for (method, url) in &everywhere {
        let nothing = Call::new(method, &url.replace(&id, NOBODY)).send(&world).await;
        same(&Call::new(method, url).send(&world).await, &nothing, &format!("{method} {url}, deleted"));
    }
    same(&delete(&id).send(&world).await, &delete(NOBODY).send(&world).await, "a token of what is deleted");
    // Its owner is told; so is whoever follows a link that was good until then.
    assert_eq!(facts(&world, &id, |call| ada.send(call)).await.field("/code"), "image-gone");
    assert_eq!(world.view(&made.field("/signed_url/url")).await.field("/code"), "image-gone");
}

#[tokio::test]
async fn somebody_elses_account_learns_no_more_by_asking_to_change_it() {
    let (world, ada, made) = scene(&[]).await;
    let fleeting = {
        let call = Call::app("POST", "/v1/images?private=true&ttl=600").body("image/png", numbered_png(2));
        ada.send(call).send(&world).await.field("/id")
    };
    let (_, bob) = world.member("Bob").await;
    let asked = |id: &str| {
        let patch =
            |body: &str| Call::app("PATCH", &format!("/v1/images/{id}")).body("application/json", body.to_owned());
        let many = |method, path, body: String| Call::app(method, path).body("application/json", body);
        [
            bob.send(patch(r#"{"caption":"mine"}"#)),
            bob.send(patch(r#"{"private":true}"#)),
            bob.send(Call::app("DELETE", &format!("/v1/images/{id}"))),
            bob.send(many("POST", "/v1/images/move", format!(r#"{{"ids":["{id}"],"collection":null}}"#))),
            bob.send(many("DELETE", "/v1/images/batch", format!(r#"{{"ids":["{id}"]}}"#))),
            bob.form("/gallery/move", &[("id", id), ("to", "")]),
            bob.form("/gallery/delete", &[("id", id), ("sure", "1")]),
            bob.form("/gallery/claim", &[("link", &format!("{APP}/{id}/delete?token=del_x"))]),
            bob.page(&format!("/{id}/edit")),
            bob.form(&format!("/{id}/edit"), &[("caption", "mine")]),
            bob.form(&format!("/{id}/privacy"), &[("private", "false")]),
            bob.form(&format!("/{id}/link"), &[("for", "3600")]),
            bob.form(&format!("/{id}/delete"), &[]),
        ]
    };
    world.advance_ms(11 * MINUTE_MS);
    let deleted = private(&world, &ada, 3).await.field("/id");
    ada.send(Call::app("DELETE", &format!("/v1/images/{deleted}"))).send(&world).await;
    for (id, what) in [(made.field("/id"), "live"), (fleeting, "expired, before the sweep"), (deleted, "deleted")] {
        for (number, (there, nothing)) in asked(&id).into_iter().zip(asked(NOBODY)).enumerate() {
            let named = format!("{what}, call {number}");
            let (there, nothing) = (there.send(&world).await, nothing.send(&world).await);
            assert_eq!(said(&there, &id), said(&nothing, NOBODY), "{named}");
        }
    }
    assert_eq!(facts(&world, &made.field("/id"), |call| ada.send(call)).await.json()["public"], Value::Bool(false));
}

#[tokio::test]
async fn a_signed_address_opens_one_private_image_in_one_way_for_a_time() {
    let (world, ada, made) = scene(&[]).await;
    let other = private(&world, &ada, 2).await;
    let url = made.field("/signed_url/url");
    assert_eq!(made.field("/signed_url/expires_at"), NOON.plus_ms(HOUR_MS).rfc3339());
    let seen = world.view(&url).await;
    assert_eq!((seen.status, &seen.body[..]), (StatusCode::OK, &numbered_png(1)[..]));
    assert_eq!(seen.header("cache-control"), "private, max-age=300, must-revalidate, stale-if-error=0");
    assert_eq!((seen.header("x-robots-tag"), seen.header("access-control-allow-origin")), ("noindex", ""));
    assert_eq!(seen.header("cross-origin-resource-policy"), "cross-origin", "pages may show it");
    let head = Call::new("HEAD", &url).send(&world).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, seen.header("content-length")));
    let part = Call::new("GET", &url).header("range", "bytes=0-3").send(&world).await;
    assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, &numbered_png(1)[..4]));
    assert!(part.header("cache-control").starts_with("private"));
    let fresh = Call::new("GET", &url).header("if-none-match", seen.header("etag")).send(&world).await;
    assert_eq!((fresh.status, fresh.header("access-control-allow-origin")), (StatusCode::NOT_MODIFIED, ""));
    let query = url.split_once('?').expect("a query").1;
    let wrong = [
        format!("{}?{query}", other.field("/url")),
        url.replace("exp=", "w=8&exp="),
        url.replace("exp=", "exp=9"),
        url.replace(".png", ".jpg"),
        format!("{url}0"),
    ];
    for wrong in wrong {
        let refused = world.view(&wrong).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code")), (403, "signature-wrong".into()), "{wrong}");
    }
    world.advance_ms(HOUR_MS - 10 * SECOND_MS);
    assert!(world.view(&url).await.header("cache-control").contains("max-age=10,"), "not beyond its end");
    world.advance_ms(10 * SECOND_MS);
    let late = world.view(&url).await;
    assert_eq!((late.status.as_u16(), late.field("/code")), (403, "url-expired".into()));
}

#[tokio::test]
async fn variants_follow_their_image() {
    let (world, ada, made) = scene(&[]).await;
    let small = made.field("/sizes/small/url");
    assert!(small.contains("size=s") && small.contains("&sig="), "{small}");
    for _ in 0..2 {
        let seen = world.view(&small).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
        assert!(seen.header("cache-control").starts_with("private"), "{:?}", seen.headers);
    }
    let plain = format!("{}?size=s", made.field("/url"));
    assert_eq!(world.view(&plain).await.status, StatusCode::NOT_FOUND, "made, and nobody's");
    let srcset = made.field("/srcset");
    assert!(srcset.split(", ").all(|candidate| candidate.contains("&sig=") || candidate.contains("?exp=")), "{srcset}");
    // Made public, the same variant is there for all; made private again, for none.
    let id = made.field("/id");
    for (is_private, status) in [("false", StatusCode::OK), ("true", StatusCode::NOT_FOUND)] {
        let done = ada.form(&format!("/{id}/privacy"), &[("private", is_private)]).send(&world).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        assert_eq!(world.view(&plain).await.status, status);
    }
}

#[tokio::test]
async fn what_embedding_sites_sign_opens_nothing_private_and_our_signature_allows_the_size() {
    let key = format!("one:{}", "ab".repeat(32));
    let (world, _, made) = scene(&[("URL_SIGNING_KEYS", &key), ("TRANSFORMS", "signed")]).await;
    // By the name that the master key has, too.
    let sites = Keyring(SigningKey::new("one", vec![0xab; 32]).into_iter().collect());
    let path = made.field("/url").replace(IMAGES, "");
    for query in ["", "size=s"] {
        let signed = sites.signed_query(&path, query, Some(NOON.plus_ms(HOUR_MS))).expect("a key");
        let refused = Call::images("GET", &format!("{path}?{signed}")).send(&world).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{query}: {}", refused.text());
    }
    let small = world.view(&made.field("/sizes/small/url")).await;
    assert_eq!(small.status, StatusCode::OK, "{}", small.text());
    let open = Call::images("GET", &format!("{path}?w=4")).send(&world).await;
    assert_eq!(open.field("/code"), "transform-not-allowed", "whatever is there");
    // Our key signs nothing without an end, and nobody else has it.
    let endless = world.app.settings.private_keys.signed_query(&path, "", None).expect("a key");
    let refused = Call::images("GET", &format!("{path}?{endless}")).send(&world).await;
    assert_eq!(refused.field("/code"), "signature-wrong");
}

#[tokio::test]
async fn a_link_holds_while_its_master_key_does() {
    let (mut world, _, made) = scene(&[]).await;
    let url = made.field("/signed_url/url");
    let (one, two) = (format!("one:{}", "5a".repeat(32)), format!("two:{}", "3c".repeat(32)));
    world.redeploy(&[("MASTER_KEYS", &format!("{two},{one}"))]);
    assert_eq!(world.view(&url).await.status, StatusCode::OK);
    world.redeploy(&[("MASTER_KEYS", &two)]);
    assert_eq!(world.view(&url).await.field("/code"), "signature-wrong");
}

#[tokio::test]
async fn nothing_private_is_kept_near_visitors() {
    let (world, ada, made) = scene(&crate::edge_cache::CACHED).await;
    for url in [made.field("/signed_url/url"), made.field("/sizes/small/url"), made.field("/url")] {
        for _ in 0..2 {
            world.view(&url).await;
        }
    }
    assert!(world.edge_cache.addresses().is_empty(), "{:?}", world.edge_cache.addresses());
    // What was kept while it was public is forgotten before that is acknowledged.
    let public = ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(2))).send(&world).await;
    let (url, id) = (public.field("/url"), public.field("/id"));
    world.view(&url).await;
    assert_eq!(world.edge_cache.addresses().len(), 1);
    let done = ada.form(&format!("/{id}/privacy"), &[("private", "true")]).send(&world).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert!(world.edge_cache.addresses().is_empty());
    assert_eq!(world.view(&url).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_whoever_may_see_it_is_told_of_it() {
    let (world, ada, made) = scene(&[]).await;
    let (_, bob) = world.member("Bob").await;
    let id = made.field("/id");
    let own = facts(&world, &id, |call| ada.send(call)).await;
    assert_eq!((own.status.as_u16(), own.json()["public"].clone()), (200, Value::Bool(false)));
    assert_eq!(world.view(&own.field("/signed_url/url")).await.status, StatusCode::OK);
    for other in [facts(&world, &id, |call| bob.send(call)).await, facts(&world, &id, |call| call).await] {
        assert_eq!(other.field("/code"), "not-found");
    }
    let key = |browser: &Browser| browser.send(Call::app("POST", "/v1/keys").body("application/json", KEY));
    let (adas, bobs) = (key(&ada).send(&world).await, key(&bob).send(&world).await);
    let bearer = |made: &Answer| format!("Bearer {}", made.field("/key"));
    let with = |bearer: String| move |call: Call| call.header("authorization", &bearer);
    assert_eq!(facts(&world, &id, with(bearer(&adas))).await.status, StatusCode::OK);
    assert_eq!(facts(&world, &id, with(bearer(&bobs))).await.status, StatusCode::NOT_FOUND);
    // A key that is confined to a collection has no business with what is not in it.
    let confine = "INSERT INTO collections SELECT 'aaaaaaaaaaaaaaaaaaaaaaaa', account_id, 'a', 0 FROM images LIMIT 1;
                   UPDATE api_keys SET collection_id = 'aaaaaaaaaaaaaaaaaaaaaaaa'";
    world.sql.with_connection(|connection| connection.execute_batch(confine).expect("SQL"));
    assert_eq!(facts(&world, &id, with(bearer(&adas))).await.status, StatusCode::NOT_FOUND);
    let listed = ada.send(Call::app("GET", "/v1/images")).send(&world).await;
    assert!(listed.field("/data/0/signed_url/url").contains("&sig="), "{}", listed.text());
    assert_eq!(bob.send(Call::app("GET", "/v1/images")).send(&world).await.json()["data"], Value::Array(vec![]));
}

const KEY: &str = r#"{"name":"a","scopes":["read"]}"#;

#[tokio::test]
async fn links_are_made_for_a_minute_to_a_week_by_whoever_may_see_it() {
    let (world, ada, made) = scene(&[]).await;
    let (_, bob) = world.member("Bob").await;
    let link = |browser: &Browser, id: &str, wish: &str| {
        let call = Call::app("POST", &format!("/v1/images/{id}/link")).body("application/json", wish.to_owned());
        browser.send(call)
    };
    let id = made.field("/id");
    let week = link(&ada, &id, r#"{"expires_in":604800}"#).send(&world).await;
    assert_eq!(week.field("/expires_at"), NOON.plus_ms(7 * DAY_MS).rfc3339(), "{}", week.text());
    world.advance_ms(7 * DAY_MS - SECOND_MS);
    assert_eq!(world.view(&week.field("/url")).await.status, StatusCode::OK);
    world.advance_ms(SECOND_MS);
    assert_eq!(world.view(&week.field("/url")).await.field("/code"), "url-expired");
    for wish in [r#"{"expires_in":604801}"#, r#"{"expires_in":59}"#, r#"{"expires_in":-1}"#] {
        assert_eq!(link(&ada, &id, wish).send(&world).await.field("/field"), "expires_in", "{wish}");
    }
    for wish in ["{}", r#"{"expires_in":60,"for_ever":true}"#, "nonsense"] {
        assert_eq!(link(&ada, &id, wish).send(&world).await.field("/code"), "malformed-request", "{wish}");
    }
    let refused = link(&bob, &id, r#"{"expires_in":60}"#).send(&world).await;
    assert_eq!(refused.field("/code"), "not-found");
    // A public one needs none, and is said to have no end.
    let public = world.upload(&numbered_png(3)).await;
    let plain = link(&bob, &public.field("/id"), r#"{"expires_in":60}"#).send(&world).await;
    assert_eq!((plain.field("/url"), plain.json()["expires_at"].clone()), (public.field("/url"), Value::Null));
    // None outlives its image.
    let short = Call::app("POST", "/v1/images?private=true&ttl=300").body("image/png", numbered_png(4));
    let short = ada.send(short).send(&world).await;
    let ends = link(&ada, &short.field("/id"), r#"{"expires_in":604800}"#).send(&world).await;
    assert_eq!(ends.field("/expires_at"), short.field("/expires_at"));
    world.advance_ms(5 * MINUTE_MS);
    assert!(matches!(world.view(&ends.field("/url")).await.field("/code").as_str(), "url-expired" | "image-gone"));
}

#[tokio::test]
async fn nobody_uploads_privately_who_could_not_see_it_again() {
    let world = World::new();
    let person = Person::named("Ada");
    world.sign_up(&person).await;
    let unproved = world.sign_in(&person).await;
    let (png, (_, bob)) = (numbered_png(1), world.member("Bob").await);
    let raw =
        |private: &str| Call::app("POST", &format!("/v1/images?private={private}")).body("image/png", png.clone());
    let form =
        |private: &str| Call::app("POST", "/v1/images").form(&[("private", private)], &[("file", "a.png", &png)]);
    let json = |private: &str| {
        let body = format!(r#"{{"url":"https://a.example/x.png","private":{private}}}"#);
        Call::app("POST", "/v1/images").body("application/json", body)
    };
    crate::crash_every_call::network(&world);
    for call in [raw("true"), form("true"), json("true"), unproved.send(raw("true"))] {
        let refused = call.send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code")), (403, "verified-account-needed".into()));
    }
    for call in [raw("yes"), raw(""), raw("1"), form("True"), json("\"true\""), json("1")] {
        let refused = bob.send(call).send(&world).await;
        assert_eq!((refused.field("/code"), refused.field("/field")), ("invalid-field".into(), "private".into()));
    }
    assert!(world.sql.query("SELECT * FROM images").is_empty(), "nothing was kept");
    assert_eq!(raw("false").send(&world).await.json()["public"], true);
    // The second is the same picture, which is there already.
    for (call, status) in [(bob.send(form("true")), 201), (bob.send(json("true")), 200)] {
        let made = call.send(&world).await;
        let is_public = made.json()["public"].clone();
        assert_eq!((made.status.as_u16(), is_public), (status, Value::Bool(false)), "{}", made.text());
        assert_eq!(world.view(&made.field("/url")).await.status, StatusCode::NOT_FOUND);
    }
    // The same picture, public, is another: and what is private is no duplicate of it.
    let public = bob.send(raw("false")).send(&world).await;
    assert_eq!((public.status.as_u16(), public.json()["public"].clone()), (201, Value::Bool(true)));
}

#[tokio::test]
async fn what_was_held_is_as_private_as_was_asked_for() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    world.vision_is(Some(UnscannedReason::VisionUnavailable));
    let call = Call::app("POST", "/v1/images?private=true").body("image/png", numbered_png(1));
    let held = ada.send(call).send(&world).await;
    assert_eq!((held.status.as_u16(), held.field("/status")), (202, "held".into()));
    let (id, url) = (held.field("/id"), format!("{IMAGES}/{}.png", held.field("/id")));
    for hidden in [world.view(&url).await, facts(&world, &id, |call| call).await] {
        assert_eq!(hidden.field("/code"), "not-found", "that it is held, too, is nobody's business");
    }
    assert_eq!(facts(&world, &id, |call| ada.send(call)).await.field("/status"), "held");
    let early = ada.form(&format!("/{id}/privacy"), &[("private", "false")]).send(&world).await;
    assert_eq!(early.field("/code"), "image-held");
    world.vision_is(None);
    crate::held::judge(&world).await;
    assert_eq!(world.view(&url).await.status, StatusCode::NOT_FOUND);
    let own = facts(&world, &id, |call| ada.send(call)).await;
    assert_eq!((own.field("/status"), own.json()["public"].clone()), ("live".into(), Value::Bool(false)));
    assert_eq!(world.view(&own.field("/signed_url/url")).await.status, StatusCode::OK);
    world.settle().await;
}

#[tokio::test]
async fn a_private_image_that_needs_a_warning_has_one_for_whoever_has_no_link_to_itself() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let call = Call::app("POST", "/v1/images?private=true").body("image/png", world.assess(1, scored(0.25, 0.5)));
    let made = ada.send(call).send(&world).await;
    assert_eq!(made.field("/moderation/state"), "restricted", "{}", made.text());
    let (plain, view) = (made.field("/url"), made.field("/view_url"));
    for hidden in [&plain, &view] {
        assert_eq!(world.view(hidden).await.status, StatusCode::NOT_FOUND);
    }
    let itself = world.view(&made.field("/signed_url/url")).await;
    assert_eq!((itself.status, itself.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(itself.header("access-control-allow-origin"), "");
    let path = plain.replace(IMAGES, "");
    let query = world.app.settings.private_keys.signed_query(&path, "", Some(NOON.plus_ms(HOUR_MS))).expect("a key");
    let placeholder = world.view(&format!("{plain}?{query}")).await;
    assert!(placeholder.header("content-disposition").contains("placeholder"), "{:?}", placeholder.headers);
    assert!(placeholder.header("cache-control").starts_with("private"));
    assert_eq!((placeholder.header("access-control-allow-origin"), placeholder.header("rating").len()), ("", 27));
}

#[tokio::test]
async fn its_page_is_its_owners() {
    let (world, ada, made) = scene(&[]).await;
    let id = made.field("/id");
    let page = ada.page(&format!("/{id}")).send(&world).await;
    let text = page.text();
    assert_eq!((page.status, page.header("x-robots-tag")), (StatusCode::OK, "noindex"));
    for there in ["Only you can see it", "works for", "Make it public", "&#38;sig="] {
        assert!(text.contains(there), "{there}: {text}");
    }
    for leak in ["og:image", "oembed", "twitter:", "Markdown", "canonical"] {
        assert!(!text.contains(leak), "{leak}");
    }
    let picture = text.split("<img src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let picture = if picture.starts_with("data:") {
        text.split("<img src=\"").nth(2).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    } else {
        picture
    };
    assert_eq!(world.view(&picture.replace("&#38;", "&")).await.status, StatusCode::OK, "{picture}");
    for (choice, ms) in [("3600", HOUR_MS), ("86400", DAY_MS), ("604800", 7 * DAY_MS)] {
        let made = ada.form(&format!("/{id}/link"), &[("for", choice)]).send(&world).await.text();
        let url = made.split("<input value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let url = url.replace("&#38;", "&");
        assert!(url.contains(&format!("exp={}", NOON.plus_ms(ms).0 / SECOND_MS)), "{url}");
        assert_eq!(world.view(&url).await.status, StatusCode::OK);
    }
    let odd = ada.form(&format!("/{id}/link"), &[("for", "999999999")]).send(&world).await;
    assert_eq!(odd.field("/field"), "for");
    let (_, bob) = world.member("Bob").await;
    for path in ["link", "privacy"] {
        let fields = [("for", "3600"), ("private", "false")];
        let refused = bob.form(&format!("/{id}/{path}"), &fields).send(&world).await;
        assert_eq!(refused.field("/code"), "not-found", "{path}");
    }
    let listed = ada.page("/gallery").send(&world).await.text();
    assert!(listed.contains("&#38;sig="), "the gallery shows it to its owner: {listed}");
}

#[tokio::test]
async fn whoever_holds_its_delete_token_deletes_it_without_seeing_it() {
    let (world, _, made) = scene(&[]).await;
    let link = made.field("/delete_url").replace(APP, "");
    let page = Call::app("GET", &link).send(&world).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(!page.text().contains(&format!("{}.png", made.field("/id"))), "{}", page.text());
    let token = made.field("/delete_token");
    let body = format!("token={token}");
    let deletion = Call::app("POST", &format!("/{}/delete", made.field("/id")));
    let done = deletion.body("application/x-www-form-urlencoded", body).send(&world).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
}

#[tokio::test]
async fn the_form_of_the_upload_page_takes_private_pictures_of_members_only() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    assert!(ada.page("/").send(&world).await.text().contains("Only I can see it"));
    assert!(!Call::app("GET", "/").send(&world).await.text().contains("Only I can see it"));
    let png = numbered_png(1);
    let files = [("file", "a.png", png.as_slice())];
    let fields = [("form_token", ada.form_token.as_str()), ("private", "true")];
    let taken = ada.send(Call::app("POST", "/").form(&fields, &files)).send(&world).await.text();
    assert!(taken.contains("Only you can see it") && !taken.contains("BBCode"), "{taken}");
    let refused = Call::app("POST", "/").form(&[("private", "true")], &files).send(&world).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
}
