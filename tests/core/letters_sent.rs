//! How letters are sent: each once, later, or declared dead, whatever fails.

use serde_json::Value;
use tintype::domain::consent::{Act, ConsentProof, ConsentRecord, Purpose};
use tintype::domain::email::EmailAddress;
use tintype::domain::ids::{AccountId, LetterId};
use tintype::domain::letter::{Letter, MailFailure, Sender};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::local_outbox::LocalOutbox;
use tintype::policy::mail::wait_ms;
use tintype::ports::blobs::{BlobKey, Blobs as _, Bucket};
use tintype::ports::mail::{Mail, SEND_TIMEOUT_MS};
use tintype::ports::queue::Message;
use tintype::ports::sql::Sql as _;
use tintype::store::letters::erase_of_account;
use tintype::usecases::send_letter::{Sending, send_letter};
use tintype::usecases::work_off::work_off;
use tintype::usecases::write_letter::{post, write};
use tintype::usecases::{consent, personal_keys};

use crate::crash_every_call::{at_every_call, now};
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::mail::RecordingMail;
use crate::harness::{NOON, World};
use crate::letters::{ADDRESS, account, invitation, outgoing, update, verify};

/// A letter as an operation writes it: with its cause in one batch, and posted.
async fn written(world: &World, letter: Letter) -> LetterId {
    let key = personal_keys::create(&world.app, &account()).await.expect("a key");
    let to = EmailAddress::parse(ADDRESS).expect("an address");
    let written = write(&world.app, &account(), &key, &to, letter).expect("sealed");
    world.sql.batch(vec![written.statement]).await.expect("written");
    post(&world.app, &written.id).await;
    written.id
}

fn row(world: &World, id: &LetterId) -> Option<Value> {
    let rows = world.sql.query("SELECT id, kind, state, sealed, attempts FROM letters");
    rows.into_iter().find(|row| row["id"] == id.as_str()).map(Value::Object)
}

fn state(world: &World, id: &LetterId) -> String {
    row(world, id).map_or("gone".into(), |row| row["state"].as_str().unwrap_or_default().to_owned())
}

/// A minute later: the job, and whatever the queue has.
async fn minute(world: &World) {
    world.advance_ms(MINUTE_MS);
    world.deliver_messages().await;
    world.run_job("send_letters").await.expect("runs");
}

fn consents(world: &World, acts: &[&str]) {
    world.sql.with_connection(|sql| {
        for (number, act) in acts.iter().enumerate() {
            let insert =
                "INSERT INTO consents (account_id, purpose, number, act, recorded_at, text_version, text_sha256,
                          surface, gpc) VALUES (?1, 'product_email', ?2, ?3, 5, '1', '', 'settings', 0)";
            let number = i64::try_from(number).expect("small");
            sql.execute(insert, rusqlite::params![account().as_str(), number, act]).expect("inserts");
        }
    });
}

