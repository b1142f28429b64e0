//! Renders letters: two templates, each with a part for every kind (`templates/mail/`).

use askama::Template;

use crate::domain::letter::{Letter, Rendered};
use crate::error::{Cause, Fault};

/// Longest name of somebody else that a letter repeats, in characters.
const NAME_CHARS_MAX: usize = 80;

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
    subject: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    letter: &'a Letter,
}

/// The letter as people read it.
///
/// # Errors
/// If a template cannot be filled in, which would be our mistake.
pub fn render(letter: &Letter) -> Result<Rendered, Fault> {
    let failed = |error: askama::Error| Fault {
        attempted: format!("render a letter ({})", letter.kind()),
        cause: Cause::Invariant(error.to_string()),
    };
    let subject = one_line(letter.subject());
    let html = Html { letter, subject: &subject }.render().map_err(failed)?;
    let text = Text { letter }.render().map_err(failed)?;
    Ok(Rendered { subject, text: tidy(&text), html: tidy(&html) })
}

/// Text of somebody else in one line of bounded length: it cannot look like lines of ours.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(NAME_CHARS_MAX).collect()
}

/// Takes away what templates leave of themselves: spaces at ends of lines, and empty lines but one between paragraphs.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut is_after_gap = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && is_after_gap) {
            tidied.push_str(line);
            tidied.push('\n');
        }
        is_after_gap = line.is_empty();
    }
    tidied
}
