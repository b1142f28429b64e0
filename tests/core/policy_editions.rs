//! The policy changes: whom it affects is told once, by letter and in the app, and nobody else is.

use tintype::policy::editions::{LATEST, TOLD_MAX};

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::people::{Browser, PASSWORD, Person};

const JOB: &str = "announce_policy";

async fn announce(world: &World) {
    world.run_job(JOB).await.unwrap_or_else(|faults| panic!("{faults:?}"));
    world.deliver_messages().await;
}

/// As if everybody had come before the latest edition.
fn rewind(world: &World) {
    world
        .sql
        .query(&format!("UPDATE accounts SET policy_told = {0}, policy_seen = {0} RETURNING id", LATEST.number - 1));
}

async fn has_notice(world: &World, browser: &Browser) -> bool {
    let settings = browser.page("/settings").send(world).await.text();
    let gallery = browser.page("/gallery").send(world).await.text();
    let has = |page: &str| page.contains("The policy changes");
    assert_eq!(has(&settings), has(&gallery), "on both");
    has(&settings)
}

#[tokio::test]
async fn promise_imp_55_who_is_affected_is_told_once_by_letter_and_in_the_app_until_they_have_seen_it() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    announce(&world).await;
    assert_eq!(world.letters_to(&ada.email, "policy_changed"), 0, "who comes with an edition knows it");
    assert!(!has_notice(&world, &browser).await);
    rewind(&world);
    let (bob, bobs) = world.member("Bob").await;
    for _ in 0..3 {
        announce(&world).await;
    }
    assert_eq!(world.letters_to(&ada.email, "policy_changed"), 1);
    assert_eq!(world.letters_to(&bob.email, "policy_changed"), 0);
    assert!(has_notice(&world, &browser).await && !has_notice(&world, &bobs).await);
    assert!(has_notice(&world, &browser).await, "looking is not yet having seen");
    let seen = browser.form("/settings/policy/seen", &[]).send(&world).await;
    assert_eq!((seen.status.as_u16(), seen.header("location")), (303, "/settings"));
    assert!(!has_notice(&world, &browser).await);
    announce(&world).await;
    assert_eq!(world.letters_to(&ada.email, "policy_changed"), 1, "once");
    let page = browser.page("/privacy").send(&world).await.text();
    assert!(page.contains(&format!("Edition of {}", LATEST.date)), "the policy carries its date");
}

#[tokio::test]
async fn one_run_tells_so_many_and_the_next_goes_on() {
    let world = World::new();
    let more = usize::try_from(TOLD_MAX).expect("fits") + 3;
    for number in 0..more {
        world.sign_up(&Person::named(&format!("P{number}"))).await;
        world.advance_ms(3_600_000);
    }
    rewind(&world);
    announce(&world).await;
    let told = format!("SELECT count(*) FROM accounts WHERE policy_told = {}", LATEST.number);
    assert_eq!(one(&world, &told), TOLD_MAX.to_string());
    announce(&world).await;
    assert_eq!(one(&world, &told), more.to_string());
}

#[tokio::test]
async fn who_is_about_to_be_erased_is_told_if_they_stay() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    rewind(&world);
    crate::erasure::request(&world, &browser, &[("password", PASSWORD)]).await;
    announce(&world).await;
    assert_eq!(world.letters_to(&ada.email, "policy_changed"), 0);
    crate::erasure::undo(&world).await;
    announce(&world).await;
    assert_eq!(world.letters_to(&ada.email, "policy_changed"), 1);
}

#[test]
fn nobody_is_told_twice_or_not_at_all_whatever_fails() {
    let set = || {
        let world = World::new();
        now(world.member("Ada"));
        now(world.member("Bob"));
        rewind(&world);
        (world, ())
    };
    let act = |world: &World, (): &()| {
        drop(world.attempt(world.run_job(JOB)));
        None
    };
    let check = |world: &World, (): &(), _: Option<_>, context: &str| {
        world.advance_ms(10 * 60_000);
        now(announce(world));
        now(world.run_job("send_letters")).unwrap_or_else(|faults| panic!("{faults:?}"));
        for name in ["ada", "bob"] {
            let letters = world.letters_to(&format!("{name}@example.org"), "policy_changed");
            assert_eq!(letters, 1, "{context}: {name}");
        }
    };
    at_every_call("telling of the policy", 8, set, act, check);
}
