//! Email addresses and names: all that an account knows of a person (promise IMP-01).

use std::fmt;

use email_address::{EmailAddress as Syntax, Options};

/// Longest address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 80;

/// An address that mail can be sent to. `Debug` does not tell it, so that no log does.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address (RFC 5321, RFC 6531), with a domain that has a dot; no comment, no name, no address literal.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let is_right = text.len() <= EMAIL_BYTES_MAX
            && !text.contains('"')
            && !text.chars().any(char::is_control)
            && Syntax::parse_with_options(text, options).is_ok();
        is_right.then(|| Self(text.to_owned()))
    }

    /// As it was written, to send mail to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two ways of writing one address have in common: case. In theory a mailbox could tell them apart, in practice
    /// none does, and somebody else's would be confused with it.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }

    /// What is before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

/// What a person wants to be called. `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name: trimmed, 1 to [`NAME_CHARS_MAX`] characters, in one line.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_right = (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_right.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_mail_reaches() {
        for right in ["ada@example.org", " Ada.L+tag@sub.example.co.uk ", "jörg@münchen.example", "o'neil@example.org"]
        {
            assert!(EmailAddress::parse(right).is_some(), "{right}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for wrong in [
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "Ada <ada@example.org>",
            "a b@example.org",
            "ada@[127.0.0.1]",
            "\"a b\"@example.org",
            "ada@example.org\r\nBcc: x@example.org",
            "a@b@example.org",
            &long,
        ] {
            assert!(EmailAddress::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_is_found_however_it_is_written_and_never_logged() {
        let address = EmailAddress::parse("Ada@Example.ORG").expect("an address");
        assert_eq!((address.as_str(), address.canonical().as_str()), ("Ada@Example.ORG", "ada@example.org"));
        assert_eq!(address.local_part(), "Ada");
        assert!(!format!("{address:?}").contains("xample"));
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(
            PersonName::parse(" Ada Lovelace ").map(|name| name.as_str().to_owned()).as_deref(),
            Some("Ada Lovelace")
        );
        for wrong in ["", "  ", "a\nb", &"x".repeat(81)] {
            assert!(PersonName::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
