//! Appeals: who may, for how long, who decides and by when, and what comes of it (promise IMP-22).

use tintype::domain::time::DAY_MS;
use tintype::policy::statements::{ANSWERED_MS, APPEAL_MS, HOLD_MS, REMINDED_BEFORE_MS, REMINDED_EVERY_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::erasure::upload;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, form};
use crate::operate::{PROHIBIT, decide, logged};
use crate::statements::{RESTRICT, page_of, told};

/// A picture of Ada's that Olive has prohibited; Oscar is an operator, too.
pub struct Parts {
    pub olive: Browser,
    pub oscar: Browser,
    pub ada: (Person, Browser),
    pub id: String,
    pub url: String,
}

struct Scene {
    world: World,
    parts: Parts,
}

impl std::ops::Deref for Scene {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

pub async fn parts(world: &World) -> Parts {
    let olive = world.operator("Olive").await;
    let oscar = world.operator("Oscar").await;
    let ada = world.member("Ada").await;
    let uploaded = upload(world, &ada.1, 1).await;
    let (id, url) = (uploaded.field("/id"), uploaded.field("/url"));
    world.sql.query(&format!("UPDATE images SET expires_at = NULL WHERE id = '{id}' RETURNING id"));
    decide(world, &olive, &id, &[&PROHIBIT[..], &[("listed", "1")]].concat()).await;
    assert_eq!(world.state(&id), "recovery");
    Parts { olive, oscar, ada, id, url }
}

async fn scene() -> Scene {
    let world = World::new();
    let parts = parts(&world).await;
    Scene { world, parts }
}

impl Parts {
    pub fn appeal(&self) -> Call {
        let fields = [("number", "1"), ("words", "It is a museum's, and shown as history.")];
        self.ada.1.form(&format!("/{}/appeal", self.id), &fields)
    }

    pub fn decision(&self, world: &World, outcome: &str) -> Call {
        decision(world, &self.oscar, outcome)
    }
}

fn decision(world: &World, operator: &Browser, outcome: &str) -> Call {
    let fields = [("outcome", outcome), ("reason", "it is history")];
    operator.form(&format!("/operate/appeals/{}", one(world, "SELECT id FROM appeals")), &fields)
}

impl Scene {
    async fn appeal(&self) -> Answer {
        self.parts.appeal().send(&self.world).await
    }

    fn name(&self) -> String {
        one(&self.world, "SELECT id FROM appeals")
    }

    async fn decide(&self, operator: &Browser, outcome: &str) -> Answer {
        let answer = decision(&self.world, operator, outcome).send(&self.world).await;
        self.world.deliver_messages().await;
        answer
    }

    fn has_bytes(&self) -> bool {
        self.world.blobs.has(Bucket::Recovery, &format!("images/{}", self.id))
    }

    async fn reap(&self) {
        for job in ["reap_recovery", "finish_removals"] {
            self.world.run_job(job).await.expect("runs");
        }
    }
}

#[tokio::test]
async fn promise_imp_22_an_appeal_that_is_right_brings_the_picture_back_and_takes_the_strike_away() {
    let scene = scene().await;
    let (world, id) = (&scene.world, &scene.id);
    assert_eq!(scene.appeal().await.status.as_u16(), 303);
    let page = page_of(world, &scene.ada.1, id).await;
    assert!(page.contains("It is a museum&#39;s") && page.contains("A person decides by"), "{page}");
    assert!(!format!("{:?}", world.sql.query("SELECT * FROM appeals")).contains("museum"), "what is said is sealed");
    let desk = scene.oscar.page("/operate").send(world).await.text();
    assert!(desk.contains("/operate/appeals") && desk.contains("1 waits"), "{desk}");
    let opened = scene.oscar.page(&format!("/operate/appeals/{}", scene.name())).send(world).await.text();
    assert!(opened.contains("It is a museum") && opened.contains("have not looked at the picture"), "{opened}");
    scene.oscar.form(&format!("/operate/review/{id}/look"), &[]).send(world).await;
    assert_eq!(scene.decide(&scene.oscar, "reversed").await.status.as_u16(), 303);
    assert_eq!(world.state(id), "live");
    assert_eq!(world.view(&scene.url).await.status.as_u16(), 200, "at its identical address");
    assert_eq!(one(world, "SELECT count(*) FROM strikes WHERE reversed_at IS NULL"), "0");
    assert_eq!(one(world, "SELECT count(*) FROM known_bad"), "0", "and its copies are not refused any more");
    assert_eq!(world.letters_to(&scene.ada.0.email, "appeal_decided"), 1);
    assert!(world.standing_holds().is_empty());
    let lines = logged(world, &scene.name());
    assert!(lines.iter().any(|line| line.starts_with("decided image")), "{lines:?}");
    let page = page_of(world, &scene.ada.1, id).await;
    assert!(page.contains("The decision was wrong and is taken back") && page.contains("it is history"), "{page}");
    world.settle().await;
}

#[tokio::test]
async fn whoever_decided_first_does_not_decide_again_where_there_is_somebody_else() {
    let scene = scene().await;
    scene.appeal().await;
    let refused = scene.decide(&scene.olive, "upheld").await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.text());
    assert_eq!(one(&scene.world, "SELECT count(*) FROM appeals WHERE decided_at IS NOT NULL"), "0");
    // Alone, there is nobody else.
    scene.world.sql.query("UPDATE accounts SET is_operator = 0 WHERE rowid = 2 RETURNING id");
    assert_eq!(one(&scene.world, "SELECT count(*) FROM accounts WHERE is_operator = 1"), "1");
    assert_eq!(scene.decide(&scene.olive, "upheld").await.status.as_u16(), 303);
    assert_eq!(one(&scene.world, "SELECT outcome FROM appeals"), "upheld");
}

