//! What operators see and decide at /operate, and that all of it is written down (promises IMP-22, I2A-01).

use serde_json::json;
use tintype::domain::hex;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::http::routes::{Access, all as all_routes};
use tintype::policy::review::{COPIES_MAX, LOG_MS, PAGE};
use tintype::ports::vision::VisionFailure;
use tintype::store::review_queue::{self, Position};

use crate::accounts::one;
use crate::content_safety::{flagged, scored};
use crate::crash_every_call::{at_every_call, now};
use crate::erasure::upload;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, form};
use crate::harness::{NOON, World};

const QUEUE: &str = "/operate/review";

fn case(id: &str) -> String {
    format!("{QUEUE}/{id}")
}

/// The form of a picture, filled in.
async fn decide(world: &World, operator: &Browser, id: &str, fields: &[(&str, &str)]) -> Answer {
    operator.form(&format!("{}/decide", case(id)), fields).send(world).await
}

const PROHIBIT: [(&str, &str); 3] = [("choice", "prohibit"), ("ground", "hate"), ("reason", "an emblem of hatred")];
const RELEASE: [(&str, &str); 3] = [("choice", "release"), ("ground", "nothing_found"), ("reason", "a statue")];

/// What the log says about something, the earliest first: who, what and why.
fn logged(world: &World, subject: &str) -> Vec<String> {
    let lines = world.sql.query(&format!(
        "SELECT act, seen, ground, reason FROM review_log WHERE subject = '{subject}' ORDER BY number"
    ));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    lines
        .iter()
        .map(|line| [&line["act"], &line["seen"], &line["ground"], &line["reason"]].map(text).join(" "))
        .collect()
}

#[tokio::test]
async fn promise_i2a_01_operators_pages_are_there_for_operators_with_two_factors_only() {
    let world = World::new();
    let (_, member) = world.member("Mia").await;
    let operator = world.operator("Olive").await;
    let (_, single) = world.member("Sam").await;
    world.sql.query("UPDATE accounts SET is_operator = 1 WHERE rowid = (SELECT max(rowid) FROM accounts) RETURNING id");
    let id = upload(&world, &member, 1).await.field("/id");
    let routes: Vec<_> = all_routes().filter(|route| route.access == Access::Operator).collect();
    assert!(routes.len() >= 10);
    for route in routes {
        let path = route.path.replace("{id}", &id);
        let of = async |browser: &Browser| {
            let call = match route.method {
                "GET" => browser.page(&path),
                _ => browser.form(&path, &[]),
            };
            call.send(&world).await.status.as_u16()
        };
        assert_eq!(of(&member).await, 404, "{} {path}: to others there is nothing", route.method);
        assert_eq!(of(&single).await, 403, "{} {path}: with one factor, the second is asked for", route.method);
        assert!(of(&operator).await < 500 && of(&operator).await != 403, "{} {path}", route.method);
    }
    // Whoever is an operator no more, is none from then on.
    world.sql.query("UPDATE accounts SET is_operator = 0 RETURNING id");
    assert_eq!(operator.page("/operate").send(&world).await.status.as_u16(), 404);
}

#[tokio::test]
async fn promise_imp_22_a_picture_is_blurred_until_it_is_asked_for_and_every_look_and_decision_is_logged() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (answer, id) = flagged(&world).await;
    let queue = operator.page(QUEUE).send(&world).await.text();
    assert!(queue.contains(&case(id.as_str())) && !queue.contains("<img"), "{queue}");
    let page = operator.page(&case(id.as_str())).send(&world).await.text();
    assert!(!page.contains("data:image/jpeg") && page.contains("Show the picture"), "{page}");
    assert!(!page.contains(&answer.field("/url")), "not even its address");
    let page = operator.form(&format!("{}/look", case(id.as_str())), &[]).send(&world).await.text();
    assert!(page.contains("data:image/jpeg;base64,"), "{page}");
    let decided = decide(&world, &operator, id.as_str(), &RELEASE).await;
    assert_eq!((decided.status.as_u16(), decided.header("location")), (303, format!("{QUEUE}?decided={id}").as_str()));
    assert_eq!(
        logged(&world, id.as_str()),
        ["opened facts - ", "looked image - ", "opened facts - ", "released image nothing_found a statue"]
    );
    let operators = world.sql.query("SELECT DISTINCT operator FROM review_log");
    assert_eq!(
        operators,
        [json!({"operator": one(&world, "SELECT id FROM accounts WHERE is_operator = 1")})
            .as_object()
            .expect("a row")
            .clone()]
    );
    assert!(operator.page(QUEUE).send(&world).await.text().contains("Nothing waits"));
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 200);
    let log = operator.page("/operate/log").send(&world).await.text();
    assert!(log.contains("you found it to be safe (Nothing wrong with it)") && log.contains("a statue"), "{log}");
}

