//! A classifier outside is asked about flagged images, about nothing else, and sees a small picture only (promise IMP-23).

use tintype::domain::ids::ImageId;
use tintype::domain::opinion::Label;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::domain::verdict::Assessment;
use tintype::store::review_queue::{self, Position};
use tintype::usecases::review::{prohibit, release};

use crate::content_safety::{review, scored};
use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, FaultKind, drive};
use crate::harness::images::numbered_png;
use crate::harness::{NOON, World};

const CONFIGURED: [(&str, &str); 3] = [
    ("REKOGNITION_REGION", "eu-west-1"),
    ("REKOGNITION_ACCESS_KEY_ID", "AKID"),
    ("REKOGNITION_SECRET_ACCESS_KEY", "secret"),
];

fn world(says: Option<&[(&str, f32)]>) -> World {
    let world = World::with(1, &CONFIGURED);
    tell(&world, says);
    world
}

fn tell(world: &World, says: Option<&[(&str, f32)]>) {
    let parent = |name: &str| if name == "Explicit Nudity" { "Explicit".to_owned() } else { String::new() };
    let label = |(name, confidence): &(&str, f32)| Label {
        name: (*name).to_owned(),
        parent: parent(name),
        confidence: *confidence,
    };
    *world.outside.says.lock().expect("not poisoned") = says.map(|labels| labels.iter().map(label).collect());
}

fn asked(world: &World) -> usize {
    world.outside.seen.lock().expect("not poisoned").len()
}

async fn flagged(world: &World) -> (Answer, ImageId) {
    let answer = world.upload(&world.assess(1, scored(0.3, 0.25))).await;
    assert_eq!(answer.json()["moderation"]["state"], "flagged", "{}", answer.text());
    let id = ImageId::parse(&answer.field("/id")).expect("an id");
    (answer, id)
}

async fn minute(world: &World) {
    world.advance_ms(MINUTE_MS);
    drop(world.run_job("judge_held").await);
}

async fn open(world: &World) -> usize {
    review_queue::open_after(world.sql.as_ref(), &Position::start(), 10).await.expect("reads").len()
}

fn decided(world: &World) -> Vec<String> {
    let rows = world.sql.query("SELECT decided_by || ' ' || verdict AS text FROM decisions ORDER BY number");
    rows.iter().filter_map(|row| row["text"].as_str().map(str::to_owned)).collect()
}

async fn state(world: &World, id: &ImageId) -> Answer {
    Call::app("GET", &format!("/v1/images/{id}")).send(world).await
}

#[tokio::test]
async fn promise_imp_23_only_a_small_picture_of_a_flagged_image_leaves_and_only_once() {
    let world = world(Some(&[]));
    flagged(&world).await;
    for (number, assessment) in [(2, scored(0.0, 0.0)), (3, scored(0.2, 0.7)), (4, scored(0.99, 0.0))] {
        world.upload(&world.assess(number, assessment)).await;
    }
    world.upload(&numbered_png(5)).await;
    for _ in 0..5 {
        minute(&world).await;
    }
    let seen = world.outside.seen.lock().expect("not poisoned").clone();
    assert_eq!(seen.len(), 1);
    assert_eq!(&seen[0][..3], [0xff, 0xd8, 0xff], "a JPEG, whatever the file is");
    assert!(seen[0].len() < 60_000);
    world.settle().await;
}

#[tokio::test]
async fn nothing_is_asked_where_nobody_is_configured() {
    let world = World::new();
    let (_, id) = flagged(&world).await;
    minute(&world).await;
    assert_eq!((asked(&world), open(&world).await), (0, 1));
    assert_eq!(state(&world, &id).await.field("/moderation/state"), "flagged");
    assert!(world.sql.query("SELECT 1 FROM images WHERE next_attempt_at IS NOT NULL").is_empty());
}

#[tokio::test]
async fn an_opinion_clears_an_image_warns_of_it_or_leaves_it_to_a_person_and_is_stored_with_its_labels() {
    let explicit: &[(&str, f32)] = &[("Explicit Nudity", 91.0), ("Explicit", 91.0)];
    let unsure: &[(&str, f32)] = &[("Explicit", 60.0)];
    for (says, verdict, waiting, days) in [
        (&[][..], "safe", 0, 30),
        (&[("Alcohol", 99.0)][..], "safe", 0, 30),
        (unsure, "flagged", 1, 30),
        (explicit, "restricted", 1, 7),
    ] {
        let world = world(Some(says));
        let (_, id) = flagged(&world).await;
        assert_eq!(state(&world, &id).await.field("/moderation/state"), "flagged", "public at once");
        minute(&world).await;
        let told = state(&world, &id).await;
        assert_eq!((told.field("/moderation/state").as_str(), open(&world).await), (verdict, waiting), "{says:?}");
        assert_eq!(told.field("/expires_at"), NOON.plus_ms(days * DAY_MS).rfc3339());
        assert_eq!(decided(&world), ["model flagged".to_owned(), format!("outside {verdict}")]);
        let row =
            world.sql.query("SELECT model_id, scores, reason, thresholds FROM decisions WHERE number = 2").remove(0);
        assert_eq!(row["model_id"], "a model outside");
        assert!(says.is_empty() || row["scores"].as_str().is_some_and(|scores| scores.contains("confidence")));
        assert!(row["thresholds"].as_str().is_some_and(|rows| rows.contains("Explicit")));
        let seen = Call::images("GET", &format!("/{id}.png")).send(&world).await;
        assert_eq!(seen.header("rating").is_empty(), verdict != "restricted", "and so does the image host");
        minute(&world).await;
        assert_eq!(asked(&world), 1);
        world.settle().await;
    }
}

