//! Having an account erased: what that stops at once, what a change of mind brings back, and what is left afterwards.

use std::sync::atomic::Ordering;

use serde_json::json;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::policy::erasure::{RECEIPT_MS, UNDO_MS};
use tintype::ports::blobs::Bucket;
use tintype::ports::vision::VisionFailure;

use crate::accounts::one;
use crate::factors_page::add_app;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, form};
use crate::harness::{NOON, World};
use crate::private_images::private;
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

async fn sign_in_code(world: &World, person: &Person) -> String {
    let answer = form("/sign-in", &[("email", &person.email), ("password", PASSWORD)]).send(world).await;
    if answer.status.as_u16() == 303 { "in".into() } else { answer.field("/code") }
}

async fn status(world: &World, image: &Answer) -> u16 {
    world.view(&image.field("/url")).await.status.as_u16()
}

async fn key(world: &World, browser: &Browser) -> String {
    let body = json!({ "name": "a canary-key", "scopes": ["read", "write", "admin"] }).to_string();
    let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", body)).send(world).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    made.field("/key")
}

async fn with_key(world: &World, key: &str) -> Answer {
    Call::app("GET", "/v1/images").header("authorization", &format!("Bearer {key}")).send(world).await
}

fn receipt_path(world: &World) -> String {
    let taken = world.mail.taken();
    let letter = taken.iter().rfind(|taken| taken.letter.kind == "account_deletion_requested").expect("a letter");
    let text = &letter.letter.content.text;
    let id = text.split("/erasures/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a receipt");
    format!("/erasures/{id}")
}

async fn page(world: &World, path: &str) -> Answer {
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
    assert_eq!(refused.field("/erase_at"), NOON.plus_ms(UNDO_MS).rfc3339());
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
    world.advance_ms(DAY_MS);
    sweep(&world).await;
    assert_eq!(status(&world, &image).await, 410);
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    world.settle().await;
}

#[tokio::test]
async fn promise_imp_37_a_week_later_one_sweep_leaves_nothing_of_the_account() {
    let world = World::new();
    let (bob, bobs) = world.member("Bob").await;
    let theirs = bobs.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(50))).send(&world).await;
    let (ada, browser) = world.member("Ada").await;
    let id = one(&world, "SELECT id FROM accounts ORDER BY created_at DESC, rowid DESC LIMIT 1");
    // One of everything.
    let public = upload(&world, &browser, 1).await;
    let hidden = private(&world, &browser, 2).await;
    let deleted = upload(&world, &browser, 3).await;
    browser.send(Call::app("DELETE", &format!("/v1/images/{}", deleted.field("/id")))).send(&world).await;
    key(&world, &browser).await;
    ticket(&world, &browser, json!({})).await;
    add_app(&world, &browser).await;
    let made = Call::app("POST", "/v1/collections").body("application/json", json!({"name": "canary-box"}).to_string());
    let collection = browser.send(made).send(&world).await.field("/id");
    let moved = json!({ "ids": [public.field("/id")], "collection": collection }).to_string();
    browser.send(Call::app("POST", "/v1/images/move").body("application/json", moved)).send(&world).await;
    let team = browser.form("/teams", &[("name", "Engines")]).send(&world).await;
    let team = team.header("location").trim_start_matches("/teams/").to_owned();
    let lonely = browser.form("/teams", &[("name", "Canary-Lonely")]).send(&world).await;
    let lonely = lonely.header("location").trim_start_matches("/teams/").to_owned();
    browser
        .form(&format!("/teams/{team}/invitations"), &[("email", &bob.email), ("role", "editor")])
        .send(&world)
        .await;
    world.deliver_messages().await;
    let token = world.token_in_letter("team_invitation");
    bobs.form("/teams/invitation", &[("token", &token)]).send(&world).await;
    world.sql.query(&format!("UPDATE accounts SET billing_customer = 'cus_canary' WHERE id = '{id}' RETURNING id"));

    request(&world, &browser, &[("password", PASSWORD), ("images", "hide")]).await;
    let receipt = receipt_path(&world);
    world.advance_ms(UNDO_MS - MINUTE_MS);
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1", "its time has come");

    let left: Vec<String> = (world.sql.query("SELECT name FROM sqlite_master WHERE type = 'table'").iter())
        .map(|table| table["name"].as_str().unwrap_or_default().to_owned())
        .filter(|table| format!("{:?}", world.sql.query(&format!("SELECT * FROM \"{table}\""))).contains(&id))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "tables that know the account");
    crate::accounts::assert_canary_is_sealed(&world, &["canary", "Ada", "ada@", &id]);
    for image in [&public, &hidden, &deleted] {
        assert_eq!(world.state(&image.field("/id")), "gone");
        let names = [Bucket::Images, Bucket::Recovery].map(|bucket| world.blobs.names(bucket).join(" "));
        assert!(!names.join(" ").contains(&image.field("/id")), "{names:?}");
    }
    assert_eq!(*world.billing.forgotten.lock().expect("not poisoned"), ["cus_canary"]);
    let told = page(&world, &receipt).await.text();
    for told_of in ["The account is erased", "<dt>Pictures</dt><dd>3</dd>", "<dt>API keys</dt><dd>1</dd>", "processor"]
    {
        assert!(told.contains(told_of), "{told_of}: {told}");
    }
    // Nobody else's.
    assert_eq!(status(&world, &theirs).await, 200);
    let roles =
        world.sql.query(&format!("SELECT team_id, role FROM team_members WHERE team_id IN ('{team}', '{lonely}')"));
    assert_eq!(roles.len(), 1, "the team goes on with its editor, the other is closed: {roles:?}");
    assert_eq!(roles.first().map(|row| row["role"].clone()), Some(json!("owner")));
    // The address is anybody's again.
    assert_eq!(sign_in_code(&world, &ada).await, "");
    world.member("Ada").await;
    world.advance_ms(RECEIPT_MS);
    world.run_job("forget_receipts").await.expect("runs");
    assert_eq!(page(&world, &receipt).await.status.as_u16(), 404, "the receipt had its year");
    world.settle().await;
}

