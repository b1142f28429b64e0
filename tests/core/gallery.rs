//! Images that belong to accounts: whose they are, how long they stay, who may see them listed and delete them.

use serde_json::Value;
use tintype::domain::account::AccountTier;
use tintype::domain::hex::sha256;
use tintype::domain::ids::{AccountId, DeleteToken, ImageId};
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::owner::Member;
use tintype::domain::time::DAY_MS;
use tintype::domain::verdict::UnscannedReason;
use tintype::usecases::claim::claim as take_in;

use crate::content_safety::scored;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, Person};

fn post(bytes: Vec<u8>) -> Call {
    Call::app("POST", "/v1/images").body("image/png", bytes)
}

/// Uploads a picture as the script of the upload page does.
pub async fn upload(world: &World, browser: &Browser, number: u64) -> Answer {
    browser.send(post(numbered_png(number))).send(world).await
}

/// A key of somebody's programs.
async fn key(world: &World, browser: &Browser, scopes: &str) -> String {
    let wish = format!(r#"{{"name":"a","scopes":[{scopes}]}}"#);
    let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(world).await;
    format!("Bearer {}", made.field("/key"))
}

async fn ids(world: &World, browser: &Browser, query: &str) -> Vec<String> {
    let listed = browser.send(Call::app("GET", &format!("/v1/images{query}"))).send(world).await.json();
    let data = listed["data"].as_array().cloned().unwrap_or_default();
    data.iter().filter_map(|image| image["id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn promise_imp_32_what_a_member_uploads_stays_until_it_is_deleted() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let made = upload(&world, &ada, 1).await;
    assert_eq!((made.status.as_u16(), made.json()["expires_at"].clone()), (201, Value::Null));
    assert_eq!(made.field("/retention/reason"), "kept until you delete it");
    assert_eq!(made.header("sunset"), "");
    world.advance_ms(3_000 * DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.view(&made.field("/url")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn promise_imp_34_restricted_pictures_stay_thirty_days_on_free_accounts_and_for_good_on_paid_ones() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let made = ada.send(post(world.assess(1, scored(0.9, 0.02)))).send(&world).await;
    assert_eq!(made.field("/retention/reason"), "restricted content: 30 days", "{}", made.text());
    world.sql.with_connection(|connection| connection.execute("UPDATE accounts SET tier = 'pro'", []).expect("SQL"));
    let made = ada.send(post(world.assess(2, scored(0.9, 0.02)))).send(&world).await;
    assert_eq!(made.json()["expires_at"], Value::Null, "{}", made.text());
}

#[tokio::test]
async fn until_the_address_is_proved_an_account_has_what_everybody_has_and_is_told() {
    let world = World::new();
    let person = Person::named("Ada");
    world.sign_up(&person).await;
    let ada = world.sign_in(&person).await;
    let made = upload(&world, &ada, 1).await;
    assert_eq!(made.field("/retention/reason"), "uploaded before your address was proved: 30 days");
    assert!(made.header("ratelimit-policy").contains("q=20"), "{}", made.header("ratelimit-policy"));
    for path in ["/", "/gallery"] {
        assert!(ada.page(path).send(&world).await.text().contains("proved"), "{path}");
    }
    assert_eq!(ids(&world, &ada, "").await, [made.field("/id")], "it is theirs all the same");
}

#[tokio::test]
async fn promise_imp_32_when_the_address_is_proved_what_was_uploaded_before_stays_too() {
    let world = World::new();
    let person = Person::named("Ada");
    world.sign_up(&person).await;
    let ada = world.sign_in(&person).await;
    let send = |query: &str, bytes: Vec<u8>| {
        ada.send(Call::app("POST", &format!("/v1/images{query}")).body("image/png", bytes))
    };
    let safe = send("", numbered_png(1)).send(&world).await;
    let asked = send("?ttl=3600", numbered_png(2)).send(&world).await;
    let restricted = send("", world.assess(3, scored(0.9, 0.02))).send(&world).await;
    let asked_long = send("?ttl=1728000", world.assess(4, scored(0.9, 0.02))).send(&world).await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let held = send("", numbered_png(5)).send(&world).await;
    *world.vision.is_away.lock().expect("not poisoned") = None;
    let nobodys = world.upload(&numbered_png(6)).await;
    let token = world.token_in_letter("verify_email");
    assert_eq!(ada.form("/verify", &[("token", &token)]).send(&world).await.status.as_u16(), 303);
    world.advance_ms(60_000);
    world.run_job("judge_held").await.expect("runs");
    let told = |image: &Answer| {
        let path = format!("/v1/images/{}", image.field("/id"));
        let (world, ada) = (&world, &ada);
        async move { ada.send(Call::app("GET", &path)).send(world).await }
    };
    let mut reasons = Vec::new();
    for image in [&safe, &asked, &restricted, &asked_long, &held] {
        let told = told(image).await;
        let days = world.sql.query(&format!(
            "SELECT (expires_at - created_at) / 86400000.0 AS days FROM images WHERE id = '{}'",
            image.field("/id")
        ));
        reasons.push(format!("{}; {}", told.field("/retention/reason"), days[0]["days"]));
    }
    let expected = [
        "kept until you delete it; null",
        "you asked for 1 hour; 0.041666666666666664",
        "restricted content: 30 days; 30.0",
        "as long as you asked for; 20.0",
        "kept until you delete it; null",
    ];
    assert_eq!(reasons, expected);
    world.advance_ms(25 * DAY_MS);
    for (image, status) in [(&safe, 200), (&asked, 410), (&restricted, 200), (&asked_long, 410), (&nobodys, 200)] {
        assert_eq!(world.view(&image.field("/url")).await.status.as_u16(), status, "{}", image.text());
    }
    world.advance_ms(400 * DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.view(&safe.field("/url")).await.status.as_u16(), 200, "what is beside the bytes says so, too");
}

#[tokio::test]
async fn an_account_is_counted_wherever_it_uploads_from_and_leaves_its_neighbours_alone() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = world.sql.query("SELECT id FROM accounts")[0]["id"].as_str().unwrap_or_default().to_owned();
    upload(&world, &ada, 1).await;
    let full = "UPDATE rate_counters SET uploads = 60 WHERE window = 'hour'";
    world.sql.with_connection(|connection| connection.execute(full, []).expect("SQL"));
    let elsewhere = ada.send(post(numbered_png(2))).header("cf-connecting-ip", "198.51.100.9").send(&world).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.field("/code")), (429, "rate-limited".to_owned()));
    assert!(elsewhere.header("ratelimit-policy").starts_with("\"hour\";q=60"), "{:?}", elsewhere.headers);
    assert_eq!(world.upload(&numbered_png(3)).await.status.as_u16(), 201, "somebody else at the same place");
    let callers = world.sql.query("SELECT DISTINCT caller FROM rate_counters ORDER BY caller");
    assert!(callers.iter().any(|row| row["caller"] == format!("account:{id}")), "{callers:?}");
}

#[tokio::test]
async fn a_browser_acts_for_its_account_from_our_own_pages_only() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let image = upload(&world, &ada, 1).await.field("/id");
    let bare = |call: Call| call.header("cookie", &ada.cookie);
    let delete = || Call::app("DELETE", &format!("/v1/images/{image}"));
    for call in [post(numbered_png(2)), delete()] {
        let silent = bare(call).send(&world).await;
        assert_eq!((silent.status.as_u16(), silent.field("/code")), (403, "cross-site-form".to_owned()));
    }
    let foreign = bare(delete()).header("origin", "https://evil.example").send(&world).await;
    assert_eq!(foreign.status.as_u16(), 403);
    assert_eq!(ids(&world, &ada, "").await.len(), 1);
}

#[tokio::test]
async fn the_form_of_the_upload_page_is_of_one_sign_in() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let page = ada.page("/").send(&world).await.text();
    assert!(page.contains(&format!("name=\"form_token\" value=\"{}\"", ada.form_token)), "{page}");
    assert!(page.contains("until <strong id=\"until\"><local-time datetime=\"\" hidden>"), "{page}");
    assert!(page.contains("as long as you like, until you delete it"), "{page}");
    let png = numbered_png(1);
    let files = [("file", "a.png", png.as_slice())];
    let forged = ada.send(Call::app("POST", "/").form(&[], &files)).send(&world).await;
    assert_eq!(forged.status.as_u16(), 403);
    let fields = [("form_token", ada.form_token.as_str()), ("ttl", "")];
    let taken = ada.send(Call::app("POST", "/").form(&fields, &files)).send(&world).await;
    assert!(
        taken.text().contains("Public until you delete it") && taken.text().contains("/gallery"),
        "{}",
        taken.text()
    );
    // Signed out meanwhile: what the page said would not be true.
    let stale = Call::app("POST", "/v1/images").form(&fields, &files).send(&world).await;
    assert_eq!((stale.status.as_u16(), stale.field("/code")), (403, "form-stale".to_owned()));
    assert_eq!(ids(&world, &ada, "").await.len(), 1);
}