#[tokio::test]
async fn a_decision_rests_on_what_was_seen_a_short_while_ago_and_by_whom() {
    let world = World::new();
    let (olive, pete) = (world.operator("Olive").await, world.operator("Pete").await);
    let (_, id) = flagged(&world).await;
    olive.form(&format!("{}/look", case(id.as_str())), &[]).send(&world).await;
    let seen = async |operator: &Browser, fields: &[(&str, &str)]| {
        decide(&world, operator, id.as_str(), fields).await;
        one(&world, "SELECT seen FROM decisions ORDER BY number DESC LIMIT 1")
    };
    let restrict = [("choice", "restrict"), ("ground", "sexual_content"), ("reason", "a nude")];
    assert_eq!(seen(&pete, &restrict).await, "facts", "what another has seen");
    assert_eq!(seen(&olive, &RELEASE).await, "image");
    world.advance_ms(HOUR_MS);
    assert_eq!(seen(&olive, &restrict).await, "facts", "an hour later");
}

#[tokio::test]
async fn a_decision_needs_a_ground_that_leads_to_it_and_words() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, id) = flagged(&world).await;
    let long = "x".repeat(501);
    for (fields, field) in [
        (vec![("ground", "hate"), ("reason", "why")], "choice"),
        (vec![("choice", "prohibit"), ("reason", "why")], "ground"),
        (vec![("choice", "prohibit"), ("ground", "nothing_found"), ("reason", "why")], "ground"),
        (vec![("choice", "prohibit"), ("ground", "undecided"), ("reason", "why")], "ground"),
        (vec![("choice", "release"), ("ground", "hate"), ("reason", "why")], "ground"),
        (vec![("choice", "hold"), ("ground", "nothing_found"), ("reason", "why")], "ground"),
        (vec![("choice", "prohibit"), ("ground", "hate"), ("reason", "  ")], "reason"),
        (vec![("choice", "prohibit"), ("ground", "hate"), ("reason", &long)], "reason"),
        (vec![("choice", "prohibit"), ("ground", "copyright"), ("reason", "why"), ("listed", "1")], "listed"),
        (vec![("choice", "release"), ("ground", "nothing_found"), ("reason", "why"), ("listed", "1")], "listed"),
    ] {
        let answer = decide(&world, &operator, id.as_str(), &fields).await;
        assert_eq!(answer.status.as_u16(), 422, "{fields:?}");
        assert!(answer.text().contains(&format!("id=\"{field}-wrong\"")), "{fields:?}: {}", answer.text());
    }
    assert_eq!(one(&world, "SELECT count(*) FROM decisions"), "1", "nothing has changed");
    assert_eq!(one(&world, "SELECT count(*) FROM known_bad"), "0");
}

#[tokio::test]
async fn what_the_law_may_forbid_to_possess_is_shown_as_a_digest_and_only_to_whoever_says_why_it_has_to_be_seen() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
    let refused = Call::app("POST", "/v1/images").body("image/png", numbered_png(1)).send(&world).await;
    let id = refused.field("/image_id");
    let page = operator.page(&case(&id)).send(&world).await.text();
    assert!(page.contains("Decide by what is known about it") && !page.contains("Show the picture"), "{page}");
    assert!(page.contains(&one(&world, "SELECT sha256 FROM images")), "its digest is shown");
    let look = |fields: &'static [(&str, &str)]| operator.form(&format!("{}/look", case(&id)), fields).send(&world);
    let page = look(&[]).await;
    assert!(
        page.status.as_u16() == 422 && page.text().contains("id=\"why-wrong\"") && !page.text().contains("image/jpeg")
    );
    assert!(!logged(&world, &id).iter().any(|line| line.starts_with("looked")));
    assert!(look(&[("reason", "the police asks")]).await.text().contains("data:image/jpeg"));
    assert!(logged(&world, &id).contains(&"looked image - the police asks".to_owned()));
}

