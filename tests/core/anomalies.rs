//! What is unusual is answered by rules that anybody can read: somebody is slowed, shows to be a person, or operators are told;
//! nobody is shut out, and nothing is let through because something of ours failed (promise SHO-05).

use tintype::domain::hex;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::policy::anomalies::{RULES, find};

use crate::accounts::{OTHER_PASSWORD, one};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, form};

const TURNSTILE: [(&str, &str); 2] = [("TURNSTILE_SITE_KEY", "1x0-site"), ("TURNSTILE_SECRET_KEY", "1x0-secret")];
const PLACE: &str = "198.51.100.7";
const ELSEWHERE: &str = "192.0.2.9";

fn guess(n: usize, place: &str) -> Call {
    form("/sign-in", &[("email", &format!("nobody{n}@example.org")), ("password", OTHER_PASSWORD)])
        .header("cf-connecting-ip", place)
}

/// Guesses passwords of as many people as the rule takes for nothing unusual.
async fn guess_until_unusual(world: &World, place: &str) {
    let fires_at = find("failed-sign-ins-from-a-place").expect("a rule").fires_at;
    for n in 0..usize::try_from(fires_at).expect("a few") {
        assert_eq!(guess(n, place).send(world).await.status.as_u16(), 401, "{n}");
    }
}

fn upload(n: u64, place: &str) -> Call {
    Call::app("POST", "/v1/images").body("image/png", numbered_png(n)).header("cf-connecting-ip", place)
}

/// Has as many pictures refused as the rule takes for nothing unusual, sent as `send` does.
async fn refused_until_unusual(world: &World, first: u64, send: impl Fn(Call) -> Call) {
    for n in first..first + 5 {
        world.list(HashKind::Sha256, &hex::sha256(&numbered_png(n)), Category::Operator);
        let answer = send(upload(n, PLACE)).send(world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code").as_str()), (422, "content-prohibited"));
    }
}

fn solved(world: &World, tokens: &[&str]) {
    *world.challenge.solved.lock().expect("not poisoned") =
        Some(tokens.iter().map(|&token| token.to_owned()).collect());
}

fn show(token: &str, place: &str) -> Call {
    form("/challenge", &[("next", "/sign-in"), ("cf-turnstile-response", token)]).header("cf-connecting-ip", place)
}

// Who is slowed.

#[tokio::test]
async fn promise_sho_05_who_guesses_is_let_through_one_at_a_time_and_their_neighbours_and_victims_as_before() {
    let world = World::new();
    let (ada, _) = world.member("Ada").await;
    guess_until_unusual(&world, PLACE).await;
    assert_eq!(guess(90, PLACE).send(&world).await.status.as_u16(), 401, "one");
    let slowed = guess(91, PLACE).send(&world).await;
    assert_eq!((slowed.status.as_u16(), slowed.header("retry-after")), (429, "61"), "and no other within a minute");
    let right = [("email", ada.email.as_str()), ("password", PASSWORD)];
    let elsewhere = form("/sign-in", &right).header("cf-connecting-ip", ELSEWHERE).send(&world).await;
    assert_eq!(elsewhere.status.as_u16(), 303, "from elsewhere nothing has changed");
    world.advance_ms(MINUTE_MS);
    let here = form("/sign-in", &right).header("cf-connecting-ip", PLACE).send(&world).await;
    assert_eq!(here.status.as_u16(), 303, "whoever waits gets in");
    world.advance_ms(HOUR_MS);
    for n in 0..3 {
        assert_eq!(guess(n, PLACE).send(&world).await.status.as_u16(), 401, "forgotten with its hour");
    }
}

#[tokio::test]
async fn promise_sho_05_who_tries_what_gets_through_is_slowed_and_an_account_only_by_its_own_uploads() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    refused_until_unusual(&world, 1, |call| call).await;
    assert_eq!(upload(11, PLACE).send(&world).await.status.as_u16(), 201, "one");
    let slowed = upload(12, PLACE).send(&world).await;
    assert_eq!((slowed.status.as_u16(), slowed.field("/code").as_str()), (429, "too-many-attempts"));
    assert_eq!(slowed.header("retry-after"), "601");
    assert_eq!(upload(13, ELSEWHERE).send(&world).await.status.as_u16(), 201);
    for n in 14..17 {
        assert_eq!(ada.send(upload(n, PLACE)).send(&world).await.status.as_u16(), 201, "a neighbour who signs in");
    }
    // With tickets of hers, strangers do her no harm.
    let made = ada.send(Call::app("POST", "/v1/tickets").body("application/json", r#"{"uses":9}"#)).send(&world).await;
    let field = format!("Ticket {}", made.field("/ticket"));
    let with_ticket = |call: Call| call.header("authorization", &field).header("cf-connecting-ip", ELSEWHERE);
    for n in 1..=5 {
        let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(n));
        let refused = with_ticket(call).send(&world).await;
        assert_eq!(refused.field("/code"), "content-prohibited", "{}", refused.text());
    }
    let bring = async |n| {
        let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(n));
        with_ticket(call).send(&world).await.status.as_u16()
    };
    assert_eq!((bring(51).await, bring(52).await), (201, 429), "whoever brings them is slowed");
    assert_eq!(upload(53, ELSEWHERE).send(&world).await.status.as_u16(), 201, "and only with tickets");
    for n in 20..23 {
        assert_eq!(ada.send(upload(n, PLACE)).send(&world).await.status.as_u16(), 201);
    }
    refused_until_unusual(&world, 41, |call| ada.send(call)).await;
    let statuses = [ada.send(upload(31, ELSEWHERE)), ada.send(upload(32, ELSEWHERE))];
    let mut seen = Vec::new();
    for call in statuses {
        seen.push(call.send(&world).await.status.as_u16());
    }
    assert_eq!(seen, [201, 429], "her own do, wherever she is");
    world.advance_ms(10 * MINUTE_MS);
    assert_eq!(ada.send(upload(33, PLACE)).send(&world).await.status.as_u16(), 201);
}

