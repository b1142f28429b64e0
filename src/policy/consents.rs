//! What people are asked to allow: the texts, word for word, with their editions. Every purpose is optional, off until
//! somebody ticks its box, and withdrawn where it was given.

use crate::domain::consent::Purpose;
use crate::domain::hex;

/// What is asked about one purpose.
#[derive(Clone, Copy, Debug)]
pub struct ConsentText {
    /// What it is about.
    pub purpose: Purpose,
    /// The edition; raised with every change of the words.
    pub version: &'static str,
    /// The words beside the box.
    pub question: &'static str,
    /// What it means, in small print.
    pub explanation: &'static str,
}

impl ConsentText {
    /// SHA-256 of the words, lowercase hexadecimal: what a record says was shown.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex::sha256(format!("{}\n{}", self.question, self.explanation).as_bytes())
    }

    /// What is asked about `purpose`.
    #[must_use]
    pub fn of(purpose: Purpose) -> &'static Self {
        match purpose {
            Purpose::ProductEmail => &TEXTS[0],
            Purpose::ServiceStatistics => &TEXTS[1],
            Purpose::ModelTraining => &TEXTS[2],
            Purpose::NonEssentialCookies => &TEXTS[3],
        }
    }
}

/// Every text, in the order of [`Purpose::ALL`].
pub const TEXTS: [ConsentText; 4] = [
    ConsentText {
        purpose: Purpose::ProductEmail,
        version: "2026-11",
        question: "Write to me when there is something new",
        explanation: "A few letters a year. Each has a link that ends them.",
    },
    ConsentText {
        purpose: Purpose::ServiceStatistics,
        version: "2026-11",
        question: "Count what I use, to make it better",
        explanation: "How often an account uses which part, in totals by day, kept 12 months. Never what a picture shows.",
    },
    ConsentText {
        purpose: Purpose::ModelTraining,
        version: "2026-11",
        question: "Train models with my pictures",
        explanation: "Nothing does this today. Without this consent nothing ever will.",
    },
    ConsentText {
        purpose: Purpose::NonEssentialCookies,
        version: "2026-11",
        question: "Set cookies that are not necessary",
        explanation: "There are none today: the only cookie keeps you signed in. Without this consent it stays so.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A record names an edition and its digest: words that change without a new edition would make records lie.
    #[test]
    fn promise_imp_03_an_edition_never_changes_its_words() {
        let editions = TEXTS.map(|text| (text.purpose.as_str(), text.version, text.sha256()));
        let known = [
            ("product_email", "2026-11", "d773b3eb918e880b9cb8335f2e52a9534c239d329a97b316048f07ebe1ac2858"),
            ("service_statistics", "2026-11", "0d8233ebe605785cae92f7ec785186378ad1e0e1448fa90512fb8967c6288966"),
            ("model_training", "2026-11", "d48cc0f1745b1904c7f2b029bf9156ff22351fa72f3abd32e65d27d6cd57a292"),
            ("non_essential_cookies", "2026-11", "92ec120243d433a46e99705aeb30c66365e3c56636076f7b95feccbcf35b475e"),
        ];
        assert_eq!(
            editions.map(|(purpose, version, sha)| (purpose, version, sha)),
            known.map(|(p, v, s)| (p, v, s.to_owned()))
        );
    }

    #[test]
    fn every_purpose_has_its_text() {
        for (text, purpose) in TEXTS.iter().zip(Purpose::ALL) {
            assert_eq!((text.purpose, ConsentText::of(purpose).purpose), (purpose, purpose));
        }
    }
}
