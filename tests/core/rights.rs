//! Rights that people use: processing that they object to stops and nothing gets worse for it; and what is asked by mail is written
//! down, reminded of, and answered in time.

use tintype::domain::consent::{Act, Purpose};
use tintype::domain::letter::{Letter, Link};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::policy::audit::find;
use tintype::policy::subject_requests::KEPT_MS;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::erasure::upload;
use crate::factors_page::add_app;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::people::{Browser, form};

const PAGE: &str = "/operate/requests";

async fn pause(world: &World, browser: &Browser, word: &str) {
    let answer = browser.form("/settings/restriction", &[("processing", word)]).send(world).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
}

/// Somebody who runs the deployment, with an app as the second factor.
pub async fn operator(world: &World) -> Browser {
    let (_, browser) = world.member("Olive").await;
    add_app(world, &browser).await;
    world.sql.query(
        "UPDATE accounts SET is_operator = 1 WHERE created_at = (SELECT max(created_at) FROM accounts) RETURNING id",
    );
    browser
}

// Restriction.

#[tokio::test]
async fn promise_imp_52_who_objects_gets_no_product_letters_and_the_state_is_recorded() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    browser.form("/settings/consents", &[("purpose", "product_email"), ("act", "granted")]).send(&world).await;
    let write = async || {
        let id = one(&world, "SELECT id FROM accounts");
        let id = tintype::domain::ids::AccountId::parse(&id).expect("an id");
        let link = || Link::try_from("https://tintype.example/unsubscribe".to_owned()).expect("an address");
        let letter =
            Letter::ProductUpdate { subject: "News".into(), paragraphs: vec![], link: None, unsubscribe_link: link() };
        let key = tintype::usecases::personal_keys::of(&world.app, &id).await.expect("a key");
        let to = tintype::domain::email::EmailAddress::parse(&ada.email).expect("an address");
        let written = tintype::usecases::write_letter::write(&world.app, &id, &key, &to, letter).expect("written");
        world.sql.with_connection(|_| ());
        let sql = &world.app.ports.sql;
        sql.batch(vec![written.statement]).await.expect("stored");
        world.run_job("send_letters").await.expect("runs");
    };
    write().await;
    assert_eq!(world.letters_to(&ada.email, "product_update"), 1, "as she allowed");
    pause(&world, &browser, "pause").await;
    assert!(browser.page("/settings").send(&world).await.text().contains("Paused since"));
    let since = one(&world, "SELECT restricted_at FROM accounts");
    world.advance_ms(HOUR_MS);
    pause(&world, &browser, "pause").await;
    assert_eq!(one(&world, "SELECT restricted_at FROM accounts"), since, "since the first time");
    write().await;
    assert_eq!(world.letters_to(&ada.email, "product_update"), 1, "it stays away");
    let latest = one(&world, "SELECT act FROM consents WHERE purpose = 'product_email' ORDER BY number DESC LIMIT 1");
    assert_eq!(
        (latest.as_str(), Act::Granted.as_str()),
        ("granted", "granted"),
        "{:?} is as it was",
        Purpose::ProductEmail
    );
    // What she needs to know, she is told.
    form("/reset", &[("email", &ada.email)]).send(&world).await;
    world.deliver_messages().await;
    assert_eq!(world.letters_to(&ada.email, "reset_password"), 1);
    pause(&world, &browser, "resume").await;
    write().await;
    assert_eq!(world.letters_to(&ada.email, "product_update"), 2);
}

#[tokio::test]
async fn promise_imp_57_nothing_gets_worse_for_who_objects() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let before = upload(&world, &browser, 1).await;
    pause(&world, &browser, "pause").await;
    let after = upload(&world, &browser, 2).await;
    for pointer in ["/retention/class", "/retention/reason", "/moderation/state", "/expires_at"] {
        assert_eq!(before.field(pointer), after.field(pointer), "{pointer}");
    }
    assert_eq!(world.view(&after.field("/url")).await.status.as_u16(), 200);
    for path in ["/gallery", "/settings/export", "/settings/keys"] {
        assert_eq!(browser.page(path).send(&world).await.status.as_u16(), 200, "{path}");
    }
}

