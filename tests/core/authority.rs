//! What is owed to authorities: what must be reported is sealed, reported in time and kept for a year; what one orders to be
//! preserved is kept until then, whoever deletes it; and every look and act is in the log (promise IMP-24).

use serde_json::{Value, json};
use tintype::domain::ground::Ground;
use tintype::domain::hex;
use tintype::domain::ids::{AccountId, ImageId, OrderId};
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::error::Cause;
use tintype::jobs::{EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE};
use tintype::policy::authority::{REMINDED_BEFORE_MS, REPORTED_WITHIN_MS};
use tintype::ports::blobs::Bucket;
use tintype::usecases::authority::{self, lift, order};
use tintype::usecases::review::{Review, Reviewed, prohibit, release};

use crate::accounts::one;
use crate::content_safety::review;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD};
use crate::harness::{IMAGES, World};

pub const PAGE: &str = "/operate/authority";

/// Somebody who acts, where it does not matter who.
pub fn someone() -> AccountId {
    AccountId::parse("0123456789abcdefghjkmnpq").expect("an id")
}

pub fn abuse(reason: &str) -> Review {
    Review { ground: Ground::ChildAbuse, ..review(reason) }
}

pub fn id_of(answer: &Answer) -> ImageId {
    ImageId::parse(&answer.field("/id")).unwrap_or_else(|| panic!("{}", answer.text()))
}

/// Runs the jobs of a trigger. That vision is away is no fault of theirs.
async fn run(world: &World, cron: &str) {
    let faults = world.run_cron(cron).await.err().unwrap_or_default();
    assert!(faults.iter().all(|fault| matches!(fault.cause, Cause::Vision(_))), "{faults:?}");
}

/// Lets days pass, with every job.
async fn days(world: &World, count: i64) {
    for _ in 0..count {
        world.advance_ms(DAY_MS);
        for _ in 0..2 {
            for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_HOUR, EVERY_NIGHT] {
                run(world, cron).await;
            }
        }
    }
}

/// Lets many days pass at once, with what erases at both ends.
async fn long(world: &World, ms: i64) {
    world.advance_ms(ms);
    for _ in 0..3 {
        for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_HOUR] {
            run(world, cron).await;
        }
    }
}

fn log(world: &World, subject: &str) -> Vec<String> {
    let rows = world.sql.query(&format!("SELECT act FROM review_log WHERE subject = '{subject}' ORDER BY number"));
    rows.iter().map(|row| row["act"].as_str().unwrap_or_default().to_owned()).collect()
}

// What a person finds.

#[tokio::test]
async fn promise_imp_24_what_a_person_finds_is_sealed_with_the_decision() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let id = id_of(&answer);
    assert_eq!(prohibit(&world.app, &id, abuse("seen")).await, Ok(Reviewed::Prohibited { is_done: true }));
    let until = (world.clock_now().0 + 365 * DAY_MS).to_string();
    assert_eq!(one(&world, "SELECT until FROM holds WHERE kind = 'legal' AND released_at IS NULL"), until);
    assert_eq!(one(&world, "SELECT state || list || category FROM reports"), "dueoperatorcsam");
    assert_eq!(prohibit(&world.app, &id, abuse("again")).await.map(|_| ()), Ok(()), "twice is once");
    assert_eq!(one(&world, "SELECT count(*) FROM reports"), "1");
    let copy = Call::app("POST", "/v1/images").body("image/png", numbered_png(1)).send(&world).await;
    assert_eq!(copy.field("/code"), "content-prohibited", "copies are recognised");
    assert_eq!(one(&world, "SELECT count(*) FROM reports WHERE state = 'due'"), "2", "and reported as well");
    // On another ground nothing is sealed.
    let other = id_of(&world.upload(&numbered_png(2)).await);
    prohibit(&world.app, &other, review("spam")).await.expect("decides");
    assert_eq!(one(&world, "SELECT count(*) FROM holds"), "2");
    for decided in [release(&world.app, &id, review("no")).await, release(&world.app, &id, review("no")).await] {
        assert!(matches!(decided, Ok(Reviewed::Listed | Reviewed::Sealed)), "{decided:?}");
    }
    days(&world, 40).await;
    assert_eq!((world.state(id.as_str()).as_str(), world.state(other.as_str()).as_str()), ("recovery", "gone"));
}

