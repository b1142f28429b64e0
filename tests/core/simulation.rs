//! A seeded simulation: tens of thousands of mixed operations with faults, crashes, repeats, overlaps and
//! leaps in time, against a small model that knows nothing of how the product works, only what it owes.
//!
//! `SIM_SEEDS` and `SIM_OPERATIONS` in the environment make it longer, `SIM_FIRST` begins with another seed,
//! `SIM_TELL` has it tell each step. A divergence prints the seed and the number of the operation, and the same
//! seed does the same again, byte for byte.

mod model;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use futures::FutureExt as _;
use serde_json::json;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::jobs::{EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE};
use tintype::ports::blobs::Bucket;
use tintype::ports::queue::Message;
use tintype::usecases::review::{hold, prohibit, release, restrict};
use tintype::usecases::work_off::work_off;

use crate::content_safety::{review, scored};
use crate::edge_cache::CACHED;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, FaultKind, drive};
use crate::harness::images::numbered_png;
use crate::harness::small_ports::SeededRng;
use model::{Asked, Model, Said};

/// In CI: enough to cross every pair of operations many times, in seconds.
const SEEDS: u64 = 10;
const OPERATIONS: u64 = 11_000;
const JOBS: [&str; 10] = [
    "judge_held",
    "send_letters",
    "reap_expired",
    "finish_removals",
    "sweep_pending",
    "reap_recovery",
    "reap_variants",
    "forget_ephemeral",
    "reconcile_blobs",
    "forget_tombstones",
];
/// Different files that are uploaded.
const BODIES: u64 = 8;

/// The file that the model finds to be prohibited.
const PROHIBITED: u64 = 7;
/// The file that is on a list, whatever the model says.
const LISTED: u64 = 5;
/// The file that a person should look at.
const FLAGGED: u64 = 6;

fn is_never_public(body: u64) -> bool {
    body == PROHIBITED || body == LISTED
}

struct Simulation {
    world: World,
    chance: SeededRng,
    model: Model,
    bodies: Vec<Vec<u8>>,
    digest: String,
    uploads: u64,
    tells: bool,
    /// The image that was viewed last, in a deployment with copies.
    viewed: Option<usize>,
    is_cached: bool,
    /// Images under a hold whose bytes were there.
    preserved: BTreeSet<String>,
}

/// One request or one run, ready to go.
enum Step {
    Ask(Asked),
    Run(&'static str),
    Review(usize, u64),
}

impl Simulation {
    fn new(seed: u64) -> Self {
        // Every other deployment has a cache near its visitors.
        let is_cached = seed % 2 == 1;
        let world = World::with(seed, if is_cached { &CACHED } else { &[] });
        world.outbound.name("a.example", &["93.184.215.14"]);
        let bodies: Vec<Vec<u8>> = (0..BODIES).map(numbered_png).collect();
        for (number, body) in bodies.iter().enumerate() {
            world.outbound.answer(&format!("https://a.example/{number}.png"), 200, None, body);
        }
        world.assess(PROHIBITED, scored(0.99, 0.0));
        world.assess(FLAGGED, scored(0.3, 0.25));
        world.list(HashKind::Sha256, &hex::sha256(&numbered_png(LISTED)), Category::Csam);
        Self {
            world,
            chance: SeededRng::new(seed ^ 0x5eed),
            model: Model::new(if is_cached { 5 * MINUTE_MS } else { 0 }),
            bodies,
            digest: String::new(),
            uploads: 0,
            tells: std::env::var_os("SIM_TELL").is_some(),
            viewed: None,
            is_cached,
            preserved: BTreeSet::new(),
        }
    }

    /// What was kept under a hold is still there as long as the hold stands.
    fn assert_preserved(&mut self) {
        let standing = self.world.standing_holds();
        self.preserved.retain(|id| standing.contains(id));
        let kept = self.world.blobs.names(Bucket::Recovery);
        let is_kept = |id: &String| kept.contains(&format!("images/{id}")) || kept.contains(&format!("held/{id}"));
        for id in &self.preserved {
            assert!(is_kept(id), "{id} was erased under a hold");
        }
        self.preserved.extend(standing.into_iter().filter(is_kept));
    }

    fn below(&self, bound: u64) -> u64 {
        self.chance.below(bound)
    }

