//! Sign-ins: who gets one, how long it lasts, who ends it, and how somebody without the password gets in.

use tintype::domain::time::{DAY_MS, HOUR_MS};

use crate::accounts::{OTHER_PASSWORD, one, settings_status, signed_up};
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::people::{PASSWORD, Person, cookie_of, form};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let (world, person) = signed_up().await;
    let attempt = |email: &str, password: &str| form("/sign-in", &[("email", email), ("password", password)]);
    let wrong = attempt(&person.email, OTHER_PASSWORD).send(&world).await;
    let unknown = attempt("bob@example.org", OTHER_PASSWORD).send(&world).await;
    let nonsense = attempt("bob", OTHER_PASSWORD).send(&world).await;
    for answer in [&wrong, &unknown, &nonsense] {
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (401, ""));
    }
    let same = |text: String| text.replace(&person.email, "").replace("bob@example.org", "").replace("\"bob\"", "\"\"");
    assert_eq!(same(wrong.text()), same(unknown.text()));
    assert_eq!(same(wrong.text()), same(nonsense.text()));
}

#[tokio::test]
async fn guessing_comes_to_an_end_from_one_place_and_at_one_account() {
    let (world, person) = signed_up().await;
    let guess = |email: &str, address: &str| {
        form("/sign-in", &[("email", email), ("password", OTHER_PASSWORD)]).header("cf-connecting-ip", address)
    };
    let mut statuses = Vec::new();
    for n in 0..25 {
        statuses.push(guess(&person.email, &format!("198.51.100.{n}")).send(&world).await.status.as_u16());
    }
    assert_eq!((statuses[19], statuses[20]), (401, 429), "at one account, from wherever");
    let right = form("/sign-in", &[("email", &person.email), ("password", &person.password)]);
    assert_eq!(right.send(&world).await.status.as_u16(), 429, "the right password, too");
    // Whoever reads the account's letters gets in all the same.
    form("/reset", &[("email", &person.email)]).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("reset_password");
    let answer = form("/reset/password", &[("token", &token), ("password", PASSWORD)]).send(&world).await;
    let browser = world.browser(cookie_of(&answer)).await;
    assert_eq!(settings_status(&world, &browser).await, 200);
    world.advance_ms(HOUR_MS);
    world.sign_in(&person).await;
    let mut status = 401;
    for n in 0..61 {
        status = guess(&format!("nobody{n}@example.org"), "192.0.2.9").send(&world).await.status.as_u16();
    }
    assert_eq!(status, 429, "from one place, at whichever account");
}

#[tokio::test]
async fn promise_imp_07_a_sign_in_ends_when_it_is_not_used_and_in_any_case_after_180_days() {
    let (world, person) = signed_up().await;
    let browser = world.sign_in(&person).await;
    for _ in 0..2 {
        world.advance_ms(89 * DAY_MS);
        assert_eq!(settings_status(&world, &browser).await, 200);
    }
    world.advance_ms(2 * DAY_MS - 1);
    assert_eq!(settings_status(&world, &browser).await, 200);
    world.advance_ms(1);
    assert_eq!(settings_status(&world, &browser).await, 303, "180 days");
    let browser = world.sign_in(&person).await;
    world.advance_ms(90 * DAY_MS);
    assert_eq!(settings_status(&world, &browser).await, 303, "90 days without use");
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM sessions"), "0", "address and browser leave with it (IMP-06)");
}

#[tokio::test]
async fn sign_ins_are_listed_and_ended_by_their_owner_only() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let (_, other) = world.member("Bob").await;
    let second = world.sign_in(&ada).await;
    let page = second.page("/settings").send(&world).await.text();
    assert!(page.contains("203.0.113.7") && page.contains("This browser"));
    let first = one(&world, "SELECT s.id FROM sessions s ORDER BY s.created_at, s.rowid LIMIT 1");
    let theft = other.form("/settings/sessions/end", &[("session", &first)]).send(&world).await;
    assert_eq!(theft.status.as_u16(), 404);
    assert_eq!(settings_status(&world, &browser).await, 200);
    let ended = second.form("/settings/sessions/end", &[("session", &first)]).send(&world).await;
    assert_eq!(ended.status.as_u16(), 303);
    assert_eq!((settings_status(&world, &browser).await, settings_status(&world, &second).await), (303, 200));
    second.form("/settings/sessions/end-all", &[]).send(&world).await;
    assert_eq!((settings_status(&world, &second).await, settings_status(&world, &other).await), (303, 200));
}