#[tokio::test]
async fn the_same_picture_again_is_the_one_that_is_there_for_the_same_owner_only() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let first = upload(&world, &ada, 1).await;
    let again = upload(&world, &ada, 1).await;
    assert_eq!((again.status.as_u16(), again.field("/id")), (200, first.field("/id")));
    assert_eq!(again.header("idempotency-replayed"), "");
    for other in [upload(&world, &bob, 1).await, world.upload(&numbered_png(1)).await] {
        assert_eq!(other.status.as_u16(), 201);
        assert_ne!(other.field("/id"), first.field("/id"));
    }
    let worded = Call::app("POST", "/v1/images?caption=Another").body("image/png", numbered_png(1));
    assert_eq!(ada.send(worded).send(&world).await.status.as_u16(), 201, "with other words it is another");
    let shorter = Call::app("POST", "/v1/images?ttl=3600").body("image/png", numbered_png(1));
    assert_eq!(ada.send(shorter).send(&world).await.status.as_u16(), 201, "and with another life");
}

#[tokio::test]
async fn what_is_listed_meanwhile_is_not_answered_as_a_duplicate() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    upload(&world, &ada, 1).await;
    world.list(HashKind::Sha256, &sha256(&numbered_png(1)), Category::Csam);
    assert_eq!(upload(&world, &ada, 1).await.field("/code"), "content-prohibited");
}