    fn now(&self) -> i64 {
        self.world.clock_now().0
    }

    /// The request of an upload, a view, a deletion.
    fn call(&self, asked: &Asked, number: u64) -> Call {
        match asked {
            Asked::Upload { surface, body, ttl_s, key } => {
                let bytes = &self.bodies[*body as usize];
                let call = match surface {
                    0 => Call::app("POST", &format!("/v1/images?ttl={ttl_s}")).body("image/png", bytes.clone()),
                    1 => Call::app("POST", "/v1/images")
                        .form(&[("ttl", &ttl_s.to_string())], &[("file", "a.png", bytes)]),
                    _ => {
                        let url = format!("https://a.example/{body}.png");
                        let text = json!({"url": url, "ttl": ttl_s}).to_string();
                        Call::app("POST", "/v1/images").body("application/json", text)
                    }
                };
                // Each from an address of its own: the limits have tests of their own.
                let address = format!("198.{}.{}.{}", 20 + (number >> 16), (number >> 8) & 255, number & 255);
                let call = call.header("cf-connecting-ip", &address);
                key.iter().fold(call, |call, key| call.header("idempotency-key", &format!("simulated-key-{key:08}")))
            }
            Asked::View { image, conditional } => {
                let image = self.model.image(*image);
                let call = Call::new("GET", &image.url);
                match conditional {
                    0 => call,
                    1 => call.header("if-none-match", &image.tag),
                    2 => call.header("range", "bytes=0-9"),
                    width => Call::new("GET", &format!("{}?w={}", image.url, width - 2)),
                }
            }
            Asked::Facts { image } => Call::app("GET", &format!("/v1/images/{}", self.model.image(*image).id)),
            Asked::Delete { image, right } => {
                let token = if *right { self.model.image(*image).token.as_str() } else { "del_0000" };
                let call = Call::app("DELETE", &format!("/v1/images/{}", self.model.image(*image).id));
                call.header("authorization", &format!("Bearer {token}"))
            }
        }
    }

    fn choose(&mut self) -> Step {
        let known = self.model.count();
        // Mostly recent images: old ones are gone, which is soon said. Where there are copies, often the one that was just
        // viewed.
        let image = |this: &Self| {
            if let Some(viewed) = this.viewed.filter(|_| this.below(3) == 0) {
                return viewed;
            }
            let span = if this.below(5) == 0 { known } else { known.min(30) };
            (known as u64 - 1 - this.below(span as u64)) as usize
        };
        let dice = self.below(100);
        if known == 0 || dice < 24 {
            let ttl_s = [300, 3_600, 86_400, 2_592_000][self.below(4) as usize];
            let key = (self.below(2) == 0).then(|| self.uploads / 40 * 6 + self.below(6));
            self.uploads += 1;
            let upload = Asked::Upload { surface: self.below(3), body: self.below(BODIES), ttl_s, key };
            // Under a key mostly the same is asked again, as a client that repeats does.
            let same = key.filter(|_| self.below(6) > 0).map(|key| Asked::Upload {
                surface: key % 3,
                body: key % BODIES,
                ttl_s: [3_600, 2_592_000][(key % 2) as usize],
                key: Some(key),
            });
            return Step::Ask(same.unwrap_or(upload));
        }
        match dice {
            24..=54 => {
                let image = image(self);
                self.viewed = self.is_cached.then_some(image);
                Step::Ask(Asked::View { image, conditional: self.below(6) })
            }
            55..=64 => Step::Ask(Asked::Facts { image: image(self) }),
            65..=74 => Step::Ask(Asked::Delete { image: image(self), right: self.below(4) > 0 }),
            75 => {
                let image = image(self);
                self.model.review(image);
                Step::Review(image, self.below(4))
            }
            76..=78 => Step::Run([EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_HOUR, EVERY_NIGHT][self.below(4) as usize]),
            _ => Step::Run(JOBS[self.below(10) as usize]),
        }
    }

    fn vision_is_away(&self) -> bool {
        self.world.vision.is_away.lock().expect("not poisoned").is_some()
    }

    /// Vision is away one time in eight, for a while.
    fn turn_vision(&self) {
        let away = [UnscannedReason::VisionBusy, UnscannedReason::VisionUnavailable][self.below(2) as usize];
        *self.world.vision.is_away.lock().expect("not poisoned") = (self.below(8) == 0).then_some(away);
    }

