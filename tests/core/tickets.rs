//! Upload tickets: who has one uploads for an account that made it, within its limits, so many times, from any page.

use serde_json::{Value, json};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::policy::tickets::{ENDED_KEPT_MS, TICKETS_MAX, USES_MAX};

use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::image_files::{Jpeg, jpeg};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, Person};
use crate::harness::small_ports::SeededRng;
use crate::harness::{IMAGES, NOON, World};

const ELSEWHERE: &str = "https://shop.example";

/// A ticket of Ada's.
pub async fn ticket(world: &World, browser: &Browser, wish: Value) -> Answer {
    let made = browser.send(Call::app("POST", "/v1/tickets").body("application/json", wish.to_string()));
    let made = made.send(world).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    made
}

/// The picture, sent by a script on somebody else's page.
pub fn bring(ticket: &Answer, path: &str, bytes: Vec<u8>) -> Call {
    Call::app("POST", path)
        .header("authorization", &ticket.field("/authorization"))
        .header("origin", ELSEWHERE)
        .header("sec-fetch-site", "cross-site")
        .body("image/png", bytes)
}

fn raw(ticket: &Answer, number: u64) -> Call {
    bring(ticket, "/v1/images", numbered_png(number))
}

async fn used(world: &World, browser: &Browser) -> Value {
    browser.send(Call::app("GET", "/v1/tickets")).send(world).await.json()["data"][0]["used"].clone()
}

async fn scene(wish: Value) -> (World, Browser, Answer) {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let made = ticket(&world, &ada, wish).await;
    (world, ada, made)
}

fn collect(world: &World, id: &str, account: &str) {
    let sql = format!("INSERT INTO collections SELECT '{id}', {account}, 'Shop', 0");
    world.sql.with_connection(|connection| connection.execute(&sql, []).expect("SQL"));
}

const SHOP: &str = "sh0p0000000000000000000a";
const THEIRS: &str = "th000000000000000000000b";
const ADAS: &str = "(SELECT id FROM accounts LIMIT 1)";

#[tokio::test]
async fn what_comes_with_a_ticket_is_the_accounts_and_its_bringer_has_no_more_to_do_with_it() {
    let (world, ada, made) = scene(json!({ "uses": 2 })).await;
    assert_eq!(made.field("/expires_at"), NOON.plus_ms(DAY_MS).rfc3339());
    let brought = raw(&made, 1).send(&world).await;
    assert_eq!(brought.status.as_u16(), 201, "{}", brought.text());
    assert_eq!((brought.header("access-control-allow-origin"), brought.header("set-cookie")), ("*", ""));
    assert_eq!(brought.header("access-control-allow-credentials"), "");
    for secret in ["delete_token", "delete_url"] {
        assert_eq!(brought.json()[secret], Value::Null, "{secret}");
    }
    assert_eq!(brought.header("ratelimit-policy"), "", "what the account may is not their business");
    assert_eq!(brought.field("/retention/reason"), "kept until you delete it");
    let listed = ada.send(Call::app("GET", "/v1/images")).send(&world).await;
    assert_eq!(listed.field("/data/0/id"), brought.field("/id"));
    // The same picture again is another use: nobody learns with a ticket what the account has.
    let again = raw(&made, 1).send(&world).await;
    assert_eq!(again.status.as_u16(), 201);
    assert_ne!(again.field("/id"), brought.field("/id"));
    let third = raw(&made, 2).send(&world).await;
    assert_eq!((third.status.as_u16(), third.field("/code")), (409, "ticket-used-up".into()));
    assert_eq!(third.header("access-control-allow-origin"), "*", "the page reads what went wrong");
    assert_eq!(used(&world, &ada).await, 2);
    let deleted = ada.send(Call::app("DELETE", &format!("/v1/images/{}", brought.field("/id")))).send(&world).await;
    assert_eq!(deleted.status.as_u16(), 200);
    assert_eq!(raw(&made, 2).send(&world).await.field("/code"), "ticket-used-up", "what was made is made");
}

