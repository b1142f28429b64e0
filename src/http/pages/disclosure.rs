//! What is said before anything is chosen (promise IMP-31): asked of the policy that will be obeyed, at the
//! time of asking, so that the page cannot say something else than the answer will.

use super::figures::{self, Moment};
use crate::app::App;
use crate::domain::details::CAPTION_CHARS_MAX;
use crate::domain::format::Format;
use crate::domain::owner::{Member, Owner, tier_of};
use crate::domain::retention::{Retention, Surface};
use crate::domain::time::{DAY_MS, HOUR_MS, Timestamp, human_duration};
use crate::domain::verdict::Verdict;
use crate::error::{Cause, Fault};
use crate::http::upload_request::{PAGE_FILES_MAX, PAGE_FORM_BYTES_MAX};
use crate::policy::limits::ANONYMOUS;
use crate::policy::rates::{self, RateLimit};
use crate::policy::retention::{CACHE_MS, RetentionPolicy, Window};

/// Shorter lives offered on the page, as far as the policy allows them; any other can be asked for through
/// the API.
const OFFERED_MS: [i64; 4] = [HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/// A life without an end, in words.
const AS_LONG_AS_WISHED: &str = "as long as you like";

/// What the upload page states.
pub struct Disclosure {
    /// When this is true, in milliseconds since 1970: the reader's clock may be wrong.
    pub now: i64,
    /// The lives that can be chosen; the first is the policy's own.
    pub choices: Vec<Choice>,
    /// What the first choice means.
    pub usual: Choice,
    /// `JPEG, PNG, GIF or WebP`.
    pub formats: String,
    /// Their media types, for a file input.
    pub accept: String,
    /// Largest file in bytes.
    pub bytes_max: u64,
    /// Largest file in words.
    pub size_max: String,
    /// Most files in one form.
    pub files_max: usize,
    /// Largest form in words.
    pub form_size_max: String,
    /// Longest caption.
    pub caption_chars_max: usize,
    /// How long bytes wait in recovery, in words; `None`: not at all.
    pub recovery: Option<String>,
    /// How long a browser may show an image without asking again, in words.
    pub cached: String,
    /// How many uploads are taken, in words; empty: as many as somebody likes.
    pub rates: String,
    /// Whether they are counted for an account, and not for a place.
    pub by_account: bool,
}

/// A life that can be chosen, and what it means for an image uploaded now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The form's value in seconds; `None`: the policy's own life.
    pub ttl_s: Option<i64>,
    /// The length in words.
    pub label: String,
    /// For content without objection.
    pub safe: Promise,
    /// For content behind a warning.
    pub restricted: Promise,
}

/// When an image uploaded now leaves public view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// After this many milliseconds; none: when its owner deletes it.
    pub kept_ms: Option<i64>,
    /// At this time.
    pub until: Option<Moment>,
}

impl Promise {
    /// The milliseconds as a script reads them; nothing if there is no such time.
    #[must_use]
    pub fn ms(&self) -> String {
        self.kept_ms.map_or_else(String::new, |ms| ms.to_string())
    }

    /// What comes after "until".
    #[must_use]
    pub fn words(&self) -> &str {
        self.until.as_ref().map_or("you delete it", |until| &until.words)
    }
}

impl Disclosure {
    /// What is true at this moment of uploads of a member, or of anybody else.
    ///
    /// # Errors
    /// If the policy has no window for them: then the page must not offer what would be refused.
    pub fn of(app: &App, member: Option<&Member>) -> Result<Self, Fault> {
        let owner = member.map(Member::owner);
        let choices = choices(&app.settings.retention, owner.as_ref(), app.now());
        let usual = choices.first().cloned().ok_or_else(|| Fault {
            attempted: "disclose the retention of an upload".into(),
            cause: Cause::Invariant("the policy has no window for it".into()),
        })?;
        let media_types: Vec<&str> = Format::ALL.iter().map(|format| format.media_type()).collect();
        let recovery_ms = app.settings.retention.recovery_ms();
        Ok(Self {
            now: app.now().0,
            choices,
            usual,
            formats: formats("or"),
            accept: media_types.join(","),
            bytes_max: ANONYMOUS.bytes_max,
            size_max: figures::size(ANONYMOUS.bytes_max),
            files_max: PAGE_FILES_MAX,
            form_size_max: figures::size(PAGE_FORM_BYTES_MAX),
            caption_chars_max: CAPTION_CHARS_MAX,
            recovery: (recovery_ms > 0).then(|| human_duration(recovery_ms)),
            cached: human_duration(CACHE_MS),
            rates: rate_words(rates::of_uploads(member)),
            by_account: member.is_some_and(|member| member.is_verified),
        })
    }
}

