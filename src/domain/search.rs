//! By what an image is found: what its uploader said about it, without the difference between large and small letters.

use std::collections::BTreeMap;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::details::{Details, InvalidField, LABELS_MAX};

/// Longest text that is searched for, in characters: the longest value of a label.
pub const QUERY_CHARS_MAX: usize = 100;

/// Stands before, between and after what an image is found by. None of it can hold this character, and no query may, so
/// that nothing is found across two of them.
const BETWEEN: char = '\u{1f}';

/// Text as it is compared: compatibility forms resolved (NFKC), case folded, every stretch of white space one space.
///
/// Small, large and small again is what Unicode calls full case folding, but for letters of which the standard library
/// knows no pair: `ß` is then `ss`, every sigma is one, and `ﬁ` is two letters. `SQLite` itself folds ASCII only.
#[must_use]
pub fn folded(text: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let resolved = nfkc.normalize(text);
    let small = resolved.chars().flat_map(char::to_lowercase);
    let small_again: String = small.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = small_again.split_whitespace().collect();
    nfkc.normalize(&words.join(" ")).into_owned()
}

/// What an image with these details is found by: the name of its file, its caption, and its labels, folded.
#[must_use]
pub fn search_text(details: &Details) -> String {
    let mut text = String::from(BETWEEN);
    let labels = details.labels.iter().map(|(key, value)| format!("{key}: {value}"));
    for part in details.filename.iter().chain(&details.caption).cloned().chain(labels) {
        text.push_str(&folded(&part));
        text.push(BETWEEN);
    }
    text
}

/// What somebody looks for among images: all of it must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// A folded text that is part of the file's name, the caption or a label; empty: any image will do.
    text: String,
    /// Labels with exactly these values.
    labels: BTreeMap<String, String>,
}

impl Query {
    /// Reads what somebody looks for.
    ///
    /// # Errors
    /// If the text is longer than [`QUERY_CHARS_MAX`], if it holds control characters other than white space, or if there
    /// are more labels than an image can have.
    pub fn new(text: &str, labels: BTreeMap<String, String>) -> Result<Self, InvalidField> {
        if text.chars().count() > QUERY_CHARS_MAX {
            return Err(InvalidField { field: "q", detail: format!("at most {QUERY_CHARS_MAX} characters") });
        }
        if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Err(InvalidField { field: "q", detail: "no control characters".into() });
        }
        if labels.len() > LABELS_MAX {
            return Err(InvalidField { field: "label", detail: format!("at most {LABELS_MAX} labels") });
        }
        Ok(Self { text: folded(text), labels })
    }

    /// Whether every image is what is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.labels.is_empty()
    }

    /// The folded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The labels and the values that they must have.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// Whether an image with these details is what is looked for.
    #[must_use]
    pub fn finds(&self, details: &Details) -> bool {
        search_text(details).contains(&self.text)
            && self.labels.iter().all(|(key, value)| details.labels.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_are_alike_in_whatever_case_and_form_they_come() {
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("straẞe", "strasse"),
            ("ΟΔΟΣ", "οδος"),
            ("οδός", "ΟΔΌΣ"),
            ("Ärger", "a\u{308}RGER"),
            ("ﬁnal", "FINAL"),
            ("Ｑｕａｙ", "quay"),
            ("İzmir", "i\u{307}ZMIR"),
            ("МОСКВА", "москва"),
            ("a\r\n\tb", " A  B "),
        ] {
            assert_eq!(folded(one), folded(other), "{one}, {other}");
        }
        for (one, other) in [("Ärger", "Arger"), ("a_b", "axb"), ("100%", "1000"), ("a b", "ab")] {
            assert_ne!(folded(one), folded(other), "{one}, {other}");
        }
    }

    #[test]
    fn nothing_is_found_across_two_things_that_were_said() {
        let labels = BTreeMap::from([("trip".to_owned(), "Rome".to_owned())]);
        let said = |caption: &str| Details {
            filename: Some("quay.png".into()),
            caption: Some(caption.into()),
            labels: labels.clone(),
            ..Details::default()
        };
        let finds = |text: &str| Query::new(text, BTreeMap::new()).is_ok_and(|query| query.finds(&said("Six o'clock")));
        for there in ["", " ", "QUAY", "y.p", "o'CLOCK", "trip: rome", "rip"] {
            assert!(finds(there), "{there}");
        }
        for missing in ["png six", "pngsix", "clock trip", "quay_png", "%", "\u{1f}"] {
            assert!(!finds(missing), "{missing}");
        }
    }

    #[test]
    fn a_query_is_bounded() {
        assert!(Query::new(&"é".repeat(QUERY_CHARS_MAX), BTreeMap::new()).is_ok());
        assert!(Query::new(&"é".repeat(QUERY_CHARS_MAX + 1), BTreeMap::new()).is_err());
        assert!(Query::new("a\u{0}", BTreeMap::new()).is_err());
        let many = (0..=LABELS_MAX).map(|n| (format!("k{n}"), String::new())).collect();
        assert!(Query::new("", many).is_err());
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn what_is_said_is_found_by_any_part_of_it_in_any_case(words in "[a-zäöüßéσςΣА-Яа-я0-9 %_'.]{1,40}", cut in any::<[prop::sample::Index; 2]>()) {
            let letters: Vec<char> = words.chars().collect();
            let (a, b) = (cut[0].index(letters.len()), cut[1].index(letters.len()));
            let part: String = letters[a.min(b)..=a.max(b)].iter().collect();
            let details = Details { caption: Some(words.clone()), ..Details::default() };
            for query in [part.clone(), part.to_uppercase(), part.to_lowercase()] {
                let query = Query::new(&query, BTreeMap::new()).expect("short enough");
                prop_assert!(query.finds(&details), "{query:?} in {words:?}");
            }
        }
    }
}
