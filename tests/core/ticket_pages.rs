//! `/settings/tickets`: tickets made, seen and ended by people, for themselves and for their teams.

use serde_json::{Value, json};
use tintype::domain::time::{DAY_MS, HOUR_MS};

use crate::collections::{collection, json_call};
use crate::harness::client::{Answer, Call};
use crate::harness::image_files::{Jpeg, jpeg};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, Person};
use crate::harness::{NOON, World};
use crate::teams_galleries::join;
use crate::tickets::ticket;

/// What the form says when nobody has touched it.
const UNTOUCHED: [(&str, &str); 7] = [
    ("uses", "1"),
    ("expires_in", "86400"),
    ("bytes_max", ""),
    ("format", "jpg"),
    ("format", "png"),
    ("format", "gif"),
    ("format", "webp"),
];

/// The untouched form with these fields instead of its own.
fn filled<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = UNTOUCHED.into_iter().filter(|(name, _)| fields.iter().all(|(other, _)| other != name));
    own.chain(fields.iter().copied()).collect()
}

async fn make(world: &World, browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    browser.form("/settings/tickets", &filled(fields)).send(world).await
}

/// The ticket that a page tells.
fn told(page: &Answer) -> String {
    let text = page.text();
    let at = text.find("tt_ticket_").unwrap_or_else(|| panic!("no ticket: {text}"));
    text[at..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
}

fn bring(ticket: &str, bytes: Vec<u8>) -> Call {
    Call::app("POST", "/v1/images")
        .header("authorization", &format!("Ticket {ticket}"))
        .header("origin", "https://shop.example")
        .header("sec-fetch-site", "cross-site")
        .body("image/png", bytes)
}

async fn listed(world: &World, browser: &Browser, query: &str) -> Value {
    browser.send(Call::app("GET", &format!("/v1/tickets{query}"))).send(world).await.json()["data"].clone()
}

#[tokio::test]
async fn a_ticket_is_made_with_a_form_told_once_and_revoked_there() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let plain = make(&world, &ada, &[]).await;
    assert_eq!(plain.status.as_u16(), 200, "{}", plain.text());
    let ticket = told(&plain);
    let limits = &listed(&world, &ada, "").await[0];
    let said = ["bytes_max", "formats", "collection", "ttl", "private", "uses"].map(|name| limits[name].clone());
    assert_eq!(json!(said), json!([null, null, null, null, false, 1]), "what nobody touched limits nothing");
    assert_eq!(limits["expires_at"], NOON.plus_ms(DAY_MS).rfc3339());
    // What the page tells is what works, and a form of it stands there to be pasted.
    let page = plain.text().replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">");
    let form = "<form method=\"post\" action=\"https://tintype.example/v1/images\" enctype=\"multipart/form-data\">";
    assert!(page.contains(form) && page.contains(&format!("name=\"ticket\" value=\"{ticket}\"")), "{page}");
    assert!(page.contains("accept=\"image/jpeg,image/png,image/gif,image/webp\""), "{page}");
    assert_eq!(bring(&ticket, numbered_png(1)).send(&world).await.status.as_u16(), 201);
    let again = ada.page("/settings/tickets").send(&world).await.text();
    assert!(!again.contains("tt_ticket_") && again.contains("For one upload, used"), "{again}");
    assert!(again.contains("Used up") && !again.contains("Revoke the ticket"), "{again}");

    let more = make(&world, &ada, &[("uses", "5"), ("expires_in", "3600")]).await;
    let id = listed(&world, &ada, "").await[0]["id"].as_str().expect("an id").to_owned();
    let page = more.text();
    assert!(page.contains("For 5 uploads, 0 used") && page.contains(&format!("Revoke the ticket {id}")), "{page}");
    let (_, bob) = world.member("Bob").await;
    let theft = bob.form("/settings/tickets/revoke", &[("ticket", &id)]).send(&world).await;
    assert_eq!(theft.status.as_u16(), 404);
    let revoked = ada.form("/settings/tickets/revoke", &[("ticket", &id)]).send(&world).await;
    assert_eq!((revoked.status.as_u16(), revoked.header("location")), (303, "/settings/tickets"));
    let refused = bring(&told(&more), numbered_png(2)).send(&world).await;
    assert_eq!(refused.field("/detail"), "It was revoked.");
    assert!(ada.page("/settings/tickets").send(&world).await.text().contains("Revoked"));
    let late = make(&world, &ada, &[("expires_in", "3600")]).await;
    world.advance_ms(HOUR_MS);
    assert_eq!(bring(&told(&late), numbered_png(3)).send(&world).await.field("/detail"), "It has expired.");
    assert!(ada.page("/settings/tickets").send(&world).await.text().contains("<p class=\"bad\">Ended</p>"));
    assert!(!bob.page("/settings/tickets").send(&world).await.text().contains(&id), "whose they are");
}

