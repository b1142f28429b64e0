//! What each kind of notice has to say, by when it is decided, and how long it is kept; and the clocks of counter-notices.

use crate::domain::ground::Ground;
use crate::domain::notice::{NoticeField, NoticeKind};
use crate::domain::time::{DAY_MS, HOUR_MS};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct NoticeRule {
    /// The kind.
    pub kind: NoticeKind,
    /// What it must say.
    pub required: &'static [NoticeField],
    /// Whether it is taken and stored though something is missing, and its sender told what.
    pub may_be_incomplete: bool,
    /// On which grounds nobody has to say who they are.
    pub anonymous: &'static [Ground],
    /// The grounds that its sender chooses from; of one, there is nothing to choose.
    pub grounds: &'static [Ground],
    /// How long after it is complete it is decided, in milliseconds.
    pub decided_within_ms: i64,
    /// How urgent it is, among notices that are due at the same time.
    pub severity: i64,
    /// Whether copies of the images are searched for.
    pub finds_copies: bool,
    /// Where that is from.
    pub source: &'static str,
}

use NoticeField::{Accuracy, Address, Email, GoodFaith, Name, Phone, Reasons, Signature, Urls, Work};

/// A rule for each kind, in the order of [`NoticeKind::ALL`].
pub const NOTICES: [NoticeRule; 4] = [
    NoticeRule {
        kind: NoticeKind::Illegal,
        required: &[Urls, Reasons, Name, Email, GoodFaith],
        may_be_incomplete: false,
        anonymous: &[Ground::ChildAbuse],
        grounds: &[
            Ground::ChildAbuse,
            Ground::Terrorism,
            Ground::Violence,
            Ground::Hate,
            Ground::Harassment,
            Ground::PersonalData,
            Ground::Fraud,
            Ground::OtherIllegal,
        ],
        decided_within_ms: 7 * DAY_MS,
        severity: 5,
        finds_copies: false,
        source: "Regulation (EU) 2022/2065, Art. 16(2) and (6): in a timely manner; nobody need say who they are where it is about the abuse of children",
    },
    NoticeRule {
        kind: NoticeKind::Copyright,
        required: &[Urls, Work, Name, Address, Phone, Email, GoodFaith, Accuracy, Signature],
        may_be_incomplete: true,
        anonymous: &[],
        grounds: &[Ground::Copyright],
        decided_within_ms: 3 * DAY_MS,
        severity: 6,
        finds_copies: false,
        source: "17 U.S.C. 512(c)(1)(C) and (3)(A): expeditiously; (3)(B)(ii): whoever left something out is helped to add it",
    },
    NoticeRule {
        kind: NoticeKind::IntimateImagery,
        required: &[Urls, Name, Email, GoodFaith, Signature],
        may_be_incomplete: false,
        anonymous: &[],
        grounds: &[Ground::IntimateImagery],
        decided_within_ms: 48 * HOUR_MS,
        severity: 8,
        finds_copies: true,
        source: "TAKE IT DOWN Act (Pub. L. 119-12), sec. 3(a)(1)(B) and (3): 48 hours, with identical copies",
    },
    NoticeRule {
        kind: NoticeKind::Abuse,
        required: &[Urls, Reasons],
        may_be_incomplete: false,
        anonymous: &[Ground::OtherTerms],
        grounds: &[Ground::OtherTerms],
        decided_within_ms: 14 * DAY_MS,
        severity: 3,
        finds_copies: false,
        source: "the terms; what does not reach an answer need not say who sent it",
    },
];

/// The rule for a kind.
#[must_use]
pub fn rule_of(kind: NoticeKind) -> &'static NoticeRule {
    let [illegal, copyright, intimate_imagery, abuse] = &NOTICES;
    match kind {
        NoticeKind::Illegal => illegal,
        NoticeKind::Copyright => copyright,
        NoticeKind::IntimateImagery => intimate_imagery,
        NoticeKind::Abuse => abuse,
    }
}

