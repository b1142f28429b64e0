//! The model's answer, as far as it is one.

use super::ClassifierFault;
use crate::domain::verdict::Scores;

/// How far the sum of probabilities may be from 1: rounding of 32-bit floats stays below a hundredth of this.
const SUM_ERROR_MAX: f32 = 1e-3;

/// Five probabilities, in the order of the model's last layer.
pub fn scores(answer: &[f32]) -> Result<Scores, ClassifierFault> {
    let &[drawing, hentai, neutral, porn, sexy] = answer else {
        return Err(ClassifierFault::Run(format!("{} numbers instead of 5", answer.len())));
    };
    let sum: f32 = answer.iter().sum();
    // A comparison with NaN is false, so that one is refused as well.
    let is_probability = |value: &f32| (0.0..=1.0).contains(value);
    if !answer.iter().all(is_probability) || (sum - 1.0).abs() > SUM_ERROR_MAX {
        return Err(ClassifierFault::Run("its numbers are no probabilities".into()));
    }
    Ok(Scores { drawing, hentai, neutral, porn, sexy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_probabilities_are_an_answer() {
        let found = scores(&[0.1, 0.2, 0.3, 0.25, 0.15]).unwrap();
        assert_eq!((found.drawing, found.hentai, found.neutral, found.porn, found.sexy), (0.1, 0.2, 0.3, 0.25, 0.15));
    }

    #[test]
    fn anything_else_is_none() {
        for answer in [
            vec![],
            vec![1.0],
            vec![0.2; 6],
            vec![0.1; 5],
            vec![f32::NAN, 0.0, 1.0, 0.0, 0.0],
            vec![f32::INFINITY, 0.0, 0.0, 0.0, 0.0],
            vec![-0.5, 0.5, 0.5, 0.5, 0.0],
        ] {
            assert!(matches!(scores(&answer), Err(ClassifierFault::Run(_))), "{answer:?}");
        }
    }
}