#[tokio::test]
async fn one_decision_holds_for_identical_pictures_and_copies_are_refused_from_then_on() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.upload(&numbered_png(1)).await.field("/id"));
    }
    let other = world.upload(&numbered_png(2)).await.field("/id");
    let page = operator.page(&case(&ids[0])).send(&world).await.text();
    assert!(page.contains("The same about the 2 other pictures"), "{page}");
    let all = [&PROHIBIT[..], &[("copies", "1"), ("listed", "1")]].concat();
    assert_eq!(decide(&world, &operator, &ids[0], &all).await.status.as_u16(), 303);
    for id in &ids {
        assert_eq!(world.state(id), "recovery");
    }
    assert_eq!(world.state(&other), "live");
    assert_eq!(
        logged(&world, &ids[1]),
        [format!("prohibited facts hate the same bytes as {}: an emblem of hatred", ids[0])]
    );
    let again = Call::app("POST", "/v1/images").body("image/png", numbered_png(1)).send(&world).await;
    assert_eq!((again.status.as_u16(), again.field("/code").as_str()), (422, "content-prohibited"), "{}", again.text());
    // Without the box, copies are left alone.
    let pair = [world.upload(&numbered_png(3)).await.field("/id"), world.upload(&numbered_png(3)).await.field("/id")];
    decide(&world, &operator, &pair[0], &PROHIBIT).await;
    assert_eq!((world.state(&pair[0]).as_str(), world.state(&pair[1]).as_str()), ("recovery", "live"));
}

#[tokio::test]
async fn more_copies_than_are_decided_about_at_once_are_offered_again() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let mut ids = Vec::new();
    for _ in 0..COPIES_MAX + 3 {
        ids.push(world.upload(&numbered_png(1)).await.field("/id"));
        world.advance_ms(HOUR_MS);
    }
    let all = [&PROHIBIT[..], &[("copies", "1")]].concat();
    let decided = decide(&world, &operator, &ids[0], &all).await;
    assert_eq!(decided.header("location"), case(&ids[0]));
    assert_eq!(world.count("live"), 2);
    decide(&world, &operator, &ids[0], &all).await;
    assert_eq!(world.count("live"), 0);
}

#[tokio::test]
async fn a_decision_is_taken_back_while_the_bytes_are_there_and_copies_are_taken_again() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (answer, id) = flagged(&world).await;
    let undo = async || {
        operator.form(&format!("{}/undo", case(id.as_str())), &[("reason", "the wrong picture")]).send(&world).await
    };
    assert_eq!(undo().await.status.as_u16(), 422, "no person has decided");
    decide(&world, &operator, id.as_str(), &[&PROHIBIT[..], &[("listed", "1")]].concat()).await;
    assert_eq!(
        (world.state(id.as_str()).as_str(), one(&world, "SELECT count(*) > 0 FROM known_bad").as_str()),
        ("recovery", "1")
    );
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410);
    world.advance_ms(13 * DAY_MS);
    assert_eq!(undo().await.status.as_u16(), 303);
    assert_eq!(world.state(id.as_str()), "live");
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 200, "at the identical address");
    assert_eq!(one(&world, "SELECT count(*) FROM known_bad"), "0");
    assert!(operator.page(QUEUE).send(&world).await.text().contains(&case(id.as_str())), "and it waits for a person");
    assert!(logged(&world, id.as_str()).contains(&"undone - - the wrong picture".to_owned()));
    world.settle().await;
}

