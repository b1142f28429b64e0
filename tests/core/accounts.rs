//! Accounts: becoming one, what is asked and kept, and what is nobody else's to see or do.

use tintype::domain::time::HOUR_MS;
use tintype::ports::blobs::Bucket;

use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::people::{Browser, PASSWORD, Person, form, sign_up_fields};

pub const OTHER_PASSWORD: &str = "a darkroom on four wheels";

pub async fn signed_up() -> (World, Person) {
    let world = World::new();
    let person = Person::named("Ada");
    assert_eq!(world.sign_up(&person).await.status.as_u16(), 200);
    (world, person)
}

/// The first value that a statement answers, as text.
pub fn one(world: &World, sql: &str) -> String {
    let rows = world.sql.query(sql);
    let value = rows.first().and_then(|row| row.values().next()).cloned().unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub async fn settings_status(world: &World, browser: &Browser) -> u16 {
    browser.page("/settings").send(world).await.status.as_u16()
}

#[tokio::test]
async fn somebody_signs_up_proves_the_address_and_signs_in() {
    let (world, person) = signed_up().await;
    assert_eq!(one(&world, "SELECT verified_at FROM accounts"), "null");
    let browser = world.sign_in(&person).await;
    assert!(browser.page("/settings").send(&world).await.text().contains("not proved yet"));
    let token = world.token_in_letter("verify_email");
    let looked = browser.page(&format!("/verify?token={token}")).send(&world).await;
    assert!(looked.status.is_success());
    assert_eq!(one(&world, "SELECT verified_at FROM accounts"), "null", "looking proves nothing");
    let proved = browser.form("/verify", &[("token", &token)]).send(&world).await;
    assert_eq!((proved.status.as_u16(), proved.header("location")), (303, "/settings?done=address"));
    assert!(!browser.page("/settings").send(&world).await.text().contains("not proved yet"));
    let again = browser.form("/verify", &[("token", &token)]).send(&world).await;
    assert_eq!((again.status.as_u16(), again.field("/code").as_str()), (410, "link-expired"));
}

#[tokio::test]
async fn promise_imp_01_an_account_holds_an_address_and_a_name_and_both_are_sealed() {
    let (world, person) = signed_up().await;
    world.sign_in(&person).await;
    let columns = world.sql.query("SELECT name FROM pragma_table_info('accounts') ORDER BY name");
    let names: Vec<String> = columns.iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect();
    let known = "billing_customer country created_at declared_age_at email email_lookup erase_at hides_images id is_operator is_trusted_reporter name \
         password_hash policy_seen policy_told restricted_at subscription_cancelled_at tier verified_at";
    assert_eq!(names.join(" "), known, "a new column: is it personal, and does anybody need it?");
    assert_canary_is_sealed(&world, &["ada@example.org", "Ada", PASSWORD, "203.0.113.7"]);
}

/// Nothing of this is in the database, in storage or in the log.
pub fn assert_canary_is_sealed(world: &World, canaries: &[&str]) {
    let tables = world.sql.query("SELECT name FROM sqlite_master WHERE type = 'table'");
    let mut kept = String::new();
    for table in tables {
        let name = table["name"].as_str().unwrap_or_default().to_owned();
        kept += &format!("{:?}\n", world.sql.query(&format!("SELECT * FROM \"{name}\"")));
    }
    for bucket in [Bucket::Images, Bucket::Recovery] {
        kept += &world.blobs.names(bucket).join("\n");
    }
    kept += &format!("{:?}", world.log.lines.lock().expect("not poisoned"));
    for canary in canaries {
        assert!(!kept.contains(canary), "{canary} is in plain sight");
    }
}

#[tokio::test]
async fn the_canary_test_sees_what_is_not_sealed() {
    let (world, _) = signed_up().await;
    world.sql.query("INSERT INTO job_cursors VALUES ('scan', 'ada@example.org', 0) RETURNING scan");
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assert_canary_is_sealed(&world, &["ada@example.org"]);
    }));
    assert!(found.is_err());
}