// Reports.

async fn due(world: &World, number: u64) -> ImageId {
    let file = numbered_png(number);
    world.list(HashKind::Sha256, &hex::sha256(&file), Category::Csam);
    let refused = Call::app("POST", "/v1/images").body("image/png", file).send(world).await;
    ImageId::parse(&refused.field("/image_id")).unwrap_or_else(|| panic!("{}", refused.text()))
}

#[tokio::test]
async fn the_record_has_what_a_report_needs_and_every_look_is_logged_before() {
    let world = World::new();
    let olive: Browser = world.operator("Olive").await;
    let (_, ada) = world.member("Ada").await;
    let uploaded = ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(7))).send(&world).await;
    let id = id_of(&uploaded);
    prohibit(&world.app, &id, abuse("seen")).await.expect("decides");
    let list = olive.page(PAGE).send(&world).await;
    let text = list.text();
    assert!(text.contains(id.as_str()) && text.contains("left: due by") && !text.contains("<img"), "{text}");
    let page = olive.page(&format!("{PAGE}/{id}")).send(&world).await;
    let text = page.text();
    assert!(text.contains("ada@example.org") && text.contains(&hex::sha256(&numbered_png(7))), "{text}");
    assert!(!text.contains("<img") && !text.contains("images.tintype.example"), "never the picture");
    let record = olive.page(&format!("{PAGE}/{id}/record.json")).send(&world).await;
    assert!(record.header("content-disposition").starts_with("attachment"));
    let record = record.json();
    let at = |pointer: &str| record.pointer(pointer).cloned().unwrap_or(Value::Null);
    assert_eq!(at("/account/email"), json!("ada@example.org"));
    assert_eq!(at("/image/hashes/received_sha256"), json!(hex::sha256(&numbered_png(7))));
    assert_eq!(at("/report/due_at"), json!("2026-11-25T12:00:00Z"));
    assert_eq!(at("/network_address"), Value::Null, "nobody has it");
    assert_eq!(log(&world, id.as_str()), ["prohibited", "opened", "opened"]);
    assert_eq!(log(&world, "reports"), ["opened"]);
    // Others learn neither what is there nor that they could.
    assert_eq!(ada.page(&format!("{PAGE}/{id}")).send(&world).await.status.as_u16(), 404);
    assert_eq!(olive.page(&format!("{PAGE}/{}", "0".repeat(24))).send(&world).await.status.as_u16(), 404);
    assert_eq!(log(&world, id.as_str()).len(), 3);
}

#[tokio::test]
async fn what_was_reported_is_kept_for_a_year_from_then_to_the_millisecond() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let id = due(&world, 1).await;
    world.advance_ms(20 * HOUR_MS);
    let empty = olive.form(&format!("{PAGE}/{id}/file"), &[("reference", " ")]).send(&world).await;
    assert_eq!((empty.status.as_u16(), empty.text().contains("1 to 300 characters")), (422, true));
    let filed = olive.form(&format!("{PAGE}/{id}/file"), &[("reference", "NCMEC 4711")]).send(&world).await;
    assert_eq!(filed.status.as_u16(), 303, "{}", filed.text());
    let again = olive.form(&format!("{PAGE}/{id}/dismiss"), &[("reason", "a mistake")]).send(&world).await;
    assert_eq!(again.status.as_u16(), 404, "it was reported");
    let filed_at = world.clock_now();
    assert_eq!(
        one(&world, "SELECT state || reference || filed_at FROM reports"),
        format!("filedNCMEC 4711{}", filed_at.0)
    );
    let until = filed_at.plus_ms(365 * DAY_MS);
    assert_eq!(one(&world, "SELECT until FROM holds WHERE released_at IS NULL"), until.0.to_string());
    long(&world, 365 * DAY_MS - 1).await;
    assert_eq!((world.state(id.as_str()).as_str(), world.blob_count(Bucket::Recovery) > 0), ("recovery", true));
    long(&world, 1).await;
    assert_eq!(world.state(id.as_str()), "gone");
    assert_eq!(log(&world, id.as_str()), ["opened", "filed"], "the form that was shown again was a look");
}

