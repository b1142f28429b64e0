//! From an assessment to a verdict, and from a verdict to what happens.

use crate::domain::decision::{AppliedThreshold, DecidedBy, Decision, JudgingModel};
use crate::domain::review::Cause;
use crate::domain::verdict::{Assessment, FrameScores, Scores, UnscannedReason, Verdict};

/// The edition of this file. Stored with every verdict, so that a later reader knows which rules
/// were in force.
pub const POLICY_VERSION: i64 = 3;

/// The verdict on an image that no classifier has judged: the one place where such an image becomes
/// publishable. A deployment with a classifier never reads this value.
pub const WITHOUT_CLASSIFIER: Verdict = Verdict::Safe;

/// What becomes of an image under a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It may be served.
    Public,
    /// It is never served.
    Withheld,
    /// It is not served until it is judged.
    Held,
}

/// What becomes of flagged images until a person has looked: a deployment's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flagged {
    /// They are served meanwhile: the default, because most of them are harmless (docs/model-card.md).
    Public,
    /// They are held.
    Held,
}

/// Most frames of an animation that are judged: first, last, and others at even distances. Eight looks take a third
/// of a second; who hides something in one frame of hundreds is not found by that, and is reported by people.
pub const FRAMES_JUDGED_MAX: u32 = 8;

/// Which frames of so many are judged: the first, the last, and some between at even distances. Numbered from 0.
#[must_use]
pub fn frames_judged(frames: u32) -> std::collections::BTreeSet<u32> {
    let last = frames.saturating_sub(1);
    let steps = FRAMES_JUDGED_MAX.min(frames).saturating_sub(1).max(1);
    (0..=steps)
        .map(|step| u64::from(last) * u64::from(step) / u64::from(steps))
        .filter_map(|n| n.try_into().ok())
        .collect()
}

/// Most looks at one image. Every judged frame is looked at as a whole, on white and on black if it is transparent; what
/// is left of this goes to parts of them, in that order: what lies within wide borders, and the pieces of a long picture.
/// Sixteen looks take half a second.
pub const LOOKS_JUDGED_MAX: usize = 2 * FRAMES_JUDGED_MAX as usize;

/// One threshold: from `at_least` on, an image gets this verdict.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// What is compared.
    pub measure: Measure,
    /// The smallest probability that counts, 0 to 1.
    pub at_least: f32,
    /// What it leads to.
    pub verdict: Verdict,
    /// Why it is set there.
    pub why: &'static str,
}

impl Threshold {
    fn applied(&self) -> AppliedThreshold {
        AppliedThreshold { measure: self.measure.as_str(), at_least: self.at_least, verdict: self.verdict.as_str() }
    }
}

/// A sum of a model's classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// [`Scores::explicit`].
    Explicit,
    /// [`Scores::sexual`].
    Sexual,
}

impl Measure {
    /// The word stored with a decision.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Sexual => "sexual",
        }
    }

    fn of(self, scores: &Scores) -> f32 {
        match self {
            Self::Explicit => scores.explicit(),
            Self::Sexual => scores.sexual(),
        }
    }
}

/// From scores to a verdict: the first row that applies, severest first. No row: safe. The figures are those of
/// `mobilenet_v2_mid`, the first of [`crate::policy::models::MODELS`]; docs/model-card.md says what the other makes of
/// them.
pub const THRESHOLDS: &[Threshold] = &[
    Threshold {
        measure: Measure::Explicit,
        at_least: 0.98,
        verdict: Verdict::Prohibited,
        why: "none of 787 harmless images reached 0.91, nor 0.97 with the smaller model (docs/model-card.md); a refusal cannot be clicked away",
    },
    Threshold {
        measure: Measure::Sexual,
        at_least: 0.60,
        verdict: Verdict::Restricted,
        why: "1.0 % of 787 harmless images reach it, 0.4 % reach 0.7; a warning that is wrong costs one click, and what is missed costs more",
    },
    Threshold {
        measure: Measure::Sexual,
        at_least: 0.50,
        verdict: Verdict::Flagged,
        why: "the model sees more for it than against it: it is shown, and a person looks at it; 0.8 % of 787 harmless images",
    },
];

