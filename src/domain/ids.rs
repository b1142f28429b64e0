//! Identifiers and secrets that callers hold.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::hex;

/// Random bytes in an image id: 120 bits, beyond guessing, and exactly 24 base32 letters.
pub const ID_BYTES: usize = 15;
const ID_CHARS: usize = 24;
/// Crockford's base32 in lower case: no i, l, o, u, so an id survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes random bytes in letters of the alphabet, five bits each; what is left of the last five is not written.
pub(super) fn letters(random: &[u8]) -> String {
    let mut letters = String::with_capacity(random.len() * 8 / 5);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in random {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = ((buffer >> bits) & 31) as usize;
            letters.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'0')));
        }
        buffer &= (1 << bits) - 1;
    }
    letters
}

/// Whether `text` is of letters of the alphabet only.
pub(super) fn is_of_letters(text: &str) -> bool {
    text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// A name of 24 random letters; every noun that has names has a type of its own, so that none is taken for another.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Letters in an id.
            pub const CHARS: usize = ID_CHARS;

            /// Makes an id of fresh random bytes.
            #[must_use]
            pub fn from_random(random: [u8; ID_BYTES]) -> Self {
                Self(letters(&random))
            }

            /// Reads an id; `None` unless it is exactly 24 letters of the alphabet.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let valid = text.len() == ID_CHARS && is_of_letters(text);
                valid.then(|| Self(text.to_owned()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or(concat!("not ", $what))
            }
        }
    };
}

random_id! {
    /// The public name of an image and, with a prefix, of its bytes. Its first two letters (10 random
    /// bits) are the logical shard, so that images can be spread over databases later without renaming.
    ImageId, "an image id"
}

random_id! {
    /// The name of an account, be it a person's or a team's: in our own tables and in answers to its owner, and to those
    /// who are in a team with it. It opens nothing.
    AccountId, "an account id"
}

random_id! {
    /// The name of a collection, to its owner and whoever shares it; it opens nothing.
    CollectionId, "a collection id"
}

random_id! {
    /// The name of an upload ticket, to list and end it by; it opens nothing.
    TicketId, "a ticket id"
}

random_id! {
    /// The name of an account's erasure, by which its receipt is found; it says nothing about whose it was.
    ErasureId, "an erasure id"
}

random_id! {
    /// The name of a copy of an account's data, to its owner; it opens nothing.
    ExportId, "an export id"
}

random_id! {
    /// The name of a request about data, to operators; it says nothing about who asked.
    SubjectRequestId, "a subject request id"
}

random_id! {
    /// The name of an order to preserve something, to operators; the authority calls it otherwise.
    OrderId, "an order id"
}

random_id! {
    /// The name of a sign-in, to list and end it by; it opens nothing.
    SessionId, "a session id"
}

random_id! {
    /// The name of an API key, to list and revoke it by, and the `keyid` of what is signed with it; it opens nothing.
    ApiKeyId, "an API key id"
}

random_id! {
    /// The name of a link that was sent by mail; it opens nothing, the token derived from it does.
    LinkId, "a link id"
}

random_id! {
    /// The name of an invitation into a team, to list and withdraw it by; it opens nothing, its token does.
    InvitationId, "an invitation id"
}

random_id! {
    /// The name of a letter, and the key under which it is sent: the same at every attempt.
    LetterId, "a letter id"
}

random_id! {
    /// The name of a notice about images; it opens nothing, its token does.
    NoticeId, "a notice id"
}

random_id! {
    /// The name of an appeal against a restriction; it opens nothing.
    AppealId, "an appeal id"
}

impl AccountId {
    /// The name under which the personal data of a notice or an appeal rests that no account has made: it has a key of its own,
    /// as an account has (the table `key_holders`).
    #[must_use]
    pub fn of_notice(id: &NoticeId) -> Self {
        Self(id.0.clone())
    }

    /// The same of an appeal.
    #[must_use]
    pub fn of_appeal(id: &AppealId) -> Self {
        Self(id.0.clone())
    }
}

/// What lets its holder delete one image. Derived from the image id with a deployment secret, so
/// that a repeated request can be answered alike although only a hash is stored (promise IMP-02).
#[derive(Clone, PartialEq, Eq)]
pub struct DeleteToken(String);

impl DeleteToken {
    const PREFIX: &'static str = "del_";

