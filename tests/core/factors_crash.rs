//! Every port call of everything that makes or uses a factor fails, dies or is repeated, one at a time. Whatever happens,
//! nobody is let in who should not be, and nobody is locked out who tries again.

use serde_json::Value;
use tintype::domain::ids::AccountId;
use tintype::domain::time::MINUTE_MS;
use tintype::domain::totp::TotpSecret;
use tintype::usecases::remove_factor::{RemovedFactor, remove_factor};
use tintype::usecases::second_factor::{SecondFactor, factors_of, has_second_factor};
use tintype::usecases::{enrol_passkey, enrol_totp, recovery_codes, use_passkey};

use crate::crash_every_call::{at_every_call, now};
use crate::factors::{EMAIL, account, enrol, show, totp, with_totp};
use crate::harness::World;
use crate::harness::authenticator::Authenticator;

#[test]
fn an_app_may_fail_at_every_call_of_its_enrolment_and_is_enrolled_by_trying_again() {
    let set = || {
        let world = World::new();
        let account = now(account(&world, 1));
        let secret = now(enrol_totp::begin(&world.app, &account)).expect("begins");
        (world, (account, secret))
    };
    let act = |world: &World, (account, secret): &(AccountId, TotpSecret)| {
        drop(world.attempt(enrol_totp::confirm(&world.app, account, &secret.code(world.clock_now()))));
        None
    };
    let check = |world: &World, (account, secret): &(AccountId, TotpSecret), _, context: &str| {
        if !now(has_second_factor(&world.app, account)).expect("works") {
            let code = secret.code(world.clock_now());
            assert_eq!(now(enrol_totp::confirm(&world.app, account, &code)), Ok(()), "{context}");
        }
        world.advance_ms(MINUTE_MS);
        assert_eq!(now(show(world, account, totp(secret, world))), Ok(()), "{context}");
    };
    at_every_call("confirm an app", 3, set, act, check);
    let set = || {
        let world = World::new();
        let account = now(account(&world, 1));
        (world, account)
    };
    let act = |world: &World, account: &AccountId| {
        drop(world.attempt(enrol_totp::begin(&world.app, account)));
        None
    };
    let check = |world: &World, account: &AccountId, _, context: &str| {
        assert_eq!(now(has_second_factor(&world.app, account)), Ok(false), "{context}");
        let secret = now(enrol_totp::begin(&world.app, account)).expect("begins");
        let confirmed = now(enrol_totp::confirm(&world.app, account, &secret.code(world.clock_now())));
        assert_eq!(confirmed, Ok(()), "{context}");
    };
    at_every_call("begin an app", 2, set, act, check);
}

#[test]
fn a_second_factor_may_fail_at_every_call_and_is_shown_again() {
    type Scene = (AccountId, TotpSecret, Vec<String>);
    let set = || {
        let world = World::new();
        let (account, secret) = now(with_totp(&world, 1));
        let codes = now(recovery_codes::renew(&world.app, &account)).expect("makes codes");
        (world, (account, secret, codes.iter().map(|code| code.reveal()).collect()))
    };
    for uses_code in [false, true] {
        let shown = |world: &World, (_, secret, codes): &Scene, number: usize| {
            if uses_code { SecondFactor::Recovery(codes[number].clone()) } else { totp(secret, world) }
        };
        let act = |world: &World, scene: &Scene| {
            drop(world.attempt(show(world, &scene.0, shown(world, scene, 0))));
            None
        };
        let check = |world: &World, scene: &Scene, _, context: &str| {
            // It lets in now, unless it was used up before; not a third time; and the next one does in any case.
            drop(now(show(world, &scene.0, shown(world, scene, 0))));
            let left = now(factors_of(&world.app, &scene.0)).expect("lists").codes_left;
            assert_eq!(left, if uses_code { 9 } else { 10 }, "{context}");
            assert!(now(show(world, &scene.0, shown(world, scene, 0))).is_err(), "{context}: used up");
            world.advance_ms(MINUTE_MS);
            assert_eq!(now(show(world, &scene.0, shown(world, scene, 1))), Ok(()), "{context}");
        };
        at_every_call("show a factor", if uses_code { 2 } else { 5 }, set, act, check);
    }
}