    fn leap(&self) {
        let ms = match self.below(200) {
            0 => 31 * DAY_MS,
            1 => 15 * DAY_MS,
            2 => 91 * DAY_MS,
            3..=5 => DAY_MS,
            6..=25 => HOUR_MS + 1,
            26..=75 => 5 * MINUTE_MS,
            _ => self.below(2 * MINUTE_MS as u64) as i64,
        };
        self.world.advance_ms(ms);
    }

    fn start<'a>(&'a self, step: &Step, number: u64) -> BoxedOperation<'a, Option<Answer>> {
        match step {
            Step::Ask(asked) => {
                let call = self.call(asked, number);
                Box::pin(async move { Some(call.send(&self.world).await) })
            }
            Step::Review(image, decision) => {
                let id = ImageId::parse(&self.model.image(*image).id).expect("an id");
                let decision = *decision;
                Box::pin(async move {
                    let app = &self.world.app;
                    drop(match decision {
                        0 => hold(app, &id, review("simulated")).await,
                        1 => release(app, &id, review("simulated")).await,
                        2 => restrict(app, &id, review("simulated")).await,
                        _ => prohibit(app, &id, review("simulated")).await,
                    });
                    None
                })
            }
            Step::Run(cron) if cron.contains(' ') => Box::pin(self.world.run_cron(cron).map(|_| None)),
            Step::Run(job) => Box::pin(self.world.run_job(job).map(|_| None)),
        }
    }

    /// One operation alone, or two or three side by side; sometimes with a fault.
    fn operate(&mut self, number: u64) {
        if self.below(4) == 0 {
            self.leap();
        }
        if self.below(20) == 0 {
            self.turn_vision();
        }
        if self.below(12) == 0 {
            self.deliver_messages();
            return;
        }
        let together = if self.below(10) == 0 { 2 + self.below(2) } else { 1 };
        let mut steps: Vec<Step> = (0..together).map(|_| self.choose()).collect();
        // Side by side, the same thing twice is what hurts most.
        if let [Step::Ask(first), second, ..] = steps.as_mut_slice()
            && self.chance.below(2) == 0
        {
            *second = Step::Ask(first.clone());
        }
        let faulty = self.below(10) == 0;
        if faulty {
            let kind = FaultKind::ALL[self.below(5) as usize];
            self.world.faults.strike_at(self.below(10) as usize, kind);
        }
        self.world.faults.interleave(together > 1);
        let slow_ms = if together > 1 && self.below(6) == 0 { HOUR_MS + self.below(1_000) as i64 } else { 0 };
        let began = self.now();
        let answers = {
            let operations: Vec<_> =
                steps.iter().enumerate().map(|(n, step)| self.start(step, number * 4 + n as u64)).collect();
            let mut turns = 0;
            let choose = |running: usize| {
                turns += 1;
                // One of them is slower than any request may be; meanwhile an hour passes.
                if turns == 12 {
                    self.world.advance_ms(slow_ms);
                }
                self.chance.below(running as u64) as usize
            };
            drive(&self.world.faults, choose, operations)
        };
        self.world.faults.interleave(false);
        let struck = self.world.faults.calm();
        let certain = together == 1 && !struck;
        let span = (began, self.now());
        let said: Vec<Option<Said>> =
            answers.into_iter().map(|answer| answer.flatten().map(|answer| self.said(&answer))).collect();
        // Of several side by side, what made an image is judged first, then what may have done anything, then
        // what saw it, then what removed it, then what did not find it any more: some order of theirs must be
        // one that is allowed.
        let mut order: Vec<usize> = (0..steps.len()).collect();
        order.sort_by_key(|index| match (&steps[*index], said[*index].as_ref().map(|said| said.status)) {
            (_, Some(201 | 202)) if matches!(steps[*index], Step::Ask(Asked::Upload { .. })) => 0,
            (_, None | Some(500..)) => 1,
            (Step::Ask(Asked::Delete { .. }), Some(200 | 202)) => 3,
            (_, Some(200..=399)) => 2,
            (_, Some(404)) if said[*index].as_ref().is_some_and(|said| said.code == "image-held") => 2,
            _ => 4,
        });
        for (step, said) in order.into_iter().map(|index| (&steps[index], &said[index])) {
            let line = match step {
                Step::Ask(asked) => format!("{number} {span:?} x{together} {struck} {asked:?} {said:?}"),
                Step::Review(image, decision) => {
                    format!("{number} {span:?} x{together} {struck} review {decision} of {image}")
                }
                Step::Run(name) => format!("{number} {span:?} x{together} {struck} {name}"),
            };
            if self.tells {
                eprintln!("{line}");
            }
            self.trace(&line);
            if let Step::Ask(asked) = step {
                self.model.judge(asked, said.as_ref(), span, certain, together > 1);
            }
        }
        if together > 1 {
            self.model.judge_together(&steps.iter().zip(&said).filter_map(asked_and_said).collect::<Vec<_>>());
        }
    }

    fn said(&self, answer: &Answer) -> Said {
        Said {
            status: answer.status.as_u16(),
            code: answer.field("/code"),
            id: answer.field("/id"),
            url: answer.field("/url"),
            token: answer.field("/delete_token"),
            tag: answer.header("etag").to_owned(),
            expires_at: answer.field("/expires_at"),
            body: self.bodies.iter().position(|body| body[..] == answer.body[..]),
            body_bytes: answer.body.len(),
            cache: answer.header("cache-control").to_owned(),
            state: answer.field("/status"),
            vision_is_away: self.vision_is_away(),
        }
    }

    /// The queue delivers, delivers twice, or drops what the jobs find by themselves.
    fn deliver_messages(&self) {
        for message in self.world.queue.take() {
            let mut is_owed = matches!(message, Message::PurgeEdge { .. });
            for _ in 0..self.below(3) {
                if self.below(8) == 0 {
                    self.world.faults.strike_at(self.below(6) as usize, FaultKind::ALL[self.below(5) as usize]);
                }
                let done = self.world.attempt(work_off(&self.world.app, std::slice::from_ref(&message)));
                is_owed &= done != Some(vec![true]);
                self.world.faults.calm();
            }
            if is_owed {
                self.world.queue.messages.lock().expect("not poisoned").push(message);
            }
        }
    }

    /// A minute after the removals that were begun, and once more: then no copy is left of what is not public, or is behind a
    /// warning. What has left by its date keeps its copies until they end by themselves.
    fn assert_no_copy_lingers(&self) {
        let world = &self.world;
        world.faults.calm();
        for _ in 0..2 {
            world.advance_ms(MINUTE_MS + 1_000);
            for job in ["finish_removals", "judge_held"] {
                // Faults there may be: vision can be away.
                drop(world.run_job(job).now_or_never().expect("nothing waits"));
            }
            world.deliver_messages().now_or_never().expect("nothing waits");
        }
        let copied = world.edge_cache.images();
        let rows =
            world.sql.query("SELECT id FROM images WHERE removal_reason = 'expired' OR next_attempt_at IS NOT NULL");
        let excused: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
        for id in copied.iter().filter(|id| !excused.contains(id.as_str())) {
            assert_eq!(world.blobs.has_warning(&format!("images/{id}")), Some(false), "a copy of {id} lingers");
        }
    }

    /// Until nothing is left to do; then everything must be where it belongs.
    fn settle(&mut self) {
        let world = &self.world;
        world.faults.calm();
        *world.vision.is_away.lock().expect("not poisoned") = None;
        world.advance_ms(HOUR_MS + MINUTE_MS);
        let left = |state: &str| world.count(state) > 0;
        let due = || {
            let now = world.clock_now().0;
            !world
                .sql
                .query(&format!("SELECT 1 FROM images WHERE state = 'live' AND expires_at <= {now} LIMIT 1"))
                .is_empty()
        };
        for round in 0.. {
            assert!(round < 100, "it does not settle");
            world.advance_ms(6 * MINUTE_MS);
            for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_HOUR] {
                let outcome = world.run_cron(cron).now_or_never().expect("nothing waits");
                assert!(outcome.is_ok(), "{outcome:?}");
            }
            let scanning = world.sql.query("SELECT 1 FROM job_cursors WHERE position IS NOT NULL");
            // What a person had held waits for that person.
            let unjudged = "SELECT 1 FROM images WHERE state = 'held' AND held_reason = 'unscanned' LIMIT 1";
            let is_unjudged = !world.sql.query(unjudged).is_empty();
            let unsettled = ["pending", "removing", "releasing"];
            if !unsettled.into_iter().any(left) && !is_unjudged && !due() && scanning.is_empty() {
                break;
            }
        }
        // A last look, now that everything rests.
        world.settle().now_or_never().expect("nothing waits");
        let lines = world.log.faults();
        let lost = lines.iter().find(|line| line.outcome.contains("declared lost"));
        assert!(lost.is_none(), "an image was lost: {lost:?}");
        world.log.lines.lock().expect("not poisoned").clear();
        world.burst.seen.lock().expect("not poisoned").clear();
        self.model.rest();
    }

    /// Every image the model knows, as it is now.
    fn inspect(&mut self) {
        for image in self.model.remembered() {
            for asked in [Asked::View { image, conditional: 0 }, Asked::Facts { image }] {
                let answer = self.call(&asked, 0).send(&self.world).now_or_never().expect("nothing waits");
                let now = self.now();
                let said = self.said(&answer);
                self.model.judge(&asked, Some(&said), (now, now), true, false);
            }
        }
    }

    fn trace(&mut self, line: &str) {
        self.digest = hex::sha256(format!("{}\n{line}", self.digest).as_bytes());
    }

    fn run(seed: u64, operations: u64) -> (String, model::Tally) {
        let mut simulation = Self::new(seed);
        for number in 0..operations {
            let doing = std::panic::AssertUnwindSafe(|| {
                simulation.operate(number);
                if number % 100 == 99 {
                    simulation.assert_preserved();
                    simulation.assert_no_copy_lingers();
                }
                if number % 500 == 499 {
                    simulation.world.assert_nothing_live_is_lost();
                }
                if number % 2_750 == 2_749 {
                    simulation.settle();
                    simulation.inspect();
                }
            });
            if let Err(panic) = std::panic::catch_unwind(doing) {
                eprintln!("divergence: seed {seed}, operation {number}");
                std::panic::resume_unwind(panic);
            }
        }
        let rows = simulation.world.sql.query("SELECT * FROM images ORDER BY id");
        simulation.trace(&format!("{rows:?}"));
        let copies = &simulation.world.edge_cache;
        let used = (copies.found.load(Ordering::Relaxed), copies.purged().len());
        let is_used = used.0 > 10 && used.1 > 100;
        assert!(
            operations < 10_000 || seed.is_multiple_of(2) || is_used,
            "copies were found and purged only {used:?} times"
        );
        assert!(operations < 10_000 || !simulation.preserved.is_empty(), "nothing was ever kept under a hold");
        (simulation.digest, simulation.model.tally)
    }
}

