//! How long an image is kept. Four things decide, and only these: account or not, subscription,
//! upload surface, content class (promise IMP-30). The page before the upload, the answer after it,
//! the image's cache lifetime and the reaper all ask this file.

use crate::domain::owner::{Owner, tier_of};
use crate::domain::retention::{Retention, Surface, Tier};
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp, human_duration};
use crate::domain::verdict::Verdict;

/// No upload without an account outlives this, whatever any setting says (promise IMP-35).
pub const ANONYMOUS_CEILING_MS: i64 = 730 * DAY_MS;
/// Shortest life a caller may ask for: long enough to open the link once.
pub const TTL_MIN_MS: i64 = 5 * MINUTE_MS;
/// How long bytes wait in the recovery bucket before they are erased (promise IMP-36).
pub const RECOVERY_MS: i64 = 14 * DAY_MS;
/// Longest recovery window a deployment may set: with it, deleted content is gone within 30 days
/// (promise MSF-07), a day being left for the sweep.
pub const RECOVERY_CEILING_MS: i64 = 29 * DAY_MS;
/// How long an erased image's address still answers 410 instead of 404, so that sites that embed it
/// learn the truth. Nothing but id, dates and reason is left by then.
pub const TOMBSTONE_MS: i64 = 90 * DAY_MS;
/// An upload not finished by now never will be: longer than any request may run, with slow clients.
pub const DRAFT_MS: i64 = 60 * MINUTE_MS;
/// How long an `Idempotency-Key` is remembered.
pub const IDEMPOTENCY_MS: i64 = 24 * HOUR_MS;
/// How long one attempt under an `Idempotency-Key` keeps others out; after it, a repeat takes over
/// from an attempt that died.
pub const IDEMPOTENCY_IN_FLIGHT_MS: i64 = 2 * MINUTE_MS;
/// How old an object without a row must be before it counts as an orphan.
pub const ORPHAN_MS: i64 = DRAFT_MS;
/// Longest time a browser may show an image without asking again: browser caches cannot be purged,
/// so this bounds how long a deletion takes to reach them.
pub const CACHE_MS: i64 = 5 * MINUTE_MS;

/// How long one class of content on one surface is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// For this many milliseconds from the upload.
    For(i64),
    /// Until the owner deletes it.
    UntilDeleted,
    /// Never public; in recovery for the recovery window.
    NeverPublic,
    /// Refused, nothing kept.
    Refused,
    /// Processed in memory only.
    NotStored,
}

/// One row of the policy.
#[derive(Clone, Copy, Debug)]
pub struct RetentionRow {
    /// The surfaces it speaks of.
    pub surfaces: &'static [Surface],
    /// The tiers it speaks of.
    pub tiers: &'static [Tier],
    /// Content without objection.
    pub safe: Keep,
    /// Content behind a warning.
    pub restricted: Keep,
    /// Content that is not allowed.
    pub prohibited: Keep,
    /// Whether the caller may ask for a shorter life.
    pub caller_ttl: bool,
}

const EVERYONE: &[Tier] = &[Tier::Anonymous, Tier::Free, Tier::Paid];
const UPLOADS: &[Surface] = &[Surface::Web, Surface::Api, Surface::Import];
const ACCOUNT_UPLOADS: &[Surface] = &[Surface::Web, Surface::Api, Surface::Import, Surface::S3];

/// The policy's default rows. A surface and tier without a row is refused.
pub const ROWS: [RetentionRow; 6] = [
    RetentionRow {
        surfaces: UPLOADS,
        tiers: &[Tier::Anonymous],
        safe: Keep::For(30 * DAY_MS),
        restricted: Keep::For(7 * DAY_MS),
        prohibited: Keep::NeverPublic,
        caller_ttl: true,
    },
    RetentionRow {
        surfaces: ACCOUNT_UPLOADS,
        tiers: &[Tier::Free],
        safe: Keep::UntilDeleted,
        restricted: Keep::For(30 * DAY_MS),
        prohibited: Keep::NeverPublic,
        caller_ttl: true,
    },
    RetentionRow {
        surfaces: ACCOUNT_UPLOADS,
        tiers: &[Tier::Paid],
        safe: Keep::UntilDeleted,
        restricted: Keep::UntilDeleted,
        prohibited: Keep::NeverPublic,
        caller_ttl: true,
    },
    RetentionRow {
        surfaces: &[Surface::Tool],
        tiers: EVERYONE,
        safe: Keep::For(HOUR_MS),
        restricted: Keep::For(HOUR_MS),
        prohibited: Keep::Refused,
        caller_ttl: false,
    },
    RetentionRow {
        surfaces: &[Surface::Reference],
        tiers: EVERYONE,
        safe: Keep::For(30 * MINUTE_MS),
        restricted: Keep::For(30 * MINUTE_MS),
        prohibited: Keep::Refused,
        caller_ttl: false,
    },
    RetentionRow {
        surfaces: &[Surface::Process],
        tiers: EVERYONE,
        safe: Keep::NotStored,
        restricted: Keep::NotStored,
        prohibited: Keep::NotStored,
        caller_ttl: false,
    },
];

