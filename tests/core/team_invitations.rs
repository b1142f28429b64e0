//! Invitations into teams: who learns what of them, who can accept one, and how they end.

use tintype::domain::ids::AccountId;
use tintype::domain::team::{GivenRole, Role};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::error::{Error, Problem};
use tintype::policy::teams::INVITATION_MS;
use tintype::usecases::answer_invitation::{Fit, accept, decline, look};
use tintype::usecases::invite_to_team::{invite, list_invitations, withdraw};
use tintype::usecases::leave_team::{leave_team, remove_member};
use tintype::usecases::transfer_team::transfer_team;

use crate::accounts::{assert_canary_is_sealed, one};
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::people::{Person, form};
use crate::harness::teams::email;
use crate::teams::make_team;

const BOTH: &str = "two:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2,\
                    one:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

fn refused<T: std::fmt::Debug>(what: Result<T, Error>) -> Problem {
    match what.expect_err("it is refused") {
        Error::Problem(problem) => problem,
        Error::Fault(fault) => panic!("{fault}"),
    }
}

async fn scene() -> (World, AccountId, AccountId) {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    (world, owner, team)
}

#[tokio::test]
async fn looking_changes_nothing_and_accepting_is_done_once() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let team = make_team(&world, &ada).await;
    let fields = [("email", "Bob@Example.org"), ("role", "editor")];
    ada.form(&format!("/teams/{team}/invitations"), &fields).send(&world).await;
    world.deliver_messages().await;
    let token = world.token_in_letter("team_invitation");
    let page = format!("/teams/invitation?token={token}");
    let before = crate::teams_property::told(&world);
    let looked = Call::app("GET", &page).header("accept", "text/html").send(&world).await;
    assert!(looked.status.is_success() && looked.text().contains("Join Analytical Engine?"), "{}", looked.text());
    assert!(looked.text().contains("Ada") && looked.text().contains("/sign-in?next="), "{}", looked.text());
    assert!(!looked.text().to_lowercase().contains("bob@example.org"), "whoever has the link learns no address");
    let accept = [("token", token.as_str())];
    assert_eq!(form("/teams/invitation", &accept).send(&world).await.field("/code"), "sign-in-needed");
    let (_, eve) = world.member("Eve").await;
    assert!(eve.page(&page).send(&world).await.text().contains("It went to another address"));
    assert_eq!(eve.form("/teams/invitation", &accept).send(&world).await.field("/code"), "invitation-not-yours");
    let bob = Person::named("Bob");
    world.sign_up(&bob).await;
    let browser = world.sign_in(&bob).await;
    assert!(browser.page(&page).send(&world).await.text().contains("not proved yet"));
    assert_eq!(browser.form("/teams/invitation", &accept).send(&world).await.field("/code"), "verified-account-needed");
    assert_eq!(crate::teams_property::told(&world), before, "nothing has changed so far");
    let proof = world.token_in_letter("verify_email");
    browser.form("/verify", &[("token", &proof)]).send(&world).await;
    assert!(browser.page(&page).send(&world).await.text().contains("Join the team"));
    let joined = browser.form("/teams/invitation", &accept).send(&world).await;
    assert_eq!(joined.header("location"), format!("/teams/{team}?done=joined"), "{}", joined.text());
    assert_eq!(one(&world, "SELECT role FROM team_members ORDER BY role LIMIT 1"), "editor");
    let again = browser.form("/teams/invitation", &accept).send(&world).await;
    assert_eq!((again.status.as_u16(), again.field("/code").as_str()), (410, "link-expired"));
}

#[tokio::test]
async fn the_answer_does_not_tell_whether_an_address_has_an_account() {
    let (world, owner, team) = scene().await;
    world.person("Bob").await;
    world.newcomer("Cyd").await;
    let mut costs = Vec::new();
    for name in ["Bob", "Cyd", "Nobody", "Ada"] {
        world.faults.cost();
        let told = invite(&world.app, &owner, &team, &email(name), GivenRole::VIEWER).await.expect("invites");
        costs.push(format!("{:?}", world.faults.cost()));
        assert_eq!((told.role, told.expires_at), (Role::Viewer, world.clock_now().plus_ms(INVITATION_MS)));
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "the same work for everybody: {costs:?}");
    let lookups = world
        .sql
        .query("SELECT email_lookup FROM accounts WHERE email_lookup IN (SELECT email_lookup FROM team_invitations)");
    assert!(lookups.is_empty(), "nor does the database, without the keys");
    world.deliver_messages().await;
    for name in ["bob", "cyd", "nobody"] {
        assert_eq!(world.letters_to(&format!("{name}@example.org"), "team_invitation"), 1, "{name}");
    }
    assert_canary_is_sealed(&world, &["example.org", "nobody@", "Ada"]);
}

