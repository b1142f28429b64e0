//! Reports of pictures (in the code: notices): what each kind asks for, who learns what, the clocks, and that one decision covers
//! all of a notice's images (promise IMP-39).

use serde_json::{Value, json};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use tintype::policy::notices::{KEPT_MS, TRUSTED_URLS_MAX, URLS_MAX};
use tintype::policy::rates::NOTICES_FROM;
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::harness::client::{Answer, Call};
use crate::harness::image_files::{Jpeg, jpeg_of, png_of, texture};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, form};
use crate::harness::{APP, World};

/// A report, as its sender has it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub id: String,
    pub token: String,
}

impl Sent {
    pub fn page(&self) -> String {
        format!("/report/{}?token={}", self.id, self.token)
    }
}

/// Everything that a copyright notice says.
pub fn copyright_fields(urls: &str) -> Vec<(&'static str, String)> {
    let text = |name, text: &str| (name, text.to_owned());
    vec![
        text("kind", "copyright"),
        text("urls", urls),
        text("work", "A portrait, printed in my book"),
        text("name", "Carla Claimant"),
        text("email", "carla@example.org"),
        text("address", "1 Main Street"),
        text("phone", "+1 555 0100"),
        text("good_faith", "1"),
        text("accuracy", "1"),
        text("signature", "Carla Claimant"),
    ]
}

pub fn intimate_fields(urls: &str) -> Vec<(&'static str, String)> {
    let text = |name, text: &str| (name, text.to_owned());
    vec![
        text("kind", "intimate_imagery"),
        text("urls", urls),
        text("name", "Nora Name"),
        text("email", "nora@example.org"),
        text("good_faith", "1"),
        text("signature", "Nora Name"),
    ]
}

fn illegal_fields(urls: &str, ground: &str) -> Vec<(&'static str, String)> {
    let text = |name, text: &str| (name, text.to_owned());
    vec![
        text("kind", "illegal"),
        text("ground", ground),
        text("urls", urls),
        text("reasons", "It is forged"),
        text("good_faith", "1"),
    ]
}

