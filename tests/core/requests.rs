//! What is written down of requests to the API: of whom, of what, for how long; and who reads it.

use serde_json::{Value, json};
use tintype::domain::time::{DAY_MS, HOUR_MS, SECOND_MS};
use tintype::policy::request_log::{
    COUNTS_MS, ERASED_AT_ONCE, ERASING_STATEMENTS_MAX, LISTED_OF_ACCOUNT_MAX, LISTED_OF_KEY_MAX, LISTED_OF_NOBODY_MAX,
    REQUESTS_MS,
};
use tintype::ports::blobs::{Bucket, SALTS_PREFIX};
use tintype::ports::sql::Row;

use crate::accounts::{assert_canary_is_sealed, one};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD};
use crate::harness::{NOON, World};

/// A key of somebody: its id, and what a program shows.
struct Key {
    id: String,
    bearer: String,
}

impl Key {
    async fn made(world: &World, browser: &Browser, scopes: &[&str]) -> Self {
        let body = json!({ "name": "the blog", "scopes": scopes }).to_string();
        let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", body)).send(world).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.text());
        Self { id: made.field("/id"), bearer: format!("Bearer {}", made.field("/key")) }
    }

    fn show(&self, call: Call) -> Call {
        call.header("authorization", &self.bearer)
    }

    async fn asks(&self, world: &World, path: &str) -> Answer {
        self.show(Call::app("GET", path)).send(world).await
    }

    async fn asks_from(&self, world: &World, address: &str) -> Answer {
        self.show(Call::app("GET", "/v1/usage")).header("cf-connecting-ip", address).send(world).await
    }

    fn page(&self) -> String {
        format!("/settings/keys/{}/requests", self.id)
    }
}

async fn ada(settings: &[(&str, &str)]) -> (World, Browser, Key) {
    let world = World::with(1, settings);
    let (_, browser) = world.member("Ada").await;
    let key = Key::made(&world, &browser, &["read", "write", "admin"]).await;
    (world, browser, key)
}

fn rows(world: &World) -> Vec<Row> {
    world.sql.query("SELECT * FROM requests ORDER BY at, id")
}

fn clients(world: &World) -> Vec<String> {
    rows(world).iter().map(|row| row["client"].as_str().unwrap_or("none").to_owned()).collect()
}

fn counted(world: &World) -> (String, String) {
    let of = |column: &str| one(world, &format!("SELECT coalesce(sum({column}), 0) FROM request_counts"));
    (of("requests"), of("listed"))
}

// What is written down.

