//! Having an account erased: what that stops at once, what a change of mind brings back, and what is left afterwards.

use std::sync::atomic::Ordering;

use serde_json::json;
use tintype::domain::hex;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::policy::erasure::{SETTLED_MS, UNDO_MS};
use tintype::ports::vision::VisionFailure;

use crate::accounts::one;
use crate::factors_page::add_app;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, form};
use crate::harness::{NOON, World};
use crate::tickets::{bring, ticket};

pub const PAGE: &str = "/settings/delete";

/// What the jobs do in a minute.
pub async fn minute(world: &World) {
    world.advance_ms(2 * MINUTE_MS);
    world.deliver_messages().await;
    for job in ["erase_accounts", "return_images", "finish_removals", "judge_held", "close_teams", "send_letters"] {
        world.run_job(job).await.unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
    }
}

/// Until an account whose time has come is erased.
pub async fn sweep(world: &World) {
    for _ in 0..3 {
        minute(world).await;
        world.run_job("reap_recovery").await.expect("runs");
    }
    world.run_job("forget_ephemeral").await.expect("runs");
}

pub async fn request(world: &World, browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let answer = browser.form(PAGE, fields).send(world).await;
    world.deliver_messages().await;
    answer
}

pub async fn upload(world: &World, browser: &Browser, number: u64) -> Answer {
    let upload = Call::app("POST", "/v1/images?caption=canary-caption").body("image/png", numbered_png(number));
    let answer = browser.send(upload).send(world).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer
}

pub async fn undo(world: &World) -> Answer {
    form("/settings/delete/undo", &[("token", &world.token_in_letter("account_deletion_requested"))]).send(world).await
}

pub async fn sign_in_code(world: &World, person: &Person) -> String {
    let answer = form("/sign-in", &[("email", &person.email), ("password", PASSWORD)]).send(world).await;
    if answer.status.as_u16() == 303 { "in".into() } else { answer.field("/code") }
}

pub async fn status(world: &World, image: &Answer) -> u16 {
    world.view(&image.field("/url")).await.status.as_u16()
}

pub async fn key(world: &World, browser: &Browser) -> String {
    let body = json!({ "name": "a canary-key", "scopes": ["read", "write", "admin"] }).to_string();
    let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", body)).send(world).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    made.field("/key")
}

async fn with_key(world: &World, key: &str) -> Answer {
    Call::app("GET", "/v1/images").header("authorization", &format!("Bearer {key}")).send(world).await
}

pub fn receipt_path(world: &World) -> String {
    let taken = world.mail.taken();
    let letter = taken.iter().rfind(|taken| taken.letter.kind == "account_deletion_requested").expect("a letter");
    let text = &letter.letter.content.text;
    let id = text.split("/erasures/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a receipt");
    format!("/erasures/{id}")
}

pub async fn page(world: &World, path: &str) -> Answer {
    Call::app("GET", path).header("accept", "text/html").send(world).await
}