#[tokio::test]
async fn a_letter_rests_sealed_is_sent_once_and_is_then_forgotten() {
    let world = World::new();
    let id = written(&world, verify()).await;
    let waiting = row(&world, &id).expect("a row");
    assert_eq!((waiting["state"].as_str(), waiting["kind"].as_str()), (Some("waiting"), Some("verify_email")));
    let everything = format!("{waiting}{:?}", world.sql.query("SELECT sealed FROM letters"));
    assert!(!everything.contains(ADDRESS) && !everything.contains("vrf_"), "{everything}");

    let messages = world.queue.take();
    assert_eq!(messages, [Message::SendLetter { id: id.clone() }]);
    for _ in 0..3 {
        assert_eq!(work_off(&world.app, &messages).await, [true], "delivered, and twice too often");
    }
    let taken = world.mail.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!((&taken[0].key, taken[0].sender), (&id, Sender::Transactional));
    assert_eq!((taken[0].letter.to.as_str(), &taken[0].letter.account_id), (ADDRESS, &account()));
    assert!(taken[0].letter.content.text.contains("token=vrf_0123456789abcdef"));

    let sent = row(&world, &id).expect("a row");
    assert_eq!((sent["state"].as_str(), &sent["sealed"]), (Some("sent"), &Value::Null), "what it said is destroyed");
    world.advance_ms(HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(row(&world, &id), None);
    assert!(world.log.faults().is_empty(), "{:?}", world.log.faults());
}

#[tokio::test]
async fn a_letter_whose_message_got_lost_is_found_by_the_job() {
    let world = World::new();
    let id = written(&world, verify()).await;
    world.queue.take();
    world.run_job("send_letters").await.expect("runs");
    assert_eq!((world.mail.taken().len(), state(&world, &id).as_str()), (1, "sent"));
}

#[tokio::test]
async fn what_fails_is_tried_again_ever_later_and_is_dead_after_a_day() {
    let world = World::new();
    let id = written(&world, verify()).await;
    world.mail.fail(1_000, &MailFailure::Passing("ses: status 503".into()));
    let (mut at, mut known) = (Vec::new(), 0);
    for minutes in 0..(26 * 60) {
        if world.mail.attempts() > known {
            known = world.mail.attempts();
            at.push(minutes);
        }
        if minutes == 20 {
            assert_eq!(state(&world, &id), "waiting");
        }
        minute(&world).await;
    }
    assert_eq!(at[..8], [1, 2, 4, 8, 16, 32, 64, 124], "minutes after it was written");
    assert!(known == at.len() && (25..=32).contains(&known), "{known} attempts in a day");
    assert!(at.iter().all(|minutes| *minutes <= 24 * 60), "{at:?}");
    assert!(world.queue.delays_s.lock().expect("not poisoned").contains(&61), "the queue brings it again");
    let dead = row(&world, &id).expect("a row");
    assert!(dead["state"] == "dead" && dead["sealed"].is_string(), "kept for the operator: {dead}");
    let faults = world.log.faults();
    assert_eq!(faults.len(), known);
    assert!(faults[known - 1].attempted.ends_with("it is dead"), "{:?}", faults[known - 1]);
    assert!(!format!("{faults:?}").contains(ADDRESS));

    // As docs/deploy.md says: an operator who has mended it sends it once more.
    world.mail.fails.lock().expect("not poisoned").clear();
    world.sql.with_connection(|sql| {
        let revive =
            "UPDATE letters SET state = 'waiting', next_attempt_at = 0, forget_after = NULL WHERE state = 'dead'";
        sql.execute(revive, []).expect("runs")
    });
    minute(&world).await;
    assert_eq!((world.mail.taken().len(), state(&world, &id).as_str()), (1, "sent"));
}

#[tokio::test]
async fn a_letter_that_is_refused_is_dead_at_once_and_forgotten_after_a_week() {
    let world = World::new();
    let id = written(&world, verify()).await;
    world.mail.fail(1, &MailFailure::Refused("ses: status 400 BadRequestException".into()));
    minute(&world).await;
    assert_eq!(state(&world, &id), "dead");
    for _ in 0..3 {
        minute(&world).await;
    }
    assert_eq!(world.mail.attempts(), 1, "it is not tried again");
    world.advance_ms(7 * DAY_MS - HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(state(&world, &id), "dead");
    world.advance_ms(HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(state(&world, &id), "gone");
}

#[tokio::test]
async fn a_letter_of_an_erased_person_is_dropped_and_cannot_be_read() {
    let world = World::new();
    let id = written(&world, verify()).await;
    world.blobs.delete(Bucket::Recovery, &[BlobKey::personal_key(&account())]).await.expect("erased");
    minute(&world).await;
    assert_eq!((world.mail.attempts(), state(&world, &id).as_str()), (0, "gone"));
    let id = written(&world, verify()).await;
    assert_ne!(state(&world, &id), "gone");
    world.sql.batch(vec![erase_of_account(&account())]).await.expect("erased");
    assert_eq!(state(&world, &id), "gone", "all letters go with the account");
}

#[tokio::test]
async fn a_letter_does_not_open_in_the_place_of_another() {
    let world = World::new();
    let (first, second) = (written(&world, verify()).await, written(&world, verify()).await);
    world.sql.with_connection(|sql| {
        let swap = "UPDATE letters SET sealed = (SELECT sealed FROM letters WHERE id = ?1) WHERE id = ?2";
        sql.execute(swap, [first.as_str(), second.as_str()]).expect("runs")
    });
    minute(&world).await;
    assert_eq!((state(&world, &first).as_str(), state(&world, &second).as_str()), ("sent", "dead"));
}

#[tokio::test]
async fn promise_imp_08_what_is_new_goes_only_to_whom_the_latest_consent_allows_it() {
    for (acts, is_sent) in [
        ([].as_slice(), false),
        (&["granted"], true),
        (&["granted", "withdrawn"], false),
        (&["granted", "withdrawn", "granted"], true),
    ] {
        let world = World::new();
        consents(&world, acts);
        let id = written(&world, update()).await;
        let needed = written(&world, verify()).await;
        minute(&world).await;
        let senders: Vec<_> = world.mail.taken().iter().map(|taken| (taken.key.clone(), taken.sender)).collect();
        assert!(senders.contains(&(needed, Sender::Transactional)), "{acts:?}: what is needed needs no consent");
        assert_eq!(senders.contains(&(id.clone(), Sender::Product)), is_sent, "{acts:?}");
        assert_eq!(senders.len(), 1 + usize::from(is_sent), "{acts:?}");
        assert_eq!(state(&world, &id), if is_sent { "sent" } else { "gone" }, "{acts:?}: dropped, not kept");
    }
}

#[tokio::test]
async fn promise_imp_08_consent_withdrawn_while_a_letter_waits_stops_it() {
    let world = World::new();
    consents(&world, &["granted"]);
    let id = written(&world, update()).await;
    world.mail.fail(1, &MailFailure::Passing("resend: status 429".into()));
    minute(&world).await;
    assert_eq!(state(&world, &id), "waiting");
    world.sql.with_connection(|sql| {
        let withdraw = "INSERT INTO consents (account_id, purpose, number, act, recorded_at, text_version, text_sha256,
                        surface, gpc) VALUES (?1, 'product_email', 9, 'withdrawn', 6, '1', '', 'unsubscribe', 0)";
        sql.execute(withdraw, [account().as_str()]).expect("inserts")
    });
    for _ in 0..5 {
        minute(&world).await;
    }
    assert_eq!((world.mail.taken().len(), state(&world, &id).as_str()), (0, "gone"));
}

fn proof(account_id: AccountId, purpose: Purpose) -> ConsentProof {
    let record = ConsentRecord {
        account_id,
        purpose,
        act: Act::Granted,
        recorded_at: NOON,
        country: None,
        text_version: "1".into(),
        text_sha256: String::new(),
        surface: "settings".into(),
        gpc: false,
    };
    ConsentProof::of(&record).expect("granted")
}

#[tokio::test]
async fn promise_imp_08_a_proof_of_another_purpose_or_account_sends_nothing() {
    let world = World::new();
    let (outbox, recording) = (LocalOutbox(world.blobs.clone()), RecordingMail::default());
    let adapters: [&dyn Mail; 2] = [&outbox, &recording];
    let (letter, key) = (outgoing(&update()), LetterId::from_random([1; 15]));
    for mail in adapters {
        for wrong in [
            proof(account(), Purpose::ServiceStatistics),
            proof(account(), Purpose::ModelTraining),
            proof(AccountId::from_random([8; 15]), Purpose::ProductEmail),
        ] {
            let answer = mail.send_product(&letter, &wrong, &key).await;
            assert!(matches!(answer, Err(MailFailure::Refused(_))), "{answer:?}");
        }
    }
    assert!(recording.taken().is_empty() && world.blobs.names(Bucket::Recovery).is_empty());
    assert_eq!(recording.send_product(&letter, &proof(account(), Purpose::ProductEmail), &key).await, Ok(()));
    assert_eq!(consent::proof(&world.app, &account(), Purpose::ProductEmail).await, Ok(None));
}

/// Writes a letter and puts it into the local outbox, with all that this leaves in the storage.
pub async fn into_outbox(world: &World) {
    written(world, verify()).await;
    world.queue.take();
    let key = LetterId::from_random([1; 15]);
    LocalOutbox(world.blobs.clone()).send_transactional(&outgoing(&verify()), &key).await.expect("put");
}

#[tokio::test]
async fn the_local_outbox_has_each_letter_once_for_a_week() {
    let local = [("APP_ORIGIN", "http://localhost:8787"), ("IMAGE_ORIGIN", "http://127.0.0.1:8787")];
    let world = World::with(1, &local);
    let outbox = LocalOutbox(world.blobs.clone());
    let key = LetterId::from_random([1; 15]);
    for _ in 0..2 {
        outbox.send_transactional(&outgoing(&verify()), &key).await.expect("put");
    }
    let name = BlobKey::outbox(NOON, &key);
    assert_eq!(world.blobs.names(Bucket::Recovery), [name.as_str()]);
    let object = world.blobs.read(Bucket::Recovery, &name).await.expect("reads").expect("is there");
    let object: Value = serde_json::from_slice(&object).expect("JSON");
    assert_eq!((object["to"].as_str(), object["kind"].as_str()), (Some(ADDRESS), Some("verify_email")));
    assert_eq!((object["sender"].as_str(), object["id"].as_str()), (Some("transactional"), Some(key.as_str())));
    assert!(object["html"].as_str().is_some_and(|html| html.contains("token=vrf_")));
    world.advance_ms(7 * DAY_MS - 1);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(world.blobs.names(Bucket::Recovery).len(), 1);
    world.advance_ms(1);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert!(world.blobs.names(Bucket::Recovery).is_empty());
}

#[test]
fn two_at_once_send_a_letter_once() {
    assert!(wait_ms(0) > 2 * i64::from(SEND_TIMEOUT_MS), "an attempt has ended before the next begins");
    for seed in 0..200_usize {
        let world = World::new();
        let id = now(written(&world, verify()));
        world.faults.interleave(true);
        let attempt = || -> BoxedOperation<'_, _> { Box::pin(send_letter(&world.app, &id, NOON)) };
        let mut turn = seed;
        let choose = |running: usize| {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (turn >> 33) % running
        };
        let results = drive(&world.faults, choose, vec![attempt(), attempt(), attempt()]);
        let sent = results.iter().filter(|result| matches!(result, Some(Ok(Sending::Sent)))).count();
        assert_eq!((sent, world.mail.taken().len()), (1, 1), "seed {seed}: {results:?}");
    }
}

/// What becomes of a letter in the next hour.
fn settle(world: &World, id: &LetterId) {
    for _ in 0..60 {
        now(minute(world));
    }
    assert_eq!(world.queue.take(), []);
    assert_eq!(state(world, id), "sent");
}

#[test]
fn sending_may_fail_at_every_call_and_no_letter_is_lost() {
    let set = || {
        let world = World::new();
        let id = now(written(&world, verify()));
        (world, id)
    };
    let act = |world: &World, id: &LetterId| {
        drop(world.attempt(send_letter(&world.app, id, NOON)));
        None
    };
    let check = |world: &World, id: &LetterId, _: Option<_>, context: &str| {
        settle(world, id);
        // Calls: find, claim, open the key, send, settle. SES knows no key: what it took and could not say, or what we
        // could not write down because we were gone, goes out again. Nothing else does.
        let unknown = ["call 3, FailAfter", "call 3, CrashAfter", "call 3, Repeat", "call 4, CrashBefore"];
        let times = if unknown.iter().any(|unknown| context.ends_with(unknown)) { 2 } else { 1 };
        assert_eq!(world.mail.taken().len(), times, "{context}");
    };
    at_every_call("a letter", 5, set, act, check);
}

#[test]
fn sending_what_is_new_may_fail_at_every_call_and_it_arrives_exactly_once() {
    let set = || {
        let world = World::new();
        consents(&world, &["granted"]);
        let id = now(written(&world, update()));
        (world, id)
    };
    let act = |world: &World, id: &LetterId| {
        drop(world.attempt(send_letter(&world.app, id, NOON)));
        None
    };
    let check = |world: &World, id: &LetterId, _: Option<_>, context: &str| {
        settle(world, id);
        assert_eq!(world.mail.taken().len(), 1, "{context}: Resend sends once for each key");
    };
    at_every_call("a product letter", 6, set, act, check);
}

#[test]
fn a_letter_that_fails_to_be_put_off_may_fail_at_every_call() {
    let set = || {
        let world = World::new();
        let id = now(written(&world, verify()));
        world.mail.fail(3, &MailFailure::Passing("ses: status 503".into()));
        (world, id)
    };
    let act = |world: &World, id: &LetterId| {
        drop(world.attempt(send_letter(&world.app, id, NOON)));
        None
    };
    let check = |world: &World, id: &LetterId, _: Option<_>, context: &str| {
        settle(world, id);
        let times = world.mail.taken().len();
        assert!(times == 1, "{context}: {times}");
    };
    at_every_call("a letter that waits", 5, set, act, check);
}

#[test]
fn the_job_may_fail_at_every_call_and_every_letter_is_sent() {
    let set = || {
        let world = World::new();
        let ids = [verify(), invitation("Engines", "Ada"), verify()].map(|letter| now(written(&world, letter)));
        world.queue.take();
        (world, ids)
    };
    let act = |world: &World, _: &[LetterId; 3]| {
        drop(world.attempt(world.run_job("send_letters")));
        None
    };
    let check = |world: &World, ids: &[LetterId; 3], _: Option<_>, context: &str| {
        // Longer than a dead run's lease.
        world.advance_ms(6 * MINUTE_MS);
        for id in ids {
            settle(world, id);
        }
        let taken = world.mail.taken();
        assert!(ids.iter().all(|id| taken.iter().any(|taken| taken.key == *id)), "{context}: one is lost");
        assert!(
            taken.len() <= ids.len() + 1,
            "{context}: {}: only the one that was under way can come twice",
            taken.len()
        );
    };
    at_every_call("the job", 15, set, act, check);
}

#[test]
fn writing_may_fail_at_every_call_and_what_was_written_is_sent() {
    let act = |world: &World, (): &()| {
        drop(world.attempt(async {
            let key = personal_keys::create(&world.app, &account()).await?;
            let to = EmailAddress::parse(ADDRESS).expect("an address");
            let written = write(&world.app, &account(), &key, &to, verify())?;
            drop(world.app.ports.sql.batch(vec![written.statement]).await);
            post(&world.app, &written.id).await;
            Ok::<_, tintype::error::Fault>(())
        }));
        None
    };
    let check = |world: &World, (): &(), _: Option<_>, context: &str| {
        let rows = world.sql.query("SELECT id FROM letters").len();
        for _ in 0..3 {
            now(minute(world));
        }
        assert_eq!(world.mail.taken().len(), rows, "{context}: a letter is there with its cause, or not at all");
        let key = now(personal_keys::create(&world.app, &account())).expect("no fault now");
        let again = now(personal_keys::find(&world.app, &account())).expect("no fault now");
        assert!(again == Some(key), "{context}: one key, however often it is made");
    };
    at_every_call("writing", 3, || (World::new(), ()), act, check);
}