#[tokio::test]
async fn a_key_of_one_account_is_not_the_same_words_of_another() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let keyed = |number| post(numbered_png(number)).header("idempotency-key", "the-same-words-for-all");
    let first = ada.send(keyed(1)).send(&world).await;
    let repeat = ada.send(keyed(1)).send(&world).await;
    assert_eq!((repeat.status.as_u16(), repeat.header("idempotency-replayed")), (200, "true"));
    assert_eq!(ada.send(keyed(2)).send(&world).await.status.as_u16(), 422);
    for other in [bob.send(keyed(2)).send(&world).await, keyed(3).send(&world).await] {
        assert_eq!(other.status.as_u16(), 201, "{}", other.text());
        assert_ne!(other.field("/id"), first.field("/id"));
    }
    // A duplicate is what its key stands for, too.
    let other_key = || post(numbered_png(1)).header("idempotency-key", "other-words-for-the-same");
    assert_eq!(ada.send(other_key()).send(&world).await.field("/id"), first.field("/id"));
    let repeat = ada.send(other_key()).send(&world).await;
    assert_eq!((repeat.field("/id"), repeat.header("idempotency-replayed")), (first.field("/id"), "true"));
}

#[tokio::test]
async fn programs_upload_list_and_delete_as_far_as_their_scopes_go() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let (reads, writes, deletes) = (
        key(&world, &ada, "\"read\"").await,
        key(&world, &ada, "\"write\"").await,
        key(&world, &ada, "\"delete\"").await,
    );
    let bobs = key(&world, &bob, "\"read\",\"delete\"").await;
    let made = post(numbered_png(1)).header("authorization", &writes).send(&world).await;
    assert_eq!(made.json()["expires_at"], Value::Null, "{}", made.text());
    let list = |bearer: &str| Call::app("GET", "/v1/images").header("authorization", bearer);
    assert_eq!(list(&reads).send(&world).await.field("/data/0/id"), made.field("/id"));
    assert_eq!(list(&writes).send(&world).await.field("/code"), "scope-missing");
    assert_eq!(list(&bobs).send(&world).await.json()["data"], serde_json::json!([]));
    let path = format!("/v1/images/{}", made.field("/id"));
    let delete = |bearer: &str| Call::app("DELETE", &path).header("authorization", bearer);
    assert_eq!(delete(&reads).send(&world).await.field("/code"), "scope-missing");
    assert_eq!(delete(&bobs).send(&world).await.field("/code"), "not-your-image");
    assert_eq!(delete(&deletes).send(&world).await.status.as_u16(), 200);
    assert_eq!(world.view(&made.field("/url")).await.status.as_u16(), 410);
}

