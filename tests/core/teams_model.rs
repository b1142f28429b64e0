//! What a naive model says of teams, beside what the product does.

use std::collections::BTreeMap;

use tintype::domain::email::EmailAddress;
use tintype::domain::ids::AccountId;
use tintype::domain::session::Token;
use tintype::domain::team::{GivenRole, Role};
use tintype::error::{Error, Problem};
use tintype::policy::teams::{INVITATION_MS, OWNED_MAX};
use tintype::usecases::answer_invitation::{accept, decline};
use tintype::usecases::close_team::close_team;
use tintype::usecases::create_team::create_team;
use tintype::usecases::invite_to_team::invite;
use tintype::usecases::leave_all_teams::leave_all_of_account;
use tintype::usecases::leave_team::{change_role, leave_team, remove_member};
use tintype::usecases::transfer_team::transfer_team;

use crate::crash_every_call::now;
use crate::harness::World;
use crate::harness::teams::{email, team_name};

/// A team as the model sees it. People are numbers.
#[derive(Default)]
pub struct ModelTeam {
    /// What they are, and the how-many-eth joining it was.
    pub members: BTreeMap<usize, (Role, usize)>,
    /// Who may answer, as what, until when, and who asks.
    pub invitations: BTreeMap<usize, (Role, i64, usize)>,
}

pub struct Model {
    pub world: World,
    pub people: Vec<AccountId>,
    pub teams: Vec<(AccountId, ModelTeam)>,
    pub tokens: BTreeMap<(usize, usize), Token>,
    pub joinings: usize,
}

pub fn name(person: usize) -> String {
    ["Ada", "Bob", "Cyd", "Dan", "Eve"][person].to_owned()
}

fn address(person: usize) -> EmailAddress {
    email(&name(person))
}

impl Model {
    pub fn role(&self, team: usize, person: usize) -> Option<Role> {
        self.teams[team].1.members.get(&person).map(|(role, _)| *role)
    }

    pub fn owned(&self, person: usize) -> i64 {
        self.teams.iter().filter(|(_, team)| team.members.get(&person).is_some_and(|m| m.0 == Role::Owner)).count()
            as i64
    }

    pub fn joined(&self, person: usize) -> i64 {
        self.teams.iter().filter(|(_, team)| team.members.contains_key(&person)).count() as i64
    }

    /// What refuses a verb of the owner's by `person`, if anything does.
    fn refusal(&self, team: usize, person: usize) -> Result<(), Problem> {
        match self.role(team, person) {
            None => Err(Problem::NotFound),
            Some(Role::Owner) => Ok(()),
            Some(_) => Err(Problem::TeamRoleMissing),
        }
    }

    /// And of one that is about `other`.
    fn refusal_about(&self, team: usize, person: usize, other: usize) -> Result<(), Problem> {
        self.refusal(team, person)?;
        match self.role(team, other) {
            None => Err(Problem::NotFound),
            Some(Role::Owner) => Err(Problem::TeamOwnerStays),
            Some(_) => Ok(()),
        }
    }

    pub fn create(&mut self, person: usize) {
        let made = now(create_team(&self.world.app, &self.people[person], &team_name("Engines")));
        if self.owned(person) >= OWNED_MAX {
            assert_eq!(problem(made), Problem::TeamLimitReached { limit: "teams_owned", count_max: OWNED_MAX });
            return;
        }
        self.joinings += 1;
        let members = BTreeMap::from([(person, (Role::Owner, self.joinings))]);
        self.teams.push((made.expect("is made").id, ModelTeam { members, ..ModelTeam::default() }));
    }

    pub fn invite(&mut self, team: usize, person: usize, other: usize, role: GivenRole) {
        // The counters of letters are told of in team_invitations.rs.
        self.world.sql.with_connection(|c| c.execute_batch("DELETE FROM rate_counters").expect("forgets"));
        let id = self.teams[team].0.clone();
        let invited = now(invite(&self.world.app, &self.people[person], &id, &address(other), role));
        if let Err(refusal) = self.refusal(team, person) {
            assert_eq!(problem(invited), refusal);
            return;
        }
        let expires_at = self.world.clock_now().plus_ms(INVITATION_MS).0;
        invited.expect("is invited");
        self.teams[team].1.invitations.insert(other, (role.role(), expires_at, person));
        now(self.world.deliver_messages());
        let token = Token::parse(&self.world.token_in_letter("team_invitation")).expect("a token");
        self.tokens.insert((team, other), token);
    }

