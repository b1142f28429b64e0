//! Teams: who sees one, who decides what about it, and what belongs to it.

use serde_json::Value;
use tintype::domain::ids::AccountId;
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::MINUTE_MS;
use tintype::error::{Error, Problem};
use tintype::usecases::act_for::{Need, act_for};
use tintype::usecases::invite_to_team::{invite, list_invitations};
use tintype::usecases::leave_team::{change_role, leave_team, remove_member};
use tintype::usecases::list_teams::{list_members, list_teams};
use tintype::usecases::rename_team::rename_team;
use tintype::usecases::transfer_team::transfer_team;
use tintype::usecases::{close_team, personal_keys};

use crate::accounts::{assert_canary_is_sealed, one};
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::people::{Browser, Person, form};
use crate::harness::teams::{as_member, email, team_name};

/// Somebody in a team, with a browser.
pub struct Joined {
    pub account: String,
    pub browser: Browser,
}

/// Somebody new who was invited by a browser and has joined with another.
pub async fn join(world: &World, owner: &Browser, team: &str, name: &str, role: &str) -> Joined {
    let (person, browser) = world.member(name).await;
    let fields = [("email", person.email.as_str()), ("role", role)];
    let invited = owner.form(&format!("/teams/{team}/invitations"), &fields).send(world).await;
    assert_eq!(invited.header("location"), format!("/teams/{team}?done=invited"), "{}", invited.text());
    world.deliver_messages().await;
    let token = world.token_in_letter("team_invitation");
    let joined = browser.form("/teams/invitation", &[("token", &token)]).send(world).await;
    assert_eq!(joined.header("location"), format!("/teams/{team}?done=joined"), "{}", joined.text());
    let account = one(world, "SELECT account_id FROM team_members ORDER BY joined_at DESC, role = 'owner' LIMIT 1");
    Joined { account, browser }
}

pub async fn make_team(world: &World, owner: &Browser) -> String {
    let made = owner.form("/teams", &[("name", "Analytical Engine")]).send(world).await;
    assert_eq!(made.status.as_u16(), 303, "{}", made.text());
    made.header("location").trim_start_matches("/teams/").to_owned()
}

fn refused<T: std::fmt::Debug>(what: Result<T, Error>) -> Problem {
    match what.expect_err("it is refused") {
        Error::Problem(problem) => problem,
        Error::Fault(fault) => panic!("{fault}"),
    }
}

#[tokio::test]
async fn promise_imp_05_a_team_is_seen_by_those_in_it_and_by_nobody_else() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let team = make_team(&world, &ada).await;
    world.advance_ms(MINUTE_MS);
    let bob = join(&world, &ada, &team, "Bob", "viewer").await;
    let (_, eve) = world.member("Eve").await;
    let page = format!("/teams/{team}");
    let owners = ada.page(&page).send(&world).await.text();
    for form in ["/name", "/invitations", "/members/role", "/members/remove", "/transfer", "/close"] {
        assert!(owners.contains(&format!("action=\"{page}{form}\"")), "{form}: {owners}");
    }
    let viewers = bob.browser.page(&page).send(&world).await;
    assert!(viewers.text().contains("Ada") && viewers.text().contains("Analytical Engine"), "{}", viewers.text());
    let forms = viewers.text().matches("<form").count();
    assert_eq!(forms, 2, "signing out and leaving are all that a viewer can do");
    assert!(viewers.text().contains(&format!("action=\"{page}/leave\"")));
    for path in ["/v1/teams/{}", "/v1/teams/{}/members", "/v1/teams/{}/invitations", "/teams/{}"] {
        let path = path.replace("{}", &team);
        let answer = eve.send(Call::app("GET", &path)).send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code").as_str()), (404, "not-found"), "{path}");
    }
    assert_eq!(eve.send(Call::app("GET", "/v1/teams")).send(&world).await.json()["data"], serde_json::json!([]));
    let told = bob.browser.send(Call::app("GET", &format!("/v1/teams/{team}/members"))).send(&world).await.json();
    let names: Vec<(&Value, &Value)> =
        told["data"].as_array().expect("members").iter().map(|member| (&member["name"], &member["role"])).collect();
    assert_eq!(names, [(&"Ada".into(), &"owner".into()), (&"Bob".into(), &"viewer".into())]);
    assert!(!told.to_string().contains("example.org"), "nobody is told addresses: {told}");
    let invited = bob.browser.send(Call::app("GET", &format!("/v1/teams/{team}/invitations"))).send(&world).await;
    assert_eq!((invited.status.as_u16(), invited.field("/code").as_str()), (403, "team-role"));
}

type Verb = Box<dyn AsyncVerb>;

#[async_trait::async_trait(?Send)]
trait AsyncVerb {
    async fn run(&self, world: &World, actor: &AccountId, team: &AccountId, other: &AccountId) -> Result<(), Error>;
}

