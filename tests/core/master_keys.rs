//! Another master key: what the previous one made still works, and without it nothing is taken for erased.

use crate::accounts::{one, settings_status};
use crate::harness::World;
use crate::harness::people::{PASSWORD, Person};

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
