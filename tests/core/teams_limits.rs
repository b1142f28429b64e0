//! How many teams, members and invitations there may be, also when everybody asks at once; and that an invitation is accepted
//! once.

use tintype::domain::ids::AccountId;
use tintype::domain::team::GivenRole;
use tintype::error::{Error, Problem};
use tintype::policy::teams::{INVITATIONS_MAX, JOINED_MAX, MEMBERS_MAX, OWNED_MAX};
use tintype::usecases::answer_invitation::accept;
use tintype::usecases::create_team::create_team;
use tintype::usecases::invite_to_team::invite;
use tintype::usecases::transfer_team::transfer_team;

use crate::harness::World;
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::small_ports::SeededRng;
use crate::harness::teams::{email, team_name};

const SEEDS: u64 = 6;

fn limit<T>(limit: &'static str, count_max: i64) -> Result<T, Error> {
    Err(Problem::TeamLimitReached { limit, count_max }.into())
}

type Asked<'a, T> = BoxedOperation<'a, Result<T, Error>>;

/// Runs all at once, call by call in any order.
fn together<'a, T>(world: &'a World, seed: u64, operations: Vec<Asked<'a, T>>) -> Vec<Result<T, Error>> {
    world.faults.interleave(true);
    let chance = SeededRng::new(seed);
    let done = drive(&world.faults, |running| chance.below(running as u64) as usize, operations);
    world.faults.interleave(false);
    done.into_iter().map(|done| done.expect("it ends")).collect()
}

fn uncounted(world: &World) {
    world.sql.with_connection(|connection| connection.execute_batch("DELETE FROM rate_counters").expect("SQL"));
}

/// Members without accounts, to fill a team up.
fn fill(world: &World, team: &AccountId, members: i64) {
    world.sql.with_connection(|connection| {
        for number in 0..members {
            let member = format!("INSERT INTO team_members VALUES ('{team}', 'filler-{number:0>17}', 'viewer', 0)");
            connection.execute_batch(&member).expect("joins");
        }
    });
}

#[tokio::test]
async fn nobody_owns_more_teams_than_may_be() {
    for seed in 0..SEEDS {
        let world = World::with_seed(seed);
        let owner = world.person("Ada").await;
        for _ in 0..OWNED_MAX - 2 {
            world.team_of(&owner).await;
        }
        let name = team_name("Engines");
        let made = together(
            &world,
            seed,
            (0..6).map(|_| Box::pin(create_team(&world.app, &owner, &name)) as Asked<'_, _>).collect(),
        );
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 2, "{made:?}");
        assert_eq!(world.rows("FROM team_members WHERE role = 'owner'"), OWNED_MAX);
        assert_eq!(made.into_iter().find(Result::is_err), Some(limit("teams_owned", OWNED_MAX)));
        world.assert_teams_are_whole("at once");
    }
}