    /// Somebody answers the latest letter that `reader` got.
    pub fn answer(&mut self, team: usize, reader: usize, person: usize, accepts: bool) {
        let Some(token) = self.tokens.get(&(team, reader)).cloned() else { return };
        let open = self.teams[team].1.invitations.get(&reader).copied();
        let open = open.filter(|(_, expires_at, _)| *expires_at > self.world.clock_now().0);
        let app = &self.world.app;
        if !accepts {
            let declined = now(decline(app, Some(&token)));
            assert_eq!(declined.is_ok(), open.is_some());
            self.teams[team].1.invitations.remove(&reader);
            return;
        }
        let accepted = now(accept(app, &self.people[person], Some(&token)));
        match open {
            None => assert_eq!(problem(accepted), Problem::LinkExpired),
            Some(_) if person != reader => assert_eq!(problem(accepted), Problem::InvitationNotYours),
            Some((role, ..)) => {
                assert_eq!(accepted, Ok(self.teams[team].0.clone()));
                self.joinings += 1;
                let joining = self.joinings;
                let team = &mut self.teams[team].1;
                team.invitations.remove(&reader);
                team.members.entry(person).or_insert((role, joining));
            }
        }
    }

    pub fn about(&mut self, verb: u64, team: usize, person: usize, other: usize) {
        let (app, id) = (&self.world.app, self.teams[team].0.clone());
        let (actor, about) = (&self.people[person], &self.people[other]);
        let refusal = self.refusal_about(team, person, other);
        let done = match verb {
            0 => now(remove_member(app, actor, &id, about)),
            1 => now(change_role(app, actor, &id, about, GivenRole::VIEWER)),
            2 => now(change_role(app, actor, &id, about, GivenRole::EDITOR)),
            _ => now(transfer_team(app, actor, &id, about)),
        };
        let is_full = verb > 2 && self.owned(other) >= OWNED_MAX;
        let full = Err(Problem::TeamLimitReached { limit: "teams_owned", count_max: OWNED_MAX });
        let expected = if refusal.is_ok() && is_full { full } else { refusal };
        assert_eq!(done, expected.clone().map_err(Error::from));
        if expected.is_err() {
            return;
        }
        if verb == 0 {
            return self.forget(team, other);
        }
        let members = &mut self.teams[team].1.members;
        match verb {
            1 => members.get_mut(&other).expect("is in it").0 = Role::Viewer,
            2 => members.get_mut(&other).expect("is in it").0 = Role::Editor,
            _ => {
                members.get_mut(&person).expect("is in it").0 = Role::Editor;
                members.get_mut(&other).expect("is in it").0 = Role::Owner;
            }
        }
    }

    pub fn leave(&mut self, team: usize, person: usize) {
        let left = now(leave_team(&self.world.app, &self.people[person], &self.teams[team].0));
        match self.role(team, person) {
            None => assert_eq!(problem(left), Problem::NotFound),
            Some(Role::Owner) => assert_eq!(problem(left), Problem::TeamOwnerStays),
            Some(_) => {
                left.expect("leaves");
                self.forget(team, person);
            }
        }
    }

    /// What somebody sent and nobody answered goes with them.
    fn forget(&mut self, team: usize, person: usize) {
        let team = &mut self.teams[team].1;
        team.members.remove(&person);
        team.invitations.retain(|_, (_, _, inviter)| *inviter != person);
    }

    pub fn close(&mut self, team: usize, person: usize) {
        let closed = now(close_team(&self.world.app, &self.people[person], &self.teams[team].0, "Engines"));
        match self.refusal(team, person) {
            Err(refusal) => assert_eq!(problem(closed), refusal),
            Ok(()) => {
                closed.expect("closes");
                self.teams[team].1 = ModelTeam::default();
            }
        }
    }

    pub fn leave_all(&mut self, person: usize) {
        now(leave_all_of_account(&self.world.app, &self.people[person])).expect("leaves");
        for team in 0..self.teams.len() {
            let members = &self.teams[team].1.members;
            match members.get(&person).map(|(role, _)| *role) {
                Some(Role::Owner) => {
                    let is_heir = |(heir, (role, _)): &(&usize, &(Role, usize))| {
                        *role == Role::Editor && self.owned(**heir) < OWNED_MAX
                    };
                    let heir = members.iter().filter(is_heir).min_by_key(|(_, (_, joining))| *joining);
                    match heir.map(|(heir, _)| *heir) {
                        Some(heir) => {
                            let members = &mut self.teams[team].1.members;
                            members.get_mut(&heir).expect("is in it").0 = Role::Owner;
                            self.forget(team, person);
                        }
                        None => self.teams[team].1 = ModelTeam::default(),
                    }
                }
                Some(_) => self.forget(team, person),
                None => {}
            }
        }
    }
}

fn problem<T: std::fmt::Debug>(answer: Result<T, Error>) -> Problem {
    match answer.expect_err("it is refused") {
        Error::Problem(problem) => problem,
        Error::Fault(fault) => panic!("{fault}"),
    }
}