#[tokio::test]
async fn a_place_that_uploads_all_day_keeps_its_allowance_at_an_even_pace() {
    let world = World::new();
    let mut n = 100;
    let mut day = Vec::new();
    // From 12:00 on: three hours' allowances at once each, and what goes on afterwards.
    for _ in 0..3 {
        for _ in 0..20 {
            n += 1;
            day.push(upload(n, PLACE).send(&world).await.status.as_u16());
        }
        world.advance_ms(HOUR_MS);
    }
    assert!(day.iter().all(|status| *status == 201), "{day:?}");
    let mut taken = 0;
    for _ in 0..40 {
        n += 1;
        taken += usize::from(upload(n, PLACE).send(&world).await.status.as_u16() == 201);
        assert_eq!(upload(n, PLACE).send(&world).await.status.as_u16(), 429);
        world.advance_ms(3 * MINUTE_MS);
    }
    assert_eq!(taken, 40, "the day's hundred");
    n += 1;
    assert_eq!(upload(n, PLACE).send(&world).await.field("/code"), "rate-limited");
}

// Who shows to be a person.

#[tokio::test]
async fn whoever_shows_to_be_a_person_is_counted_afresh() {
    let world = World::with(1, &TURNSTILE);
    guess_until_unusual(&world, PLACE).await;
    guess(90, PLACE).send(&world).await;
    let asked = guess(91, PLACE).header("accept", "text/html").send(&world).await;
    assert_eq!(asked.status.as_u16(), 429);
    assert!(asked.text().contains("href=\"/challenge\""), "{}", asked.text());
    let program = guess(91, PLACE).send(&world).await;
    let told = |pointer: &str| program.field(pointer);
    assert_eq!(
        [told("/code"), told("/action/type"), told("/action/url")],
        ["challenge-needed", "verify", "https://tintype.example/challenge"]
    );
    let page = Call::app("GET", "/challenge?next=%2Fsign-in").send(&world).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains(
            "script-src 'self' https://challenges.cloudflare.com; frame-src https://challenges.cloudflare.com;"
        )
    );
    assert!(page.text().contains("data-sitekey=\"1x0-site\"") && !page.text().contains("1x0-secret"));
    assert!(!Call::app("GET", "/sign-in").send(&world).await.header("content-security-policy").contains("cloudflare"));
    solved(&world, &["right"]);
    assert_eq!(show("wrong", PLACE).send(&world).await.status.as_u16(), 403);
    assert_eq!(show("", PLACE).send(&world).await.status.as_u16(), 403);
    assert_eq!(guess(92, PLACE).send(&world).await.status.as_u16(), 429, "nothing has changed");
    let shown = show("right", PLACE).send(&world).await;
    assert_eq!((shown.status.as_u16(), shown.header("location")), (303, "/sign-in"));
    for n in 0..10 {
        assert_eq!(guess(n, PLACE).send(&world).await.status.as_u16(), 401, "{n}");
    }
    assert_eq!(show("right", PLACE).send(&world).await.status.as_u16(), 403, "once");
    let asked = world.challenge.asked.lock().expect("not poisoned").clone();
    assert_eq!(asked, ["wrong", "right", "right"], "what is no token is asked of nobody");
}

