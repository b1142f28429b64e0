//! Making an image private never fails open, and making it public never fails by halves: every port call fails, dies or is
//! repeated, others write at the same time and die over it.

use std::cell::Cell;

use tintype::domain::ids::ImageId;
use tintype::domain::image::Image;
use tintype::domain::time::MINUTE_MS;
use tintype::ports::rng::Rng as _;
use tintype::store::images::{self, Found};
use tintype::usecases::relabel::relabel;
use tintype::usecases::review::{release, restrict};
use tintype::usecases::set_privacy::{PrivacySet, set_privacy};

use crate::content_safety::review;
use crate::crash_every_call::{at_every_call, now};
use crate::edge_cache::CACHED;
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::images::numbered_png;
use crate::harness::small_ports::SeededRng;

/// A picture of Ada's, as it is, with a copy near a visitor if it is public.
fn scene(is_private: bool) -> (World, Image) {
    let world = World::with(1, &CACHED);
    let (_, ada) = now(world.member("Ada"));
    let call = Call::app("POST", &format!("/v1/images?private={is_private}")).body("image/png", numbered_png(1));
    let made = now(ada.send(call).send(&world));
    now(world.view(&made.field("/url")));
    let image = row(&world, &made.field("/id"));
    (world, image)
}

fn row(world: &World, id: &str) -> Image {
    let id = ImageId::parse(id).expect("an id");
    match now(images::find(world.sql.as_ref(), &id)) {
        Ok(Some(Found::Present(image))) => *image,
        other => panic!("{other:?}"),
    }
}

/// What anybody sees, who has no link.
fn is_seen(world: &World, image: &Image) -> bool {
    now(world.view(&format!("{}/{}.png", crate::harness::IMAGES, image.id))).status.is_success()
}

fn says_private(world: &World, image: &Image) -> bool {
    world.blobs.is_private(&format!("images/{}", image.id)).expect("it is there")
}

/// Two minutes pass, with the jobs and the queue; more than once for what has to be tried again.
fn minutes_pass(world: &World) {
    for _ in 0..4 {
        world.advance_ms(MINUTE_MS);
        drop(now(world.run_job("judge_held")));
        now(world.deliver_messages());
    }
}

#[test]
fn a_change_of_privacy_may_fail_at_every_call_and_what_is_acknowledged_holds() {
    for wished in [true, false] {
        let is_acknowledged = Cell::new(false);
        let act = |world: &World, image: &Image| {
            let outcome = world.attempt(set_privacy(&world.app, image, wished));
            is_acknowledged.set(matches!(outcome, Some(Ok(PrivacySet::Done))));
            None
        };
        let check = |world: &World, image: &Image, _: Option<_>, context: &str| {
            if is_acknowledged.get() {
                // At that very moment, whatever comes later.
                assert_eq!(is_seen(world, image), !wished, "{context}: acknowledged");
                assert_eq!(says_private(world, image), wished, "{context}: acknowledged");
            }
            let decided = row(world, image.id.as_str()).placement.is_private;
            if decided {
                let page = now(Call::app("GET", &format!("/{}", image.id)).send(world));
                assert_eq!(page.status.as_u16(), 404, "{context}: pages keep quiet as soon as it is decided");
            }
            minutes_pass(world);
            assert_eq!(says_private(world, image), decided, "{context}: what is decided is done");
            assert_eq!(is_seen(world, image), !decided, "{context}");
            assert_eq!(now(set_privacy(&world.app, image, wished)), Ok(PrivacySet::Done), "{context}: again");
            assert_eq!(is_seen(world, image), !wished, "{context}");
            minutes_pass(world);
            assert_eq!(is_seen(world, image), !wished, "{context}: and it stays so");
            let left = world.sql.query("SELECT id FROM images WHERE next_attempt_at IS NOT NULL");
            assert!(left.is_empty(), "{context}: nothing is left to do");
        };
        at_every_call("set the privacy", 4, || scene(!wished), act, check);
    }
}

#[test]
fn whoever_labels_by_an_older_row_does_not_undo_it_even_if_they_die() {
    for before in 0..8 {
        for after in 0..8 {
            let (world, image) = scene(false);
            world.faults.interleave(true);
            // Somebody read the row while it was public, and is slow.
            let mut stale: BoxedOperation<'_, _> = Box::pin(relabel(&world.app, &image));
            let is_over = steps(&mut stale, before);
            let done =
                drive(&world.faults, |_| 0, vec![Box::pin(set_privacy(&world.app, &image, true))]).pop().flatten();
            assert_eq!(done, Some(Ok(PrivacySet::Done)));
            let is_over = is_over || steps(&mut stale, after);
            drop(stale);
            world.faults.interleave(false);
            let context = format!("{before} steps before, {after} after");
            if is_over {
                assert!(says_private(&world, &image), "{context}: whoever lives mends it");
            }
            minutes_pass(&world);
            assert!(says_private(&world, &image) && !is_seen(&world, &image), "{context}: and so does the job");
        }
    }
}

/// Takes so many steps of an operation; answers whether it has ended.
fn steps<T>(operation: &mut BoxedOperation<'_, T>, count: usize) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    (0..count).any(|_| operation.as_mut().poll(&mut context).is_ready())
}

#[test]
fn however_decisions_interleave_the_object_says_what_the_row_says() {
    for seed in 0..150 {
        let (world, image) = scene(seed % 2 == 0);
        world.faults.interleave(true);
        let rng = SeededRng::new(seed);
        let mut first = [0];
        rng.fill(&mut first).expect("bytes");
        let wished = first[0] % 2 == 0;
        let operations: Vec<BoxedOperation<'_, ()>> = vec![
            Box::pin(async { drop(set_privacy(&world.app, &image, wished).await) }),
            Box::pin(async { drop(set_privacy(&world.app, &image, !wished).await) }),
            Box::pin(async { drop(restrict(&world.app, &image.id, review("it is bare")).await) }),
            Box::pin(async { drop(release(&world.app, &image.id, review("it is not")).await) }),
            Box::pin(async { drop(world.run_job("judge_held").await) }),
        ];
        let choose = |count: usize| usize::try_from(rng.below(count as u64)).unwrap_or_default();
        let ended = drive(&world.faults, choose, operations);
        assert!(ended.iter().all(Option::is_some), "{seed}");
        world.faults.interleave(false);
        let decided = row(&world, image.id.as_str());
        let label = |world: &World| {
            let name = format!("images/{}", image.id);
            (world.blobs.is_private(&name), world.blobs.has_warning(&name))
        };
        let said =
            (Some(decided.placement.is_private), Some(tintype::domain::warning::Warning::of(&decided).is_some()));
        assert_eq!(label(&world), said, "{seed}: all are done, none died");
        minutes_pass(&world);
        assert_eq!(label(&world), said, "{seed}: and it stays so");
    }
}