#[test]
fn a_passkey_may_fail_at_every_call_and_nothing_is_left_that_cannot_be_used() {
    let set = || {
        let world = World::new();
        let account = now(account(&world, 1));
        let options = now(enrol_passkey::begin(&world.app, &account, EMAIL)).expect("begins");
        (world, (account, options))
    };
    let act = |world: &World, (account, options): &(AccountId, Value)| {
        let said = Authenticator::es256(1).create(options).json();
        drop(world.attempt(enrol_passkey::finish(&world.app, account, &said, "Phone")));
        None
    };
    let check = |world: &World, (account, options): &(AccountId, Value), _, context: &str| {
        let mut authenticator = Authenticator::es256(1);
        if now(has_second_factor(&world.app, account)).expect("works") {
            authenticator.create(options);
        } else {
            authenticator = now(enrol(world, account, authenticator));
        }
        assert_eq!(now(factors_of(&world.app, account)).expect("lists").passkeys.len(), 1, "{context}");
        let options = now(use_passkey::begin_sign_in(&world.app, None)).expect("asks");
        let said = authenticator.get(&options).json();
        assert_eq!(now(use_passkey::finish_sign_in(&world.app, &said)), Ok(account.clone()), "{context}");
    };
    at_every_call("add a passkey", 3, set, act, check);
}

#[test]
fn a_sign_in_by_passkey_may_fail_at_every_call_and_the_next_works() {
    let set = || {
        let world = World::new();
        let account = now(account(&world, 1));
        let mut authenticator = now(enrol(&world, &account, Authenticator::es256(1)));
        let options = now(use_passkey::begin_sign_in(&world.app, None)).expect("asks");
        let said = authenticator.get(&options).json();
        (world, (account, authenticator, said))
    };
    type Scene = (AccountId, Authenticator, String);
    let act = |world: &World, (_, _, said): &Scene| {
        drop(world.attempt(use_passkey::finish_sign_in(&world.app, said)));
        None
    };
    let check = |world: &World, (account, authenticator, _): &Scene, _, context: &str| {
        let options = now(use_passkey::begin_sign_in(&world.app, None)).expect("asks");
        let said = authenticator.clone().get(&options).json();
        assert_eq!(now(use_passkey::finish_sign_in(&world.app, &said)), Ok(account.clone()), "{context}");
    };
    at_every_call("sign in by passkey", 3, set, act, check);
}

#[test]
fn removing_and_renewing_may_fail_at_every_call_and_are_done_again() {
    let set = || {
        let world = World::new();
        let (account, _) = now(with_totp(&world, 1));
        now(recovery_codes::make_first(&world.app, &account)).expect("works");
        (world, account)
    };
    let renew = |world: &World, account: &AccountId| {
        drop(world.attempt(recovery_codes::renew(&world.app, account)));
        None
    };
    let check = |world: &World, account: &AccountId, _, context: &str| {
        assert_eq!(now(factors_of(&world.app, account)).expect("lists").codes_left, 10, "{context}");
        let codes = now(recovery_codes::renew(&world.app, account)).expect("renews");
        let shown = SecondFactor::Recovery(codes[0].reveal());
        assert_eq!(now(show(world, account, shown)), Ok(()), "{context}");
    };
    at_every_call("renew codes", 1, set, renew, check);
    let remove = |world: &World, account: &AccountId| {
        drop(world.attempt(remove_factor(&world.app, account, &RemovedFactor::Totp)));
        None
    };
    let check = |world: &World, account: &AccountId, _, context: &str| {
        let left = now(factors_of(&world.app, account)).expect("lists");
        assert_eq!(left.totp.is_some(), left.codes_left == 10, "{context}: both or neither");
        now(remove_factor(&world.app, account, &RemovedFactor::Totp)).expect("removes");
        assert_eq!(now(has_second_factor(&world.app, account)), Ok(false), "{context}");
    };
    at_every_call("remove an app", 1, set, remove, check);
}