#[tokio::test]
async fn an_owner_deletes_without_the_token_and_nobody_else_does() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let id = upload(&world, &ada, 1).await.field("/id");
    let path = format!("/{id}/delete");
    assert!(ada.page(&path).send(&world).await.text().contains(&ada.form_token));
    assert!(bob.page(&path).send(&world).await.text().contains("Delete link or delete token"));
    assert_eq!(bob.form(&path, &[]).send(&world).await.status.as_u16(), 403);
    let forged = ada.send(crate::harness::people::form(&path, &[("form_token", "0000")])).send(&world).await;
    assert_eq!(forged.status.as_u16(), 403);
    assert_eq!(ids(&world, &ada, "").await, [id]);
    assert_eq!(ada.form(&path, &[]).send(&world).await.status.as_u16(), 200);
    assert!(ids(&world, &ada, "").await.is_empty());
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_left_whatever_comes_and_goes() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let mut made = Vec::new();
    for number in 0..7 {
        // Some of the same millisecond.
        world.advance_ms((number % 2) as i64);
        made.insert(0, upload(&world, &ada, number).await.field("/id"));
    }
    let first = ada.send(Call::app("GET", "/v1/images?limit=3")).send(&world).await;
    let mut seen = ids(&world, &ada, "?limit=3").await;
    let cursor = first.field("/next_cursor");
    upload(&world, &ada, 100).await;
    let gone = seen.last().cloned().unwrap_or_default();
    ada.send(Call::app("DELETE", &format!("/v1/images/{gone}"))).send(&world).await;
    seen.extend(ids(&world, &ada, &format!("?limit=100&cursor={cursor}")).await);
    let (mut all, mut listed) = (made, seen);
    all.sort();
    listed.sort();
    assert_eq!(listed, all, "each once");
    for wrong in ["limit=0", "limit=101", "limit=x", "cursor=x"] {
        let refused = ada.send(Call::app("GET", &format!("/v1/images?{wrong}"))).send(&world).await;
        assert_eq!(refused.status.as_u16(), 422, "{wrong}");
    }
}

#[tokio::test]
async fn promise_imp_61_usage_is_counted_from_what_is_there() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let (one, two) = (upload(&world, &ada, 1).await, upload(&world, &ada, 2).await);
    world.upload(&numbered_png(3)).await;
    let usage = || async { ada.send(Call::app("GET", "/v1/usage")).send(&world).await.json() };
    let bytes = |answer: &Answer| answer.json()["bytes"].as_u64().unwrap_or_default();
    let counted = usage().await;
    assert_eq!((&counted["images"], &counted["uploads_this_month"]), (&Value::from(2), &Value::from(2)));
    assert_eq!(counted["bytes"], Value::from(bytes(&one) + bytes(&two)));
    assert_eq!(counted["limits"]["uploads"][0]["uploads_max"], 60);
    ada.send(Call::app("DELETE", &format!("/v1/images/{}", one.field("/id")))).send(&world).await;
    let counted = usage().await;
    assert_eq!((&counted["images"], &counted["uploads_this_month"]), (&Value::from(1), &Value::from(2)));
    world.advance_ms(31 * DAY_MS);
    let browser = world.sign_in(&Person::named("Ada")).await;
    let counted = browser.send(Call::app("GET", "/v1/usage")).send(&world).await.json();
    assert_eq!((&counted["images"], &counted["uploads_this_month"]), (&Value::from(1), &Value::from(0)));
}

#[tokio::test]
async fn what_is_erased_is_nobodys_any_more() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = upload(&world, &ada, 1).await.field("/id");
    ada.send(Call::app("DELETE", &format!("/v1/images/{id}"))).send(&world).await;
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    let rows = world.sql.query("SELECT state, account_id, owner_tier FROM images");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["state"], &rows[0]["account_id"], &rows[0]["owner_tier"]),
        (&"gone".into(), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn what_is_held_is_its_owners_too_and_keeps_the_owners_promise_when_it_is_judged() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let held = upload(&world, &ada, 1).await;
    assert_eq!((held.status.as_u16(), held.json()["expires_at"].clone()), (202, Value::Null));
    assert!(ada.page("/gallery").send(&world).await.text().contains("Being checked"));
    *world.vision.is_away.lock().expect("not poisoned") = None;
    world.advance_ms(DAY_MS / 24);
    world.run_job("judge_held").await.expect("runs");
    let listed = ada.send(Call::app("GET", "/v1/images")).send(&world).await.json();
    assert_eq!((&listed["data"][0]["status"], &listed["data"][0]["expires_at"]), (&"live".into(), &Value::Null));
}