impl NoticeRule {
    /// What a notice on `ground` must say.
    pub fn required_on(&self, ground: Ground) -> impl Iterator<Item = NoticeField> + '_ {
        let is_anonymous = self.anonymous.contains(&ground);
        let names = move |field: &NoticeField| matches!(field, Name | Email);
        self.required.iter().filter(move |field| !(is_anonymous && names(field))).copied()
    }

    /// How long after it is complete one on `ground` is decided, in milliseconds: where a life may be in danger or a child is
    /// abused, within a day (Regulation (EU) 2022/2065, Art. 18; 18 U.S.C. 2258A(a)(1)).
    #[must_use]
    pub fn decided_within_ms_on(&self, ground: Ground) -> i64 {
        if is_urgent(ground) { self.decided_within_ms.min(DAY_MS) } else { self.decided_within_ms }
    }

    /// How urgent one on `ground` is.
    #[must_use]
    pub fn severity_on(&self, ground: Ground) -> i64 {
        if is_urgent(ground) { URGENT } else { self.severity }
    }
}

/// As urgent as anything.
const URGENT: i64 = 9;

fn is_urgent(ground: Ground) -> bool {
    matches!(ground, Ground::ChildAbuse | Ground::Terrorism)
}

/// Images that one notice names.
pub const URLS_MAX: usize = 10;

/// The same of whoever an operator has found to be reliable.
pub const TRUSTED_URLS_MAX: usize = 200;

/// Copies that become part of a notice: of more, a person is told to look for themselves.
pub const COPIES_MAX: i64 = 50;

/// Longest short answer in the form, in characters.
pub const LINE_CHARS_MAX: usize = 200;

/// Longest long one.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// How long a notice is known after it was decided, in milliseconds: twelve months (promise IMP-39), a leap year's long, as the log
/// of what was decided. One that was never completed is known as long.
pub const KEPT_MS: i64 = 366 * DAY_MS;

/// How long an image that was taken away for copyright is kept, so that its uploader can answer, in milliseconds.
pub const ANSWERED_WITHIN_MS: i64 = 30 * DAY_MS;

/// Business days after a counter-notice before which the image does not come back (17 U.S.C. 512(g)(2)(C)).
pub const RESTORED_AFTER_DAYS: u32 = 10;

/// Business days after which it must be back.
pub const RESTORED_BY_DAYS: u32 = 14;

/// How long the image is kept beyond the day by which it must be back, in milliseconds: if a job that is late can still bring it back.
pub const KEPT_BEYOND_MS: i64 = 14 * DAY_MS;

/// How long the image is kept if a court was asked, in milliseconds: three years, in which such a case is over or its image known
/// to be evidence (as the limitation of 17 U.S.C. 507(b)).
pub const SUIT_KEPT_MS: i64 = 3 * 365 * DAY_MS;

/// How long before its deadline operators are reminded of a notice, in milliseconds; of what is due sooner, at once.
pub const REMINDED_BEFORE_MS: i64 = DAY_MS;

/// How often from then on.
pub const REMINDED_EVERY_MS: i64 = 12 * HOUR_MS;

/// Notices on a page of the queue, and of which operators are reminded at once.
pub const PAGE: i64 = 50;

/// Live images compared in one query of the search for near copies.
pub const SEARCHED_AT_ONCE: i64 = 1_000;

/// Such queries in one run of its job: 20,000 images every other minute are 28 million in 48 hours.
pub const SEARCHES_MAX: usize = 20;

/// Images on which a decision is carried out while the operator waits; of more, a job does the rest.
pub const CARRIED_OUT_AT_ONCE: usize = 20;

/// Images that come back after counter-notices in one run of the job, if the platform lets it.
pub const RESTORED_MAX: i64 = 50;

/// Notices forgotten in one run: each costs a key.
pub const FORGOTTEN_MAX: i64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_rule_in_order() {
        let ruled: Vec<NoticeKind> = NOTICES.iter().map(|rule| rule.kind).collect();
        assert_eq!(ruled, NoticeKind::ALL);
        for rule in &NOTICES {
            assert_eq!(rule_of(rule.kind).kind, rule.kind);
            assert!(rule.required.contains(&Urls) && !rule.grounds.is_empty());
            assert!(rule.anonymous.iter().all(|ground| rule.grounds.contains(ground)));
        }
    }

    #[test]
    fn nobody_need_say_who_they_are_where_it_is_about_children() {
        let rule = rule_of(NoticeKind::Illegal);
        let required: Vec<NoticeField> = rule.required_on(Ground::ChildAbuse).collect();
        assert_eq!(required, [Urls, Reasons, GoodFaith]);
        assert!(rule.required_on(Ground::Fraud).any(|field| field == Name));
        assert_eq!(rule.decided_within_ms_on(Ground::ChildAbuse), DAY_MS);
        assert_eq!(rule_of(NoticeKind::IntimateImagery).decided_within_ms_on(Ground::IntimateImagery), 48 * HOUR_MS);
    }
}
