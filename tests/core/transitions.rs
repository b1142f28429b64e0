//! The life of an image as the store allows it: every transition from every state, and the window that any
//! policy grants.

use futures::FutureExt as _;
use proptest::prelude::*;
use tintype::domain::ids::{IdempotencyKey, ImageId};
use tintype::domain::image::{Image, RemovalReason};
use tintype::domain::retention::{Surface, Tier};
use tintype::domain::time::{DAY_MS, Timestamp};
use tintype::domain::verdict::Verdict;
use tintype::policy::retention::{
    ANONYMOUS_CEILING_MS, Keep, RECOVERY_CEILING_MS, RetentionPolicy, TTL_MIN_MS, Window, cache_seconds,
};
use tintype::ports::sql::{Sql as _, Statement};
use tintype::store::leases::Lease;
use tintype::store::{attempts, held, images, leases, removals, standings};

use crate::harness::plant::{Row, id};
use crate::harness::{NOON, World, try_settings};

const STATES: [&str; 7] = ["pending", "held", "releasing", "live", "removing", "recovery", "gone"];

/// Each transition, and where it may lead from each of [`STATES`]: `=` stays, `-` the row is forgotten.
const TRANSITIONS: [(&str, [&str; 7]); 23] = [
    ("publish", ["live", "=", "=", "=", "=", "=", "="]),
    ("publish under a key", ["=", "=", "=", "=", "=", "=", "="]),
    ("withdraw", ["-", "=", "=", "=", "=", "=", "="]),
    ("hold", ["held", "=", "=", "=", "=", "=", "="]),
    ("hold under a key", ["=", "=", "=", "=", "=", "=", "="]),
    ("hold a live one", ["=", "=", "=", "held", "=", "=", "="]),
    // From recovery only what was found to be prohibited; this one has expired.
    ("release", ["=", "releasing", "=", "=", "=", "=", "="]),
    ("publish a released one", ["=", "=", "live", "=", "=", "=", "="]),
    ("prohibit a held one", ["=", "removing", "=", "=", "=", "=", "="]),
    ("refuse", ["=", "removing", "=", "=", "=", "=", "="]),
    ("expire the held", ["=", "removing", "removing", "=", "=", "=", "="]),
    ("judge a live one anew", ["=", "=", "=", "=", "=", "=", "="]),
    ("reach_gone", ["=", "=", "=", "=", "=", "=", "="]),
    ("begin", ["=", "removing", "removing", "removing", "=", "=", "="]),
    ("expire_due", ["=", "=", "=", "removing", "=", "=", "="]),
    ("abandon_drafts", ["removing", "=", "=", "=", "=", "=", "="]),
    ("reach_recovery", ["=", "=", "=", "=", "recovery", "=", "="]),
    ("postpone", ["=", "=", "=", "=", "=", "=", "="]),
    ("erase", ["=", "=", "=", "=", "=", "gone", "="]),
    ("declare_lost", ["=", "gone", "gone", "gone", "gone", "gone", "="]),
    ("forget_abandoned", ["=", "=", "=", "=", "=", "=", "="]),
    ("forget_gone", ["=", "=", "=", "=", "=", "=", "-"]),
    ("a late run without its lease", ["=", "=", "=", "=", "=", "=", "="]),
];

