//! What people prove themselves with: it is accepted once, from its owner, and not guessed (promises IMP-02, I2A-01).

use tintype::domain::ids::AccountId;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use tintype::domain::totp::TotpSecret;
use tintype::error::{Error, Problem};
use tintype::policy::factors::{ATTEMPTS_DAY_MAX, ATTEMPTS_MAX, PASSKEYS_MAX};
use tintype::usecases::remove_factor::{RemovedFactor, remove_factor};
use tintype::usecases::second_factor::{SecondFactor, check_second_factor, factors_of, has_second_factor};
use tintype::usecases::{enrol_passkey, enrol_totp, personal_keys, recovery_codes, use_passkey};

use crate::harness::World;
use crate::harness::authenticator::Authenticator;
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::small_ports::SeededRng;

pub const EMAIL: &str = "ada@engine.example";

/// An account that is not erased.
pub async fn account(world: &World, seed: u8) -> AccountId {
    let id = AccountId::from_random([seed; 15]);
    personal_keys::create(&world.app, &id).await.expect("makes a key");
    id
}

/// An account with a confirmed app. The step of the confirmation is used up, so a minute passes.
pub async fn with_totp(world: &World, seed: u8) -> (AccountId, TotpSecret) {
    let account = account(world, seed).await;
    let secret = enrol_totp::begin(&world.app, &account).await.expect("begins");
    enrol_totp::confirm(&world.app, &account, &secret.code(world.clock_now())).await.expect("confirms");
    world.advance_ms(MINUTE_MS);
    (account, secret)
}

/// A passkey of an account.
pub async fn enrol(world: &World, account: &AccountId, mut authenticator: Authenticator) -> Authenticator {
    let options = enrol_passkey::begin(&world.app, account, EMAIL).await.expect("begins");
    let said = authenticator.create(&options).json();
    enrol_passkey::finish(&world.app, account, &said, " My phone\n").await.expect("finishes");
    authenticator
}

pub async fn show(world: &World, account: &AccountId, shown: SecondFactor) -> Result<(), Error> {
    check_second_factor(&world.app, account, &shown).await
}

pub fn totp(secret: &TotpSecret, world: &World) -> SecondFactor {
    SecondFactor::Totp(secret.code(world.clock_now()))
}

fn wrong() -> Result<(), Error> {
    Err(Problem::ProofWrong.into())
}

#[tokio::test]
async fn an_app_counts_once_a_code_of_it_was_seen() {
    let world = World::new();
    let account = account(&world, 1).await;
    let first = enrol_totp::begin(&world.app, &account).await.expect("begins");
    let second = enrol_totp::begin(&world.app, &account).await.expect("begins anew");
    assert_eq!(has_second_factor(&world.app, &account).await, Ok(false));
    assert_eq!(show(&world, &account, totp(&second, &world)).await, wrong(), "not confirmed yet");
    for code in [first.code(world.clock_now()), "000000".into(), String::new()] {
        assert!(enrol_totp::confirm(&world.app, &account, &code).await.is_err(), "{code}");
    }
    let code = second.code(world.clock_now());
    assert_eq!(enrol_totp::confirm(&world.app, &account, &code).await, Ok(()));
    assert_eq!(has_second_factor(&world.app, &account).await, Ok(true));
    assert_eq!(show(&world, &account, SecondFactor::Totp(code)).await, wrong(), "the first code is used up");
    assert!(enrol_totp::begin(&world.app, &account).await.is_err(), "there is one already");
    world.advance_ms(30 * SECOND_MS);
    assert_eq!(show(&world, &account, totp(&second, &world)).await, Ok(()));
}

#[tokio::test]
async fn a_code_is_accepted_once() {
    let world = World::new();
    let (account, secret) = with_totp(&world, 1).await;
    assert_eq!(show(&world, &account, totp(&secret, &world)).await, Ok(()));
    assert_eq!(show(&world, &account, totp(&secret, &world)).await, wrong());
    let earlier = SecondFactor::Totp(secret.code(world.clock_now().plus_ms(-30 * SECOND_MS)));
    assert_eq!(show(&world, &account, earlier).await, wrong(), "nor one of an earlier step");
    let (other, _) = with_totp(&world, 2).await;
    assert_eq!(show(&world, &other, totp(&secret, &world)).await, wrong(), "nor for another account");
}