#[tokio::test]
async fn promise_imp_02_no_secret_is_stored_as_it_is() {
    let (world, person) = signed_up().await;
    let browser = world.sign_in(&person).await;
    let link = world.token_in_letter("verify_email");
    let token = browser.cookie.split('=').nth(1).unwrap_or_default().to_owned();
    assert_canary_is_sealed(&world, &[&link, &token, &browser.form_token]);
    assert!(one(&world, "SELECT password_hash FROM accounts").starts_with("$argon2id$v=19$m=7168,t=5,p=1$"));
}

#[tokio::test]
async fn promise_imp_03_signing_up_records_every_consent_that_was_given_or_not() {
    let world = World::new();
    let person = Person::named("Ada");
    let fields =
        [&sign_up_fields(&person)[..], &[("consent", "product_email"), ("consent", "service_statistics")]].concat();
    form("/sign-up", &fields).send(&world).await;
    let ledger = world.sql.query("SELECT purpose, act, country, surface, gpc FROM consents ORDER BY purpose");
    let ledger: Vec<String> = ledger
        .iter()
        .map(|row| format!("{} {} {} {} {}", row["purpose"], row["act"], row["country"], row["surface"], row["gpc"]))
        .collect();
    assert_eq!(
        ledger.join("\n").replace('"', ""),
        "model_training withdrawn PT sign_up 0\nnon_essential_cookies withdrawn PT sign_up 0\n\
         product_email granted PT sign_up 0\nservice_statistics granted PT sign_up 0"
    );
}

