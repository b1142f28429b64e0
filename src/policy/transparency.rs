//! What is told of decisions about content, and for how long (Regulation (EU) 2022/2065, Art. 15 and 24).

use super::statistics::TOLD_FROM;
use crate::domain::time::{DAY_MS, HOUR_MS};

/// Numbers are told in steps of so many, rounded down: whoever adds and subtracts what is told learns of no smaller number what it is.
/// Of fewer than that nothing is told, as in the statistics.
pub const TOLD_IN_STEPS_OF: i64 = TOLD_FROM;

/// How long a month is told, in milliseconds after it began. The reports of the Digital Services Act stay public for five years
/// (Implementing Regulation (EU) 2024/2835); what is counted here is of nobody, and is no usage.
pub const TOLD_MS: i64 = 5 * 366 * DAY_MS;

/// How long after its end a month may still be counted, in milliseconds: what was decided on its first day is there for 90 days.
pub const COUNTED_WITHIN_MS: i64 = 55 * DAY_MS;

/// Rows forgotten in one run: a month has a hundred at most.
pub const FORGOTTEN_MAX: i64 = 1_000;

/// Kinds of a measure that are read of one month, at most; more there are not.
pub const KINDS_MAX: i64 = 500;

/// Rows told at once: five years of months with all their kinds.
pub const ROWS_MAX: i64 = 10_000;

/// Within how long people decided, by which waits are told apart: up to so many milliseconds, and the words for it.
pub const WAITS: [(i64, &str); 5] = [
    (HOUR_MS, "within an hour"),
    (DAY_MS, "within a day"),
    (3 * DAY_MS, "within three days"),
    (7 * DAY_MS, "within a week"),
    (i64::MAX, "later"),
];

/// A number as it is told; none: it is not.
#[must_use]
pub fn told(count: i64) -> Option<i64> {
    let told = count - count.rem_euclid(TOLD_IN_STEPS_OF);
    (told >= TOLD_IN_STEPS_OF).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_in_steps_and_few_are_not() {
        assert_eq!([0, 9, 10, 19, 20, 1_234].map(told), [None, None, Some(10), Some(10), Some(20), Some(1_230)]);
    }

    #[test]
    fn no_sum_or_difference_of_what_is_told_says_how_few_there_were() {
        // A whole and a part of it, both told: of what is left, every number up to nine that fits stays possible.
        for (whole, part) in [(10, 10), (50, 50), (120, 120)] {
            let left: Vec<i64> = (0..10)
                .flat_map(|w| (0..10).map(move |p| (whole + w) - (part + p)))
                .filter(|left| (0..10).contains(left))
                .collect();
            assert!((0..10).all(|number| left.contains(&number)), "{whole} {part}");
        }
    }
}
