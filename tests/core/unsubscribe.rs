//! Letters about what is new stop with one click, from the letter itself, and nothing else does anything with that click.

use tintype::domain::consent::Purpose;
use tintype::domain::ids::AccountId;
use tintype::usecases::consent::proof;
use tintype::usecases::unsubscribe::unsubscribe_link;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::client::{Answer, Call};
use crate::harness::people::{Person, form, sign_up_fields};
use crate::harness::{APP, World};

/// Somebody who asked for letters, and where a letter to her leads.
async fn reader(world: &World) -> (AccountId, String) {
    let person = Person::named("Ada");
    let fields = [&sign_up_fields(&person)[..], &[("consent", "product_email")]].concat();
    form("/sign-up", &fields).send(world).await;
    let account = AccountId::parse(&one(world, "SELECT id FROM accounts")).expect("an account");
    let link = unsubscribe_link(&world.app, &account).expect("a link");
    let path = link.as_str().strip_prefix(APP).expect("a page of ours").to_owned();
    (account, path)
}

async fn is_subscribed(world: &World, account: &AccountId) -> bool {
    proof(&world.app, account, Purpose::ProductEmail).await.expect("the ledger answers").is_some()
}

/// As a mail program asks when somebody clicks its button: from nowhere in particular.
fn one_click(path: &str) -> Call {
    Call::app("POST", path)
        .body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click")
        .header("cf-ipcountry", "PT")
}

#[tokio::test]
async fn promise_imp_04_letters_stop_with_one_click_of_whoever_holds_one() {
    let world = World::new();
    let (ada, path) = reader(&world).await;
    let page = Call::app("GET", &path).header("accept", "text/html").send(&world).await;
    assert!(page.text().contains("Stop them"), "{}", page.text());
    assert!(is_subscribed(&world, &ada).await, "programs that check letters follow links");
    for _ in 0..2 {
        let stopped = one_click(&path).header("origin", "https://mail.example").send(&world).await;
        assert_eq!(stopped.status.as_u16(), 200, "{}", stopped.text());
        assert!(stopped.text().contains("You get no more letters"), "{}", stopped.text());
    }
    assert!(!is_subscribed(&world, &ada).await);
    let sql = "SELECT act || ' ' || coalesce(country, '') || ' ' || surface AS entry FROM consents
               WHERE purpose = 'product_email' ORDER BY number";
    let entries: Vec<String> =
        world.sql.query(sql).iter().filter_map(|row| row["entry"].as_str().map(str::to_owned)).collect();
    assert_eq!(entries, ["granted PT sign_up", "withdrawn PT unsubscribe"], "once, and where from");
    // What the link does not do.
    let browser = world.sign_in(&Person::named("Ada")).await;
    let regranted = browser.form("/settings/consents", &[("purpose", "product_email"), ("act", "granted")]);
    assert_eq!(regranted.send(&world).await.status.as_u16(), 303);
    assert!(is_subscribed(&world, &ada).await, "who wants them again gets them again");
}

#[tokio::test]
async fn a_link_that_we_did_not_make_stops_nothing() {
    let world = World::new();
    let (ada, path) = reader(&world).await;
    let other = AccountId::from_random([9; 15]);
    let of_nobody = unsubscribe_link(&world.app, &other).expect("a link");
    let of_nobody = of_nobody.as_str().strip_prefix(APP).expect("a page of ours").to_owned();
    let changed = format!("{}0", path.get(..path.len() - 1).unwrap_or_default());
    let changed =
        if changed == path { format!("{}1", path.get(..path.len() - 1).unwrap_or_default()) } else { changed };
    for wrong in [of_nobody, changed, "/unsubscribe".into(), "/unsubscribe?token=x".into(), format!("{path}0")] {
        for call in [one_click(&wrong), Call::app("GET", &wrong)] {
            let refused = call.send(&world).await;
            assert_eq!((refused.status.as_u16(), refused.field("/code")), (410, "link-expired".into()), "{wrong}");
        }
    }
    assert!(is_subscribed(&world, &ada).await);
}

#[test]
fn stopping_letters_may_fail_at_every_call() {
    let set = || {
        let world = World::new();
        let scene = now(reader(&world));
        (world, scene)
    };
    let act = |world: &World, (_, path): &(AccountId, String)| world.attempt(one_click(path).send(world));
    let check = |world: &World, (ada, path): &(AccountId, String), answer: Option<Answer>, context: &str| {
        if answer.is_some_and(|answer| answer.status.is_success()) {
            assert!(!now(is_subscribed(world, ada)), "{context}: what was acknowledged holds");
        }
        now(one_click(path).send(world));
        assert!(!now(is_subscribed(world, ada)), "{context}: once more, and it is done");
        let entries = one(world, "SELECT count(*) FROM consents WHERE purpose = 'product_email'");
        assert_eq!(entries, "2", "{context}");
    };
    at_every_call("stopping letters", 3, set, act, check);
}