#[tokio::test]
async fn promise_imp_37_what_opens_the_account_stops_at_once_and_its_letter_brings_all_of_it_back() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let other = world.sign_in(&ada).await;
    let image = upload(&world, &browser, 1).await;
    let bytes = world.view(&image.field("/url")).await.body;
    let key = key(&world, &browser).await;
    let shop = ticket(&world, &browser, json!({ "uses": 5, "expires_in": 604_800 })).await;
    let asked = browser.page(PAGE).send(&world).await.text();
    for told in ["ada@example.org", "1 December 2026", "your picture,", "Your password"] {
        assert!(asked.contains(told), "{told}: {asked}");
    }
    let answer = request(&world, &browser, &[("password", PASSWORD), ("images", "hide")]).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    assert!(answer.header("set-cookie").contains("Max-Age=0") && answer.text().contains("1 December 2026"));
    assert_eq!(one(&world, "SELECT count(*) FROM sessions"), "0");
    for browser in [&browser, &other] {
        assert_eq!(browser.page("/settings").send(&world).await.status.as_u16(), 303, "signed out everywhere");
    }
    let refused = form("/sign-in", &[("email", &ada.email), ("password", PASSWORD)]).send(&world).await;
    assert_eq!((refused.status.as_u16(), refused.field("/code").as_str()), (403, "account-leaving"));
    assert_eq!(refused.field("/kept_until"), NOON.plus_ms(UNDO_MS).rfc3339());
    let wrong = form("/sign-in", &[("email", &ada.email), ("password", "a guess of somebody's")]).send(&world).await;
    assert_eq!(wrong.field("/code"), "", "only who knows the password learns of it: {}", wrong.text());
    assert_eq!(with_key(&world, &key).await.field("/code"), "api-key-invalid");
    assert_eq!(bring(&shop, "/v1/images", numbered_png(9)).send(&world).await.field("/code"), "ticket-invalid");
    assert_eq!(status(&world, &image).await, 410, "out of public view by the time of the answer");
    // Looking at what the letter leads to changes nothing.
    let token = world.token_in_letter("account_deletion_requested");
    let looked = page(&world, &format!("/settings/delete/undo?token={token}")).await;
    assert!(looked.status.is_success() && looked.text().contains("Keep my account"), "{}", looked.text());
    assert_eq!(sign_in_code(&world, &ada).await, "account-leaving");
    let receipt = receipt_path(&world);
    assert!(page(&world, &receipt).await.text().contains("not erased yet"));

    world.advance_ms(UNDO_MS - HOUR_MS);
    assert_eq!(undo(&world).await.status.as_u16(), 200);
    assert_eq!(sign_in_code(&world, &ada).await, "in");
    let works = with_key(&world, &key).await;
    assert_eq!(works.status.as_u16(), 200, "{}", works.text());
    assert_eq!(bring(&shop, "/v1/images", numbered_png(9)).send(&world).await.status.as_u16(), 201);
    minute(&world).await;
    assert_eq!(world.view(&image.field("/url")).await.body, bytes, "the same picture at the same address");
    let page_of = ada_facts(&world, &ada, &image).await;
    assert_eq!(page_of.field("/caption"), "canary-caption");
    assert_eq!(page(&world, &receipt).await.status.as_u16(), 404);
    assert_eq!(undo(&world).await.field("/code"), "link-expired", "once");
    assert_eq!(one(&world, "SELECT count(*) FROM leaving_images"), "0");
    world.advance_ms(30 * DAY_MS);
    sweep(&world).await;
    assert_eq!((one(&world, "SELECT count(*) FROM accounts").as_str(), status(&world, &image).await), ("1", 200));
    world.settle().await;
}

async fn ada_facts(world: &World, ada: &Person, image: &Answer) -> Answer {
    let browser = world.sign_in(ada).await;
    browser.send(Call::app("GET", &format!("/v1/images/{}", image.field("/id")))).send(world).await
}

#[tokio::test]
async fn pictures_stay_until_then_where_their_owner_wants_that() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let image = upload(&world, &browser, 1).await;
    request(&world, &browser, &[("password", PASSWORD), ("images", "keep")]).await;
    for _ in 0..6 {
        minute(&world).await;
        assert_eq!(status(&world, &image).await, 200);
        world.advance_ms(DAY_MS);
    }
    world.advance_ms(DAY_MS + SETTLED_MS);
    sweep(&world).await;
    assert_eq!(status(&world, &image).await, 410);
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    world.settle().await;
}

#[tokio::test]
async fn nobody_has_an_account_erased_who_does_not_prove_to_be_its_owner() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    add_app(&world, &browser).await;
    for (fields, words) in [
        (vec![], "Your password, so that nobody else does this."),
        (vec![("password", "a guess of somebody's")], "That is not your password."),
        (vec![("code", "000000")], "id=\"code-wrong\""),
        (vec![("code", "aaaa-bbbb-cccc-dddd")], "id=\"code-wrong\""),
    ] {
        let answer = request(&world, &browser, &fields).await;
        assert!(answer.status.is_client_error() && answer.text().contains(words), "{fields:?}: {}", answer.text());
        assert_eq!(one(&world, "SELECT count(*) FROM accounts WHERE erase_at IS NOT NULL"), "0", "{fields:?}");
    }
    assert_eq!(world.mail.taken().iter().filter(|taken| taken.letter.kind.starts_with("account_")).count(), 0);
    // A browser that was left open is asked to sign in once more.
    world.advance_ms(16 * MINUTE_MS);
    let stale = request(&world, &browser, &[("password", PASSWORD)]).await;
    assert_eq!((stale.status.as_u16(), stale.header("location")), (303, "/sign-in?again&next=%2Fsettings%2Fdelete"));
    assert_eq!(one(&world, "SELECT count(*) FROM accounts WHERE erase_at IS NOT NULL"), "0");
}

