//! What operators see and decide at /operate, and that all of it is written down (promises IMP-22, I2A-01).

use serde_json::json;
use tintype::domain::hex;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::http::routes::{Access, all as all_routes};
use tintype::policy::review::COPIES_MAX;
use tintype::ports::vision::VisionFailure;

use crate::accounts::one;
use crate::content_safety::{flagged, scored};
use crate::erasure::upload;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, form};

pub const QUEUE: &str = "/operate/review";

pub fn case(id: &str) -> String {
    format!("{QUEUE}/{id}")
}

/// The form of a picture, filled in.
pub async fn decide(world: &World, operator: &Browser, id: &str, fields: &[(&str, &str)]) -> Answer {
    operator.form(&format!("{}/decide", case(id)), fields).send(world).await
}

pub const PROHIBIT: [(&str, &str); 3] = [("choice", "prohibit"), ("ground", "hate"), ("reason", "an emblem of hatred")];
const RELEASE: [(&str, &str); 3] = [("choice", "release"), ("ground", "nothing_found"), ("reason", "a statue")];

/// What the log says about something, the earliest first: who, what and why.
pub fn logged(world: &World, subject: &str) -> Vec<String> {
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

#[tokio::test]
async fn promise_imp_24_what_an_operator_finds_to_be_child_abuse_is_kept_reported_and_its_copies_refused_whatever_is_ticked()
 {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let id = world.upload(&numbered_png(1)).await.field("/id");
    let abuse = |choice| [("choice", choice), ("ground", "child_abuse"), ("reason", "a child")];
    let warned = decide(&world, &operator, &id, &abuse("restrict")).await;
    assert_eq!((warned.status.as_u16(), world.state(&id).as_str()), (422, "live"), "a warning does not do for that");
    assert_eq!(decide(&world, &operator, &id, &abuse("prohibit")).await.status.as_u16(), 303);
    let year = world.clock_now().plus_ms(365 * DAY_MS).0;
    assert_eq!(one(&world, "SELECT kind || ' ' || until FROM holds"), format!("legal {year}"));
    assert_eq!(one(&world, "SELECT state || ' ' || category FROM reports"), "due csam");
    let again = Call::app("POST", "/v1/images").body("image/png", numbered_png(1)).send(&world).await;
    assert_eq!(again.field("/code"), "content-prohibited");
    // No decision brings it back while the law has it kept, nor its owner, nor does anything erase it.
    let undone = operator.form(&format!("{}/undo", case(&id)), &[("reason", "a mistake")]).send(&world).await;
    assert!(undone.status.as_u16() == 422 && undone.text().contains("under a legal hold"), "{}", undone.text());
    world.sql.query("DELETE FROM known_bad RETURNING number");
    let released = decide(&world, &operator, &id, &RELEASE).await;
    assert!(released.status.as_u16() == 422 && released.text().contains("under a legal hold"), "{}", released.text());
    world.advance_ms(364 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.state(&id), "recovery");
}

#[tokio::test]
async fn a_decision_without_effect_is_told_so() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let answer = world.upload(&numbered_png(1)).await;
    let id = answer.field("/id");
    form(&format!("/{id}/delete"), &[("token", &answer.field("/delete_token"))]).send(&world).await;
    let late = decide(&world, &operator, &id, &PROHIBIT).await;
    assert!(late.status.as_u16() == 422 && late.text().contains("There is nothing to decide"), "{}", late.text());
    assert_eq!(one(&world, "SELECT count(*) FROM decisions"), "1", "what its owner has deleted is not decided about");
    let listed = world.upload(&numbered_png(2)).await.field("/id");
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(2)), Category::Terrorism);
    let released = decide(&world, &operator, &listed, &RELEASE).await;
    assert!(
        released.status.as_u16() == 422 && released.text().contains("list of known material"),
        "{}",
        released.text()
    );
    assert_eq!(world.state(&listed), "recovery", "a list outranks a person");
}

#[tokio::test]
async fn copies_that_have_left_by_themselves_are_not_decided_about() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(world.upload(&numbered_png(1)).await);
    }
    let [first, second, third] = [0, 1, 2].map(|at: usize| answers[at].field("/id"));
    form(&format!("/{second}/delete"), &[("token", &answers[1].field("/delete_token"))]).send(&world).await;
    decide(&world, &operator, &first, &[&PROHIBIT[..], &[("copies", "1")]].concat()).await;
    assert_eq!((world.state(&third).as_str(), logged(&world, &third).len()), ("recovery", 1));
    assert_eq!(logged(&world, &second), Vec::<String>::new());
}

#[tokio::test]
async fn of_an_animation_the_frames_are_offered_that_were_judged() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let id = world.upload(&numbered_png(1)).await.field("/id");
    assert!(!operator.page(&case(&id)).send(&world).await.text().contains("<select name=\"frame\">"));
    world
        .sql
        .query("UPDATE images SET facts = json_set(facts, '$.frames', 100, '$.animated', json('true')) RETURNING id");
    let page = operator.form(&format!("{}/look", case(&id)), &[("frame", "99")]).send(&world).await.text();
    assert_eq!(page.matches(">Frame ").count(), 8, "{page}");
    assert!(page.contains("<option value=\"99\" selected>Frame 100</option>"), "{page}");
}