#[tokio::test]
async fn a_challenge_does_not_lift_what_it_is_not_for() {
    let world = World::with(1, &TURNSTILE);
    refused_until_unusual(&world, 1, |call| call).await;
    assert_eq!(upload(11, PLACE).send(&world).await.status.as_u16(), 201);
    solved(&world, &["right"]);
    assert_eq!(show("right", PLACE).send(&world).await.status.as_u16(), 303);
    assert_eq!(upload(12, PLACE).send(&world).await.field("/code"), "too-many-attempts");
}

#[tokio::test]
async fn without_an_answer_nobody_is_taken_for_a_person_and_nobody_is_shut_out() {
    let world = World::with(1, &TURNSTILE);
    guess_until_unusual(&world, PLACE).await;
    guess(90, PLACE).send(&world).await;
    let away = show("right", PLACE).send(&world).await;
    assert_eq!(away.field("/code"), "unavailable", "{}", away.text());
    assert_eq!(guess(91, PLACE).send(&world).await.status.as_u16(), 429);
    world.advance_ms(MINUTE_MS);
    assert_eq!(guess(92, PLACE).send(&world).await.status.as_u16(), 401, "one at a time");
}

#[test]
fn whatever_fails_only_a_solved_challenge_lifts_anything() {
    let set = || {
        let world = World::with(1, &TURNSTILE);
        now(guess_until_unusual(&world, PLACE));
        now(guess(90, PLACE).send(&world));
        solved(&world, &["right"]);
        (world, ())
    };
    let act = |world: &World, (): &()| world.attempt(show("wrong", PLACE).send(world));
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        assert_eq!(now(guess(91, PLACE).send(world)).status.as_u16(), 429, "{context}");
        now(show("right", PLACE).send(world));
        assert_eq!(now(guess(92, PLACE).send(world)).status.as_u16(), 401, "{context}");
    };
    at_every_call("a challenge", 2, set, act, check);
}

#[test]
fn whatever_fails_while_somebody_guesses_no_guess_is_let_through_uncounted() {
    let set = || {
        let world = World::new();
        now(guess_until_unusual(&world, PLACE));
        now(guess(90, PLACE).send(&world));
        (world, ())
    };
    let act = |world: &World, (): &()| world.attempt(guess(91, PLACE).send(world));
    let check = |_: &World, (): &(), answer: Option<Answer>, context: &str| {
        let status = answer.map(|answer| answer.status.as_u16());
        assert!(matches!(status, None | Some(429 | 503)), "{context}: {status:?}");
    };
    at_every_call("a guess", 3, set, act, check);
}