#[tokio::test]
async fn an_invitation_ends_with_its_week_its_withdrawal_its_successor_and_its_answer() {
    let (world, owner, team) = scene().await;
    let app = &world.app;
    let bob = world.person("Bob").await;
    let invited = async |role| world.invitation(&owner, &team, "Bob", role).await;
    let first = invited(GivenRole::VIEWER).await;
    let second = invited(GivenRole::EDITOR).await;
    assert_eq!(refused(accept(app, &bob, Some(&first)).await), Problem::LinkExpired, "the latest letter counts");
    assert_eq!(list_invitations(app, &owner, &team).await.expect("lists").len(), 1);
    world.advance_ms(INVITATION_MS - 1);
    assert_eq!(look(app, Some(&second), Some(&bob)).await.expect("looks").fit, Fit::Right);
    world.advance_ms(1);
    assert_eq!(refused(look(app, Some(&second), Some(&bob)).await), Problem::LinkExpired);
    assert_eq!(refused(accept(app, &bob, Some(&second)).await), Problem::LinkExpired);
    assert_eq!(list_invitations(app, &owner, &team).await, Ok(Vec::new()));
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(world.rows("FROM team_invitations"), 0, "and then its row goes");
    let third = invited(GivenRole::VIEWER).await;
    let id = list_invitations(app, &owner, &team).await.expect("lists")[0].id.clone();
    withdraw(app, &owner, &team, &id).await.expect("withdraws");
    assert_eq!(refused(accept(app, &bob, Some(&third)).await), Problem::LinkExpired);
    assert_eq!(refused(withdraw(app, &owner, &team, &id).await), Problem::NotFound);
    world.advance_ms(HOUR_MS);
    let fourth = invited(GivenRole::VIEWER).await;
    decline(app, Some(&fourth)).await.expect("declines");
    assert_eq!(refused(accept(app, &bob, Some(&fourth)).await), Problem::LinkExpired);
    assert_eq!((world.role(&team, &bob).await, refused(accept(app, &bob, None).await)), (None, Problem::LinkExpired));
}

#[tokio::test]
async fn an_invitation_is_no_way_to_become_less_or_more_than_one_is() {
    let (world, owner, team) = scene().await;
    let token = world.invitation(&owner, &team, "Ada", GivenRole::VIEWER).await;
    assert_eq!(accept(&world.app, &owner, Some(&token)).await, Ok(team.clone()));
    assert_eq!(world.role(&team, &owner).await, Some(Role::Owner), "who is in it stays what they are");
    assert_eq!(world.rows("FROM team_invitations"), 0);
    let bob = world.joined(&owner, &team, "Bob", GivenRole::VIEWER).await;
    let token = world.invitation(&owner, &team, "Bob", GivenRole::EDITOR).await;
    accept(&world.app, &bob, Some(&token)).await.expect("accepts");
    assert_eq!(world.role(&team, &bob).await, Some(Role::Viewer));
}

#[tokio::test]
async fn what_somebody_sent_goes_with_them_and_a_former_owners_waits_for_the_new_one() {
    let (world, owner, team) = scene().await;
    let app = &world.app;
    let bob = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    let cyd = world.person("Cyd").await;
    let token = world.invitation(&owner, &team, "Cyd", GivenRole::VIEWER).await;
    transfer_team(app, &owner, &team, &bob).await.expect("passes on");
    let listed = list_invitations(app, &bob, &team).await.expect("lists");
    assert_eq!(listed[0].email.as_deref(), Some("cyd@example.org"), "the new owner sees whom the former invited");
    assert_eq!(look(app, Some(&token), Some(&cyd)).await.expect("looks").fit, Fit::Right);
    world.blobs.lose(tintype::ports::blobs::Bucket::Recovery, &format!("personal-keys/{owner}"));
    assert_eq!(list_invitations(app, &bob, &team).await.expect("lists")[0].email, None, "whose key is gone");
    leave_team(app, &owner, &team).await.expect("leaves");
    assert_eq!(refused(accept(app, &cyd, Some(&token)).await), Problem::LinkExpired);
    let token = world.invitation(&bob, &team, "Cyd", GivenRole::VIEWER).await;
    let dan = world.joined(&bob, &team, "Dan", GivenRole::EDITOR).await;
    transfer_team(app, &bob, &team, &dan).await.expect("passes on");
    remove_member(app, &dan, &team, &bob).await.expect("takes out");
    assert_eq!(refused(accept(app, &cyd, Some(&token)).await), Problem::LinkExpired);
}