#[tokio::test]
async fn the_gallery_shows_pages_of_ones_own_and_deletes_what_is_ticked_after_asking() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    assert!(ada.page("/gallery").send(&world).await.text().contains("No plates yet"));
    let mut made = Vec::new();
    for number in 0..30 {
        world.advance_ms(1);
        made.push(upload(&world, &ada, number).await.field("/id"));
    }
    let page = ada.page("/gallery").send(&world).await.text();
    assert_eq!(page.matches("type=\"checkbox\"").count(), 24);
    assert!(page.contains("30 pictures") && page.contains("kept until you delete it") && !page.contains("Newer"));
    let link = |page: &str, rel: &str| {
        let href = page.split(&format!("rel=\"{rel}\" href=\"")).nth(1).and_then(|rest| rest.split('"').next());
        href.unwrap_or_else(|| panic!("no {rel} link: {page}")).to_owned()
    };
    let second = ada.page(&link(&page, "next")).send(&world).await.text();
    assert_eq!(second.matches("type=\"checkbox\"").count(), 6);
    assert!(!second.contains("Older"));
    let back = ada.page(&link(&second, "prev")).send(&world).await.text();
    assert!(back.contains(&made[29]) && back.contains(&made[6]) && !back.contains("Newer"), "{back}");
    let ticked: Vec<(&str, &str)> = made[..12].iter().map(|id| ("id", id.as_str())).collect();
    let sure = [ticked.as_slice(), &[("sure", "1")]].concat();
    assert_eq!(
        bob.form("/gallery/delete", &sure).send(&world).await.header("location"),
        "/gallery?deleted=0&underway=0"
    );
    let asked = ada.form("/gallery/delete", &ticked).send(&world).await;
    assert!(asked.text().contains("these 12 pictures"), "{}", asked.text());
    assert_eq!(ids(&world, &ada, "").await.len(), 30, "asking deletes nothing");
    let done = ada.form("/gallery/delete", &sure).send(&world).await;
    assert_eq!(done.header("location"), "/gallery?deleted=12&underway=2");
    world.deliver_messages().await;
    assert_eq!(ids(&world, &ada, "").await.len(), 18);
    for id in &made[..12] {
        assert_eq!(world.view(&format!("{}/{id}.png", crate::harness::IMAGES)).await.status.as_u16(), 410);
    }
    world.assert_nothing_lost_or_leaked();
}

/// What brings an image into somebody's gallery.
fn claim(browser: &Browser, image: &Answer) -> Call {
    browser.form("/gallery/claim", &[("link", &image.field("/delete_url"))])
}

