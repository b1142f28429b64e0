//! What is unusual enough to be answered (promise SHO-05): rules over counters, each in plain words. They are printed to
//! docs/policy.md, and nothing in them is secret: whoever reads them learns how much is nothing unusual.
//!
//! Who could make a rule fire against whom was thought through for each, and bounds what a rule may do. No rule shuts anybody
//! out: it lets one through at a time, after a pause. What is counted of a place concerns only whoever comes from there
//! without an account, so that a neighbour behind the same address can always sign in. What is counted of an account, only its
//! owner's own sign-ins and programs can cause: what comes with a ticket counts for the place that it comes from, and apart. No rule is about the account that somebody
//! else tries to sign in to, because strangers could then slow its owner. And what is counted of everybody slows nobody: it
//! is told to operators, who are people.

use super::rates::RateLimit;
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, human_duration};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Uploads that were let in.
    Uploads,
    /// Uploads that were found to be prohibited when they came.
    Prohibited,
    /// Variants of images that were made because they were not there yet.
    Variants,
    /// Sign-ins with a wrong password.
    FailedSignIns,
}

/// Of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A place without an account, by its pseudonym of the day.
    Place,
    /// A place from which somebody uploads with a ticket, by the same pseudonym: the account has let them, and answers for how many.
    Bringer,
    /// An account whose address is proved.
    Account,
    /// Everybody together: a number of nobody.
    Deployment,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// One at a time is let through, a pause of so many milliseconds after another.
    Slow(i64),
    /// The same; and whoever shows to be a person is counted afresh, if the deployment has a way to show it.
    Challenge(i64),
    /// Operators get a letter, once for each window.
    Alert,
}

/// What somebody is slowed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarded {
    /// Uploading.
    Uploads,
    /// Signing in.
    SignIns,
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, in the database and in letters.
    pub name: &'static str,
    /// What is counted.
    pub counted: Counted,
    /// Of whom.
    pub whom: Whom,
    /// For how long, in milliseconds; windows begin at multiples of it since 1970. At most a day: a place has no name for longer.
    pub window_ms: i64,
    /// From how many in one window on something follows.
    pub fires_at: i64,
    /// What follows.
    pub reaction: Reaction,
    /// Why so many are unusual, and why nothing worse follows.
    pub why: &'static str,
}

/// Every rule.
pub const RULES: [Rule; 9] = [
    Rule {
        name: "uploads-from-a-place",
        counted: Counted::Uploads,
        whom: Whom::Place,
        window_ms: DAY_MS,
        fires_at: 60,
        reaction: Reaction::Challenge(3 * MINUTE_MS),
        why: "Three hours' allowance in a day is more than a person shares without making an account. What is left of the \
              day's allowance can still be used, at the pace that the hour's allowance has.",
    },
    Rule {
        name: "prohibited-from-a-place",
        counted: Counted::Prohibited,
        whom: Whom::Place,
        window_ms: DAY_MS,
        fires_at: 5,
        reaction: Reaction::Slow(10 * MINUTE_MS),
        why: "Once is a mistake; five times a day is somebody who tries what gets through. Others behind the same address \
              wait as well, or sign in.",
    },
    Rule {
        name: "prohibited-by-an-account",
        counted: Counted::Prohibited,
        whom: Whom::Account,
        window_ms: DAY_MS,
        fires_at: 5,
        reaction: Reaction::Slow(10 * MINUTE_MS),
        why: "The same, of an account's own uploads. What comes with its tickets counts for the place that it comes from.",
    },
    Rule {
        name: "prohibited-with-tickets",
        counted: Counted::Prohibited,
        whom: Whom::Bringer,
        window_ms: DAY_MS,
        fires_at: 5,
        reaction: Reaction::Slow(10 * MINUTE_MS),
        why: "The same, of whoever uploads from one place with tickets, whosever they are: others who hold them, and those \
              whose they are, go on as before.",
    },
    Rule {
        name: "failed-sign-ins-from-a-place",
        counted: Counted::FailedSignIns,
        whom: Whom::Place,
        window_ms: HOUR_MS,
        fires_at: 30,
        reaction: Reaction::Challenge(MINUTE_MS),
        why: "One account takes 20 attempts an hour, so these were at several: a list of stolen passwords is being tried. \
              A passkey is no password, and is not slowed.",
    },
    Rule {
        name: "uploads-everywhere",
        counted: Counted::Uploads,
        whom: Whom::Deployment,
        window_ms: HOUR_MS,
        fires_at: 2_000,
        reaction: Reaction::Alert,
        why: "As many as from a hundred places that use up their allowance within the hour.",
    },
    Rule {
        name: "prohibited-everywhere",
        counted: Counted::Prohibited,
        whom: Whom::Deployment,
        window_ms: HOUR_MS,
        fires_at: 50,
        reaction: Reaction::Alert,
        why: "Many places at once try what gets through, or the classifier has begun to err. A person can tell which.",
    },
    Rule {
        name: "variants-everywhere",
        counted: Counted::Variants,
        whom: Whom::Deployment,
        window_ms: HOUR_MS,
        fires_at: 20_000,
        reaction: Reaction::Alert,
        why: "Half an hour of computing, as of 150 images whose budgets are used up. Who looked is written down nowhere, so \
              that nobody can be slowed for it; each image's budget holds.",
    },
    Rule {
        name: "failed-sign-ins-everywhere",
        counted: Counted::FailedSignIns,
        whom: Whom::Deployment,
        window_ms: HOUR_MS,
        fires_at: 500,
        reaction: Reaction::Alert,
        why: "More than people mistype: a list of stolen passwords is being tried from many places, each of which stays \
              below what slows it.",
    },
];