#[tokio::test]
async fn promise_imp_52_of_who_objects_nothing_is_counted_or_logged() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let key = crate::erasure::key(&world, &browser).await;
    let ask = async || {
        Call::app("GET", "/v1/images").header("authorization", &format!("Bearer {key}")).send(&world).await;
        world.background.run_all().await;
    };
    ask().await;
    let logged =
        || one(&world, "SELECT (SELECT count(*) FROM requests) || ' ' || (SELECT sum(requests) FROM request_counts)");
    assert_eq!(logged(), "1 1");
    pause(&world, &browser, "pause").await;
    ask().await;
    assert_eq!(logged(), "1 1", "as before");
    // More than so few that nothing would be told of them anyway.
    for number in 0..12 {
        upload(&world, &browser, 100 + number).await;
    }
    world.advance_ms(2 * DAY_MS);
    world.run_job("count_statistics").await.expect("runs");
    let counted = one(&world, "SELECT coalesce(sum(count), 0) FROM statistics WHERE subject = 'uploads'");
    assert_eq!(counted, "0", "none of hers");
    pause(&world, &browser, "resume").await;
    ask().await;
    assert_eq!(logged(), "2 2");
}

// What is asked by mail.

async fn record(world: &World, browser: &Browser, law: &str, reference: &str) -> Answer {
    let day = world.clock_now().day();
    let fields = [("kind", "access"), ("channel", "email"), ("law", law), ("reference", reference), ("received", &day)];
    browser.form(PAGE, &fields).send(world).await
}

async fn step(world: &World, browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let id = one(world, "SELECT id FROM subject_requests ORDER BY due_at LIMIT 1");
    let fields = [&[("request", id.as_str())], fields].concat();
    browser.form(&format!("{PAGE}/step"), &fields).send(world).await
}

async fn page(world: &World, browser: &Browser) -> String {
    browser.page(PAGE).send(world).await.text()
}

#[tokio::test]
async fn operators_only_see_it_and_with_two_factors() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    assert_eq!(ada.page(PAGE).send(&world).await.status.as_u16(), 404, "to others it does not exist");
    let stranger = Call::app("GET", PAGE).header("accept", "text/html").send(&world).await;
    assert!(stranger.header("location").starts_with("/sign-in?next="));
    world.sql.query("UPDATE accounts SET is_operator = 1 RETURNING id");
    let refused = ada.page(PAGE).send(&world).await;
    assert_eq!((refused.status.as_u16(), refused.text().contains("two factors")), (403, true), "{}", refused.text());
    add_app(&world, &ada).await;
    assert_eq!(ada.page(PAGE).send(&world).await.status.as_u16(), 200);
}

#[tokio::test]
async fn promise_imp_56_what_is_asked_by_mail_has_its_deadline_and_operators_are_reminded() {
    let world = World::new();
    let olive = operator(&world).await;
    let sent = || world.letters_to("olive@example.org", "subject_requests_due");
    let night = async || {
        world.run_job("remind_requests").await.unwrap_or_else(|faults| panic!("{faults:?}"));
        world.deliver_messages().await;
    };
    assert_eq!(record(&world, &olive, "gdpr", "mail 17").await.status.as_u16(), 303);
    let shown = page(&world, &olive).await;
    assert!(
        shown.contains("mail 17") && shown.contains("24 December 2026, 00:00 UTC"),
        "30 days from that day: {shown}"
    );
    record(&world, &olive, "ccpa", "mail 18").await;
    assert!(page(&world, &olive).await.contains("8 January 2027, 00:00 UTC"), "45 days");
    night().await;
    assert_eq!(sent(), 0, "there is time");
    world.advance_ms(23 * DAY_MS);
    night().await;
    night().await;
    assert_eq!(sent(), 1, "once within two days");
    world.advance_ms(2 * DAY_MS);
    night().await;
    assert_eq!(sent(), 2);
    // More time, once, of which they were told.
    step(&world, &olive, &[("step", "verify")]).await;
    step(&world, &olive, &[("step", "extend")]).await;
    step(&world, &olive, &[("step", "extend")]).await;
    let due = one(&world, "SELECT due_at FROM subject_requests WHERE law = 'gdpr'");
    assert_eq!(due, (1_795_478_400_000 + 90 * DAY_MS).to_string(), "60 days more");
    let refused = step(&world, &olive, &[("step", "close"), ("outcome", "refused"), ("note", " ")]).await;
    assert_eq!(refused.status.as_u16(), 422, "who is refused is told why");
}