#[tokio::test]
async fn taking_back_makes_hold_again_what_held_before() {
    for (fields, before) in [
        (&[("choice", "restrict"), ("ground", "sexual_content"), ("reason", "a nude")], "live safe"),
        (&[("choice", "hold"), ("ground", "undecided"), ("reason", "unsure")], "live safe"),
        (&PROHIBIT, "live safe"),
    ] {
        let world = World::new();
        let operator = world.operator("Olive").await;
        let id = world.upload(&numbered_png(1)).await.field("/id");
        decide(&world, &operator, &id, fields).await;
        let undone = operator.form(&format!("{}/undo", case(&id)), &[("reason", "a mistake")]).send(&world).await;
        assert_eq!(undone.status.as_u16(), 303, "{}", undone.text());
        assert_eq!(one(&world, "SELECT state || ' ' || verdict FROM images"), before, "{fields:?}");
    }
    // What a model kept from the public stays so, until a person decides again.
    let world = World::new();
    let operator = world.operator("Olive").await;
    let refused =
        Call::app("POST", "/v1/images").body("image/png", world.assess(1, scored(0.99, 0.0))).send(&world).await;
    let id = refused.field("/image_id");
    decide(&world, &operator, &id, &RELEASE).await;
    assert_eq!(world.state(&id), "live");
    operator.form(&format!("{}/undo", case(&id)), &[("reason", "no statue")]).send(&world).await;
    assert_eq!(one(&world, "SELECT state || ' ' || verdict FROM images"), "recovery prohibited");
    assert!(operator.page(QUEUE).send(&world).await.text().contains(&case(&id)));
}

#[tokio::test]
async fn of_what_is_erased_nothing_is_taken_back() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, id) = flagged(&world).await;
    decide(&world, &operator, id.as_str(), &PROHIBIT).await;
    world.advance_ms(14 * DAY_MS + HOUR_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.state(id.as_str()), "gone");
    let undone = operator.form(&format!("{}/undo", case(id.as_str())), &[("reason", "too late")]).send(&world).await;
    assert_eq!(undone.status.as_u16(), 410, "{}", undone.text());
    let looked = operator.form(&format!("{}/look", case(id.as_str())), &[]).send(&world).await.text();
    assert!(looked.contains("not there any more") && !looked.contains("data:image/jpeg"), "{looked}");
}

#[tokio::test]
async fn pictures_are_found_by_name_digest_account_and_address_and_no_address_is_logged() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (ada, browser) = world.member("Ada").await;
    let id = upload(&world, &browser, 1).await.field("/id");
    let account = one(&world, "SELECT account_id FROM images");
    let digest = one(&world, "SELECT sha256 FROM images");
    let find = async |text: &str| {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("find", text).finish();
        operator.page(&format!("{QUEUE}?{query}")).send(&world).await.text()
    };
    for text in [&id, &digest, &account, &ada.email] {
        assert!(find(text).await.contains(&case(&id)), "{text}");
    }
    browser.form("/gallery/delete", &[("image", &id)]).send(&world).await;
    for text in [&id, &account] {
        let page = find(text).await;
        assert!(page.contains(&case(&id)), "also what was deleted: {page}");
    }
    for text in ["nobody@example.org", "nothing", &"0".repeat(64), &"0".repeat(24)] {
        assert!(find(text).await.contains("Nothing has that name"), "{text}");
    }
    let subjects = one(&world, "SELECT group_concat(subject) FROM review_log WHERE act = 'searched'");
    assert!(subjects.contains(&digest) && subjects.contains("an address") && !subjects.contains('@'), "{subjects}");
}

#[tokio::test]
async fn promise_imp_36_an_operator_brings_back_what_its_owner_deleted_by_mistake_and_nothing_else() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let answer = world.upload(&numbered_png(1)).await;
    let id = answer.field("/id");
    let restore = async |id: &str| {
        operator.form(&format!("{}/restore", case(id)), &[("reason", "letter of 3 May")]).send(&world).await
    };
    assert_eq!(restore(&id).await.status.as_u16(), 410, "it was not deleted");
    form(&format!("/{id}/delete"), &[("token", &answer.field("/delete_token"))]).send(&world).await;
    assert_eq!(world.state(&id), "recovery");
    assert!(operator.page(&case(&id)).send(&world).await.text().contains("only they can want it back"));
    assert_eq!(restore(&id).await.status.as_u16(), 303);
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 200);
    assert!(logged(&world, &id).contains(&"restored - - letter of 3 May".to_owned()));
    decide(&world, &operator, &id, &PROHIBIT).await;
    assert_eq!(restore(&id).await.status.as_u16(), 410, "what is prohibited comes back by a decision only");
}