/// What a deployment may change, each within its ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Window of safe uploads without an account, in milliseconds.
    anonymous_safe_ms: i64,
    /// Window of restricted uploads without an account, in milliseconds.
    anonymous_restricted_ms: i64,
    /// Recovery window, in milliseconds.
    recovery_ms: i64,
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self { anonymous_safe_ms: 30 * DAY_MS, anonymous_restricted_ms: 7 * DAY_MS, recovery_ms: RECOVERY_MS }
    }
}

/// Why a requested life was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtlRefusal {
    /// Outside the allowed range; both ends in milliseconds, the upper one open for accounts.
    OutOfRange {
        /// Shortest.
        min_ms: i64,
        /// Longest; `None`: no end.
        max_ms: Option<i64>,
    },
    /// This surface has one fixed window.
    Fixed,
}

/// A window that no deployment may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowRefusal {
    /// That of safe uploads without an account: not from [`TTL_MIN_MS`] to [`ANONYMOUS_CEILING_MS`].
    AnonymousSafe,
    /// The same of restricted ones.
    AnonymousRestricted,
    /// The recovery window: not from 0 to [`RECOVERY_CEILING_MS`].
    Recovery,
}

/// What the policy says about one upload that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// Keep it, as promised here.
    Kept(Retention),
    /// Do not publish it.
    Withheld,
}

impl RetentionPolicy {
    /// A policy with a deployment's own windows, in milliseconds; `None` keeps the default.
    ///
    /// # Errors
    /// The first window that is beyond its ceiling, or too short: nothing is cut in silence.
    pub fn with(
        safe_ms: Option<i64>,
        restricted_ms: Option<i64>,
        recovery_ms: Option<i64>,
    ) -> Result<Self, WindowRefusal> {
        let default = Self::default();
        let within = |ms: Option<i64>, default: i64, min_ms: i64, max_ms: i64, refusal: WindowRefusal| {
            let ms = ms.unwrap_or(default);
            if (min_ms..=max_ms).contains(&ms) { Ok(ms) } else { Err(refusal) }
        };
        let anonymous = |ms, default, refusal| within(ms, default, TTL_MIN_MS, ANONYMOUS_CEILING_MS, refusal);
        let restricted = WindowRefusal::AnonymousRestricted;
        Ok(Self {
            anonymous_safe_ms: anonymous(safe_ms, default.anonymous_safe_ms, WindowRefusal::AnonymousSafe)?,
            anonymous_restricted_ms: anonymous(restricted_ms, default.anonymous_restricted_ms, restricted)?,
            recovery_ms: within(recovery_ms, default.recovery_ms, 0, RECOVERY_CEILING_MS, WindowRefusal::Recovery)?,
        })
    }

    /// How long bytes wait in recovery, in milliseconds.
    #[must_use]
    pub fn recovery_ms(&self) -> i64 {
        self.recovery_ms
    }

    /// The policy for one class of content.
    #[must_use]
    pub fn keep(&self, surface: Surface, tier: Tier, verdict: Verdict) -> Keep {
        let row = ROWS.iter().find(|row| row.surfaces.contains(&surface) && row.tiers.contains(&tier));
        let Some(row) = row else { return Keep::Refused };
        let default = match verdict {
            Verdict::Safe | Verdict::Flagged => row.safe,
            Verdict::Restricted => row.restricted,
            // What is not judged is not public; it is held (see `policy::holding`) and then judged or erased.
            Verdict::Prohibited | Verdict::Unscanned => row.prohibited,
        };
        match (UPLOADS.contains(&surface), tier, verdict) {
            (true, Tier::Anonymous, Verdict::Safe | Verdict::Flagged) => Keep::For(self.anonymous_safe_ms),
            (true, Tier::Anonymous, Verdict::Restricted) => Keep::For(self.anonymous_restricted_ms),
            _ => default,
        }
    }

    /// Checks a requested life before any work is done for it.
    ///
    /// # Errors
    /// If the surface has a fixed window, or the request is outside the range of safe content.
    pub fn check_ttl(&self, surface: Surface, tier: Tier, ttl_ms: i64) -> Result<(), TtlRefusal> {
        let row = ROWS.iter().find(|row| row.surfaces.contains(&surface) && row.tiers.contains(&tier));
        if !row.is_some_and(|row| row.caller_ttl) {
            return Err(TtlRefusal::Fixed);
        }
        let max_ms = match self.keep(surface, tier, Verdict::Safe) {
            Keep::For(ms) => Some(ms),
            _ => None,
        };
        if ttl_ms < TTL_MIN_MS || max_ms.is_some_and(|max| ttl_ms > max) {
            return Err(TtlRefusal::OutOfRange { min_ms: TTL_MIN_MS, max_ms });
        }
        Ok(())
    }

