//! What is told of all uploads together: that it is counted rightly, once, and tells of nobody.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tintype::domain::statistics::{Kind, tell};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use tintype::jobs::EVERY_NIGHT;
use tintype::policy::statistics::{
    COUNTED_WITHIN_MS, DAYS_MAX, FORGOTTEN_MAX, KINDS_OF_REMOVALS, KINDS_OF_UPLOADS, STATISTICS_MS, TOLD_FROM,
};
use tintype::ports::rng::Rng as _;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::plant::id;
use crate::harness::small_ports::SeededRng;
use crate::harness::{NOON, World};

const JOB: &str = "count_statistics";

async fn count(world: &World) {
    world.run_job(JOB).await.unwrap_or_else(|faults| panic!("{faults:?}"));
}

fn midnight(days_ago: i64) -> Timestamp {
    NOON.window_start(DAY_MS).plus_ms(-days_ago * DAY_MS)
}

/// An image, as far as it is counted.
#[derive(Clone, Debug)]
struct Planted {
    surface: &'static str,
    format: Option<&'static str>,
    verdict: &'static str,
    state: &'static str,
    reason: Option<&'static str>,
    created_at: Timestamp,
    removing_at: Option<Timestamp>,
}

const PLAIN: Planted = Planted {
    surface: "web",
    format: Some("jpeg"),
    verdict: "safe",
    state: "live",
    reason: None,
    created_at: NOON,
    removing_at: None,
};

fn plant(world: &World, images: &[Planted]) {
    let first = one(world, "SELECT count(*) FROM images").parse::<u64>().expect("a number");
    let quoted = |text: Option<&str>| text.map_or("NULL".to_owned(), |text| format!("'{text}'"));
    world.sql.with_connection(|sql| {
        sql.execute_batch("BEGIN").expect("begins");
        for (number, image) in (first..).zip(images) {
            let facts = image.format.map(|format| json!({ "format": format }).to_string());
            let removing_at = image.removing_at.map_or("NULL".to_owned(), |at| at.0.to_string());
            let row = format!(
                "INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason,
                   facts, removing_at, removal_reason)
                 VALUES ('{}', '{}', '{}', '{}', 1, {}, 'safe', '', {}, {removing_at}, {})",
                id(number), image.state, image.surface, image.verdict, image.created_at.0, quoted(facts.as_deref()),
                quoted(image.reason)
            );
            sql.execute_batch(&row).unwrap_or_else(|error| panic!("{row}: {error}"));
        }
        sql.execute_batch("COMMIT").expect("commits");
    });
}

/// What is told: of each day and subject, each kind and its number.
fn told(world: &World) -> BTreeMap<(i64, String), BTreeMap<String, Option<i64>>> {
    let mut days: BTreeMap<_, BTreeMap<String, Option<i64>>> = BTreeMap::new();
    for row in world.sql.query("SELECT * FROM statistics") {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let kind = ["surface", "format", "verdict", "reason"].map(text).join(" ");
        let place = (row["day"].as_i64().expect("a day"), text("subject"));
        assert!(days.entry(place).or_default().insert(kind, row["count"].as_i64()).is_none());
    }
    days
}

/// What is told of one day's uploads.
fn uploads(world: &World, day: Timestamp) -> BTreeMap<String, Option<i64>> {
    told(world).remove(&(day.0, "uploads".to_owned())).unwrap_or_default()
}

fn number(rng: &SeededRng, end: u64) -> u64 {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes).expect("random");
    u64::from_le_bytes(bytes) % end
}

fn one_of<T: Copy>(rng: &SeededRng, choices: &[T]) -> T {
    // The first ones more often than the last, so that there are many of some and few of others.
    let most = number(rng, choices.len() as u64) + 1;
    choices[number(rng, most) as usize]
}