#[tokio::test]
async fn a_snapshot_from_before_says_no_more_who_it_was() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    key(&world, &browser).await;
    let file = std::env::temp_dir().join(format!("tintype-snapshot-{}.sqlite", std::process::id()));
    let path = file.to_string_lossy().into_owned();
    world.sql.with_connection(|connection| connection.execute("VACUUM INTO ?1", [path.as_str()]).expect("copies"));
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(UNDO_MS);
    sweep(&world).await;
    let snapshot = std::fs::read(&file).expect("the snapshot");
    std::fs::remove_file(&file).expect("removes it");
    let text = String::from_utf8_lossy(&snapshot);
    for canary in ["ada@example.org", "Ada", "canary-key", "203.0.113.7"] {
        assert!(!text.contains(canary), "{canary}");
    }
    let keys = world.blobs.names(Bucket::Recovery).iter().filter(|name| name.starts_with("personal-keys/")).count();
    assert_eq!(keys, 0, "and nothing opens what is sealed in it");
}

#[tokio::test]
async fn nobody_has_an_account_erased_who_does_not_prove_to_be_its_owner() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let (secret, codes) = add_app(&world, &browser).await;
    for (fields, words) in [
        (vec![], "Your password, so that nobody else does this."),
        (vec![("password", "a guess of somebody's")], "That is not your password."),
        (vec![("code", "000000")], "bad"),
        (vec![("code", "aaaa-bbbb-cccc-dddd")], "bad"),
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
    assert!(codes.contains("<li><code>") && !secret.base32().is_empty());
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
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
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
async fn what_a_hold_keeps_stays_unowned_and_the_account_waits_until_it_is_reported() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let image = upload(&world, &browser, 1).await.field("/id");
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
    let found = ImageId::parse(&image).expect("an id");
    tintype::usecases::known_bad::withhold_if_listed(&world.app, &found).await.expect("withholds");
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(UNDO_MS);
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1", "somebody may ask whose it was");
    assert_eq!(world.blobs.names(Bucket::Recovery).len(), 2, "its bytes, and the key of its owner");
    world.sql.query("UPDATE reports SET state = 'filed' RETURNING image_id");
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    let kept = world.blobs.names(Bucket::Recovery);
    assert_eq!((world.state(&image).as_str(), kept), ("recovery", vec![format!("images/{image}")]));
    assert_eq!(one(&world, "SELECT account_id FROM images"), "null");
    world.assert_nothing_lost_or_leaked();
}

#[tokio::test]
async fn promise_imp_40_an_account_is_not_erased_before_its_payment_processor_has_forgotten_it() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    world.sql.query("UPDATE accounts SET billing_customer = 'cus_1' RETURNING id");
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(UNDO_MS);
    world.billing.is_down.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        world.advance_ms(2 * MINUTE_MS);
        world.run_job("erase_accounts").await.expect_err("says so");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1");
    world.billing.is_down.store(false, Ordering::Relaxed);
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    assert_eq!(*world.billing.forgotten.lock().expect("not poisoned"), ["cus_1"]);
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
async fn a_large_account_leaves_in_steps_that_the_platform_allows() {
    use crate::harness::plant::Row;
    use tintype::policy::erasure::REMOVED_MAX;
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let images = u64::try_from(REMOVED_MAX).expect("a number") * 2 + 5;
    world.plant_rows(0..images, Row { state: "live", reason: None, at: NOON.plus_ms(90 * DAY_MS) }).await;
    world.plant_blobs(0..images, Bucket::Images);
    world.sql.query("UPDATE images SET account_id = (SELECT id FROM accounts), expires_at = NULL RETURNING id");
    let images = one(&world, "SELECT count(*) FROM images");
    request(&world, &browser, &[("password", PASSWORD), ("images", "keep")]).await;
    world.advance_ms(UNDO_MS);
    let mut worst = 0;
    for _ in 0..5 {
        world.advance_ms(2 * MINUTE_MS);
        world.faults.cost();
        world.run_cron(tintype::jobs::EVERY_OTHER_MINUTE).await.expect("runs");
        let cost = world.faults.cost();
        worst = worst.max(cost.queries);
        assert!(cost.queries <= 1_000 && cost.calls <= 10_000, "{cost:?}");
    }
    assert!(worst > 300, "the scene is busy: {worst}");
    println!("at worst {worst} queries");
    world.run_job("reap_recovery").await.expect("runs");
    minute(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    assert_eq!(one(&world, "SELECT json_extract(counts, '$.images') FROM erasures"), images);
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