/// The formats that are taken, as a list.
#[must_use]
pub fn formats(last: &str) -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    figures::list(&names, last)
}

/// `20 an hour and 100 a day`.
#[must_use]
pub fn rate_words(limits: &[RateLimit]) -> String {
    let words: Vec<String> = limits.iter().map(|limit| format!("{} per {}", limit.count_max, limit.name)).collect();
    figures::list(&words.iter().map(String::as_str).collect::<Vec<_>>(), "and")
}

fn choices(policy: &RetentionPolicy, owner: Option<&Owner>, now: Timestamp) -> Vec<Choice> {
    let usual = choice(policy, owner, now, None);
    let usual_ms = usual.as_ref().and_then(|usual| usual.safe.kept_ms).unwrap_or(i64::MAX);
    let shorter = OFFERED_MS
        .into_iter()
        .filter(|ms| *ms < usual_ms && policy.check_ttl(Surface::Web, tier_of(owner), *ms).is_ok())
        .filter_map(|ms| choice(policy, owner, now, Some(ms)));
    usual.clone().into_iter().chain(shorter).collect()
}

fn choice(policy: &RetentionPolicy, owner: Option<&Owner>, now: Timestamp, ttl_ms: Option<i64>) -> Option<Choice> {
    let promise = |verdict| match policy.window_of(Surface::Web, owner, verdict, now, ttl_ms) {
        Window::Kept(Retention { expires_at, .. }) => {
            let kept_ms = expires_at.map(|at| at.ms_since(now));
            Some(Promise { kept_ms, until: expires_at.map(Moment::from) })
        }
        Window::Withheld => None,
    };
    let safe = promise(Verdict::Safe)?;
    Some(Choice {
        ttl_s: ttl_ms.map(|ms| ms / 1_000),
        label: safe.kept_ms.map_or_else(|| AS_LONG_AS_WISHED.to_owned(), human_duration),
        safe,
        restricted: promise(Verdict::Restricted)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AccountId;
    use crate::domain::retention::Tier;

    const NOON: Timestamp = Timestamp(1_795_521_600_000);

    fn offered(policy: &RetentionPolicy) -> Vec<(Option<i64>, String)> {
        choices(policy, None, NOON).into_iter().map(|choice| (choice.ttl_s, choice.label)).collect()
    }

    #[test]
    fn the_usual_life_comes_first_and_none_is_longer() {
        let all = offered(&RetentionPolicy::default());
        let labels: Vec<&str> = all.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["30 days", "1 hour", "1 day", "7 days"]);
        assert_eq!(all.first().map(|(ttl, _)| *ttl), Some(None));
    }

    #[test]
    fn every_offer_is_within_the_deployments_policy() {
        for days in [1, 2, 7, 90, 730] {
            let policy = RetentionPolicy::with(Some(days * DAY_MS), None, None).expect("within the ceiling");
            let offers = offered(&policy);
            assert!(!offers.is_empty(), "{days}");
            for (ttl_s, label) in offers {
                let granted = ttl_s.is_none_or(|s| policy.check_ttl(Surface::Web, Tier::Anonymous, s * 1_000).is_ok());
                assert!(granted, "{days} days: {label}");
            }
        }
    }

    #[test]
    fn promise_imp_31_a_choice_states_what_the_policy_will_promise() {
        let policy = RetentionPolicy::default();
        let owner = |tier| Some(Owner { account_id: AccountId::from_random([1; 15]), tier });
        for owner in [None, owner(Tier::Anonymous), owner(Tier::Free), owner(Tier::Paid)] {
            for choice in choices(&policy, owner.as_ref(), NOON) {
                let ttl_ms = choice.ttl_s.map(|s| s * 1_000);
                for (verdict, promise) in [(Verdict::Safe, &choice.safe), (Verdict::Restricted, &choice.restricted)] {
                    let window = policy.window_of(Surface::Web, owner.as_ref(), verdict, NOON, ttl_ms);
                    let Window::Kept(kept) = window else { panic!("{verdict:?} is offered and not kept") };
                    assert_eq!(promise.until, kept.expires_at.map(Moment::from));
                }
            }
        }
    }
}