fn random_image(rng: &SeededRng) -> Planted {
    let (state, reason) = one_of(
        rng,
        &[
            ("live", None),
            ("recovery", Some("deleted")),
            ("gone", Some("expired")),
            ("recovery", Some("removed")),
            ("recovery", Some("prohibited")),
            ("gone", Some("lost")),
            ("removing", Some("deleted")),
            ("held", None),
            ("pending", None),
            ("gone", Some("abandoned")),
            ("gone", Some("refused")),
            ("gone", Some("unscanned")),
        ],
    );
    let within = |rng: &SeededRng| midnight(3).plus_ms(number(rng, 3 * DAY_MS as u64) as i64);
    // Whole days, too, and the last millisecond of one.
    let edges = [midnight(3), midnight(2).plus_ms(-1), midnight(2), midnight(0).plus_ms(-1), midnight(0)];
    let at = |rng: &SeededRng| if number(rng, 10) == 0 { one_of(rng, &edges) } else { within(rng) };
    Planted {
        surface: one_of(rng, &["web", "api", "import"]),
        format: one_of(rng, &[Some("jpeg"), Some("png"), Some("webp"), None, Some("gif")]),
        verdict: one_of(rng, &["safe", "flagged", "restricted", "prohibited", "unscanned"]),
        state,
        reason,
        created_at: at(rng),
        removing_at: reason.is_some().then(|| at(rng)),
    }
}

/// The same by looking at each image.
fn naive(images: &[Planted], day: Timestamp) -> [BTreeMap<String, i64>; 2] {
    let mut sums = [BTreeMap::new(), BTreeMap::new()];
    let is_on = |at: Timestamp| at >= day && at < day.plus_ms(DAY_MS);
    for image in images {
        let is_image = image.state != "pending" && !matches!(image.reason, Some("abandoned" | "refused"));
        if is_image && is_on(image.created_at) {
            let format = image.format.unwrap_or("unknown");
            *sums[0].entry(format!("{} {format} {} ", image.surface, image.verdict)).or_default() += 1;
        }
        let left = matches!(image.reason, Some("expired" | "deleted" | "removed" | "lost"));
        if left && image.state != "removing" && image.removing_at.is_some_and(is_on) {
            *sums[1].entry(format!("   {}", image.reason.expect("one"))).or_default() += 1;
        }
    }
    sums
}

#[tokio::test]
async fn what_is_told_is_what_a_naive_count_finds_and_less() {
    for seed in 1..=6 {
        let (world, rng) = (World::new(), SeededRng::new(seed));
        let images: Vec<Planted> = (0..[40, 300, 3_000][seed as usize % 3]).map(|_| random_image(&rng)).collect();
        plant(&world, &images);
        count(&world).await;
        let told = told(&world);
        let days: BTreeSet<i64> = told.keys().map(|(day, _)| *day).collect();
        assert_eq!(days, [3, 2, 1].map(|ago| midnight(ago).0).into(), "the days that have ended");
        let mut numbers = 0;
        for (day, subject, index, kinds) in days
            .into_iter()
            .flat_map(|day| [(day, "uploads", 0, KINDS_OF_UPLOADS), (day, "removals", 1, KINDS_OF_REMOVALS)])
        {
            let there = &naive(&images, Timestamp(day))[index];
            let mut said = told[&(day, subject.to_owned())].clone();
            let rest = said.remove("   ").expect("the rest of the day");
            let enough: BTreeMap<_, _> = there.iter().filter(|(_, count)| **count >= TOLD_FROM).collect();
            let said: BTreeMap<_, _> = said.iter().map(|(kind, count)| (kind, count.expect("a number"))).collect();
            assert_eq!(said, enough.iter().map(|(kind, count)| (*kind, **count)).collect(), "seed {seed}, {subject}");
            let few: i64 = there.values().filter(|count| **count < TOLD_FROM).sum();
            let can_have = (TOLD_FROM - 1) * (kinds as i64 - enough.len() as i64 - 1);
            assert_eq!(rest, Some(few).filter(|few| *few >= TOLD_FROM && *few <= can_have), "seed {seed}, {subject}");
            numbers += enough.len();
        }
        assert!(numbers > 0 || images.len() < 100, "the scene says something");
    }
}