#[tokio::test]
async fn a_form_of_another_site_needs_no_script() {
    let (world, ada, made) = scene(json!({})).await;
    let png = numbered_png(1);
    let text = made.field("/ticket");
    let form = |ticket: &str| {
        let fields = [("ticket", ticket), ("caption", "From the shop")];
        let call = Call::app("POST", "/v1/images").form(&fields, &[("file", "a.png", &png)]);
        call.header("origin", ELSEWHERE).header("sec-fetch-site", "cross-site")
    };
    // A browser that is signed in and sends its cookie along, as one on another subdomain would, is nobody here.
    let brought = form(&text).header("cookie", &ada.cookie).send(&world).await;
    assert_eq!(
        (brought.status.as_u16(), brought.field("/caption")),
        (201, "From the shop".into()),
        "{}",
        brought.text()
    );
    assert_eq!(brought.json()["delete_token"], Value::Null);
    // Without a ticket, nothing of another site is taken, cookie or not; and what it is told, it may read.
    let bare = || {
        let call = Call::app("POST", "/v1/images").form(&[], &[("file", "a.png", &png)]);
        call.header("origin", ELSEWHERE).header("sec-fetch-site", "cross-site")
    };
    let silent = Call::app("POST", "/v1/images").form(&[], &[("file", "a.png", &png)]).header("cookie", &ada.cookie);
    for call in [bare(), bare().header("cookie", &ada.cookie), silent] {
        let refused = call.send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code")), (403, "cross-site-form".into()));
        assert_eq!(refused.header("access-control-allow-origin"), "*");
    }
    let both = form(&text).header("authorization", "Bearer tt_live_000000000000000000000000000000001xCHTo");
    assert_eq!(both.send(&world).await.field("/code"), "api-key-invalid");
    let wish = r#"{"name":"a","scopes":["write"]}"#;
    let key = ada.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(&world).await.field("/key");
    let both = form(&text).header("authorization", &format!("Bearer {key}")).send(&world).await;
    assert_eq!(both.field("/code"), "malformed-request");
    assert_eq!(world.sql.query("SELECT * FROM images").len(), 1, "nothing else was taken");
}

#[tokio::test]
async fn a_script_may_ask_beforehand() {
    let world = World::new();
    let asked = Call::app("OPTIONS", "/v1/images").header("origin", ELSEWHERE);
    let asked = asked.header("access-control-request-method", "POST").send(&world).await;
    assert_eq!((asked.status.as_u16(), asked.header("access-control-allow-origin")), (204, "*"));
    assert_eq!(asked.header("access-control-allow-methods"), "POST");
    assert!(asked.header("access-control-allow-headers").contains("authorization"));
    assert_eq!(asked.header("access-control-allow-credentials"), "");
    for (method, path) in [("GET", "/v1/images"), ("POST", "/v1/tickets"), ("OPTIONS", "/v1/tickets"), ("GET", "/")] {
        let other = Call::app(method, path).header("origin", ELSEWHERE).send(&world).await;
        assert_eq!(other.header("access-control-allow-origin"), "", "{method} {path}");
    }
}

