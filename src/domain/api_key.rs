//! API keys: what a program shows instead of a person's session.
//!
//! ```text
//! tt_live_ + 32 letters of Crockford's base32 + 6 digits of base 62
//! └ prefix   └ 160 random bits                  └ CRC-32 of all before it
//! ```
//! The prefix lets scanners of source code find a leaked key, the checksum tells them that it is one, and tells a person
//! who mistyped it before anything is looked up: both as GitHub has it for its tokens. Only the SHA-256 rests (promise
//! IMP-02), which suffices for 160 random bits.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::hex;
use super::ids::{AccountId, ApiKeyId, CollectionId, is_of_letters, letters};
use super::sealing::MasterKey;

/// Random bytes in a key: 160 bits, and exactly 32 letters.
pub const API_KEY_BYTES: usize = 20;
const PREFIX: &str = "tt_live_";
const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of an API key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyText(String);

/// Why a text is no API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistyped {
    /// It does not begin like one.
    #[error("a key begins with tt_live_")]
    Prefix,
    /// It was not copied whole, or more than it was.
    #[error("a key has 46 characters, and this has {0}")]
    Length(usize),
    /// A character that no key has.
    #[error(
        "after tt_live_, a key has 32 of the digits and small letters except i, l, o and u, then 6 digits or letters"
    )]
    Character,
    /// One character or more is another than it was.
    #[error("the checksum at its end is not that of the rest: a character is wrong, or two changed places")]
    Checksum,
}

impl ApiKeyText {
    /// A key of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; API_KEY_BYTES]) -> Self {
        Self(write(PREFIX, random))
    }

    /// Whether a bearer token means to be an API key, rightly written or not.
    #[must_use]
    pub fn is_meant(token: &str) -> bool {
        token.starts_with("tt_")
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

    /// The key itself, to show to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyText(…)")
    }
}

/// Writes a secret: the prefix, the random bytes, and the checksum of both.
pub(super) fn write(prefix: &str, random: [u8; API_KEY_BYTES]) -> String {
    let body = format!("{prefix}{}", letters(&random));
    let checksum = checksum(&body);
    body + &checksum
}

/// Whether `text` is as [`write`] writes it with this prefix.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_written(prefix: &str, text: &str) -> Result<(), Mistyped> {
    let rest = text.strip_prefix(prefix).ok_or(Mistyped::Prefix)?;
    let chars = text.chars().count();
    if chars != prefix.len() + RANDOM_CHARS + CHECKSUM_CHARS {
        return Err(Mistyped::Length(chars));
    }
    let (random, given) = rest.split_at_checked(RANDOM_CHARS).ok_or(Mistyped::Character)?;
    if !is_of_letters(random) || !given.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Mistyped::Character);
    }
    if checksum(&format!("{prefix}{random}")) == given { Ok(()) } else { Err(Mistyped::Checksum) }
}

/// The CRC-32 (ISO 3309) of `text` in base 62, with leading zeros.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// What a key signs requests with, if its owner keeps no key pair. It is derived, so that nothing but a hash of the key
/// rests, and whoever reads the database cannot sign: HMAC-SHA256 of the key's id under the deployment's master key.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// The secret of the key `id` under `master`, whose name must be kept with the key.
    #[must_use]
    pub fn derive(master: &MasterKey, id: &ApiKeyId) -> Self {
        let mac = hex::hmac_sha256(&master.for_purpose("request-signing"), id.as_str().as_bytes());
        Self(format!("tt_sign_{}", hex::encode(&mac)))
    }

    /// One that was derived before, and kept.
    #[must_use]
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The text, to show to its owner once. All of it, prefix included, is the key of the HMAC, so that no client has
    /// to decode anything.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// What a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See what the account has.
    Read,
    /// Upload, and change what is said about images.
    Write,
    /// Delete images.
    Delete,
    /// Everything that the account may, API keys included.
    Admin,
}

impl Scope {
    /// Every scope, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Delete, Self::Admin];

    /// The word stored in the database and used in requests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Admin => "admin",
        }
    }

    /// The scope of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A set of scopes; at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// A set of these scopes; `None` for none.
    #[must_use]
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// Reads words separated by spaces; `None` if one of them is no scope, or there is none.
    #[must_use]
    pub fn parse(words: &str) -> Option<Self> {
        Self::of(words.split_whitespace().map(Scope::parse).collect::<Option<Vec<_>>>()?)
    }

    /// Whether they allow what `scope` is for; `admin` allows everything.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || self.0.contains(&Scope::Admin)
    }

    /// Every scope of the set, from the least to the most.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for Scopes {
    type Error = &'static str;

    fn try_from(words: String) -> Result<Self, Self::Error> {
        Self::parse(&words).ok_or("not scopes")
    }
}