#[test]
fn promise_bgr_03_no_number_that_is_told_is_small_and_none_is_the_sum_of_others() {
    for seed in 1..=200 {
        let rng = SeededRng::new(seed);
        let end = number(&rng, 40) + 1;
        let kinds = (0..number(&rng, 60)).map(|n| Kind { surface: n.to_string(), ..Kind::default() });
        let counts: BTreeMap<Kind, i64> = kinds.map(|kind| (kind, number(&rng, end) as i64)).collect();
        let told = tell(&counts, KINDS_OF_UPLOADS, TOLD_FROM);
        let numbers: Vec<i64> = told.kinds.values().copied().chain(told.rest).collect();
        assert!(numbers.iter().all(|number| *number >= TOLD_FROM), "seed {seed}: {numbers:?}");
        let all: i64 = counts.values().sum();
        assert!(told.rest.is_none_or(|rest| told.kinds.values().sum::<i64>() + rest == all), "each image is in one");
        // Of each kind that is not told, every small number is possible: with so many of the others as make up the rest.
        if let Some(rest) = told.rest {
            let others = KINDS_OF_UPLOADS as i64 - told.kinds.len() as i64 - 1;
            for small in 0..TOLD_FROM {
                assert!((0..=others * (TOLD_FROM - 1)).contains(&(rest - small)), "seed {seed}");
            }
        }
    }
}

#[tokio::test]
async fn promise_msf_08_there_is_nothing_in_it_that_is_of_anybody() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let image = browser.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(&world).await;
    plant(&world, &vec![Planted { created_at: midnight(1), ..PLAIN }; 12]);
    world.advance_ms(DAY_MS);
    count(&world).await;
    let rows = format!("{:?}", world.sql.query("SELECT * FROM statistics"));
    let account = one(&world, "SELECT id FROM accounts");
    for name in [account.as_str(), &image.field("/id"), "203.0.113", "ada"] {
        assert!(!rows.contains(name), "{name}: {rows}");
    }
    // One upload of one person is not told; twelve of somebody are.
    assert_eq!(uploads(&world, midnight(0)), BTreeMap::from([("   ".to_owned(), None)]));
    let expected = BTreeMap::from([("   ".to_owned(), None), ("web jpeg safe ".to_owned(), Some(12))]);
    assert_eq!(uploads(&world, midnight(1)), expected);
    for path in ["/statistics", "/statistics.json"] {
        let text = Call::app("GET", path).send(&world).await.text();
        assert!(!text.contains(account.as_str()) && !text.contains(&image.field("/id")), "{text}");
    }
}

#[tokio::test]
async fn a_day_is_counted_once_whatever_becomes_of_its_pictures() {
    let world = World::new();
    plant(&world, &vec![Planted { created_at: midnight(1), ..PLAIN }; 15]);
    count(&world).await;
    let before = told(&world);
    world.sql.query("UPDATE images SET verdict = 'restricted', facts = NULL, state = 'gone', removal_reason = 'deleted' RETURNING id");
    plant(&world, &vec![Planted { created_at: midnight(1), surface: "api", ..PLAIN }; 20]);
    for _ in 0..3 {
        count(&world).await;
    }
    assert_eq!(told(&world), before);
    // The day that is not over is not counted, to its last millisecond.
    plant(&world, &vec![PLAIN; 11]);
    world.advance_ms(midnight(-1).ms_since(world.clock_now()) - 1);
    count(&world).await;
    assert_eq!(told(&world), before);
    world.advance_ms(1);
    count(&world).await;
    assert_eq!(uploads(&world, midnight(0)).get("web jpeg safe "), Some(&Some(11)));
}

