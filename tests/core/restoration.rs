//! The drill: the database is set back by a day, by whoever and however, and nobody who was erased, nothing that was deleted and
//! nothing that was revoked comes back.

use serde_json::{Value, json};
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::jobs::{AUDIT, EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE};
use tintype::policy::erasure::ERASED_AFTER_MS;
use tintype::policy::journal::{CLOSED_MS_MIN, JOURNAL_KEPT_MS, UNKNOWN_KEPT_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::erasure::{request, undo};
use crate::factors_page::add_app;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, form};
use crate::harness::sqlite::Snapshot;
use crate::teams::{join, make_team};
use crate::tickets::{bring, ticket};

/// What the platform does in two minutes.
pub async fn two_minutes(world: &World) {
    world.advance_ms(2 * MINUTE_MS);
    world.deliver_messages().await;
    for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE] {
        world.run_cron(cron).await.unwrap_or_else(|faults| panic!("{cron}: {faults:?}"));
    }
}

/// Lets the platform do what it does for so long, as far as it matters here.
async fn live_on(world: &World, ms: i64) {
    world.advance_ms(ms);
    for cron in [EVERY_HOUR, EVERY_NIGHT] {
        world.run_cron(cron).await.unwrap_or_else(|faults| panic!("{cron}: {faults:?}"));
    }
    for _ in 0..3 {
        two_minutes(world).await;
    }
}

pub fn is_restoring(world: &World) -> bool {
    one(world, "SELECT count(*) FROM restorations WHERE finished_at IS NULL") == "1"
}

/// Sets the database back, and lets the platform notice and do what it does, until it is done.
pub async fn set_back(world: &World, snapshot: &Snapshot) {
    world.sql.set_back(snapshot);
    two_minutes(world).await;
    assert!(is_restoring(world), "it is noticed with the next minute");
    for _ in 0..CLOSED_MS_MIN / (2 * MINUTE_MS) {
        two_minutes(world).await;
    }
    assert!(!is_restoring(world), "and made good within minutes");
}

async fn upload(world: &World, browser: &Browser, number: u64) -> Answer {
    let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(number));
    let answer = browser.send(call).send(world).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer
}

async fn delete(world: &World, browser: &Browser, image: &Answer) {
    let call = Call::app("DELETE", &format!("/v1/images/{}", image.field("/id")));
    let answer = browser.send(call).send(world).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
}

async fn seen(world: &World, image: &Answer) -> u16 {
    world.view(&image.field("/url")).await.status.as_u16()
}

async fn with_key(world: &World, key: &str) -> u16 {
    Call::app("GET", "/v1/images").header("authorization", &format!("Bearer {key}")).send(world).await.status.as_u16()
}

async fn make_key(world: &World, browser: &Browser) -> (String, String) {
    let wish = json!({ "name": "a program", "scopes": ["read"] }).to_string();
    let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(world).await;
    (made.field("/id"), made.field("/key"))
}

async fn try_sign_in(world: &World, person: &Person, password: &str) -> u16 {
    form("/sign-in", &[("email", &person.email), ("password", password)]).send(world).await.status.as_u16()
}

