//! What a team has: its members see and change it as their roles say, and others bring things with its tickets.

use serde_json::{Value, json};

use crate::collections::{ids_of, json_call};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, Person};
use crate::tickets::{bring, ticket};

struct Scene {
    world: World,
    owner: Browser,
    editor: Browser,
    viewer: Browser,
    stranger: Browser,
    team: String,
    shelf: String,
}

/// Somebody new, who is in the team.
pub async fn join(world: &World, owner: &Browser, team: &str, name: &str, role: &str) -> Browser {
    let (person, browser) = world.member(name).await;
    let path = format!("/v1/teams/{team}/invitations");
    let invited = owner.send(json_call("POST", &path, &json!({ "email": person.email, "role": role })));
    assert_eq!(invited.send(world).await.status.as_u16(), 201);
    world.deliver_messages().await;
    let token = world.token_in_letter("team_invitation");
    let joined = browser.form("/teams/invitation", &[("token", &token)]).send(world).await;
    assert_eq!(joined.status.as_u16(), 303, "{}", joined.text());
    browser
}

async fn scene() -> Scene {
    let world = World::new();
    let (_, owner) = world.member("Ada").await;
    let made = owner.send(json_call("POST", "/v1/teams", &json!({ "name": "Engines" }))).send(&world).await;
    let team = made.field("/id");
    let editor = join(&world, &owner, &team, "Bob", "editor").await;
    let viewer = join(&world, &owner, &team, "Cyd", "viewer").await;
    let (_, stranger) = world.member("Dan").await;
    let shelf = json_call("POST", &format!("/v1/collections?team={team}"), &json!({ "name": "Drawings" }));
    let shelf = owner.send(shelf).send(&world).await.field("/id");
    Scene { world, owner, editor, viewer, stranger, team, shelf }
}

impl Scene {
    async fn upload(&self, browser: &Browser, query: &str, number: u64) -> Answer {
        let call = Call::app("POST", &format!("/v1/images?{query}")).body("image/png", numbered_png(number));
        browser.send(call).send(&self.world).await
    }

    async fn get(&self, browser: &Browser, path: &str) -> Answer {
        browser.send(Call::app("GET", path)).send(&self.world).await
    }

    fn stored(&self, account: &str) -> u64 {
        let sql = format!("SELECT images FROM account_storage WHERE account_id = '{account}'");
        self.world.sql.query(&sql).first().and_then(|row| row["images"].as_u64()).unwrap_or_default()
    }
}

#[tokio::test]
async fn an_upload_that_names_a_team_is_the_teams_or_refused() {
    let scene = scene().await;
    let of_team = format!("team={}", scene.team);
    assert_eq!(scene.upload(&scene.editor, &of_team, 1).await.status.as_u16(), 201);
    assert_eq!(scene.stored(&scene.team), 1);
    let both = format!("{of_team}&collection={}", scene.shelf);
    assert_eq!(scene.upload(&scene.owner, &both, 2).await.status.as_u16(), 201);
    let own = json_call("POST", "/v1/collections", &json!({ "name": "Mine" }));
    let own = scene.owner.send(own).send(&scene.world).await.field("/id");
    let mixed = scene.upload(&scene.owner, &format!("{of_team}&collection={own}"), 3).await;
    assert_eq!((mixed.status.as_u16(), mixed.field("/code").as_str()), (422, "invalid-field"));
    for (browser, query) in
        [(&scene.viewer, &of_team), (&scene.stranger, &of_team), (&scene.owner, &"team=nobody".to_owned())]
    {
        let refused = scene.upload(browser, query, 4).await;
        assert_eq!((refused.status.as_u16(), refused.field("/code").as_str()), (422, "invalid-field"), "{query}");
    }
    let anonymous = Call::app("POST", &format!("/v1/images?{of_team}")).body("image/png", numbered_png(5));
    assert_eq!(anonymous.send(&scene.world).await.status.as_u16(), 422, "nobody's is no team's");
    let fields = [("team", scene.team.as_str())];
    let form = Call::app("POST", "/v1/images").form(&fields, &[("file", "a.png", &numbered_png(6))]);
    assert_eq!(scene.editor.send(form).send(&scene.world).await.status.as_u16(), 201);
    assert_eq!(scene.stored(&scene.team), 3);
}

