//! What a person decides: to hold, release, restrict or prohibit, wherever the image stands (promises IMP-21, IMP-22).

use serde_json::json;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, MINUTE_MS};
use tintype::domain::verdict::{Assessment, UnscannedReason};
use tintype::ports::blobs::Bucket;
use tintype::ports::vision::VisionFailure;
use tintype::usecases::review::{Reviewed, hold, prohibit, release, restrict};

use crate::content_safety::{review, scored};
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::plant::Row;
use crate::harness::{NOON, World};
use crate::held::{assert_held, away, facts, form, judge, queued, view};

async fn live(world: &World) -> (Answer, ImageId) {
    let answer = world.upload(&numbered_png(1)).await;
    let id = ImageId::parse(&answer.field("/id")).expect("an id");
    (answer, id)
}

#[tokio::test]
async fn promise_imp_22_a_public_image_that_a_person_has_held_is_out_of_view_until_it_is_released() {
    let world = World::new();
    let (answer, id) = live(&world).await;
    assert_eq!(hold(&world.app, &id, review("a report")).await, Ok(Reviewed::Held { is_done: true }));
    assert_eq!(
        (world.state(id.as_str()).as_str(), world.blob_count(Bucket::Images), world.held_count()),
        ("held", 0, 1)
    );
    assert_eq!(view(&world, &id).await.field("/code"), "image-held");
    let page = Call::app("GET", &format!("/{id}")).header("accept", "text/html").send(&world).await;
    assert!(page.text().contains("A person is looking at it"));
    assert_eq!(queued(&world).await, ["reported"]);
    judge(&world).await;
    assert_eq!(world.state(id.as_str()), "held", "no model takes a person's decision away");
    assert_eq!(release(&world.app, &id, review("nothing wrong")).await, Ok(Reviewed::Released { is_done: true }));
    let back = view(&world, &id).await;
    assert_eq!((back.status.as_u16(), back.header("sunset").len() > 10), (200, true));
    assert_eq!(
        facts(&world, &id).await.field("/expires_at"),
        answer.field("/expires_at"),
        "at the old address, to the old date"
    );
    let decisions = world.sql.query("SELECT verdict, operator, reason FROM decisions ORDER BY number");
    let verdicts: Vec<&str> = decisions.iter().filter_map(|row| row["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["safe", "unscanned", "safe"]);
    assert_eq!((&decisions[1]["operator"], &decisions[2]["reason"]), (&json!("ada"), &json!("nothing wrong")));
    assert!(queued(&world).await.is_empty());
    world.settle().await;
}

#[tokio::test]
async fn an_image_held_by_a_person_leaves_on_its_date_and_can_be_prohibited() {
    let world = World::new();
    let (_, id) = live(&world).await;
    hold(&world.app, &id, review("a report")).await.expect("works");
    world.advance_ms(4 * DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.state(id.as_str()), "held", "a person may take longer than a model");
    assert_eq!(prohibit(&world.app, &id, review("seen")).await, Ok(Reviewed::Prohibited { is_done: true }));
    assert_eq!((world.state(id.as_str()).as_str(), world.held_count()), ("recovery", 0));
    let world = World::new();
    let (_, id) = live(&world).await;
    hold(&world.app, &id, review("a report")).await.expect("works");
    world.advance_ms(30 * DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.state(id.as_str()), "recovery");
    world.settle().await;
}

#[tokio::test]
async fn promise_imp_21_a_restricted_image_has_the_shorter_window_and_gets_the_longer_one_back_when_released() {
    let world = World::new();
    let (answer, id) = live(&world).await;
    assert_eq!(restrict(&world.app, &id, review("a nude")).await, Ok(Reviewed::Restricted { is_done: true }));
    let told = facts(&world, &id).await;
    assert_eq!(told.field("/moderation/state"), "restricted");
    assert_eq!(told.field("/expires_at"), NOON.plus_ms(7 * DAY_MS).rfc3339());
    let sunset = |seen: Answer| seen.header("sunset").to_owned();
    let shown = |world| Call::images("GET", &format!("/{id}.png?view")).send(world);
    assert_eq!(sunset(shown(&world).await), NOON.plus_ms(7 * DAY_MS).http_date(), "serving asks only the object");
    assert_eq!(restrict(&world.app, &id, review("again")).await, Ok(Reviewed::NothingWaits));
    assert_eq!(release(&world.app, &id, review("a statue")).await, Ok(Reviewed::Released { is_done: true }));
    assert_eq!(facts(&world, &id).await.field("/expires_at"), answer.field("/expires_at"));
    assert_eq!(sunset(shown(&world).await), NOON.plus_ms(30 * DAY_MS).http_date());
    assert_eq!(world.sql.query("SELECT 1 FROM decisions").len(), 3);
    world.settle().await;
}

#[tokio::test]
async fn a_restriction_whose_object_could_not_be_rewritten_is_carried_out_by_the_job() {
    let world = World::new();
    let (_, id) = live(&world).await;
    // Hashes found and looked up, found, decided; the storage does not answer.
    world.faults.strike_at(4, crate::harness::faults::FaultKind::FailBefore);
    assert_eq!(restrict(&world.app, &id, review("a nude")).await, Ok(Reviewed::Restricted { is_done: false }));
    assert!(world.faults.calm());
    judge(&world).await;
    let seen = Call::images("GET", &format!("/{id}.png?view")).send(&world).await;
    assert_eq!(seen.header("sunset"), NOON.plus_ms(7 * DAY_MS).http_date());
    assert!(world.sql.query("SELECT 1 FROM images WHERE next_attempt_at IS NOT NULL").is_empty());
    world.settle().await;
}

#[tokio::test]
async fn a_mistaken_prohibition_is_mended_at_the_identical_address_while_the_bytes_are_there() {
    let world = World::new();
    let file = world.assess(1, scored(0.99, 0.0));
    let withheld = ImageId::parse(&world.upload(&file).await.field("/image_id")).expect("an id");
    world.assess(1, Assessment::NotClassified);
    assert_eq!(release(&world.app, &withheld, review("a desert")).await, Ok(Reviewed::Released { is_done: true }));
    let (answer, removed) = {
        let answer = world.upload(&numbered_png(2)).await;
        let id = ImageId::parse(&answer.field("/id")).expect("an id");
        (answer, id)
    };
    prohibit(&world.app, &removed, review("a mistake")).await.expect("works");
    assert_eq!(restrict(&world.app, &removed, review("mended")).await, Ok(Reviewed::Restricted { is_done: true }));
    for id in [&withheld, &removed] {
        assert_eq!(world.state(id.as_str()), "live");
        let seen = Call::images("GET", &format!("/{id}.png?view")).send(&world).await;
        assert_eq!(seen.status.as_u16(), 200);
    }
    assert!(answer.field("/url").ends_with(&format!("{removed}.png")));
    assert_eq!((world.blob_count(Bucket::Recovery), world.held_count()), (0, 0));
    world.settle().await;
    // When the bytes are erased, nothing can be mended.
    prohibit(&world.app, &withheld, review("again")).await.expect("works");
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(release(&world.app, &withheld, review("too late")).await, Ok(Reviewed::NothingWaits));
}

#[tokio::test]
async fn nobody_releases_what_vision_cannot_look_at() {
    let world = away();
    let id = assert_held(&world, &form(1).send(&world).await);
    world.vision_says(Some(VisionFailure::Unavailable("down".into())));
    release(&world.app, &id, review("looks fine")).await.expect_err("what is published has been stripped");
    assert_eq!((world.state(id.as_str()).as_str(), world.blob_count(Bucket::Images)), ("held", 0));
    world.vision_says(None);
    assert_eq!(release(&world.app, &id, review("looks fine")).await, Ok(Reviewed::Released { is_done: true }));
    assert_eq!(view(&world, &id).await.status.as_u16(), 200);
    world.settle().await;
}

#[tokio::test]
async fn what_a_person_deletes_or_a_date_removes_is_never_released() {
    let world = World::new();
    let (answer, id) = live(&world).await;
    let token = format!("Bearer {}", answer.field("/delete_token"));
    Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &token).send(&world).await;
    for decided in [
        release(&world.app, &id, review("?")).await,
        restrict(&world.app, &id, review("?")).await,
        hold(&world.app, &id, review("?")).await,
        prohibit(&world.app, &id, review("?")).await,
    ] {
        assert_eq!(decided, Ok(Reviewed::NothingWaits));
    }
    assert_eq!((world.state(id.as_str()).as_str(), world.blob_count(Bucket::Images)), ("recovery", 0));
}

#[tokio::test]
async fn a_warning_that_is_due_does_not_wait_behind_images_that_wait_for_vision() {
    let world = World::new();
    let (_, id) = live(&world).await;
    world.plant_rows(0..60, Row { state: "held", reason: None, at: NOON.plus_ms(-DAY_MS) }).await;
    world.plant_held_blobs(0..60);
    world.faults.strike_at(5, crate::harness::faults::FaultKind::FailBefore);
    let decided = restrict(&world.app, &id, review("a nude")).await;
    assert_eq!((world.faults.calm(), decided), (true, Ok(Reviewed::Restricted { is_done: false })));
    world.vision_is(Some(UnscannedReason::VisionUnavailable));
    world.advance_ms(MINUTE_MS);
    let faults = world.run_job("judge_held").await.expect_err("says so");
    assert!(faults[0].to_string().contains("60 images wait"), "{faults:?}");
    let seen = Call::images("GET", &format!("/{id}.png")).send(&world).await;
    assert!(!seen.header("rating").is_empty(), "it is behind its warning");
}
