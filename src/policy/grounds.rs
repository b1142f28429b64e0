//! What each ground of a decision rests on, what it leads to, and what the uploader is told of it (Regulation (EU) 2022/2065,
//! Art. 17(3)(d) and (e)).

use crate::domain::ground::Ground;
use crate::domain::known_bad::Category;
use crate::domain::review::Choice;
use crate::policy::known_bad::rule as category_rule;

/// What makes a ground one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A law.
    Law(&'static str),
    /// The terms of this deployment.
    Terms(&'static str),
    /// Nothing: the image stays, or comes back.
    None,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct GroundRule {
    /// The ground.
    pub ground: Ground,
    /// What makes it one.
    pub basis: Basis,
    /// What the uploader is told, as the end of "It was found that …".
    pub words: &'static str,
    /// Whether prohibiting an image on this ground is a strike against the account that uploaded it.
    pub is_strike: bool,
    /// What a list of known material calls it, where copies of it are refused from then on.
    pub category: Option<Category>,
}

impl GroundRule {
    /// Whether a decision of this kind can rest on it. What must be reported is nothing that a warning would do for.
    #[must_use]
    pub fn leads_to(&self, choice: Choice) -> bool {
        match choice {
            Choice::Release => self.ground == Ground::NothingFound,
            Choice::Restrict => self.basis != Basis::None && !self.is_reported(),
            Choice::Prohibit => self.basis != Basis::None,
            Choice::Hold => self.ground != Ground::NothingFound,
        }
    }

    /// Whether what is prohibited on this ground is reported to an authority, and kept for it.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        self.category.is_some_and(|category| category_rule(category).is_reported)
    }
}

const fn rule(
    ground: Ground,
    basis: Basis,
    words: &'static str,
    is_strike: bool,
    category: Option<Category>,
) -> GroundRule {
    GroundRule { ground, basis, words, is_strike, category }
}

/// A rule for each ground, in the order of [`Ground::ALL`].
pub const GROUNDS: [GroundRule; 14] = [
    rule(Ground::NothingFound, Basis::None, "nothing speaks against it", false, None),
    rule(
        Ground::SexualContent,
        Basis::Terms("what may be uploaded: nudity and sexual acts are shown behind a warning, or not at all"),
        "it shows nudity or sexual acts",
        false,
        Some(Category::Operator),
    ),
    rule(
        Ground::ChildAbuse,
        Basis::Law("18 U.S.C. 2252A; Directive 2011/93/EU, Art. 5"),
        "it shows what the law forbids to possess",
        true,
        Some(Category::Csam),
    ),
    rule(
        Ground::IntimateImagery,
        Basis::Law("TAKE IT DOWN Act (Pub. L. 119-12); Directive (EU) 2024/1385, Art. 5"),
        "it shows somebody intimately who has not agreed to that",
        true,
        Some(Category::IntimateImagery),
    ),
    rule(
        Ground::Terrorism,
        Basis::Law("Regulation (EU) 2021/784, Art. 2(7)"),
        "it incites to terrorism, or glorifies it",
        true,
        Some(Category::Terrorism),
    ),
    rule(
        Ground::Violence,
        Basis::Terms("what may be uploaded: no cruelty for its own sake, no threats"),
        "it shows cruelty for its own sake, or threatens",
        true,
        Some(Category::Operator),
    ),
    rule(
        Ground::Hate,
        Basis::Terms("what may be uploaded: no hatred against people for what they are"),
        "it incites to hatred against a group of people",
        true,
        Some(Category::Operator),
    ),
    rule(
        Ground::Harassment,
        Basis::Terms("what may be uploaded: nothing that makes a person a target"),
        "it makes a person a target",
        true,
        Some(Category::Operator),
    ),
    rule(
        Ground::Copyright,
        Basis::Law("17 U.S.C. 512(c); Directive 2001/29/EC, Art. 2 and 3"),
        "whoever says to hold the copyright has not allowed it",
        true,
        None,
    ),
    rule(
        Ground::PersonalData,
        Basis::Law("Regulation (EU) 2016/679, Art. 6 and 17"),
        "it shows personal data of somebody who has not agreed to that",
        false,
        None,
    ),
    rule(
        Ground::Fraud,
        Basis::Terms("what may be uploaded: nothing that is made to deceive people out of what is theirs"),
        "it is made to deceive people",
        true,
        Some(Category::Operator),
    ),
    rule(
        Ground::OtherIllegal,
        Basis::Law("the law that the decision names"),
        "it is against the law",
        true,
        Some(Category::Operator),
    ),
    rule(
        Ground::OtherTerms,
        Basis::Terms("what may be uploaded: the rule that the decision names"),
        "it is against the terms",
        false,
        Some(Category::Operator),
    ),
    rule(Ground::Undecided, Basis::None, "somebody else is to look at it", false, None),
];

/// The rule for a ground.
#[must_use]
pub fn rule_of(ground: Ground) -> &'static GroundRule {
    let [first, ..] = &GROUNDS;
    GROUNDS.iter().find(|rule| rule.ground == ground).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ground_has_its_rule_in_order() {
        let ruled: Vec<Ground> = GROUNDS.iter().map(|rule| rule.ground).collect();
        assert_eq!(ruled, Ground::ALL);
        assert!(Ground::ALL.iter().all(|ground| rule_of(*ground).ground == *ground));
    }

    #[test]
    fn what_leads_to_a_strike_or_a_list_rests_on_law_or_terms() {
        for rule in &GROUNDS {
            assert!(rule.basis != Basis::None || (!rule.is_strike && rule.category.is_none()), "{:?}", rule.ground);
        }
    }
}
