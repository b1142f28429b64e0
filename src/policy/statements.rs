//! Who is told the reasons of a restriction, for how long it can be appealed and by when that is decided, and how long it is known.

use crate::domain::ground::Ground;
use crate::domain::known_bad::Category;
use crate::domain::time::DAY_MS;

/// For how long a restriction can be appealed, in milliseconds: at least six months (Regulation (EU) 2022/2065, Art. 20(1)), of
/// which the longest have 184 days.
pub const APPEAL_MS: i64 = 184 * DAY_MS;

/// How long a statement is known at least, in milliseconds: twelve months, a leap year's long, so that whoever appealed on the last day
/// still reads what came of it. One that stands is known as long as it does (migrations/0029_statements.sql says the same).
pub const STATEMENT_MS: i64 = 366 * DAY_MS;

/// By when an appeal is decided, in milliseconds: a fortnight. The law says "in a timely manner" (Art. 20(4)).
pub const ANSWERED_MS: i64 = 14 * DAY_MS;

/// For how long an appeal keeps the bytes at most, in milliseconds. Whoever decides releases them; this is longer than any decision
/// should take, so that none comes too late.
pub const HOLD_MS: i64 = 366 * DAY_MS;

/// How long before its time operators are reminded of an appeal, and how often from then on, in milliseconds.
pub const REMINDED_BEFORE_MS: i64 = 3 * DAY_MS;
/// See above.
pub const REMINDED_EVERY_MS: i64 = DAY_MS;

/// Longest words of an appeal, in characters.
pub const WORDS_CHARS_MAX: usize = 4_000;

/// Letters written in one run.
pub const TOLD_MAX: i64 = 20;
/// Appeals whose decision is carried out in one run: each may cost an examination.
pub const FINISHED_MAX: i64 = 5;
/// Statements, or strikes, forgotten in one run.
pub const FORGOTTEN_MAX: i64 = 100;
/// Appeals on a page of the queue.
pub const PAGE: i64 = 50;
/// Statements, appeals or strikes that are listed.
pub const LISTED_MAX: i64 = 200;

/// Who of those that are restricted gets no letter, and is told on the page no more than at the upload, and why.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// What a person found.
    pub ground: Ground,
    /// What a list says.
    pub category: Category,
    /// Why.
    pub why: &'static str,
}

/// The one case: what has to be reported to an authority.
pub const SILENCES: [Silence; 1] = [Silence {
    ground: Ground::ChildAbuse,
    category: Category::Csam,
    why: "it is reported and kept for the authorities (18 U.S.C. 2258A): a letter would warn whom they look for, and tell which file was known",
}];

/// Whether whoever is restricted on this ground, or because of a list, gets a letter with the reasons.
#[must_use]
pub fn is_told(ground: Option<Ground>, category: Option<Category>) -> bool {
    !SILENCES.iter().any(|silence| ground == Some(silence.ground) || category == Some(silence.category))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_months_are_never_longer_than_what_is_given() {
        // July to December: 31 + 31 + 30 + 31 + 30 + 31.
        assert_eq!(APPEAL_MS, (31 + 31 + 30 + 31 + 30 + 31) * DAY_MS);
        const { assert!(STATEMENT_MS > APPEAL_MS + ANSWERED_MS) }
    }

    #[test]
    fn everybody_is_told_but_whom_a_letter_would_warn() {
        assert!(is_told(None, None) && is_told(Some(Ground::Copyright), Some(Category::Operator)));
        assert!(!is_told(Some(Ground::ChildAbuse), None) && !is_told(None, Some(Category::Csam)));
    }
}