#[tokio::test]
async fn nights_that_were_missed_are_caught_up_as_far_as_there_is_something_to_count() {
    let world = World::new();
    let images: Vec<Planted> =
        (1..=95).flat_map(|ago| vec![Planted { created_at: midnight(ago).plus_ms(5), ..PLAIN }; 10]).collect();
    plant(&world, &images);
    let oldest = COUNTED_WITHIN_MS / DAY_MS;
    for night in 1..=3 {
        world.faults.cost();
        count(&world).await;
        let cost = world.faults.cost();
        assert!(cost.queries <= 300 && cost.calls <= 300, "{cost:?}");
        let days: BTreeSet<i64> = told(&world).into_keys().map(|(day, _)| day).collect();
        assert_eq!(days.len(), night * DAYS_MAX);
        assert_eq!(days.first(), Some(&midnight(oldest).0), "the first first, and none of which rows may be gone");
    }
    for _ in 0..20 {
        count(&world).await;
    }
    let days = told(&world);
    assert_eq!(days.len() as i64, 2 * oldest);
    let of_uploads = days.iter().filter(|((_, subject), _)| subject == "uploads");
    assert!(of_uploads.clone().all(|(_, kinds)| kinds["web jpeg safe "] == Some(10)), "{days:?}");
    // A night with all that there is to do.
    let world = World::new();
    plant(&world, &images);
    world.faults.cost();
    world.run_cron(EVERY_NIGHT).await.expect("runs");
    assert!(world.faults.cost().queries <= 500);
}

#[tokio::test]
async fn where_nothing_was_uploaded_there_is_nothing_to_count() {
    let world = World::new();
    count(&world).await;
    assert_eq!(told(&world), BTreeMap::new());
    let page = Call::app("GET", "/statistics").send(&world).await;
    assert!(page.text().contains("Nothing is counted yet"), "{}", page.text());
    // From the first upload on, each day is one, also one without any.
    world.upload(&numbered_png(1)).await;
    world.advance_ms(3 * DAY_MS);
    count(&world).await;
    assert_eq!(told(&world).len(), 6);
    assert!(told(&world).values().all(|kinds| kinds.values().eq([&None])), "one picture and none are the same");
}

#[tokio::test]
async fn promise_msf_08_a_day_is_forgotten_before_twelve_months_have_passed() {
    let world = World::new();
    world.upload(&numbered_png(1)).await;
    world.advance_ms(DAY_MS);
    count(&world).await;
    let day = midnight(0);
    world.advance_ms(day.plus_ms(STATISTICS_MS).ms_since(world.clock_now()) - 1);
    let is_told = async |world: &World| {
        let months = Call::app("GET", "/statistics.json").send(world).await.json()["months"].clone();
        months.as_array().is_some_and(|months| months.iter().any(|month| month["month"] == "2026-11"))
    };
    world.sql.query("DELETE FROM statistics WHERE day <> (SELECT min(day) FROM statistics) RETURNING day");
    world.sql.query("DELETE FROM images RETURNING id");
    count(&world).await;
    assert!(!uploads(&world, day).is_empty() && is_told(&world).await);
    world.advance_ms(1);
    assert!(!is_told(&world).await, "also if the job is late");
    count(&world).await;
    assert_eq!(uploads(&world, day), BTreeMap::new());
    // Also of much.
    world.sql.with_connection(|sql| {
        let many = format!(
            "INSERT INTO statistics WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {})
             SELECT 0, 'uploads', n, '', '', '', 10 FROM n",
            FORGOTTEN_MAX + 5
        );
        sql.execute_batch(&many).expect("plants");
    });
    for left in ["5", "0"] {
        count(&world).await;
        assert_eq!(one(&world, "SELECT count(*) FROM statistics WHERE day = 0"), left);
    }
}

#[test]
fn a_count_that_dies_is_done_by_the_next_run_and_never_half_or_twice() {
    let images: Vec<Planted> = (0..30)
        .map(|n| Planted {
            created_at: midnight(1).plus_ms(n * HOUR_MS / 2),
            surface: if n < 12 { "api" } else { "web" },
            ..PLAIN
        })
        .collect();
    let set = || {
        let world = World::new();
        plant(&world, &images);
        (world, ())
    };
    let act = |world: &World, (): &()| {
        drop(world.attempt(world.run_job(JOB)));
        None
    };
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        let all = |world: &World| {
            let kinds = uploads(world, midnight(1));
            (
                kinds.get("api jpeg safe ").copied().flatten(),
                kinds.get("web jpeg safe ").copied().flatten(),
                kinds.len(),
            )
        };
        assert!([(None, None, 0), (Some(12), Some(18), 3)].contains(&all(world)), "{context}: {:?}", told(world));
        world.advance_ms(6 * MINUTE_MS);
        now(world.run_job(JOB)).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
        assert_eq!(all(world), (Some(12), Some(18), 3), "{context}");
    };
    at_every_call("counting", 50, set, act, check);
}

