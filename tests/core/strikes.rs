//! Strikes: what counts, for how long, and what follows (promise IMP-39; 17 U.S.C. 512(i)).

use tintype::domain::time::DAY_MS;
use tintype::policy::strikes::{STRIKE_MS, STRIKES_MAX};

use crate::accounts::one;
use crate::erasure::upload;
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person};
use crate::operate::{PROHIBIT, decide};
use crate::statements::told;

struct Scene {
    world: World,
    olive: Browser,
    ada: (Person, Browser),
    struck: Vec<String>,
}

/// Ada has as many strikes as suspend an account, one a day.
async fn struck() -> Scene {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let ada = world.member("Ada").await;
    let mut struck = Vec::new();
    for number in 1..=STRIKES_MAX {
        let id = upload(&world, &ada.1, u64::try_from(number).unwrap()).await.field("/id");
        decide(&world, &olive, &id, &PROHIBIT).await;
        struck.push(id);
        assert_eq!(is_suspended(&world), number == STRIKES_MAX);
        if number < STRIKES_MAX {
            world.advance_ms(DAY_MS);
        }
    }
    Scene { world, olive, ada, struck }
}

fn is_suspended(world: &World) -> bool {
    one(world, "SELECT count(*) FROM statements WHERE kind = 'suspension' AND ended_at IS NULL") == "1"
}

async fn can_upload(world: &World, browser: &Browser) -> bool {
    let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(77));
    let answer = browser.send(call).send(world).await;
    match answer.status.as_u16() {
        200 | 201 => true,
        403 => {
            assert_eq!(answer.field("/code"), "account-suspended");
            false
        }
        other => panic!("{other}: {}", answer.text()),
    }
}

#[tokio::test]
async fn three_strikes_suspend_and_whoever_is_suspended_is_told_and_keeps_their_rights() {
    let scene = struck().await;
    let Scene { world, ada: (person, ada), struck, .. } = &scene;
    told(world).await;
    assert!(!can_upload(world, ada).await);
    assert_eq!(world.letters_to(&person.email, "statement_of_reasons"), 4, "three removals and the suspension");
    let page = ada.page("/settings/statement").send(world).await.text();
    assert!(page.contains("Account suspended") && page.contains("Each of them was given by a person."), "{page}");
    assert!(ada.page("/settings").send(world).await.text().contains("/settings/statement"));
    // Signing in, seeing and deleting stay.
    world.sign_in(person).await;
    assert_eq!(ada.page("/gallery").send(world).await.status.as_u16(), 200);
    let deleted = ada.send(Call::app("DELETE", &format!("/v1/images/{}", struck[0]))).send(world).await;
    assert!(deleted.status.as_u16() < 500 && deleted.status.as_u16() != 403, "{}", deleted.text());
    world.settle().await;
}

#[tokio::test]
async fn a_strike_that_is_taken_back_ends_the_suspension() {
    let scene = struck().await;
    let undo = scene.olive.form(&format!("/operate/review/{}/undo", scene.struck[1]), &[("reason", "a mistake")]);
    assert_eq!(undo.send(&scene.world).await.status.as_u16(), 303);
    scene.world.run_job("send_statements").await.expect("runs");
    assert!(!is_suspended(&scene.world));
    assert!(can_upload(&scene.world, &scene.ada.1).await);
}

#[tokio::test]
async fn a_strike_counts_for_twelve_months_to_the_millisecond() {
    let scene = struck().await;
    // The first was given two days before the last.
    let left = STRIKE_MS - (STRIKES_MAX - 1) * DAY_MS;
    scene.world.advance_ms(left - 1);
    scene.world.run_job("send_statements").await.expect("runs");
    assert!(is_suspended(&scene.world), "a millisecond before");
    scene.world.advance_ms(1);
    scene.world.run_job("send_statements").await.expect("runs");
    assert!(!is_suspended(&scene.world));
    scene.world.run_job("forget_statements").await.expect("runs");
    assert_eq!(one(&scene.world, "SELECT count(*) FROM strikes"), (STRIKES_MAX - 1).to_string());
}

#[tokio::test]
async fn a_suspension_can_be_appealed_and_ends_with_it() {
    let scene = struck().await;
    let oscar = scene.world.operator("Oscar").await;
    let fields = [("number", "1"), ("words", "These were shown as history.")];
    let appealed = scene.ada.1.form("/settings/statement", &fields).send(&scene.world).await;
    assert_eq!(appealed.status.as_u16(), 303, "{}", appealed.text());
    let name = one(&scene.world, "SELECT id FROM appeals");
    let fields = [("outcome", "reversed"), ("reason", "they were")];
    oscar.form(&format!("/operate/appeals/{name}"), &fields).send(&scene.world).await;
    assert!(!is_suspended(&scene.world));
    assert!(can_upload(&scene.world, &scene.ada.1).await);
    // The strikes were not what was appealed against: the next one suspends again.
    let id = upload(&scene.world, &scene.ada.1, 50).await.field("/id");
    decide(&scene.world, &scene.olive, &id, &PROHIBIT).await;
    assert!(is_suspended(&scene.world));
}

#[tokio::test]
async fn an_operator_suspends_and_ends_that_with_reasons() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let (person, ada) = world.member("Ada").await;
    let id = one(&world, "SELECT id FROM accounts ORDER BY rowid DESC LIMIT 1");
    let path = format!("/operate/accounts/{id}");
    let act = async |fields: &[(&str, &str)]| olive.form(&path, fields).send(&world).await;
    let without = act(&[("act", "suspend"), ("ground", "nothing_found"), ("reason", "spam")]).await;
    assert_eq!(without.status.as_u16(), 422, "{}", without.text());
    assert_eq!(act(&[("act", "suspend"), ("ground", "fraud"), ("reason", "forged shops")]).await.status.as_u16(), 303);
    told(&world).await;
    assert!(!can_upload(&world, &ada).await);
    assert_eq!(world.letters_to(&person.email, "statement_of_reasons"), 1);
    let page = ada.page("/settings/statement").send(&world).await.text();
    assert!(page.contains("Forged shops.") && page.contains("until a person ends it"), "{page}");
    // No rule ends what a person has decided.
    world.advance_ms(2 * STRIKE_MS);
    world.run_job("send_statements").await.expect("runs");
    assert!(is_suspended(&world));
}

#[tokio::test]
async fn of_an_erased_account_a_keyed_hash_is_left() {
    let scene = struck().await;
    let account = one(&scene.world, "SELECT subject FROM strikes LIMIT 1");
    let ada = scene.world.sign_in(&scene.ada.0).await;
    let deleted = ada.form("/settings/delete", &[("password", PASSWORD)]).send(&scene.world).await;
    assert!(deleted.status.as_u16() < 400, "{} {}", deleted.status, deleted.text());
    for _ in 0..30 {
        scene.world.advance_ms(DAY_MS);
        for cron in [tintype::jobs::EVERY_MINUTE, tintype::jobs::EVERY_OTHER_MINUTE, tintype::jobs::EVERY_OTHER_MINUTE]
        {
            scene.world.run_cron(cron).await.expect("runs");
        }
    }
    assert_eq!(one(&scene.world, "SELECT count(*) FROM strikes"), STRIKES_MAX.to_string(), "they are counted on");
    assert_eq!(one(&scene.world, "SELECT count(*) FROM accounts"), "1", "Olive's");
    for table in ["strikes", "statements", "appeals"] {
        let rows = format!("{:?}", scene.world.sql.query(&format!("SELECT * FROM {table}")));
        assert!(!rows.contains(&account), "{table}: {rows}");
    }
}
