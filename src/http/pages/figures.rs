//! Figures and words as pages show them.

use crate::domain::time::{Timestamp, rough_duration};

/// A point in time for a `<time>` element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// For machines.
    pub datetime: String,
    /// For people.
    pub words: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self { datetime: at.rfc3339(), words: at.human() }
    }
}

/// By when something is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// By when.
    pub at: Moment,
    /// How long is left, or by how much it is late.
    pub left: String,
    /// Whether it is late.
    pub is_overdue: bool,
}

impl Due {
    /// As it stands now.
    #[must_use]
    pub fn of(at: Timestamp, now: Timestamp) -> Self {
        let is_overdue = at <= now;
        let left = match is_overdue {
            true => format!("{} late", rough_duration(now.ms_since(at))),
            false => format!("{} left", rough_duration(at.ms_since(now))),
        };
        Self { at: at.into(), left, is_overdue }
    }
}

/// `5,000`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `940 bytes`, `12 kB`, `3.4 MB`, `5 GB`: decimal, as limits are told.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => tenths(bytes, 1_000_000, "MB"),
        _ => tenths(bytes, 1_000_000_000, "GB"),
    }
}

fn tenths(bytes: u64, unit: u64, name: &str) -> String {
    let tenths = bytes / (unit / 10);
    let (whole, rest) = (tenths / 10, tenths % 10);
    if rest == 0 { format!("{whole} {name}") } else { format!("{whole}.{rest} {name}") }
}

/// `a, b and c`, with `last` before the last one.
#[must_use]
pub fn list(words: &[&str], last: &str) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A stretch of text, plain or code.
#[derive(Debug, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// Its letters.
    pub text: &'a str,
    /// Whether it stood between backticks.
    pub is_code: bool,
}

/// Splits a text at its backticks.
#[must_use]
pub fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let parts = text.split('`').enumerate();
    parts.map(|(index, text)| Stretch { text, is_code: index % 2 == 1 }).filter(|part| !part.text.is_empty()).collect()
}

/// A text without its backticks, for places that cannot show code.
#[must_use]
pub fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// The first line of `text`, at most `chars_max` characters of it.
#[must_use]
pub fn first_line(text: &str, chars_max: usize) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    if line.chars().count() <= chars_max {
        return line.to_owned();
    }
    let cut: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_decimal_units() {
        for (bytes, words) in
            [(940, "940 bytes"), (12_400, "12 kB"), (1_000_000, "1 MB"), (3_450_000, "3.4 MB"), (20_000_000, "20 MB")]
        {
            assert_eq!(size(bytes), words);
        }
    }

    #[test]
    fn a_list_reads_like_a_sentence() {
        assert_eq!(list(&["JPEG", "PNG", "GIF"], "or"), "JPEG, PNG or GIF");
        assert_eq!(list(&["JPEG"], "or"), "JPEG");
    }

    #[test]
    fn backticks_mark_code() {
        let parts = stretches("Send `a` or `b`.");
        let code: Vec<_> = parts.iter().filter(|part| part.is_code).map(|part| part.text).collect();
        assert_eq!(code, ["a", "b"]);
        assert_eq!(parts.len(), 5);
    }

    #[test]
    fn a_first_line_is_cut_between_characters() {
        assert_eq!(first_line("one\ntwo", 10), "one");
        assert_eq!(first_line("äöüäöü", 4), "äöü…");
    }
}