#[tokio::test]
async fn a_run_that_lost_its_lease_tells_nothing() {
    let world = World::new();
    plant(&world, &vec![Planted { created_at: midnight(1), ..PLAIN }; 15]);
    // Another takes the lease as soon as this one has it.
    world.sql.with_connection(|sql| {
        let stolen = "CREATE TRIGGER stolen AFTER UPDATE OF held_until ON leases BEGIN
                        UPDATE leases SET fence = fence + 1 WHERE job = new.job AND fence = new.fence AND held_until > 0;
                      END";
        sql.execute_batch(stolen).expect("plants");
        sql.execute_batch("INSERT INTO leases (job, fence, held_until) VALUES ('count_statistics', 7, 0)").expect("plants");
    });
    let outcome = world.run_job(JOB).await;
    assert_eq!(told(&world), BTreeMap::new(), "{outcome:?}");
}

// For whom it is told.

#[tokio::test]
async fn the_page_and_the_answer_for_programs_say_the_same() {
    let world = World::new();
    let many = |count: usize, image: Planted| vec![image; count];
    let left = Planted { state: "recovery", reason: Some("expired"), removing_at: Some(midnight(1)), ..PLAIN };
    plant(&world, &many(1_200, Planted { created_at: midnight(1), ..PLAIN }));
    plant(&world, &many(4, Planted { created_at: midnight(1), format: Some("gif"), ..PLAIN }));
    plant(&world, &many(9, Planted { created_at: midnight(2), ..PLAIN }));
    plant(&world, &many(8, Planted { created_at: midnight(2), surface: "api", ..PLAIN }));
    plant(&world, &many(30, Planted { created_at: midnight(30), ..left }));
    count(&world).await;
    for _ in 0..6 {
        count(&world).await;
    }
    let answer = Call::app("GET", "/statistics.json").send(&world).await.json();
    assert_eq!(answer["told_from"], 10);
    let day =
        |name: &str| answer["days"].as_array().and_then(|days| days.iter().find(|day| day["day"] == name).cloned());
    let figure = |count: u64, few_more: bool| json!({ "count": count, "few_more": few_more });
    let yesterday = day("2026-11-23").expect("a day");
    assert_eq!((&yesterday["uploads"], &yesterday["removals"]), (&figure(1_200, true), &figure(30, true)));
    assert_eq!(day("2026-11-22").expect("a day")["uploads"], figure(17, false), "nine and eight are told together");
    let month = answer["months"].as_array().and_then(|months| months.first().cloned()).expect("a month");
    assert_eq!((&month["month"], &month["uploads"]), (&json!("2026-11"), &figure(1_217, true)));
    let kinds = answer["kinds"].as_array().cloned().unwrap_or_default();
    let rest =
        kinds.iter().find(|kind| kind["subject"] == "uploads" && kind["surface"] == Value::Null).expect("the rest");
    assert_eq!(rest["count"], 17);
    let page = Call::app("GET", "/statistics").header("accept", "text/html").send(&world).await;
    for seen in [
        "1,200 and a few",
        "1,217 and a few",
        "few of each, not told apart",
        "its time was over",
        "few or none",
        "the upload page",
    ] {
        assert!(page.text().contains(seen), "{seen}: {}", page.text());
    }
    assert_eq!(page.header("cache-control"), "public, max-age=60, must-revalidate, stale-if-error=0");
    assert!(
        Call::app("GET", "/").header("accept", "text/html").send(&world).await.text().contains("href=\"/statistics\"")
    );
}
