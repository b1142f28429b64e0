//! Every port call of every verb of teams fails, dies or is repeated, one at a time. Whatever happens, every open team has one
//! owner, what was acknowledged is so, letters tell what came true, and whoever tries again gets what they wanted.

use tintype::domain::ids::AccountId;
use tintype::domain::session::Token;
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::MINUTE_MS;
use tintype::error::{Error, Problem};
use tintype::usecases::answer_invitation::{accept, decline};
use tintype::usecases::close_team::close_team;
use tintype::usecases::create_team::create_team;
use tintype::usecases::invite_to_team::{invite, list_invitations, withdraw};
use tintype::usecases::leave_all_teams::leave_all_of_account;
use tintype::usecases::leave_team::{change_role, leave_team, remove_member};
use tintype::usecases::list_teams::list_teams;
use tintype::usecases::rename_team::rename_team;
use tintype::usecases::transfer_team::transfer_team;

use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::faults::FaultKind;
use crate::harness::teams::{as_member, email, team_name};
use crate::teams_closing::upload_for;

struct Scene {
    ada: AccountId,
    bob: AccountId,
    team: AccountId,
    token: Token,
}

/// Ada's team, in which Bob is, and into which Cyd is invited.
fn set() -> (World, Scene) {
    let world = World::new();
    let ada = now(world.person("Ada"));
    let team = now(world.team_of(&ada));
    let bob = now(world.joined(&ada, &team, "Bob", GivenRole::EDITOR));
    let token = now(world.invitation(&ada, &team, "Cyd", GivenRole::VIEWER));
    world.advance_ms(MINUTE_MS);
    (world, Scene { ada, bob, team, token })
}

/// Does something at every call, and checks what has come of it: with what was answered, if anything was.
fn at_every_call_of<T>(
    name: &str,
    calls_min: usize,
    act: impl AsyncFn(&World, &Scene) -> Result<T, Error>,
    check: impl Fn(&World, &Scene, Option<Result<T, Error>>, &str),
) {
    let answer = std::cell::RefCell::new(None);
    let act = |world: &World, scene: &Scene| {
        *answer.borrow_mut() = world.attempt(act(world, scene));
        None
    };
    let check = |world: &World, scene: &Scene, _, context: &str| {
        world.assert_teams_are_whole(context);
        check(world, scene, answer.borrow_mut().take(), context);
        world.assert_teams_are_whole(context);
        // A minute passes, with the queue and the job that sends letters.
        world.advance_ms(MINUTE_MS);
        now(world.deliver_messages());
        now(world.run_job("send_letters")).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
    };
    at_every_call(name, calls_min, set, act, check);
}

fn is_done<T>(answer: Option<Result<T, Error>>) -> bool {
    // Nothing is refused here: what fails is a fault of ours.
    assert!(!matches!(answer, Some(Err(Error::Problem(_)))));
    matches!(answer, Some(Ok(_)))
}

fn letters(world: &World, kind: &str) -> i64 {
    world.rows(&format!("FROM letters WHERE kind = '{kind}'"))
}

#[test]
fn a_team_is_made_whole_or_not_at_all() {
    at_every_call_of(
        "create",
        2,
        async |world, scene| create_team(&world.app, &scene.bob, &team_name("Looms")).await,
        |world, scene, answer, context| {
            let made = now(list_teams(&world.app, &scene.bob)).expect("lists").len() - 1;
            assert!(made <= 1 && (made == 1 || !is_done(answer)), "{context}");
        },
    );
}