fn asked_and_said<'a>((step, said): (&'a Step, &'a Option<Said>)) -> Option<(&'a Asked, &'a Said)> {
    match (step, said) {
        (Step::Ask(asked), Some(said)) => Some((asked, said)),
        _ => None,
    }
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn whatever_happens_the_product_does_what_it_owes() {
    let (seeds, operations) = (from_environment("SIM_SEEDS", SEEDS), from_environment("SIM_OPERATIONS", OPERATIONS));
    let first = from_environment("SIM_FIRST", 0);
    let tallies: Vec<model::Tally> = std::thread::scope(|scope| {
        let half = |rest: u64| {
            move || {
                (first..first + seeds)
                    .filter(|seed| seed % 2 == rest)
                    .map(|seed| Simulation::run(seed, operations).1)
                    .collect::<Vec<_>>()
            }
        };
        let halves = [scope.spawn(half(0)), scope.spawn(half(1))];
        halves.into_iter().flat_map(|half| half.join().expect("no divergence")).collect()
    });
    let total = tallies.into_iter().fold(model::Tally::default(), model::Tally::plus);
    println!("{seeds} seeds of {operations} operations: {total:?}");
    // The simulation is worth something only if everything happens in it.
    for (what, count) in total.named() {
        assert!(count >= seeds * operations / 4_000, "{what} happened only {count} times");
    }
}

#[test]
fn the_same_seed_does_the_same_again() {
    let digests = [7, 7, 8].map(|seed| Simulation::run(seed, 3_000).0);
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}
