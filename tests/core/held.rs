//! What cannot be judged is held: acknowledged, private, tried again, counted, and in the end judged or given up.

use serde_json::json;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::domain::verdict::{Assessment, UnscannedReason};
use tintype::policy::holding::{HELD_IMAGES_MAX, HELD_MS, JUDGED_MAX};
use tintype::ports::blobs::Bucket;
use tintype::ports::vision::VisionFailure;
use tintype::store::review_queue::{self, Position};
use tintype::usecases::review::{Reviewed, release, restrict};

use crate::content_safety::{review, scored};
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::plant::{Row, id};
use crate::harness::{NOON, World};

const KEY: &str = "a-key-of-a-held-upload";

impl World {
    /// Vision is away, or back.
    pub fn vision_is(&self, away: Option<UnscannedReason>) {
        *self.vision.is_away.lock().expect("not poisoned") = away;
    }

    /// What vision fails with from now on.
    pub fn vision_says(&self, failure: Option<VisionFailure>) {
        *self.vision.says.lock().expect("not poisoned") = failure;
    }
}

pub fn away() -> World {
    let world = World::new();
    world.vision_is(Some(UnscannedReason::VisionUnavailable));
    world
}

fn raw(number: u64) -> Call {
    Call::app("POST", "/v1/images").body("image/png", numbered_png(number))
}

pub fn form(number: u64) -> Call {
    Call::app("POST", "/v1/images").form(&[("caption", "a cat")], &[("file", "cat.png", &numbered_png(number))])
}

pub fn assert_held(world: &World, answer: &Answer) -> ImageId {
    assert_eq!((answer.status.as_u16(), answer.field("/status").as_str()), (202, "held"), "{}", answer.text());
    assert_eq!(answer.json()["public"], false);
    assert!(answer.field("/url").is_empty(), "there is nothing to show");
    assert_eq!(answer.header("retry-after"), "60");
    let id = ImageId::parse(&answer.field("/id")).expect("an id");
    assert_eq!(world.state(id.as_str()), "held");
    id
}

pub async fn view(world: &World, id: &ImageId) -> Answer {
    Call::images("GET", &format!("/{id}.png")).send(world).await
}

pub async fn facts(world: &World, id: &ImageId) -> Answer {
    Call::app("GET", &format!("/v1/images/{id}")).send(world).await
}

pub async fn queued(world: &World) -> Vec<String> {
    let open = review_queue::open_after(world.sql.as_ref(), &Position::start(), 100).await.expect("reads");
    open.iter().map(|entry| entry.cause.as_str().to_owned()).collect()
}

pub async fn judge(world: &World) {
    world.advance_ms(MINUTE_MS);
    world.run_job("judge_held").await.expect("runs");
}

#[tokio::test]
async fn promise_imp_20_what_cannot_be_judged_is_held_in_private_and_published_once_it_is_judged() {
    for why in [UnscannedReason::VisionUnavailable, UnscannedReason::VisionBusy] {
        for call in [raw(1), form(1)] {
            let world = World::new();
            world.vision_is(Some(why));
            let answer = call.send(&world).await;
            let id = assert_held(&world, &answer);
            assert_eq!((world.blob_count(Bucket::Images), world.held_count()), (0, 1), "nothing is public");
            assert_eq!(queued(&world).await, ["unscanned"]);
            let stored = world.sql.query("SELECT verdict, reason FROM decisions").remove(0);
            assert_eq!((&stored["verdict"], &stored["reason"]), (&json!("unscanned"), &json!(why.as_str())));
            // Told to whoever has the address, and shown to nobody.
            let seen = view(&world, &id).await;
            assert_eq!((seen.status.as_u16(), seen.field("/code")), (404, "image-held".into()));
            assert_eq!((seen.header("retry-after"), seen.header("cache-control")), ("60", "no-store"));
            assert_eq!(facts(&world, &id).await.field("/status"), "held");
            let page = Call::app("GET", &format!("/{id}")).header("accept", "text/html").send(&world).await;
            assert!(page.status.as_u16() == 200 && page.text().contains("being checked"));
            let oembed = Call::app("GET", &format!("/oembed?url={}/{id}", crate::harness::APP)).send(&world).await;
            assert_eq!(oembed.field("/code"), "image-held");
            // Nothing happens while vision is away but that the operator reads of it, and no attempt is used up.
            world.advance_ms(MINUTE_MS);
            let faults = world.run_job("judge_held").await.expect_err("says so");
            assert!(faults[0].to_string().contains("1 images wait"), "{faults:?}");
            assert_eq!(world.sql.query("SELECT attempts FROM images")[0]["attempts"], 0);
            world.vision_is(None);
            judge(&world).await;
            let told = facts(&world, &id).await;
            assert_eq!((told.field("/status"), told.field("/moderation/state")), ("live".into(), "safe".into()));
            assert_eq!(told.field("/expires_at"), answer.field("/expires_at"), "the promise stays");
            assert_eq!(view(&world, &id).await.body[..], numbered_png(1)[..]);
            assert_eq!((world.held_count(), queued(&world).await.len()), (0, 0));
            world.settle().await;
        }
    }
}