#[tokio::test]
async fn signing_out_ends_the_sign_in_and_the_cookie() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let answer = browser.form("/sign-out", &[]).send(&world).await;
    assert_eq!(answer.status.as_u16(), 303);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(settings_status(&world, &browser).await, 303);
    assert_eq!(one(&world, "SELECT count(*) FROM sessions"), "0");
}

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_and_hidden_from_scripts() {
    let (world, person) = signed_up().await;
    let answer = form("/sign-in", &[("email", &person.email), ("password", &person.password)]).send(&world).await;
    let field = answer.header("set-cookie");
    for part in ["__Host-session=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=15552000"] {
        assert!(field.contains(part), "{part}: {field}");
    }
    assert!(!field.contains("Domain"));
}

#[tokio::test]
async fn a_new_password_by_letter_ends_every_sign_in_and_works_once() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    for email in [&ada.email, "nobody@example.org"] {
        assert_eq!(form("/reset", &[("email", email)]).send(&world).await.status.as_u16(), 200);
    }
    world.deliver_messages().await;
    assert_eq!(world.letters_to("nobody@example.org", "reset_password"), 0);
    let token = world.token_in_letter("reset_password");
    let set = |password: &'static str| form("/reset/password", &[("token", &token), ("password", password)]);
    assert_eq!(set("short").send(&world).await.status.as_u16(), 422, "the link still works afterwards");
    let answer = set(OTHER_PASSWORD).send(&world).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/settings?done=password"));
    assert_eq!(settings_status(&world, &browser).await, 303, "the old sign-in has ended");
    let browser = world.browser(cookie_of(&answer)).await;
    assert_eq!(settings_status(&world, &browser).await, 200, "and a new one begun");
    assert_eq!(set(PASSWORD).send(&world).await.status.as_u16(), 410);
    world.deliver_messages().await;
    assert_eq!(world.letters_to(&ada.email, "password_changed"), 1);
    world.sign_in(&Person { password: OTHER_PASSWORD.into(), ..ada }).await;
}

#[tokio::test]
async fn a_link_expires_and_a_newer_one_replaces_it() {
    let world = World::new();
    let (ada, _) = world.member("Ada").await;
    let ask = || form("/reset", &[("email", &ada.email)]);
    ask().send(&world).await;
    world.deliver_messages().await;
    let first = world.token_in_letter("reset_password");
    ask().send(&world).await;
    world.deliver_messages().await;
    let second = world.token_in_letter("reset_password");
    assert_ne!(first, second);
    let look = |token: &str| Call::app("GET", &format!("/reset/password?token={token}"));
    assert_eq!(look(&first).send(&world).await.status.as_u16(), 410);
    assert_eq!(look(&second).send(&world).await.status.as_u16(), 200);
    world.advance_ms(HOUR_MS);
    assert_eq!(look(&second).send(&world).await.status.as_u16(), 410);
}

#[tokio::test]
async fn whoever_signs_in_is_led_back_to_where_they_were_and_never_elsewhere() {
    let (world, person) = signed_up().await;
    let page = Call::app("GET", "/settings?done=profile").header("accept", "text/html").send(&world).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/sign-in?next=%2Fsettings%3Fdone%3Dprofile"));
    for (next, led) in [
        ("/settings?done=profile", "/settings?done=profile"),
        ("//evil.example", "/gallery"),
        ("https://evil.example", "/gallery"),
    ] {
        let fields = [("email", person.email.as_str()), ("password", &person.password), ("next", next)];
        let answer = form("/sign-in", &fields).send(&world).await;
        assert_eq!(answer.header("location"), led);
        cookie_of(&answer);
    }
}

#[tokio::test]
async fn a_browser_makes_keys_only_from_our_own_pages() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let call = || {
        let wish = r#"{"name":"a","scopes":["read"]}"#;
        Call::app("POST", "/v1/keys").body("application/json", wish).header("cookie", &browser.cookie)
    };
    for (call, whose) in [
        (call(), "nobody says from where"),
        (call().header("origin", "https://evil.example"), "another site's"),
        (call().header("sec-fetch-site", "cross-site"), "another site's"),
    ] {
        let answer = call.send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code").as_str()), (403, "cross-site-form"), "{whose}");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM api_keys"), "0");
    assert_eq!(browser.send(call()).send(&world).await.status.as_u16(), 201);
}
