//! Renders letters: two templates, each with a part for every kind (`templates/mail/`).

use askama::Template;

use crate::domain::letter::{Letter, Rendered};
use crate::domain::team::is_direction;
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

/// What somebody else has written at length, in a letter to whom they did not choose: the same, without the short bound.
pub fn text_of_others(text: &str) -> String {
    const WORDS_MAX: usize = 1_000;
    text.split_whitespace().take(WORDS_MAX).map(name_of_others).collect::<Vec<_>>().join(" ")
}

/// What somebody else calls themselves or a team, in a letter to whom they chose: one short line that leads nowhere and reads
/// forwards. Mail programs make links of what looks like one, also of bare words with a dot between.
fn name_of_others(text: &str) -> String {
    let forwards: String = text.chars().filter(|letter| !is_direction(*letter)).collect();
    let line = one_line(&forwards);
    let mut name = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        name.push(letter);
        let next = letters.peek().copied();
        let joins = is_dot(letter) && next.is_some_and(|next| !next.is_whitespace());
        let begins = letter == ':' && next == Some('/') || letter == '@' && next.is_some_and(char::is_alphanumeric);
        if joins || begins {
            name.push(' ');
        }
    }
    name
}

/// What separates the parts of a domain name (UTS #46 §2.3).
fn is_dot(letter: char) -> bool {
    matches!(letter, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_others_leads_nowhere_and_reads_forwards() {
        for (name, told) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("J.R.R. Tolkien", "J. R. R. Tolkien"),
            ("https://evil.example/win?a=b", "https: //evil. example/win?a=b"),
            ("http://intranet", "http: //intranet"),
            ("www.evil.example", "www. evil. example"),
            ("evil。example", "evil。 example"),
            ("write to a@evil.example", "write to a@ evil. example"),
            ("Ada\u{202E}live", "Adalive"),
            ("Ada\r\nBcc: x", "Ada Bcc: x"),
            ("…", "…"),
        ] {
            assert_eq!(name_of_others(name), told);
        }
    }
}