async fn apply(world: &World, transition: &str, lease: &Lease) {
    let (sql, now, one) = (world.sql.as_ref(), world.clock_now(), id(1));
    let ids = std::slice::from_ref(&one);
    let run = |statement: Statement| sql.batch(vec![statement]).map(|outcome| outcome.map(drop));
    let done = match transition {
        "publish" => run(images::publish(&one, None)).await,
        // Of a key that it does not hold.
        "publish under a key" => {
            let key = IdempotencyKey::parse("somebody-elses-key-1").expect("a key");
            run(images::publish(&one, Some(&key))).await
        }
        "hold" => run(held::hold(&one, None, "digest", now)).await,
        "hold under a key" => {
            let key = IdempotencyKey::parse("somebody-elses-key-1").expect("a key");
            run(held::hold(&one, Some(&key), "digest", now)).await
        }
        "hold a live one" => run(held::hold_live(&one, now, now)).await,
        "release" => run(standings::release(&judged(world).await, now, now, now)).await,
        "publish a released one" => standings::publish(sql, &one).await.map(drop),
        "prohibit a held one" => run(held::prohibit(&one, 1, None, now)).await,
        "refuse" => run(held::refuse(&one, now)).await,
        "expire the held" => held::expire_due(sql, lease, now.plus_ms(10 * DAY_MS), 10).await,
        "judge a live one anew" => {
            let image = Image { verdict: Verdict::Restricted, ..judged(world).await };
            run(standings::rejudge_live(&image, now)).await
        }
        // Only what was refused or never judged goes without a time in recovery.
        "reach_gone" => removals::reach_gone(sql, std::slice::from_ref(&one), now).await,
        "withdraw" => run(images::delete_pending(&one)).await,
        "begin" => removals::begin(sql, &one, RemovalReason::Deleted, now).await,
        "expire_due" => removals::expire_due(sql, lease, now, 10).await,
        "abandon_drafts" => removals::abandon_drafts(sql, lease, now, now, 10).await,
        "reach_recovery" => removals::reach_recovery(sql, std::slice::from_ref(&one), now).await,
        "postpone" => removals::postpone(sql, ids, now).await,
        "erase" => removals::erase(sql, lease, ids, now).await,
        "declare_lost" => removals::declare_lost(sql, &one, now).await,
        // Only drafts are forgotten so; this one was removed for another reason.
        "forget_abandoned" => removals::forget_abandoned(sql, ids).await,
        "forget_gone" => removals::forget_gone(sql, lease, now, now, 10).await.map(drop),
        _ => {
            let late = Lease { job: lease.job, fence: lease.fence - 1 };
            removals::expire_due(sql, &late, now, 10).await.expect("runs");
            held::expire_due(sql, &late, now.plus_ms(10 * DAY_MS), 10).await.expect("runs");
            assert!(!attempts::claim(sql, &late, &one, now, now).await.expect("runs"));
            removals::abandon_drafts(sql, &late, now, now, 10).await.expect("runs");
            removals::erase(sql, &late, ids, now).await.expect("runs");
            removals::forget_gone(sql, &late, now, now, 10).await.map(drop)
        }
    };
    done.expect("the statement runs");
}