#[tokio::test]
async fn nothing_is_wider_than_the_ticket() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    collect(&world, SHOP, ADAS);
    let wish =
        json!({ "uses": 9, "ttl": 3_600, "private": true, "collection": SHOP, "formats": ["png"], "bytes_max": 5_000 });
    let made = ticket(&world, &ada, wish).await;
    let limits = ["/ttl", "/private", "/collection", "/formats/0", "/bytes_max", "/uses", "/used"];
    let told: Vec<Value> = limits.iter().map(|name| made.json().pointer(name).cloned().unwrap_or_default()).collect();
    assert_eq!(json!(told), json!([3_600, true, SHOP, "png", 5_000, 9, 0]));
    let with = |query: &str| bring(&made, &format!("/v1/images?{query}"), numbered_png(1));
    for (query, field) in
        [("ttl=3601", "ttl"), ("private=false", "private"), (&format!("collection={THEIRS}"), "collection")]
    {
        let refused = with(query).send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code")), (403, "ticket-refuses".into()), "{query}");
        assert_eq!(refused.field("/field"), field);
    }
    let jpeg = bring(&made, "/v1/images", jpeg(8, 8, Jpeg::Baseline)).send(&world).await;
    assert_eq!(
        (jpeg.field("/code"), jpeg.field("/field")),
        ("ticket-refuses".into(), "file".into()),
        "{}",
        jpeg.text()
    );
    assert_eq!(jpeg.field("/detail"), "file: the ticket is for PNG, and this is JPEG");
    for large in [
        bring(&made, "/v1/images", vec![0; 5_001]),
        Call::app("POST", "/v1/images").form(&[("ticket", &made.field("/ticket"))], &[("file", "a", &[0; 5_001])]),
        Call::app("POST", "/v1/images")
            .header("authorization", &made.field("/authorization"))
            .streamed("image/png", vec![0; 5_001]),
    ] {
        let refused = large.send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.json()["limit_bytes"].clone()), (413, json!(5_000)));
        assert_eq!(refused.field("/detail"), "The limit is 5000 bytes.");
    }
    assert_eq!(used(&world, &ada).await, 0, "nothing of this was a use");
    assert!(world.sql.query("SELECT * FROM images").is_empty());
    let brought = with(&format!("ttl=600&private=true&collection={SHOP}")).send(&world).await;
    assert_eq!(brought.status.as_u16(), 201, "{}", brought.text());
    assert_eq!(brought.field("/expires_at"), NOON.plus_ms(10 * MINUTE_MS).rfc3339());
    let plain = raw(&made, 2).send(&world).await;
    assert_eq!(plain.field("/expires_at"), NOON.plus_ms(HOUR_MS).rfc3339(), "without a word, the ticket's");
    let rows = world.sql.query("SELECT DISTINCT collection_id, is_private FROM images");
    assert_eq!(
        rows.iter().map(|row| json!(row)).collect::<Vec<_>>(),
        [json!({ "collection_id": SHOP, "is_private": 1 })]
    );
    // Who brought a private one is told of it, and given nothing that opens it.
    assert_eq!((plain.json()["public"].clone(), plain.header("location")), (json!(false), ""));
    assert!(!plain.text().contains("sig="), "{}", plain.text());
    assert_eq!(world.view(&plain.field("/url")).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_ticket_that_does_not_hold_lets_nobody_upload_and_says_why() {
    let (world, ada, made) = scene(json!({ "uses": 5, "expires_in": 60 })).await;
    let text = made.field("/ticket");
    let try_with = |text: String| {
        let call = Call::app("POST", "/v1/images").header("authorization", &format!("Ticket {text}"));
        call.body("image/png", numbered_png(1))
    };
    let mut mistyped = text.clone();
    mistyped.pop();
    let other = if text.contains('7') { text.replace('7', "8") } else { text.replace('3', "4") };
    for (text, why) in [
        (mistyped, "It was not copied whole, or more than it was."),
        (other, "Its checksum is wrong: a character is another than it was."),
        ("tt_live_x".into(), "A ticket begins with tt_ticket_."),
        (String::new(), "A ticket begins with tt_ticket_."),
        (foreign(), "There is no such ticket."),
    ] {
        let refused = try_with(text.clone()).send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code")), (401, "ticket-invalid".into()), "{text}");
        assert_eq!(refused.field("/detail"), why, "{text}");
    }
    let signed = try_with(text.clone()).header("signature", "x").send(&world).await;
    assert_eq!(signed.field("/code"), "malformed-request");
    let revoke = || ada.send(Call::app("DELETE", &format!("/v1/tickets/{}", made.field("/id"))));
    let (_, bob) = world.member("Bob").await;
    let theirs = bob.send(Call::app("DELETE", &format!("/v1/tickets/{}", made.field("/id")))).send(&world).await;
    assert_eq!(theirs.field("/code"), "not-found");
    world.advance_ms(MINUTE_MS);
    assert_eq!(try_with(text.clone()).send(&world).await.field("/detail"), "It has expired.");
    for _ in 0..2 {
        assert_eq!(revoke().send(&world).await.json()["revoked"], true);
        assert_eq!(try_with(text.clone()).send(&world).await.field("/detail"), "It was revoked.");
    }
    assert!(world.sql.query("SELECT * FROM images").is_empty());
    let listed = ada.send(Call::app("GET", "/v1/tickets")).send(&world).await;
    assert!(!listed.text().contains("tt_ticket_"), "{}", listed.text());
    assert_eq!(bob.send(Call::app("GET", "/v1/tickets")).send(&world).await.json()["data"], json!([]));
    // A while after it expired, it is forgotten, with what came with it.
    world.advance_ms(ENDED_KEPT_MS - SECOND_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(world.sql.query("SELECT id FROM tickets").len(), 1);
    world.advance_ms(SECOND_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert!(world.sql.query("SELECT id FROM tickets").is_empty());
}

/// A ticket that was never made.
fn foreign() -> String {
    tintype::domain::ticket::TicketText::from_random([7; 20]).reveal().to_owned()
}

#[tokio::test]
async fn a_ticket_is_made_within_bounds_by_whoever_can_be_reached() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    world.member("Bob").await;
    collect(&world, THEIRS, "(SELECT account_id FROM sessions ORDER BY created_at DESC, rowid DESC LIMIT 1)");
    let post = |wish: Value| ada.send(Call::app("POST", "/v1/tickets").body("application/json", wish.to_string()));
    for (wish, field) in [
        (json!({ "uses": 0 }), "uses"),
        (json!({ "uses": USES_MAX + 1 }), "uses"),
        (json!({ "expires_in": 59 }), "expires_in"),
        (json!({ "expires_in": 604_801 }), "expires_in"),
        (json!({ "bytes_max": 999 }), "bytes_max"),
        (json!({ "bytes_max": 20_000_001 }), "bytes_max"),
        (json!({ "formats": [] }), "formats"),
        (json!({ "formats": ["svg"] }), "formats"),
        (json!({ "ttl": 1 }), "ttl"),
        (json!({ "collection": "nothing" }), "collection"),
        (json!({ "collection": SHOP }), "collection"),
        (json!({ "collection": THEIRS }), "collection"),
    ] {
        let refused = post(wish.clone()).send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/field")), (422, field.into()), "{wish}");
    }
    for wish in [json!({ "use": 1 }), json!({ "uses": "many" }), json!([])] {
        assert_eq!(post(wish.clone()).send(&world).await.field("/code"), "malformed-request", "{wish}");
    }
    let cleo = Person::named("Cleo");
    world.sign_up(&cleo).await;
    let unproved = world.sign_in(&cleo).await;
    let refused = unproved.send(Call::app("POST", "/v1/tickets").body("application/json", "{}")).send(&world).await;
    assert_eq!(refused.field("/code"), "verified-account-needed");
    let fill = format!(
        "INSERT INTO tickets SELECT 'filler' || value, {ADAS}, 'hash' || value, NULL, NULL, NULL, NULL, 0, 1, 0, 0, {}, NULL
         FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {TICKETS_MAX})
               SELECT value FROM n)",
        NOON.plus_ms(DAY_MS).0
    );
    world.sql.with_connection(|connection| connection.execute(&fill, []).expect("SQL"));
    let full = post(json!({})).send(&world).await;
    assert_eq!((full.status.as_u16(), full.json()["tickets_max"].clone()), (409, json!(TICKETS_MAX)));
    let use_up = "UPDATE tickets SET uses = 1 WHERE id = 'filler1'";
    world.sql.with_connection(|connection| connection.execute(use_up, []).expect("SQL"));
    assert_eq!(post(json!({})).send(&world).await.status.as_u16(), 201, "what cannot be used does not count");
}