#[tokio::test]
async fn promise_imp_03_the_ledger_is_only_added_to() {
    let (world, _) = signed_up().await;
    for sql in ["UPDATE consents SET act = 'granted'", "DELETE FROM consents"] {
        let refused = world.sql.with_connection(|connection| connection.execute(sql, []));
        assert!(refused.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn promise_imp_04_consent_is_withdrawn_where_it_was_given_with_one_click() {
    let (world, person) = signed_up().await;
    let browser = world.sign_in(&person).await;
    let answer = |act: &'static str| browser.form("/settings/consents", &[("purpose", "product_email"), ("act", act)]);
    for act in ["granted", "granted", "withdrawn", "withdrawn"] {
        assert_eq!(answer(act).send(&world).await.status.as_u16(), 303);
    }
    let acts = world.sql.query("SELECT act FROM consents WHERE purpose = 'product_email' ORDER BY number");
    let acts: Vec<&str> = acts.iter().filter_map(|row| row["act"].as_str()).collect();
    assert_eq!(acts, ["withdrawn", "granted", "withdrawn"], "the same answer twice is one");
}

#[tokio::test]
async fn promise_imp_53_global_privacy_control_outweighs_a_tick_and_is_recorded() {
    let world = World::new();
    let person = Person::named("Ada");
    let fields =
        [&sign_up_fields(&person)[..], &[("consent", "service_statistics"), ("consent", "product_email")]].concat();
    form("/sign-up", &fields).header("sec-gpc", "1").send(&world).await;
    let act = |purpose: &str| {
        one(
            &world,
            &format!("SELECT act || gpc FROM consents WHERE purpose = '{purpose}' ORDER BY number DESC LIMIT 1"),
        )
    };
    assert_eq!((act("service_statistics"), act("product_email")), ("withdrawn1".into(), "granted1".into()));
    let browser = world.sign_in(&person).await;
    let wish = [("purpose", "service_statistics"), ("act", "granted")];
    browser.form("/settings/consents", &wish).header("sec-gpc", "1").send(&world).await;
    assert_eq!(act("service_statistics"), "withdrawn1");
    browser.form("/settings/consents", &wish).send(&world).await;
    assert_eq!(act("service_statistics"), "granted0", "another browser, without the signal");
    let support = Call::app("GET", "/.well-known/gpc.json").send(&world).await;
    assert_eq!((support.header("content-type"), support.json()["gpc"].as_bool()), ("application/json", Some(true)));
}

#[tokio::test]
async fn promise_imp_09_nobody_under_16_signs_up() {
    let world = World::new();
    let fields: Vec<_> = sign_up_fields(&Person::named("Ada")).map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    let fields: Vec<(&str, &str)> =
        fields.iter().filter(|(name, _)| name != "age").map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = form("/sign-up", &fields).send(&world).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert!(answer.text().contains("16 years"));
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
}

#[tokio::test]
async fn signing_up_tells_nobody_whether_an_address_has_an_account() {
    let (world, person) = signed_up().await;
    let stranger = Person { password: OTHER_PASSWORD.into(), ..person.clone() };
    let (again, fresh) = (world.sign_up(&stranger).await, world.sign_up(&Person::named("Bob")).await);
    assert_eq!(again.status, fresh.status);
    assert_eq!(again.text().replace("ada@", ""), fresh.text().replace("bob@", ""));
    assert_eq!(world.letters_to("ada@example.org", "already_registered"), 1);
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "2");
    world.sign_in(&person).await;
}

#[tokio::test]
async fn an_address_is_the_same_in_any_case() {
    let (world, person) = signed_up().await;
    world.sign_up(&Person { email: "ADA@Example.org".into(), ..person.clone() }).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1");
    world.sign_in(&Person { email: "Ada@EXAMPLE.org".into(), ..person }).await;
}

#[tokio::test]
async fn a_mistake_is_told_beside_its_field_and_changes_nothing() {
    let world = World::new();
    let person = Person::named("Ada");
    for (field, wrong, words) in [
        ("email", "ada", "An address like ada@example.org"),
        ("name", "", "any name will do"),
        ("name", "a\u{7}b", "any name will do"),
        ("password", "short", "Use 15 characters or more"),
        ("password", "passwordpassword", "tried first"),
        ("password", "ada@example.org!", "little more than your email address"),
        ("country", "Atlantis", "One of the list"),
    ] {
        let fields = sign_up_fields(&person).map(|(name, value)| (name, if name == field { wrong } else { value }));
        let answer = form("/sign-up", &fields).send(&world).await;
        assert_eq!(answer.status.as_u16(), 422, "{field}={wrong}");
        let page = answer.text();
        assert!(page.contains(words) && page.contains(&format!("id=\"{field}-wrong\"")), "{field}={wrong}: {page}");
        assert!(!page.contains(PASSWORD), "a password is not shown again");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
}

#[tokio::test]
async fn another_address_is_used_once_it_is_proved_and_both_are_told() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let wish = |password: &'static str| {
        browser.form("/settings/email", &[("email", "ada@new.example"), ("old_password", password)])
    };
    assert_eq!(wish(OTHER_PASSWORD).send(&world).await.status.as_u16(), 403, "not with a borrowed browser");
    assert_eq!(wish(PASSWORD).send(&world).await.status.as_u16(), 303);
    world.deliver_messages().await;
    assert_eq!(world.letters_to("ada@new.example", "email_change_requested"), 1);
    world.sign_in(&ada).await;
    let token = world.token_in_letter("email_change_requested");
    let confirmed = browser.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
    assert_eq!(confirmed.status.as_u16(), 303, "{}", confirmed.text());
    world.deliver_messages().await;
    assert_eq!(world.letters_to(&ada.email, "email_changed"), 1);
    world.sign_in(&Person { email: "ada@new.example".into(), ..ada.clone() }).await;
    let old = form("/sign-in", &[("email", &ada.email), ("password", &ada.password)]).send(&world).await;
    assert_eq!(old.status.as_u16(), 401);
    assert_canary_is_sealed(&world, &["ada@new.example"]);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_stays_where_it_is() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    browser.form("/settings/email", &[("email", "bob@example.org"), ("old_password", PASSWORD)]).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("email_change_requested");
    world.member("Bob").await;
    let late = browser.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
    assert_eq!((late.status.as_u16(), late.field("/code").as_str()), (409, "email-taken"));
    world.sign_in(&Person::named("Ada")).await;
    world.sign_in(&Person::named("Bob")).await;
}

#[tokio::test]
async fn whoever_was_signed_up_by_a_stranger_is_not_proved_by_following_the_link() {
    let world = World::new();
    let stranger = Person { password: OTHER_PASSWORD.into(), ..Person::named("Ada") };
    world.sign_up(&stranger).await;
    let token = world.token_in_letter("verify_email");
    let without = form("/verify", &[("token", &token), ("password", PASSWORD)]).send(&world).await;
    assert_eq!(without.status.as_u16(), 401);
    assert_eq!(one(&world, "SELECT verified_at FROM accounts"), "null");
    // The owner takes the account by letter; the stranger is out, with everything that would let them in again.
    let theirs = world.sign_in(&stranger).await;
    let page = theirs.form("/settings/keys", &[("name", "mine"), ("scope", "admin")]).send(&world).await.text();
    let key = page.split("value=\"tt_live_").nth(1).and_then(|rest| rest.split('"').next());
    let key = format!("tt_live_{}", key.expect("the key on the page"));
    crate::factors_page::add_app(&world, &theirs).await;
    form("/reset", &[("email", &stranger.email)]).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("reset_password");
    form("/reset/password", &[("token", &token), ("password", PASSWORD)]).send(&world).await;
    assert_eq!(settings_status(&world, &theirs).await, 303);
    assert_eq!(with_key(&world, &key, "GET", "/v1/keys", "").await, 401);
    let owner = world.sign_in(&Person::named("Ada")).await;
    assert_eq!(settings_status(&world, &owner).await, 200, "nobody asks for the stranger's app");
}

#[tokio::test]
async fn name_and_country_are_corrected_by_their_owner() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let corrected =
        browser.form("/settings/profile", &[("name", "Ada <Lovelace>"), ("country", "GB")]).send(&world).await;
    assert_eq!(corrected.status.as_u16(), 303);
    let page = browser.page("/settings").send(&world).await.text();
    assert!(page.contains("Ada &#60;Lovelace&#62;") && page.contains("<option value=\"GB\" selected>"), "{page}");
    let wrong = browser.form("/settings/profile", &[("name", ""), ("country", "GB")]).send(&world).await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(wrong.text().contains("any name will do"));
}