#[test]
fn an_invitation_and_its_letter_are_there_together() {
    at_every_call_of(
        "invite",
        7,
        async |world, scene| invite(&world.app, &scene.ada, &scene.team, &email("Dan"), GivenRole::EDITOR).await,
        |world, scene, answer, context| {
            let made = world.rows("FROM team_invitations") - 1;
            assert_eq!(letters(world, "team_invitation") - 2, made, "{context}: the letter, and no other");
            assert!(made == 1 || !is_done(answer), "{context}");
            now(invite(&world.app, &scene.ada, &scene.team, &email("Dan"), GivenRole::EDITOR)).expect("invites again");
            assert_eq!(world.rows("FROM team_invitations"), 2, "{context}");
            let dan = now(world.person("Dan"));
            now(world.deliver_messages());
            let token = Token::parse(&world.token_in_letter("team_invitation")).expect("a token");
            assert_eq!(now(accept(&world.app, &dan, Some(&token))), Ok(scene.team.clone()), "{context}");
        },
    );
    at_every_call_of(
        "withdraw",
        4,
        async |world, scene| {
            let id = list_invitations(&world.app, &scene.ada, &scene.team).await?[0].id.clone();
            withdraw(&world.app, &scene.ada, &scene.team, &id).await
        },
        |world, _, answer, context| assert!(world.rows("FROM team_invitations") == 0 || !is_done(answer), "{context}"),
    );
}

#[test]
fn an_invitation_is_answered_or_open() {
    let cyd = |world: &World| {
        let found = world.sql.query("SELECT id FROM accounts ORDER BY created_at DESC, rowid DESC LIMIT 1");
        AccountId::parse(found[0]["id"].as_str().unwrap_or_default()).expect("an id")
    };
    let set_cyd = |world: &World| drop(now(world.person("Cyd")));
    for accepts in [true, false] {
        for kind in FaultKind::ALL {
            for call in 0.. {
                let (world, scene) = set();
                set_cyd(&world);
                let person = cyd(&world);
                world.faults.strike_at(call, kind);
                let context = format!("accept {accepts}, call {call}, {kind:?}");
                let answer = match accepts {
                    true => world.attempt(async { accept(&world.app, &person, Some(&scene.token)).await.map(drop) }),
                    false => world.attempt(decline(&world.app, Some(&scene.token))),
                };
                if !world.faults.calm() {
                    assert!(call >= if accepts { 6 } else { 3 }, "{context}");
                    break;
                }
                let is_in = now(world.role(&scene.team, &person)) == Some(Role::Viewer);
                assert_eq!(world.rows("FROM team_invitations") == 0, is_in || !accepts && is_gone(&world), "{context}");
                assert!(is_in == accepts && is_gone(&world) || !is_done(answer), "{context}");
                world.assert_teams_are_whole(&context);
                if accepts && !is_in {
                    assert!(now(accept(&world.app, &person, Some(&scene.token))).is_ok(), "{context}: again");
                }
            }
        }
    }
}

fn is_gone(world: &World) -> bool {
    world.rows("FROM team_invitations") == 0
}

#[test]
fn a_member_is_in_or_out_and_told_if_taken_out() {
    at_every_call_of(
        "remove",
        7,
        async |world, scene| remove_member(&world.app, &scene.ada, &scene.team, &scene.bob).await,
        |world, scene, answer, context| {
            let is_out = now(world.role(&scene.team, &scene.bob)).is_none();
            assert_eq!(letters(world, "team_member_removed"), i64::from(is_out), "{context}: the letter tells it");
            assert!(is_out || !is_done(answer), "{context}");
            let again = now(remove_member(&world.app, &scene.ada, &scene.team, &scene.bob));
            assert_eq!(again, if is_out { Err(Problem::NotFound.into()) } else { Ok(()) }, "{context}");
        },
    );
    at_every_call_of(
        "leave",
        3,
        async |world, scene| leave_team(&world.app, &scene.bob, &scene.team).await,
        |world, scene, answer, context| {
            assert!(now(world.role(&scene.team, &scene.bob)).is_none() || !is_done(answer), "{context}");
        },
    );
    at_every_call_of(
        "change a role",
        4,
        async |world, scene| change_role(&world.app, &scene.ada, &scene.team, &scene.bob, GivenRole::VIEWER).await,
        |world, scene, answer, context| {
            assert!(now(world.role(&scene.team, &scene.bob)) == Some(Role::Viewer) || !is_done(answer), "{context}");
        },
    );
    at_every_call_of(
        "rename",
        2,
        async |world, scene| rename_team(&world.app, &scene.ada, &scene.team, &team_name("Looms")).await,
        |world, _, answer, context| {
            assert!(world.rows("FROM teams WHERE name = 'Looms'") == 1 || !is_done(answer), "{context}");
        },
    );
}