#[tokio::test]
async fn a_file_of_a_form_is_held_when_vision_dies_over_it_and_a_stream_is_to_be_sent_again() {
    for (failure, slug) in [
        (VisionFailure::Busy { retry_after_s: 3 }, "busy"),
        (VisionFailure::Unavailable("isolate exceeded its memory".into()), "unavailable"),
    ] {
        let world = World::new();
        world.vision_says(Some(failure));
        let refused = raw(1).send(&world).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code").as_str()), (503, slug));
        assert!(world.sql.query("SELECT 1 FROM images").is_empty(), "nothing is acknowledged, nothing is kept");
        let id = assert_held(&world, &form(1).send(&world).await);
        world.vision_says(None);
        judge(&world).await;
        assert_eq!(view(&world, &id).await.status.as_u16(), 200);
        assert_eq!(facts(&world, &id).await.field("/filename"), "cat.png");
        world.settle().await;
    }
}

#[tokio::test]
async fn what_the_model_could_not_judge_is_held_whatever_way_it_came() {
    for reason in [UnscannedReason::ModelFailed, UnscannedReason::ModelUnavailable, UnscannedReason::OutOfMemory] {
        let world = World::new();
        let file = world.assess(1, Assessment::Unscanned { reason });
        let id = assert_held(&world, &world.upload(&file).await);
        judge(&world).await;
        assert_eq!(world.state(id.as_str()), "held", "it still cannot be judged");
        world.assess(1, scored(0.3, 0.4));
        // The second wait is longer than the first.
        judge(&world).await;
        assert_eq!(world.state(id.as_str()), "held");
        judge(&world).await;
        let told = facts(&world, &id).await;
        assert_eq!(told.field("/moderation/state"), "restricted");
        assert_eq!(told.field("/expires_at"), NOON.plus_ms(7 * DAY_MS).rfc3339(), "and the window that goes with it");
        world.settle().await;
    }
}

#[tokio::test]
async fn promise_imp_33_a_held_image_that_turns_out_to_be_prohibited_never_was_public() {
    let world = away();
    world.assess(1, scored(0.99, 0.0));
    let id = assert_held(&world, &form(1).send(&world).await);
    world.vision_is(None);
    judge(&world).await;
    let row = world.sql.query("SELECT state, removal_reason, erase_after FROM images").remove(0);
    assert_eq!((&row["state"], &row["removal_reason"]), (&json!("recovery"), &json!("prohibited")));
    assert_eq!((world.held_count(), world.blob_count(Bucket::Recovery), world.blob_count(Bucket::Images)), (0, 1, 0));
    assert_eq!(queued(&world).await, ["prohibited"]);
    assert_eq!((view(&world, &id).await.status.as_u16(), facts(&world, &id).await.status.as_u16()), (404, 404));
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.state(id.as_str()), "gone");
    world.settle().await;
}

