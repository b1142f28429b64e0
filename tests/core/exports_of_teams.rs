//! A copy of what belongs to a team: its owner's only, as long as the team is theirs, and of nobody who is in it.

use serde_json::{Value, json};
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, MINUTE_MS};
use tintype::ports::blobs::Bucket;
use tintype::usecases::review::prohibit;

use crate::accounts::one;
use crate::collections::json_call;
use crate::content_safety::review;
use crate::exports::{
    PAGE, ask, ask_at, assert_as_the_manifest_says, assert_nothing_left, build, download, page, paths, paths_below,
    read,
};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person};
use crate::teams::{Joined, join, make_team};

struct Scene {
    world: World,
    ada: Person,
    owner: Browser,
    editor: Joined,
    viewer: Joined,
    team: String,
    /// The team's page of copies.
    page: String,
    /// In its collection, which is all it has.
    image: String,
}

/// A team of three with a picture, of whom each has one of their own, too.
async fn scene() -> Scene {
    let world = World::new();
    let (ada, owner) = world.member("Ada").await;
    let team = make_team(&world, &owner).await;
    world.advance_ms(MINUTE_MS);
    let editor = join(&world, &owner, &team, "Bob", "editor").await;
    world.advance_ms(MINUTE_MS);
    let viewer = join(&world, &owner, &team, "Cyd", "viewer").await;
    for (browser, number) in [(&owner, 1), (&editor.browser, 2), (&viewer.browser, 3)] {
        crate::erasure::upload(&world, browser, number).await;
    }
    let shelf = json_call("POST", &format!("/v1/collections?team={team}"), &json!({ "name": "Drawings" }));
    let shelf = owner.send(shelf).send(&world).await.field("/id");
    let image = brings(&world, &editor.browser, &shelf, 4).await.field("/id");
    let page = format!("/teams/{team}/export");
    Scene { world, ada, owner, editor, viewer, team, page, image }
}

async fn brings(world: &World, browser: &Browser, collection: &str, number: u64) -> Answer {
    let call = Call::app("POST", &format!("/v1/images?collection={collection}&caption=of-the-team"));
    let answer = browser.send(call.body("image/png", numbered_png(number))).send(world).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer
}

impl Scene {
    /// Where the files of the team's copy are, as `browser` sees them.
    async fn paths(&self, browser: &Browser) -> Vec<String> {
        let shown = browser.page(&self.page).send(&self.world).await;
        assert_eq!(shown.status.as_u16(), 200, "{}", shown.text());
        paths_below(&shown.text(), &self.page)
    }

    async fn made(&self) -> Vec<String> {
        ask_at(&self.world, &self.owner, &self.page).await;
        build(&self.world).await;
        let paths = self.paths(&self.owner).await;
        assert_eq!(paths.len(), 2);
        paths
    }

    async fn status(&self, browser: &Browser, path: &str) -> u16 {
        browser.page(path).send(&self.world).await.status.as_u16()
    }

    async fn passes_on(&self) {
        let fields = [("account", self.editor.account.as_str()), ("sure", "1")];
        let passed = self.owner.form(&format!("/teams/{}/transfer", self.team), &fields).send(&self.world).await;
        assert_eq!(passed.header("location"), format!("/teams/{}?done=passed_on", self.team), "{}", passed.text());
    }

    async fn is_erased(&self) {
        self.world.run_job("forget_exports").await.expect("runs");
        assert_nothing_left(&self.world);
    }
}