#[tokio::test]
async fn what_need_not_be_reported_is_let_go_after_the_usual_window_unless_an_order_stands() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let (one_of_two, other) = (due(&world, 1).await, due(&world, 2).await);
    let until = world.clock_now().plus_ms(90 * DAY_MS);
    let order = order(&world.app, &someone(), &other, "AZ 12", until).await.expect("ordered");
    for id in [&one_of_two, &other] {
        let answer = olive.form(&format!("{PAGE}/{id}/dismiss"), &[("reason", "a doll")]).send(&world).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    }
    assert_eq!(world.standing_holds().into_iter().collect::<Vec<_>>(), [other.to_string()]);
    days(&world, 15).await;
    assert_eq!((world.state(one_of_two.as_str()).as_str(), world.state(other.as_str()).as_str()), ("gone", "recovery"));
    // The order ends by itself, to the millisecond.
    world.advance_ms(until.ms_since(world.clock_now()) - 1);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.state(other.as_str()), "recovery");
    let page = olive.page(&format!("{PAGE}/{other}")).send(&world).await.text();
    assert!(page.contains(order.as_str()), "{page}");
    world.advance_ms(1);
    long(&world, 0).await;
    assert_eq!(world.state(other.as_str()), "gone");
}

#[tokio::test]
async fn operators_are_reminded_while_there_is_time_and_the_auditor_finds_what_is_late() {
    let world = World::new();
    world.operator("Olive").await;
    due(&world, 1).await;
    let told = || world.letters_to("olive@example.org", "reports_due");
    let run = async || {
        world.run_job("remind_reports").await.unwrap_or_else(|faults| panic!("{faults:?}"));
        world.deliver_messages().await;
    };
    world.advance_ms(REPORTED_WITHIN_MS - REMINDED_BEFORE_MS - 1);
    run().await;
    assert_eq!(told(), 0);
    world.advance_ms(1);
    run().await;
    run().await;
    assert_eq!(told(), 1);
    let letter = world.mail.taken().last().expect("a letter").letter.content.text.clone();
    assert!(letter.contains("1 in all, the first by 25 November 2026, 12:00 UTC"), "{letter}");
    let late = || one(&world, "SELECT broken FROM audits WHERE rule = 'reports-made'");
    world.advance_ms(REMINDED_BEFORE_MS - HOUR_MS);
    world.run_job("audit_promises").await.expect("runs");
    assert_eq!(late(), "0");
    world.advance_ms(2 * HOUR_MS);
    world.run_job("audit_promises").await.expect("runs");
    assert_eq!(late(), "1");
    run().await;
    assert_eq!(told(), 2, "twelve hours later");
}

#[tokio::test]
async fn the_queue_is_the_oldest_first_and_goes_on_where_it_ended() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    world.sql.with_connection(|sql| {
        sql.execute_batch(
            "INSERT INTO reports (image_id, list, category, kind, surface, uploaded_at, created_at, state)
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 120)
             SELECT printf('%024d', n), 'l', 'csam', 'pdq', 'web', 1, 2 + n / 3, 'due' FROM n",
        )
        .expect("plants");
    });
    let (mut seen, mut path) = (Vec::new(), PAGE.to_owned());
    loop {
        let text = olive.page(&path).send(&world).await.text();
        let ids = text.split("href=\"/operate/authority/").skip(1).filter_map(|rest| rest.get(..24));
        seen.extend(ids.map(str::to_owned));
        let Some(next) = text.split("/operate/authority?after=").nth(1).and_then(|rest| rest.split('"').next()) else {
            break;
        };
        path = format!("{PAGE}?after={next}");
    }
    let expected: Vec<String> = (1..=120).map(|n| format!("{n:024}")).collect();
    assert_eq!(seen, expected);
}

// Orders.