#[tokio::test]
async fn what_cannot_be_shown_is_said_so() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    world.vision_is(Some(UnscannedReason::VisionBusy));
    let id = Call::app("POST", "/v1/images").body("image/png", numbered_png(1)).send(&world).await.field("/id");
    world.vision_is(None);
    let look = async || operator.form(&format!("{}/look", case(&id)), &[]).send(&world).await.text();
    assert!(look().await.contains("data:image/jpeg"), "what is held can be seen");
    *world.vision.says.lock().expect("not poisoned") = Some(VisionFailure::Busy { retry_after_s: 5 });
    assert!(look().await.contains("cannot be shown at the moment"));
}

// The log.

#[tokio::test]
async fn the_review_log_cannot_be_altered_nor_shortened_before_its_time() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, id) = flagged(&world).await;
    decide(&world, &operator, id.as_str(), &PROHIBIT).await;
    world.sql.with_connection(|connection| {
        for change in [
            "UPDATE review_log SET reason = 'another'",
            "UPDATE review_log SET at = 0",
            "DELETE FROM review_log",
            "REPLACE INTO review_log (number, at, operator, act, about, subject, reason) SELECT 1, 0, '', '', 'log', '', ''",
        ] {
            assert!(connection.execute_batch(change).is_err(), "{change}");
        }
    });
    let lines = world.sql.query("SELECT * FROM review_log");
    world.advance_ms(LOG_MS - 1);
    world.run_job("forget_review_log").await.expect("runs");
    assert_eq!(world.sql.query("SELECT * FROM review_log"), lines);
    world.advance_ms(2);
    world.run_job("forget_review_log").await.expect("runs");
    assert_eq!(one(&world, "SELECT group_concat(act) FROM review_log"), "forgot", "which is written down itself");
}

#[tokio::test]
async fn no_statement_of_the_product_changes_the_review_log() {
    for statement in tintype::store::every_statement() {
        let text = statement.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        assert!(!text.contains("update review_log"), "{statement}");
        assert!(!text.contains("delete from review_log") || text.contains("where at < ?1"), "{statement}");
    }
}

#[tokio::test]
async fn the_log_is_read_page_after_page() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    world.sql.with_connection(|connection| {
        let planted = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 120)
             INSERT INTO review_log (at, operator, act, about, subject, reason) SELECT n, 'x', 'opened', 'image', 'p' || n, '' FROM n";
        connection.execute_batch(planted).expect("SQL");
    });
    let (mut path, mut found) = ("/operate/log".to_owned(), 0);
    for _ in 0..3 {
        let page = operator.page(&path).send(&world).await.text();
        found += page.matches("<li class=\"row\">").count();
        let next = page.split("/operate/log?before=").nth(1).and_then(|rest| rest.split('"').next());
        path = format!("/operate/log?before={}", next.unwrap_or("0"));
    }
    assert_eq!(found, 120);
}

// Much of it.

/// Puts so many pictures into the queue, all of one severity but a few.
fn plant_queue(world: &World, count: u64) {
    world.sql.with_connection(|connection| {
        let rows = format!(
            "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {count} - 1)
             INSERT INTO review_queue (image_id, cause, severity, entered_at)
             SELECT printf('%024d', n), 'flagged', CASE WHEN n < 10 THEN 3 ELSE 1 END, {at} + n / 7 FROM n;
             WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {count} - 1)
             INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason)
             SELECT printf('%024d', n), 'live', 'web', 'flagged', 1, {at}, 'a', 'b' FROM n;",
            at = NOON.0
        );
        connection.execute_batch(&rows).expect("SQL");
    });
}