#[tokio::test]
async fn promise_imp_50_the_owner_takes_away_what_belongs_to_a_team_and_who_is_in_it_stays_unnamed() {
    let scene = scene().await;
    let (world, owner) = (&scene.world, &scene.owner);
    let fields = [("email", "dan@example.org"), ("role", "viewer")];
    owner.form(&format!("/teams/{}/invitations", scene.team), &fields).send(world).await;

    let paths = scene.made().await;
    assert_eq!(world.letters_to(&scene.ada.email, "export_ready"), 1);
    let first = download(world, owner, &paths[0]).await;
    let names: Vec<&String> = first.keys().collect();
    assert_eq!(names, ["README.txt", "export.schema.json", "manifest.json", "team.json"]);
    assert_as_the_manifest_says(&first);
    let told = read(&first, "team.json");
    assert_eq!(told["team"]["name"], json!("Analytical Engine"));
    let roles: Vec<&Value> = told["members"].as_array().expect("a list").iter().map(|member| &member["role"]).collect();
    assert_eq!(roles, ["owner", "editor", "viewer"]);
    assert_eq!((&told["collections"][0]["name"], &told["storage"]["images"]), (&json!("Drawings"), &json!(1)));

    let images = download(world, owner, &paths[1]).await;
    assert_eq!(assert_as_the_manifest_says(&images)["is_last"], json!(true));
    let entries = read(&images, "images.json")["images"].as_array().expect("a list").clone();
    assert_eq!(entries.len(), 1, "what is anybody's own is not in it");
    let file = entries[0]["file"].as_str().expect("a file");
    assert_eq!(images[file], world.blobs.bytes(Bucket::Images, &format!("images/{}", scene.image)));
    assert_eq!(entries[0]["sha256"], json!(hex::sha256(&images[file])));
    assert_eq!(entries[0]["details"]["caption"], json!("of-the-team"));

    let everything: Vec<u8> = first.into_values().chain(images.into_values()).flatten().collect();
    let everything = String::from_utf8_lossy(&everything);
    for somebody in ["Ada", "Bob", "Cyd", "example.org", scene.editor.account.as_str(), "canary-caption"] {
        assert!(!everything.contains(somebody), "{somebody}");
    }
}

#[tokio::test]
async fn the_copy_of_a_team_and_the_one_of_its_owner_are_two() {
    let scene = scene().await;
    let (world, owner) = (&scene.world, &scene.owner);
    let of_team = scene.made().await;
    ask(world, owner).await;
    build(world).await;
    let of_account = paths(&page(world, owner).await);
    assert_eq!(of_account.len(), 2, "one does not end the other");
    assert_eq!(scene.paths(owner).await, of_team);
    let entries = read(&download(world, owner, &of_account[1]).await, "images.json");
    assert_eq!(entries["images"].as_array().map(Vec::len), Some(1), "the owner's own");
    assert_ne!(entries["images"][0]["id"], json!(scene.image));
    // Neither is found at the other's address.
    let crossed = of_team[0].replace(&scene.page, PAGE);
    assert_eq!(scene.status(owner, &crossed).await, 404);
    assert_eq!(scene.status(owner, &of_account[0].replace(PAGE, &scene.page)).await, 404);
    // What the account may ask for does not count against the team, and the reverse.
    ask(world, owner).await;
    ask_at(world, owner, &scene.page).await;
    let id = of_team[0].split('/').nth(4).expect("its name");
    let gone = owner.form(&format!("{}/delete", scene.page), &[("export", id)]).send(world).await;
    assert_eq!(gone.header("location"), scene.page);
}

#[tokio::test]
async fn it_is_nobodys_but_the_owners() {
    let scene = scene().await;
    let (_, stranger) = scene.world.member("Eve").await;
    let paths = scene.made().await;
    for (browser, expected) in [(&scene.editor.browser, 403), (&scene.viewer.browser, 403), (&stranger, 404)] {
        for path in [&scene.page, &paths[0], &paths[1]] {
            assert_eq!(scene.status(browser, path).await, expected, "{path}");
        }
        let asked = browser.form(&scene.page, &[]).send(&scene.world).await;
        assert_eq!(asked.status.as_u16(), expected, "{}", asked.text());
        let id = paths[0].split('/').nth(4).expect("its name");
        let ended = browser.form(&format!("{}/delete", scene.page), &[("export", id)]).send(&scene.world).await;
        assert_eq!(ended.status.as_u16(), expected);
    }
    assert_eq!(one(&scene.world, "SELECT count(*) FROM exports"), "1");
    let viewers = scene.viewer.browser.page(&format!("/teams/{}", scene.team)).send(&scene.world).await.text();
    assert!(!viewers.contains(&scene.page), "nor are they led there");
    let owners = scene.owner.page(&format!("/teams/{}", scene.team)).send(&scene.world).await.text();
    assert!(owners.contains(&format!("href=\"{}\"", scene.page)));
}

