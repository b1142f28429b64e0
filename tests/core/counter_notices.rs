//! What uploaders answer to claims of copyright: who may, what the claimant learns, and when the picture comes back
//! (17 U.S.C. 512(g)).

use tintype::domain::time::{DAY_MS, HOUR_MS, Timestamp};
use tintype::jobs::{EVERY_MINUTE, EVERY_OTHER_MINUTE};
use tintype::policy::notices::ANSWERED_WITHIN_MS;
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, form};
use crate::harness::{APP, NOON, World};
use crate::notices::{Sent, copyright_fields, decide, sent};

/// A picture that was taken away for copyright.
pub struct Taken {
    pub world: World,
    pub olive: Browser,
    pub image: String,
    pub token: String,
    pub notice: Sent,
}

pub async fn taken(at: Timestamp) -> Taken {
    let world = World::new();
    world.advance_ms(at.ms_since(NOON));
    let olive = world.operator("Olive").await;
    let answer = world.upload(&numbered_png(1)).await;
    let (image, token) = (answer.field("/id"), answer.field("/delete_token"));
    let notice = sent(&world, &copyright_fields(&format!("{APP}/{image}"))).await;
    let decided = decide(&world, &olive, &notice.id, "prohibited", "copyright").await;
    assert_eq!(decided.status.as_u16(), 303, "{}", decided.text());
    Taken { world, olive, image, token, notice }
}

pub fn answer_fields<'a>(image: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("image", image),
        ("token", token),
        ("name", "Ursula Uploader"),
        ("address", "2 Side Street"),
        ("phone", "+1 555 0199"),
        ("email", "ursula@example.org"),
        ("reasons", "I took it myself"),
        ("mistake", "1"),
        ("jurisdiction", "1"),
        ("signature", "Ursula Uploader"),
    ]
}

impl Taken {
    pub async fn answer(&self) -> Answer {
        let fields = answer_fields(&self.image, &self.token);
        let answer = form(&format!("/report/{}/counter", self.notice.id), &fields).send(&self.world).await;
        self.world.deliver_messages().await;
        answer
    }

    pub fn counter(&self, column: &str) -> String {
        one(&self.world, &format!("SELECT {column} FROM counter_notices"))
    }

    async fn jobs(&self) {
        for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE] {
            self.world.run_cron(cron).await.expect("runs");
        }
    }

    fn until(&self, at: Timestamp) {
        self.world.advance_ms(at.ms_since(self.world.clock_now()));
    }

    fn is_kept(&self) -> bool {
        self.world.blobs.has(Bucket::Recovery, &format!("images/{}", self.image))
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_day(text).expect("a day").plus_ms(12 * HOUR_MS)
}

#[tokio::test]
async fn promise_imp_39_an_answer_is_passed_on_and_the_picture_comes_back_after_ten_business_days_to_the_millisecond() {
    // Weekends, observed holidays, a leap day: (received, not before, not after).
    for (received, before, after) in [
        ("2026-11-30", "2026-12-15T10:00:00Z", "2026-12-19T00:00:00Z"),
        ("2026-12-18", "2027-01-06T10:00:00Z", "2027-01-12T00:00:00Z"),
        ("2027-12-20", "2028-01-06T10:00:00Z", "2028-01-12T00:00:00Z"),
        ("2028-02-18", "2028-03-07T10:00:00Z", "2028-03-11T00:00:00Z"),
    ] {
        let scene = taken(at(received)).await;
        // Longer than anonymous uploads live otherwise would be in the way: as the account's.
        scene.world.sql.query("UPDATE images SET expires_at = NULL RETURNING id");
        let answer = scene.answer().await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        let (from, until) = (scene.counter("restore_not_before"), scene.counter("restore_not_after"));
        let (from, until) = (Timestamp(from.parse().unwrap()), Timestamp(until.parse().unwrap()));
        assert_eq!((from.rfc3339(), until.rfc3339()), (before.to_owned(), after.to_owned()), "{received}");
        scene.until(from.plus_ms(-1));
        scene.world.run_job("restore_countered").await.expect("runs");
        assert_eq!(scene.world.state(&scene.image), "recovery", "{received}: a millisecond before");
        scene.until(from);
        scene.world.run_job("restore_countered").await.expect("runs");
        assert_eq!(scene.world.state(&scene.image), "live", "{received}");
        assert_eq!(scene.counter("outcome"), "restored");
        let seen = Call::images("GET", &format!("/{}.png", scene.image)).send(&scene.world).await;
        assert_eq!(seen.status.as_u16(), 200, "at its identical address");
        assert!(scene.world.standing_holds().is_empty());
        scene.world.deliver_messages().await;
        assert_eq!(scene.world.letters_to("ursula@example.org", "counter_notice_settled"), 1);
    }
}