#[tokio::test]
async fn a_queue_of_100_000_pages_in_constant_time_wherever_one_is_in_it() {
    const COUNT: u64 = 100_000;
    let world = World::new();
    plant_queue(&world, COUNT);
    let sql = world.sql.as_ref();
    let steps = async |position: &Position| {
        let before = world.sql.steps();
        let entries = review_queue::open_after(sql, position, PAGE + 1).await.expect("reads");
        (entries, world.sql.steps() - before)
    };
    let (first, at_first) = steps(&Position::start()).await;
    assert_eq!(first.len(), 51);
    let deep = Position::parse(&format!("1.{}.{:024}.flagged", NOON.0 + 99_000 / 7, 99_000)).expect("a position");
    let (last, at_last) = steps(&deep).await;
    assert_eq!((last.len(), last[0].image_id.as_str()), (51, format!("{:024}", 99_001).as_str()));
    assert!(
        at_last < 2 * at_first && at_first < 20_000,
        "steps of the database: {at_first} at first, {at_last} deep in it"
    );
    // And all of it is found, once each.
    let (mut position, mut seen) = (Position::start(), std::collections::HashSet::new());
    loop {
        let page = review_queue::open_after(sql, &position, 5_000).await.expect("reads");
        let Some(last) = page.last() else { break };
        position = Position::parse(&Position::after(last).to_text()).expect("reads back");
        seen.extend(page.into_iter().map(|entry| entry.image_id));
    }
    assert_eq!(seen.len() as u64, COUNT);
}

// Whatever fails.

struct Scene {
    operator: Browser,
    id: String,
    url: String,
}

fn scene() -> (World, Scene) {
    let world = World::new();
    let operator = now(world.operator("Olive"));
    let (answer, id) = now(flagged(&world));
    (world, Scene { operator, id: id.to_string(), url: answer.field("/url") })
}

/// The act is made again, everything comes to rest, and the log says of each decision who made it.
fn come_to_rest(world: &World, again: Call, state: &str, id: &str, context: &str) {
    world.faults.calm();
    let answer = now(again.send(world));
    assert!(answer.status.as_u16() < 500, "{context}: {}", answer.text());
    now(world.settle());
    assert_eq!(world.state(id), state, "{context}");
    let of_people = one(world, "SELECT count(*) FROM decisions WHERE decided_by = 'operator'");
    let lines = "SELECT count(*) FROM review_log WHERE act IN ('released', 'restricted', 'prohibited', 'held')";
    assert_eq!(one(world, lines), of_people, "{context}: a line for each decision");
}

#[test]
fn a_decision_that_dies_anywhere_is_made_or_not_and_can_be_made_again() {
    let fields = [&PROHIBIT[..], &[("listed", "1")]].concat();
    let call = |scene: &Scene| scene.operator.form(&format!("{}/decide", case(&scene.id)), &fields);
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        if answer.is_some_and(|answer| answer.status.as_u16() == 303) {
            assert_ne!(world.state(&scene.id), "live", "{context}: what was acknowledged holds");
        }
        come_to_rest(world, call(scene), "recovery", &scene.id, context);
        assert_eq!(now(world.view(&scene.url)).status.as_u16(), 410, "{context}");
        assert_ne!(one(world, "SELECT count(*) FROM known_bad"), "0", "{context}: copies are refused");
    };
    at_every_call("decide", 8, scene, |world, scene| world.attempt(call(scene).send(world)), check);
}

#[test]
fn a_decision_that_is_taken_back_and_dies_anywhere_holds_or_not_and_can_be_taken_back_again() {
    let set = || {
        let (world, scene) = scene();
        let fields = [&PROHIBIT[..], &[("listed", "1")]].concat();
        now(decide(&world, &scene.operator, &scene.id, &fields));
        (world, scene)
    };
    let call = |scene: &Scene| scene.operator.form(&format!("{}/undo", case(&scene.id)), &[("reason", "a mistake")]);
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let is_done = answer.is_some_and(|answer| answer.status.as_u16() == 303);
        now(world.settle());
        assert!(!is_done || world.state(&scene.id) == "live", "{context}: what was acknowledged holds");
        // Taken back twice is not decided anew: only what still stands is taken back.
        if world.state(&scene.id) == "recovery" {
            come_to_rest(world, call(scene), "live", &scene.id, context);
        }
    };
    at_every_call("undo", 10, set, |world, scene| world.attempt(call(scene).send(world)), check);
}

#[test]
fn a_look_that_was_not_written_down_shows_nothing() {
    let call = |scene: &Scene| scene.operator.form(&format!("{}/look", case(&scene.id)), &[]);
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let is_shown = answer.is_some_and(|answer| answer.text().contains("data:image/jpeg"));
        let is_logged = logged(world, &scene.id).iter().any(|line| line.starts_with("looked"));
        assert!(!is_shown || is_logged, "{context}");
    };
    at_every_call("look", 5, scene, |world, scene| world.attempt(call(scene).send(world)), check);
}