#[tokio::test]
async fn a_key_that_is_confined_makes_tickets_for_its_collection_only() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    collect(&world, SHOP, ADAS);
    collect(&world, THEIRS, ADAS);
    let other = ticket(&world, &ada, json!({ "collection": THEIRS })).await;
    let wish = r#"{"name":"a","scopes":["read","write"]}"#;
    let key = ada.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(&world).await.field("/key");
    let confine = format!("UPDATE api_keys SET collection_id = '{SHOP}'");
    world.sql.with_connection(|connection| connection.execute(&confine, []).expect("SQL"));
    let with_key = |method: &str, path: &str| Call::app(method, path).header("authorization", &format!("Bearer {key}"));
    let post = |wish: Value| with_key("POST", "/v1/tickets").body("application/json", wish.to_string());
    assert_eq!(post(json!({ "collection": THEIRS })).send(&world).await.field("/code"), "key-confined");
    for wish in [json!({}), json!({ "collection": SHOP })] {
        assert_eq!(post(wish).send(&world).await.field("/collection"), SHOP);
    }
    let listed = with_key("GET", "/v1/tickets").send(&world).await.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2), "{listed}");
    let revoked = with_key("DELETE", &format!("/v1/tickets/{}", other.field("/id"))).send(&world).await;
    assert_eq!(revoked.field("/code"), "not-found");
    // A collection that is deleted meanwhile takes its tickets with it.
    world.sql.with_connection(|connection| connection.execute("DELETE FROM collections", []).expect("SQL"));
    assert_eq!(raw(&other, 1).send(&world).await.field("/detail"), "Its collection is gone.");
}