#[tokio::test]
async fn it_ends_with_its_owners_owning_the_team() {
    for is_made in [false, true] {
        let scene = scene().await;
        let paths = if is_made {
            scene.made().await
        } else {
            ask_at(&scene.world, &scene.owner, &scene.page).await;
            Vec::new()
        };
        scene.passes_on().await;
        for path in paths.iter().chain([&scene.page]) {
            assert_eq!(scene.status(&scene.owner, path).await, 403, "{path}");
        }
        build(&scene.world).await;
        let letters = scene.world.letters_to(&scene.ada.email, "export_ready");
        assert_eq!(letters, usize::from(is_made), "nothing is made for a former owner");
        assert_eq!(scene.paths(&scene.editor.browser).await, Vec::<String>::new(), "nor is it the heir's");
        scene.is_erased().await;
        ask_at(&scene.world, &scene.editor.browser, &scene.page).await;
        build(&scene.world).await;
        assert_eq!(scene.paths(&scene.editor.browser).await.len(), 2, "who makes one of their own");
    }
}

#[tokio::test]
async fn it_ends_with_the_team() {
    let scene = scene().await;
    let paths = scene.made().await;
    let close = scene.owner.form(&format!("/teams/{}/close", scene.team), &[("name", "Analytical Engine")]);
    assert_eq!(close.send(&scene.world).await.header("location"), "/teams?done=closed");
    assert_eq!(scene.status(&scene.owner, &paths[1]).await, 404, "at once");
    scene.is_erased().await;
}

#[tokio::test]
async fn it_ends_with_its_owners_account() {
    let scene = scene().await;
    let paths = scene.made().await;
    crate::erasure::request(&scene.world, &scene.owner, &[("password", PASSWORD)]).await;
    scene.world.advance_ms(tintype::policy::erasure::ERASED_AFTER_MS);
    crate::erasure::sweep(&scene.world).await;
    assert_nothing_left(&scene.world);
    assert_eq!(scene.status(&scene.editor.browser, &paths[1]).await, 404, "the heir has none");
}

#[tokio::test]
async fn what_its_owner_may_not_pass_on_of_their_own_does_not_end_it() {
    let scene = scene().await;
    let world = &scene.world;
    let paths = scene.made().await;
    ask(world, &scene.owner).await;
    build(world).await;
    let own = paths_below(&page(world, &scene.owner).await, PAGE);
    let of_owner = one(world, "SELECT id FROM images WHERE account_id = (SELECT account_id FROM exports LIMIT 1)");
    prohibit(&world.app, &ImageId::parse(&of_owner).expect("an id"), review("a test")).await.expect("decided");
    assert_eq!(scene.status(&scene.owner, &own[1]).await, 404, "their own copy ends");
    assert_eq!(scene.status(&scene.owner, &paths[1]).await, 200, "the team's has nothing of it");
}

#[tokio::test]
async fn what_may_not_be_passed_on_any_more_ends_it() {
    for is_by_law in [false, true] {
        let scene = scene().await;
        let world = &scene.world;
        let paths = scene.made().await;
        ask(world, &scene.owner).await;
        build(world).await;
        let own = paths_below(&page(world, &scene.owner).await, PAGE);
        if is_by_law {
            let (at, until) = (world.clock_now().0, world.clock_now().0 + DAY_MS);
            let hold = format!("INSERT INTO holds VALUES ('{}', 'legal', {at}, {until}, 'a test', NULL)", scene.image);
            world.sql.with_connection(|connection| connection.execute_batch(&hold).expect("SQL"));
        } else {
            prohibit(&world.app, &ImageId::parse(&scene.image).expect("an id"), review("a test"))
                .await
                .expect("decided");
        }
        assert_eq!(scene.status(&scene.owner, &paths[1]).await, 404, "at once");
        assert_eq!(scene.status(&scene.owner, &own[1]).await, 200, "it was never in the owner's own copy");
        if is_by_law {
            let again = format!(
                "UPDATE holds SET released_at = {at} WHERE image_id = '{id}';
                 UPDATE exports SET expires_at = {at} + 86400000 WHERE team_id IS NOT NULL;
                 UPDATE holds SET released_at = NULL WHERE image_id = '{id}';",
                at = world.clock_now().0,
                id = scene.image
            );
            world.sql.with_connection(|connection| connection.execute_batch(&again).expect("SQL"));
            assert_eq!(scene.status(&scene.owner, &paths[1]).await, 404, "when the hold stands again, too");
        }
    }
}
