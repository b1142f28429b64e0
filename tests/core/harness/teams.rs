//! People and their teams, without a browser: accounts as signing up and proving the address leave them.

use tintype::domain::account::{Account, AccountTier};
use tintype::domain::email::EmailAddress;
use tintype::domain::ids::{AccountId, ID_BYTES};
use tintype::domain::owner::Member;
use tintype::domain::session::Token;
use tintype::domain::team::{GivenRole, Role, TeamName};
use tintype::ports::sql::Sql as _;
use tintype::store::{accounts, team_members};
use tintype::usecases::answer_invitation::accept;
use tintype::usecases::create_team::create_team;
use tintype::usecases::invite_to_team::invite;
use tintype::usecases::personal_keys;

use super::World;

pub fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{}@example.org", name.to_lowercase().replace(' ', "."))).expect("an address")
}

pub fn team_name(text: &str) -> TeamName {
    TeamName::parse(text).expect("a name")
}

impl World {
    /// Somebody with an account whose address, `name@example.org`, is proved.
    pub async fn person(&self, name: &str) -> AccountId {
        let id = self.newcomer(name).await;
        self.sql.batch(vec![accounts::verify(&id, self.clock_now())]).await.expect("proves");
        id
    }

    /// Somebody with an account whose address is not proved yet.
    pub async fn newcomer(&self, name: &str) -> AccountId {
        let mut random = [0; ID_BYTES];
        self.app.ports.rng.fill(&mut random).expect("random");
        let id = AccountId::from_random(random);
        let key = personal_keys::create(&self.app, &id).await.expect("makes a key");
        let seal = |place: &str, text: &str| personal_keys::seal(&self.app, &key, place, text).expect("seals");
        let account = Account {
            sealed_email: seal(&Account::email_place(&id), email(name).as_str()),
            sealed_name: seal(&Account::name_place(&id), name),
            password_hash: None,
            country: None,
            tier: AccountTier::Free,
            is_operator: false,
            created_at: self.clock_now(),
            verified_at: None,
            erase_at: None,
            billing_customer: None,
            restricted_at: None,
            id: id.clone(),
        };
        let lookup = self.app.settings.master_keys.current.lookup("email", &email(name).canonical());
        self.sql.batch(vec![accounts::insert(&account, &lookup, 1)]).await.expect("signs up");
        id
    }

    /// A team of somebody's.
    pub async fn team_of(&self, owner: &AccountId) -> AccountId {
        create_team(&self.app, owner, &team_name("Engines")).await.expect("makes a team").id
    }

    /// What is in the letter that invites somebody of this name.
    pub async fn invitation(&self, owner: &AccountId, team: &AccountId, name: &str, role: GivenRole) -> Token {
        invite(&self.app, owner, team, &email(name), role).await.expect("invites");
        self.deliver_messages().await;
        Token::parse(&self.token_in_letter("team_invitation")).expect("a token")
    }

    /// Somebody new who was invited and has accepted.
    pub async fn joined(&self, owner: &AccountId, team: &AccountId, name: &str, role: GivenRole) -> AccountId {
        let person = self.person(name).await;
        let token = self.invitation(owner, team, name, role).await;
        assert_eq!(accept(&self.app, &person, Some(&token)).await, Ok(team.clone()));
        person
    }

    /// What somebody is in a team.
    pub async fn role(&self, team: &AccountId, account: &AccountId) -> Option<Role> {
        team_members::role(self.sql.as_ref(), team, account).await.expect("reads")
    }

    /// How many rows a query counts.
    pub fn rows(&self, query: &str) -> i64 {
        self.sql.query(&format!("SELECT count(*) AS n {query}"))[0]["n"].as_i64().expect("a number")
    }

    /// At any moment: every open team has one owner, and none that is closed, nor one that is not, has members.
    pub fn assert_teams_are_whole(&self, context: &str) {
        let owners = "FROM teams WHERE closed_at IS NULL AND
                        (SELECT count(*) FROM team_members WHERE team_id = id AND role = 'owner') <> 1";
        assert_eq!(self.rows(owners), 0, "{context}: an open team without exactly one owner");
        for table in ["team_members", "team_invitations"] {
            let left = format!("FROM {table} WHERE team_id NOT IN (SELECT id FROM teams WHERE closed_at IS NULL)");
            assert_eq!(self.rows(&left), 0, "{context}: {table} of no open team");
        }
    }
}

/// Somebody with a free account, as far as images care.
pub fn as_member(account: &AccountId) -> Member {
    Member { account_id: account.clone(), tier: AccountTier::Free, is_verified: true }
}