/// What `key` gets for `method` and `path`.
async fn with_key(world: &World, key: &str, method: &str, path: &str, body: &'static str) -> u16 {
    let call = Call::app(method, path).header("authorization", &format!("Bearer {key}"));
    let call = if body.is_empty() { call } else { call.body("application/json", body) };
    call.send(world).await.status.as_u16()
}

#[tokio::test]
async fn promise_imp_62_a_key_made_in_the_settings_is_shown_once_and_does_what_it_may() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let make = |scopes: &[&'static str]| {
        let scopes: Vec<(&str, &str)> = scopes.iter().map(|scope| ("scope", *scope)).collect();
        browser.form("/settings/keys", &[&[("name", "The blog"), ("days", "30")], &scopes[..]].concat())
    };
    assert_eq!(make(&[]).send(&world).await.status.as_u16(), 422);
    let page = make(&["admin"]).send(&world).await.text();
    let key = page.split("value=\"tt_live_").nth(1).and_then(|rest| rest.split('"').next());
    let key = format!("tt_live_{}", key.expect("the key on the page"));
    let list = browser.page("/settings/keys").send(&world).await.text();
    assert!(list.contains("The blog") && !list.contains("tt_live_"), "shown once");
    assert_canary_is_sealed(&world, &[&key, "The blog"]);
    assert_eq!(with_key(&world, &key, "GET", "/v1/keys", "").await, 200);
    let page = make(&["read"]).send(&world).await.text();
    let reader = page.split("value=\"tt_live_").nth(1).and_then(|rest| rest.split('"').next());
    let reader = format!("tt_live_{}", reader.expect("the key on the page"));
    let wish = r#"{"name":"more","scopes":["admin"]}"#;
    assert_eq!(with_key(&world, &reader, "POST", "/v1/keys", wish).await, 403, "what may read makes no keys");
    assert_eq!(with_key(&world, &key, "POST", "/v1/keys", wish).await, 201);
    let id = one(&world, "SELECT id FROM api_keys WHERE scopes = 'admin' AND last_used_day IS NOT NULL");
    let (_, other) = world.member("Bob").await;
    let theft = other.form("/settings/keys/revoke", &[("key", &id)]).send(&world).await;
    assert_eq!(theft.status.as_u16(), 404);
    assert_eq!(browser.form("/settings/keys/revoke", &[("key", &id)]).send(&world).await.status.as_u16(), 303);
    assert_eq!(with_key(&world, &key, "GET", "/v1/keys", "").await, 401);
    assert_eq!(with_key(&world, &reader, "GET", "/settings", "").await, 401, "a key opens no pages");
}