/// The verdict on what vision reports; none if no verdict can be given, and then nothing may be published.
#[must_use]
pub fn verdict(assessment: &Assessment) -> Option<Verdict> {
    match assessment {
        Assessment::NotClassified => Some(WITHOUT_CLASSIFIER),
        Assessment::Scored { frames, .. } => worst(frames).map(|worst| judge(&worst.scores)),
        Assessment::Unscanned { .. } => None,
    }
}

/// The decision on what vision reports, with its grounds; none if no verdict can be given.
#[must_use]
pub fn decide(assessment: &Assessment) -> Option<Decision> {
    let verdict = verdict(assessment)?;
    let bare = |decided_by, reason| Decision::bare(verdict, decided_by, POLICY_VERSION, reason);
    Some(match assessment {
        Assessment::NotClassified | Assessment::Unscanned { .. } => {
            bare(DecidedBy::Policy, "no classifier: the policy's value for that applies".into())
        }
        Assessment::Scored { frames, model_id, model_sha256 } => Decision {
            model: Some(JudgingModel { id: model_id.clone(), sha256: Some(model_sha256.clone()) }),
            scores: frames.clone(),
            thresholds: THRESHOLDS.iter().map(Threshold::applied).collect(),
            ..bare(DecidedBy::Model, worst(frames).map(|worst| grounds(&worst)).unwrap_or_default())
        },
    })
}

/// The decision that an image cannot be judged yet.
#[must_use]
pub fn unjudged(why: UnscannedReason) -> Decision {
    Decision::bare(Verdict::Unscanned, DecidedBy::Policy, POLICY_VERSION, why.as_str().to_owned())
}

/// Why the deciding frame leads to its verdict, in words.
fn grounds(worst: &FrameScores) -> String {
    let of_frame = |row: &Threshold| {
        let (measure, score) = (row.measure.as_str(), row.measure.of(&worst.scores));
        format!(
            "{measure} content at {score:.2} in {}frame {}, from {:.2} on {}",
            if worst.region.is_some() { "a part of " } else { "" },
            worst.frame,
            row.at_least,
            row.verdict.as_str()
        )
    };
    applying(&worst.scores).map_or_else(|| "below every threshold".to_owned(), of_frame)
}

/// The frame that decides: an animation is as bad as the worst of its frames.
#[must_use]
pub fn worst(frames: &[FrameScores]) -> Option<FrameScores> {
    let key = |frame: &FrameScores| (judge(&frame.scores), frame.scores.sexual());
    frames.iter().copied().max_by(|left, right| {
        let ((left, left_sexual), (right, right_sexual)) = (key(left), key(right));
        left.severity().cmp(&right.severity()).then(left_sexual.total_cmp(&right_sexual))
    })
}

/// The verdict on one frame.
fn judge(scores: &Scores) -> Verdict {
    applying(scores).map_or(Verdict::Safe, |row| row.verdict)
}

/// The first row that applies to `scores`.
fn applying(scores: &Scores) -> Option<&'static Threshold> {
    THRESHOLDS.iter().find(|row| row.measure.of(scores) >= row.at_least)
}

/// Whether a person looks at an image under `verdict`, and why.
#[must_use]
pub fn review(verdict: Verdict) -> Option<Cause> {
    match verdict {
        Verdict::Safe | Verdict::Restricted => None,
        Verdict::Flagged => Some(Cause::Flagged),
        Verdict::Prohibited => Some(Cause::Prohibited),
        Verdict::Unscanned => Some(Cause::Unscanned),
    }
}