#[tokio::test]
async fn the_claimant_learns_what_the_law_says_and_nobody_else_who_answered() {
    let scene = taken(NOON).await;
    scene.answer().await;
    let taken = scene.world.mail.taken();
    let letter = taken.iter().rfind(|taken| taken.letter.kind == "counter_notice_forwarded").expect("forwarded");
    assert_eq!(letter.letter.to.as_str(), "carla@example.org");
    for said in ["Ursula Uploader", "2 Side Street", "+1 555 0199", "I took it myself", &scene.image] {
        assert!(letter.letter.content.text.contains(said), "{said}: {}", letter.letter.content.text);
    }
    assert_eq!(scene.world.letters_to("ursula@example.org", "counter_notice_received"), 1);
    for table in ["counter_notices", "notices", "letters", "holds", "review_log", "key_holders", "journal"] {
        let rows = format!("{:?}", scene.world.sql.query(&format!("SELECT * FROM {table}")));
        for said in ["Ursula", "ursula", "Side Street", "0199"] {
            assert!(!rows.contains(said), "{table}: {rows}");
        }
    }
    let page = Call::app("GET", &scene.notice.page()).send(&scene.world).await.text();
    assert!(page.contains("What was answered") && page.contains("I have asked a court"), "{page}");
    // Once: a second answer is the first.
    assert_eq!(scene.answer().await.status.as_u16(), 200);
    assert_eq!(one(&scene.world, "SELECT count(*) FROM counter_notices"), "1");
    assert_eq!(scene.world.letters_to("carla@example.org", "counter_notice_forwarded"), 1);
}

#[tokio::test]
async fn the_bytes_are_kept_for_an_answer_whatever_the_reaper_thinks_and_not_longer() {
    let scene = taken(NOON).await;
    scene.world.advance_ms(ANSWERED_WITHIN_MS - 1);
    scene.jobs().await;
    assert!(scene.is_kept(), "the recovery window of 14 days is over");
    let late = taken(NOON).await;
    late.world.advance_ms(ANSWERED_WITHIN_MS + 1);
    late.jobs().await;
    late.jobs().await;
    assert!(!late.is_kept());
    assert_eq!(late.answer().await.status.as_u16(), 404, "there is nothing to bring back");
    // An answer on the last day keeps them until they are back.
    assert_eq!(scene.answer().await.status.as_u16(), 200);
    scene.world.advance_ms(14 * DAY_MS);
    scene.jobs().await;
    assert!(scene.is_kept());
}

#[tokio::test]
async fn a_court_keeps_the_picture_away() {
    let scene = taken(NOON).await;
    let fields = [("token", scene.notice.token.as_str()), ("step", "suit")];
    let suit = async || form(&format!("/report/{}", scene.notice.id), &fields).send(&scene.world).await;
    assert_eq!(suit().await.status.as_u16(), 404, "there is no answer yet");
    scene.answer().await;
    assert_eq!(suit().await.status.as_u16(), 303);
    for _ in 0..20 {
        scene.world.advance_ms(5 * DAY_MS);
        scene.jobs().await;
    }
    assert_eq!(scene.world.state(&scene.image), "recovery");
    assert!(scene.is_kept());
    assert_eq!(scene.counter("outcome"), "null");
    let acts = scene.world.sql.query("SELECT reason FROM review_log WHERE act = 'preserved'");
    assert_eq!(acts.len(), 1);
    // A database that was set back knows of the court by the hold.
    scene.world.sql.query("UPDATE counter_notices SET suit_at = NULL RETURNING id");
    scene.jobs().await;
    assert_eq!(scene.world.state(&scene.image), "recovery");
}

