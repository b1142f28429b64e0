//! Images that are on a list of known material: when one counts as recognised, and what then has to happen.

use super::verdicts::POLICY_VERSION;
use crate::domain::decision::{DecidedBy, Decision};
use crate::domain::known_bad::{Category, Likeness, Match};
use crate::domain::time::DAY_MS;
use crate::domain::verdict::Verdict;

/// Most differing bits of two PDQ hashes of what counts as the same picture. The publication recommends it ("31 or
/// less", of 256), and so do those who exchange such hashes. It is also the largest distance at which
/// [`crate::domain::known_bad::PdqHash::near_bands`] misses nothing: a larger one needs another index.
pub const PDQ_DISTANCE_MAX: u32 = 31;

/// The least quality (0 to 100) of a PDQ hash that is compared. Below it a picture shows so little that strangers
/// resemble each other; the publication recommends 50.
pub const PDQ_QUALITY_MIN: u8 = 50;

/// How long material that has to be reported is kept for the authorities: one year (18 U.S.C. 2258A(h), as amended
/// by the REPORT Act of 2024).
pub const LEGAL_HOLD_MS: i64 = 365 * DAY_MS;

/// The list of what operators decide themselves not to see again (migrations/0024_journal.sql says the same).
pub const OPERATORS_LIST: &str = "operator";

/// What a category demands. Whatever it is, the image is never public and a person looks at the record.
#[derive(Clone, Copy, Debug)]
pub struct CategoryRule {
    /// The category.
    pub category: Category,
    /// How urgent it is in the review queue: more than any verdict of a model.
    pub severity: u8,
    /// Whether the bytes are kept under a legal hold, and a record is made of what must be reported (promise IMP-24).
    pub is_reported: bool,
    /// Whether the uploader is told which list it is.
    pub is_named: bool,
    /// Why.
    pub why: &'static str,
}

/// A rule for each category, the severest first.
pub const CATEGORIES: [CategoryRule; 4] = [
    CategoryRule {
        category: Category::Csam,
        severity: 9,
        is_reported: true,
        is_named: false,
        why: "the law has it reported and kept; who is told of the list learns which files to avoid",
    },
    CategoryRule {
        category: Category::Terrorism,
        severity: 8,
        is_reported: false,
        is_named: true,
        why: "lists hold news and evidence, too: whoever appeals has to know what to answer",
    },
    CategoryRule {
        category: Category::IntimateImagery,
        severity: 7,
        is_reported: false,
        is_named: true,
        why: "somebody asked for it not to be shown; keeping it longer than to answer an appeal would wrong them again",
    },
    CategoryRule {
        category: Category::Operator,
        severity: 6,
        is_reported: false,
        is_named: false,
        why: "the operator's own decision, repeated for copies; unnamed like the first, so that these words are not csam's alone",
    },
];

/// The rule for a category.
#[must_use]
pub fn rule(category: Category) -> &'static CategoryRule {
    let [csam, terrorism, intimate_imagery, operator] = &CATEGORIES;
    match category {
        Category::Csam => csam,
        Category::Terrorism => terrorism,
        Category::IntimateImagery => intimate_imagery,
        Category::Operator => operator,
    }
}

/// Whether the hash of a likeness says enough to be compared.
#[must_use]
pub fn is_telling(likeness: &Likeness) -> bool {
    likeness.quality >= PDQ_QUALITY_MIN
}

/// The match that decides, of several: the severest category, then the nearest.
#[must_use]
pub fn worst(matches: Vec<Match>) -> Option<Match> {
    let key = |matched: &Match| {
        (std::cmp::Reverse(rule(matched.category).severity), matched.distance.unwrap_or(0), matched.list.clone())
    };
    matches.into_iter().min_by_key(key)
}

/// The decision about an image that is on a list. Its reason is what the uploader is told; it never says by what the
/// image was recognised.
#[must_use]
pub fn decide(matched: Match) -> Decision {
    let reason = match rule(matched.category).is_named {
        true => format!("it is on the list \"{}\" ({})", matched.list, matched.category.as_str()),
        // As for any other content.
        false => "its content is not allowed here".to_owned(),
    };
    Decision {
        matched: Some(matched),
        ..Decision::bare(Verdict::Prohibited, DecidedBy::KnownBad, POLICY_VERSION, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::known_bad::{BANDS, HashKind, PdqHash};

    fn matched(category: Category, distance: u32) -> Match {
        Match { list: "a list".into(), category, kind: HashKind::Pdq, distance: Some(distance) }
    }

    #[test]
    fn every_category_has_its_rule_and_a_reason() {
        for category in Category::ALL {
            assert_eq!(rule(category).category, category);
            assert!(rule(category).severity > Verdict::Prohibited.severity() && rule(category).why.len() > 20);
        }
        assert!(CATEGORIES.is_sorted_by(|one, other| one.severity > other.severity));
    }

    #[test]
    fn the_index_misses_nothing_at_the_largest_distance_that_counts() {
        assert!(PDQ_DISTANCE_MAX < 2 * u32::try_from(BANDS).unwrap());
    }

    #[test]
    fn only_telling_hashes_are_compared() {
        let likeness = |quality| Likeness { hash: PdqHash([0; 32]), quality };
        assert!(is_telling(&likeness(50)) && !is_telling(&likeness(49)));
    }

    #[test]
    fn the_severest_category_decides_then_the_nearest() {
        assert_eq!(worst(vec![]), None);
        let [csam, near, far] =
            [matched(Category::Csam, 31), matched(Category::Operator, 0), matched(Category::Operator, 9)];
        assert_eq!(worst(vec![far.clone(), near.clone()]), Some(near.clone()));
        assert_eq!(worst(vec![near, csam.clone(), far]), Some(csam));
    }

    #[test]
    fn the_uploader_learns_the_list_unless_that_would_tip_off() {
        assert_eq!(decide(matched(Category::Terrorism, 3)).reason, "it is on the list \"a list\" (terrorism)");
        assert_eq!(decide(matched(Category::Csam, 3)).reason, "its content is not allowed here");
    }
}