#[tokio::test]
async fn of_two_who_show_the_same_at_once_one_is_let_in() {
    for seed in 0..40 {
        let world = World::with_seed(seed);
        let (account, secret) = with_totp(&world, 1).await;
        let mut authenticator = enrol(&world, &account, Authenticator::es256(1)).await;
        let codes = recovery_codes::renew(&world.app, &account).await.expect("makes codes");
        let options = use_passkey::begin_second_factor(&world.app, &account).await.expect("asks").expect("has one");
        let shown = [
            totp(&secret, &world),
            SecondFactor::Recovery(codes[0].reveal()),
            SecondFactor::Passkey(authenticator.get(&options).json()),
        ];
        for shown in shown {
            world.faults.interleave(true);
            let chance = SeededRng::new(seed);
            let attempts: Vec<BoxedOperation<'_, _>> =
                (0..3).map(|_| Box::pin(show(&world, &account, shown.clone())) as BoxedOperation<'_, _>).collect();
            let outcomes = drive(&world.faults, |running| chance.below(running as u64) as usize, attempts);
            world.faults.interleave(false);
            let let_in = outcomes.iter().filter(|outcome| **outcome == Some(Ok(()))).count();
            assert_eq!(let_in, 1, "seed {seed}: {shown:?} {outcomes:?}");
        }
    }
}

#[tokio::test]
async fn a_recovery_code_lets_in_once_and_all_go_when_new_ones_are_made() {
    let world = World::new();
    let (account, _) = with_totp(&world, 1).await;
    let codes = recovery_codes::make_first(&world.app, &account).await.expect("works").expect("there were none");
    assert_eq!(recovery_codes::make_first(&world.app, &account).await, Ok(None), "there are some");
    let typed = codes[0].reveal().to_uppercase().replace('-', " ");
    assert_eq!(show(&world, &account, SecondFactor::Recovery(typed.clone())).await, Ok(()));
    assert_eq!(show(&world, &account, SecondFactor::Recovery(typed)).await, wrong());
    let left = factors_of(&world.app, &account).await.expect("lists").codes_left;
    assert_eq!((codes.len(), left), (10, 9));
    let renewed = recovery_codes::renew(&world.app, &account).await.expect("makes codes");
    assert_eq!(show(&world, &account, SecondFactor::Recovery(codes[1].reveal())).await, wrong(), "an old one");
    let (other, _) = with_totp(&world, 2).await;
    assert_eq!(show(&world, &other, SecondFactor::Recovery(renewed[0].reveal())).await, wrong(), "not theirs");
    assert_eq!(show(&world, &account, SecondFactor::Recovery(renewed[0].reveal())).await, Ok(()));
}

#[tokio::test]
async fn after_five_wrong_codes_nothing_is_looked_at_for_a_quarter_of_an_hour() {
    let world = World::new();
    let (account, secret) = with_totp(&world, 1).await;
    for _ in 0..ATTEMPTS_MAX {
        assert_eq!(show(&world, &account, SecondFactor::Totp("000000".into())).await, wrong());
    }
    let refused = show(&world, &account, totp(&secret, &world)).await;
    let Err(Error::Problem(Problem::TooManyAttempts { retry_after_s })) = refused else { panic!("{refused:?}") };
    assert!((1..=900).contains(&retry_after_s), "{retry_after_s}");
    let (other, others) = with_totp(&world, 2).await;
    assert_eq!(show(&world, &other, totp(&others, &world)).await, Ok(()), "nobody else is kept out");
    world.advance_ms(retry_after_s * SECOND_MS);
    assert_eq!(show(&world, &account, totp(&secret, &world)).await, Ok(()));
    for _ in 0..ATTEMPTS_MAX {
        assert_eq!(show(&world, &account, SecondFactor::Totp("000000".into())).await, wrong());
    }
    let codes = recovery_codes::renew(&world.app, &account).await.expect("makes codes");
    let recovery = SecondFactor::Recovery(codes[0].reveal());
    assert_eq!(show(&world, &account, recovery).await, Ok(()), "its owner has another way in");
    assert!(world.sql.query("SELECT 1 FROM factor_attempts").is_empty(), "who has proved it starts afresh");
}

#[tokio::test]
async fn after_twenty_wrong_codes_nothing_is_looked_at_for_a_day() {
    let world = World::new();
    let (account, secret) = with_totp(&world, 1).await;
    let begun = world.clock_now();
    let mut tried = 0;
    loop {
        match show(&world, &account, SecondFactor::Totp("000000".into())).await {
            Err(Error::Problem(Problem::ProofWrong)) => tried += 1,
            Err(Error::Problem(Problem::TooManyAttempts { retry_after_s })) => {
                world.advance_ms(retry_after_s * SECOND_MS);
                if retry_after_s > 900 {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tried, ATTEMPTS_DAY_MAX);
    let waited = world.clock_now().ms_since(begun);
    assert!((DAY_MS - HOUR_MS..=DAY_MS + HOUR_MS).contains(&waited), "{waited}");
    assert_eq!(show(&world, &account, totp(&secret, &world)).await, Ok(()));
}

#[tokio::test]
async fn many_guesses_at_once_are_counted_one_by_one() {
    let world = World::new();
    let (account, _) = with_totp(&world, 1).await;
    world.faults.interleave(true);
    let chance = SeededRng::new(1);
    let guess = || show(&world, &account, SecondFactor::Totp("000000".into()));
    let guesses: Vec<BoxedOperation<'_, _>> = (0..50).map(|_| Box::pin(guess()) as BoxedOperation<'_, _>).collect();
    let outcomes = drive(&world.faults, |running| chance.below(running as u64) as usize, guesses);
    world.faults.interleave(false);
    let looked_at = outcomes.iter().filter(|outcome| **outcome == Some(wrong())).count();
    assert_eq!(looked_at as i64, ATTEMPTS_MAX);
}

#[tokio::test]
async fn a_passkey_signs_in_by_itself_and_adds_to_a_password() {
    let world = World::new();
    for (seed, authenticator) in [(1, Authenticator::es256(1)), (2, Authenticator::ed25519(2))] {
        let account = account(&world, seed).await;
        let mut authenticator = enrol(&world, &account, authenticator).await;
        assert_eq!(has_second_factor(&world.app, &account).await, Ok(true));
        let options = use_passkey::begin_sign_in(&world.app, None).await.expect("asks");
        assert_eq!((&options["rpId"], &options["userVerification"]), (&"tintype.example".into(), &"required".into()));
        let said = authenticator.get(&options).json();
        assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await, Ok(account.clone()));
        assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await.err(), wrong().err(), "once");
        let options = use_passkey::begin_second_factor(&world.app, &account).await.expect("asks").expect("has one");
        assert_eq!(options["allowCredentials"][0]["id"], authenticator.id().base64url());
        let said = authenticator.get(&options).json();
        assert_eq!(show(&world, &account, SecondFactor::Passkey(said)).await, Ok(()));
    }
    assert!(world.sql.query("SELECT 1 FROM challenges").is_empty(), "an answer takes its question away");
}

#[tokio::test]
async fn an_answer_is_one_to_its_own_question_only() {
    let world = World::new();
    let (ada, bob) = (account(&world, 1).await, account(&world, 2).await);
    let mut adas = enrol(&world, &ada, Authenticator::es256(1)).await;
    enrol(&world, &bob, Authenticator::es256(2)).await;
    let app = &world.app;
    let sign_in = || async { use_passkey::begin_sign_in(app, None).await.expect("asks") };
    let second = |account: AccountId| async move {
        use_passkey::begin_second_factor(app, &account).await.expect("asks").expect("has one")
    };
    let said = adas.get(&sign_in().await).json();
    assert_eq!(show(&world, &ada, SecondFactor::Passkey(said)).await, wrong(), "one to sign in with");
    let said = adas.get(&second(ada.clone()).await).json();
    assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await.err(), wrong().err(), "one to add");
    let said = adas.get(&second(bob.clone()).await).json();
    assert_eq!(show(&world, &bob, SecondFactor::Passkey(said)).await, wrong(), "another's passkey");
    let said = adas.get(&second(bob).await).json();
    assert_eq!(show(&world, &ada, SecondFactor::Passkey(said)).await, wrong(), "another's question");
    let late = sign_in().await;
    world.advance_ms(5 * MINUTE_MS);
    let said = adas.get(&late).json();
    assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await.err(), wrong().err(), "too late");
    let said = adas.get(&sign_in().await).json();
    assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await, Ok(ada));
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_is_refused_from_then_on_and_its_owner_told() {
    let world = World::new();
    let account = account(&world, 1).await;
    let mut authenticator = enrol(&world, &account, Authenticator::es256(1)).await;
    let mut copy = authenticator.clone();
    for _ in 0..2 {
        let options = use_passkey::begin_sign_in(&world.app, None).await.expect("asks");
        let said = authenticator.get(&options).json();
        assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await, Ok(account.clone()));
    }
    for authenticator in [&mut copy, &mut authenticator] {
        let options = use_passkey::begin_sign_in(&world.app, None).await.expect("asks");
        let said = authenticator.get(&options).json();
        assert_eq!(use_passkey::finish_sign_in(&world.app, &said).await.err(), wrong().err());
    }
    let shown = factors_of(&world.app, &account).await.expect("lists").passkeys;
    assert!(shown[0].flagged_at.is_some());
    assert_eq!(has_second_factor(&world.app, &account).await, Ok(true), "a copy does not take the second factor away");
}