#[tokio::test]
async fn a_code_of_the_app_or_a_recovery_code_serves_as_well_as_the_password() {
    for is_app in [true, false] {
        let world = World::new();
        let (_, browser) = world.member("Ada").await;
        let (secret, page) = add_app(&world, &browser).await;
        world.advance_ms(MINUTE_MS);
        let recovery = page.split("<li><code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code");
        let code = if is_app { secret.code(world.clock_now()) } else { recovery.to_owned() };
        let answer = request(&world, &browser, &[("code", &code)]).await;
        assert_eq!(answer.status.as_u16(), 200, "{is_app}: {}", answer.text());
        assert_eq!(one(&world, "SELECT count(*) FROM accounts WHERE erase_at IS NOT NULL"), "1");
    }
}

#[tokio::test]
async fn a_change_of_mind_that_comes_too_late_changes_nothing() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(UNDO_MS);
    assert_eq!(undo(&world).await.field("/code"), "link-expired");
    assert_eq!(sign_in_code(&world, &ada).await, "account-leaving", "not erased yet, and nobody gets in");
    world.advance_ms(SETTLED_MS);
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
}

#[tokio::test]
async fn a_change_of_mind_in_the_last_moment_counts_whatever_the_clock_of_whoever_erases_says() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let image = upload(&world, &browser, 1).await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(UNDO_MS - 1);
    let ahead = world.clock_now().plus_ms(SETTLED_MS);
    for job in ["erase_accounts", "reap_recovery", "erase_accounts", "forget_ephemeral"] {
        tintype::jobs::run_due(&world.app, &format!("job:{job}"), ahead).await.expect("runs");
    }
    assert_eq!(undo(&world).await.status.as_u16(), 200);
    assert_eq!(sign_in_code(&world, &ada).await, "in");
    minute(&world).await;
    assert_eq!(status(&world, &image).await, 200);
}

#[tokio::test]
async fn whoever_has_lost_the_letter_gets_it_again_in_place_of_a_new_password() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    let first = world.token_in_letter("account_deletion_requested");
    form("/reset", &[("email", &ada.email)]).send(&world).await;
    world.deliver_messages().await;
    assert_eq!(world.letters_to(&ada.email, "reset_password"), 0);
    assert_eq!(world.letters_to(&ada.email, "account_deletion_requested"), 2);
    assert_ne!(world.token_in_letter("account_deletion_requested"), first);
    assert!(page(&world, &receipt_path(&world)).await.status.is_success(), "the same receipt");
    let stale = form("/settings/delete/undo", &[("token", &first)]).send(&world).await;
    assert_eq!(stale.field("/code"), "link-expired", "the latest letter counts");
    assert_eq!(undo(&world).await.status.as_u16(), 200);
    assert_eq!(sign_in_code(&world, &ada).await, "in");
}

#[tokio::test]
async fn links_that_were_sent_before_open_nothing_meanwhile() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    form("/reset", &[("email", &ada.email)]).send(&world).await;
    let new = [("email", "lovelace@example.org"), ("old_password", PASSWORD)];
    browser.form("/settings/email", &new).send(&world).await;
    world.deliver_messages().await;
    let (reset, change) = (world.token_in_letter("reset_password"), world.token_in_letter("email_change_requested"));
    request(&world, &browser, &[("password", PASSWORD)]).await;
    let fields = [("token", reset.as_str()), ("password", "a darkroom on four wheels")];
    assert_eq!(form("/reset/password", &fields).send(&world).await.field("/code"), "link-expired");
    let fields = [("token", change.as_str()), ("password", PASSWORD)];
    assert_eq!(form("/settings/email/confirm", &fields).send(&world).await.field("/code"), "link-expired");
}

#[tokio::test]
async fn promise_imp_40_nobody_pays_any_more_who_has_asked_to_be_erased() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    world.sql.query("UPDATE accounts SET billing_customer = 'cus_1' RETURNING id");
    let cancelled = || world.billing.cancelled.lock().expect("not poisoned").clone();
    assert!(browser.page(PAGE).send(&world).await.text().contains("Your subscription is cancelled"));
    world.billing.is_down.store(true, Ordering::Relaxed);
    let answer = request(&world, &browser, &[("password", PASSWORD)]).await;
    assert_eq!((answer.status.as_u16(), cancelled()), (200, Vec::new()), "asked for all the same");
    world.billing.is_down.store(false, Ordering::Relaxed);
    minute(&world).await;
    minute(&world).await;
    assert_eq!(cancelled(), ["cus_1"], "within minutes, once");
    assert_eq!(world.billing.forgotten.lock().expect("not poisoned").len(), 0, "they may change their mind");
    undo(&world).await;
    let browser = world.sign_in(&Person::named("Ada")).await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    assert_eq!(cancelled().len(), 2, "what was subscribed to in between");
}