    /// What is written down for an upload that is never made public, if the policy keeps its bytes at all: they
    /// wait in recovery (promise IMP-33). The date is the one it would have had, so that a review that finds
    /// a mistake can restore no more than was asked for.
    #[must_use]
    pub fn withheld(
        &self,
        surface: Surface,
        tier: Tier,
        uploaded_at: Timestamp,
        ttl_ms: Option<i64>,
    ) -> Option<Retention> {
        if self.keep(surface, tier, Verdict::Prohibited) != Keep::NeverPublic {
            return None;
        }
        let Window::Kept(wished) = self.window(surface, tier, Verdict::Safe, uploaded_at, ttl_ms) else { return None };
        Some(Retention {
            class: class(Verdict::Prohibited).to_owned(),
            reason: format!("never public: erased after {}", human_duration(self.recovery_ms)),
            expires_at: wished.expires_at,
        })
    }

    /// The promise for one upload: the policy's window, or the caller's shorter wish.
    #[must_use]
    pub fn window(
        &self,
        surface: Surface,
        tier: Tier,
        verdict: Verdict,
        uploaded_at: Timestamp,
        ttl_ms: Option<i64>,
    ) -> Window {
        let words = reason_words(tier, verdict);
        self.window_in_words(surface, tier, verdict, words, uploaded_at, ttl_ms)
    }

    /// The promise for one upload to its owner, or to nobody in particular.
    #[must_use]
    pub fn window_of(
        &self,
        surface: Surface,
        owner: Option<&Owner>,
        verdict: Verdict,
        uploaded_at: Timestamp,
        ttl_ms: Option<i64>,
    ) -> Window {
        let tier = tier_of(owner);
        let words = match (owner, tier, verdict) {
            (Some(_), Tier::Anonymous, Verdict::Restricted) => {
                "restricted content uploaded before your address was proved"
            }
            (Some(_), Tier::Anonymous, _) => "uploaded before your address was proved",
            _ => reason_words(tier, verdict),
        };
        self.window_in_words(surface, tier, verdict, words, uploaded_at, ttl_ms)
    }

    fn window_in_words(
        &self,
        surface: Surface,
        tier: Tier,
        verdict: Verdict,
        words: &str,
        uploaded_at: Timestamp,
        ttl_ms: Option<i64>,
    ) -> Window {
        let policy_ms = match self.keep(surface, tier, verdict) {
            Keep::For(ms) => Some(ms),
            Keep::UntilDeleted => None,
            Keep::NeverPublic | Keep::Refused | Keep::NotStored => return Window::Withheld,
        };
        let ceiling_ms = (tier == Tier::Anonymous).then_some(ANONYMOUS_CEILING_MS);
        let kept_ms = [policy_ms, ttl_ms, ceiling_ms].into_iter().flatten().min();
        let reason = match kept_ms {
            None => "kept until you delete it".to_owned(),
            Some(ms) if Some(ms) == ttl_ms && Some(ms) != policy_ms => {
                format!("you asked for {}", human_duration(ms))
            }
            Some(ms) => format!("{words}: {}", human_duration(ms)),
        };
        Window::Kept(Retention {
            class: class(verdict).to_owned(),
            reason,
            expires_at: kept_ms.map(|ms| uploaded_at.plus_ms(ms)),
        })
    }
}

/// The class of content that chooses a window: a flagged image is kept as a safe one until a person has looked.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe | Verdict::Flagged => Verdict::Safe.as_str(),
        Verdict::Restricted | Verdict::Prohibited | Verdict::Unscanned => verdict.as_str(),
    }
}

/// How long an answer carrying an image may be cached, in whole seconds: never past its expiry.
#[must_use]
pub fn cache_seconds(now: Timestamp, expires_at: Option<Timestamp>) -> i64 {
    let left_ms = expires_at.map_or(CACHE_MS, |at| at.ms_since(now));
    left_ms.clamp(0, CACHE_MS) / 1_000
}