#[tokio::test]
async fn a_passkey_belongs_to_one_account_and_an_account_has_not_too_many() {
    let world = World::new();
    let (ada, bob) = (account(&world, 1).await, account(&world, 2).await);
    let mut adas = enrol(&world, &ada, Authenticator::es256(1)).await;
    let options = enrol_passkey::begin(&world.app, &bob, EMAIL).await.expect("begins");
    let taken = enrol_passkey::finish(&world.app, &bob, &adas.create(&options).json(), "").await;
    assert!(matches!(taken, Err(Error::Problem(Problem::InvalidField { field: "passkey", .. }))), "{taken:?}");
    for seed in 2..=u8::try_from(PASSKEYS_MAX).expect("few") {
        enrol(&world, &ada, Authenticator::es256(seed)).await;
    }
    let options = enrol_passkey::begin(&world.app, &ada, EMAIL).await.expect("begins");
    assert_eq!(options["excludeCredentials"].as_array().map(Vec::len), usize::try_from(PASSKEYS_MAX).ok());
    let more = Authenticator::es256(200).create(&options).json();
    let refused = enrol_passkey::finish(&world.app, &ada, &more, "").await;
    assert!(matches!(refused, Err(Error::Problem(Problem::InvalidField { field: "passkey", .. }))), "{refused:?}");
}