#[tokio::test]
async fn what_can_come_back_is_kept_also_where_deleted_images_are_erased_at_once() {
    let world = World::with(1, &[("RECOVERY_DAYS", "0")]);
    let (_, browser) = world.member("Ada").await;
    let image = upload(&world, &browser, 1).await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(UNDO_MS - HOUR_MS);
    sweep(&world).await;
    assert_eq!(undo(&world).await.status.as_u16(), 200);
    world.advance_ms(2 * HOUR_MS);
    world.run_job("reap_recovery").await.expect("runs");
    minute(&world).await;
    assert_eq!(status(&world, &image).await, 200);
    world.settle().await;
}

#[tokio::test]
async fn what_becomes_public_meanwhile_leaves_too_and_what_is_on_a_list_does_not_come_back() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let listed = upload(&world, &browser, 1).await;
    let other = upload(&world, &browser, 2).await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    // An upload that was under way.
    let id = other.field("/id");
    world.sql.query(&format!("UPDATE images SET state = 'live', removing_at = NULL WHERE id = '{id}' RETURNING id"));
    minute(&world).await;
    assert_eq!(world.state(&id), "recovery");
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Operator);
    undo(&world).await;
    minute(&world).await;
    assert_eq!((status(&world, &other).await, status(&world, &listed).await), (200, 410));
    assert_eq!(one(&world, "SELECT count(*) FROM leaving_images"), "0");
    world.settle().await;
}

#[tokio::test]
async fn what_cannot_come_back_yet_is_tried_again_and_given_up_with_its_bytes() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let image = upload(&world, &browser, 1).await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    undo(&world).await;
    let away = VisionFailure::Unavailable("status 503".into());
    world.vision_says(Some(away.clone()));
    world.advance_ms(MINUTE_MS);
    world.run_job("return_images").await.expect_err("vision is away");
    assert_eq!(status(&world, &image).await, 410);
    world.vision_says(None);
    minute(&world).await;
    assert_eq!(status(&world, &image).await, 410, "not at once");
    world.advance_ms(HOUR_MS);
    minute(&world).await;
    assert_eq!(status(&world, &image).await, 200);
    // Another time, it cannot for good.
    let browser = world.sign_in(&Person::named("Ada")).await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    undo(&world).await;
    world.vision_says(Some(away));
    for _ in 0..20 {
        world.advance_ms(DAY_MS);
        drop(world.run_job("return_images").await);
        world.run_job("reap_recovery").await.expect("runs");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM leaving_images"), "0");
    assert_eq!(world.state(&image.field("/id")), "gone");
    world.vision_says(None);
    world.settle().await;
}

#[tokio::test]
async fn a_team_does_not_pass_to_somebody_who_is_about_to_leave() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let team = world.team_of(&ada).await;
    let bob = world.joined(&ada, &team, "Bob", GivenRole::EDITOR).await;
    let erased = world.clock_now().plus_ms(UNDO_MS).0;
    world.sql.query(&format!("UPDATE accounts SET erase_at = {erased} WHERE id = '{bob}' RETURNING id"));
    let passed = tintype::usecases::transfer_team::transfer_team(&world.app, &ada, &team, &bob).await;
    assert!(passed.is_err());
    tintype::usecases::leave_all_teams::leave_all_of_account(&world.app, &ada).await.expect("leaves");
    assert_eq!(world.role(&team, &bob).await, None::<Role>, "it is closed");
}

#[tokio::test]
async fn an_account_that_is_taken_over_and_deleted_can_be_taken_back_by_its_owner() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let new = [("email", "thief@example.org"), ("old_password", PASSWORD)];
    browser.form("/settings/email", &new).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("email_change_requested");
    browser.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
    world.deliver_messages().await;
    request(&world, &browser, &[("password", PASSWORD)]).await;
    assert_eq!(world.letters_to("thief@example.org", "account_deletion_requested"), 1);
    let token = world.token_in_letter("email_changed");
    let back = form("/settings/email/undo", &[("token", &token)]).send(&world).await;
    assert_eq!(back.status.as_u16(), 200, "{}", back.text());
    form("/reset", &[("email", &ada.email)]).send(&world).await;
    world.deliver_messages().await;
    assert_eq!(world.letters_to(&ada.email, "account_deletion_requested"), 1);
    assert_eq!(undo(&world).await.status.as_u16(), 200);
}