#[tokio::test]
async fn only_whoever_uploaded_it_answers_and_says_all_that_the_law_asks_for() {
    let scene = taken(NOON).await;
    let path = format!("/report/{}/counter", scene.notice.id);
    let send = async |fields: &[(&str, &str)]| form(&path, fields).send(&scene.world).await.status.as_u16();
    let right = answer_fields(&scene.image, &scene.token);
    let page = Call::app("GET", &format!("{path}?image={}", scene.image)).send(&scene.world).await;
    assert!(page.text().contains("penalty of perjury"));
    for left_out in ["name", "address", "phone", "email", "signature", "mistake", "jurisdiction"] {
        let fields: Vec<(&str, &str)> = right.iter().filter(|(name, _)| *name != left_out).copied().collect();
        assert_eq!(send(&fields).await, 422, "{left_out}");
    }
    let other = scene.world.upload(&numbered_png(2)).await;
    let (other_id, other_token) = (other.field("/id"), other.field("/delete_token"));
    assert_eq!(send(&answer_fields(&scene.image, &other_token)).await, 403);
    assert_eq!(send(&answer_fields(&scene.image, "")).await, 401);
    assert_eq!(send(&answer_fields(&other_id, &other_token)).await, 404, "the notice is not about it");
    assert_eq!(one(&scene.world, "SELECT count(*) FROM counter_notices"), "0");
    // A notice that is about something else than copyright is answered by an appeal.
    let another = sent(&scene.world, &crate::notices::intimate_fields(&format!("{APP}/{other_id}"))).await;
    decide(&scene.world, &scene.olive, &another.id, "prohibited", "intimate_imagery").await;
    let path = format!("/report/{}/counter", another.id);
    let refused = form(&path, &answer_fields(&other_id, &other_token)).send(&scene.world).await;
    assert_eq!(refused.status.as_u16(), 404);
}

async fn owned(world: &World, olive: &Browser) -> (Browser, String, Sent) {
    let (_, ada) = world.member("Ada").await;
    let upload = Call::app("POST", "/v1/images").body("image/png", numbered_png(9));
    let image = ada.send(upload).send(world).await.field("/id");
    let notice = sent(world, &copyright_fields(&format!("{APP}/{image}"))).await;
    decide(world, olive, &notice.id, "prohibited", "copyright").await;
    (ada, image, notice)
}

#[tokio::test]
async fn an_owner_answers_with_her_sign_in() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let (ada, image, notice) = owned(&world, &olive).await;
    let path = format!("/report/{}/counter", notice.id);
    let page = ada.page(&format!("{path}?image={image}")).send(&world).await.text();
    assert!(!page.contains("Delete link or delete token"), "{page}");
    let (_, bob) = world.member("Bob").await;
    assert_eq!(bob.form(&path, &answer_fields(&image, "")).send(&world).await.status.as_u16(), 403);
    let answered = ada.form(&path, &answer_fields(&image, "")).send(&world).await;
    assert_eq!(answered.status.as_u16(), 200, "{}", answered.text());
    world.advance_ms(21 * DAY_MS);
    world.run_job("restore_countered").await.expect("runs");
    assert_eq!(world.state(&image), "live");
    world.settle().await;
}

#[tokio::test]
async fn nothing_of_an_erased_account_comes_back_and_nothing_is_kept_for_that() {
    let world = World::new();
    let olive = world.operator("Olive").await;
    let (ada, image, notice) = owned(&world, &olive).await;
    ada.form(&format!("/report/{}/counter", notice.id), &answer_fields(&image, "")).send(&world).await;
    ada.form("/settings/delete", &[("password", PASSWORD)]).send(&world).await;
    for _ in 0..30 {
        world.advance_ms(DAY_MS);
        for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_OTHER_MINUTE] {
            world.run_cron(cron).await.expect("runs");
        }
    }
    assert_eq!(world.state(&image), "gone");
    assert_eq!(one(&world, "SELECT outcome FROM counter_notices"), "gone");
    assert!(!world.blobs.has(Bucket::Recovery, &format!("images/{image}")));
}

#[tokio::test]
async fn what_another_notice_keeps_away_stays_until_that_is_answered_too() {
    let scene = taken(NOON).await;
    let mut fields = copyright_fields(&format!("{APP}/{}", scene.image));
    fields.retain(|(name, _)| *name != "email");
    fields.push(("email", "dora@example.org".to_owned()));
    let second = sent(&scene.world, &fields).await;
    decide(&scene.world, &scene.olive, &second.id, "prohibited", "copyright").await;
    assert_eq!(scene.answer().await.status.as_u16(), 200);
    scene.world.advance_ms(17 * DAY_MS);
    scene.world.run_job("restore_countered").await.expect("runs");
    assert_eq!((scene.world.state(&scene.image).as_str(), scene.counter("outcome").as_str()), ("recovery", "stays"));
    let path = format!("/report/{}/counter", second.id);
    let fields = answer_fields(&scene.image, &scene.token);
    assert_eq!(form(&path, &fields).send(&scene.world).await.status.as_u16(), 200);
    scene.world.sql.query("UPDATE images SET expires_at = NULL, created_at = created_at + 2592000000 RETURNING id");
    let back_at = one(&scene.world, "SELECT max(restore_not_before) FROM counter_notices");
    scene.until(Timestamp(back_at.parse().unwrap()));
    scene.world.run_job("restore_countered").await.expect("runs");
    assert_eq!(scene.world.state(&scene.image), "live");
}
