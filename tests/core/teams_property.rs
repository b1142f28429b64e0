//! Random members do random things to teams; a naive model says what should have come of it.

use std::collections::BTreeMap;

use tintype::domain::ids::AccountId;
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::HOUR_MS;
use tintype::policy::teams::{INVITATIONS_MAX, JOINED_MAX, MEMBERS_MAX, OWNED_MAX};
use tintype::usecases::act_for::{Need, act_for};
use tintype::usecases::invite_to_team::list_invitations;
use tintype::usecases::list_teams::{list_members, list_teams};

use crate::crash_every_call::now;
use crate::harness::World;
use crate::harness::small_ports::SeededRng;
use crate::harness::teams::as_member;
use crate::teams_model::{Model, name};

const PEOPLE: usize = 5;
const SEEDS: u64 = 12;
const STEPS: usize = 160;

/// Everything that is told about teams, for comparing.
pub fn told(world: &World) -> String {
    let rows = |table: &str| format!("{:?}\n", world.sql.query(&format!("SELECT * FROM {table} ORDER BY 1, 2")));
    ["teams", "team_members", "team_invitations"].map(rows).concat()
}

impl Model {
    /// What everybody sees is what the model says, and no limit is passed.
    fn compare(&mut self, context: &str) {
        self.world.assert_teams_are_whole(context);
        self.expire(context);
        let app = &self.world.app;
        for (person, account) in self.people.iter().enumerate() {
            let listed = now(list_teams(app, account)).expect("lists").len() as i64;
            assert_eq!(listed, self.joined(person), "{context}");
            assert!(self.owned(person) <= OWNED_MAX && listed <= JOINED_MAX, "{context}");
        }
        for (index, (id, team)) in self.teams.iter().enumerate() {
            assert!((team.members.len() + team.invitations.len()) as i64 <= MEMBERS_MAX, "{context}");
            assert!(team.invitations.len() as i64 <= INVITATIONS_MAX, "{context}");
            for (person, account) in self.people.iter().enumerate() {
                let role = self.role(index, person);
                for need in [Need::See, Need::Change] {
                    let acting = now(act_for(app, &as_member(account), id, need)).expect("works");
                    assert_eq!(acting.is_some(), role.is_some_and(|role| need.is_met_by(role)), "{context} {person}");
                }
                let seen = now(list_members(app, account, id));
                assert_eq!(seen.is_ok(), role.is_some(), "{context}");
                if let Ok(seen) = seen {
                    let mut roles: Vec<(AccountId, Role)> =
                        team.members.iter().map(|(person, m)| (self.people[*person].clone(), m.0)).collect();
                    let mut told: Vec<(AccountId, Role)> = seen.into_iter().map(|m| (m.account_id, m.role)).collect();
                    roles.sort();
                    told.sort();
                    assert_eq!(told, roles, "{context}");
                }
                let invited = now(list_invitations(app, account, id));
                assert_eq!(invited.is_ok(), role == Some(Role::Owner), "{context}");
            }
        }
    }

    /// Invitations end with time.
    fn expire(&mut self, context: &str) {
        let now_ms = self.world.clock_now().0;
        for (id, team) in &mut self.teams {
            team.invitations.retain(|_, (_, expires_at, _)| *expires_at > now_ms);
            let open = format!("FROM team_invitations WHERE team_id = '{id}' AND expires_at > {now_ms}");
            assert_eq!(self.world.rows(&open), team.invitations.len() as i64, "{context}");
        }
    }
}

#[test]
fn whatever_members_do_every_team_has_one_owner_and_nobody_sees_more_than_their_role_allows() {
    for seed in 0..SEEDS {
        let world = World::with_seed(seed);
        let people = (0..PEOPLE).map(|person| now(world.person(&name(person)))).collect();
        let mut model = Model { world, people, teams: Vec::new(), tokens: BTreeMap::new(), joinings: 0 };
        let chance = SeededRng::new(seed);
        let any = |bound: usize| chance.below(bound as u64) as usize;
        model.create(0);
        for step in 0..STEPS {
            model.world.advance_ms(1);
            let (team, person, other) = (any(model.teams.len()), any(PEOPLE), any(PEOPLE));
            let role = if any(2) == 0 { GivenRole::EDITOR } else { GivenRole::VIEWER };
            // Mostly whoever may, so that something happens.
            let owner = model.teams[team].1.members.iter().find(|(_, m)| m.0 == Role::Owner).map(|(owner, _)| *owner);
            let actor = if any(4) > 0 { owner.unwrap_or(person) } else { person };
            let verb = any(24);
            match verb {
                0 | 1 => model.create(person),
                2..=7 => model.invite(team, actor, other, role),
                8..=12 => model.answer(team, other, if any(4) > 0 { other } else { person }, true),
                13 => model.answer(team, other, person, false),
                14..=19 => model.about(any(4) as u64, team, actor, other),
                20 => model.leave(team, person),
                21 if any(3) == 0 => model.close(team, actor),
                22 if any(4) == 0 => model.leave_all(person),
                23 => model.world.advance_ms(HOUR_MS * any(48) as i64),
                _ => {}
            }
            model.compare(&format!("seed {seed}, step {step}, verb {verb}, team {team}, {person}, {other}"));
        }
    }
}