#[tokio::test]
async fn a_decision_stands_and_there_is_one_appeal() {
    let scene = scene().await;
    scene.appeal().await;
    let again = scene.appeal().await;
    assert!(again.status.is_client_error(), "{} {}", again.status, again.text());
    assert_eq!(one(&scene.world, "SELECT count(*) FROM appeals"), "1");
    scene.decide(&scene.oscar, "upheld").await;
    let other = scene.decide(&scene.oscar, "reversed").await;
    assert!(other.status.is_client_error(), "{} {}", other.status, other.text());
    assert_eq!(
        (one(&scene.world, "SELECT outcome FROM appeals"), scene.world.state(&scene.id)),
        ("upheld".into(), "recovery".into())
    );
    assert_eq!(scene.world.letters_to(&scene.ada.0.email, "appeal_decided"), 1);
}

#[tokio::test]
async fn the_bytes_are_kept_as_long_as_the_appeal_waits_and_no_longer() {
    let scene = scene().await;
    scene.appeal().await;
    scene.world.advance_ms(60 * DAY_MS);
    scene.reap().await;
    assert!(scene.has_bytes(), "no decision comes too late");
    assert_eq!(scene.world.view(&scene.url).await.status.as_u16(), 410, "what is held is served to nobody");
    scene.decide(&scene.oscar, "upheld").await;
    assert!(scene.world.standing_holds().is_empty());
    scene.world.advance_ms(1);
    scene.reap().await;
    assert!(!scene.has_bytes(), "its window is over");
    const { assert!(HOLD_MS > APPEAL_MS + ANSWERED_MS) }
}

#[tokio::test]
async fn what_its_owner_deletes_is_not_kept_for_an_appeal_of_theirs() {
    let scene = scene().await;
    scene.appeal().await;
    scene.ada.1.form("/settings/delete", &[("password", PASSWORD)]).send(&scene.world).await;
    for _ in 0..30 {
        scene.world.advance_ms(DAY_MS);
        for cron in [tintype::jobs::EVERY_MINUTE, tintype::jobs::EVERY_OTHER_MINUTE, tintype::jobs::EVERY_OTHER_MINUTE]
        {
            scene.world.run_cron(cron).await.expect("runs");
        }
    }
    assert!(!scene.has_bytes());
    let appeal = &scene.world.sql.query("SELECT outcome, words, account_id FROM appeals")[0];
    assert_eq!(format!("{appeal:?}").matches("Null").count(), 1, "{appeal:?}: nobody's any more");
    assert!(format!("{appeal:?}").contains("withdrawn"), "{appeal:?}");
}