#[tokio::test]
async fn a_key_of_nobody_is_destroyed_and_that_of_an_account_never() {
    let (world, person) = signed_up().await;
    tintype::usecases::personal_keys::create(&world.app, &tintype::domain::ids::AccountId::from_random([9; 15]))
        .await
        .expect("stored");
    let keys = || world.blobs.names(Bucket::Recovery).iter().filter(|name| name.starts_with("personal-keys/")).count();
    world.run_job("reconcile_keys").await.expect("runs");
    assert_eq!(keys(), 2, "a young one may be on its way into an account");
    world.advance_ms(HOUR_MS);
    world.run_job("reconcile_keys").await.expect("runs");
    assert_eq!(keys(), 1);
    world.sign_in(&person).await;
}

/// Somebody who knows Ada's password gives her account another address.
async fn change_address(world: &World, browser: &Browser, email: &str) {
    browser.form("/settings/email", &[("email", email), ("old_password", PASSWORD)]).send(world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("email_change_requested");
    let changed = browser.form("/settings/email/confirm", &[("token", &token)]).send(world).await;
    assert_eq!(changed.status.as_u16(), 303, "{}", changed.text());
    world.deliver_messages().await;
}

#[tokio::test]
async fn an_owner_takes_a_change_of_the_address_back_and_has_the_last_word() {
    let world = World::new();
    let (ada, thief) = world.member("Ada").await;
    change_address(&world, &thief, "thief@example.net").await;
    let to_ada = world.token_in_letter("email_changed");
    world.advance_ms(HOUR_MS);
    change_address(&world, &thief, "other@example.net").await;
    let to_thief = world.token_in_letter("email_changed");
    let undo = |token: &str| form("/settings/email/undo", &[("token", token)]);
    assert!(Call::app("GET", &format!("/settings/email/undo?token={to_ada}")).send(&world).await.status.is_success());
    assert_eq!(settings_status(&world, &thief).await, 200, "looking undoes nothing");
    assert_eq!(undo(&to_ada).send(&world).await.status.as_u16(), 200);
    assert_eq!(settings_status(&world, &thief).await, 303, "everybody is signed out");
    assert_eq!(undo(&to_thief).send(&world).await.status.as_u16(), 410, "a later link does not work any more");
    assert_eq!(undo(&to_ada).send(&world).await.status.as_u16(), 410, "nor does hers twice");
    world.sign_in(&ada).await;
    assert_canary_is_sealed(&world, &["ada@example.org", "thief@example.net"]);
}

#[tokio::test]
async fn a_thief_who_undoes_first_does_not_keep_the_owner_out() {
    let world = World::new();
    let (ada, thief) = world.member("Ada").await;
    change_address(&world, &thief, "thief@example.net").await;
    let to_ada = world.token_in_letter("email_changed");
    world.advance_ms(HOUR_MS);
    change_address(&world, &thief, "other@example.net").await;
    let undo = |token: String| form("/settings/email/undo", &[("token", &token)]);
    assert_eq!(undo(world.token_in_letter("email_changed")).send(&world).await.status.as_u16(), 200);
    assert_eq!(undo(to_ada).send(&world).await.status.as_u16(), 200);
    world.sign_in(&ada).await;
}