#[tokio::test]
async fn a_persons_decision_stands_against_an_opinion_that_comes_later() {
    let world = world(Some(&[]));
    let (_, id) = flagged(&world).await;
    prohibit(&world.app, &id, review("seen")).await.expect("works");
    minute(&world).await;
    assert_eq!((asked(&world), world.state(id.as_str())), (0, "recovery".into()));
    // Decided while the question is on its way, at any step of it.
    let mut came_too_late = 0;
    for steps in 1..30 {
        let world = self::world(Some(&[("Explicit", 99.0)]));
        let (_, id) = flagged(&world).await;
        world.advance_ms(MINUTE_MS);
        world.faults.interleave(true);
        let ask: BoxedOperation<'_, ()> = Box::pin(async { drop(world.run_job("judge_held").await) });
        let decide: BoxedOperation<'_, ()> =
            Box::pin(async { drop(release(&world.app, &id, review("a statue")).await) });
        let mut turns = 0;
        let choose = |running: usize| {
            turns += 1;
            usize::from(running > 1 && turns > steps)
        };
        drive(&world.faults, choose, vec![ask, decide]);
        world.faults.interleave(false);
        assert_eq!(state(&world, &id).await.field("/moderation/state"), "safe", "after {steps} steps");
        let decisions = decided(&world);
        assert_eq!(decisions.last().map(String::as_str), Some("operator safe"), "after {steps} steps");
        came_too_late += usize::from(asked(&world) == 1 && decisions.len() == 2);
        world.settle().await;
    }
    assert!(came_too_late > 0, "some answer came after the person's");
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_asked_again_and_given_up_in_the_end() {
    let world = world(None);
    let (answer, id) = flagged(&world).await;
    for _ in 0..4 {
        world.advance_ms(HOUR_MS);
        drop(world.run_job("judge_held").await);
    }
    tell(&world, Some(&[]));
    world.advance_ms(HOUR_MS);
    world.run_job("judge_held").await.expect("works again");
    assert_eq!(state(&world, &id).await.field("/moderation/state"), "safe");
    assert_eq!(asked(&world), 5);
    let world = self::world(None);
    let (_, id) = flagged(&world).await;
    for _ in 0..20 {
        world.advance_ms(HOUR_MS);
        drop(world.run_job("judge_held").await);
    }
    assert_eq!(asked(&world), 7, "a bounded number of times");
    assert_eq!((state(&world, &id).await.field("/moderation/state"), open(&world).await), ("flagged".into(), 1));
    assert!(world.log.lines.lock().expect("not poisoned").iter().any(|line| line.outcome.contains("given up")));
    assert!(!answer.field("/url").is_empty());
}

#[tokio::test]
async fn a_held_image_that_turns_out_to_be_flagged_gets_a_second_opinion_too() {
    let world = world(Some(&[]));
    let reason = tintype::domain::verdict::UnscannedReason::ModelFailed;
    let answer = world.upload(&world.assess(1, Assessment::Unscanned { reason })).await;
    world.assess(1, scored(0.3, 0.25));
    for _ in 0..3 {
        minute(&world).await;
    }
    let id = ImageId::parse(&answer.field("/id")).expect("an id");
    assert_eq!((asked(&world), state(&world, &id).await.field("/moderation/state")), (1, "safe".into()));
    assert_eq!(world.held_count(), 0);
    world.settle().await;
}

#[test]
fn asking_may_fail_at_every_call_and_comes_to_the_same_end() {
    use futures::FutureExt as _;
    for kind in FaultKind::ALL {
        for call in 0.. {
            let world = world(Some(&[("Explicit", 91.0)]));
            let (_, id) = flagged(&world).now_or_never().expect("nothing waits");
            world.advance_ms(MINUTE_MS);
            world.faults.strike_at(call, kind);
            drop(world.attempt(world.run_job("judge_held")));
            if !world.faults.calm() {
                assert!(call >= 10, "only {call} calls");
                break;
            }
            for _ in 0..3 {
                world.settle().now_or_never().expect("nothing waits");
            }
            let told = state(&world, &id).now_or_never().expect("nothing waits");
            assert_eq!(told.field("/moderation/state"), "restricted", "call {call}, {kind:?}");
            assert_eq!(decided(&world), ["model flagged", "outside restricted"], "call {call}, {kind:?}");
        }
    }
}