/// Counters of everybody that are looked at for one letter, and forgotten in one run: of each rule there are 25.
pub const COUNTERS_MAX: i64 = 1_000;

impl Rule {
    /// The window, as counters know it: it is full when the rule fires.
    #[must_use]
    pub fn limit(&self) -> RateLimit {
        RateLimit { name: self.name, window_ms: self.window_ms, count_max: self.fires_at }
    }

    /// How long a pause is between one that is let through and the next, in milliseconds; none if nobody is slowed.
    #[must_use]
    pub fn pause_ms(&self) -> Option<i64> {
        match self.reaction {
            Reaction::Slow(pause_ms) | Reaction::Challenge(pause_ms) => Some(pause_ms),
            Reaction::Alert => None,
        }
    }

    /// Whether a person who shows to be one is counted afresh.
    #[must_use]
    pub fn is_lifted_by_challenge(&self) -> bool {
        matches!(self.reaction, Reaction::Challenge(_))
    }

    /// What is counted, of whom and from how many on, in words.
    #[must_use]
    pub fn counted_words(&self) -> String {
        let what = match self.counted {
            Counted::Uploads => "uploads",
            Counted::Prohibited => "uploads that are not allowed",
            Counted::Variants => "sizes of pictures made",
            Counted::FailedSignIns => "sign-ins with a wrong password",
        };
        let whom = match self.whom {
            Whom::Place => "from one place, without an account",
            Whom::Bringer => "from one place, with tickets",
            Whom::Account => "by one account",
            Whom::Deployment => "by everybody together",
        };
        format!("{} {what} in {} {whom}", self.fires_at, human_duration(self.window_ms))
    }

    /// What follows, in words.
    #[must_use]
    pub fn reaction_words(&self) -> String {
        match self.reaction {
            Reaction::Slow(pause_ms) => format!("one at a time, every {}", human_duration(pause_ms)),
            Reaction::Challenge(pause_ms) => {
                format!("one at a time, every {}, or a challenge", human_duration(pause_ms))
            }
            Reaction::Alert => "operators get a letter".to_owned(),
        }
    }

    /// What it slows.
    #[must_use]
    pub fn guarded(&self) -> Option<Guarded> {
        match self.counted {
            _ if self.reaction == Reaction::Alert => None,
            Counted::Uploads | Counted::Prohibited => Some(Guarded::Uploads),
            Counted::FailedSignIns => Some(Guarded::SignIns),
            Counted::Variants => None,
        }
    }
}

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// The windows that count `what` of `whom`.
#[must_use]
pub fn counting(what: Counted, whom: Whom) -> Vec<RateLimit> {
    RULES.iter().filter(|rule| rule.counted == what && rule.whom == whom).map(Rule::limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_of_everybody_slows_nobody_and_nobody_is_shut_out() {
        for rule in &RULES {
            let is_of_everybody = rule.whom == Whom::Deployment;
            assert_eq!(rule.reaction == Reaction::Alert, is_of_everybody, "{}", rule.name);
            assert!(rule.window_ms <= DAY_MS && DAY_MS % rule.window_ms == 0, "{}: its salt is of one day", rule.name);
            if let Some(pause_ms) = rule.pause_ms() {
                assert!(
                    pause_ms <= HOUR_MS / 6 && pause_ms < rule.window_ms,
                    "{}: somebody is always let through",
                    rule.name
                );
                assert!(rule.guarded().is_some(), "{}: something is slowed", rule.name);
            }
            assert!(rule.fires_at > 1 && rule.why.len() > 40, "{}", rule.name);
            assert_eq!(find(rule.name).map(|found| found.name), Some(rule.name), "names are different");
        }
    }
}