fn without(fields: &[(&'static str, String)], names: &[&str]) -> Vec<(&'static str, String)> {
    fields.iter().filter(|(name, _)| !names.contains(name)).cloned().collect()
}

pub fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Sends a report with the form of the page.
pub async fn report(world: &World, fields: &[(&'static str, String)]) -> Answer {
    form("/report", &borrowed(fields)).send(world).await
}

/// The same, and it is taken.
pub async fn sent(world: &World, fields: &[(&'static str, String)]) -> Sent {
    let answer = report(world, fields).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    let (path, token) = answer.header("location").split_once("?token=").expect("a token");
    world.deliver_messages().await;
    Sent { id: path.trim_start_matches("/report/").to_owned(), token: token.to_owned() }
}

pub async fn decide(world: &World, olive: &Browser, notice: &str, outcome: &str, ground: &str) -> Answer {
    let fields = [("outcome", outcome), ("ground", ground), ("reason", "seen and weighed")];
    let answer = olive.form(&format!("/operate/notices/{notice}"), &fields).send(world).await;
    world.deliver_messages().await;
    answer
}

async fn look(world: &World, path: &str) -> String {
    Call::app("GET", path).header("accept", "text/html").send(world).await.text()
}

#[tokio::test]
async fn promise_imp_39_a_report_is_acknowledged_tracked_and_decided_and_its_sender_told() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let viewer = look(&world, &format!("/{image}")).await;
    assert!(viewer.contains(&format!("href=\"/report?image={image}\"")));
    let choose = look(&world, &format!("/report?image={image}")).await;
    assert!(choose.contains(&format!("/report?kind=illegal&#38;image={image}")), "{choose}");
    assert!(look(&world, &format!("/report?kind=illegal&image={image}")).await.contains(&format!("{APP}/{image}")));
    let mut fields = illegal_fields(&format!("{APP}/{image}"), "fraud");
    fields.extend([("name", "Ida Informer".to_owned()), ("email", "ida@example.org".to_owned())]);
    let sent = sent(&world, &fields).await;
    assert_eq!(world.letters_to("ida@example.org", "notice_received"), 1);
    let page = look(&world, &sent.page()).await;
    assert!(
        page.contains("waits for a person to decide") && page.contains("6 days left") || page.contains("7 days left"),
        "{page}"
    );
    let queue = olive.page("/operate/notices").send(&world).await.text();
    assert!(queue.contains(&sent.id) && queue.contains("Fraud or deception"), "{queue}");
    let shown = olive.page(&format!("/operate/notices/{}", sent.id)).send(&world).await.text();
    assert!(shown.contains("Ida Informer") && shown.contains("It is forged") && shown.contains(&image), "{shown}");
    assert!(shown.contains("none of its pictures"), "{shown}");
    olive.form(&format!("/operate/review/{image}/look"), &[]).send(&world).await;
    let shown = olive.page(&format!("/operate/notices/{}", sent.id)).send(&world).await.text();
    assert!(shown.contains("You have looked at pictures of it"), "{shown}");
    assert_eq!(decide(&world, &olive, &sent.id, "prohibited", "fraud").await.status.as_u16(), 303);
    assert_eq!(world.state(&image), "recovery");
    assert_eq!(world.letters_to("ida@example.org", "notice_decided"), 1);
    let page = look(&world, &sent.page()).await;
    assert!(page.contains("The pictures are out of view") && page.contains("seen and weighed"), "{page}");
    let decision = &world.sql.query("SELECT ground, notice_id, seen FROM decisions ORDER BY number DESC LIMIT 1")[0];
    assert_eq!(decision["notice_id"], json!(sent.id));
    assert_eq!((&decision["ground"], &decision["seen"]), (&json!("fraud"), &json!("image")));
    let acts = world.sql.query("SELECT act, about, subject FROM review_log ORDER BY number");
    let acts: Vec<&str> =
        acts.iter().filter(|row| row["subject"] == json!(sent.id)).filter_map(|row| row["act"].as_str()).collect();
    assert_eq!(acts, ["opened", "opened", "decided"], "{acts:?}");
    world.settle().await;
}

#[tokio::test]
async fn who_reports_is_sealed_and_where_they_are_is_not_kept() {
    let world = World::new();
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let fields = copyright_fields(&format!("{APP}/{image}"));
    let answer = form("/report", &borrowed(&fields)).header("cf-connecting-ip", "203.0.113.77").send(&world).await;
    assert_eq!(answer.status.as_u16(), 303);
    for table in ["notices", "notice_images", "letters", "key_holders", "review_log", "rate_counters", "journal"] {
        let rows = format!("{:?}", world.sql.query(&format!("SELECT * FROM {table}")));
        for said in ["Carla", "carla@", "Main Street", "555", "portrait", "203.0.113", &image[..]] {
            let is_named = table == "notice_images" && said == image;
            assert!(is_named || !rows.contains(said), "{table} says {said}: {rows}");
        }
    }
    let lines = format!("{:?}", world.log.faults());
    assert!(!lines.contains("Carla"));
}

#[tokio::test]
async fn nobody_learns_by_reporting_whether_there_is_a_picture() {
    let world = World::new();
    let withheld = {
        let file = world.assess(1, crate::content_safety::scored(0.99, 0.0));
        world.upload(&file).await.field("/image_id")
    };
    let never = "0123456789abcdefghjkmnpq".to_owned();
    let live = world.upload(&numbered_png(2)).await.field("/id");
    let mut pages = Vec::new();
    for image in [withheld, never, live] {
        let url = format!("{APP}/{image}");
        let sent = sent(&world, &intimate_fields(&url)).await;
        let page = look(&world, &sent.page()).await;
        pages.push(page.replace(&image, "ID").replace(&sent.id, "NOTICE").replace(&sent.token, "TOKEN"));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    // Nor whether there is a report, without its token.
    let other = Call::app("GET", "/report/0123456789abcdefghjkmnpq?token=x").send(&world).await;
    assert_eq!(other.status.as_u16(), 404);
}

#[tokio::test]
async fn each_kind_says_what_its_law_asks_for_and_nobody_is_named_who_need_not_be() {
    let world = World::new();
    let url = format!("{APP}/{}", world.upload(&numbered_png(1)).await.field("/id"));
    for (fields, left_out) in [
        (intimate_fields(&url), vec!["urls", "name", "email", "good_faith", "signature"]),
        (illegal_fields(&url, "child_abuse"), vec!["urls", "reasons", "good_faith", "ground"]),
        (illegal_fields(&url, "fraud"), vec!["nothing"]),
    ] {
        for name in left_out {
            let refused = report(&world, &without(&fields, &[name])).await;
            assert_eq!(refused.status.as_u16(), 422, "without {name}: {}", refused.text());
            assert!(refused.text().contains("aria-invalid=\"true\""), "{name}");
            assert!(name == "urls" || refused.text().contains(&url), "what was written is there still, without {name}");
        }
    }
    for wrong in ["https://elsewhere.example/x", "nothing", &vec![url.clone(); URLS_MAX + 1].join("\n")] {
        assert_eq!(report(&world, &intimate_fields(wrong)).await.status.as_u16(), 422, "{wrong}");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM notices"), "0");
    // Of the abuse of children, and of breaches of the rules, nobody has to say who they are.
    sent(&world, &illegal_fields(&url, "child_abuse")).await;
    let abuse = [("kind", "abuse"), ("urls", &url), ("reasons", "spam")].map(|(name, value)| (name, value.to_owned()));
    sent(&world, &abuse).await;
    let due = world.sql.query("SELECT due_at - received_at AS within, severity FROM notices ORDER BY due_at");
    assert_eq!((&due[0]["within"], &due[0]["severity"]), (&json!(DAY_MS), &json!(9)));
    assert_eq!(due[1]["within"], json!(14 * DAY_MS));
}

#[tokio::test]
async fn an_incomplete_copyright_notice_is_stored_its_sender_told_and_its_clock_begins_when_it_is_whole() {
    let world = World::new();
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let fields = copyright_fields(&format!("{APP}/{image}"));
    let sent = sent(&world, &without(&fields, &["accuracy", "phone"])).await;
    let letter = world.mail.taken().last().expect("a letter").letter.content.text.clone();
    assert!(letter.contains("telephone") && letter.contains("accuracy"), "{letter}");
    let page = look(&world, &sent.page()).await;
    assert!(page.contains("the law asks for something more") && page.contains("id=\"phone\""), "{page}");
    assert!(!page.contains("id=\"work\""), "what was said is not asked again");
    world.advance_ms(10 * DAY_MS);
    assert_eq!(one(&world, "SELECT count(*) FROM notices WHERE due_at IS NULL"), "1");
    let complete = |phone: &'static str| {
        let token = sent.token.clone();
        let path = format!("/report/{}", sent.id);
        let world = &world;
        async move {
            let fields = [("token", token.as_str()), ("step", "complete"), ("phone", phone), ("accuracy", "1")];
            form(&path, &fields).send(world).await
        }
    };
    assert_eq!(complete("").await.status.as_u16(), 303);
    assert_eq!(one(&world, "SELECT missing FROM notices"), "[\"phone\"]");
    assert_eq!(complete("+1 555 0100").await.status.as_u16(), 303);
    let (valid, due) =
        (one(&world, "SELECT valid_at FROM notices"), one(&world, "SELECT due_at - valid_at FROM notices"));
    assert_eq!((valid, due), (world.clock_now().0.to_string(), (3 * DAY_MS).to_string()));
    world.settle().await;
}

#[tokio::test]
async fn intimate_pictures_have_48_hours_and_their_copies_go_with_them() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let (width, height) = (320, 240);
    let pixels = texture(7, width, height);
    let original = world.upload(&png_of(&pixels, width, height)).await.field("/id");
    let upload = async |media: &str, file: Vec<u8>| {
        let answer = Call::app("POST", "/v1/images").body(media, file).send(&world).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
        answer.field("/id")
    };
    // The same bytes of somebody else, the same picture as a JPEG, and another picture.
    let (_, ada) = world.member("Ada").await;
    let exact = ada
        .send(Call::app("POST", "/v1/images").body("image/png", png_of(&pixels, width, height)))
        .send(&world)
        .await
        .field("/id");
    let near = upload("image/jpeg", jpeg_of(&pixels, width, height, Jpeg::Baseline)).await;
    let other = upload("image/png", png_of(&texture(8, width, height), width, height)).await;
    let sent = sent(&world, &intimate_fields(&format!("{APP}/{original}"))).await;
    assert_eq!(one(&world, "SELECT due_at - received_at FROM notices"), (48 * HOUR_MS).to_string());
    let found = |how: &str| one(&world, &format!("SELECT image_id FROM notice_images WHERE found = '{how}'"));
    assert_eq!((found("named"), found("exact")), (original.clone(), exact.clone()));
    world.run_job("find_copies").await.expect("runs");
    assert_eq!(found("near"), near);
    assert_eq!(one(&world, "SELECT count(*) FROM notices WHERE search_from IS NOT NULL"), "0");
    decide(&world, &olive, &sent.id, "prohibited", "intimate_imagery").await;
    for image in [&original, &exact, &near] {
        assert_eq!(world.state(image), "recovery");
    }
    assert_eq!(world.state(&other), "live");
    let again = world.upload(&png_of(&pixels, width, height)).await;
    assert_eq!(again.status.as_u16(), 422, "a copy is refused from then on: {}", again.text());
    world.settle().await;
}

#[tokio::test]
async fn operators_are_reminded_before_the_deadline_and_again() {
    let world = World::new();
    world.operator("Olive").await;
    let image = world.upload(&numbered_png(1)).await.field("/id");
    sent(&world, &intimate_fields(&format!("{APP}/{image}"))).await;
    let reminded = async || {
        world.run_job("remind_notices").await.expect("runs");
        world.deliver_messages().await;
        world.letters_to("olive@example.org", "notices_due")
    };
    assert_eq!(reminded().await, 0);
    world.advance_ms(24 * HOUR_MS - 1);
    assert_eq!(reminded().await, 0, "a millisecond before");
    world.advance_ms(1);
    assert_eq!(reminded().await, 1);
    world.advance_ms(12 * HOUR_MS - 1);
    assert_eq!(reminded().await, 1);
    world.advance_ms(1);
    assert_eq!(reminded().await, 2);
}

#[tokio::test]
async fn a_held_picture_comes_back_if_nothing_speaks_against_it() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let sent = sent(&world, &intimate_fields(&format!("{APP}/{image}"))).await;
    let hold = olive.form(&format!("/operate/notices/{}/hold", sent.id), &[("reason", "until somebody has looked")]);
    assert_eq!(hold.send(&world).await.status.as_u16(), 303);
    assert_eq!(world.state(&image), "held");
    let held = look(&world, &format!("/{image}")).await;
    assert!(held.contains("/report?image="), "{held}");
    let wrong = decide(&world, &olive, &sent.id, "no_action", "intimate_imagery").await;
    assert_eq!(wrong.status.as_u16(), 422, "{}", wrong.text());
    assert_eq!(decide(&world, &olive, &sent.id, "no_action", "nothing_found").await.status.as_u16(), 303);
    assert_eq!(world.state(&image), "live");
    // Decided is decided.
    decide(&world, &olive, &sent.id, "prohibited", "intimate_imagery").await;
    assert_eq!(
        (world.state(&image).as_str(), one(&world, "SELECT outcome FROM notices").as_str()),
        ("live", "no_action")
    );
    assert_eq!(world.letters_to("nora@example.org", "notice_decided"), 1);
    world.settle().await;
}

#[tokio::test]
async fn what_two_reports_hold_comes_back_when_nothing_speaks_against_it_in_either() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let url = format!("{APP}/{image}");
    let (first, second) = (sent(&world, &intimate_fields(&url)).await, sent(&world, &intimate_fields(&url)).await);
    for notice in [&first, &second] {
        olive.form(&format!("/operate/notices/{}/hold", notice.id), &[("reason", "until seen")]).send(&world).await;
    }
    assert_eq!(world.state(&image), "held");
    decide(&world, &olive, &first.id, "no_action", "nothing_found").await;
    assert_eq!(world.state(&image), "held", "the other is not decided yet");
    world.run_job("find_copies").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM notices WHERE search_from IS NOT NULL"), "0");
    decide(&world, &olive, &second.id, "no_action", "nothing_found").await;
    assert_eq!(world.state(&image), "live");
    world.settle().await;
}

#[tokio::test]
async fn what_must_be_reported_is_nothing_that_a_warning_would_do_for() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let file = numbered_png(1);
    let image = world.upload(&file).await.field("/id");
    let sent = sent(&world, &illegal_fields(&format!("{APP}/{image}"), "child_abuse")).await;
    let warned = decide(&world, &olive, &sent.id, "restricted", "child_abuse").await;
    assert_eq!(warned.status.as_u16(), 422, "{}", warned.text());
    assert_eq!(world.state(&image), "live");
    decide(&world, &olive, &sent.id, "prohibited", "child_abuse").await;
    assert_eq!(world.standing_holds().len(), 1, "kept for the authorities");
    assert_eq!(one(&world, "SELECT count(*) FROM reports"), "1");
    let copy = world.upload(&file).await;
    assert_eq!(copy.status.as_u16(), 422, "a copy is refused: {}", copy.text());
}

#[tokio::test]
async fn a_report_can_be_taken_back_and_a_warning_is_a_decision_too() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let first = sent(&world, &intimate_fields(&format!("{APP}/{image}"))).await;
    let fields = [("token", first.token.as_str()), ("step", "withdraw")];
    assert_eq!(form(&format!("/report/{}", first.id), &fields).send(&world).await.status.as_u16(), 303);
    assert_eq!(one(&world, "SELECT outcome FROM notices"), "withdrawn");
    world.run_job("carry_out_notices").await.expect("runs");
    let second = sent(&world, &intimate_fields(&format!("{APP}/{image}"))).await;
    decide(&world, &olive, &second.id, "restricted", "sexual_content").await;
    assert_eq!(one(&world, "SELECT verdict FROM images"), "restricted");
    assert_eq!(one(&world, "SELECT count(*) FROM notices WHERE undone_since IS NOT NULL"), "0");
    world.settle().await;
}

#[tokio::test]
async fn nobody_floods_the_desk_and_is_told_when_to_come_back() {
    let world = World::new();
    let url = format!("{APP}/{}", world.upload(&numbered_png(1)).await.field("/id"));
    let from = |address: &'static str| {
        let fields = intimate_fields(&url);
        let world = &world;
        async move { form("/report", &borrowed(&fields)).header("cf-connecting-ip", address).send(world).await }
    };
    for _ in 0..NOTICES_FROM[0].count_max {
        assert_eq!(from("203.0.113.7").await.status.as_u16(), 303);
    }
    let refused = from("203.0.113.7").await;
    assert_eq!(refused.status.as_u16(), 429);
    let seconds: i64 = refused.header("retry-after").parse().expect("a number of seconds");
    assert!((1..=3_601).contains(&seconds), "{seconds}");
    assert!(refused.text().contains("Nora Name"), "what was written is not lost");
    assert_eq!(from("198.51.100.7").await.status.as_u16(), 303);
    world.deliver_messages().await;
    assert_eq!(world.letters_to("nora@example.org", "notice_received"), 4, "nobody's mailbox is filled through us");
    world.advance_ms(seconds * SECOND_MS);
    assert_eq!(from("203.0.113.7").await.status.as_u16(), 303, "as it was told");
}