#[tokio::test]
async fn a_team_is_passed_to_one_heir_and_to_nobody_who_owns_enough() {
    for seed in 0..SEEDS {
        let world = World::with_seed(seed);
        let owner = world.person("Ada").await;
        let team = world.team_of(&owner).await;
        let bob = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
        let cyd = world.joined(&owner, &team, "Cyd", GivenRole::VIEWER).await;
        let heirs = [&bob, &cyd, &bob];
        let passed: Vec<Asked<'_, _>> =
            heirs.map(|heir| Box::pin(transfer_team(&world.app, &owner, &team, heir)) as Asked<'_, _>).into();
        let passed = together(&world, seed, passed);
        assert!(passed.iter().any(Result::is_ok), "{passed:?}");
        world.assert_teams_are_whole("at once");
        // Letters tell what came true, of the one transfer.
        assert_eq!(world.rows("FROM letters WHERE kind = 'team_received'"), 1);
        assert_eq!(world.rows("FROM letters WHERE kind = 'team_passed_on'"), 1);
        let dan = world.person("Dan").await;
        let all: Vec<_> = {
            let mut all = Vec::new();
            for _ in 0..3 {
                let team = world.team_of(&dan).await;
                uncounted(&world);
                let token = world.invitation(&dan, &team, "Bob", GivenRole::EDITOR).await;
                accept(&world.app, &bob, Some(&token)).await.expect("joins");
                all.push(team);
            }
            all
        };
        while world.rows(&format!("FROM team_members WHERE role = 'owner' AND account_id = '{bob}'")) < OWNED_MAX - 1 {
            world.team_of(&bob).await;
        }
        let passed = together(
            &world,
            seed,
            all.iter().map(|team| Box::pin(transfer_team(&world.app, &dan, team, &bob)) as Asked<'_, _>).collect(),
        );
        assert_eq!(passed.iter().filter(|passed| passed.is_ok()).count(), 1, "{passed:?}");
        assert_eq!(passed.into_iter().find(Result::is_err), Some(limit("teams_owned", OWNED_MAX)));
        world.assert_teams_are_whole("at once");
    }
}

#[tokio::test]
async fn a_team_has_no_more_open_invitations_and_members_than_may_be() {
    for seed in 0..SEEDS {
        let world = World::with_seed(seed);
        let owner = world.person("Ada").await;
        let team = world.team_of(&owner).await;
        let addresses: Vec<_> = (0..INVITATIONS_MAX + 4).map(|number| email(&format!("n{number}"))).collect();
        for address in &addresses[..INVITATIONS_MAX as usize - 2] {
            invite(&world.app, &owner, &team, address, GivenRole::VIEWER).await.expect("invites");
        }
        let at_once = |from: usize| {
            let invited = |address| Box::pin(invite(&world.app, &owner, &team, address, GivenRole::VIEWER));
            let all = addresses[from..].iter().map(|address| invited(address) as Asked<'_, _>).collect();
            together(&world, seed, all)
        };
        let invited = at_once(INVITATIONS_MAX as usize - 2);
        assert_eq!(invited.iter().filter(|invited| invited.is_ok()).count(), 2, "{invited:?}");
        assert_eq!(invited.into_iter().find(Result::is_err), Some(limit("invitations", INVITATIONS_MAX)));
        let again = invite(&world.app, &owner, &team, &addresses[0], GivenRole::EDITOR).await;
        assert!(again.is_ok(), "one that takes the place of another needs no more room: {again:?}");
        assert_eq!(
            world.rows("FROM letters WHERE kind = 'team_invitation'"),
            INVITATIONS_MAX + 1,
            "of those refused, none"
        );
        world.sql.with_connection(|connection| connection.execute_batch("DELETE FROM team_invitations").expect("SQL"));
        uncounted(&world);
        fill(&world, &team, MEMBERS_MAX - 3);
        let invited = at_once(INVITATIONS_MAX as usize - 2);
        assert_eq!(invited.iter().filter(|invited| invited.is_ok()).count(), 2, "{invited:?}");
        assert_eq!(invited.into_iter().find(Result::is_err), Some(limit("members", MEMBERS_MAX)));
    }
}

#[tokio::test]
async fn an_invitation_is_accepted_once_and_into_no_full_team() {
    for seed in 0..SEEDS {
        let world = World::with_seed(seed);
        let owner = world.person("Ada").await;
        let team = world.team_of(&owner).await;
        let bob = world.person("Bob").await;
        let token = world.invitation(&owner, &team, "Bob", GivenRole::EDITOR).await;
        let accepted = together(
            &world,
            seed,
            (0..4).map(|_| Box::pin(accept(&world.app, &bob, Some(&token))) as Asked<'_, _>).collect(),
        );
        assert!(accepted.iter().any(Result::is_ok), "{accepted:?}");
        let expired = Err(Problem::LinkExpired.into());
        assert!(accepted.iter().all(|accepted| accepted.is_ok() || *accepted == expired), "{accepted:?}");
        assert_eq!((world.rows("FROM team_members"), world.rows("FROM team_invitations")), (2, 0));
        // The policy may have been more generous when they were invited.
        let (cyd, dan) = (world.person("Cyd").await, world.person("Dan").await);
        let tokens = [
            world.invitation(&owner, &team, "Cyd", GivenRole::VIEWER).await,
            world.invitation(&owner, &team, "Dan", GivenRole::VIEWER).await,
        ];
        fill(&world, &team, MEMBERS_MAX - 3);
        let all: Vec<Asked<'_, _>> = [(&cyd, &tokens[0]), (&dan, &tokens[1])]
            .map(|(who, token)| Box::pin(accept(&world.app, who, Some(token))) as Asked<'_, _>)
            .into();
        let accepted = together(&world, seed, all);
        assert_eq!(accepted.iter().filter(|accepted| accepted.is_ok()).count(), 1, "{accepted:?}");
        assert_eq!(accepted.into_iter().find(Result::is_err), Some(limit("members", MEMBERS_MAX)));
        assert_eq!(world.rows(&format!("FROM team_members WHERE team_id = '{team}'")), MEMBERS_MAX);
    }
}

#[tokio::test]
async fn nobody_is_in_more_teams_than_may_be() {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let bob = world.person("Bob").await;
    world.sql.with_connection(|connection| {
        for number in 0..JOINED_MAX {
            let joined = format!("INSERT INTO team_members VALUES ('team-{number:0>19}', '{bob}', 'viewer', 0)");
            connection.execute_batch(&joined).expect("joins");
        }
    });
    let token = world.invitation(&owner, &team, "Bob", GivenRole::VIEWER).await;
    assert_eq!(accept(&world.app, &bob, Some(&token)).await, limit("teams_joined", JOINED_MAX));
    assert_eq!(create_team(&world.app, &bob, &team_name("Engines")).await, limit("teams_joined", JOINED_MAX));
    world.sql.with_connection(|connection| {
        connection
            .execute_batch("DELETE FROM team_members WHERE team_id = 'team-0000000000000000000'")
            .expect("leaves");
    });
    assert_eq!(accept(&world.app, &bob, Some(&token)).await, Ok(team));
}
