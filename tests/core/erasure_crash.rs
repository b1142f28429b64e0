//! Every call of what has an account erased, keeps it, brings its images back or erases it fails, dies or is repeated: nothing
//! that was acknowledged is lost, nothing is half erased for good, and nothing of an erased account comes back.

use tintype::domain::time::MINUTE_MS;
use tintype::policy::erasure::{ERASED_AFTER_MS, RETURN_AGAIN_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::erasure::{PAGE, minute, request, sweep, undo, upload};
use crate::harness::World;
use crate::harness::client::Answer;
use crate::harness::people::{Browser, PASSWORD, Person, form};

struct Scene {
    browser: Browser,
    image: String,
    url: String,
}

fn scene() -> (World, Scene) {
    let world = World::new();
    let (_, browser) = now(world.member("Ada"));
    let image = now(upload(&world, &browser, 1));
    (world, Scene { browser, image: image.field("/id"), url: image.field("/url") })
}

fn leaving() -> (World, Scene) {
    let (world, scene) = scene();
    now(request(&world, &scene.browser, &[("password", PASSWORD)]));
    (world, scene)
}

fn is_leaving(world: &World) -> bool {
    one(world, "SELECT count(*) FROM accounts WHERE erase_at IS NOT NULL") == "1"
}

fn signs_in(world: &World) -> bool {
    let ada = Person::named("Ada");
    let attempt = form("/sign-in", &[("email", &ada.email), ("password", PASSWORD)]);
    now(attempt.send(world)).status.as_u16() == 303
}

#[test]
fn an_account_is_about_to_be_erased_and_its_owner_has_the_letter_or_neither() {
    let act = |world: &World, scene: &Scene| {
        world.attempt(scene.browser.form(PAGE, &[("password", PASSWORD), ("images", "hide")]).send(world))
    };
    let check = |world: &World, scene: &Scene, answer: Option<Answer>, context: &str| {
        let leaves = is_leaving(world);
        if answer.is_some_and(|answer| answer.status.is_success()) {
            assert!(leaves, "{context}: what was acknowledged holds");
        }
        assert_eq!(one(world, "SELECT count(*) FROM erasures") == "1", leaves, "{context}: one for the other");
        assert_eq!(signs_in(world), !leaves, "{context}");
        for _ in 0..3 {
            now(minute(world));
        }
        let letters = world.letters_to("ada@example.org", "account_deletion_requested");
        assert_eq!(letters > 0, leaves, "{context}: {letters} letters");
        let is_public = now(world.view(&scene.url)).status.as_u16() == 200;
        assert_eq!(is_public, !leaves, "{context}: its picture with it");
        if leaves {
            assert_eq!(now(undo(world)).status.as_u16(), 200, "{context}");
            now(minute(world));
            assert_eq!(now(world.view(&scene.url)).status.as_u16(), 200, "{context}: and back with it");
        }
        world.assert_nothing_lost_or_leaked();
    };
    at_every_call("asking to be erased", 12, scene, act, check);
}

#[test]
fn an_account_that_stays_has_everything_back_or_can_still_be_kept() {
    let set = || {
        let (world, scene) = leaving();
        let token = world.token_in_letter("account_deletion_requested");
        (world, (scene, token))
    };
    let act = |world: &World, (_, token): &(Scene, String)| {
        world.attempt(form("/settings/delete/undo", &[("token", token)]).send(world))
    };
    let check = |world: &World, (scene, token): &(Scene, String), answer: Option<Answer>, context: &str| {
        if answer.is_some_and(|answer| answer.status.is_success()) {
            assert!(!is_leaving(world), "{context}: what was acknowledged holds");
        }
        if is_leaving(world) {
            let again = now(form("/settings/delete/undo", &[("token", token)]).send(world));
            assert_eq!(again.status.as_u16(), 200, "{context}: the link still works");
        }
        assert!(signs_in(world), "{context}");
        assert_eq!(one(world, "SELECT count(*) FROM erasures"), "0", "{context}");
        now(minute(world));
        assert_eq!(now(world.view(&scene.url)).status.as_u16(), 200, "{context}");
        world.assert_nothing_lost_or_leaked();
    };
    at_every_call("keeping an account", 3, set, act, check);
}

#[test]
fn an_image_comes_back_whole_or_is_tried_again() {
    let set = || {
        let (world, scene) = leaving();
        now(undo(&world));
        world.advance_ms(2 * MINUTE_MS);
        (world, scene)
    };
    let act = |world: &World, _: &Scene| {
        drop(world.attempt(world.run_job("return_images")));
        None
    };
    let check = |world: &World, scene: &Scene, _: Option<Answer>, context: &str| {
        world.assert_live_only_by_decision();
        world.advance_ms(RETURN_AGAIN_MS);
        for _ in 0..3 {
            now(minute(world));
        }
        assert_eq!(world.state(&scene.image), "live", "{context}");
        assert_eq!(now(world.view(&scene.url)).status.as_u16(), 200, "{context}");
        assert_eq!(one(world, "SELECT count(*) FROM leaving_images"), "0", "{context}");
        now(world.settle());
    };
    at_every_call("bringing an image back", 12, set, act, check);
}

#[test]
fn an_account_is_erased_whole_whatever_fails_on_the_way() {
    // With each step of the sweep struck in turn: removing what is public, hastening what is not, erasing the account.
    for steps_before in 0..3 {
        let set = || {
            let (world, scene) = scene();
            now(scene.browser.form("/teams", &[("name", "Engines")]).send(&world));
            world.sql.query("UPDATE accounts SET billing_customer = 'cus_1' RETURNING id");
            now(request(&world, &scene.browser, &[("password", PASSWORD), ("images", "keep")]));
            world.advance_ms(ERASED_AFTER_MS);
            for _ in 0..steps_before {
                world.advance_ms(2 * MINUTE_MS);
                now(world.run_job("erase_accounts")).expect("runs");
                now(world.run_job("reap_recovery")).expect("runs");
            }
            world.advance_ms(6 * MINUTE_MS);
            (world, scene)
        };
        let act = |world: &World, _: &Scene| {
            drop(world.attempt(world.run_job("erase_accounts")));
            None
        };
        let check = |world: &World, scene: &Scene, _: Option<Answer>, context: &str| {
            if one(world, "SELECT count(*) FROM accounts") == "0" {
                let keys = world.blobs.names(Bucket::Recovery).iter().any(|name| name.starts_with("personal-keys/"));
                assert!(!keys, "{context}: never without its key");
            }
            world.advance_ms(6 * MINUTE_MS);
            now(sweep(world));
            now(sweep(world));
            assert_eq!(one(world, "SELECT count(*) FROM accounts"), "0", "{context}");
            assert_eq!(world.state(&scene.image), "gone", "{context}");
            for table in ["sessions", "consents", "letters", "links", "team_members", "leaving_images"] {
                assert_eq!(one(world, &format!("SELECT count(*) FROM {table}")), "0", "{context}: {table}");
            }
            assert_eq!(one(world, "SELECT json_extract(counts, '$.images') FROM erasures"), "1", "{context}");
            assert_eq!(one(world, "SELECT finished_at IS NOT NULL FROM erasures"), "1", "{context}");
            assert!(!world.billing.forgotten.lock().expect("not poisoned").is_empty(), "{context}");
            assert_eq!(world.blobs.names(Bucket::Recovery), Vec::<String>::new(), "{context}");
            world.assert_nothing_lost_or_leaked();
        };
        at_every_call(&format!("erasing an account, step {steps_before}"), 6, set, act, check);
    }
}
