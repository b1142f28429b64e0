//! Another master key: what the previous one made still works, and without it nothing is taken for erased. A job moves all
//! of it under the current one, after which the previous one can go.

use tintype::domain::time::MINUTE_MS;
use tintype::ports::blobs::Bucket;

use crate::accounts::{one, settings_status};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person};
use crate::harness::signer::{Key, Message, Signer};

// The first is the harness's own.
const BOTH: &str = "two:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2,\
                    one:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const SECOND: &str = "two:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";

#[tokio::test]
async fn what_the_previous_master_key_made_goes_on_working() {
    let mut world = World::new();
    let (ada, browser) = world.member("Ada").await;
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    let page = browser.page("/settings").send(&world).await.text();
    assert!(page.contains(&ada.email), "the address opens");
    let kept = browser.form("/settings/profile", &[("name", "Ada L"), ("country", "")]).send(&world).await;
    assert_eq!(kept.header("location"), "/settings?done=profile", "forms of before are still of this sign-in");
    world.sign_in(&ada).await;
    world.sign_up(&ada).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1", "the address is found under the previous key");
    assert_eq!(world.letters_to(&ada.email, "already_registered"), 1);
}

#[tokio::test]
async fn nobody_takes_an_address_that_is_found_under_the_previous_master_key() {
    let mut world = World::new();
    world.member("Ada").await;
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    let (_, bob) = world.member("Bob").await;
    bob.form("/settings/email", &[("email", "ada@example.org"), ("old_password", PASSWORD)]).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("email_change_requested");
    let taken = bob.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
    assert_eq!((taken.status.as_u16(), taken.field("/code").as_str()), (409, "email-taken"));
    world.sign_in(&Person::named("Ada")).await;
    world.sign_in(&Person::named("Bob")).await;
}

#[tokio::test]
async fn a_deployment_that_lost_its_master_key_hears_of_it() {
    let mut world = World::new();
    let (_, browser) = world.member("Ada").await;
    world.redeploy(&[("MASTER_KEYS", SECOND)]);
    assert_eq!(settings_status(&world, &browser).await, 500);
    let heard = world.log.faults().iter().any(|line| line.outcome.contains("no master key opens it"));
    assert!(heard, "{:?}", world.log.faults());
    world.redeploy(&[]);
    assert_eq!(settings_status(&world, &browser).await, 200, "and nothing is lost if it comes back");
}

/// A program's key, with the secret that it signs with.
async fn signer(world: &World, browser: &Browser) -> Signer {
    let wish = r#"{"name":"a","scopes":["read","write"]}"#;
    let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(world).await;
    Signer { keyid: made.field("/id"), key: Key::Hmac(made.field("/signing_secret")) }
}

/// The status of an upload that a program signed.
async fn signed_upload(world: &World, program: &Signer, number: u64) -> u16 {
    let created_s = world.clock_now().0 / 1_000;
    let message = Message::new("POST", "/v1/images", None, &numbered_png(number));
    let nonce = format!("a-nonce-of-number-{number}");
    message.signed(program, created_s, &nonce).call().send(world).await.status.as_u16()
}

async fn rotate(world: &World) {
    for _ in 0..4 {
        world.advance_ms(MINUTE_MS);
        world.run_job("rotate_master_key").await.expect("runs");
    }
}

/// Has another master key take over.
pub fn change(world: &mut World) {
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
}

fn position(world: &World) -> String {
    one(world, "SELECT max(position) FROM job_cursors WHERE scan = 'master_key'")
}

/// What is left of the first master key, in rows and objects.
fn left(world: &World) -> usize {
    let rows = world.sql.query("SELECT id FROM accounts WHERE email_lookup LIKE 'one:%'").len();
    let keys = world.blobs.names(Bucket::Recovery).into_iter().filter(|name| name.starts_with("personal-keys/"));
    rows + keys.filter(|name| world.blobs.bytes(Bucket::Recovery, name).starts_with(b"one:")).count()
}