fn reason_words(tier: Tier, verdict: Verdict) -> &'static str {
    match (tier, verdict) {
        (Tier::Anonymous, Verdict::Restricted) => "restricted content uploaded without an account",
        (Tier::Anonymous, _) => "uploaded without an account",
        (_, Verdict::Restricted) => "restricted content",
        _ => "this kind of upload",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_521_600_000);

    fn expiry(policy: &RetentionPolicy, verdict: Verdict, ttl_ms: Option<i64>) -> Option<i64> {
        match policy.window(Surface::Web, Tier::Anonymous, verdict, NOON, ttl_ms) {
            Window::Kept(retention) => retention.expires_at.map(|at| at.ms_since(NOON)),
            Window::Withheld => None,
        }
    }

    #[test]
    fn promise_imp_35_anonymous_uploads_have_a_limited_window() {
        let policy = RetentionPolicy::default();
        assert_eq!(expiry(&policy, Verdict::Safe, None), Some(30 * DAY_MS));
        assert_eq!(expiry(&policy, Verdict::Restricted, None), Some(7 * DAY_MS));
        assert_eq!(expiry(&policy, Verdict::Restricted, Some(20 * DAY_MS)), Some(7 * DAY_MS));
        assert_eq!(expiry(&policy, Verdict::Safe, Some(HOUR_MS)), Some(HOUR_MS));
        assert_eq!(policy.window(Surface::Web, Tier::Anonymous, Verdict::Prohibited, NOON, None), Window::Withheld);
    }

    #[test]
    fn promise_imp_35_no_setting_lifts_the_two_year_ceiling() {
        let with = |safe, restricted, recovery| RetentionPolicy::with(Some(safe), Some(restricted), Some(recovery));
        let (most, more) = ((ANONYMOUS_CEILING_MS, RECOVERY_CEILING_MS), i64::MAX);
        for beyond in [most.0 + 1, more, TTL_MIN_MS - 1, -1] {
            assert_eq!(with(beyond, most.0, most.1), Err(WindowRefusal::AnonymousSafe), "not cut: refused");
            assert_eq!(with(most.0, beyond, most.1), Err(WindowRefusal::AnonymousRestricted));
        }
        for beyond in [most.1 + 1, more, -1] {
            assert_eq!(with(most.0, most.0, beyond), Err(WindowRefusal::Recovery));
        }
        let Ok(policy) = with(most.0, most.0, most.1) else { panic!("the ceilings themselves may be set") };
        for surface in Surface::ALL {
            for verdict in [Verdict::Safe, Verdict::Restricted] {
                if let Window::Kept(kept) = policy.window(surface, Tier::Anonymous, verdict, NOON, Some(i64::MAX)) {
                    let at = kept.expires_at.map(|at| at.ms_since(NOON));
                    assert!(at.is_some_and(|ms| ms <= ANONYMOUS_CEILING_MS), "{surface:?} {verdict:?}");
                }
            }
        }
        assert!(policy.recovery_ms() <= RECOVERY_CEILING_MS);
    }

    #[test]
    fn a_requested_life_must_be_in_range() {
        let policy = RetentionPolicy::default();
        let check = |ms| policy.check_ttl(Surface::Api, Tier::Anonymous, ms);
        assert!(check(TTL_MIN_MS).is_ok() && check(30 * DAY_MS).is_ok());
        assert!(check(TTL_MIN_MS - 1).is_err() && check(30 * DAY_MS + 1).is_err());
        assert!(policy.check_ttl(Surface::Api, Tier::Free, 3_000 * DAY_MS).is_ok());
        assert_eq!(policy.check_ttl(Surface::Tool, Tier::Free, HOUR_MS), Err(TtlRefusal::Fixed));
    }

    #[test]
    fn every_tier_and_surface_has_at_most_one_row() {
        for surface in Surface::ALL {
            for tier in EVERYONE {
                let rows = ROWS.iter().filter(|r| r.surfaces.contains(&surface) && r.tiers.contains(tier));
                assert!(rows.count() <= 1, "{surface:?} {tier:?}");
            }
        }
    }

    #[test]
    fn a_cache_never_outlives_the_image() {
        assert_eq!(cache_seconds(NOON, None), 300);
        assert_eq!(cache_seconds(NOON, Some(NOON.plus_ms(90_500))), 90);
        assert_eq!(cache_seconds(NOON, Some(NOON)), 0);
        assert_eq!(cache_seconds(NOON, Some(NOON.plus_ms(-1))), 0);
    }

    #[test]
    fn the_reason_says_what_decided() {
        let reason =
            |verdict, ttl| match RetentionPolicy::default().window(Surface::Web, Tier::Anonymous, verdict, NOON, ttl) {
                Window::Kept(retention) => retention.reason,
                Window::Withheld => String::new(),
            };
        assert_eq!(reason(Verdict::Safe, None), "uploaded without an account: 30 days");
        assert_eq!(reason(Verdict::Safe, Some(HOUR_MS)), "you asked for 1 hour");
        assert_eq!(
            reason(Verdict::Restricted, Some(30 * DAY_MS)),
            "restricted content uploaded without an account: 7 days"
        );
    }
}