#[tokio::test]
async fn an_image_of_nobody_becomes_its_uploaders_and_stays_as_long_as_the_longer_promise() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let image = world.upload(&numbered_png(1)).await;
    for _ in 0..2 {
        let claimed = claim(&ada, &image).send(&world).await;
        assert_eq!(claimed.header("location"), "/gallery?done=claimed", "{}", claimed.text());
    }
    assert_eq!(ids(&world, &ada, "").await, [image.field("/id")]);
    let stolen = claim(&bob, &image).send(&world).await;
    assert_eq!(stolen.status.as_u16(), 403, "what is somebody's is not claimed");
    world.advance_ms(400 * DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.view(&image.field("/url")).await.status.as_u16(), 200, "what is beside the bytes says so, too");
    let guessed = [("link", format!("/{}/delete?token=del_{}", image.field("/id"), "0".repeat(32)))];
    let guessed = [(guessed[0].0, guessed[0].1.as_str())];
    let bob = world.sign_in(&Person::named("Bob")).await;
    assert_eq!(bob.form("/gallery/claim", &guessed).send(&world).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_claim_shortens_nothing_and_lengthens_no_life_that_was_asked_for() {
    let world = World::new();
    let person = Person::named("Ada");
    world.sign_up(&person).await;
    let ada = world.sign_in(&person).await;
    let until = |id: String| {
        let sql = format!("SELECT expires_at FROM images WHERE id = '{id}'");
        world.sql.query(&sql)[0]["expires_at"].clone()
    };
    let (usual, short) = (
        world.upload(&numbered_png(1)).await,
        Call::app("POST", "/v1/images?ttl=3600").body("image/png", numbered_png(2)).send(&world).await,
    );
    for image in [&usual, &short] {
        let before = until(image.field("/id"));
        assert_eq!(claim(&ada, image).send(&world).await.status.as_u16(), 303);
        assert_eq!(until(image.field("/id")), before);
    }
}

#[test]
fn a_claim_may_fail_at_every_call_and_is_whole_or_nothing_and_finished_by_a_job() {
    let set = || {
        let world = World::new();
        let (_, ada) = now(world.member("Ada"));
        let image = now(world.upload(&numbered_png(1)));
        let account = world.sql.query("SELECT id FROM accounts")[0]["id"].as_str().map(AccountId::parse);
        let account_id = account.flatten().expect("an account");
        let member = Member { account_id, tier: AccountTier::Free, is_verified: true };
        (world, (ada, image, member))
    };
    let act = |world: &World, (_, image, member): &(Browser, Answer, Member)| {
        let id = ImageId::parse(&image.field("/id")).expect("an id");
        let token = DeleteToken::from_caller(&image.field("/delete_token"));
        drop(world.attempt(take_in(&world.app, member, &id, &token)));
        None
    };
    let check = |world: &World, (ada, image, _): &(Browser, Answer, Member), _: Option<Answer>, context: &str| {
        world.assert_nothing_lost_or_leaked();
        let row = || world.sql.query("SELECT account_id, expires_at, next_attempt_at FROM images")[0].clone();
        assert_eq!(row()["account_id"].is_null(), !row()["expires_at"].is_null(), "{context}: half a claim");
        now(world.settle());
        assert_eq!(row()["next_attempt_at"], Value::Null, "{context}");
        assert_eq!(now(claim(ada, image).send(world)).status.as_u16(), 303, "{context}");
        world.advance_ms(400 * DAY_MS);
        assert_eq!(now(world.view(&image.field("/url"))).status.as_u16(), 200, "{context}: it is labelled so");
    };
    at_every_call("a claim", 5, set, act, check);
}

#[tokio::test]
async fn promise_imp_57_who_withdraws_every_consent_has_what_everybody_else_has() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let before = upload(&world, &ada, 1).await;
    for purpose in ["product_email", "service_statistics", "model_training", "non_essential_cookies"] {
        for act in ["granted", "withdrawn"] {
            let answer = ada.form("/settings/consents", &[("purpose", purpose), ("act", act)]).send(&world).await;
            assert_eq!(answer.status.as_u16(), 303, "{purpose} {act}");
        }
    }
    let after = upload(&world, &ada, 2).await;
    for field in ["retention", "expires_at", "moderation"] {
        assert_eq!(before.json()[field], after.json()[field], "{field}");
    }
    assert_eq!(before.header("ratelimit-policy"), after.header("ratelimit-policy"));
    assert_eq!(ids(&world, &ada, "").await.len(), 2);
}

/// Numbers that look random and are the same in every run (Marsaglia, "Xorshift RNGs").
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap_or_default()
    }
}

#[tokio::test]
async fn no_sequence_of_requests_shows_or_deletes_what_is_anothers() {
    for seed in 1..=6 {
        let (world, mut numbers) = (World::with_seed(seed), Numbers(seed));
        let people = [world.member("Ada").await.1, world.member("Bob").await.1];
        // What each has, as far as is owed; the last of the three is nobody.
        let mut owned: [Vec<String>; 3] = Default::default();
        for step in 0..60u64 {
            let (who, whose) = (numbers.below(2), numbers.below(3));
            let other = owned[whose].get(numbers.below(8)).cloned();
            let is_own = who == whose;
            match (numbers.below(4), other) {
                (0, _) => owned[who].push(upload(&world, &people[who], seed * 1_000 + step).await.field("/id")),
                (1, _) => owned[2].push(world.upload(&numbered_png(seed * 1_000 + step)).await.field("/id")),
                (2, Some(id)) => {
                    let call = Call::app("DELETE", &format!("/v1/images/{id}"));
                    let status = people[who].send(call).send(&world).await.status.as_u16();
                    assert_eq!(status, if is_own { 200 } else { 403 }, "seed {seed}, step {step}");
                    owned[whose].retain(|kept| !(is_own && *kept == id));
                }
                (_, Some(id)) => {
                    let fields = [("id", id.as_str()), ("sure", "1")];
                    let location = people[who].form("/gallery/delete", &fields).send(&world).await;
                    let deleted = format!("/gallery?deleted={}&underway=0", u8::from(is_own));
                    assert_eq!(location.header("location"), deleted, "seed {seed}, step {step}");
                    owned[whose].retain(|kept| !(is_own && *kept == id));
                }
                (_, None) => {}
            }
            for (person, has) in people.iter().zip(&owned) {
                let (mut listed, mut has) = (ids(&world, person, "?limit=100").await, has.clone());
                listed.sort();
                has.sort();
                assert_eq!(listed, has, "seed {seed}, step {step}");
            }
        }
        for id in owned.concat() {
            assert_eq!(world.state(&id), "live", "seed {seed}");
        }
    }
}