    /// The token of the image `id` under the deployment's `secret`.
    #[must_use]
    pub fn derive(secret: &[u8], id: &ImageId) -> Self {
        let mac = hex::hmac_sha256(secret, format!("delete:{id}").as_bytes());
        // 128 bits are enough for a capability (OWASP ASVS 5.0, 7.2.3), and shorter to copy.
        let half = mac.get(..16).unwrap_or(&mac);
        Self(format!("{}{}", Self::PREFIX, hex::encode(half)))
    }

    /// Takes what a caller sent, unchecked.
    #[must_use]
    pub fn from_caller(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// What the database keeps.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::sha256(self.0.as_bytes())
    }

    /// Whether this token is the one whose hash is `stored`; takes the same time for any answer.
    #[must_use]
    pub fn matches(&self, stored: &str) -> bool {
        self.hash().as_bytes().ct_eq(stored.as_bytes()).into()
    }

    /// The token itself, to show to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeleteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeleteToken(…)")
    }
}

/// A caller's name for one attempt to create something (draft-ietf-httpapi-idempotency-key-header).
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    text: String,
    /// Whose key it is, where that is known: then nobody else's is the same.
    of: Option<String>,
}

impl IdempotencyKey {
    /// Shortest key taken. Callers without an account are told apart by nothing else, so a key
    /// must not be guessable: 16 characters, the length of the shortest common random notation.
    pub const CHARS_MIN: usize = 16;
    /// Longest key taken, in characters.
    pub const CHARS_MAX: usize = 255;

    /// Reads the header's value, with or without the quotes of a structured-field string.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let valid =
            (Self::CHARS_MIN..=Self::CHARS_MAX).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_graphic());
        valid.then(|| Self { text: bare.to_owned(), of: None })
    }

    /// The same words as a key of `account`.
    #[must_use]
    pub fn of(self, account: &AccountId) -> Self {
        Self { of: Some(account.to_string()), ..self }
    }

    /// The same words as a key of whoever holds `ticket`: nobody learns with it what the account has asked for.
    #[must_use]
    pub fn of_ticket(self, ticket: &TicketId) -> Self {
        Self { of: Some(format!("ticket {ticket}")), ..self }
    }

    /// What the database keeps.
    #[must_use]
    pub fn hash(&self) -> String {
        let named = match &self.of {
            None => format!("idempotency:{}", self.text),
            Some(whose) => format!("idempotency of {whose}:{}", self.text),
        };
        hex::sha256(named.as_bytes())
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_random_bytes_reads_back() {
        for seed in 0..=255u8 {
            let id = ImageId::from_random([seed; ID_BYTES]);
            assert_eq!(id.as_str().len(), ID_CHARS);
            assert_eq!(ImageId::parse(id.as_str()), Some(id));
        }
        assert_eq!(ImageId::from_random([255; 15]).as_str(), "z".repeat(24));
    }

    #[test]
    fn only_an_exact_id_is_read() {
        for wrong in ["", "abc", "IIIIIIIIIIIIIIIIIIIIIIII", "../../../../../../etc/pas", "ilou00000000000000000000"] {
            assert_eq!(ImageId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_delete_token_opens_its_own_image_only() {
        let (one, two) = (ImageId::from_random([1; 15]), ImageId::from_random([2; 15]));
        let token = DeleteToken::derive(b"secret", &one);
        assert!(DeleteToken::from_caller(token.reveal()).matches(&token.hash()));
        assert!(!DeleteToken::derive(b"secret", &two).matches(&token.hash()));
        assert!(!DeleteToken::derive(b"other", &one).matches(&token.hash()));
        assert!(!format!("{token:?}").contains(token.reveal()));
    }

    #[test]
    fn an_idempotency_key_must_be_beyond_guessing() {
        assert!(IdempotencyKey::parse("short").is_none());
        assert!(IdempotencyKey::parse(&"x".repeat(256)).is_none());
        assert!(IdempotencyKey::parse("spaces are not a key").is_none());
        let bare = IdempotencyKey::parse("8e03978e-40d5-43e8-bc93-6894a57f9324");
        assert!(bare.is_some());
        assert!(bare == IdempotencyKey::parse("\"8e03978e-40d5-43e8-bc93-6894a57f9324\""));
        let hashes: Vec<Option<String>> = [None, Some([1; 15]), Some([2; 15])]
            .map(|account| match account {
                None => bare.clone().map(|key| key.hash()),
                Some(random) => bare.clone().map(|key| key.of(&AccountId::from_random(random)).hash()),
            })
            .into();
        let all: std::collections::BTreeSet<_> = hashes.iter().collect();
        assert_eq!(all.len(), 3, "a key is another for every account");
    }
}
