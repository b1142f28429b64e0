//! Holds of each kind: none is erased while one stands, one that ended can stand anew, and a database that was set back is told.

use tintype::domain::hold::HoldKind;
use tintype::domain::ids::ImageId;
use tintype::domain::time::DAY_MS;
use tintype::store::holds::{place, release};

use crate::accounts::one;
use crate::content_safety::review;
use crate::harness::World;
use crate::harness::images::numbered_png;
use crate::restoration::{set_back, two_minutes};

const KINDS: [HoldKind; 3] = [HoldKind::Legal, HoldKind::CounterNotice, HoldKind::Appeal];

/// A picture that a person has found to be prohibited.
async fn removed(world: &World) -> ImageId {
    let id = ImageId::parse(&world.upload(&numbered_png(1)).await.field("/id")).expect("an id");
    tintype::usecases::review::prohibit(&world.app, &id, review("a test")).await.expect("decided");
    id
}

async fn hold(world: &World, id: &ImageId, kind: HoldKind, days: i64) {
    let (now, until) = (world.clock_now(), world.clock_now().plus_ms(days * DAY_MS));
    let placed = place(id, &["recovery"], kind, "a test", until, now);
    world.app.ports.sql.batch(vec![placed]).await.expect("placed");
}

async fn free(world: &World, id: &ImageId, kind: HoldKind) {
    world.app.ports.sql.batch(vec![release(id, kind, world.clock_now())]).await.expect("released");
}

async fn after(world: &World, days: i64) -> String {
    world.advance_ms(days * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    one(world, "SELECT state FROM images")
}

#[tokio::test]
async fn nothing_is_erased_while_a_hold_of_any_kind_stands_and_it_is_when_the_hold_ends_or_is_released() {
    for kind in KINDS {
        let world = World::new();
        let id = removed(&world).await;
        hold(&world, &id, kind, 40).await;
        assert_eq!(after(&world, 39).await, "recovery", "{kind:?}");
        assert_eq!(after(&world, 2).await, "gone", "{kind:?}: its time is over");
        let world = World::new();
        let id = removed(&world).await;
        hold(&world, &id, kind, 40).await;
        assert_eq!(after(&world, 20).await, "recovery", "{kind:?}");
        free(&world, &id, kind).await;
        assert_eq!(after(&world, 1).await, "gone", "{kind:?}: it is released");
    }
}

#[tokio::test]
async fn of_several_holds_the_one_that_ends_last_counts() {
    let world = World::new();
    let id = removed(&world).await;
    hold(&world, &id, HoldKind::Appeal, 20).await;
    hold(&world, &id, HoldKind::CounterNotice, 40).await;
    free(&world, &id, HoldKind::Appeal).await;
    assert_eq!(after(&world, 39).await, "recovery");
    assert_eq!(after(&world, 2).await, "gone");
}

#[tokio::test]
async fn a_hold_that_ended_stands_anew_but_a_legal_one_is_not_moved() {
    for (kind, until) in [(HoldKind::Appeal, 50), (HoldKind::CounterNotice, 50), (HoldKind::Legal, 10)] {
        let world = World::new();
        let (id, began) = (removed(&world).await, world.clock_now());
        hold(&world, &id, kind, 10).await;
        free(&world, &id, kind).await;
        hold(&world, &id, kind, 50).await;
        assert_eq!(one(&world, "SELECT until FROM holds"), began.plus_ms(until * DAY_MS).0.to_string(), "{kind:?}");
        let stands = one(&world, "SELECT count(*) FROM holds WHERE released_at IS NULL");
        assert_eq!(stands, if kind == HoldKind::Legal { "0" } else { "1" }, "{kind:?}");
    }
}

/// Lets the journal be copied.
async fn copied(world: &World) {
    for _ in 0..3 {
        two_minutes(world).await;
    }
}

#[tokio::test]
async fn a_database_that_was_set_back_is_told_of_holds_of_each_kind_of_their_release_and_that_they_stand_anew() {
    for kind in KINDS {
        for (is_released, stands_anew) in [(false, false), (true, false), (true, true)] {
            if kind == HoldKind::Legal && stands_anew {
                continue;
            }
            let world = World::new();
            let id = removed(&world).await;
            copied(&world).await;
            let before = world.sql.snapshot();
            hold(&world, &id, kind, 100).await;
            if is_released {
                free(&world, &id, kind).await;
            }
            if stands_anew {
                hold(&world, &id, kind, 100).await;
            }
            copied(&world).await;
            let known = "SELECT json_array(image_id, kind, until, released_at IS NULL) FROM holds";
            let held = one(&world, known);
            set_back(&world, &before).await;
            let of_replay =
                world.sql.query("SELECT json_array(image_id, kind, until, released_at IS NULL) AS it FROM holds");
            // Of one that was placed and released since, nothing has to be told.
            match of_replay.first() {
                Some(row) => assert_eq!(row["it"], held.as_str(), "{kind:?} {is_released} {stands_anew}"),
                None => assert!(is_released && !stands_anew, "{kind:?}"),
            }
        }
    }
}
