//! Statements of reasons: every restriction has one from the same transaction on, and whom it concerns is told (promise IMP-22).

use serde_json::json;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::policy::statements::STATEMENT_MS;

use crate::accounts::one;
use crate::erasure::upload;
use crate::exports::{ask, build, download, page, paths, read};
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, form};
use crate::harness::small_ports::SeededRng;
use crate::operate::{PROHIBIT, decide};

pub const RESTRICT: [(&str, &str); 3] =
    [("choice", "restrict"), ("ground", "sexual_content"), ("reason", "a nude by a painter")];
pub const HOLD: [(&str, &str); 3] = [("choice", "hold"), ("ground", "undecided"), ("reason", "somebody has to look")];
pub const RELEASE: [(&str, &str); 3] = [("choice", "release"), ("ground", "nothing_found"), ("reason", "a statue")];

/// Writes the letters that are due, and delivers them.
pub async fn told(world: &World) {
    world.run_job("send_statements").await.expect("runs");
    world.deliver_messages().await;
}

/// The kind of the statement that stands about an image; none: nothing does.
fn standing(world: &World, id: &str) -> Option<String> {
    let query = format!("SELECT kind FROM statements WHERE subject = '{id}' AND ended_at IS NULL");
    let rows = world.sql.query(&query);
    assert!(rows.len() <= 1, "{rows:?}");
    rows.first().and_then(|row| row["kind"].as_str().map(str::to_owned))
}

/// The page of the reasons, as the owner sees it.
pub async fn page_of(world: &World, browser: &Browser, id: &str) -> String {
    browser.page(&format!("/{id}/statement")).send(world).await.text()
}

#[tokio::test]
async fn promise_imp_22_whoever_is_restricted_is_told_why_by_letter_page_and_program() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (ada, browser) = world.member("Ada").await;
    let id = upload(&world, &browser, 1).await.field("/id");
    assert!(page_of(&world, &browser, &id).await.contains("It is not restricted"));
    decide(&world, &operator, &id, &PROHIBIT).await;
    told(&world).await;
    assert_eq!(world.letters_to(&ada.email, "statement_of_reasons"), 1);
    told(&world).await;
    assert_eq!(world.letters_to(&ada.email, "statement_of_reasons"), 1, "once");
    let page = page_of(&world, &browser, &id).await;
    for said in [
        "shown to nobody, in no country",
        "An emblem of hatred.",
        "It rests on",
        "no program found it: we did. A person decided.",
        "You can appeal until",
        "certified body for the settlement of disputes",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let taken = world.mail.taken();
    let letter = taken.iter().rfind(|taken| taken.letter.kind == "statement_of_reasons").expect("sent");
    assert!(letter.letter.content.text.contains("An emblem of hatred."), "{}", letter.letter.content.text);
    let gone = Call::app("GET", &format!("/{id}")).header("accept", "text/html").send(&world).await.text();
    assert!(gone.contains(&format!("href=\"/{id}/statement\"")), "{gone}");
    // To others there is nothing to read.
    let (_, bob) = world.member("Bob").await;
    let other = bob.page(&format!("/{id}/statement")).send(&world).await.text();
    assert!(other.contains("Show that it is yours") && !other.contains("hatred"), "{other}");
    let api = Call::app("GET", &format!("/v1/images/{id}/statements")).send(&world).await;
    assert_eq!(api.status.as_u16(), 401, "{}", api.text());
    world.settle().await;
}

#[tokio::test]
async fn whoever_has_no_account_reads_it_with_the_delete_token_also_when_the_bytes_are_erased() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let uploaded = world.upload(&numbered_png(1)).await;
    let (id, token) = (uploaded.field("/id"), uploaded.field("/delete_token"));
    decide(&world, &operator, &id, &PROHIBIT).await;
    for _ in 0..2 {
        let read = form(&format!("/{id}/statement"), &[("token", &token)]).send(&world).await;
        assert_eq!(read.status.as_u16(), 200);
        assert!(read.text().contains("An emblem of hatred."), "{}", read.text());
        let path = format!("/v1/images/{id}/statements");
        let api = Call::app("GET", &path).header("authorization", &format!("Bearer {token}")).send(&world).await;
        assert_eq!(
            (api.field("/data/0/restriction"), api.field("/data/0/object")),
            ("removal".into(), "statement".into())
        );
        world.advance_ms(40 * DAY_MS);
        for job in ["finish_removals", "reap_recovery", "forget_statements"] {
            world.run_job(job).await.expect("runs");
        }
        assert_eq!(world.state(&id), "gone");
    }
    let wrong = form(&format!("/{id}/statement"), &[("token", "del_wrong")]).send(&world).await;
    assert!(matches!(wrong.status.as_u16(), 403 | 410), "{} {}", wrong.status, wrong.text());
}

#[tokio::test]
async fn nobody_is_warned_by_a_letter_of_what_is_reported_to_an_authority() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (ada, browser) = world.member("Ada").await;
    let id = upload(&world, &browser, 1).await.field("/id");
    let found = [("choice", "prohibit"), ("ground", "child_abuse"), ("reason", "canary-finding")];
    decide(&world, &operator, &id, &found).await;
    told(&world).await;
    assert_eq!(world.letters_to(&ada.email, "statement_of_reasons"), 0);
    assert_eq!(one(&world, "SELECT count(*) FROM statements WHERE due_at IS NOT NULL"), "0", "and none is due");
    let page = page_of(&world, &browser, &id).await;
    assert!(page.contains("Its content is not allowed here.") && !page.contains("canary-finding"), "{page}");
}

