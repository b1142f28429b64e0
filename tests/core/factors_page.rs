//! The page of an account's second factors, and signing in with one, as forms and a script use them.

use serde_json::Value;
use tintype::domain::time::MINUTE_MS;
use tintype::domain::totp::TotpSecret;

use crate::harness::World;
use crate::harness::authenticator::Authenticator;
use crate::harness::client::{Answer, Call};
use crate::harness::people::{Browser, Person, cookie_of, form};

const PAGE: &str = "/settings/factors";

/// Adds an app by the forms of the page; answers its secret and the page with the recovery codes.
pub async fn add_app(world: &World, browser: &Browser) -> (TotpSecret, String) {
    let page = browser.form("/settings/factors/totp", &[]).send(world).await.text();
    assert!(page.contains("<path fill=\"#000\" d=\"M4 4h7v1h-7z"), "{page}");
    let secret = page.split("secret=").nth(1).and_then(|rest| rest.get(..32)).expect("the secret in a link");
    let secret = TotpSecret::parse(secret).expect("a secret");
    let code = secret.code(world.clock_now());
    let page = browser.form("/settings/factors/totp/confirm", &[("code", &code)]).send(world).await.text();
    (secret, page)
}

fn first_code(page: &str) -> String {
    let code = page.split("<li><code>").nth(1).and_then(|rest| rest.split('<').next());
    code.expect("a recovery code").to_owned()
}

/// The password was right: a browser that waits for the second factor.
pub async fn waiting(world: &World, person: &Person) -> (Browser, Answer) {
    let answer = form("/sign-in", &[("email", &person.email), ("password", &person.password), ("next", "/gallery")]);
    let answer = answer.send(world).await;
    let browser = Browser { cookie: cookie_of(&answer), form_token: String::new() };
    let page = browser.page(answer.header("location")).send(world).await;
    let text = page.text();
    let token = text.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    (Browser { form_token: token.unwrap_or_default().to_owned(), ..browser }, answer)
}

#[tokio::test]
async fn the_page_leads_through_everything_without_a_script() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let page = browser.page(PAGE).send(&world).await.text();
    assert!(page.contains("Add an app") && page.contains("needs JavaScript"), "{page}");
    let page = browser.form("/settings/factors/totp", &[]).send(&world).await.text();
    let secret = page.split("secret=").nth(1).and_then(|rest| rest.get(..32)).expect("the secret").to_owned();
    let wrong = browser.form("/settings/factors/totp/confirm", &[("code", "000000")]).send(&world).await;
    assert_eq!(wrong.status.as_u16(), 422);
    let page = wrong.text();
    assert!(page.contains(&secret) && page.contains("role=\"alert\""), "the same secret again: {page}");
    let code = TotpSecret::parse(&secret).expect("a secret").code(world.clock_now());
    let page = browser.form("/settings/factors/totp/confirm", &[("code", &code)]).send(&world).await.text();
    assert_eq!(page.matches("<li><code>").count(), 10, "{page}");
    assert!(page.contains("Remove the app") && page.contains("10 left"), "{page}");
    assert!(!browser.page(PAGE).send(&world).await.text().contains("<li><code>"), "shown once");
    let page = browser.form("/settings/factors/codes", &[]).send(&world).await.text();
    assert_eq!(page.matches("<li><code>").count(), 10);
    let page = browser.form("/settings/factors/remove", &[("factor", "totp")]).send(&world).await.text();
    assert!(page.contains("Add an app") && !page.contains(" style=") && !page.contains("onclick"), "{page}");
}

#[tokio::test]
async fn the_page_adds_a_passkey_that_a_script_brings_and_it_signs_in() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let options = browser.form("/settings/factors/passkeys/options", &[]).send(&world).await.json();
    let mut authenticator = Authenticator::es256(1);
    let said = authenticator.create(&options).json();
    let fields = [("answer", said.as_str()), ("name", "<b>Phone</b>")];
    let page = browser.form("/settings/factors/passkeys", &fields).send(&world).await.text();
    assert!(page.contains("&#60;b&#62;Phone&#60;/b&#62;") && page.matches("<li><code>").count() == 10, "{page}");
    let again = browser.form("/settings/factors/passkeys", &fields).send(&world).await;
    assert_eq!(again.status.as_u16(), 403);
    assert!(again.text().contains("does not prove"), "{}", again.text());
    let options: Value = Call::app("POST", "/sign-in/passkey/options").send(&world).await.json();
    let said = authenticator.get(&options).json();
    let answer = form("/sign-in/passkey", &[("answer", &said)]).send(&world).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    let signed_in = world.browser(cookie_of(&answer)).await;
    assert_eq!(signed_in.page("/settings").send(&world).await.status.as_u16(), 200);
    let replayed = form("/sign-in/passkey", &[("answer", &said)]).send(&world).await;
    assert_eq!((replayed.status.as_u16(), replayed.field("/code").as_str()), (403, "proof-wrong"));
}