#[tokio::test]
async fn another_master_key_leaves_invitations_as_they_are() {
    let mut world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let bob = world.person("Bob").await;
    let cyd = world.person("Cyd").await;
    let first = world.invitation(&owner, &team, "Bob", GivenRole::VIEWER).await;
    let second = world.invitation(&owner, &team, "Cyd", GivenRole::VIEWER).await;
    world.redeploy(&[("MASTER_KEYS", BOTH)]);
    accept(&world.app, &bob, Some(&first)).await.expect("the lookup of before is known");
    let third = world.invitation(&owner, &team, "Cyd", GivenRole::EDITOR).await;
    assert_eq!(world.rows("FROM team_invitations"), 1, "that of before is replaced");
    assert_eq!(refused(accept(&world.app, &cyd, Some(&second)).await), Problem::LinkExpired);
    accept(&world.app, &cyd, Some(&third)).await.expect("accepts");
}

#[tokio::test]
async fn nobodys_mailbox_is_filled_through_teams() {
    let (world, owner, team) = scene().await;
    let app = &world.app;
    for _ in 0..3 {
        invite(app, &owner, &team, &email("Bob"), GivenRole::VIEWER).await.expect("invites");
    }
    let refusal = refused(invite(app, &owner, &team, &email("Bob"), GivenRole::VIEWER).await);
    assert!(matches!(refusal, Problem::TooManyAttempts { .. }), "{refusal:?}");
    let eve = world.person("Eve").await;
    let other = world.team_of(&eve).await;
    let refusal = refused(invite(app, &eve, &other, &email("BOB"), GivenRole::VIEWER).await);
    assert!(matches!(refusal, Problem::TooManyAttempts { .. }), "nor together: {refusal:?}");
    world.deliver_messages().await;
    assert_eq!(world.letters_to("bob@example.org", "team_invitation"), 3);
    world.advance_ms(DAY_MS);
    for number in 0..30 {
        let open = list_invitations(app, &owner, &team).await.expect("lists");
        for invitation in open {
            withdraw(app, &owner, &team, &invitation.id).await.expect("withdraws");
        }
        invite(app, &owner, &team, &email(&format!("n{number}")), GivenRole::VIEWER).await.expect("invites");
    }
    let refusal = refused(invite(app, &owner, &team, &email("n30"), GivenRole::VIEWER).await);
    assert!(matches!(refusal, Problem::TooManyAttempts { .. }), "{refusal:?}");
    let stranger = world.person("Fay").await;
    let before = world.rows("FROM rate_counters");
    assert_eq!(refused(invite(app, &stranger, &team, &email("Gus"), GivenRole::VIEWER).await), Problem::NotFound);
    assert_eq!(world.rows("FROM rate_counters"), before, "who may not is not counted");
}

#[tokio::test]
async fn a_program_invites_with_the_scope_for_it_only() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let team = make_team(&world, &ada).await;
    for (scope, expected) in [("read", "scope-missing"), ("write", "scope-missing"), ("admin", "")] {
        let wish = format!(r#"{{"name":"a","scopes":["{scope}"]}}"#);
        let made = ada.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(&world).await;
        let bearer = format!("Bearer {}", made.field("/key"));
        let wish = r#"{"email":"bob@example.org","role":"viewer"}"#;
        let call = Call::app("POST", &format!("/v1/teams/{team}/invitations")).body("application/json", wish);
        let answer = call.header("authorization", &bearer).send(&world).await;
        assert_eq!(answer.field("/code"), expected, "{scope}: {}", answer.text());
        assert!(!answer.text().contains("token"), "what opens it is in the letter only: {}", answer.text());
    }
    for (body, field) in
        [(r#"{"email":"bob","role":"viewer"}"#, "email"), (r#"{"email":"bob@example.org","role":"owner"}"#, "role")]
    {
        let call = Call::app("POST", &format!("/v1/teams/{team}/invitations")).body("application/json", body);
        let answer = ada.send(call).send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/field").as_str()), (422, field));
    }
}
