//! What somebody typed: trimmed, no longer than it may be, and of characters that people type.

use crate::error::Problem;

/// One line.
///
/// # Errors
/// `InvalidField` if it has fewer than `chars_min` or more than `chars_max` characters, or others than can be printed.
pub fn line(field: &'static str, text: &str, chars_min: usize, chars_max: usize) -> Result<String, Problem> {
    let is_right = |text: &str| !text.chars().any(char::is_control);
    checked(field, text, (chars_min, chars_max), is_right, " in one line")
}

/// Any number of lines.
///
/// # Errors
/// As [`line`].
pub fn lines(field: &'static str, text: &str, chars_min: usize, chars_max: usize) -> Result<String, Problem> {
    let is_typed = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    checked(field, text, (chars_min, chars_max), |text| text.chars().all(is_typed), "")
}

fn checked(
    field: &'static str,
    text: &str,
    (chars_min, chars_max): (usize, usize),
    is_right: impl Fn(&str) -> bool,
    how: &str,
) -> Result<String, Problem> {
    let text = text.trim();
    let detail = format!("{chars_min} to {chars_max} characters{how}");
    let has_length = (chars_min..=chars_max).contains(&text.chars().count());
    if has_length && is_right(text) { Ok(text.to_owned()) } else { Err(Problem::InvalidField { field, detail }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_trimmed_counted_and_printable() {
        assert_eq!(line("a", "  a reason ", 1, 8).ok().as_deref(), Some("a reason"));
        for wrong in ["", " ", "123456789", "a\nb", "a\u{7}b"] {
            assert!(line("a", wrong, 1, 8).is_err(), "{wrong:?}");
        }
        assert_eq!(line("a", " ", 0, 8).ok().as_deref(), Some(""));
        assert_eq!(lines("a", "a\r\n\tb", 1, 8).ok().as_deref(), Some("a\r\n\tb"));
        assert!(lines("a", "a\u{7}b", 1, 8).is_err());
        assert_eq!(line("a", "äöü", 1, 3).ok().as_deref(), Some("äöü"), "characters, not bytes");
    }
}
