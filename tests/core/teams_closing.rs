//! What belongs to a team, and what becomes of it when members leave, the team is closed, or its owner's account is erased.

use std::collections::BTreeSet;

use bytes::Bytes;
use tintype::domain::details::Details;
use tintype::domain::ids::{AccountId, ImageId};
use tintype::domain::image::Placement;
use tintype::domain::owner::Member;
use tintype::domain::retention::Surface;
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use tintype::domain::verdict::UnscannedReason;
use tintype::error::{Error, Problem};
use tintype::policy::teams::{CLOSED_IMAGES_MAX, CLOSED_KEPT_MS, OWNED_MAX};
use tintype::ports::blobs::Bucket;
use tintype::ports::payload::Payload;
use tintype::ports::sql::Sql as _;
use tintype::store::gallery::Scope;
use tintype::store::{accounts, team_invitations, team_members};
use tintype::usecases::act_for::{Need, act_for};
use tintype::usecases::check_quota::storage_of;
use tintype::usecases::close_team::close_team;
use tintype::usecases::leave_all_teams::leave_all_of_account;
use tintype::usecases::leave_team::leave_team;
use tintype::usecases::list_images::{From, list_images};
use tintype::usecases::list_teams::list_teams;
use tintype::usecases::transfer_team::transfer_team;
use tintype::usecases::upload::{Novelty, Source, Upload, Uploaded, upload};

use crate::harness::World;
use crate::harness::images::numbered_png;
use crate::harness::plant::Row;
use crate::harness::teams::as_member;

/// Uploads a picture for whoever `member` acts for.
pub async fn upload_for(world: &World, member: Member, number: u64) -> Result<Uploaded, Error> {
    let wish = Upload {
        source: Source::Body(Payload::Bytes(Bytes::from(numbered_png(number)))),
        surface: Surface::Api,
        details: Details::default(),
        ttl_ms: None,
        key: None,
        expected_sha256: None,
        member: Some(member),
        team: None,
        placement: Placement::default(),
        ticket: None,
        address: None,
    };
    upload(&world.app, wish).await
}

async fn acting(world: &World, account: &AccountId, team: &AccountId) -> Member {
    let acting = act_for(&world.app, &as_member(account), team, Need::Change).await.expect("works");
    acting.expect("may change what the team has")
}

async fn listed(world: &World, account: &AccountId) -> BTreeSet<ImageId> {
    let listed = list_images(&world.app, Scope::Account(account), &From::Start, 100).await.expect("lists");
    listed.images.iter().map(|image| image.id().clone()).collect()
}

fn sql(world: &World, text: &str) {
    world.sql.with_connection(|connection| connection.execute_batch(text).expect("SQL"));
}

async fn team() -> (World, AccountId, AccountId, AccountId) {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    (world, owner, team, editor)
}

/// The jobs of every minute, once.
async fn minute(world: &World) {
    world.advance_ms(MINUTE_MS);
    for job in ["close_teams", "finish_removals"] {
        world.run_job(job).await.unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
    }
}

#[tokio::test]
async fn promise_imp_63_what_is_uploaded_for_a_team_is_the_teams_and_stays_when_members_leave() {
    let (world, owner, team, editor) = team().await;
    let made = upload_for(&world, acting(&world, &editor, &team).await, 1).await.expect("uploads");
    assert_eq!(made.image.expires_at(), None, "as long as its owner's would be kept");
    upload_for(&world, as_member(&editor), 2).await.expect("uploads");
    let of_team = BTreeSet::from([made.image.id().clone()]);
    assert_eq!(listed(&world, &team).await, of_team, "and of nobody else's");
    assert_eq!(listed(&world, &editor).await.len(), 1);
    let again = upload_for(&world, acting(&world, &owner, &team).await, 1).await.expect("uploads");
    assert_eq!((again.novelty, again.image.id()), (Novelty::Duplicate, made.image.id()), "the team has it already");
    assert_eq!(storage_of(&world.app, &team).await.expect("counts").images, 1);
    leave_team(&world.app, &editor, &team).await.expect("leaves");
    assert_eq!(listed(&world, &team).await, of_team);
    world.settle().await;
}