#[tokio::test]
async fn an_order_is_within_bounds_about_what_is_there_and_written_down() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let id = id_of(&world.upload(&numbered_png(1)).await);
    let path = format!("{PAGE}/{id}/orders");
    for (fields, field) in [
        ([("order", ""), ("until", "2027-01-31")], "1 to 300"),
        ([("order", "AZ"), ("until", "never")], "A day"),
        ([("order", "AZ"), ("until", "2026-11-22")], "A day"),
        ([("order", "AZ"), ("until", "2029-01-01")], "within two years"),
    ] {
        let refused = olive.form(&path, &fields).send(&world).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text().contains(field)),
            (422, true),
            "{fields:?}: {}",
            refused.text()
        );
    }
    assert_eq!(one(&world, "SELECT count(*) FROM orders"), "0");
    let placed = olive.form(&path, &[("order", "AZ 7"), ("until", "2027-01-31")]).send(&world).await;
    assert_eq!(placed.status.as_u16(), 303, "{}", placed.text());
    let order = one(&world, "SELECT id FROM orders");
    assert!(log(&world, id.as_str()).contains(&"preserved".to_owned()));
    assert_eq!(world.view(&format!("{IMAGES}/{id}.png")).await.status.as_u16(), 200, "what is public stays so");
    let lifted =
        olive.form(&format!("{path}/lift"), &[("order", &order), ("why", "letter of 1 December")]).send(&world).await;
    assert_eq!(lifted.status.as_u16(), 303);
    assert!(world.standing_holds().is_empty());
    let gone = "0".repeat(24);
    let nothing =
        olive.form(&format!("{PAGE}/{gone}/orders"), &[("order", "AZ 7"), ("until", "2027-01-31")]).send(&world).await;
    assert_eq!(nothing.status.as_u16(), 404);
}

#[tokio::test]
async fn of_several_orders_the_last_counts_and_each_is_lifted_by_itself() {
    let world = World::new();
    let id = id_of(&world.upload(&numbered_png(1)).await);
    let at = |days: i64| world.clock_now().plus_ms(days * DAY_MS);
    let (short, long) = (at(30), at(90));
    let first = order(&world.app, &someone(), &id, "a", long).await.expect("ordered");
    let second = order(&world.app, &someone(), &id, "b", short).await.expect("ordered");
    let until = || one(&world, "SELECT until FROM holds WHERE released_at IS NULL");
    assert_eq!(until(), long.0.to_string());
    lift(&world.app, &someone(), &id, &first, "lifted").await.expect("lifts");
    assert_eq!(until(), short.0.to_string());
    let wrong = OrderId::parse("000000000000000000000000").expect("an id");
    lift(&world.app, &someone(), &id, &wrong, "lifted").await.expect("nothing");
    assert_eq!(until(), short.0.to_string());
    lift(&world.app, &someone(), &id, &second, "lifted").await.expect("lifts");
    assert!(world.standing_holds().is_empty());
    order(&world.app, &someone(), &id, "c", long).await.expect("ordered");
    assert_eq!(until(), long.0.to_string(), "a hold that was released stands anew");
}

