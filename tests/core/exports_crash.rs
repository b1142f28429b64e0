//! Every call of asking for a copy, making it and erasing it fails, dies or is repeated: it comes to its end, its owner is told
//! once, and nothing is left of it.

use tintype::policy::exports::{KEPT_MS, RETRY_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::erasure::upload;
use crate::exports::{PAGE, ask, assert_nothing_left, build, download, page, paths};
use crate::harness::World;
use crate::harness::client::Answer;
use crate::harness::people::Browser;

fn scene() -> (World, Browser) {
    let world = World::new();
    let (_, browser) = now(world.member("Ada"));
    now(upload(&world, &browser, 1));
    now(upload(&world, &browser, 2));
    (world, browser)
}

fn asked() -> (World, Browser) {
    let (world, browser) = scene();
    now(ask(&world, &browser));
    (world, browser)
}

/// It comes to its end, is whole, and its owner has one letter.
fn assert_comes_to_its_end(world: &World, browser: &Browser, context: &str) {
    // After a run that died.
    world.advance_ms(RETRY_MS);
    now(build(world));
    assert_eq!(world.letters_to("ada@example.org", "export_ready"), 1, "{context}");
    let paths = paths(&now(page(world, browser)));
    assert_eq!(paths.len(), 2, "{context}");
    let files = now(download(world, browser, &paths[1]));
    assert_eq!(files.keys().filter(|name| name.starts_with("images/")).count(), 2, "{context}");
    now(download(world, browser, &paths[0]));
}

/// What an attempt left that does not count goes with the copy.
fn assert_leaves_nothing(world: &World) {
    world.advance_ms(2 * KEPT_MS);
    for _ in 0..3 {
        now(world.run_job("forget_exports")).unwrap_or_else(|faults| panic!("{faults:?}"));
        now(world.run_job("reconcile_exports")).unwrap_or_else(|faults| panic!("{faults:?}"));
    }
    assert_nothing_left(world);
}

#[test]
fn a_copy_that_was_asked_for_is_made() {
    let act = |world: &World, browser: &Browser| world.attempt(browser.form(PAGE, &[]).send(world));
    let check = |world: &World, browser: &Browser, answer: Option<Answer>, context: &str| {
        let is_begun = one(world, "SELECT count(*) FROM exports") == "1";
        if answer.is_some_and(|answer| answer.status.is_redirection()) {
            assert!(is_begun, "{context}: what was acknowledged is under way");
        }
        if is_begun {
            assert_comes_to_its_end(world, browser, context);
        }
        assert_leaves_nothing(world);
    };
    at_every_call("asking for a copy", 4, scene, act, check);
}

#[test]
fn a_copy_is_made_whole_whatever_fails_on_the_way() {
    let act = |world: &World, _: &Browser| {
        drop(world.attempt(world.run_job("build_exports")));
        None
    };
    let check = |world: &World, browser: &Browser, _: Option<Answer>, context: &str| {
        assert_comes_to_its_end(world, browser, context);
        assert_leaves_nothing(world);
    };
    at_every_call("making a copy", 20, asked, act, check);
}

#[test]
fn a_copy_is_erased_whole_whatever_fails_on_the_way() {
    let set = || {
        let (world, browser) = asked();
        now(build(&world));
        world.advance_ms(KEPT_MS);
        (world, browser)
    };
    let act = |world: &World, _: &Browser| {
        drop(world.attempt(world.run_job("forget_exports")));
        None
    };
    let check = |world: &World, _: &Browser, _: Option<Answer>, context: &str| {
        // A row is never forgotten while its objects may be there.
        if one(world, "SELECT count(*) FROM exports") == "0" {
            let names = world.blobs.names(Bucket::Recovery);
            assert!(!names.iter().any(|name| name.starts_with("exports/")), "{context}: {names:?}");
        }
        world.advance_ms(RETRY_MS);
        now(world.run_job("forget_exports")).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
        assert_nothing_left(world);
    };
    at_every_call("erasing a copy", 4, set, act, check);
}

#[test]
fn a_file_that_comes_when_its_copy_is_erased_goes_with_the_night() {
    let (world, _) = asked();
    now(build(&world));
    world.blobs.plant(Bucket::Recovery, "exports/0123456789abcdefghjkmnpq/0001-late", b"late");
    world.advance_ms(2 * KEPT_MS);
    now(world.run_job("forget_exports")).expect("runs");
    now(world.run_job("reconcile_exports")).expect("runs");
    assert_nothing_left(&world);
}