#[tokio::test]
async fn promise_imp_38_a_request_with_a_key_is_written_down_and_nothing_of_what_was_asked() {
    let (world, _, key) = ada(&[]).await;
    let path = format!("/v1/images/{}?canary=canary", "0".repeat(24));
    let answer = key.asks(&world, &path).await;
    assert_eq!(answer.status.as_u16(), 404);
    let row = rows(&world).pop().expect("a row");
    assert_eq!(
        (&row["id"], &row["at"], &row["method"], &row["endpoint"], &row["status"], &row["problem"]),
        (
            &json!(answer.header("x-request-id")),
            &json!(world.clock_now().0),
            &json!("GET"),
            &json!("/v1/images/{id}"),
            &json!(404),
            &json!("not-found")
        )
    );
    let account = one(&world, "SELECT id FROM accounts");
    assert_eq!((row["key_id"].as_str(), row["account_id"].as_str()), (Some(key.id.as_str()), Some(account.as_str())));
    assert!(!format!("{row:?}").contains("canary") && !format!("{row:?}").contains(&"0".repeat(24)));
    let upload = key.show(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(&world).await;
    assert_eq!(upload.status.as_u16(), 201);
    let row = rows(&world).into_iter().find(|row| row["method"] == "POST").expect("a row");
    assert_eq!((&row["endpoint"], &row["status"], &row["problem"]), (&json!("/v1/images"), &json!(201), &Value::Null));
    assert_eq!(counted(&world), ("2".into(), "2".into()));
    let head = key.show(Call::app("HEAD", "/v1/usage")).send(&world).await;
    assert_eq!(head.status.as_u16(), 200);
    assert_eq!(one(&world, "SELECT count(*) FROM requests WHERE method = 'HEAD'"), "1");
}

#[tokio::test]
async fn promise_imp_11_no_view_of_a_picture_and_no_page_is_written_down_whatever_is_set() {
    for setting in ["off", "keys", "all"] {
        let (world, browser, key) = ada(&[("REQUEST_LOG", setting)]).await;
        let image = world.upload(&numbered_png(1)).await;
        world
            .sql
            .with_connection(|sql| sql.execute_batch("DELETE FROM requests; DELETE FROM request_counts"))
            .expect("clears");
        let id = image.field("/id");
        let page = format!("/{id}");
        for call in [
            Call::new("GET", &image.field("/url")),
            Call::new("GET", &format!("{}?w=2", image.field("/url"))),
            Call::new("HEAD", &image.field("/url")),
            Call::images("GET", "/v1/images"),
            Call::images("GET", "/000000000000000000000000.png"),
            Call::app("GET", &page),
            Call::app("GET", "/"),
            Call::app("GET", "/privacy"),
            Call::app("GET", "/v1"),
            Call::app("GET", "/v1/nothing"),
            Call::app("POST", "/").form(&[], &[("file", "a.png", &numbered_png(2))]),
            Call::new("GET", "https://elsewhere.example/v1/images"),
            browser.page("/settings/keys"),
            browser.page("/gallery"),
            browser.form("/settings/consents", &[("purpose", "product_email"), ("act", "granted")]),
        ] {
            // With a key and without.
            call.header("x-nothing", "1").send(&world).await;
        }
        for path in [page.as_str(), "/gallery", "/settings", "/v1/nothing"] {
            key.asks(&world, path).await;
            key.show(Call::images("GET", path)).send(&world).await;
        }
        key.show(Call::new("GET", &image.field("/url"))).send(&world).await;
        assert_eq!((rows(&world), counted(&world)), (vec![], ("0".into(), "0".into())), "{setting}");
    }
}

#[tokio::test]
async fn promise_sho_01_of_requests_without_a_key_nothing_is_written_down_unless_the_deployment_wants_it() {
    for (setting, with_key, without) in [("", 1, 0), ("keys", 1, 0), ("off", 0, 0), ("all", 1, 3)] {
        let (world, browser, key) = ada(&[("REQUEST_LOG", setting)]).await;
        world.sql.with_connection(|sql| sql.execute_batch("DELETE FROM requests")).expect("clears");
        key.asks(&world, "/v1/usage").await;
        world.upload(&numbered_png(1)).await;
        browser.send(Call::app("GET", "/v1/usage")).send(&world).await;
        let wrong = Call::app("GET", "/v1/usage").header("authorization", "Bearer tt_live_wrong");
        assert_eq!(wrong.send(&world).await.status.as_u16(), 401);
        let written = rows(&world);
        let of_key = written.iter().filter(|row| row["key_id"] == key.id.as_str()).count();
        assert_eq!((of_key, written.len() - of_key), (with_key, without), "{setting}");
        // Who has signed in is nobody, here.
        assert!(written.iter().all(|row| (row["account_id"] == "") == (row["key_id"] == "")), "{setting}");
    }
}

#[tokio::test]
async fn what_a_key_does_not_allow_is_written_down_and_what_anybody_can_pretend_is_not() {
    let (world, browser, _) = ada(&[]).await;
    let reader = Key::made(&world, &browser, &["read"]).await;
    let refused = reader.show(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(&world).await;
    assert_eq!(refused.status.as_u16(), 403);
    assert_eq!(reader.asks(&world, "/v1/keys").await.status.as_u16(), 403);
    let seen: Vec<String> = rows(&world).iter().map(|row| format!("{} {}", row["status"], row["problem"])).collect();
    assert_eq!(seen, ["403 \"scope-missing\"", "403 \"scope-missing\""]);
    // Somebody who knows the id of the key, and not the key.
    let input = format!(
        "sig=(\"@method\" \"@target-uri\");created=1795521600;keyid=\"{}\";nonce=\"0123456789abcdef\"",
        reader.id
    );
    let pretended = Call::app("GET", "/v1/usage").header("signature-input", &input).header("signature", "sig=:AAAA:");
    assert_eq!(pretended.send(&world).await.status.as_u16(), 401);
    browser.form("/settings/keys/revoke", &[("key", &reader.id)]).send(&world).await;
    assert_eq!(reader.asks(&world, "/v1/usage").await.status.as_u16(), 401);
    assert_eq!(rows(&world).len(), 2, "what is not the key's is not among its requests");
}

// Of whom.

#[tokio::test]
async fn promise_imp_11_no_address_rests_anywhere_in_no_form() {
    let (world, _, key) = ada(&[("REQUEST_LOG", "all")]).await;
    for address in ["203.0.113.7", "2a00:1450:4001:81c::200e", "::ffff:198.51.100.77"] {
        key.asks_from(&world, address).await;
        Call::app("GET", "/v1/usage").header("cf-connecting-ip", address).send(&world).await;
    }
    assert!(rows(&world).len() >= 6 && clients(&world).iter().all(|client| client.len() == 8), "{:?}", rows(&world));
    let written_otherwise = [
        "203.0.113",
        "113.0.203",
        "3405803783",
        "3405803776",
        "cb007107",
        "cb0071",
        "2a00:1450",
        "2a0014504001",
        "198.51.100",
        "c633644d",
        "/24",
        "/48",
    ];
    assert_canary_is_sealed(&world, &written_otherwise);
    // Nor a hash that anybody could make.
    let hashes = ["203.0.113.7", "203.0.113.0", "203.0.113.0/24", "2a00:1450:4001::/48"]
        .map(|text| tintype::domain::hex::sha256(text.as_bytes())[..8].to_owned());
    assert!(clients(&world).iter().all(|client| !hashes.contains(client)));
}

#[tokio::test]
async fn a_client_has_one_name_on_one_day_in_one_account_and_another_everywhere_else() {
    let (world, ada, key) = ada(&[("REQUEST_LOG", "all")]).await;
    let (_, bob) = world.member("Bob").await;
    let (second, bobs) = (Key::made(&world, &ada, &["read"]).await, Key::made(&world, &bob, &["read"]).await);
    world.sql.with_connection(|sql| sql.execute_batch("DELETE FROM requests")).expect("clears");
    let mut names = Vec::new();
    for (key, address) in [
        (&key, "203.0.113.7"),
        (&key, "203.0.113.99"),
        (&second, "203.0.113.7"),
        (&key, "203.0.114.7"),
        (&bobs, "203.0.113.7"),
    ] {
        world.advance_ms(SECOND_MS);
        key.asks_from(&world, address).await;
        names.push(one(&world, "SELECT client FROM requests ORDER BY at DESC LIMIT 1"));
    }
    world.advance_ms(SECOND_MS);
    Call::app("GET", "/v1/usage").header("cf-connecting-ip", "203.0.113.7").send(&world).await;
    names.push(one(&world, "SELECT client FROM requests ORDER BY at DESC LIMIT 1"));
    assert!(names[0] == names[1] && names[0] == names[2], "one part of the network: {names:?}");
    let others = std::collections::BTreeSet::from([&names[0], &names[3], &names[4], &names[5]]);
    assert_eq!(others.len(), 4, "another part, another account, nobody: {names:?}");
    // What counts uploads of the same address on the same day is nothing like it.
    world.upload(&numbered_png(1)).await;
    let counted = one(&world, "SELECT caller FROM rate_counters LIMIT 1");
    assert!(names.iter().all(|name| !counted.contains(name.as_str())), "{counted} {names:?}");
    // To the day's last millisecond, and not after it.
    let midnight = NOON.window_start(DAY_MS).plus_ms(DAY_MS);
    world.advance_ms(midnight.ms_since(world.clock_now()) - 1);
    key.asks_from(&world, "203.0.113.7").await;
    let last = one(&world, "SELECT client FROM requests ORDER BY at DESC LIMIT 1");
    world.advance_ms(1);
    key.asks_from(&world, "203.0.113.7").await;
    let next = one(&world, "SELECT client FROM requests ORDER BY at DESC LIMIT 1");
    assert!(last == names[0] && next != last, "{last} {next}");
    // And nothing is left to find out which it was.
    world.advance_ms(HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    let salts = world.blobs.names(Bucket::Recovery).into_iter().filter(|name| name.starts_with(SALTS_PREFIX));
    assert_eq!(salts.collect::<Vec<_>>(), ["salts/2026-11-25"]);
}

#[tokio::test]
async fn where_no_address_is_told_a_request_is_written_down_without_a_client() {
    let (world, _, key) = ada(&[]).await;
    key.asks_from(&world, "nowhere").await;
    assert_eq!(clients(&world), ["none"]);
}

// For how long, and how much.

#[tokio::test]
async fn promise_imp_38_a_request_is_forgotten_after_thirty_days_to_the_millisecond() {
    let (world, browser, key) = ada(&[]).await;
    key.asks(&world, "/v1/usage").await;
    let listed = async || browser.send(Call::app("GET", &format!("/v1/keys/{}/requests", key.id))).send(&world).await;
    world.advance_ms(REQUESTS_MS - 1);
    world.run_job("forget_requests").await.expect("runs");
    let before = listed().await.json();
    assert_eq!((rows(&world).len(), before["data"].as_array().map(Vec::len)), (1, Some(1)));
    world.advance_ms(1);
    assert_eq!(listed().await.json()["data"], json!([]), "also if the job is late");
    world.run_job("forget_requests").await.expect("runs");
    assert_eq!(rows(&world), vec![]);
    assert_eq!(one(&world, "SELECT count(*) FROM request_counts"), "1", "the day is not over for 30 days");
    let day = NOON.window_start(DAY_MS);
    world.advance_ms(day.plus_ms(COUNTS_MS).ms_since(world.clock_now()) - 1);
    world.run_job("forget_requests").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM request_counts"), "1");
    world.advance_ms(1);
    world.run_job("forget_requests").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM request_counts"), "0");
}

/// Plants as many requests of a key as there are numbers, each a millisecond before the next; and that they were counted.
fn plant(world: &World, account: &str, key: &str, count: i64) {
    let (now, day) = (world.clock_now().0, world.clock_now().window_start(DAY_MS).0);
    let planted = format!(
        "INSERT INTO requests
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
         SELECT '{account}', '{key}', {now} - n / 3, printf('%016d', n), 'GET', '/v1/usage', 200 + n % 4 * 100, NULL, NULL FROM n;
         INSERT INTO request_counts VALUES ('{account}', {day}, '{key}', {count}, {count}, '-')
         ON CONFLICT DO UPDATE SET requests = requests + {count}, listed = listed + {count};"
    );
    world.sql.with_connection(|sql| sql.execute_batch(&planted)).expect("plants");
}

#[tokio::test]
async fn after_so_many_requests_of_a_day_they_are_only_counted_and_the_page_says_so() {
    let (world, browser, key) = ada(&[]).await;
    let account = one(&world, "SELECT id FROM accounts");
    plant(&world, &account, &key.id, LISTED_OF_KEY_MAX - 1);
    for _ in 0..3 {
        assert_eq!(key.asks(&world, "/v1/usage").await.status.as_u16(), 200);
    }
    let (all, listed) = (LISTED_OF_KEY_MAX + 2, LISTED_OF_KEY_MAX);
    assert_eq!(counted(&world), (all.to_string(), listed.to_string()));
    assert_eq!(rows(&world).len() as i64, listed);
    let page = browser.page(&key.page()).send(&world).await.text();
    assert!(page.contains("1,002, of which 1,000 are listed"), "{page}");
    // Another key of the same account has its own, until the account has too many.
    let other = Key::made(&world, &browser, &["read"]).await;
    plant(&world, &account, &other.id, LISTED_OF_ACCOUNT_MAX - LISTED_OF_KEY_MAX - 1);
    let third = Key::made(&world, &browser, &["read"]).await;
    third.asks(&world, "/v1/usage").await;
    third.asks(&world, "/v1/usage").await;
    assert_eq!(rows(&world).len() as i64, LISTED_OF_ACCOUNT_MAX);
    let of_third = format!("SELECT requests || ' ' || listed FROM request_counts WHERE key_id = '{}'", third.id);
    assert_eq!(one(&world, &of_third), "2 1");
    // Nobody else is the poorer for it, and tomorrow is another day.
    let (_, bob) = world.member("Bob").await;
    let bobs = Key::made(&world, &bob, &["read"]).await;
    bobs.asks(&world, "/v1/usage").await;
    world.advance_ms(DAY_MS);
    key.asks(&world, "/v1/usage").await;
    assert_eq!(rows(&world).len() as i64, LISTED_OF_ACCOUNT_MAX + 2);
}

#[tokio::test]
async fn requests_without_a_key_have_an_end_too_and_take_nothing_from_those_with_one() {
    let (world, _, key) = ada(&[("REQUEST_LOG", "all")]).await;
    world
        .sql
        .with_connection(|sql| sql.execute_batch("DELETE FROM requests; DELETE FROM request_counts"))
        .expect("clears");
    plant(&world, "", "", LISTED_OF_NOBODY_MAX - 1);
    for _ in 0..2 {
        Call::app("GET", "/v1/usage").send(&world).await;
    }
    assert_eq!(one(&world, "SELECT count(*) FROM requests WHERE account_id = ''"), LISTED_OF_NOBODY_MAX.to_string());
    key.asks(&world, "/v1/usage").await;
    assert_eq!(one(&world, "SELECT count(*) FROM requests WHERE account_id <> ''"), "1");
}

#[tokio::test]
async fn much_that_is_old_is_forgotten_in_runs_that_the_platform_allows() {
    let world = World::new();
    plant(&world, "a", "k", 25_000);
    world.advance_ms(31 * DAY_MS);
    for left in [15_000, 5_000, 0] {
        world.faults.cost();
        world.run_job("forget_requests").await.expect("runs");
        assert!(world.faults.cost().queries <= 5);
        assert_eq!(rows(&world).len(), left);
    }
}

// That it fails is nobody's problem.

#[test]
fn whatever_fails_the_answer_is_the_same_and_nothing_is_written_down_twice() {
    let set = || {
        let (world, _, key) = now(ada(&[]));
        (world, key)
    };
    let calls_of_the_answer = {
        let (world, key) = set();
        world.sql.with_connection(|sql| sql.execute_batch("DELETE FROM requests")).expect("clears");
        let all = {
            world.faults.cost();
            now(key.asks(&world, "/v1/usage"));
            world.faults.cost().calls
        };
        let mut world = world;
        world.redeploy(&[("REQUEST_LOG", "off")]);
        world.faults.cost();
        now(key.asks(&world, "/v1/usage"));
        let alone = world.faults.cost().calls;
        assert!(all > alone, "{all} {alone}");
        alone
    };
    let act = |world: &World, key: &Key| world.attempt(key.asks(world, "/v1/usage"));
    let check = |world: &World, key: &Key, answer: Option<Answer>, context: &str| {
        let call: usize = context
            .split("call ")
            .nth(1)
            .and_then(|rest| rest.split(',').next())
            .expect("a call")
            .parse()
            .expect("a number");
        // The first answer of a day also notes that the key was used: one call more than the second.
        if let Some(answer) = answer.filter(|_| call > calls_of_the_answer) {
            assert_eq!(answer.status.as_u16(), 200, "{context}: {}", answer.text());
        }
        let written = rows(world).len();
        assert!(written <= 1, "{context}: {written}");
        assert_eq!(counted(world).1, written.to_string(), "{context}");
        if context.contains("Repeat") {
            assert_eq!((written, counted(world).0.as_str()), (1, "1"), "{context}");
        }
        if context.contains("Fail") && written == 0 {
            assert_eq!(world.log.faults().len(), 1, "{context}: it is logged, once");
        }
        now(key.asks(world, "/v1/usage"));
        assert_eq!(rows(world).len(), written + 1, "{context}: the next is written down");
    };
    at_every_call("writing down", calls_of_the_answer + 2, set, act, check);
}

// Who reads it.

#[tokio::test]
async fn promise_imp_38_whoever_owns_a_key_sees_what_was_asked_with_it_and_nobody_else_does() {
    let (world, ada, key) = ada(&[]).await;
    let (_, bob) = world.member("Bob").await;
    let empty = ada.page(&key.page()).send(&world).await;
    assert!(empty.text().contains("Nothing was asked yet") && empty.text().contains("30 days"), "{}", empty.text());
    key.asks_from(&world, "203.0.113.7").await;
    let missed = key.asks(&world, "/v1/teams/000000000000000000000000").await;
    assert_eq!(missed.status.as_u16(), 404);
    let page = ada.page(&key.page()).send(&world).await.text();
    for seen in [
        "GET /v1/usage",
        "GET /v1/teams/{id}",
        "not-found",
        "the blog",
        missed.header("x-request-id"),
        &clients(&world)[0],
    ] {
        assert!(page.contains(seen), "{seen}: {page}");
    }
    let refused = ada.page(&format!("{}?status=4xx", key.page())).send(&world).await.text();
    assert!(refused.contains("/v1/teams/{id}") && !refused.contains("GET /v1/usage"), "{refused}");
    let none = ada.page(&format!("{}?status=5xx", key.page())).send(&world).await.text();
    assert!(none.contains("There are none of these"), "{none}");
    for wrong in ["status=1xx", "cursor=x", "status=4xx&cursor=-"] {
        assert_eq!(ada.page(&format!("{}?{wrong}", key.page())).send(&world).await.status.as_u16(), 422, "{wrong}");
    }
    let path = format!("/v1/keys/{}/requests", key.id);
    assert_eq!(bob.page(&key.page()).send(&world).await.status.as_u16(), 404);
    assert_eq!(bob.send(Call::app("GET", &path)).send(&world).await.status.as_u16(), 404);
    let bobs = Key::made(&world, &bob, &["read", "admin"]).await;
    assert_eq!(bobs.asks(&world, &path).await.status.as_u16(), 404);
    let reader = Key::made(&world, &ada, &["read", "write", "delete"]).await;
    assert_eq!(reader.asks(&world, &path).await.field("/code"), "scope-missing");
    assert_eq!(Call::app("GET", &path).send(&world).await.status.as_u16(), 401);
    // A key that is revoked leaves its requests, and the list of keys leads there.
    ada.form("/settings/keys/revoke", &[("key", &key.id)]).send(&world).await;
    assert!(ada.page("/settings/keys").send(&world).await.text().contains(&key.page()));
    assert!(ada.page(&key.page()).send(&world).await.text().contains("GET /v1/usage"));
}

#[tokio::test]
async fn no_member_of_a_team_sees_what_another_members_program_asks_for_the_team() {
    let (world, ada, key) = ada(&[]).await;
    let made = ada.form("/teams", &[("name", "Engines")]).send(&world).await;
    let team = made.header("location").trim_start_matches("/teams/").to_owned();
    let path = format!("/v1/keys/{}/requests?team={team}", key.id);
    for role in ["editor", "viewer"] {
        let (person, member) = world.member(role).await;
        ada.form(&format!("/teams/{team}/invitations"), &[("email", &person.email), ("role", role)]).send(&world).await;
        world.deliver_messages().await;
        let token = world.token_in_letter("team_invitation");
        member.form("/teams/invitation", &[("token", &token)]).send(&world).await;
        assert_eq!(key.asks(&world, &format!("/v1/images?team={team}")).await.status.as_u16(), 200);
        assert_eq!(member.send(Call::app("GET", &path)).send(&world).await.status.as_u16(), 404, "{role}");
        assert_eq!(member.page(&key.page()).send(&world).await.status.as_u16(), 404, "{role}");
    }
    // A key is a person's, also where it acts for a team.
    assert!(!format!("{:?}", rows(&world)).contains(&team));
}

#[tokio::test]
async fn pages_of_a_list_meet_every_request_once_also_those_of_one_millisecond() {
    let (world, ada, key) = ada(&[]).await;
    let account = one(&world, "SELECT id FROM accounts");
    plant(&world, &account, &key.id, 333);
    for status in ["", "2xx", "4xx"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/keys/{}/requests?limit=7&status={status}{cursor}", key.id);
            let page = ada.send(Call::app("GET", &path)).send(&world).await.json();
            let data = page["data"].as_array().cloned().unwrap_or_default();
            seen.extend(data.iter().map(|request| (request["at"].to_string(), request["id"].to_string())));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let wanted =
            format!("SELECT count(*) FROM requests WHERE ('{status}' = '' OR (status / 100) || 'xx' = '{status}')");
        assert_eq!(seen.len().to_string(), one(&world, &wanted), "{status}");
        assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0), "the latest first");
        let distinct: std::collections::BTreeSet<_> = seen.iter().map(|(_, id)| id).collect();
        assert_eq!(distinct.len(), seen.len(), "none twice");
    }
    let page = ada.page(&key.page()).send(&world).await.text();
    let older = page.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let next = ada.page(&older.replace("&#38;", "&").replace("&amp;", "&")).send(&world).await.text();
    assert!(next.contains("The latest</a>") && next.contains("GET /v1/usage"), "{next}");
}

// With an account.

#[tokio::test]
async fn promise_imp_37_an_account_leaves_with_all_its_requests_however_many() {
    let (world, ada, key) = ada(&[]).await;
    let (_, bob) = world.member("Bob").await;
    let bobs = Key::made(&world, &bob, &["read"]).await;
    bobs.asks(&world, "/v1/usage").await;
    let account = one(&world, &format!("SELECT account_id FROM api_keys WHERE id = '{}'", key.id));
    world.run_job("forget_ephemeral").await.expect("runs");
    crate::erasure::request(&world, &ada, &[("password", PASSWORD)]).await;
    world.advance_ms(tintype::policy::erasure::ERASED_AFTER_MS);
    let in_one_run = ERASED_AT_ONCE * i64::try_from(ERASING_STATEMENTS_MAX).expect("a number");
    plant(&world, &account, &key.id, in_one_run + 3);
    world.faults.cost();
    world.run_job("erase_accounts").await.expect("runs");
    assert!(world.faults.cost().queries < 200);
    let left = format!("SELECT count(*) FROM requests WHERE account_id = '{account}'");
    assert_eq!((one(&world, "SELECT count(*) FROM accounts"), one(&world, &left)), ("2".into(), "3".into()));
    world.run_job("erase_accounts").await.expect("runs");
    assert_eq!((one(&world, "SELECT count(*) FROM accounts"), one(&world, &left)), ("1".into(), "0".into()));
    assert_eq!(rows(&world).len(), 1, "Bob's");
    assert_eq!(counted(&world), ("1".into(), "1".into()));
}