/// What is to be known of the image with the number 1 for it to be released.
async fn judged(world: &World) -> Image {
    let model = world.sql.query("SELECT id FROM images WHERE state = 'live' AND id <> '000000000000000000000001'");
    let model = ImageId::parse(model[0]["id"].as_str().expect("text")).expect("an id");
    match images::find(world.sql.as_ref(), &model).await.expect("reads") {
        Some(images::Found::Present(image)) => Image { id: id(1), ..*image },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_transition_leads_where_it_should_and_does_nothing_the_second_and_third_time() {
    for (transition, ends) in TRANSITIONS {
        for (state, end) in STATES.into_iter().zip(ends) {
            let world = World::new();
            let reason = matches!(state, "removing" | "recovery" | "gone").then_some("expired");
            world.plant_rows(1..2, Row { state, reason, at: NOON.plus_ms(-DAY_MS) }).await;
            let later = NOON.plus_ms(DAY_MS);
            let lease = leases::take(world.sql.as_ref(), "a job", NOON, later).await.expect("works").expect("free");
            let expected = match end {
                "=" => state,
                "-" => "unknown",
                other => other,
            };
            for time in 1..=3 {
                apply(&world, transition, &lease).await;
                let found = world.state(id(1).as_str());
                assert_eq!(found, expected, "{transition} from {state}, time {time}");
            }
        }
    }
}

fn surface() -> impl Strategy<Value = Surface> {
    prop::sample::select(Surface::ALL.to_vec())
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop::sample::select(vec![Verdict::Safe, Verdict::Restricted, Verdict::Prohibited])
}

fn tier() -> impl Strategy<Value = Tier> {
    prop::sample::select(vec![Tier::Anonymous, Tier::Free, Tier::Paid])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promise_imp_35_no_policy_grants_an_anonymous_upload_more_than_two_years(
        settings in any::<[Option<i64>; 3]>(),
        surface in surface(),
        verdict in verdict(),
        at in 0_i64..4_102_444_800_000,
        ttl_ms in any::<Option<i64>>(),
    ) {
        // Whatever a deployment sets is refused or obeyed, and never more than two years.
        let [safe, restricted, recovery] = settings;
        if let Ok(policy) = RetentionPolicy::with(safe, restricted, recovery) {
            if let Window::Kept(kept) = policy.window(surface, Tier::Anonymous, verdict, Timestamp(at), ttl_ms) {
                let expires_at = kept.expires_at.expect("an anonymous upload always expires");
                prop_assert!(expires_at.ms_since(Timestamp(at)) <= ANONYMOUS_CEILING_MS);
                prop_assert!(verdict != Verdict::Prohibited, "promise IMP-33");
            }
            prop_assert!(policy.recovery_ms() <= RECOVERY_CEILING_MS, "promise MSF-07");
        }
    }

    #[test]
    fn promise_imp_35_no_settings_grant_an_anonymous_upload_more_than_two_years(
        days in [proptest::option::of(-10_i64..1_000), proptest::option::of(-10_i64..1_000), proptest::option::of(-10_i64..1_000)],
        surface in surface(),
        verdict in verdict(),
        at in 0_i64..4_102_444_800_000,
        ttl_ms in any::<Option<i64>>(),
    ) {
        let names = ["RETENTION_ANONYMOUS_DAYS", "RETENTION_RESTRICTED_DAYS", "RECOVERY_DAYS"];
        let own: Vec<(&str, String)> = names.into_iter().zip(days).filter_map(|(name, days)| Some((name, days?.to_string()))).collect();
        let own: Vec<(&str, &str)> = own.iter().map(|(name, days)| (*name, days.as_str())).collect();
        let outside = [(1, 730), (1, 730), (0, 29)].into_iter().zip(days).position(|((min, max), days)| {
            days.is_some_and(|days| !(min..=max).contains(&days))
        });
        match try_settings(&own) {
            Err(fault) => prop_assert_eq!(outside.map(|number| names[number]), Some(fault.name)),
            Ok(settings) => {
                prop_assert_eq!(outside, None, "beyond a ceiling, and cut in silence");
                let window = settings.retention.window(surface, Tier::Anonymous, verdict, Timestamp(at), ttl_ms);
                if let Window::Kept(kept) = window {
                    let expires_at = kept.expires_at.expect("an anonymous upload always expires");
                    prop_assert!(expires_at.ms_since(Timestamp(at)) <= ANONYMOUS_CEILING_MS);
                }
            }
        }
    }

    #[test]
    fn a_wish_can_only_shorten_a_life_and_a_granted_one_is_kept_exactly(
        surface in surface(),
        tier in tier(),
        verdict in verdict(),
        ttl_ms in TTL_MIN_MS - 10..800 * DAY_MS,
    ) {
        let policy = RetentionPolicy::default();
        let window = |ttl| match policy.window(surface, tier, verdict, NOON, ttl) {
            Window::Kept(kept) => Some(kept.expires_at.map_or(i64::MAX, |at| at.ms_since(NOON))),
            Window::Withheld => None,
        };
        let granted = policy.check_ttl(surface, tier, ttl_ms).is_ok();
        match (window(None), window(Some(ttl_ms))) {
            (None, None) => {}
            (Some(whole), Some(wished)) => {
                prop_assert!(wished <= whole);
                prop_assert!(!granted || wished == ttl_ms.min(whole));
            }
            other => prop_assert!(false, "a wish changed whether it is kept: {:?}", other),
        }
        let fixed = !matches!(surface, Surface::Web | Surface::Api | Surface::Import | Surface::S3);
        prop_assert!(!(fixed && granted), "promises SHO-02 and BGR-04: a fixed window is fixed");
    }

    #[test]
    fn promise_imp_34_restricted_content_lives_no_longer_than_safe_content(surface in surface(), tier in tier()) {
        let policy = RetentionPolicy::default();
        let ms = |verdict| match policy.keep(surface, tier, verdict) {
            Keep::For(ms) => ms,
            Keep::UntilDeleted => i64::MAX,
            Keep::NeverPublic | Keep::Refused | Keep::NotStored => 0,
        };
        prop_assert!(ms(Verdict::Prohibited) == 0);
        prop_assert!(ms(Verdict::Restricted) <= ms(Verdict::Safe));
    }

    #[test]
    fn cached_time_never_passes_the_date(now in any::<i64>(), left_ms in any::<i64>()) {
        let (now, expires_at) = (Timestamp(now / 4), Timestamp(now / 4).plus_ms(left_ms / 4));
        let seconds = cache_seconds(now, Some(expires_at));
        prop_assert!((0..=300).contains(&seconds));
        prop_assert!(seconds == 0 || seconds * 1_000 <= expires_at.ms_since(now));
    }
}