/// Whether an image under `verdict` may be served.
#[must_use]
pub fn publication(verdict: Verdict, flagged: Flagged) -> Publication {
    match verdict {
        Verdict::Flagged if flagged == Flagged::Held => Publication::Held,
        Verdict::Safe | Verdict::Flagged | Verdict::Restricted => Publication::Public,
        Verdict::Prohibited => Publication::Withheld,
        Verdict::Unscanned => Publication::Held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::Region;

    fn scores(porn: f32, sexy: f32) -> Scores {
        Scores { drawing: 0.0, hentai: 0.0, neutral: 1.0 - porn - sexy, porn, sexy }
    }

    fn scored(frames: &[Scores]) -> Assessment {
        let frames =
            (0..).zip(frames).map(|(frame, scores)| FrameScores { frame, region: None, scores: *scores }).collect();
        Assessment::Scored { frames, model_id: "m".into(), model_sha256: "0".into() }
    }

    #[test]
    fn rows_are_ordered_from_the_severest_and_say_why() {
        assert!(THRESHOLDS.is_sorted_by(|a, b| a.verdict.severity() >= b.verdict.severity()));
        assert!(THRESHOLDS.iter().all(|row| (0.5..1.0).contains(&row.at_least) && !row.why.is_empty()));
    }

    #[test]
    fn scores_become_the_verdict_of_the_first_row_that_applies() {
        assert_eq!(verdict(&scored(&[scores(0.0, 0.0)])), Some(Verdict::Safe));
        assert_eq!(verdict(&scored(&[scores(0.2, 0.2)])), Some(Verdict::Safe));
        assert_eq!(verdict(&scored(&[scores(0.3, 0.25)])), Some(Verdict::Flagged));
        assert_eq!(verdict(&scored(&[scores(0.4, 0.4)])), Some(Verdict::Restricted));
        assert_eq!(verdict(&scored(&[scores(0.99, 0.0)])), Some(Verdict::Prohibited));
    }

    #[test]
    fn an_animation_is_as_bad_as_its_worst_frame() {
        let assessment = scored(&[scores(0.0, 0.0), scores(0.99, 0.0), scores(0.0, 1.0)]);
        assert_eq!(verdict(&assessment), Some(Verdict::Prohibited));
        let Assessment::Scored { frames, .. } = assessment else { panic!() };
        assert_eq!(worst(&frames).map(|frame| frame.frame), Some(1));
    }

    #[test]
    fn what_was_not_judged_has_no_verdict() {
        assert_eq!(verdict(&Assessment::Unscanned { reason: UnscannedReason::ModelFailed }), None);
        assert_eq!(verdict(&scored(&[])), None);
    }

    #[test]
    fn the_words_on_the_wire_stay() {
        let text = |assessment: &Assessment| serde_json::to_string(assessment).unwrap();
        assert_eq!(text(&Assessment::NotClassified), r#"{"kind":"not_classified"}"#);
        let unscanned = Assessment::Unscanned { reason: UnscannedReason::OutOfMemory };
        assert_eq!(text(&unscanned), r#"{"kind":"unscanned","reason":"out_of_memory"}"#);
        assert_eq!(
            text(&scored(&[scores(0.5, 0.0)])),
            r#"{"kind":"scored","frames":[{"frame":0,"scores":{"drawing":0.0,"hentai":0.0,"neutral":0.5,"porn":0.5,"sexy":0.0}}],"model_id":"m","model_sha256":"0"}"#
        );
        let region = Some(Region { left: 0, top: 250, right: 1_000, bottom: 750 });
        let part = FrameScores { frame: 2, region, scores: scores(0.5, 0.0) };
        assert_eq!(
            serde_json::to_string(&part).unwrap(),
            r#"{"frame":2,"region":{"left":0,"top":250,"right":1000,"bottom":750},"scores":{"drawing":0.0,"hentai":0.0,"neutral":0.5,"porn":0.5,"sexy":0.0}}"#
        );
        // As decisions were stored before there were parts.
        let before: FrameScores = serde_json::from_str(
            r#"{"frame":2,"scores":{"drawing":0.0,"hentai":0.0,"neutral":0.5,"porn":0.5,"sexy":0.0}}"#,
        )
        .unwrap();
        assert_eq!(before, FrameScores { region: None, ..part });
    }

    #[test]
    fn the_first_and_the_last_frame_are_always_judged() {
        for frames in [1, 2, 3, 7, 8, 9, 100, 2_000] {
            let judged = frames_judged(frames);
            assert!(judged.contains(&0) && judged.contains(&(frames - 1)), "{frames}");
            assert_eq!(judged.len(), frames.min(FRAMES_JUDGED_MAX) as usize, "{frames}");
        }
    }
}
