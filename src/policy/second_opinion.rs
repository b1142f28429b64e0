//! What a second opinion from outside leads to. It is asked for flagged images only, and prohibits nothing: that is for a
//! person, who finds the image in the queue either way unless the opinion clears it.

use super::verdicts::POLICY_VERSION;
use crate::domain::decision::{AppliedThreshold, DecidedBy, Decision, JudgingModel};
use crate::domain::opinion::{Label, Opinion};
use crate::domain::verdict::Verdict;

/// Attempts after which no opinion is waited for any more: with doubling waits, about two hours. A person looks anyway.
pub const ATTEMPTS_MAX: i64 = 7;

/// One label that counts.
#[derive(Clone, Copy, Debug)]
pub struct LabelRule {
    /// A name of the highest level of Rekognition's moderation taxonomy, version 7; the levels below come with it.
    pub label: &'static str,
    /// The least confidence that leads to the verdict, in percent.
    pub at_least: f32,
    /// What it leads to. Below that, but answered at all: the image stays flagged.
    pub verdict: Verdict,
    /// Why.
    pub why: &'static str,
}

/// The labels that say what a warning says. Others (violence, alcohol, gambling, …) are about something else than what
/// the image was flagged for.
pub const RULES: [LabelRule; 2] = [
    LabelRule {
        label: "Explicit",
        at_least: 80.0,
        verdict: Verdict::Restricted,
        why: "two classifiers agree, and the second is fairly sure; a warning that is wrong costs one click",
    },
    LabelRule {
        label: "Non-Explicit Nudity of Intimate parts and Kissing",
        at_least: 80.0,
        verdict: Verdict::Restricted,
        why: "what the warning speaks of: nudity or something sexual",
    },
];

/// The other names of the highest level. Anything else there is something that this policy does not know.
pub const OTHERS: [&str; 8] = [
    "Alcohol",
    "Drugs & Tobacco",
    "Gambling",
    "Hate Symbols",
    "Rude Gestures",
    "Swimwear or Underwear",
    "Violence",
    "Visually Disturbing",
];

/// The decision on an opinion.
#[must_use]
pub fn decide(opinion: &Opinion) -> Decision {
    let found = RULES.iter().find_map(|rule| sure(rule, &opinion.labels).map(|label| (rule, label)));
    let doubt = RULES.iter().any(|rule| seen(rule, &opinion.labels).is_some()) || is_strange(&opinion.labels);
    let (verdict, reason) = match (found, doubt) {
        (Some((rule, label)), _) => {
            let words = format!(
                "'{}' at {:.0} %, from {:.0} % on {}",
                label.name,
                label.confidence,
                rule.at_least,
                rule.verdict.as_str()
            );
            (rule.verdict, words)
        }
        (None, true) => {
            (Verdict::Flagged, "it sees something of the kind and is not sure, or something unknown".to_owned())
        }
        (None, false) => (Verdict::Safe, "it sees nothing of the kind".to_owned()),
    };
    let applied = |rule: &LabelRule| AppliedThreshold {
        measure: rule.label,
        at_least: rule.at_least,
        verdict: rule.verdict.as_str(),
    };
    let reason = format!("second opinion ({}): {reason}", opinion.model);
    Decision {
        model: Some(JudgingModel { id: opinion.model.clone(), sha256: None }),
        labels: opinion.labels.clone(),
        thresholds: RULES.iter().map(applied).collect(),
        ..Decision::bare(verdict, DecidedBy::Outside, POLICY_VERSION, reason)
    }
}

/// Whether labels are not what the taxonomy says: an unknown one at the highest level, or some and none there. Then
/// nothing is concluded from what is missing.
fn is_strange(labels: &[Label]) -> bool {
    let mut tops = labels.iter().filter(|label| label.parent.is_empty()).peekable();
    let none = tops.peek().is_none() && !labels.is_empty();
    let is_known = |name: &str| RULES.iter().any(|rule| rule.label == name) || OTHERS.contains(&name);
    none || tops.any(|label| !is_known(&label.name))
}

fn seen<'a>(rule: &LabelRule, labels: &'a [Label]) -> Option<&'a Label> {
    labels.iter().find(|label| label.name == rule.label)
}

fn sure<'a>(rule: &LabelRule, labels: &'a [Label]) -> Option<&'a Label> {
    seen(rule, labels).filter(|label| label.confidence >= rule.at_least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(labels: &[(&str, f32)]) -> Verdict {
        let labels = labels.iter().map(|(name, confidence)| Label {
            name: (*name).to_owned(),
            parent: String::new(),
            confidence: *confidence,
        });
        decide(&Opinion { model: "a model".into(), labels: labels.collect() }).verdict
    }

    #[test]
    fn an_opinion_clears_warns_or_leaves_it_to_a_person_and_never_prohibits() {
        assert_eq!(verdict(&[]), Verdict::Safe);
        assert_eq!(verdict(&[("Violence", 99.0), ("Swimwear or Underwear", 99.0)]), Verdict::Safe);
        assert_eq!(verdict(&[("Explicit", 79.9)]), Verdict::Flagged);
        assert_eq!(verdict(&[("Explicit", 80.0)]), Verdict::Restricted);
        assert_eq!(verdict(&[("Non-Explicit Nudity of Intimate parts and Kissing", 95.0)]), Verdict::Restricted);
        assert_eq!(verdict(&[("Explicit", 100.0)]), Verdict::Restricted);
        assert_eq!(
            verdict(&[("Explicit Nudity", 99.0)]),
            Verdict::Flagged,
            "a name of an older taxonomy clears nothing"
        );
        let child = Label { name: "Explicit Nudity".into(), parent: "Explicit".into(), confidence: 99.0 };
        let opinion = Opinion { model: "a model".into(), labels: vec![child] };
        assert_eq!(decide(&opinion).verdict, Verdict::Flagged, "a child without its parent");
        assert!(RULES.iter().all(|rule| rule.verdict == Verdict::Restricted && !rule.why.is_empty()));
    }
}
