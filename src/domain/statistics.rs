//! Counts of a day as they may be told: what there were few of is not told, and cannot be computed from what is.

use std::collections::BTreeMap;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Images that came, by the way in, the format and the verdict.
    Uploads,
    /// Images that left public view, by the reason.
    Removals,
}

impl Subject {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Uploads, Self::Removals];

    /// The word stored in the database and shown in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploads => "uploads",
            Self::Removals => "removals",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.as_str() == word)
    }
}

/// A kind of what is counted; what does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// How it came in.
    pub surface: String,
    /// The format; `unknown` if nothing is known of it any more.
    pub format: String,
    /// What was concluded about it.
    pub verdict: String,
    /// Why it left.
    pub reason: String,
}

/// What may be told of one day. Every image is in one number at most, and no number is the sum of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// How many there were of each kind of which there were enough.
    pub kinds: BTreeMap<Kind, i64>,
    /// How many there were of all other kinds together; none: it is not told, because it would tell something of one of them.
    pub rest: Option<i64>,
}

/// What may be told of `counts`, of which there are at least `kinds_possible` kinds that may occur.
///
/// A kind is told if there were `told_from` of it or more. Of any other, whoever reads this knows that there were 0 to
/// `told_from - 1` and can exclude none of these numbers:
///
/// - The rest is the only number in which it is. If that is told, it is `told_from` or more, so that the kind can have any number of
///   it; and it is no more than the other kinds of the rest can have, so that the kind can have none.
/// - If it is not told, that is because it is smaller, or so large; and it is smaller whatever number the kind has, if the others have
///   none.
///
/// `tests/core/statistics.rs` lets a reader who knows this function try every day that there can have been.
#[must_use]
pub fn tell(counts: &BTreeMap<Kind, i64>, kinds_possible: usize, told_from: i64) -> Told {
    let is_enough = |(_, count): &(&Kind, &i64)| **count >= told_from;
    let kinds: BTreeMap<Kind, i64> =
        counts.iter().filter(is_enough).map(|(kind, count)| (kind.clone(), *count)).collect();
    let rest: i64 = counts.values().sum::<i64>() - kinds.values().sum::<i64>();
    let others = i64::try_from(kinds_possible.saturating_sub(kinds.len() + 1)).unwrap_or(0);
    let is_told = rest >= told_from && rest <= others.saturating_mul(told_from - 1);
    Told { kinds, rest: is_told.then_some(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(numbers: &[i64]) -> BTreeMap<Kind, i64> {
        let kind = |(index, count): (usize, &i64)| (Kind { reason: index.to_string(), ..Kind::default() }, *count);
        numbers.iter().enumerate().map(kind).collect()
    }

    /// What is told of kinds that are all possible: of each its number or nothing, and the rest.
    fn told(numbers: &[i64], told_from: i64) -> (Vec<Option<i64>>, Option<i64>) {
        let all = counts(numbers);
        let told = tell(&all, numbers.len(), told_from);
        (all.keys().map(|kind| told.kinds.get(kind).copied()).collect(), told.rest)
    }

    #[test]
    fn many_are_told_and_few_are_not() {
        assert_eq!(told(&[10, 9, 0, 4], 10), (vec![Some(10), None, None, None], Some(13)));
        assert_eq!(told(&[10, 9, 0, 0], 10).1, None, "fewer than ten");
        assert_eq!(told(&[50, 40, 9, 9], 10).1, None, "both are nine: the sum would say so");
        assert_eq!(told(&[50, 40, 30, 9], 10).1, None, "the last kind would be known");
        assert_eq!(tell(&BTreeMap::new(), 4, 10), Told::default());
    }

    /// Every list of `kinds` numbers below `end`.
    fn days(kinds: usize, end: i64) -> Vec<Vec<i64>> {
        let longer = |lists: Vec<Vec<i64>>| {
            lists.into_iter().flat_map(|list| (0..end).map(move |n| [list.clone(), vec![n]].concat())).collect()
        };
        (0..kinds).fold(vec![Vec::new()], |lists, _| longer(lists))
    }

    #[test]
    fn promise_msf_08_whoever_knows_how_it_is_told_excludes_no_number_of_what_is_not() {
        for (kinds, told_from) in [(1, 10), (2, 10), (3, 10), (4, 4), (5, 3)] {
            // All that whoever reads it must take for possible, by what they read.
            let mut readings: BTreeMap<_, Vec<Vec<i64>>> = BTreeMap::new();
            for day in days(kinds, told_from + 3) {
                readings.entry(told(&day, told_from)).or_default().push(day);
            }
            for ((numbers, rest), possible) in readings {
                for (index, _) in numbers.iter().enumerate().filter(|(_, number)| number.is_none()) {
                    let seen: std::collections::BTreeSet<i64> = possible.iter().map(|day| day[index]).collect();
                    assert!(seen.into_iter().eq(0..told_from), "{numbers:?} and {rest:?} tell of the {index}th");
                }
            }
        }
    }

    #[test]
    fn the_check_finds_a_rest_that_tells_too_much() {
        // Without the second condition: nine and nine are told as eighteen.
        let careless = |day: &[i64]| Some(day.iter().sum::<i64>()).filter(|rest| *rest >= 10);
        let possible: Vec<Vec<i64>> = days(2, 10).into_iter().filter(|day| careless(day) == Some(18)).collect();
        assert_eq!(possible, [[9, 9]]);
    }
}