#[tokio::test]
async fn a_repeat_under_a_key_is_no_other_use_and_tells_nothing_of_the_accounts_own() {
    let (world, ada, made) = scene(json!({})).await;
    let keyed = |call: Call| call.header("idempotency-key", "the-same-words-for-all");
    let own = ada.send(keyed(Call::app("POST", "/v1/images").body("image/png", numbered_png(7)))).send(&world).await;
    let brought = keyed(raw(&made, 1)).send(&world).await;
    assert_eq!(brought.status.as_u16(), 201, "another's key: {}", brought.text());
    assert_ne!(brought.field("/id"), own.field("/id"));
    let repeat = keyed(raw(&made, 1)).send(&world).await;
    assert_eq!((repeat.status.as_u16(), repeat.field("/id")), (200, brought.field("/id")), "{}", repeat.text());
    assert_eq!(repeat.json()["delete_token"], Value::Null);
    assert_eq!(used(&world, &ada).await, 1);
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_held_unless_the_ticket_asks_what_it_is() {
    let (world, ada, any) = scene(json!({})).await;
    let only = ticket(&world, &ada, json!({ "formats": ["png"] })).await;
    world.vision_is(Some(UnscannedReason::VisionUnavailable));
    let busy = raw(&only, 1).send(&world).await;
    assert_eq!((busy.status.as_u16(), busy.field("/code")), (503, "busy".into()));
    let held = raw(&any, 1).send(&world).await;
    assert_eq!((held.status.as_u16(), held.json()["delete_token"].clone()), (202, Value::Null), "{}", held.text());
    assert_eq!(raw(&any, 2).send(&world).await.field("/code"), "ticket-used-up");
    world.vision_is(None);
    crate::held::judge(&world).await;
    assert_eq!(world.view(&format!("{IMAGES}/{}.png", held.field("/id"))).await.status.as_u16(), 200);
}

#[tokio::test]
async fn of_a_hundred_uses_at_once_of_a_ticket_for_one_there_is_one_image() {
    for seed in 0..4 {
        let (world, ada, made) = scene(json!({})).await;
        world.sql.with_connection(|connection| {
            connection.execute("UPDATE accounts SET tier = 'unlimited'", []).expect("SQL")
        });
        world.faults.interleave(true);
        let rng = SeededRng::new(seed);
        let operations: Vec<BoxedOperation<'_, Answer>> =
            (0..100).map(|number| Box::pin(raw(&made, number).send(&world)) as BoxedOperation<'_, _>).collect();
        let choose = |count: usize| usize::try_from(rng.below(count as u64)).unwrap_or_default();
        let answers: Vec<Answer> = drive(&world.faults, choose, operations).into_iter().flatten().collect();
        world.faults.interleave(false);
        let with = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((answers.len(), with(201), with(409)), (100, 1, 99), "{seed}");
        assert_eq!(world.sql.query("SELECT id FROM images").len(), 1, "{seed}");
        assert_eq!(used(&world, &ada).await, 1);
        world.settle().await;
    }
}
