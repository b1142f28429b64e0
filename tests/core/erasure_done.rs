//! What is left of an account that was erased: nothing, whatever stands in the way of others.

use std::sync::atomic::Ordering;

use serde_json::json;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, MINUTE_MS};
use tintype::policy::erasure::{ERASED_AFTER_MS, RECEIPT_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::erasure::{key, minute, page, receipt_path, request, sign_in_code, status, sweep, upload};
use crate::factors_page::add_app;
use crate::harness::client::Call;
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;
use crate::harness::people::PASSWORD;
use crate::harness::{NOON, World};
use crate::private_images::private;
use crate::tickets::ticket;

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
    let program = key(&world, &browser).await;
    let asked = Call::app("GET", "/v1/usage").header("authorization", &format!("Bearer {program}")).send(&world).await;
    assert_eq!(asked.status.as_u16(), 200);
    assert_eq!(one(&world, "SELECT count(*) FROM requests"), "1");
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

    browser.form("/settings/export", &[]).send(&world).await;
    world.run_job("build_exports").await.expect("runs");

    request(&world, &browser, &[("password", PASSWORD), ("images", "hide")]).await;
    let receipt = receipt_path(&world);
    world.advance_ms(ERASED_AFTER_MS - MINUTE_MS);
    sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1", "its time has come");

    // For 35 days the journal knows, by its random name alone, that this account must not come back.
    world.run_job("copy_journal").await.expect("runs");
    let left: Vec<String> = (world.sql.query("SELECT name FROM sqlite_master WHERE type = 'table'").iter())
        .map(|table| table["name"].as_str().unwrap_or_default().to_owned())
        .filter(|table| format!("{:?}", world.sql.query(&format!("SELECT * FROM \"{table}\""))).contains(&id))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "tables that know the account");
    crate::accounts::assert_canary_is_sealed(&world, &["canary", "Ada", "ada@", &id]);
    crate::exports::assert_nothing_left(&world);
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
    world.advance_ms(ERASED_AFTER_MS);
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
async fn what_a_hold_keeps_stays_unowned_and_the_account_waits_until_it_is_reported() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let image = upload(&world, &browser, 1).await.field("/id");
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
    let found = ImageId::parse(&image).expect("an id");
    tintype::usecases::known_bad::withhold_if_listed(&world.app, &found).await.expect("withholds");
    request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(ERASED_AFTER_MS);
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
    world.advance_ms(ERASED_AFTER_MS);
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
    world.advance_ms(ERASED_AFTER_MS);
    let mut worst = 0;
    for _ in 0..5 {
        world.advance_ms(2 * MINUTE_MS);
        world.faults.cost();
        world.run_cron(tintype::jobs::EVERY_OTHER_MINUTE).await.expect("runs");
        let cost = world.faults.cost();
        worst = worst.max(cost.calls);
    }
    assert!(worst > 3_000, "the scene is busy: {worst}");
    world.run_job("reap_recovery").await.expect("runs");
    minute(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    assert_eq!(one(&world, "SELECT json_extract(counts, '$.images') FROM erasures"), images);
}

#[tokio::test]
async fn accounts_that_cannot_be_erased_keep_no_other_waiting() {
    let world = World::new();
    for name in ["Ada", "Bob", "Cyd", "Dan", "Eve"] {
        let (_, browser) = world.member(name).await;
        request(&world, &browser, &[("password", PASSWORD)]).await;
    }
    // Of all but the last, nobody knows how to tell the processor.
    world.sql.query("UPDATE accounts SET billing_customer = 'cus_' || id WHERE created_at = created_at RETURNING id");
    let last = "(SELECT account_id FROM erasures ORDER BY rowid DESC LIMIT 1)";
    world.sql.query(&format!("UPDATE accounts SET billing_customer = NULL WHERE id = {last} RETURNING id"));
    world.billing.is_down.store(true, Ordering::Relaxed);
    world.advance_ms(ERASED_AFTER_MS);
    for _ in 0..4 {
        world.advance_ms(2 * MINUTE_MS);
        world.run_job("erase_accounts").await.expect_err("says that some cannot be");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "4");
    assert_eq!(one(&world, "SELECT count(*) FROM accounts WHERE billing_customer IS NULL"), "0", "the last was");
}

#[tokio::test]
async fn an_image_that_cannot_be_taken_out_of_view_keeps_no_other_account_waiting() {
    // The lease is call 0; these are what finds and begins the removal of Ada's image.
    for call in 1..=4 {
        let world = World::new();
        let (_, ada) = world.member("Ada").await;
        let (_, bob) = world.member("Bob").await;
        upload(&world, &ada, 1).await;
        for browser in [&ada, &bob] {
            request(&world, browser, &[("password", PASSWORD), ("images", "keep")]).await;
        }
        world.advance_ms(ERASED_AFTER_MS);
        world.faults.strike_at(call, FaultKind::FailBefore);
        world.run_job("erase_accounts").await.expect_err("says so");
        assert!(world.faults.calm());
        assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "1", "call {call}: Bob has no image");
    }
}