#[tokio::test]
async fn what_the_previous_master_key_made_is_moved_and_the_key_can_go() {
    let mut world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let (bob, _) = world.member("Bob").await;
    let program = signer(&world, &browser).await;
    assert_eq!((left(&world), position(&world).as_str()), (4, "null"));
    rotate(&world).await;
    assert_eq!((left(&world), position(&world).as_str()), (4, "null"), "with one key there is nothing to do");

    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    rotate(&world).await;
    assert_eq!((left(&world), position(&world).as_str()), (0, "two clean"));

    world.redeploy(&[("MASTER_KEYS", SECOND)]);
    for person in [&ada, &bob] {
        let browser = world.sign_in(person).await;
        let page = browser.page("/settings").send(&world).await.text();
        assert!(page.contains(&person.email) && page.contains(&person.name), "what was sealed opens");
    }
    assert_eq!(signed_upload(&world, &program, 1).await, 201, "the program signs as ever");
    world.sign_up(&ada).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "2", "and the address is taken");
}

#[tokio::test]
async fn a_link_of_before_leads_to_an_account_under_the_current_key() {
    let mut world = World::new();
    let (_, browser) = world.member("Ada").await;
    let wish = [("email", "lovelace@example.org"), ("old_password", PASSWORD)];
    browser.form("/settings/email", &wish).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("email_change_requested");
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    rotate(&world).await;
    world.redeploy(&[("MASTER_KEYS", SECOND)]);
    let browser = world.sign_in(&Person::named("Ada")).await;
    let changed = browser.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
    assert_eq!(changed.status.as_u16(), 303, "{}", changed.text());
    assert_eq!(left(&world), 0);
    world.sign_in(&Person { email: "lovelace@example.org".into(), ..Person::named("Ada") }).await;
}

#[tokio::test]
async fn an_invitation_of_before_is_accepted_after_the_previous_key_went() {
    let mut world = World::new();
    let (_, ada) = world.member("Ada").await;
    let (bob, _) = world.member("Bob").await;
    let post = |path: &str, wish: &str| ada.send(Call::app("POST", path).body("application/json", wish.to_owned()));
    let team = post("/v1/teams", r#"{"name":"Engines"}"#).send(&world).await.field("/id");
    let wish = format!(r#"{{"email":"{}","role":"editor"}}"#, bob.email);
    post(&format!("/v1/teams/{team}/invitations"), &wish).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("team_invitation");
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    rotate(&world).await;
    assert_eq!(position(&world), "two clean");
    world.redeploy(&[("MASTER_KEYS", SECOND)]);
    let bob = world.sign_in(&bob).await;
    let accepted = bob.form("/teams/invitation", &[("token", &token)]).send(&world).await;
    assert_eq!(accepted.status.as_u16(), 303, "{}", accepted.text());
}

#[tokio::test]
async fn an_erased_persons_key_does_not_come_back_and_one_that_does_not_open_is_told() {
    let mut world = World::new();
    let (_, browser) = world.member("Ada").await;
    world.member("Bob").await;
    let ada = one(&world, "SELECT account_id FROM sessions LIMIT 1");
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    world.blobs.lose(Bucket::Recovery, &format!("personal-keys/{ada}"));
    rotate(&world).await;
    assert_eq!(position(&world), "two clean");
    assert!(!world.blobs.names(Bucket::Recovery).iter().any(|name| name.ends_with(&ada)), "it stays destroyed");
    drop(browser);

    let mut world = World::new();
    world.member("Ada").await;
    world.redeploy(&[("MASTER_KEYS", &BOTH.replace("one:5a", "one:5b"))]);
    rotate(&world).await;
    assert!(!position(&world).contains("clean"), "{}", position(&world));
    assert!(world.log.faults().iter().any(|line| line.outcome.contains("no master key opens it")));
}

#[test]
fn a_rotation_may_fail_at_every_call_and_goes_on() {
    let set = || {
        let mut world = World::new();
        let (_, browser) = now(world.member("Ada"));
        let program = now(signer(&world, &browser));
        world.redeploy(&[("MASTER_KEYS", BOTH)]);
        (world, program)
    };
    let act = |world: &World, _: &Signer| -> Option<Answer> {
        drop(world.attempt(world.run_job("rotate_master_key")));
        None
    };
    let check = |world: &World, program: &Signer, _: Option<Answer>, context: &str| {
        assert_eq!(now(signed_upload(world, program, 1)), 201, "{context}: whatever is moved, nothing is out of order");
        now(world.sign_in(&Person::named("Ada")));
        world.advance_ms(10 * MINUTE_MS);
        now(rotate(world));
        assert_eq!((left(world), position(world).as_str()), (0, "two clean"), "{context}");
        assert_eq!(now(signed_upload(world, program, 2)), 201, "{context}");
    };
    at_every_call("rotating", 6, set, act, check);
}
