//! The words of a query, taken one after the other, and what is to be said about them.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::Bounds;

/// Most notes about one query.
pub(super) const NOTES_MAX: usize = 8;
/// Parameters of an image's address that are no part of a transform.
const OTHERS: [&str; 5] = ["download", "view", "exp", "kid", "sig"];

/// Something in a query that is not done as it is said.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// The parameter, if it is one of ours.
    pub parameter: String,
    /// What was done instead, and why.
    pub text: String,
}

impl Note {
    /// About a parameter of ours.
    #[must_use]
    pub fn new(parameter: &str, text: impl Into<String>) -> Self {
        Self { parameter: parameter.to_owned(), text: text.into() }
    }
}

/// The parameters that are not read yet.
pub(super) struct Words<'b> {
    values: BTreeMap<String, String>,
    pub notes: Vec<Note>,
    pub bounds: &'b Bounds,
}

impl<'b> Words<'b> {
    pub fn of(query: &str, bounds: &'b Bounds) -> Self {
        let mut words = Self { values: BTreeMap::new(), notes: Vec::new(), bounds };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if OTHERS.contains(&name.as_ref()) {
                continue;
            }
            if words.values.contains_key(name.as_ref()) {
                words.note_about(&name, "is given more than once; the first counts");
            } else {
                words.values.insert(name.into_owned(), value.into_owned());
            }
        }
        words
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    pub fn note(&mut self, parameter: &str, text: &str) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(Note::new(parameter, text));
        }
    }

    /// Of a name that the caller chose, only what can be a name is repeated.
    fn note_about(&mut self, name: &str, text: &str) {
        let is_plain = name.len() <= 20 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        self.note(if is_plain { name } else { "?" }, text);
    }

    pub fn note_unknown(&mut self) {
        for name in std::mem::take(&mut self.values).into_keys() {
            self.note_about(&name, "is no parameter");
        }
    }

    pub fn ignored<T>(&mut self, name: &str, rule: &str) -> Option<T> {
        self.note(name, &format!("ignored: it {rule}"));
        None
    }

    /// A number within bounds.
    pub fn number(&mut self, name: &str, min: f64, max: f64) -> Option<f64> {
        let text = self.take(name)?;
        let Some(number) = text.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
            return self.ignored(name, &format!("is a number from {min} to {max}"));
        };
        if number < min || number > max {
            self.note(name, &format!("set to the nearest that is taken, from {min} to {max}"));
        }
        Some(number.clamp(min, max))
    }

    pub fn whole(&mut self, name: &str, min: u32, max: u32) -> Option<u32> {
        self.number(name, min.into(), max.into()).map(rounded)
    }

    pub fn hundredths(&mut self, name: &str, min: f64, max: f64) -> Option<u32> {
        self.number(name, min, max).map(|number| rounded(number * 100.0))
    }

    /// `name`, `name=true` and `name=1` say yes, `name=false` and `name=0` no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)?.as_str() {
            "" | "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => self.ignored(name, "is true or false"),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest u32 there is")]
pub(super) fn rounded(number: f64) -> u32 {
    number.round() as u32
}