#[tokio::test]
async fn a_closed_team_is_nobodys_and_what_it_had_leaves_as_deleted_images_do() {
    let (world, owner, team, editor) = team().await;
    let image = upload_for(&world, acting(&world, &editor, &team).await, 1).await.expect("uploads").image.id().clone();
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let held = upload_for(&world, acting(&world, &editor, &team).await, 2).await.expect("is held").image.id().clone();
    *world.vision.is_away.lock().expect("not poisoned") = None;
    let own = upload_for(&world, as_member(&owner), 3).await.expect("uploads").image.id().clone();
    world.invitation(&owner, &team, "Cyd", GivenRole::VIEWER).await;
    sql(&world, &format!("INSERT INTO collections VALUES ('c1', '{team}', 'Plates', 0), ('c2', '{owner}', 'Mine', 0)"));
    let wrong = close_team(&world.app, &owner, &team, "Engine").await;
    assert!(matches!(wrong, Err(Error::Problem(Problem::InvalidField { field: "name", .. }))), "{wrong:?}");
    close_team(&world.app, &owner, &team, "Engines").await.expect("closes");
    world.assert_teams_are_whole("closed");
    assert_eq!((world.rows("FROM collections"), list_teams(&world.app, &editor).await), (1, Ok(Vec::new())));
    for account in [&owner, &editor] {
        let acting = act_for(&world.app, &as_member(account), &team, Need::See).await;
        assert_eq!(acting, Ok(None), "nobody acts for it any more");
    }
    minute(&world).await;
    assert_eq!((world.state(image.as_str()).as_str(), world.state(own.as_str()).as_str()), ("recovery", "live"));
    assert_eq!(world.state(held.as_str()), "recovery", "what was held is recoverable as well");
    assert_eq!(world.view(&format!("{}/{image}.png", crate::harness::IMAGES)).await.status.as_u16(), 410);
    let kept = world.blobs.names(Bucket::Recovery).iter().filter(|name| name.ends_with(image.as_str())).count();
    assert_eq!(kept, 1, "its bytes wait out the recovery window");
    assert_eq!(world.rows("FROM teams"), 1);
    world.advance_ms(CLOSED_KEPT_MS);
    minute(&world).await;
    assert_eq!(world.rows("FROM teams"), 0, "and then nothing tells that there was a team");
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.rows(&format!("FROM images WHERE account_id = '{team}'")), 0);
    world.settle().await;
}

#[tokio::test]
async fn what_was_still_on_its_way_into_a_closed_team_leaves_too() {
    let (world, owner, team, editor) = team().await;
    let late = acting(&world, &editor, &team).await;
    close_team(&world.app, &owner, &team, "Engines").await.expect("closes");
    minute(&world).await;
    world.advance_ms(CLOSED_KEPT_MS / 2);
    // Somebody was found to be allowed a moment before.
    let image = upload_for(&world, late, 1).await.expect("uploads").image.id().clone();
    sql(&world, &format!("INSERT INTO collections VALUES ('c1', '{team}', 'Plates', 0)"));
    minute(&world).await;
    assert_eq!(world.state(image.as_str()), "recovery");
    let draft = "UPDATE images SET state = 'pending', created_at = created_at + 7200000 WHERE id =";
    sql(&world, &format!("{draft} '{image}'"));
    world.advance_ms(CLOSED_KEPT_MS);
    minute(&world).await;
    assert_eq!((world.rows("FROM teams"), world.rows("FROM collections")), (1, 1), "a draft may still become public");
    sql(&world, &format!("UPDATE images SET state = 'recovery' WHERE id = '{image}'"));
    minute(&world).await;
    assert_eq!((world.rows("FROM teams"), world.rows("FROM collections")), (0, 0));
}