#[tokio::test]
async fn a_password_alone_opens_nothing_where_there_is_a_second_factor() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let (secret, page) = add_app(&world, &browser).await;
    world.advance_ms(MINUTE_MS);
    let (half, answer) = waiting(&world, &ada).await;
    assert_eq!(answer.header("location"), "/sign-in/factor?next=%2Fgallery");
    for path in ["/settings", PAGE] {
        assert_eq!(half.page(path).send(&world).await.status.as_u16(), 303, "{path}");
    }
    let theft = half.form("/settings/factors/remove", &[("factor", "totp")]).send(&world).await;
    assert_eq!((theft.status.as_u16(), theft.field("/code").as_str()), (401, "sign-in-needed"));
    let wrong = half.form("/sign-in/factor", &[("code", "000000")]).send(&world).await;
    assert_eq!(wrong.status.as_u16(), 403);
    let forged = Browser { form_token: "0000".into(), ..half.clone() };
    let code = secret.code(world.clock_now());
    assert_eq!(forged.form("/sign-in/factor", &[("code", &code)]).send(&world).await.field("/code"), "form-stale");
    let right = half.form("/sign-in/factor", &[("code", &code), ("next", "/settings")]).send(&world).await;
    assert_eq!((right.status.as_u16(), right.header("location")), (303, "/settings"));
    let whole = world.browser(cookie_of(&right)).await;
    assert_ne!(whole.cookie, half.cookie);
    assert_eq!(whole.page("/settings").send(&world).await.status.as_u16(), 200);
    assert_eq!(half.page("/sign-in/factor").send(&world).await.header("location"), "/sign-in", "it has ended");
    let (half, _) = waiting(&world, &ada).await;
    let again = half.form("/sign-in/factor", &[("code", &code)]).send(&world).await;
    assert_eq!(again.status.as_u16(), 403, "a code is accepted once");
    let spare = first_code(&page);
    let saved = half.form("/sign-in/factor", &[("recovery_code", &spare)]).send(&world).await;
    assert_eq!(saved.status.as_u16(), 303, "{}", saved.text());
    let (half, _) = waiting(&world, &ada).await;
    let spent = half.form("/sign-in/factor", &[("recovery_code", &spare)]).send(&world).await;
    assert_eq!(spent.status.as_u16(), 403);
}

#[tokio::test]
async fn a_sign_in_does_not_wait_long_for_its_second_factor() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let (secret, _) = add_app(&world, &browser).await;
    let (half, _) = waiting(&world, &ada).await;
    world.advance_ms(10 * MINUTE_MS);
    let code = secret.code(world.clock_now());
    let late = half.form("/sign-in/factor", &[("code", &code)]).send(&world).await;
    assert_eq!((late.status.as_u16(), late.field("/code").as_str()), (401, "sign-in-needed"));
}

#[tokio::test]
async fn promise_i2a_01_an_operator_does_not_sign_in_without_a_second_factor() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    world.sql.query("UPDATE accounts SET is_operator = 1 RETURNING id");
    let attempt = || form("/sign-in", &[("email", &ada.email), ("password", &ada.password)]);
    let refused = attempt().send(&world).await;
    assert_eq!((refused.status.as_u16(), refused.field("/code").as_str()), (403, "factor-needed"));
    assert_eq!(refused.header("set-cookie"), "");
    add_app(&world, &browser).await;
    assert_eq!(attempt().send(&world).await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_browser_that_was_left_open_does_not_change_what_opens_the_account() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    add_app(&world, &browser).await;
    world.advance_ms(15 * MINUTE_MS);
    for (path, fields) in [
        ("/settings/factors/remove", &[("factor", "totp")][..]),
        ("/settings/factors/codes", &[]),
        ("/settings/factors/passkeys/options", &[]),
        ("/settings/factors/totp", &[]),
    ] {
        let answer = browser.form(path, fields).send(&world).await;
        assert_eq!(answer.header("location"), "/sign-in?again&next=%2Fsettings%2Ffactors", "{path}");
    }
    let asked = browser.page("/sign-in?again&next=%2Fsettings%2Ffactors").send(&world).await;
    assert!(asked.text().contains("Sign in once more"));
    assert!(browser.page(PAGE).send(&world).await.text().contains("Remove the app"));
    assert_eq!(waiting(&world, &ada).await.1.status.as_u16(), 303);
}