#[tokio::test]
async fn promise_imp_37_of_a_database_set_back_by_a_day_nobody_erased_and_nothing_deleted_comes_back() {
    let world = World::new();
    let (ada, ada_browser) = world.member("Ada").await;
    let (_, bob) = world.member("Bob").await;
    let (_, cyd) = world.member("Cyd").await;
    let (of_ada, deleted, kept) =
        (upload(&world, &ada_browser, 1).await, upload(&world, &bob, 2).await, upload(&world, &bob, 3).await);
    let (made_private, brought_back) = (upload(&world, &bob, 4).await, upload(&world, &bob, 5).await);
    let of_cyd = upload(&world, &cyd, 6).await;
    let nobodys = world.upload(&numbered_png(7)).await;
    // Asked for before the backup: Ada means it, Cyd does not.
    for browser in [&ada_browser, &cyd] {
        request(&world, browser, &[("password", PASSWORD), ("images", "keep")]).await;
    }
    live_on(&world, ERASED_AFTER_MS - 12 * HOUR_MS).await;
    let bob = world.sign_in(&Person::named("Bob")).await;
    let backup = world.sql.snapshot();

    assert_eq!(undo(&world).await.status.as_u16(), 200, "the latest letter is Cyd's");
    delete(&world, &bob, &deleted).await;
    delete(&world, &bob, &brought_back).await;
    let restore = format!("/{}/restore", brought_back.field("/id"));
    assert_eq!(bob.form(&restore, &[]).send(&world).await.status.as_u16(), 303);
    let private = json!({ "private": true }).to_string();
    let path = format!("/v1/images/{}", made_private.field("/id"));
    let answer = bob.send(Call::app("PATCH", &path).body("application/json", private)).send(&world).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let token = nobodys.field("/delete_token");
    let path = format!("/v1/images/{}", nobodys.field("/id"));
    Call::app("DELETE", &path).header("authorization", &format!("Bearer {token}")).send(&world).await;
    live_on(&world, DAY_MS).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "2", "Ada is erased");
    let personal_keys =
        || world.blobs.names(Bucket::Recovery).iter().filter(|name| name.starts_with("personal-keys/")).count();
    assert_eq!(personal_keys(), 2);

    set_back(&world, &backup).await;
    for _ in 0..4 {
        two_minutes(&world).await;
        world.run_cron(EVERY_HOUR).await.expect("runs");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "2", "Ada is erased again");
    assert_eq!(one(&world, "SELECT count(*) FROM accounts WHERE erase_at IS NOT NULL"), "0", "and Cyd is not");
    assert_eq!(personal_keys(), 2);
    assert_eq!(try_sign_in(&world, &ada, PASSWORD).await, 401);
    assert_eq!(try_sign_in(&world, &Person::named("Cyd"), PASSWORD).await, 303);
    assert_eq!(one(&world, "SELECT count(*) FROM erasures WHERE finished_at IS NOT NULL"), "1", "her receipt holds");
    for image in [&of_ada, &deleted, &nobodys] {
        assert_eq!(seen(&world, image).await, 410);
        assert_ne!(world.state(&image.field("/id")), "live");
    }
    assert_eq!(world.state(&of_ada.field("/id")), "gone");
    assert_eq!(seen(&world, &made_private).await, 404, "it is private again");
    for image in [&kept, &of_cyd, &brought_back] {
        assert_eq!(seen(&world, image).await, 200, "what nobody took away is there");
    }
    assert_eq!(world.log.faults().len(), 1, "said once, and nothing was lost: {:?}", world.log.faults());
    world.assert_nothing_lost_or_leaked();
}