/// That a request came from a program with a valid key: as whom it acts, and what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The account for which it acts.
    pub account_id: AccountId,
    /// The key.
    pub key_id: ApiKeyId,
    /// What the key allows.
    pub scopes: Scopes,
    /// The one collection to which the key is confined, if it is.
    pub collection: Option<CollectionId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ID_BYTES;

    #[test]
    fn a_key_reads_back_and_shows_itself_to_nobody() {
        for seed in 0..=255u8 {
            let key = ApiKeyText::from_random([seed; API_KEY_BYTES]);
            assert_eq!(key.reveal().len(), 46);
            assert_eq!(ApiKeyText::parse(key.reveal()), Ok(key.clone()));
            assert!(ApiKeyText::is_meant(key.reveal()));
            assert!(!format!("{key:?}").contains(&key.reveal()[8..]));
        }
    }

    /// Computed by other implementations: Python's `zlib.crc32` and division, and `sha256sum`.
    #[test]
    fn the_checksum_and_the_hash_are_those_of_others() {
        let key = ApiKeyText::from_random([0; API_KEY_BYTES]);
        assert_eq!(key.reveal(), "tt_live_000000000000000000000000000000001xCHTo");
        assert_eq!(key.hash(), "bbc04e3081730226e9599bdb1c12d3fe8126245c76323f33a974c55d1a601f74");
    }

    #[test]
    fn any_single_mistake_is_recognised_and_named() {
        let key = ApiKeyText::from_random(*b"twenty random bytes!");
        for (place, _) in key.reveal().char_indices().skip(PREFIX.len()) {
            for other in b"0129abcxyzABZ-l".iter().copied() {
                let mut wrong = key.reveal().as_bytes().to_vec();
                if wrong[place] == other {
                    continue;
                }
                wrong[place] = other;
                let wrong = String::from_utf8(wrong).expect("ASCII");
                assert!(matches!(ApiKeyText::parse(&wrong), Err(Mistyped::Checksum | Mistyped::Character)), "{wrong}");
            }
        }
        for (wrong, why) in [
            (key.reveal()[..45].to_owned(), Mistyped::Length(45)),
            (format!("{}x", key.reveal()), Mistyped::Length(47)),
            (key.reveal().replace("tt_live_", "tt_test_"), Mistyped::Prefix),
            (key.reveal().to_uppercase(), Mistyped::Prefix),
            (format!("tt_live_{}", "é".repeat(38)), Mistyped::Character),
            (String::new(), Mistyped::Prefix),
        ] {
            assert_eq!(ApiKeyText::parse(&wrong), Err(why), "{wrong}");
        }
    }

    #[test]
    fn a_signing_secret_belongs_to_one_key_and_one_master_key() {
        let master = |name: &str| MasterKey::new(name, format!("{name:#>32}").as_bytes()).expect("a fine key");
        let id = |seed| ApiKeyId::from_random([seed; ID_BYTES]);
        let secret = SigningSecret::derive(&master("a"), &id(1));
        assert_eq!(secret, SigningSecret::derive(&master("a"), &id(1)));
        assert_ne!(secret, SigningSecret::derive(&master("b"), &id(1)));
        assert_ne!(secret, SigningSecret::derive(&master("a"), &id(2)));
        assert_eq!(secret.reveal().len(), "tt_sign_".len() + 64);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[8..]));
    }

    #[test]
    fn scopes_allow_themselves_and_admin_allows_all() {
        let scopes = Scopes::parse("write read read").expect("scopes");
        assert_eq!(scopes.to_string(), "read write");
        assert!(scopes.allow(Scope::Read) && scopes.allow(Scope::Write));
        assert!(!scopes.allow(Scope::Delete) && !scopes.allow(Scope::Admin));
        let admin = Scopes::of([Scope::Admin]).expect("one");
        assert!(Scope::ALL.into_iter().all(|scope| admin.allow(scope)));
        for none in ["", "  ", "Read", "read,write", "root"] {
            assert_eq!(Scopes::parse(none), None, "{none}");
        }
    }
}
