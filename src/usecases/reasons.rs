//! A statement of reasons in words, from what is stored (Regulation (EU) 2022/2065, Art. 17(3)): the letter, the page and the API
//! say the same.

use crate::domain::decision::DecidedBy;
use crate::domain::ground::Ground;
use crate::domain::statement::{Restriction, Statement};
use crate::domain::time::{Timestamp, human_duration};
use crate::policy::grounds::{Basis, GROUNDS, rule_of};
use crate::policy::known_bad;
use crate::policy::notices::ANSWERED_WITHIN_MS;
use crate::policy::statements::{ANSWERED_MS, APPEAL_MS, is_told};
use crate::policy::strikes::STRIKES_MAX;

/// What rests on no ground that is named.
const TERMS: &str = "what may be uploaded";
/// What is said of what is not explained.
const UNEXPLAINED: &str = "Its content is not allowed here.";

/// The reasons of a restriction. Each is a sentence or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons {
    /// What is restricted.
    pub kind: Restriction,
    /// What that means, and for how long.
    pub scope: String,
    /// The facts.
    pub facts: String,
    /// The ground in law or in the terms.
    pub basis: String,
    /// Whether somebody reported it, and what programs did.
    pub origin: String,
    /// What can be done about it.
    pub redress: String,
    /// Until when it can be appealed.
    pub appeal_until: Timestamp,
}

/// The reasons that a statement gives.
#[must_use]
pub fn reasons(statement: &Statement) -> Reasons {
    Reasons {
        kind: statement.kind,
        scope: scope(statement),
        facts: facts(statement),
        basis: basis(statement),
        origin: origin(statement),
        redress: redress(statement),
        appeal_until: appeal_until(statement),
    }
}

/// Until when a restriction can be appealed.
#[must_use]
pub fn appeal_until(statement: &Statement) -> Timestamp {
    statement.imposed_at.plus_ms(APPEAL_MS)
}

fn scope(statement: &Statement) -> String {
    match statement.kind {
        Restriction::Removal => {
            "The picture is shown to nobody, in no country and at none of its addresses. That has no end, unless the decision is taken back."
                .to_owned()
        }
        Restriction::Warning => {
            let shown = "Whoever opens the picture sees a warning first, in every country, as long as the picture is here.";
            match (statement.expires_before, statement.expires_at) {
                (before, Some(at)) if before != Some(at) => {
                    let instead = match before {
                        Some(before) => format!(" instead of on {}", before.human()),
                        None => String::new(),
                    };
                    format!(
                        "{shown} It is kept for a shorter time, as such pictures are: it leaves on {}{instead}.",
                        at.human()
                    )
                }
                _ => shown.to_owned(),
            }
        }
        Restriction::Held => "The picture is shown to nobody until a person has decided about it.".to_owned(),
        Restriction::Suspension => {
            let until = match statement.decided_by {
                DecidedBy::Operator => "until a person ends it".to_owned(),
                _ => format!("until fewer than {STRIKES_MAX} strikes count"),
            };
            format!(
                "Nothing can be uploaded or imported with the account, and programs change nothing, {until}. Signing in, seeing and deleting what is there, copies of it, and every other right stay as they are."
            )
        }
    }
}

fn facts(statement: &Statement) -> String {
    if !is_told(statement.ground, statement.category) {
        return UNEXPLAINED.to_owned();
    }
    match statement.ground.map(rule_of) {
        Some(rule) if rule.basis != Basis::None => {
            format!("It was found that {}. What was noted: {}", rule.words, sentence(&statement.reason))
        }
        _ => sentence(&statement.reason),
    }
}

fn basis(statement: &Statement) -> String {
    if !is_told(statement.ground, statement.category) {
        return of_terms(TERMS);
    }
    if statement.kind == Restriction::Suspension && statement.ground.is_none() {
        return of_terms(
            "whoever breaks them again and again may add no more; where it is about copyright, the law asks for that, too (17 U.S.C. 512(i))",
        );
    }
    match statement.ground.or_else(|| found_ground(statement)).map(|ground| rule_of(ground).basis) {
        Some(Basis::Law(law)) => format!("It rests on the law: {law}."),
        Some(Basis::Terms(terms)) => of_terms(terms),
        Some(Basis::None) | None => of_terms(TERMS),
    }
}

fn of_terms(terms: &str) -> String {
    format!("It rests on the terms of this site: {terms}.")
}

/// The ground of what no person has decided: that of the list, if it is named; else what models look for.
fn found_ground(statement: &Statement) -> Option<Ground> {
    match (statement.decided_by, statement.category) {
        (DecidedBy::KnownBad, Some(category)) if known_bad::rule(category).is_named => {
            GROUNDS.iter().find(|rule| rule.category == Some(category)).map(|rule| rule.ground)
        }
        (DecidedBy::Model | DecidedBy::Outside, _) => Some(Ground::SexualContent),
        _ => None,
    }
}

fn origin(statement: &Statement) -> String {
    let start = match (&statement.notice_id, statement.is_detected_by_program()) {
        (Some(_), _) => "Somebody reported it.",
        (None, true) => "Nobody reported it: a program found it.",
        (None, false) => "Nobody reported it, and no program found it: we did.",
    };
    let decided = match (statement.decided_by, statement.kind) {
        (DecidedBy::Operator, _) => "A person decided.",
        (_, Restriction::Suspension) => {
            return "A rule decided that counts strikes. Each of them was given by a person.".to_owned();
        }
        _ => "No person has decided yet: the decision was automatic.",
    };
    format!("{start} {decided}")
}

fn redress(statement: &Statement) -> String {
    let until = appeal_until(statement).human();
    let answered = human_duration(ANSWERED_MS);
    let counter = match (statement.kind, statement.ground, &statement.notice_id) {
        (Restriction::Removal, Some(Ground::Copyright), Some(_)) => format!(
            " As it is about copyright, you can also send a counter-notice within {}, which the page of this statement leads to (17 U.S.C. 512(g)).",
            human_duration(ANSWERED_WITHIN_MS)
        ),
        _ => String::new(),
    };
    format!(
        "You can appeal until {until}, at no cost. A person decides, not the one who decided before where there is another, within {answered}. You can also turn to a certified body for the settlement of disputes in the European Union, or to a court.{counter}"
    )
}

/// The words as a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let rest = letters.as_str();
    let end = if words.trim_end().ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{rest}{end}", first.to_uppercase())
}