#[tokio::test]
async fn programs_report_and_trusted_ones_name_hundreds() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let (ada, browser) = world.member("Ada").await;
    let key = json!({ "name": "a", "scopes": ["read"] }).to_string();
    let key =
        browser.send(Call::app("POST", "/v1/keys").body("application/json", key)).send(&world).await.field("/key");
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let body = |count: usize| {
        let urls: Vec<String> = (0..count as u64)
            .map(
                |number| {
                    if number == 0 { format!("{APP}/{image}") } else { crate::harness::plant::id(number).to_string() }
                },
            )
            .collect();
        json!({ "kind": "illegal", "ground": "fraud", "urls": urls, "reasons": "phishing", "name": "A", "email": "a@example.org", "good_faith": true })
    };
    let post = async |body: Value| {
        let call = Call::app("POST", "/v1/reports").header("authorization", &format!("Bearer {key}"));
        call.body("application/json", body.to_string()).send(&world).await
    };
    let made = post(body(1)).await;
    assert_eq!((made.status.as_u16(), made.field("/status").as_str()), (201, "open"), "{}", made.text());
    let path = format!("/v1/reports/{}?token={}", made.field("/id"), made.field("/token"));
    assert_eq!(Call::app("GET", &path).send(&world).await.field("/status"), "open");
    assert_eq!(post(body(URLS_MAX + 1)).await.status.as_u16(), 422);
    for wrong in [json!({}), json!({ "kind": "illegal" }), json!({ "kind": "other", "urls": [] })] {
        assert_eq!(post(wrong).await.status.as_u16(), 400);
    }
    let trust = [("account", ada.email.as_str()), ("trust", "yes")];
    assert_eq!(olive.form("/operate/reporters", &trust).send(&world).await.status.as_u16(), 303);
    let many = post(body(TRUSTED_URLS_MAX)).await;
    assert_eq!(many.status.as_u16(), 201, "{}", many.text());
    assert_eq!(post(body(TRUSTED_URLS_MAX + 1)).await.status.as_u16(), 422);
    let page = browser.page("/report?kind=illegal").send(&world).await.text();
    assert!(page.contains("up to 200 pictures"), "{page}");
    decide(&world, &olive, &many.field("/id"), "prohibited", "fraud").await;
    for _ in 0..12 {
        world.advance_ms(MINUTE_MS);
        world.run_job("carry_out_notices").await.expect("runs");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM notices WHERE undone_since IS NOT NULL"), "0");
    assert_eq!(world.state(&image), "recovery");
    let path = format!("/v1/reports/{}?token={}", many.field("/id"), many.field("/token"));
    let decided = Call::app("GET", &path).send(&world).await;
    assert_eq!((decided.field("/status"), decided.field("/decision/outcome")), ("decided".into(), "prohibited".into()));
    let not = [("account", ada.email.as_str()), ("trust", "no")];
    olive.form("/operate/reporters", &not).send(&world).await;
    assert_eq!(post(body(TRUSTED_URLS_MAX)).await.status.as_u16(), 422);
    let acts = world.sql.query("SELECT 1 FROM review_log WHERE about = 'account' AND act = 'decided'");
    assert_eq!(acts.len(), 2);
}