#[tokio::test]
async fn it_can_be_appealed_for_six_months_to_the_millisecond_and_is_due_in_a_fortnight() {
    for (later, status) in [(APPEAL_MS - 1, 200), (APPEAL_MS, 422)] {
        let world = World::new();
        let olive = world.operator("Olive").await;
        let uploaded = world.upload(&numbered_png(1)).await;
        let (id, token) = (uploaded.field("/id"), uploaded.field("/delete_token"));
        decide(&world, &olive, &id, &PROHIBIT).await;
        world.advance_ms(later);
        let fields = [("token", token.as_str()), ("number", "1"), ("words", "It is a museum's.")];
        let answer = form(&format!("/{id}/appeal"), &fields).send(&world).await;
        let is_taken = answer.status.is_success();
        assert_eq!(is_taken, status == 200, "{later}: {} {}", answer.status, answer.text());
        assert_eq!(one(&world, "SELECT count(*) FROM appeals"), if is_taken { "1" } else { "0" });
        if is_taken {
            assert_eq!(one(&world, "SELECT due_at - opened_at FROM appeals"), ANSWERED_MS.to_string());
            // Its key is its own, and goes with it.
            assert_eq!(one(&world, "SELECT kind FROM key_holders"), "appeal");
            assert!(answer.text().contains("It is a museum&#39;s"), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn nobody_appeals_what_is_not_theirs() {
    let scene = scene().await;
    let (_, bob) = scene.world.member("Bob").await;
    let fields = [("number", "1"), ("words", "mine")];
    let answer = bob.form(&format!("/{}/appeal", scene.id), &fields).send(&scene.world).await;
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text());
    let fields = [("number", "1"), ("words", "mine"), ("token", "del_0000000000000000000000000000000000000000000")];
    let answer = form(&format!("/{}/appeal", scene.id), &fields).send(&scene.world).await;
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text());
    for words in ["", &"x".repeat(4_001)] {
        let fields = [("number", "1"), ("words", words)];
        let answer = scene.ada.1.form(&format!("/{}/appeal", scene.id), &fields).send(&scene.world).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
    }
    assert_eq!(one(&scene.world, "SELECT count(*) FROM appeals"), "0");
}

#[tokio::test]
async fn operators_are_reminded_of_appeals_before_their_time_and_daily() {
    let scene = scene().await;
    scene.appeal().await;
    let reminded = async || {
        scene.world.run_job("finish_appeals").await.expect("runs");
        scene.world.deliver_messages().await;
        scene.world.letters_to("oscar@example.org", "appeals_due")
    };
    scene.world.advance_ms(ANSWERED_MS - REMINDED_BEFORE_MS - 1);
    assert_eq!(reminded().await, 0, "a millisecond before");
    scene.world.advance_ms(1);
    assert_eq!(reminded().await, 1);
    scene.world.advance_ms(REMINDED_EVERY_MS - 1);
    assert_eq!(reminded().await, 1);
    scene.world.advance_ms(1);
    assert_eq!(reminded().await, 2);
}

#[tokio::test]
async fn what_is_kept_for_an_authority_no_appeal_brings_back() {
    let world = World::new();
    let _olive = world.operator("Olive").await;
    let oscar = world.operator("Oscar").await;
    let (_, ada) = world.member("Ada").await;
    let id = upload(&world, &ada, 1).await.field("/id");
    let found = [("choice", "prohibit"), ("ground", "child_abuse"), ("reason", "found")];
    decide(&world, &oscar, &id, &found).await;
    ada.form(&format!("/{id}/appeal"), &[("number", "1"), ("words", "no")]).send(&world).await;
    told(&world).await;
    let name = one(&world, "SELECT id FROM appeals");
    let fields = [("outcome", "reversed"), ("reason", "a mistake")];
    let olive = _olive.form(&format!("/operate/appeals/{name}"), &fields).send(&world).await;
    assert_eq!(olive.status.as_u16(), 303, "{}", olive.text());
    assert_eq!(world.state(&id), "recovery", "the law has it stay where it is");
    assert_eq!(one(&world, "SELECT is_back FROM appeals"), "0");
}

/// A picture of Ada's that is to stay for `ttl` seconds, which a warning of Olive's has leave after 30 days; an appeal of the day
/// before that.
async fn shortened(ttl: &str) -> (World, Browser, String, Answer) {
    let world = World::new();
    let (olive, oscar) = (world.operator("Olive").await, world.operator("Oscar").await);
    let (_, ada) = world.member("Ada").await;
    let call = Call::app("POST", &format!("/v1/images?{ttl}")).body("image/png", numbered_png(1));
    let uploaded = ada.send(call).send(&world).await;
    let id = uploaded.field("/id");
    decide(&world, &olive, &id, &RESTRICT).await;
    let until: i64 = one(&world, &format!("SELECT expires_at FROM images WHERE id = '{id}'")).parse().expect("an end");
    world.advance_ms(until - DAY_MS - world.clock_now().0);
    let fields = [("number", "1"), ("words", "It is a statue.")];
    assert_eq!(ada.form(&format!("/{id}/appeal"), &fields).send(&world).await.status.as_u16(), 303);
    world.advance_ms(DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.state(&id), "recovery", "its time is over, as it is now");
    (world, oscar, id, uploaded)
}

#[tokio::test]
async fn a_picture_that_a_warning_had_leave_early_comes_back_when_the_warning_was_wrong() {
    let (world, oscar, id, uploaded) = shortened("").await;
    let url = uploaded.field("/url");
    assert_eq!(world.view(&url).await.status.as_u16(), 410);
    // Later than its bytes would have been erased, were it not for the appeal.
    world.advance_ms(40 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(decision(&world, &oscar, "reversed").send(&world).await.status.as_u16(), 303);
    assert_eq!(world.view(&url).await.status.as_u16(), 200, "at its identical address");
    let image = &world.sql.query(&format!("SELECT state, verdict, expires_at FROM images WHERE id = '{id}'"))[0];
    assert_eq!((&image["state"], &image["verdict"]), (&"live".into(), &"safe".into()));
    assert!(image["expires_at"].is_null(), "as long as before: {image:?}");
    assert_eq!(one(&world, "SELECT is_back FROM appeals"), "1");
    assert_eq!(one(&world, "SELECT count(*) FROM statements WHERE ended_at IS NULL"), "0");
    assert!(world.standing_holds().is_empty());
    world.settle().await;
}

#[tokio::test]
async fn a_picture_whose_own_time_is_over_does_not_come_back() {
    let (world, oscar, id, _) = shortened("ttl=3024000").await;
    world.advance_ms(5 * DAY_MS);
    assert_eq!(decision(&world, &oscar, "reversed").send(&world).await.status.as_u16(), 303);
    assert_eq!(world.state(&id), "recovery");
    assert_eq!(one(&world, "SELECT is_back FROM appeals"), "0");
    world.run_job("reap_recovery").await.expect("runs");
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.state(&id), "gone", "and nothing keeps its bytes any longer");
}