#[test]
fn a_team_is_passed_on_with_both_letters_or_stays() {
    at_every_call_of(
        "pass on",
        9,
        async |world, scene| transfer_team(&world.app, &scene.ada, &scene.team, &scene.bob).await,
        |world, scene, answer, context| {
            let is_bobs = now(world.role(&scene.team, &scene.bob)) == Some(Role::Owner);
            let letters = ["team_received", "team_passed_on"].map(|kind| letters(world, kind));
            assert_eq!(letters, [i64::from(is_bobs); 2], "{context}: the letters tell it");
            assert!(is_bobs || !is_done(answer), "{context}");
            if !is_bobs {
                assert_eq!(now(transfer_team(&world.app, &scene.ada, &scene.team, &scene.bob)), Ok(()), "{context}");
            }
        },
    );
}

#[test]
fn a_team_is_closed_for_everybody_or_for_nobody_and_an_account_leaves_all_its_teams_by_trying_again() {
    at_every_call_of(
        "close",
        2,
        async |world, scene| close_team(&world.app, &scene.ada, &scene.team, "Engines").await,
        |world, scene, answer, context| {
            let is_closed = world.rows("FROM teams WHERE closed_at IS NOT NULL") == 1;
            assert!(is_closed || !is_done(answer), "{context}");
            let again = now(close_team(&world.app, &scene.ada, &scene.team, "Engines"));
            assert_eq!(again, if is_closed { Err(Problem::NotFound.into()) } else { Ok(()) }, "{context}");
        },
    );
    at_every_call_of(
        "leave all",
        8,
        async |world, scene| Ok(leave_all_of_account(&world.app, &scene.ada).await?),
        |world, scene, answer, context| {
            let teams = now(list_teams(&world.app, &scene.ada)).expect("lists");
            assert!(teams.is_empty() || !is_done(answer), "{context}");
            now(leave_all_of_account(&world.app, &scene.ada)).expect("leaves");
            assert_eq!(now(list_teams(&world.app, &scene.ada)), Ok(Vec::new()), "{context}");
            assert_eq!(now(world.role(&scene.team, &scene.bob)), Some(Role::Owner), "{context}");
            assert_eq!(letters(world, "team_received"), 1, "{context}: told once");
        },
    );
}

#[test]
fn the_job_that_empties_closed_teams_may_fail_at_every_call() {
    let set = || {
        let (world, scene) = set();
        let image = now(upload_for(&world, as_member(&scene.team), 1)).expect("uploads").image.id().clone();
        now(close_team(&world.app, &scene.ada, &scene.team, "Engines")).expect("closes");
        (world, image)
    };
    let act = |world: &World, _: &_| {
        drop(world.attempt(world.run_job("close_teams")));
        None
    };
    let check = |world: &World, image: &tintype::domain::ids::ImageId, _, context: &str| {
        world.assert_nothing_lost_or_leaked();
        for _ in 0..2 {
            world.advance_ms(6 * MINUTE_MS);
            for job in ["close_teams", "finish_removals"] {
                now(world.run_job(job)).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
            }
        }
        assert_eq!(world.state(image.as_str()), "recovery", "{context}");
        world.advance_ms(tintype::policy::teams::CLOSED_KEPT_MS);
        now(world.run_job("close_teams")).expect("runs");
        assert_eq!(world.rows("FROM teams"), 0, "{context}");
    };
    at_every_call("close_teams", 6, set, act, check);
}