#[tokio::test]
async fn a_report_is_forgotten_a_year_after_it_was_decided_its_key_first() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let sent = sent(&world, &intimate_fields(&format!("{APP}/{image}"))).await;
    let key = format!("personal-keys/{}", sent.id);
    world.advance_ms(2 * DAY_MS);
    world.run_job("reconcile_keys").await.expect("runs");
    assert!(world.blobs.has(Bucket::Recovery, &key), "a key of somebody without an account is no orphan");
    decide(&world, &olive, &sent.id, "no_action", "nothing_found").await;
    world.advance_ms(KEPT_MS - 1);
    world.run_job("remind_notices").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM notices"), "1", "a millisecond before");
    world.advance_ms(1);
    world.run_job("remind_notices").await.expect("runs");
    for table in ["notices", "notice_images", "key_holders", "counter_notices"] {
        assert_eq!(one(&world, &format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
    assert!(!world.blobs.has(Bucket::Recovery, &key));
    assert_eq!(Call::app("GET", &sent.page()).send(&world).await.status.as_u16(), 404);
}

#[tokio::test]
async fn keys_without_accounts_are_wrapped_anew_when_the_master_key_changes() {
    let mut world = World::new();
    let image = world.upload(&numbered_png(1)).await.field("/id");
    let sent = sent(&world, &intimate_fields(&format!("{APP}/{image}"))).await;
    let key = format!("personal-keys/{}", sent.id);
    let before = world.blobs.bytes(Bucket::Recovery, &key);
    crate::master_keys::change(&mut world);
    for _ in 0..3 {
        world.run_job("rotate_master_key").await.expect("runs");
    }
    assert_ne!(world.blobs.bytes(Bucket::Recovery, &key), before);
    assert!(look(&world, &sent.page()).await.contains("Your report"));
}