#[tokio::test]
async fn a_large_team_is_closed_in_steps_that_keep_nobody_waiting() {
    let (world, owner, team, _) = team().await;
    let images = u64::try_from(CLOSED_IMAGES_MAX).expect("a number") * 3 + 7;
    let later = Timestamp(world.clock_now().0 + DAY_MS);
    world.plant_rows(0..images, Row { state: "live", reason: None, at: later }).await;
    world.plant_blobs(0..images, Bucket::Images);
    sql(&world, &format!("UPDATE images SET account_id = '{team}' WHERE expires_at = {}", later.0));
    close_team(&world.app, &owner, &team, "Engines").await.expect("closes");
    for step in 1..=4 {
        world.advance_ms(MINUTE_MS);
        world.faults.cost();
        world.run_job("close_teams").await.expect("runs");
        let cost = world.faults.cost();
        assert!(cost.queries < 300 && cost.calls < 1_000, "{cost:?}");
        let gone = (CLOSED_IMAGES_MAX * step).min(i64::try_from(images).expect("a number"));
        assert_eq!(world.rows("FROM images WHERE state = 'recovery'"), gone, "step {step}");
        assert_eq!(world.rows("FROM images WHERE state = 'removing'"), 0, "nobody's removal waits behind them");
    }
    world.settle().await;
}

#[tokio::test]
async fn the_team_of_an_erased_account_passes_to_its_longest_serving_editor_or_is_closed() {
    let (world, ada, first, bob) = team().await;
    let app = &world.app;
    world.advance_ms(MINUTE_MS);
    let cyd = world.joined(&ada, &first, "Cyd", GivenRole::EDITOR).await;
    let viewed = world.team_of(&ada).await;
    let dan = world.joined(&ada, &viewed, "Dan", GivenRole::VIEWER).await;
    let of_dan = world.team_of(&dan).await;
    let token = world.invitation(&dan, &of_dan, "Ada", GivenRole::EDITOR).await;
    tintype::usecases::answer_invitation::accept(app, &ada, Some(&token)).await.expect("joins");
    world.invitation(&ada, &first, "Eve", GivenRole::VIEWER).await;
    leave_all_of_account(app, &ada).await.expect("leaves");
    world.assert_teams_are_whole("left");
    assert_eq!(
        (world.role(&first, &bob).await, world.role(&first, &cyd).await),
        (Some(Role::Owner), Some(Role::Editor))
    );
    assert_eq!(list_teams(app, &dan).await.expect("lists").len(), 1, "a team with viewers only is closed");
    assert_eq!(list_teams(app, &ada).await, Ok(Vec::new()));
    assert_eq!(world.rows("FROM team_invitations"), 0);
    world.deliver_messages().await;
    assert_eq!(world.letters_to("bob@example.org", "team_received"), 1);
    assert_eq!(
        world.letters_to("ada@example.org", "team_passed_on"),
        0,
        "whose account is erased is told nothing more"
    );
    leave_all_of_account(app, &ada).await.expect("again");
    let forgotten = vec![team_members::forget_of_account(&ada), team_invitations::forget_of_account(&ada)];
    world.sql.batch(forgotten).await.expect("there is nothing left to refuse");
}

#[tokio::test]
async fn whoever_owns_enough_or_has_no_proved_address_inherits_nothing() {
    let (world, ada, team, bob) = team().await;
    world.advance_ms(1);
    let cyd = world.joined(&ada, &team, "Cyd", GivenRole::EDITOR).await;
    world.advance_ms(1);
    let dan = world.joined(&ada, &team, "Dan", GivenRole::EDITOR).await;
    for _ in 0..OWNED_MAX {
        world.team_of(&bob).await;
    }
    sql(&world, &format!("UPDATE accounts SET verified_at = NULL WHERE id = '{cyd}'"));
    leave_all_of_account(&world.app, &ada).await.expect("leaves");
    assert_eq!(world.role(&team, &dan).await, Some(Role::Owner));
    world.sql.batch(vec![accounts::verify(&cyd, world.clock_now())]).await.expect("proves");
    transfer_team(&world.app, &dan, &team, &cyd).await.expect("later, they may");
    world.advance_ms(HOUR_MS);
    world.assert_teams_are_whole("passed on");
}
