//! Every port call of an upload with a ticket fails, dies or is repeated: a use is counted if there is an image, and given
//! back, once, if there is none.

use serde_json::{Value, json};
use tintype::domain::time::HOUR_MS;

use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::Browser;
use crate::tickets::{bring, ticket};

fn scene(uses: i64) -> (World, (Browser, Answer)) {
    let world = World::new();
    let (_, ada) = now(world.member("Ada"));
    let made = now(ticket(&world, &ada, json!({ "uses": uses, "expires_in": 604_800 })));
    (world, (ada, made))
}

fn number(world: &World, sql: &str) -> i64 {
    let row = world.sql.query(sql).remove(0);
    row.values().next().and_then(Value::as_i64).unwrap_or_default()
}

fn uses(world: &World) -> i64 {
    number(world, "SELECT uses FROM tickets")
}

fn images(world: &World) -> i64 {
    number(world, "SELECT count(*) FROM images")
}

#[test]
fn a_use_is_an_image_whatever_fails() {
    for (key, is_form) in [(None, false), (Some("a-key-of-whoever-has-it"), false), (None, true)] {
        let call = move |made: &Answer| {
            let call = match is_form {
                false => bring(made, "/v1/images", numbered_png(1)),
                true => {
                    let png = numbered_png(1);
                    Call::app("POST", "/v1/images")
                        .form(&[("ticket", &made.field("/ticket"))], &[("file", "a.png", &png)])
                }
            };
            key.into_iter().fold(call, |call, key| call.header("idempotency-key", key))
        };
        let act = |world: &World, (_, made): &(Browser, Answer)| world.attempt(call(made).send(world));
        let check = |world: &World, (_, made): &(Browser, Answer), answer: Option<Answer>, context: &str| {
            let is_taken = answer.as_ref().is_some_and(|answer| answer.status.is_success());
            assert!(uses(world) >= images(world), "{context}: no image without a use");
            now(world.settle());
            assert_eq!(uses(world), images(world), "{context}: no use without an image");
            assert!(!is_taken || images(world) == 1, "{context}: what was acknowledged is there");
            let again = now(call(made).send(world));
            match (images(world), answer.is_none_or(|answer| !answer.status.is_success()), key) {
                // The key tells whoever got no answer.
                (1, _, Some(_)) => assert!(again.status.is_success(), "{context}: {}", again.text()),
                _ if is_taken => assert_eq!(again.field("/code"), "ticket-used-up", "{context}"),
                _ => assert!(
                    again.status.is_success() || again.field("/code") == "ticket-used-up",
                    "{context}: {}",
                    again.text()
                ),
            }
            assert_eq!((uses(world), images(world)), (1, 1), "{context}: in the end it is used once");
            let next = now(bring(made, "/v1/images", numbered_png(2)).send(world));
            assert_eq!(next.field("/code"), "ticket-used-up", "{context}");
            now(world.settle());
            assert_eq!(uses(world), 1, "{context}");
        };
        at_every_call("upload with a ticket", 9, || scene(1), act, check);
    }
}

#[test]
fn a_draft_that_is_swept_gives_its_use_back_once_whatever_fails() {
    let set = || {
        let (world, scene) = scene(3);
        let first = now(bring(&scene.1, "/v1/images", numbered_png(1)).send(&world));
        assert_eq!(first.status.as_u16(), 201);
        // Two drafts whose uploads died.
        world.sql.with_connection(|connection| {
            for number in 0..2 {
                let draft = format!(
                    "CREATE TEMP TABLE copy AS SELECT * FROM images WHERE state = 'live' LIMIT 1;
                     UPDATE copy SET id = 'aaaaaaaaaaaaaaaaaaaaaaa{number}', state = 'pending';
                     INSERT INTO images SELECT * FROM copy; DROP TABLE copy;
                     INSERT INTO ticket_uses SELECT 'aaaaaaaaaaaaaaaaaaaaaaa{number}', id FROM tickets;
                     UPDATE tickets SET uses = uses + 1;"
                );
                connection.execute_batch(&draft).expect("SQL");
            }
        });
        world.advance_ms(2 * HOUR_MS);
        (world, scene)
    };
    let act = |world: &World, _: &(Browser, Answer)| {
        drop(world.attempt(world.run_job("sweep_pending")));
        None
    };
    let check = |world: &World, (_, made): &(Browser, Answer), _, context: &str| {
        let drafts = number(world, "SELECT count(*) FROM images WHERE state <> 'live'");
        assert_eq!(uses(world), 1 + drafts, "{context}: as long as a draft is there, so is its use");
        for _ in 0..2 {
            now(world.settle());
            assert_eq!((uses(world), images(world)), (1, 1), "{context}: given back, and once");
        }
        assert_eq!(number(world, "SELECT count(*) FROM ticket_uses"), 1, "{context}");
        for (picture, status) in [(5, 201), (6, 201), (7, 409)] {
            let answer = now(bring(made, "/v1/images", numbered_png(picture)).send(world));
            assert_eq!(answer.status.as_u16(), status, "{context}: {}", answer.text());
        }
    };
    at_every_call("sweep drafts of a ticket", 5, set, act, check);
}