#[tokio::test]
async fn with_the_last_factor_the_recovery_codes_go() {
    let world = World::new();
    let (account, _) = with_totp(&world, 1).await;
    enrol(&world, &account, Authenticator::es256(1)).await;
    recovery_codes::make_first(&world.app, &account).await.expect("works");
    let handle = factors_of(&world.app, &account).await.expect("lists").passkeys[0].handle.clone();
    let (other, _) = with_totp(&world, 2).await;
    remove_factor(&world.app, &other, &RemovedFactor::Passkey(handle.clone())).await.expect("works");
    assert_eq!(factors_of(&world.app, &account).await.expect("lists").passkeys.len(), 1, "not another's to remove");
    for (factor, codes_left) in [(RemovedFactor::Totp, 10), (RemovedFactor::Passkey(handle), 0)] {
        remove_factor(&world.app, &account, &factor).await.expect("works");
        assert_eq!(factors_of(&world.app, &account).await.expect("lists").codes_left, codes_left);
    }
    assert_eq!(has_second_factor(&world.app, &account).await, Ok(false));
    assert!(recovery_codes::renew(&world.app, &account).await.is_err(), "there is nothing to recover");
}

#[tokio::test]
async fn promise_imp_02_no_secret_rests_in_words() {
    let world = World::new();
    let (account, secret) = with_totp(&world, 1).await;
    let authenticator = enrol(&world, &account, Authenticator::es256(1)).await;
    let codes = recovery_codes::make_first(&world.app, &account).await.expect("works").expect("there were none");
    let asked = use_passkey::begin_sign_in(&world.app, None).await.expect("asks");
    let tables = ["totp_factors", "passkeys", "recovery_codes", "challenges", "factor_attempts"];
    let rest: String = tables.map(|table| format!("{:?}", world.sql.query(&format!("SELECT * FROM {table}")))).concat();
    let challenge = asked["challenge"].as_str().expect("text").to_owned();
    let code = codes[0].reveal();
    for secret in [secret.base32(), code.replace('-', ""), code, challenge, authenticator.id().base64url()] {
        assert!(!rest.contains(&secret), "{secret} in {rest}");
    }
    assert!(!rest.contains("My phone"), "what its owner calls it is nobody's business");
}

#[tokio::test]
async fn what_was_never_finished_is_forgotten() {
    let world = World::new();
    let account = account(&world, 1).await;
    enrol_totp::begin(&world.app, &account).await.expect("begins");
    use_passkey::begin_sign_in(&world.app, None).await.expect("asks");
    drop(show(&world, &account, SecondFactor::Totp("000000".into())).await);
    let left = || {
        ["totp_factors", "challenges", "factor_attempts"]
            .map(|table| world.sql.query(&format!("SELECT 1 FROM {table}")).len())
    };
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(left(), [1, 1, 1]);
    world.advance_ms(HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(left(), [0, 0, 1]);
    world.advance_ms(DAY_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(left(), [0, 0, 0]);
}