#[tokio::test]
async fn what_the_form_says_is_what_the_ticket_allows() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let shelf = collection(&world, &ada, "Harbours").await;
    let fields = [
        ("uses", "7"),
        ("bytes_max", "5000000"),
        ("format", "png"),
        ("ttl", "86400"),
        ("collection", shelf.as_str()),
        ("private", "true"),
    ];
    let made = make(&world, &ada, &fields).await;
    let limits = &listed(&world, &ada, "").await[0];
    let said = ["bytes_max", "formats", "collection", "ttl", "private", "uses"].map(|name| limits[name].clone());
    assert_eq!(json!(said), json!([5_000_000, ["png"], shelf, 86_400, true, 7]));
    let page = made.text();
    assert!(page.contains("PNG, up to 5 MB, kept 1 day at most, private, into Harbours."), "{page}");
    assert!(page.contains("accept=&#34;image/png&#34;"), "{page}");
    let ticket = told(&made);
    let jpeg = bring(&ticket, jpeg(8, 8, Jpeg::Baseline)).send(&world).await;
    assert_eq!(jpeg.field("/code"), "ticket-refuses");
    let brought = bring(&ticket, numbered_png(1)).send(&world).await;
    assert_eq!(brought.field("/expires_at"), NOON.plus_ms(DAY_MS).rfc3339());
    assert_eq!(brought.json()["public"], false);
    let gone = Call::app("DELETE", &format!("/v1/collections/{shelf}"));
    assert_eq!(ada.send(gone).send(&world).await.status.as_u16(), 200);
    let page = ada.page("/settings/tickets").send(&world).await.text();
    assert!(page.contains("into a collection that is deleted, so that it lets nobody upload"), "{page}");
}

#[tokio::test]
async fn a_mistake_is_told_beside_its_field_and_what_was_filled_in_stays() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let shelf = collection(&world, &ada, "Harbours").await;
    let (_, bob) = world.member("Bob").await;
    let his = collection(&world, &bob, "His").await;
    for (name, value, words) in [
        ("uses", "0", "From 1 to 1000."),
        ("uses", "many", "A number."),
        ("expires_in", "1", "From 60 to 604800 seconds."),
        ("bytes_max", "7", "From 1000 to 20000000 bytes."),
        ("bytes_max", "-7", "One that the form offers."),
        ("format", "svg", "One or more of jpeg, png, gif and webp."),
        ("ttl", "1", "At least 300 seconds (5 minutes)."),
        ("collection", "nothing", "The id of one of your collections."),
        ("collection", &his, "One of your collections."),
    ] {
        let refused = make(&world, &ada, &[(name, value)]).await;
        assert_eq!(refused.status.as_u16(), 422, "{name}={value}");
        assert!(refused.text().contains(words), "{name}={value}: {}", refused.text());
    }
    let none: Vec<_> = UNTOUCHED.into_iter().filter(|(name, _)| *name != "format").collect();
    let refused = ada.form("/settings/tickets", &none).send(&world).await;
    assert!(refused.status.as_u16() == 422 && refused.text().contains("Choose at least one."), "{}", refused.text());
    let fields =
        [("uses", "0"), ("expires_in", "604800"), ("format", "gif"), ("collection", &shelf), ("private", "true")];
    let kept = make(&world, &ada, &fields).await.text();
    assert!(
        kept.contains("<option value=\"604800\" selected>") && kept.contains(&format!("value=\"{shelf}\" selected"))
    );
    assert!(kept.contains("value=\"gif\" checked") && !kept.contains("value=\"png\" checked"), "{kept}");
    assert!(kept.contains("value=\"true\" checked"), "{kept}");
    assert_eq!(listed(&world, &ada, "").await, json!([]), "nothing was made");
    assert!(world.sql.query("SELECT * FROM tickets").is_empty());
    let stale = ada.send(Call::app("POST", "/settings/tickets").body("application/x-www-form-urlencoded", "uses=1"));
    assert_eq!(stale.send(&world).await.field("/code"), "form-stale");
}

#[tokio::test]
async fn whoever_cannot_be_reached_is_told_so_instead_of_a_form() {
    let world = World::new();
    let cleo = Person::named("Cleo");
    world.sign_up(&cleo).await;
    let browser = world.sign_in(&cleo).await;
    let page = browser.page("/settings/tickets").send(&world).await.text();
    assert!(page.contains("Your address is not proved yet") && !page.contains("name=\"uses\""), "{page}");
    assert_eq!(make(&world, &browser, &[]).await.field("/code"), "verified-account-needed");
}