#[tokio::test]
async fn promise_imp_63_what_editors_upload_into_a_teams_collection_is_the_teams() {
    let scene = scene().await;
    let into = format!("collection={}", scene.shelf);
    let made = scene.upload(&scene.editor, &into, 1).await;
    assert_eq!((made.status.as_u16(), scene.stored(&scene.team)), (201, 1), "{}", made.text());
    for refused in [&scene.viewer, &scene.stranger] {
        let answer = scene.upload(refused, &into, 2).await;
        assert_eq!((answer.status.as_u16(), answer.field("/field")), (422, "collection".into()));
    }
    let listed = format!("/v1/images?team={}", scene.team);
    for member in [&scene.owner, &scene.editor, &scene.viewer] {
        assert_eq!(ids_of(&scene.get(member, &listed).await), [made.field("/id")]);
        let page = scene.get(member, &format!("/gallery?team={}", scene.team)).await;
        assert!(page.text().contains(&made.field("/id")), "{}", page.text());
    }
    for path in [listed.clone(), format!("/gallery?team={}", scene.team), format!("/v1/collections/{}", scene.shelf)] {
        assert_eq!(scene.get(&scene.stranger, &path).await.status.as_u16(), 404, "{path}");
    }
    assert_eq!(ids_of(&scene.get(&scene.editor, "/v1/images").await), Vec::<String>::new(), "it is not the editor's");
    let left = scene.editor.form(&format!("/teams/{}/leave", scene.team), &[("sure", "1")]).send(&scene.world).await;
    assert_eq!(left.status.as_u16(), 303, "{}", left.text());
    assert_eq!(scene.get(&scene.editor, &listed).await.status.as_u16(), 404, "who left sees it no more");
    assert_eq!(ids_of(&scene.get(&scene.owner, &listed).await), [made.field("/id")], "and it stays with the team");
    let rows = scene.world.sql.query("SELECT account_id FROM images");
    assert_eq!(rows[0]["account_id"], Value::from(scene.team.clone()));
    scene.world.settle().await;
}

#[tokio::test]
async fn a_teams_private_picture_is_seen_by_its_members_and_changed_by_those_who_may() {
    let scene = scene().await;
    let made = scene.upload(&scene.editor, &format!("collection={}&private=true", scene.shelf), 1).await;
    let path = format!("/v1/images/{}", made.field("/id"));
    for member in [&scene.owner, &scene.editor, &scene.viewer] {
        let seen = scene.get(member, &path).await;
        assert_eq!(scene.world.view(&seen.field("/signed_url/url")).await.status.as_u16(), 200, "{}", seen.text());
    }
    assert_eq!(scene.get(&scene.stranger, &path).await.status.as_u16(), 404);
    assert_eq!(scene.world.view(&made.field("/url")).await.status.as_u16(), 404);
    let publish = json!({ "private": false, "caption": "Engine" });
    let patch = |browser: &Browser| browser.send(json_call("PATCH", &path, &publish));
    let refused = patch(&scene.viewer).send(&scene.world).await;
    assert_eq!(refused.field("/code"), "not-your-image", "whoever may look is told the truth, and may only look");
    assert_eq!(patch(&scene.stranger).send(&scene.world).await.field("/code"), "not-found");
    let changed = patch(&scene.editor).send(&scene.world).await;
    assert_eq!(
        (changed.status.as_u16(), changed.json()["public"].clone()),
        (200, Value::Bool(true)),
        "{}",
        changed.text()
    );
    assert_eq!(scene.world.view(&made.field("/url")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_ticket_for_a_teams_collection_brings_pictures_to_the_team_until_it_is_closed() {
    let scene = scene().await;
    let made = ticket(&scene.world, &scene.editor, json!({ "collection": scene.shelf, "uses": 3 })).await;
    let brought = bring(&made, "/v1/images", numbered_png(1)).send(&scene.world).await;
    assert_eq!((brought.status.as_u16(), scene.stored(&scene.team)), (201, 1), "{}", brought.text());
    let owner = scene.world.sign_in(&Person::named("Ada")).await;
    let close = owner.send(Call::app("DELETE", &format!("/v1/teams/{}?name=Engines", scene.team)));
    assert_eq!(close.send(&scene.world).await.status.as_u16(), 200);
    let late = bring(&made, "/v1/images", numbered_png(2)).send(&scene.world).await;
    assert_eq!(late.field("/code"), "ticket-invalid", "{}", late.text());
    for _ in 0..3 {
        scene.world.advance_ms(3 * 3_600_000);
        for job in ["close_teams", "finish_removals"] {
            scene.world.run_job(job).await.expect("runs");
        }
    }
    scene.world.advance_ms(15 * 86_400_000);
    scene.world.run_job("reap_recovery").await.expect("runs");
    scene.world.run_job("close_teams").await.expect("runs");
    for table in ["teams", "tickets", "ticket_uses", "collections"] {
        assert_eq!(scene.world.sql.query(&format!("SELECT * FROM {table}")).len(), 0, "{table}");
    }
    assert_eq!(scene.stored(&scene.team), 0);
    scene.world.settle().await;
}