#[tokio::test]
async fn a_flagged_image_among_the_held_is_served_and_waits_for_a_person() {
    let world = away();
    world.assess(1, scored(0.3, 0.25));
    let id = assert_held(&world, &form(1).send(&world).await);
    world.vision_is(None);
    judge(&world).await;
    assert_eq!((world.state(id.as_str()), queued(&world).await), ("live".into(), vec!["flagged".to_owned()]));
}

#[tokio::test]
async fn what_was_held_and_is_no_image_is_given_up_and_its_bytes_are_erased_at_once() {
    let world = away();
    let answer = Call::app("POST", "/v1/images").body("image/png", "%PDF-1.7 and so on").send(&world).await;
    let id = assert_held(&world, &answer);
    world.vision_is(None);
    judge(&world).await;
    assert_eq!(
        (world.state(id.as_str()).as_str(), world.held_count(), world.blob_count(Bucket::Recovery)),
        ("gone", 0, 0)
    );
    assert!(queued(&world).await.is_empty());
    let page = Call::app("GET", &format!("/{id}")).header("accept", "text/html").send(&world).await;
    assert!(page.status.as_u16() == 410 && page.text().contains("no picture that is taken here"));
    world.settle().await;
}

#[tokio::test]
async fn an_image_that_nothing_can_judge_is_given_up_in_time_and_its_page_says_whose_fault_that_is() {
    let world = away();
    let id = assert_held(&world, &form(1).send(&world).await);
    world.advance_ms(HELD_MS - 1);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.state(id.as_str()), "held");
    world.advance_ms(1);
    assert_eq!(view(&world, &id).await.status.as_u16(), 410, "also before a job has come by");
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!((world.state(id.as_str()).as_str(), world.held_count()), ("gone", 0));
    let page = Call::app("GET", &format!("/{id}")).header("accept", "text/html").send(&world).await;
    assert!(page.status.as_u16() == 410 && page.text().contains("our fault"));
    assert!(queued(&world).await.is_empty());
    world.settle().await;
}

