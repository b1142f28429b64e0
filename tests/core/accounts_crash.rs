//! Every call of what makes an account or opens it again fails, dies or is repeated: there is an account, whole, or none,
//! and its owner gets in.

use tintype::domain::time::{HOUR_MS, MINUTE_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::{OTHER_PASSWORD, one};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, form, sign_up_fields};
use crate::harness::{IMAGES, World};

/// A minute passes, with the queue and the job that sends letters.
fn minute(world: &World) {
    world.advance_ms(MINUTE_MS);
    now(world.deliver_messages());
    now(world.run_job("send_letters")).expect("runs");
}

fn signs_in(world: &World, person: &Person, password: &str) -> bool {
    let attempt = form("/sign-in", &[("email", &person.email), ("password", password)]);
    now(attempt.send(world)).status.as_u16() == 303
}

#[test]
fn an_account_is_made_whole_or_not_at_all() {
    let ada = Person::named("Ada");
    let act = |world: &World, (): &()| world.attempt(form("/sign-up", &sign_up_fields(&ada)).send(world));
    let check = |world: &World, (): &(), answer: Option<Answer>, context: &str| {
        let made = one(world, "SELECT count(*) FROM accounts");
        if answer.is_some_and(|answer| answer.status.is_success()) {
            assert_eq!(made, "1", "{context}: what was acknowledged is there");
        }
        for _ in 0..3 {
            minute(world);
        }
        if made == "1" {
            assert!(world.letters_to(&ada.email, "verify_email") > 0, "{context}: its letter was sent");
            assert_eq!(world.letters_to(&ada.email, "already_registered"), 0, "{context}: and no other");
            assert_eq!(one(world, "SELECT count(*) FROM consents"), "4", "{context}");
            assert!(signs_in(world, &ada, PASSWORD), "{context}");
        }
        // Whoever got no answer tries again, and has an account then.
        now(world.sign_up(&ada));
        assert_eq!(one(world, "SELECT count(*) FROM accounts"), "1", "{context}");
        assert!(signs_in(world, &ada, PASSWORD), "{context}");
        world.advance_ms(HOUR_MS);
        now(world.run_job("reconcile_keys")).expect("runs");
        let keys = world.blobs.names(Bucket::Recovery).iter().filter(|name| name.starts_with("personal-keys/")).count();
        assert_eq!(keys, 1, "{context}: no key of nobody");
    };
    at_every_call("signing up", 5, || (World::new(), ()), act, check);
}

#[test]
fn a_new_password_is_set_or_the_old_one_stays() {
    let ada = Person::named("Ada");
    let set = || {
        let world = World::new();
        now(world.member("Ada"));
        now(form("/reset", &[("email", &ada.email)]).send(&world));
        now(world.deliver_messages());
        let token = world.token_in_letter("reset_password");
        (world, token)
    };
    let act = |world: &World, token: &String| {
        world.attempt(form("/reset/password", &[("token", token), ("password", OTHER_PASSWORD)]).send(world))
    };
    let check = |world: &World, _: &String, answer: Option<Answer>, context: &str| {
        let (old, new) = (signs_in(world, &ada, PASSWORD), signs_in(world, &ada, OTHER_PASSWORD));
        assert!(old != new, "{context}: one password, {old} {new}");
        if answer.is_some_and(|answer| answer.status.as_u16() == 303) {
            assert!(new, "{context}: what was acknowledged holds");
        }
        now(form("/reset", &[("email", &ada.email)]).send(world));
        minute(world);
        let token = world.token_in_letter("reset_password");
        let again = now(form("/reset/password", &[("token", &token), ("password", PASSWORD)]).send(world));
        assert_eq!(again.status.as_u16(), 303, "{context}: another letter gets its owner in");
    };
    at_every_call("resetting", 6, set, act, check);
}

#[test]
fn an_address_is_proved_whole_and_what_was_uploaded_before_stays_with_it() {
    let ada = Person::named("Ada");
    let set = || {
        let world = World::new();
        now(world.sign_up(&ada));
        let browser = now(world.sign_in(&ada));
        let upload = Call::app("POST", "/v1/images").body("image/png", numbered_png(1));
        let image = now(browser.send(upload).send(&world)).field("/id");
        let token = world.token_in_letter("verify_email");
        (world, (browser, image, token))
    };
    let act = |world: &World, (browser, _, token): &(Browser, String, String)| {
        world.attempt(browser.form("/verify", &[("token", token)]).send(world))
    };
    let check = |world: &World, scene: &(Browser, String, String), answer: Option<Answer>, context: &str| {
        let (browser, image, token) = scene;
        let (proved, kept) = (
            one(world, "SELECT count(*) FROM accounts WHERE verified_at IS NOT NULL"),
            one(world, "SELECT count(*) FROM images WHERE expires_at IS NULL"),
        );
        assert_eq!(proved, kept, "{context}: both or neither");
        if answer.is_some_and(|answer| answer.status.as_u16() == 303) {
            assert_eq!(proved, "1", "{context}: what was acknowledged holds");
        }
        now(browser.form("/verify", &[("token", token)]).send(world));
        assert_eq!(one(world, "SELECT count(*) FROM accounts WHERE verified_at IS NOT NULL"), "1", "{context}");
        minute(world);
        now(world.run_job("judge_held")).expect("runs");
        world.advance_ms(300 * 24 * HOUR_MS);
        assert_eq!(now(world.view(&format!("{IMAGES}/{image}.png"))).status.as_u16(), 200, "{context}: it stays");
    };
    at_every_call("proving an address", 4, set, act, check);
}

#[test]
fn an_address_is_changed_and_its_old_owner_told_or_neither() {
    let (ada, new) = (Person::named("Ada"), Person { email: "lovelace@example.org".into(), ..Person::named("Ada") });
    let set = || {
        let world = World::new();
        let (_, browser) = now(world.member("Ada"));
        let wish = [("email", new.email.as_str()), ("old_password", PASSWORD)];
        now(browser.form("/settings/email", &wish).send(&world));
        now(world.deliver_messages());
        let token = world.token_in_letter("email_change_requested");
        (world, (browser, token))
    };
    let act = |world: &World, (browser, token): &(Browser, String)| {
        world.attempt(browser.form("/settings/email/confirm", &[("token", token)]).send(world))
    };
    let check = |world: &World, (browser, _): &(Browser, String), answer: Option<Answer>, context: &str| {
        let (old_opens, new_opens) = (signs_in(world, &ada, PASSWORD), signs_in(world, &new, PASSWORD));
        assert!(old_opens != new_opens, "{context}: one address, {old_opens} {new_opens}");
        if answer.is_some_and(|answer| answer.status.as_u16() == 303) {
            assert!(new_opens, "{context}: what was acknowledged holds");
        }
        for _ in 0..3 {
            minute(world);
        }
        assert_eq!(
            world.letters_to(&ada.email, "email_changed") > 0,
            new_opens,
            "{context}: told, and not for nothing"
        );
        if old_opens {
            // The link may be used up by an attempt that died: another letter brings another.
            let wish = [("email", new.email.as_str()), ("old_password", PASSWORD)];
            now(browser.form("/settings/email", &wish).send(world));
            minute(world);
            let token = world.token_in_letter("email_change_requested");
            now(browser.form("/settings/email/confirm", &[("token", &token)]).send(world));
            assert!(signs_in(world, &new, PASSWORD), "{context}: the second time it is");
        }
    };
    at_every_call("changing an address", 8, set, act, check);
}