macro_rules! verb {
    ($world:ident, $actor:ident, $team:ident, $other:ident => $does:expr) => {{
        struct This;
        #[async_trait::async_trait(?Send)]
        impl AsyncVerb for This {
            async fn run(
                &self,
                $world: &World,
                $actor: &AccountId,
                $team: &AccountId,
                $other: &AccountId,
            ) -> Result<(), Error> {
                $does.await.map(drop)
            }
        }
        Box::new(This) as Verb
    }};
}

/// What only an owner may; `other` is somebody else in the team.
fn verbs_of_owners() -> Vec<(&'static str, Verb)> {
    vec![
        ("rename", verb!(w, a, t, _o => rename_team(&w.app, a, t, &team_name("Difference Engine")))),
        ("list invitations", verb!(w, a, t, _o => list_invitations(&w.app, a, t))),
        ("invite", verb!(w, a, t, _o => invite(&w.app, a, t, &email("new"), GivenRole::EDITOR))),
        ("change a role", verb!(w, a, t, o => change_role(&w.app, a, t, o, GivenRole::VIEWER))),
        ("remove", verb!(w, a, t, o => remove_member(&w.app, a, t, o))),
        ("pass on", verb!(w, a, t, o => transfer_team(&w.app, a, t, o))),
        ("close", verb!(w, a, t, _o => close_team::close_team(&w.app, a, t, "Engines"))),
    ]
}

#[tokio::test]
async fn only_the_owner_decides_about_a_team() {
    for (name, verb) in verbs_of_owners() {
        let world = World::new();
        let owner = world.person("Ada").await;
        let team = world.team_of(&owner).await;
        let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
        let viewer = world.joined(&owner, &team, "Cyd", GivenRole::VIEWER).await;
        let other = world.joined(&owner, &team, "Dan", GivenRole::EDITOR).await;
        let stranger = world.person("Eve").await;
        let before = crate::teams_property::told(&world);
        for (who, expected) in
            [(&editor, Problem::TeamRoleMissing), (&viewer, Problem::TeamRoleMissing), (&stranger, Problem::NotFound)]
        {
            assert_eq!(refused(verb.run(&world, who, &team, &other).await), expected, "{name}");
        }
        assert_eq!(crate::teams_property::told(&world), before, "{name}: nothing has changed");
        verb.run(&world, &owner, &team, &other).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        world.assert_teams_are_whole(name);
    }
}

#[tokio::test]
async fn an_owner_stays_until_the_team_is_passed_on() {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    let stranger = world.person("Eve").await;
    let app = &world.app;
    assert_eq!(refused(leave_team(app, &owner, &team).await), Problem::TeamOwnerStays);
    assert_eq!(refused(remove_member(app, &owner, &team, &owner).await), Problem::TeamOwnerStays);
    assert_eq!(refused(change_role(app, &owner, &team, &owner, GivenRole::EDITOR).await), Problem::TeamOwnerStays);
    assert_eq!(refused(transfer_team(app, &owner, &team, &owner).await), Problem::TeamOwnerStays);
    for verb in [
        remove_member(app, &owner, &team, &stranger).await,
        change_role(app, &owner, &team, &stranger, GivenRole::EDITOR).await,
        transfer_team(app, &owner, &team, &stranger).await,
    ] {
        assert_eq!(refused(verb), Problem::NotFound, "who is not in it");
    }
    let forgotten = format!("DELETE FROM team_members WHERE account_id = '{owner}'");
    let refusal = world.sql.with_connection(|connection| connection.execute(&forgotten, []));
    assert!(refusal.is_err_and(|error| error.to_string().contains("an open team has an owner")));
    transfer_team(app, &owner, &team, &editor).await.expect("passes on");
    assert_eq!(
        (world.role(&team, &owner).await, world.role(&team, &editor).await),
        (Some(Role::Editor), Some(Role::Owner))
    );
    world.deliver_messages().await;
    assert_eq!(
        (world.letters_to("bob@example.org", "team_received"), world.letters_to("ada@example.org", "team_passed_on")),
        (1, 1)
    );
    leave_team(app, &owner, &team).await.expect("leaves");
    assert_eq!(refused(leave_team(app, &owner, &team).await), Problem::NotFound);
    assert_eq!(list_teams(app, &owner).await, Ok(Vec::new()));
}

#[tokio::test]
async fn an_heir_has_a_proved_address() {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    let unproved = format!("UPDATE accounts SET verified_at = NULL WHERE id = '{editor}'");
    world.sql.with_connection(|connection| connection.execute_batch(&unproved).expect("SQL"));
    let refusal = refused(transfer_team(&world.app, &owner, &team, &editor).await);
    assert!(matches!(refusal, Problem::InvalidField { field: "account", .. }), "{refusal:?}");
    let nobody = world.newcomer("Eve").await;
    let made = tintype::usecases::create_team::create_team(&world.app, &nobody, &team_name("Engines")).await;
    assert_eq!(refused(made), Problem::VerifiedAccountNeeded);
}

