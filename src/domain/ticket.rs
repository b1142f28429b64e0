//! Upload tickets: what somebody shows who has no account here and uploads for one that has.
//!
//! Written as API keys are ([`super::api_key`]), with a prefix of their own: `tt_ticket_`, 32 letters, 6 digits. Whoever has
//! one may do nothing but upload, within the limits that its maker set.

use std::fmt;

use super::api_key::{API_KEY_BYTES, Mistyped, check_written, write};
use super::format::Format;
use super::hex;
use super::ids::{AccountId, CollectionId, TicketId};
use super::time::Timestamp;

/// Random bytes in a ticket.
pub const TICKET_BYTES: usize = API_KEY_BYTES;
const PREFIX: &str = "tt_ticket_";

/// The text of a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketText(String);

impl TicketText {
    /// A ticket of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; TICKET_BYTES]) -> Self {
        Self(write(PREFIX, random))
    }

    /// Reads what a caller sent.
    ///
    /// # Errors
    /// What is wrong with it: it was not copied as it was shown.
    pub fn parse(text: &str) -> Result<Self, Mistyped> {
        check_written(PREFIX, text).map(|()| Self(text.to_owned()))
    }

    /// What the database keeps and finds it by.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::sha256(self.0.as_bytes())
    }

    /// The ticket itself, to show to its maker once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TicketText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketText(…)")
    }
}

/// What a ticket allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLimits {
    /// The collection into which what is uploaded goes.
    pub collection: Option<CollectionId>,
    /// The largest file in bytes; none: what anybody may upload.
    pub bytes_max: Option<u64>,
    /// The formats that are taken; none: all.
    pub formats: Option<Vec<Format>>,
    /// How long what is uploaded is kept at most, in milliseconds; none: as the account's own uploads.
    pub ttl_ms: Option<i64>,
    /// Whether what is uploaded is private.
    pub is_private: bool,
    /// How many uploads it allows.
    pub uses_max: i64,
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its name, to list and end it by; it opens nothing.
    pub id: TicketId,
    /// To whom what is uploaded belongs.
    pub account_id: AccountId,
    /// What it allows.
    pub limits: TicketLimits,
    /// How many uploads were begun with it and not given up.
    pub uses: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    pub expires_at: Timestamp,
    /// When its maker ended it.
    pub revoked_at: Option<Timestamp>,
}

impl Ticket {
    /// Whether it is neither revoked nor expired.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }

    /// Whether all its uses are used up.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.uses >= self.limits.uses_max
    }
}

/// Formats as words with spaces between, for a column.
#[must_use]
pub fn format_words(formats: &[Format]) -> String {
    formats.iter().map(|format| format.extension()).collect::<Vec<_>>().join(" ")
}

/// Reads words such as `jpeg png`; `jpg` is `jpeg`, too. None if one of them is no format, or there is none.
#[must_use]
pub fn read_formats<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Vec<Format>> {
    let read = |word: &str| {
        let is_it = |format: &Format| format.extension() == word || format.name().eq_ignore_ascii_case(word);
        Format::ALL.into_iter().find(is_it)
    };
    let mut formats: Vec<Format> = words.into_iter().map(read).collect::<Option<_>>()?;
    let place = |format: &Format| Format::ALL.iter().position(|known| known == format);
    formats.sort_by_key(place);
    formats.dedup();
    (!formats.is_empty()).then_some(formats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::api_key::ApiKeyText;

    #[test]
    fn a_ticket_reads_back_is_no_key_and_shows_itself_to_nobody() {
        let ticket = TicketText::from_random(*b"twenty random bytes!");
        assert_eq!(TicketText::parse(ticket.reveal()), Ok(ticket.clone()));
        assert_eq!(ApiKeyText::parse(ticket.reveal()), Err(Mistyped::Prefix));
        let key = ApiKeyText::from_random(*b"twenty random bytes!");
        assert_eq!(TicketText::parse(key.reveal()), Err(Mistyped::Prefix));
        assert!(!format!("{ticket:?}").contains(&ticket.reveal()[10..]));
        let cut = &ticket.reveal()[..47];
        assert_eq!(TicketText::parse(cut), Err(Mistyped::Length(47)));
        let last = if ticket.reveal().ends_with('0') { "1" } else { "0" };
        assert_eq!(TicketText::parse(&format!("{cut}{last}")), Err(Mistyped::Checksum));
    }

    #[test]
    fn formats_are_read_in_any_order_and_by_either_name() {
        let formats = read_formats(["png", "jpeg", "jpg"]);
        assert_eq!(formats, Some(vec![Format::Jpeg, Format::Png]));
        assert_eq!(format_words(&formats.unwrap_or_default()), "jpg png");
        assert_eq!(read_formats(["png", "svg"]), None);
        assert_eq!(read_formats([]), None);
    }
}