#[tokio::test]
async fn one_that_is_late_is_found_by_the_auditor_and_an_answered_one_is_forgotten_after_two_years() {
    let world = World::new();
    let olive = operator(&world).await;
    record(&world, &olive, "gdpr", "mail 17").await;
    let broken = || one(&world, "SELECT count(*) FROM audits WHERE rule = 'subject-requests-answered' AND broken > 0");
    world.run_job("audit_promises").await.expect("runs");
    assert_eq!(broken(), "0");
    let closed = step(&world, &olive, &[("step", "close"), ("outcome", "done"), ("note", "sent")]).await;
    assert_eq!(closed.status.as_u16(), 303, "{}", closed.text());
    record(&world, &olive, "gdpr", "mail 18").await;
    world.advance_ms(31 * DAY_MS);
    world.run_job("audit_promises").await.expect("runs");
    assert_eq!(broken(), "1", "the other is late");
    assert!(find("subject-requests-answered").is_some_and(|rule| rule.promise == Some("IMP-56")));
    let until = one(&world, "SELECT closed_at FROM subject_requests WHERE closed_at IS NOT NULL")
        .parse::<i64>()
        .expect("a time");
    world.advance_ms(until + KEPT_MS - world.clock_now().0 - 1);
    world.run_job("remind_requests").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM subject_requests"), "2");
    world.advance_ms(1);
    world.run_job("remind_requests").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM subject_requests"), "1", "the open one stays, however old");
}

#[tokio::test]
async fn what_the_form_does_not_offer_is_refused_and_changes_nothing() {
    let world = World::new();
    let olive = operator(&world).await;
    let right = [
        ("kind", "erasure"),
        ("channel", "agent"),
        ("law", "ccpa"),
        ("reference", "mail 3"),
        ("received", "2026-11-23"),
    ];
    for (name, wrong) in [
        ("kind", "nothing"),
        ("channel", "pigeon"),
        ("law", "none"),
        ("reference", " "),
        ("received", "2026-11-31"),
        ("received", "2026-11-25"),
        ("received", "2025-01-01"),
    ] {
        let fields: Vec<(&str, &str)> = right.iter().map(|(n, v)| (*n, if *n == name { wrong } else { *v })).collect();
        let refused = olive.form(PAGE, &fields).send(&world).await;
        assert_eq!(refused.status.as_u16(), 422, "{name}={wrong}");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM subject_requests"), "0");
    assert_eq!(olive.form(PAGE, &right).send(&world).await.status.as_u16(), 303);
}

#[test]
fn operators_are_reminded_once_whatever_fails() {
    let set = || {
        let world = World::new();
        let olive = now(operator(&world));
        now(record(&world, &olive, "gdpr", "mail 17"));
        world.advance_ms(25 * DAY_MS);
        (world, ())
    };
    let act = |world: &World, (): &()| {
        drop(world.attempt(world.run_job("remind_requests")));
        None
    };
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        world.advance_ms(HOUR_MS);
        for _ in 0..2 {
            now(world.run_job("remind_requests")).unwrap_or_else(|faults| panic!("{faults:?}"));
            now(world.run_job("send_letters")).unwrap_or_else(|faults| panic!("{faults:?}"));
        }
        assert_eq!(world.letters_to("olive@example.org", "subject_requests_due"), 1, "{context}");
    };
    at_every_call("reminding", 6, set, act, check);
}