#[tokio::test]
async fn promise_imp_06_what_was_revoked_or_changed_opens_nothing_again() {
    let world = World::new();
    let (bob, browser) = world.member("Bob").await;
    let (cyd, cyd_browser) = world.member("Cyd").await;
    let team = make_team(&world, &browser).await;
    let dan = join(&world, &browser, &team, "Dan", "editor").await;
    let (key_id, key) = make_key(&world, &browser).await;
    let (_, kept_key) = make_key(&world, &cyd_browser).await;
    let open = ticket(&world, &browser, json!({ "uses": 3 })).await;
    let consent = |act: &'static str| browser.form("/settings/consents", &[("purpose", "product_email"), ("act", act)]);
    assert_eq!(consent("granted").send(&world).await.status.as_u16(), 303);
    live_on(&world, HOUR_MS).await;
    form("/reset", &[("email", &bob.email)]).send(&world).await;
    world.deliver_messages().await;
    let reset = world.token_in_letter("reset_password");
    let backup = world.sql.snapshot();

    browser.send(Call::app("DELETE", &format!("/v1/keys/{key_id}"))).send(&world).await;
    assert_eq!(with_key(&world, &key).await, 401);
    browser.send(Call::app("DELETE", &format!("/v1/tickets/{}", open.field("/id")))).send(&world).await;
    assert_eq!(consent("withdrawn").send(&world).await.status.as_u16(), 303);
    let latest = "SELECT act FROM consents WHERE purpose = 'product_email' ORDER BY number DESC LIMIT 1";
    assert_eq!(one(&world, latest), "withdrawn");
    let taken_out = format!("/v1/teams/{team}/members/{}", dan.account);
    assert!(browser.send(Call::app("DELETE", &taken_out)).send(&world).await.status.is_success());
    let another = "eleven plates of dry gelatine";
    let fields = [("token", reset.as_str()), ("password", another)];
    assert_eq!(form("/reset/password", &fields).send(&world).await.status.as_u16(), 303);
    add_app(&world, &world.sign_in(&cyd).await).await;
    live_on(&world, DAY_MS).await;

    world.sql.set_back(&backup);
    world.run_cron(EVERY_MINUTE).await.expect("runs");
    assert!(is_restoring(&world));
    // The doors are closed before anything is made good.
    assert_eq!(with_key(&world, &kept_key).await, 503);
    assert_eq!(browser.page("/settings").send(&world).await.status.as_u16(), 303, "an old sign-in is none");
    assert_eq!(try_sign_in(&world, &cyd, PASSWORD).await, 503);
    let upload = world.upload(&numbered_png(1)).await;
    assert_eq!((upload.status.as_u16(), upload.header("retry-after")), (503, "120"));
    assert_eq!(upload.field("/code"), "restoring");
    assert_eq!(Call::app("GET", "/").send(&world).await.status.as_u16(), 200, "looking is free");
    for _ in 0..6 {
        two_minutes(&world).await;
    }
    assert!(!is_restoring(&world));

    assert_eq!(with_key(&world, &key).await, 401);
    assert_eq!(with_key(&world, &kept_key).await, 200, "another key is what it was");
    assert_eq!(bring(&open, "/v1/images", numbered_png(2)).send(&world).await.status.as_u16(), 401);
    assert_eq!(one(&world, latest), "withdrawn");
    assert_eq!(one(&world, &format!("SELECT count(*) FROM team_members WHERE team_id = '{team}'")), "1");
    for (person, password) in [(&bob, PASSWORD), (&bob, another), (&cyd, PASSWORD)] {
        assert_eq!(try_sign_in(&world, person, password).await, 401, "{}: a new password is to be set", person.name);
    }
    assert_eq!(form("/reset/password", &fields).send(&world).await.status.as_u16(), 410, "a link works once");
    for table in ["sessions", "links", "letters WHERE state = 'waiting'", "team_invitations", "replays"] {
        assert_eq!(one(&world, &format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
    form("/reset", &[("email", &bob.email)]).send(&world).await;
    world.deliver_messages().await;
    let reset = world.token_in_letter("reset_password");
    let fields = [("token", reset.as_str()), ("password", another)];
    assert_eq!(form("/reset/password", &fields).send(&world).await.status.as_u16(), 303);
    assert_eq!(try_sign_in(&world, &bob, another).await, 303, "and that is all that it takes");
}

#[tokio::test]
async fn what_was_uploaded_since_is_kept_for_days_and_operators_are_told_how_many() {
    let world = World::new();
    live_on(&world, HOUR_MS).await;
    let backup = world.sql.snapshot();
    let (_, ada) = world.member("Ada").await;
    let pictures = [upload(&world, &ada, 1).await, upload(&world, &ada, 2).await];
    live_on(&world, 2 * HOUR_MS).await;
    set_back(&world, &backup).await;
    for _ in 0..3 {
        live_on(&world, 2 * HOUR_MS).await;
        for picture in &pictures {
            assert_eq!(seen(&world, picture).await, 200, "acknowledged pictures are served");
        }
    }
    assert!(world.blobs.names(Bucket::Recovery).iter().any(|name| name.starts_with("personal-keys/")));
    world.run_cron(AUDIT).await.expect("runs");
    let told = format!("{:?}", world.log.faults());
    assert!(told.contains("2 public pictures are in no row"), "{told}");
    let status = Call::app("GET", "/status.json").send(&world).await.json();
    let rule = |status: &Value| {
        let promises = status["promises"].as_array().cloned().unwrap_or_default();
        promises.iter().find(|rule| rule["rule"] == "nothing-was-forgotten").map(|rule| rule["kept"].clone())
    };
    assert_eq!(rule(&status), Some(json!(false)));
    live_on(&world, UNKNOWN_KEPT_MS).await;
    live_on(&world, HOUR_MS).await;
    for picture in &pictures {
        assert_ne!(seen(&world, picture).await, 200, "nobody could delete them");
    }
    assert_eq!(world.blobs.names(Bucket::Images), Vec::<String>::new());
    world.run_cron(AUDIT).await.expect("runs");
    assert_eq!(rule(&Call::app("GET", "/status.json").send(&world).await.json()), Some(json!(true)));
}

#[tokio::test]
async fn no_job_acts_on_what_a_database_says_that_was_set_back() {
    let world = World::new();
    let (_, cyd) = world.member("Cyd").await;
    let image = upload(&world, &cyd, 1).await;
    request(&world, &cyd, &[("password", PASSWORD), ("images", "keep")]).await;
    live_on(&world, HOUR_MS).await;
    let backup = world.sql.snapshot();
    undo(&world).await;
    live_on(&world, ERASED_AFTER_MS).await;
    world.sql.set_back(&backup);
    // By this database, the account is to be erased at once, with its picture.
    for cron in [EVERY_OTHER_MINUTE, EVERY_HOUR, EVERY_OTHER_MINUTE, EVERY_HOUR] {
        world.advance_ms(MINUTE_MS);
        world.run_cron(cron).await.expect("runs");
    }
    live_on(&world, HOUR_MS).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts WHERE erase_at IS NULL"), "1");
    assert_eq!(seen(&world, &image).await, 200);
}

#[tokio::test]
async fn a_database_older_than_the_journal_stays_closed_and_says_so() {
    let world = World::new();
    let image = world.upload(&numbered_png(1)).await;
    live_on(&world, HOUR_MS).await;
    let backup = world.sql.snapshot();
    for _ in 0..8 {
        live_on(&world, JOURNAL_KEPT_MS / 7).await;
    }
    world.sql.set_back(&backup);
    for _ in 0..10 {
        world.advance_ms(2 * MINUTE_MS);
        let faults = world.run_cron(EVERY_OTHER_MINUTE).await.expect_err("says so");
        assert!(format!("{faults:?}").contains("older than the journal"), "{faults:?}");
    }
    assert_eq!(world.upload(&numbered_png(2)).await.status.as_u16(), 503);
    assert_eq!(world.state(&image.field("/id")), "live", "and nothing was done");
}

#[tokio::test]
async fn a_new_database_under_old_buckets_is_noticed_and_nothing_is_erased_for_days() {
    let world = World::new();
    let empty = world.sql.snapshot();
    let image = world.upload(&numbered_png(1)).await;
    live_on(&world, DAY_MS).await;
    set_back(&world, &empty).await;
    live_on(&world, DAY_MS).await;
    assert_eq!(seen(&world, &image).await, 200);
}

#[tokio::test]
async fn set_back_while_it_is_being_replayed_or_twice_it_comes_to_the_same() {
    let world = World::new();
    let (_, bob) = world.member("Bob").await;
    let [first, second, kept] =
        [upload(&world, &bob, 1).await, upload(&world, &bob, 2).await, upload(&world, &bob, 3).await];
    live_on(&world, HOUR_MS).await;
    let oldest = world.sql.snapshot();
    delete(&world, &bob, &first).await;
    live_on(&world, HOUR_MS).await;
    let older = world.sql.snapshot();
    delete(&world, &bob, &second).await;
    live_on(&world, HOUR_MS).await;
    set_back(&world, &older).await;
    live_on(&world, HOUR_MS).await;
    world.sql.set_back(&oldest);
    two_minutes(&world).await;
    let halfway = world.sql.snapshot();
    two_minutes(&world).await;
    world.sql.set_back(&halfway);
    for _ in 0..7 {
        two_minutes(&world).await;
    }
    assert!(!is_restoring(&world));
    live_on(&world, HOUR_MS).await;
    for image in [&first, &second] {
        assert_eq!(seen(&world, image).await, 410);
        assert_eq!(world.state(&image.field("/id")), "recovery");
    }
    assert_eq!(seen(&world, &kept).await, 200);
    world.assert_nothing_lost_or_leaked();
}

#[tokio::test]
async fn an_address_that_changed_is_the_new_one_and_an_erased_account_has_none() {
    let world = World::new();
    let (bob, browser) = world.member("Bob").await;
    live_on(&world, HOUR_MS).await;
    let backup = world.sql.snapshot();
    let new = "robert@example.org";
    browser.form("/settings/email", &[("email", new), ("old_password", PASSWORD)]).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("email_change_requested");
    let answer = browser.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    live_on(&world, HOUR_MS).await;
    let entry = world.blobs.names(Bucket::Recovery).into_iter().filter(|name| name.starts_with("journal/"));
    for name in entry {
        let text = String::from_utf8_lossy(&world.blobs.bytes(Bucket::Recovery, &name)).into_owned();
        assert!(!text.contains("robert"), "{text}");
    }
    set_back(&world, &backup).await;
    assert_eq!(try_sign_in(&world, &Person { email: new.into(), ..bob.clone() }, PASSWORD).await, 303);
    assert_eq!(try_sign_in(&world, &bob, PASSWORD).await, 401);
}

/// An id, for rows that are planted.
fn planted(number: u8) -> String {
    ImageId::from_random([number; 15]).to_string()
}

#[tokio::test]
async fn each_kind_of_change_holds_after_the_database_was_set_back() {
    // What is there, what changes, what is asked, and the answer that holds.
    let (image, other) = (planted(1), planted(2));
    let live = |id: &str| {
        format!("INSERT INTO images (id, state, surface, verdict, policy_version, created_at, expires_at, retention_class, retention_reason, account_id)
                 VALUES ('{id}', 'live', 'web', 'safe', 1, 0, 4000000000000, 'a', 'a', 'ada');")
    };
    let account = "INSERT INTO accounts (id, email, email_lookup, name, password_hash, tier, is_operator, declared_age_at, created_at, verified_at)
                   VALUES ('ada', 'a', 'a', 'a', 'hash', 'free', 1, 0, 0, 0), ('bob', 'b', 'b', 'b', 'hash', 'free', 0, 0, 0, 0);";
    let team = "INSERT INTO teams (id, name, created_at) VALUES ('t', 'Engines', 0);
                INSERT INTO team_members VALUES ('t', 'ada', 'owner', 0), ('t', 'bob', 'editor', 0);";
    let hash = "ab".repeat(32);
    let cases: Vec<(&str, String, String, String, Value)> = vec![
        ("a picture is held", live(&image), format!("UPDATE images SET state = 'held', held_until = 4000000000000, held_reason = 'review' WHERE id = '{image}'"), format!("SELECT state FROM images WHERE id = '{image}'"), json!("held")),
        ("and waits for a person", live(&image), format!("UPDATE images SET state = 'held', held_until = 4000000000000, held_reason = 'review' WHERE id = '{image}'"), "SELECT count(*) FROM review_queue WHERE decided_at IS NULL".into(), json!(1)),
        ("a picture is prohibited", live(&image), format!("UPDATE images SET state = 'removing', removing_at = 1, removal_reason = 'removed', verdict = 'prohibited' WHERE id = '{image}'"), format!("SELECT verdict FROM images WHERE id = '{image}'"), json!("prohibited")),
        ("a warning is added", live(&image), format!("UPDATE images SET verdict = 'restricted' WHERE id = '{image}'"), format!("SELECT verdict || (SELECT verdict FROM decisions WHERE image_id = '{image}') FROM images WHERE id = '{image}'"), json!("restrictedrestricted")),
        ("a life is shortened", live(&image), format!("UPDATE images SET expires_at = 3000000000000 WHERE id = '{image}'"), format!("SELECT expires_at FROM images WHERE id = '{image}'"), json!(3_000_000_000_000_i64)),
        ("and not lengthened", live(&image), format!("UPDATE images SET expires_at = NULL WHERE id = '{image}'"), format!("SELECT expires_at FROM images WHERE id = '{image}'"), json!(4_000_000_000_000_i64)),
        ("what was private is public", format!("{} UPDATE images SET is_private = 1;", live(&image)), "UPDATE images SET is_private = 0".into(), "SELECT is_private FROM images".into(), json!(0)),
        ("a hold is placed", live(&image), format!("INSERT INTO holds (image_id, kind, placed_at, until, reason) VALUES ('{image}', 'legal', 1, 4000000000000, 'a list')"), "SELECT until FROM holds WHERE released_at IS NULL".into(), json!(4_000_000_000_000_i64)),
        ("a hold is released", format!("{} INSERT INTO holds (image_id, kind, placed_at, until, reason) VALUES ('{image}', 'legal', 1, 4000000000000, 'a list');", live(&image)), "UPDATE holds SET released_at = 7".into(), "SELECT released_at FROM holds".into(), json!(7)),
        ("a report is due", String::new(), format!("INSERT INTO reports (image_id, list, category, kind, surface, uploaded_at, created_at, state) VALUES ('{other}', 'l', 'csam', 'pdq', 'web', 1, 2, 'due')"), "SELECT state || created_at FROM reports".into(), json!("due2")),
        ("an order is placed", live(&image), format!("INSERT INTO orders VALUES ('o', '{image}', 'AZ 1', 1, 4000000000000, NULL)"), "SELECT image_id || reference || until FROM orders WHERE lifted_at IS NULL".into(), json!(format!("{image}AZ 14000000000000"))),
        ("an order is lifted", format!("{} INSERT INTO orders VALUES ('o', '{image}', 'AZ 1', 1, 4000000000000, NULL);", live(&image)), "UPDATE orders SET lifted_at = 7".into(), "SELECT lifted_at FROM orders".into(), json!(7)),
        ("a report is filed under a number", format!("INSERT INTO reports (image_id, list, category, kind, surface, uploaded_at, created_at, state) VALUES ('{other}', 'l', 'csam', 'pdq', 'web', 1, 2, 'due');"), "UPDATE reports SET state = 'filed', filed_at = 9, reference = 'N7'".into(), "SELECT state || filed_at || reference FROM reports".into(), json!("filed9N7")),
        ("a hold stands again", format!("{} INSERT INTO holds (image_id, kind, placed_at, until, reason, released_at) VALUES ('{image}', 'legal', 1, 4000000000000, 'a list', 7);", live(&image)), "UPDATE holds SET released_at = NULL".into(), "SELECT count(*) FROM holds WHERE released_at IS NULL".into(), json!(1)),
        ("a report is filed", format!("INSERT INTO reports (image_id, list, category, kind, surface, uploaded_at, created_at, state) VALUES ('{other}', 'l', 'csam', 'pdq', 'web', 1, 2, 'due');"), "UPDATE reports SET state = 'filed'".into(), "SELECT state FROM reports".into(), json!("filed")),
        ("a picture is listed", String::new(), format!("INSERT INTO known_bad (kind, value, list, category, source, added_at) VALUES ('pdq', '{hash}', 'operator', 'operator', 'x', 1)"), "SELECT count(*) FROM known_bad_bands".into(), json!(16)),
        ("a picture is taken off the list", format!("INSERT INTO known_bad (kind, value, list, category, source, added_at) VALUES ('pdq', '{hash}', 'operator', 'operator', 'x', 1);"), "DELETE FROM known_bad".into(), "SELECT count(*) FROM known_bad".into(), json!(0)),
        ("a collection is deleted", format!("INSERT INTO collections VALUES ('c', 'ada', 'Engines', 0); {} UPDATE images SET collection_id = 'c';", live(&image)), "UPDATE images SET collection_id = NULL; DELETE FROM collections".into(), "SELECT (SELECT count(*) FROM collections) + (SELECT count(collection_id) FROM images)".into(), json!(0)),
        ("what nobody asked for is paused", account.into(), "UPDATE accounts SET restricted_at = 5 WHERE id = 'ada'".into(), "SELECT restricted_at FROM accounts WHERE id = 'ada'".into(), json!(5)),
        ("an operator is none any more", account.into(), "UPDATE accounts SET is_operator = 0 WHERE id = 'ada'".into(), "SELECT is_operator FROM accounts WHERE id = 'ada'".into(), json!(0)),
        ("a factor is added", account.into(), "INSERT INTO totp_factors (account_id, secret, created_at) VALUES ('ada', 's', 1); UPDATE totp_factors SET confirmed_at = 2".into(), "SELECT group_concat(coalesce(password_hash, 'none'), ' ') FROM accounts".into(), json!("none hash")),
        ("an app is removed", "INSERT INTO totp_factors (account_id, secret, created_at, confirmed_at) VALUES ('ada', 's', 1, 2);".into(), "DELETE FROM totp_factors".into(), "SELECT count(*) FROM totp_factors".into(), json!(0)),
        ("a passkey is removed", "INSERT INTO passkeys VALUES ('p', 'ada', 'c', 'k', 'n', 0, 0, 0, 1, NULL, NULL);".into(), "DELETE FROM passkeys".into(), "SELECT count(*) FROM passkeys".into(), json!(0)),
        ("a passkey is distrusted", "INSERT INTO passkeys VALUES ('p', 'ada', 'c', 'k', 'n', 0, 0, 0, 1, NULL, NULL);".into(), "UPDATE passkeys SET flagged_at = 5".into(), "SELECT count(flagged_at) FROM passkeys".into(), json!(1)),
        ("a recovery code is used", "INSERT INTO recovery_codes VALUES ('one', 'ada', 0), ('two', 'ada', 0);".into(), "DELETE FROM recovery_codes WHERE code_hash = 'one'".into(), "SELECT group_concat(code_hash) FROM recovery_codes".into(), json!("two")),
        ("a ticket is used up", "INSERT INTO tickets (id, account_id, token_hash, is_private, uses_max, uses, created_at, expires_at) VALUES ('t', 'ada', 'h', 0, 1, 0, 0, 4000000000000);".into(), "UPDATE tickets SET uses = 1".into(), "SELECT count(revoked_at) FROM tickets".into(), json!(1)),
        ("a team is closed", format!("{account} {team}"), "UPDATE teams SET closed_at = 3".into(), "SELECT count(closed_at) FROM teams".into(), json!(1)),
        ("a team passes on, and its owner leaves", format!("{account} {team}"), "UPDATE team_members SET role = 'editor' WHERE account_id = 'ada'; UPDATE team_members SET role = 'owner' WHERE account_id = 'bob'; DELETE FROM team_members WHERE account_id = 'ada'".into(), "SELECT group_concat(account_id || role) FROM team_members".into(), json!("bobowner")),
        ("a member may less", format!("{account} {team}"), "UPDATE team_members SET role = 'viewer' WHERE account_id = 'bob'".into(), "SELECT role FROM team_members WHERE account_id = 'bob'".into(), json!("viewer")),
        ("who is erased before asking was known is erased at once", account.into(), "DELETE FROM accounts WHERE id = 'bob'".into(), "SELECT erase_at < 4000000000000 FROM accounts WHERE id = 'bob'".into(), json!(1)),
        ("erasure is asked for", account.into(), "UPDATE accounts SET erase_at = 4000000000000, hides_images = 1 WHERE id = 'bob'; INSERT INTO erasures (id, account_id, requested_at, erase_at) VALUES ('e', 'bob', 5, 4000000000000)".into(), "SELECT (SELECT erase_at || hides_images FROM accounts WHERE id = 'bob') || (SELECT id FROM erasures)".into(), json!("40000000000001e")),
    ];
    for (what, scene, change, question, expected) in cases {
        let world = World::new();
        let sql = |text: &str| {
            world
                .sql
                .with_connection(|connection| connection.execute_batch(text))
                .unwrap_or_else(|e| panic!("{what}: {e}"))
        };
        sql(&scene);
        world.advance_ms(HOUR_MS);
        world.run_job("copy_journal").await.expect("runs");
        let backup = world.sql.snapshot();
        sql(&change);
        world.advance_ms(HOUR_MS);
        world.run_job("copy_journal").await.expect("runs");
        let ask = || {
            let rows = world.sql.query(&question);
            rows.first().and_then(|row| row.values().next().cloned()).unwrap_or_default()
        };
        world.sql.set_back(&backup);
        if what != "and not lengthened" {
            assert_ne!(ask(), expected, "{what}: was otherwise before");
        }
        world.run_cron(EVERY_OTHER_MINUTE).await.unwrap_or_else(|faults| panic!("{what}: {faults:?}"));
        assert_eq!(ask(), expected, "{what}");
        assert_eq!(one(&world, "SELECT count(*) FROM replays"), "0", "{what}");
    }
}

#[tokio::test]
async fn a_day_of_a_busy_deployment_is_replayed_within_what_the_platform_allows() {
    let world = World::new();
    let (_, bob) = world.member("Bob").await;
    upload(&world, &bob, 1).await;
    live_on(&world, HOUR_MS).await;
    let images = 6_000;
    world
        .plant_rows(
            0..images,
            crate::harness::plant::Row { state: "live", reason: None, at: world.clock_now().plus_ms(90 * DAY_MS) },
        )
        .await;
    let backup = world.sql.snapshot();
    for _ in 0..300 {
        world.advance_ms(2 * MINUTE_MS);
        let gone = "UPDATE images SET state = 'recovery', removing_at = 1, removal_reason = 'deleted', erase_after = 4000000000000
                    WHERE id IN (SELECT id FROM images WHERE state = 'live' ORDER BY id LIMIT 20) RETURNING id";
        world.sql.query(gone);
        world.run_job("copy_journal").await.expect("runs");
    }
    world.sql.set_back(&backup);
    let began = world.clock_now();
    let mut worst = (0, 0);
    for _ in 0..30 {
        world.advance_ms(2 * MINUTE_MS);
        world.faults.cost();
        world.run_cron(EVERY_OTHER_MINUTE).await.expect("runs");
        let cost = world.faults.cost();
        worst = (worst.0.max(cost.queries), worst.1.max(cost.calls));
        if !is_restoring(&world) {
            break;
        }
    }
    let minutes = world.clock_now().ms_since(began) / MINUTE_MS;
    println!("300 parts with {images} entries: {minutes} minutes, at worst {worst:?} queries and calls in one run");
    assert!(minutes < 30 && worst.0 <= 1_000 && worst.1 <= 10_000, "{minutes} {worst:?}");
    assert!(worst.0 > 300, "the scene is busy");
    let public = "SELECT count(*) FROM images WHERE state = 'live'";
    assert!(one(&world, public).parse::<u64>().expect("a number") <= 2, "none came back");
}

#[tokio::test]
async fn while_a_backup_is_being_restored_nothing_is_replayed_and_no_row_misses_its_bytes() {
    let world = World::new();
    let image = world.upload(&numbered_png(1)).await;
    live_on(&world, HOUR_MS).await;
    // As the script leaves it, with the objects still to come.
    world.sql.query("INSERT INTO restorations (id, noticed_at, phase) VALUES (1, 1, 'filling') RETURNING id");
    let name = format!("images/{}", image.field("/id"));
    let bytes = world.blobs.bytes(Bucket::Images, &name);
    world.blobs.lose(Bucket::Images, &name);
    live_on(&world, DAY_MS).await;
    assert!(is_restoring(&world));
    assert_eq!((world.state(&image.field("/id")).as_str(), bytes.is_empty()), ("live", false));
    world.sql.query(&format!(
        "UPDATE restorations SET phase = 'noticed', noticed_at = {} RETURNING id",
        world.clock_now().0
    ));
    for _ in 0..7 {
        two_minutes(&world).await;
    }
    assert!(!is_restoring(&world));
}