#[tokio::test]
async fn a_shorter_life_that_was_asked_for_ends_also_for_what_is_held() {
    let world = away();
    let answer = Call::app("POST", "/v1/images?ttl=3600").body("image/png", numbered_png(1)).send(&world).await;
    let id = assert_held(&world, &answer);
    assert_eq!(answer.field("/held_until"), answer.field("/expires_at"));
    world.advance_ms(HOUR_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!((world.state(id.as_str()).as_str(), world.held_count()), ("recovery", 0), "as any that has expired");
    world.settle().await;
}

#[tokio::test]
async fn a_wish_is_kept_exactly_through_being_held() {
    let world = away();
    let answer = Call::app("POST", "/v1/images?ttl=864000").body("image/png", numbered_png(1)).send(&world).await;
    let id = assert_held(&world, &answer);
    world.vision_is(None);
    judge(&world).await;
    let told = facts(&world, &id).await;
    assert_eq!(told.field("/expires_at"), NOON.plus_ms(10 * DAY_MS).rfc3339());
    assert_eq!(told.field("/retention/reason"), "you asked for 10 days");
    let gone = view(&world, &id).await;
    assert_eq!(gone.header("sunset"), NOON.plus_ms(10 * DAY_MS).http_date(), "and beside the bytes");
}

#[tokio::test]
async fn a_held_image_is_deleted_with_its_token() {
    let world = away();
    let answer = form(1).send(&world).await;
    let id = assert_held(&world, &answer);
    let page = Call::app("GET", &format!("/{id}/delete")).header("accept", "text/html").send(&world).await;
    assert!(page.status.as_u16() == 200 && !page.text().contains("<img"), "it is asked without showing it");
    assert!(page.text().contains("Nobody sees it now") && !page.text().contains("leave public view"), "which is true");
    let token = format!("Bearer {}", answer.field("/delete_token"));
    let delete = |token: &str| Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", token);
    assert_eq!(delete("Bearer del_0000").send(&world).await.status.as_u16(), 403);
    assert_eq!(delete(&token).send(&world).await.status.as_u16(), 200);
    assert_eq!((world.state(id.as_str()).as_str(), world.held_count()), ("recovery", 0));
    world.vision_is(None);
    judge(&world).await;
    assert_eq!(view(&world, &id).await.status.as_u16(), 410, "deleted stays deleted");
    world.settle().await;
}

#[tokio::test]
async fn a_repeat_under_the_key_is_answered_with_the_held_image_and_later_with_the_public_one() {
    let world = away();
    for call in [raw, form] {
        let key = format!("{KEY}-{}", call(1).send(&world).await.field("/id"));
        let send = || call(2).header("idempotency-key", &key).send(&world);
        let (first, second) = (send().await, send().await);
        assert_eq!((second.status.as_u16(), second.header("idempotency-replayed")), (202, "true"));
        assert_eq!(first.field("/id"), second.field("/id"));
        assert_eq!(first.field("/delete_token"), second.field("/delete_token"));
        let other = call(3).header("idempotency-key", &key).send(&world).await;
        assert_eq!(other.field("/code"), "idempotency-key-reused", "{}", other.text());
        world.vision_is(None);
        judge(&world).await;
        let third = send().await;
        assert_eq!((third.status.as_u16(), third.field("/id")), (200, first.field("/id")));
        world.vision_is(Some(UnscannedReason::VisionBusy));
    }
}

#[tokio::test]
async fn the_pages_form_tells_what_is_held() {
    let world = away();
    let files = [("file", "a.png", &numbered_png(1)[..]), ("file", "b.png", &numbered_png(2)[..])];
    let answer = Call::app("POST", "/").form(&[], &files).header("sec-fetch-site", "same-origin").send(&world).await;
    assert_eq!((answer.status.as_u16(), world.count("held")), (200, 2));
    assert!(answer.text().contains("Being checked") && answer.text().contains("delete?token=del_"));
    assert!(!answer.text().contains(&format!("{}/", crate::harness::IMAGES)), "nothing to load");
}

#[tokio::test]
async fn no_more_is_held_than_the_policy_says_and_nothing_of_unknown_length() {
    let world = away();
    let unknown = Call::app("POST", "/v1/images").streamed("image/png", numbered_png(1)).send(&world).await;
    assert_eq!((unknown.status.as_u16(), world.count("held")), (202, 1), "here every length is known");
    world.vision_is(None);
    judge(&world).await;
    world.vision_is(Some(UnscannedReason::VisionBusy));
    let row = Row { state: "held", reason: None, at: NOON.plus_ms(DAY_MS) };
    world.plant_rows(0..HELD_IMAGES_MAX, row).await;
    let refused = raw(2).send(&world).await;
    assert_eq!((refused.status.as_u16(), refused.field("/code").as_str()), (503, "busy"));
    assert_eq!(world.held_count(), 0);
}

#[tokio::test]
async fn a_run_judges_a_bounded_number_and_one_that_fails_does_not_keep_the_others_waiting() {
    let world = World::new();
    let more = u64::try_from(JUDGED_MAX).expect("positive") + 5;
    world.plant_rows(0..more, Row { state: "held", reason: None, at: NOON }).await;
    world.plant_held_blobs(0..more);
    world.faults.cost();
    world.run_job("judge_held").await.expect("runs");
    let cost = world.faults.cost();
    assert!(cost.queries <= 300 && cost.blob_calls <= 120, "{cost:?}");
    assert_eq!(world.count("held"), 5);
    // One fails: it is tried again later, and the others meanwhile.
    world.faults.strike_at(5, crate::harness::faults::FaultKind::FailBefore);
    assert!(world.run_job("judge_held").await.is_err());
    assert!(world.faults.calm());
    assert_eq!(world.count("held"), 1);
    judge(&world).await;
    judge(&world).await;
    assert_eq!(world.count("held"), 0);
    world.settle().await;
}

#[tokio::test]
async fn a_held_image_whose_bytes_are_nowhere_is_reported_and_declared_lost() {
    let world = World::new();
    world.plant_rows(0..1, Row { state: "held", reason: None, at: NOON }).await;
    world.run_job("judge_held").await.expect("runs");
    assert_eq!(world.state(id(0).as_str()), "gone");
    assert!(world.log.faults()[0].outcome.contains("declared lost"));
}

#[tokio::test]
async fn held_bytes_that_nobody_speaks_for_are_erased() {
    let world = World::new();
    world.plant_held_blobs(40..42);
    world.settle().await;
    assert_eq!(world.held_count(), 0);
}

// Where a deployment has flagged images held.

fn strict() -> World {
    World::with(1, &[("FLAGGED", "held")])
}

#[tokio::test]
async fn promise_imp_21_flagged_images_are_held_until_a_person_has_looked_if_a_deployment_says_so() {
    for with_key in [false, true] {
        let world = strict();
        let file = world.assess(1, scored(0.3, 0.25));
        let send = || {
            let call = Call::app("POST", "/v1/images").body("image/png", file.clone());
            if with_key { call.header("idempotency-key", KEY) } else { call }
        };
        let answer = send().send(&world).await;
        let id = assert_held(&world, &answer);
        assert_eq!((world.blob_count(Bucket::Images), world.held_count()), (0, 1));
        assert_eq!(queued(&world).await, ["flagged"]);
        assert_eq!(view(&world, &id).await.field("/code"), "image-held");
        if with_key {
            assert_eq!(send().send(&world).await.field("/id"), answer.field("/id"));
        }
        world.advance_ms(4 * DAY_MS);
        for job in ["judge_held", "reap_expired"] {
            world.run_job(job).await.expect("runs");
        }
        assert_eq!(world.state(id.as_str()), "held", "a person may take longer than a model");
        assert_eq!(release(&world.app, &id, review("a statue")).await, Ok(Reviewed::Released { is_done: true }));
        assert_eq!(facts(&world, &id).await.field("/expires_at"), answer.field("/expires_at"));
        assert_eq!((view(&world, &id).await.status.as_u16(), queued(&world).await.len()), (200, 0));
        // Others are not kept waiting.
        assert_eq!(world.upload(&numbered_png(2)).await.status.as_u16(), 201);
        world.settle().await;
    }
}

#[tokio::test]
async fn what_was_held_unjudged_and_turns_out_to_be_flagged_waits_for_a_person_as_well() {
    let world = strict();
    world.vision_is(Some(UnscannedReason::VisionBusy));
    let file = world.assess(1, scored(0.3, 0.25));
    let id = assert_held(&world, &world.upload(&file).await);
    world.vision_is(None);
    judge(&world).await;
    judge(&world).await;
    assert_eq!((world.state(id.as_str()), queued(&world).await), ("held".into(), vec!["flagged".to_owned()]));
    assert_eq!(world.sql.query("SELECT 1 FROM decisions").len(), 2);
    assert_eq!(restrict(&world.app, &id, review("a nude")).await, Ok(Reviewed::Restricted { is_done: true }));
    assert_eq!(facts(&world, &id).await.field("/moderation/state"), "restricted");
    world.settle().await;
}

#[test]
fn a_flagged_upload_that_is_held_may_fail_at_every_call() {
    use futures::FutureExt as _;
    for kind in crate::harness::faults::FaultKind::ALL {
        for call in 0.. {
            let world = strict();
            let file = world.assess(1, scored(0.3, 0.25));
            let send = || raw_file(file.clone()).header("idempotency-key", KEY).send(&world);
            world.faults.strike_at(call, kind);
            let answer = world.attempt(send());
            if !world.faults.calm() {
                assert!(call >= 8, "only {call} calls");
                break;
            }
            assert_eq!(world.blob_count(Bucket::Images), 0, "call {call}, {kind:?}");
            world.settle().now_or_never().expect("nothing waits");
            let again = send().now_or_never().expect("nothing waits");
            assert_eq!(again.status.as_u16(), 202, "call {call}, {kind:?}: {}", again.text());
            if let Some(answer) = answer.filter(|answer| answer.status.is_success()) {
                assert_eq!(answer.field("/id"), again.field("/id"), "call {call}, {kind:?}");
            }
            assert_eq!((world.count("held"), world.held_count()), (1, 1), "call {call}, {kind:?}");
        }
    }
}

fn raw_file(file: Vec<u8>) -> Call {
    Call::app("POST", "/v1/images").body("image/png", file)
}

#[tokio::test]
async fn an_image_whose_row_was_set_back_to_before_its_judgement_is_judged_again_and_not_lost() {
    let world = away();
    let id = assert_held(&world, &form(1).send(&world).await);
    let row = world.sql.query("SELECT held_sha256, held_until FROM images").remove(0);
    world.vision_is(None);
    judge(&world).await;
    assert_eq!(world.state(id.as_str()), "live");
    // As the database was before: the bytes have gone public since.
    world.sql.with_connection(|sql| {
        let text = format!(
            "UPDATE images SET state = 'held', verdict = 'unscanned', held_reason = 'unscanned', next_attempt_at = 1,
                               held_sha256 = {}, held_until = {};
             DELETE FROM decisions WHERE number > 1",
            row["held_sha256"].to_string().replace('"', "'"),
            row["held_until"]
        );
        sql.execute_batch(&text).expect("sets back");
    });
    for _ in 0..3 {
        judge(&world).await;
    }
    assert_eq!((world.state(id.as_str()).as_str(), view(&world, &id).await.status.as_u16()), ("live", 200));
    assert!(!world.log.faults().iter().any(|line| line.outcome.contains("declared lost")));
    world.settle().await;
}

/// Somebody has an image held whose window has just ended, while the reaper takes it out of view: if the bytes arrive among
/// the held when the removal has looked for them there, they are all there are.
#[tokio::test]
async fn what_is_among_the_held_and_nowhere_else_goes_to_recovery_and_is_not_erased() {
    let world = World::new();
    let id = world.upload(&numbered_png(1)).await.field("/id");
    let (public, held) = (format!("images/{id}"), format!("held/{id}"));
    let bytes: &'static [u8] = Box::leak(world.blobs.bytes(Bucket::Images, &public).to_vec().into_boxed_slice());
    world.blobs.lose(Bucket::Images, &public);
    world.blobs.plant(Bucket::Recovery, &held, bytes);
    let sql = "UPDATE images SET state = 'recovery', held_sha256 = sha256, removal_reason = 'expired', removing_at = created_at,
                 erase_after = created_at + 1209600000";
    world.sql.with_connection(|connection| connection.execute(sql, []).expect("SQL"));
    let run = async || {
        world.run_job("reconcile_blobs").await.expect("runs");
        let names = world.blobs.names(Bucket::Recovery);
        (names.contains(&public), names.contains(&held))
    };
    assert_eq!(run().await, (true, false), "its row missed them");
    // A copy that is left beside them is erased, but not while somebody may be making it.
    world.blobs.plant(Bucket::Recovery, &held, bytes);
    assert_eq!(run().await, (true, true));
    world.advance_ms(61 * MINUTE_MS);
    assert_eq!(run().await, (true, false));
    // Nor is it erased if its row does not come round before it does.
    world.blobs.lose(Bucket::Recovery, &public);
    world.blobs.plant(Bucket::Recovery, &held, bytes);
    world.advance_ms(61 * MINUTE_MS);
    assert_eq!(run().await, (true, false));
    assert_eq!(world.blobs.bytes(Bucket::Recovery, &public), bytes);
    assert!(world.log.faults().is_empty(), "{:?}", world.log.faults());
    world.settle().await;
}