#[tokio::test]
async fn whoever_is_taken_out_is_told_and_sees_nothing_any_more() {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    remove_member(&world.app, &owner, &team, &editor).await.expect("takes out");
    world.deliver_messages().await;
    assert_eq!(world.letters_to("bob@example.org", "team_member_removed"), 1);
    assert_eq!(refused(list_members(&world.app, &editor, &team).await), Problem::NotFound);
    assert_eq!(act_for(&world.app, &as_member(&editor), &team, Need::See).await, Ok(None));
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_asked_first_and_after_signing_in_lately() {
    let world = World::new();
    let (person, ada) = world.member("Ada").await;
    let team = make_team(&world, &ada).await;
    let bob = join(&world, &ada, &team, "Bob", "editor").await;
    let at = |path: &str| format!("/teams/{team}{path}");
    let asked = ada.form(&at("/members/remove"), &[("account", &bob.account)]).send(&world).await.text();
    assert!(asked.contains("Take Bob out of Analytical Engine?"), "{asked}");
    let asked = ada.form(&at("/transfer"), &[("account", &bob.account)]).send(&world).await.text();
    assert!(asked.contains("Pass Analytical Engine on to Bob?"), "{asked}");
    let asked = ada.form(&at("/close"), &[]).send(&world).await.text();
    assert!(asked.contains("Close Analytical Engine?"), "{asked}");
    let wrong = ada.form(&at("/close"), &[("name", "analytical engine")]).send(&world).await;
    assert!(wrong.status.as_u16() == 422 && wrong.text().contains("letter for letter"), "{}", wrong.text());
    assert_eq!(world.rows("FROM team_members"), 2, "so far nothing has happened");
    world.advance_ms(15 * MINUTE_MS);
    let sure = [("account", bob.account.as_str()), ("sure", "1")];
    for (path, fields) in [("/transfer", &sure[..]), ("/close", &[("name", "Analytical Engine")])] {
        let stale = ada.form(&at(path), fields).send(&world).await;
        let back = format!("/sign-in?again&next=%2Fteams%2F{team}");
        assert_eq!((stale.status.as_u16(), stale.header("location")), (303, back.as_str()), "{path}");
    }
    let role = format!("/v1{}/{}", at("/members"), bob.account);
    for call in [
        Call::app("DELETE", &format!("/v1{}?name=Analytical%20Engine", at(""))),
        Call::app("PATCH", &role).body("application/json", r#"{"role":"owner"}"#),
    ] {
        assert_eq!(ada.send(call).send(&world).await.field("/code"), "sign-in-needed");
    }
    assert_eq!(world.rows("FROM team_members WHERE role = 'editor'"), 1, "nor now");
    let ada = world.sign_in(&person).await;
    let passed = ada.form(&at("/transfer"), &sure).send(&world).await;
    assert_eq!(passed.header("location"), format!("{}?done=passed_on", at("")));
    let left = ada.form(&at("/leave"), &[("sure", "1")]).send(&world).await;
    assert_eq!(left.header("location"), "/teams?done=left");
    let (_, bob) = (person, world.sign_in(&Person::named("Bob")).await);
    let closed = bob.form(&at("/close"), &[("name", " Analytical Engine ")]).send(&world).await;
    assert_eq!(closed.header("location"), "/teams?done=closed");
    assert_eq!(bob.page(&at("")).send(&world).await.status.as_u16(), 404);
}

#[tokio::test]
async fn who_is_in_a_team_rests_under_the_key_of_each_and_goes_with_it() {
    let world = World::new();
    let owner = world.person("Ada Lovelace").await;
    let team = world.team_of(&owner).await;
    let bob = world.joined(&owner, &team, "Babbage", GivenRole::EDITOR).await;
    invite(&world.app, &owner, &team, &email("menabrea"), GivenRole::VIEWER).await.expect("invites");
    assert_canary_is_sealed(&world, &["Lovelace", "Babbage", "babbage", "menabrea", "example.org"]);
    world.blobs.lose(tintype::ports::blobs::Bucket::Recovery, &format!("personal-keys/{bob}"));
    assert!(personal_keys::find(&world.app, &bob).await.expect("reads").is_none());
    let names: Vec<_> =
        list_members(&world.app, &owner, &team).await.expect("lists").into_iter().map(|member| member.name).collect();
    assert!(names.contains(&None) && names.contains(&Some("Ada Lovelace".into())), "{names:?}");
    remove_member(&world.app, &owner, &team, &bob).await.expect("can be taken out all the same");
    world.deliver_messages().await;
    assert_eq!(world.letters_to("babbage@example.org", "team_member_removed"), 0, "nobody is left to read it");
}

#[tokio::test]
async fn a_form_of_another_sign_in_changes_no_team() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let team = make_team(&world, &ada).await;
    let forged = Browser { form_token: "0000".into(), ..ada.clone() };
    let renamed = forged.form(&format!("/teams/{team}/name"), &[("name", "Evil")]).send(&world).await;
    assert_eq!(renamed.field("/code"), "form-stale");
    let foreign = form(&format!("/teams/{team}/name"), &[("name", "Evil"), ("form_token", &ada.form_token)])
        .header("cookie", &ada.cookie)
        .header("origin", "https://evil.example");
    assert_eq!(foreign.send(&world).await.field("/code"), "cross-site-form");
    assert_eq!(one(&world, "SELECT name FROM teams"), "Analytical Engine");
}