// Who is told.

async fn all_day(world: &World) {
    world.run_job("watch_anomalies").await.unwrap_or_else(|faults| panic!("{faults:?}"));
    world.deliver_messages().await;
}

fn plant(world: &World, rule: &str, events: i64) {
    let window = world.clock_now().window_start(find(rule).expect("a rule").window_ms);
    world.sql.query(&format!(
        "INSERT INTO anomaly_counters VALUES ('{rule}', {}, {events}, NULL)
         ON CONFLICT (rule, started_at) DO UPDATE SET events = {events} RETURNING rule",
        window.0
    ));
}

#[tokio::test]
async fn operators_are_told_once_a_window_of_what_is_unusual_of_everybody() {
    let world = World::new();
    let olive: Browser = world.operator("Olive").await;
    let told = || world.letters_to("olive@example.org", "anomalies_seen");
    plant(&world, "uploads-everywhere", 1_999);
    all_day(&world).await;
    assert_eq!(told(), 0);
    assert_eq!(olive.send(upload(1, PLACE)).send(&world).await.status.as_u16(), 201, "and nobody is stopped");
    all_day(&world).await;
    all_day(&world).await;
    assert_eq!(told(), 1);
    let letter = world.mail.taken().last().expect("a letter").letter.content.text.clone();
    assert!(letter.contains("uploads-everywhere: 2000 since 24 November 2026, 12:00 UTC"), "{letter}");
    world.advance_ms(HOUR_MS);
    plant(&world, "uploads-everywhere", 5_000);
    plant(&world, "failed-sign-ins-everywhere", 500);
    all_day(&world).await;
    assert_eq!(told(), 2, "one letter about all of it");
}

#[test]
fn operators_are_told_once_whatever_fails() {
    let set = || {
        let world = World::new();
        now(world.operator("Olive"));
        plant(&world, "prohibited-everywhere", 50);
        (world, ())
    };
    let act = |world: &World, (): &()| {
        drop(world.attempt(world.run_job("watch_anomalies")));
        None
    };
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        world.advance_ms(HOUR_MS);
        for _ in 0..2 {
            now(world.run_job("watch_anomalies")).unwrap_or_else(|faults| panic!("{faults:?}"));
            now(world.run_job("send_letters")).unwrap_or_else(|faults| panic!("{faults:?}"));
        }
        assert_eq!(world.letters_to("olive@example.org", "anomalies_seen"), 1, "{context}");
    };
    at_every_call("telling of anomalies", 6, set, act, check);
}

#[tokio::test]
async fn everything_that_happens_is_counted_of_everybody_and_of_nobody() {
    let world = World::new();
    let image = upload(50, PLACE).send(&world).await;
    refused_until_unusual(&world, 1, |call| call).await;
    guess(1, PLACE).send(&world).await;
    let path = format!("/{}.png?w=10", image.field("/id"));
    for _ in 0..2 {
        let variant = Call::images("GET", &path).send(&world).await;
        assert_eq!(variant.status.as_u16(), 200, "{}", variant.text());
    }
    let counted = world.sql.query("SELECT rule, events FROM anomaly_counters ORDER BY rule");
    let counted: Vec<(&str, i64)> = counted
        .iter()
        .map(|row| (row["rule"].as_str().expect("a rule"), row["events"].as_i64().expect("a number")))
        .collect();
    assert_eq!(
        counted,
        [
            ("failed-sign-ins-everywhere", 1),
            ("prohibited-everywhere", 5),
            ("uploads-everywhere", 6),
            ("variants-everywhere", 1)
        ]
    );
    // With the day everything is forgotten, of everybody as of places.
    world.advance_ms(DAY_MS + HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM anomaly_counters"), "0");
    assert_eq!(one(&world, "SELECT count(*) FROM rate_counters"), "0");
    assert!(RULES.iter().all(|rule| rule.window_ms <= DAY_MS));
}
