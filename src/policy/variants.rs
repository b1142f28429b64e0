//! How many variants of an image there may be, and how long they stay. Bounded, because an address can ask for millions.

use crate::domain::format::Format;
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::domain::transform::{Transform, read};
use crate::policy::transforms::BOUNDS;

/// Most stored variants of one image; beyond that, the least used goes. Twenty sizes in three formats, and a few more.
pub const STORED_MAX: i64 = 64;
/// Most variants of one image that are made in an hour. At a tenth of a second each, a flood costs twelve seconds of
/// computing an hour and image, wherever it comes from.
pub const BEGUN_PER_HOUR_MAX: i64 = 128;
/// A variant that nobody used for so long is erased; whoever asks for it then waits as the first did.
pub const IDLE_MS: i64 = 30 * DAY_MS;
/// Longer than making one takes, waiting included: what was begun before is not being made any more.
pub const IN_FLIGHT_MS: i64 = 5 * MINUTE_MS;
/// One use in so many is written down: those used often are noticed, and views do not wait for the database.
pub const USE_NOTED_EVERY: u8 = 16;
/// A use is not written down if one was within this time.
pub const USE_NOTED_AFTER_MS: i64 = DAY_MS;
/// The window of the budget.
pub const BUDGET_WINDOW_MS: i64 = HOUR_MS;
/// Seconds a client that asked for too many new variants at once is asked to wait: the window of the rate limiting
/// binding.
pub const CLIENT_RETRY_AFTER_S: i64 = 60;

/// Which transforms are made for whoever asks; a signed address is allowed any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TransformRule {
    /// Every one.
    #[default]
    Any,
    /// The named sizes, in every format and with every quality, and these queries.
    Listed(Vec<String>),
    /// None.
    Signed,
}

impl TransformRule {
    /// Whether an unsigned address may ask for `transform` of an image of the format `source`.
    #[must_use]
    pub fn admits(&self, transform: &Transform, source: Format) -> bool {
        let Self::Listed(queries) = self else { return *self == Self::Any };
        // Format and quality are free: there are few formats, and what they cost is bounded by the budgets.
        let bare = |transform: &Transform| Transform { format: source, quality: 0, ..*transform };
        let bare_of = |query: &str| read(query, source, false, &BOUNDS).transform.as_ref().map(bare);
        let named = BOUNDS.sizes.iter().map(|named| format!("size={}", named.name));
        let wanted = bare(transform);
        wanted == Transform::identity(source)
            || named.chain(queries.iter().cloned()).any(|query| bare_of(&query) == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_admits_what_it_lists_in_any_words() {
        let admits = |rule: &TransformRule, query: &str| {
            let asked = read(query, Format::Jpeg, true, &BOUNDS).transform;
            asked.is_none_or(|transform| rule.admits(&transform, Format::Jpeg))
        };
        let listed = TransformRule::Listed(vec!["w=480&h=270&fit=cover".into()]);
        for (query, expected) in [
            ("h=270&w=480&fit=crop", true),
            ("h=270&w=480&fit=cover&format=webp&q=50", true),
            ("size=s", true),
            ("short=320&format=auto", true),
            ("format=png", true),
            ("w=481", false),
            ("size=s&blur=2", false),
            ("size=s&dpr=1.1", false),
        ] {
            assert_eq!(admits(&listed, query), expected, "{query}");
            assert!(admits(&TransformRule::Any, query) && !admits(&TransformRule::Signed, query), "{query}");
        }
    }
}