/// Every way in which an image leaves: what makes it leave, in the world of the test.
#[tokio::test]
async fn promise_imp_24_whoever_deletes_what_is_under_an_order_its_bytes_stay_until_it_ends() {
    for way in ["token", "owner", "bulk", "expiry", "prohibition", "account", "team", "held and expired"] {
        let world = World::new();
        let (_, ada) = world.member("Ada").await;
        if way == "held and expired" {
            world.vision_is(Some(tintype::domain::verdict::UnscannedReason::VisionBusy));
        }
        let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(1));
        let answer = match way {
            "token" | "expiry" | "prohibition" | "held and expired" => call.send(&world).await,
            _ => ada.send(call).send(&world).await,
        };
        let id = id_of(&answer);
        if way == "team" {
            world.sql.with_connection(|sql| {
                let text = format!(
                    "INSERT INTO teams VALUES ('t0000000000000000000000a', 'Engines', 0, NULL);
                     UPDATE images SET account_id = 't0000000000000000000000a' WHERE id = '{id}'"
                );
                sql.execute_batch(&text).expect("a team's");
            });
        }
        let until = world.clock_now().plus_ms(400 * DAY_MS);
        order(&world.app, &someone(), &id, "AZ 1", until).await.expect("ordered");
        match way {
            "token" => {
                let field = format!("Bearer {}", answer.field("/delete_token"));
                let call = Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &field);
                assert_eq!(call.send(&world).await.status.as_u16(), 200);
            }
            "owner" => {
                let deleted = ada.send(Call::app("DELETE", &format!("/v1/images/{id}"))).send(&world).await;
                assert_eq!(deleted.status.as_u16(), 200, "{}", deleted.text());
            }
            "bulk" => {
                ada.form("/gallery/delete", &[("id", id.as_str()), ("sure", "1")]).send(&world).await;
            }
            "prohibition" => {
                prohibit(&world.app, &id, review("spam")).await.expect("decides");
            }
            "account" => {
                ada.form("/settings/delete", &[("password", PASSWORD)]).send(&world).await;
            }
            "team" => world.sql.with_connection(|sql| {
                sql.execute_batch("UPDATE teams SET closed_at = 1").expect("closed");
            }),
            _ => {}
        }
        days(&world, 60).await;
        let is_away = matches!(world.state(id.as_str()).as_str(), "recovery" | "removing");
        assert!(is_away || way == "bulk", "{way}: {}", world.state(id.as_str()));
        long(&world, until.ms_since(world.clock_now()) - 1).await;
        assert_ne!(world.state(id.as_str()), "gone", "{way}");
        assert_eq!(kept(&world, &id), 1, "{way}: its bytes are there");
        assert_ne!(
            world.view(&format!("{IMAGES}/{id}.png")).await.status.as_u16(),
            if is_away { 200 } else { 0 },
            "{way}"
        );
        if is_away {
            world.advance_ms(1);
            days(&world, 2).await;
            assert_eq!(
                (world.state(id.as_str()).as_str(), kept(&world, &id)),
                ("gone", 0),
                "{way}: and then no longer"
            );
        }
    }
}

/// In how many places the bytes of an image are.
fn kept(world: &World, id: &ImageId) -> usize {
    let keys = [Bucket::Images, Bucket::Recovery].map(|bucket| world.blobs.names(bucket));
    keys.iter().flatten().filter(|key| key.contains(id.as_str()) && !key.contains("variants")).count().min(1)
}

#[tokio::test]
async fn what_is_under_an_order_is_not_brought_back_by_anybody_before_it_ends() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let upload = async |n| {
        id_of(&ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(n))).send(&world).await)
    };
    let (deleted, prohibited) = (upload(1).await, upload(2).await);
    for id in [&deleted, &prohibited] {
        let until = world.clock_now().plus_ms(5 * DAY_MS);
        order(&world.app, &someone(), id, "AZ 1", until).await.expect("ordered");
    }
    ada.send(Call::app("DELETE", &format!("/v1/images/{deleted}"))).send(&world).await;
    prohibit(&world.app, &prohibited, review("spam")).await.expect("decides");
    let restored = ada.form(&format!("/{deleted}/restore"), &[]).send(&world).await;
    assert_eq!(restored.status.as_u16(), 410, "{}", restored.text());
    assert_eq!(release(&world.app, &prohibited, review("an appeal")).await, Ok(Reviewed::Sealed));
    for id in [&deleted, &prohibited] {
        assert_eq!((world.state(id.as_str()).as_str(), world.held_count()), ("recovery", 0));
    }
    world.advance_ms(5 * DAY_MS);
    assert_eq!(ada.form(&format!("/{deleted}/restore"), &[]).send(&world).await.status.as_u16(), 303);
    assert_eq!(release(&world.app, &prohibited, review("an appeal")).await, Ok(Reviewed::Released { is_done: true }));
}

#[tokio::test]
async fn an_account_stays_as_long_as_a_report_about_it_is_due() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = id_of(&ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(&world).await);
    prohibit(&world.app, &id, abuse("seen")).await.expect("decides");
    ada.form("/settings/delete", &[("password", PASSWORD)]).send(&world).await;
    days(&world, 20).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1", "whose it was is still to be reported");
    authority::file(&world.app, &someone(), &id, "N 1").await.expect("files");
    days(&world, 3).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    assert_eq!(kept(&world, &id), 1, "what was reported stays");
    let record = authority::open(&world.app, &someone(), &id, "").await.expect("opens");
    assert!(record.account.is_none());
}