#[tokio::test]
async fn a_teams_tickets_are_made_seen_and_ended_by_whoever_may_change_what_it_has() {
    let world = World::new();
    let (_, owner) = world.member("Ada").await;
    let made = owner.send(json_call("POST", "/v1/teams", &json!({ "name": "Engines" }))).send(&world).await;
    let team = made.field("/id");
    let editor = join(&world, &owner, &team, "Bob", "editor").await;
    let viewer = join(&world, &owner, &team, "Cyd", "viewer").await;
    let (_, stranger) = world.member("Dan").await;
    let (query, page) = (format!("?team={team}"), format!("/settings/tickets?team={team}"));
    let empty = editor.page(&page).send(&world).await.text();
    assert!(empty.contains("There is no collection yet") && !empty.contains("name=\"uses\""), "{empty}");
    let shelf = json_call("POST", &format!("/v1/collections?team={team}"), &json!({ "name": "Drawings" }));
    let shelf = owner.send(shelf).send(&world).await.field("/id");

    let bare = make(&world, &editor, &[("team", &team)]).await;
    assert!(bare.text().contains("Choose one of the team&#39;s collections."), "{}", bare.text());
    let fields = [("team", team.as_str()), ("collection", shelf.as_str()), ("uses", "9")];
    let ticket_of_team = told(&make(&world, &editor, &fields).await);
    let brought = bring(&ticket_of_team, numbered_png(1)).send(&world).await;
    assert_eq!(brought.status.as_u16(), 201, "{}", brought.text());
    assert_eq!(world.sql.query("SELECT account_id FROM images")[0]["account_id"], Value::from(team.clone()));
    let own = ticket(&world, &editor, json!({})).await.field("/id");
    for refused in [&viewer, &stranger] {
        assert_eq!(refused.page(&page).send(&world).await.status.as_u16(), 404);
        assert_eq!(make(&world, refused, &fields).await.status.as_u16(), 404);
        let api = refused.send(Call::app("GET", &format!("/v1/tickets{query}"))).send(&world).await;
        assert_eq!(api.status.as_u16(), 404);
    }
    assert_eq!(listed(&world, &editor, "").await[0]["id"], own, "each list is that of one account");
    let theirs = listed(&world, &editor, &query).await;
    assert_eq!((theirs.as_array().map(Vec::len), &theirs[0]["used"]), (Some(1), &json!(1)));

    // Who leaves has what was told; the owner sees that it is there, and ends it.
    let left = editor.form(&format!("/teams/{team}/leave"), &[("sure", "1")]).send(&world).await;
    assert_eq!(left.status.as_u16(), 303);
    assert_eq!(editor.page(&page).send(&world).await.status.as_u16(), 404);
    let seen = owner.page(&page).send(&world).await.text();
    assert!(seen.contains("For 9 uploads, 1 used") && seen.contains("into Drawings"), "{seen}");
    let id = theirs[0]["id"].as_str().expect("an id");
    let of_team = [("team", team.as_str()), ("ticket", id)];
    assert_eq!(editor.form("/settings/tickets/revoke", &of_team).send(&world).await.status.as_u16(), 404);
    let ended = owner.form("/settings/tickets/revoke", &of_team).send(&world).await;
    assert_eq!((ended.status.as_u16(), ended.header("location")), (303, page.as_str()));
    assert_eq!(bring(&ticket_of_team, numbered_png(2)).send(&world).await.field("/detail"), "It was revoked.");
    assert!(owner.page(&format!("/teams/{team}")).send(&world).await.text().contains(&page));
    assert!(!viewer.page(&format!("/teams/{team}")).send(&world).await.text().contains(&page));
    world.settle().await;
}

#[tokio::test]
async fn a_program_that_is_confined_to_a_teams_collection_sees_its_tickets_however_many_others_there_are() {
    let world = World::new();
    let (_, owner) = world.member("Ada").await;
    let made = owner.send(json_call("POST", "/v1/teams", &json!({ "name": "Engines" }))).send(&world).await;
    let team = made.field("/id");
    let shelf = |name: &str| json_call("POST", &format!("/v1/collections?team={team}"), &json!({ "name": name }));
    let drawings = owner.send(shelf("Drawings")).send(&world).await.field("/id");
    let letters = owner.send(shelf("Letters")).send(&world).await.field("/id");
    let wish = json!({ "name": "a", "scopes": ["read", "write"], "collection": drawings });
    let key = owner.send(json_call("POST", "/v1/keys", &wish)).send(&world).await.field("/key");
    let wanted = ticket(&world, &owner, json!({ "collection": drawings })).await.field("/id");
    for _ in 0..tintype::policy::tickets::LISTED_MAX {
        ticket(&world, &owner, json!({ "collection": letters })).await;
    }
    let list = Call::app("GET", "/v1/tickets").header("authorization", &format!("Bearer {key}"));
    let list = list.send(&world).await.json();
    assert_eq!((list["data"].as_array().map(Vec::len), &list["data"][0]["id"]), (Some(1), &json!(wanted)), "{list}");
}