#[tokio::test]
async fn a_claim_of_copyright_is_told_with_who_claims_what_and_leads_to_the_answer() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, browser) = world.member("Ada").await;
    let id = upload(&world, &browser, 1).await.field("/id");
    let fields = crate::notices::copyright_fields(&format!("{}/{id}", crate::harness::APP));
    let notice = crate::notices::sent(&world, &fields).await;
    crate::notices::decide(&world, &operator, &notice.id, "prohibited", "copyright").await;
    let page = page_of(&world, &browser, &id).await;
    let answer = format!("href=\"/report/{}/counter?image={id}\"", notice.id);
    for said in ["Carla Claimant", "A portrait, printed in my book", "Somebody reported it.", "counter-notice", &answer]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    for kept in ["carla@example.org", "1 Main Street", "+1 555"] {
        assert!(!page.contains(kept), "how to reach the claimant is told when the law demands it: {kept}");
    }
}

#[tokio::test]
async fn statements_are_known_for_a_year_and_longer_while_they_stand() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, browser) = world.member("Ada").await;
    let lasting = upload(&world, &browser, 1).await.field("/id");
    world.sql.query(&format!("UPDATE images SET expires_at = NULL WHERE id = '{lasting}' RETURNING id"));
    let ended = upload(&world, &browser, 2).await.field("/id");
    decide(&world, &operator, &lasting, &RESTRICT).await;
    world.sql.query(&format!("UPDATE images SET expires_at = NULL WHERE id = '{lasting}' RETURNING id"));
    decide(&world, &operator, &ended, &RESTRICT).await;
    decide(&world, &operator, &ended, &RELEASE).await;
    world.advance_ms(STATEMENT_MS - 1);
    world.run_job("forget_statements").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM statements"), "2", "a millisecond before");
    world.advance_ms(1);
    world.run_job("forget_statements").await.expect("runs");
    assert_eq!(one(&world, "SELECT group_concat(subject) FROM statements"), lasting);
}

#[tokio::test]
async fn a_copy_of_ones_data_has_the_reasons_the_appeals_and_the_strikes() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, browser) = world.member("Ada").await;
    let id = upload(&world, &browser, 1).await.field("/id");
    decide(&world, &operator, &id, &PROHIBIT).await;
    let appealed = browser.form(&format!("/{id}/appeal"), &[("number", "1"), ("words", "It is a museum's.")]);
    assert_eq!(appealed.send(&world).await.status.as_u16(), 303);
    ask(&world, &browser).await;
    build(&world).await;
    let shown = page(&world, &browser).await;
    let told = read(&download(&world, &browser, &paths(&shown)[0]).await, "account.json");
    assert_eq!(told["statements"][0]["about"], json!(id));
    assert_eq!(told["statements"][0]["restriction"], json!("removal"));
    assert_eq!(told["appeals"][0]["words"], json!("It is a museum's."));
    assert_eq!((&told["strikes"][0]["image"], &told["strikes"][0]["ground"]), (&json!(id), &json!("hate")));
}

/// Whatever is decided about an image, in whichever order: exactly what restricts it now has a statement that stands.
#[tokio::test]
async fn every_restriction_has_one_statement_as_long_as_it_lasts_and_no_longer() {
    for seed in 0..12 {
        let world = World::new();
        let operator = world.operator("Olive").await;
        let (_, browser) = world.member("Ada").await;
        let id = upload(&world, &browser, 1).await.field("/id");
        let rng = SeededRng::new(seed);
        for step in 0..14 {
            let did = rng.below(7);
            match did {
                0 => drop(decide(&world, &operator, &id, &PROHIBIT).await),
                1 => drop(decide(&world, &operator, &id, &RESTRICT).await),
                2 => drop(decide(&world, &operator, &id, &HOLD).await),
                3 => drop(decide(&world, &operator, &id, &RELEASE).await),
                4 => drop(browser.form(&format!("/{id}/delete"), &[]).send(&world).await),
                5 => drop(browser.form(&format!("/{id}/restore"), &[]).send(&world).await),
                _ => world.advance_ms(HOUR_MS),
            }
            world.run_job("finish_removals").await.expect("runs");
            let image =
                &world.sql.query(&format!("SELECT state, verdict, removal_reason FROM images WHERE id = '{id}'"))[0];
            let (state, reason) = (image["state"].as_str().unwrap_or_default(), &image["removal_reason"]);
            let expected = match state {
                "live" if image["verdict"] == json!("restricted") => Some("warning"),
                "held" => Some("held"),
                "removing" | "recovery" if *reason == json!("removed") || *reason == json!("prohibited") => {
                    Some("removal")
                }
                // What its owner has deleted stays as restricted as it was.
                "live" => None,
                _ => continue,
            };
            assert_eq!(standing(&world, &id).as_deref(), expected, "seed {seed}, step {step}, {did}: {image:?}");
            let strikes = one(&world, "SELECT count(*) FROM strikes WHERE reversed_at IS NULL");
            assert_eq!(strikes, if expected == Some("removal") { "1" } else { "0" }, "seed {seed}, step {step}, {did}");
        }
        assert!(ImageId::parse(&id).is_some());
    }
}
