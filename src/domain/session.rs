//! Sign-ins: the token that a browser holds, and the clocks of what it opens.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::hex;
use super::time::{DAY_MS, Timestamp};

/// Random bytes in a token: 256 bits, twice what ASVS 5.0 (7.2.3) asks for.
pub const TOKEN_BYTES: usize = 32;
const TOKEN_CHARS: usize = 43;

/// What a browser or a letter holds, and the database only a hash of (promise IMP-02).
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; TOKEN_BYTES]) -> Self {
        Self(BASE64URL_NOPAD.encode(&random))
    }

    /// Takes what somebody sent; `None` if it cannot be a token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() == TOKEN_CHARS && text.bytes().all(is_letter)).then(|| Self(text.to_owned()))
    }

    /// What the database keeps: found by it, a token need not be compared. It is random, so that a plain hash hides it.
    #[must_use]
    pub fn hash(&self, purpose: &str) -> String {
        hex::sha256(format!("{purpose}:{}", self.0).as_bytes())
    }

    /// The token itself, for its holder.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What every form of a signed-in page carries, so that no other site can send it: bound to the sign-in, derived from it
/// with a key, so that it is not stored (OWASP CSRF Prevention, "HMAC Based Token Pattern").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The token of the sign-in whose token has the hash `session`.
    #[must_use]
    pub fn of(key: &[u8], session: &str) -> Self {
        Self(hex::encode(&hex::hmac_sha256(key, session.as_bytes())))
    }

    /// Whether `sent` is it; takes the same time for any answer.
    #[must_use]
    pub fn matches(&self, sent: &str) -> bool {
        self.0.as_bytes().ct_eq(sent.as_bytes()).into()
    }

    /// The token, for the form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long a sign-in lasts (promise IMP-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClock {
    /// It ends when it was not used for this long, in milliseconds.
    pub sliding_ms: i64,
    /// It ends this long after it began, in milliseconds.
    pub hard_ms: i64,
}

/// When a sign-in ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnd {
    /// Unless it is used before.
    pub expires_at: Timestamp,
    /// In any case.
    pub ends_at: Timestamp,
}

/// Uses within a day of each other move the end once: a sign-in's use is written down to the day.
pub const USE_NOTED_MS: i64 = DAY_MS;

impl SessionClock {
    /// The end of a sign-in that begins at `now`.
    #[must_use]
    pub fn begin(&self, now: Timestamp) -> SessionEnd {
        let ends_at = now.plus_ms(self.hard_ms);
        SessionEnd { expires_at: now.plus_ms(self.sliding_ms).min(ends_at), ends_at }
    }

    /// The end of a sign-in that is used at `now`, having ended at `end` otherwise; `None`: it has ended.
    #[must_use]
    pub fn used(&self, end: SessionEnd, now: Timestamp) -> Option<SessionEnd> {
        let has_ended = end.expires_at <= now || end.ends_at <= now;
        let expires_at = now.plus_ms(self.sliding_ms).min(end.ends_at).max(end.expires_at);
        (!has_ended).then_some(SessionEnd { expires_at, ends_at: end.ends_at })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLOCK: SessionClock = SessionClock { sliding_ms: 90 * DAY_MS, hard_ms: 180 * DAY_MS };

    #[test]
    fn a_token_reads_back_and_is_not_logged() {
        let token = Token::from_random([255; TOKEN_BYTES]);
        assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
        assert_ne!(token.hash("session"), token.hash("link"), "a token of one kind is none of the other");
        assert!(!format!("{token:?}").contains(token.reveal()));
        for wrong in ["", "short", &"=".repeat(43), &"a".repeat(44)] {
            assert_eq!(Token::parse(wrong), None);
        }
    }

    #[test]
    fn a_form_token_belongs_to_one_sign_in() {
        let token = FormToken::of(b"key", "session one");
        assert!(token.matches(token.as_str()));
        assert!(!token.matches("") && !token.matches(FormToken::of(b"key", "session two").as_str()));
        assert!(!FormToken::of(b"other", "session one").matches(token.as_str()));
    }

    proptest! {
        #[test]
        fn promise_imp_07_however_it_is_used_a_sign_in_ends(gaps in prop::collection::vec(0..100 * DAY_MS, 0..40)) {
            let begun = Timestamp(1_795_521_600_000);
            let (mut now, mut end) = (begun, CLOCK.begin(begun));
            for gap in gaps {
                let before = now;
                now = now.plus_ms(gap);
                match CLOCK.used(end, now) {
                    Some(moved) => {
                        prop_assert!(gap < CLOCK.sliding_ms && now.ms_since(begun) < CLOCK.hard_ms);
                        prop_assert!(moved.expires_at >= end.expires_at && moved.expires_at <= moved.ends_at);
                        prop_assert_eq!(moved.ends_at, begun.plus_ms(CLOCK.hard_ms));
                        end = moved;
                    }
                    None => {
                        prop_assert!(now.ms_since(before) >= CLOCK.sliding_ms || now.ms_since(begun) >= CLOCK.hard_ms);
                        break;
                    }
                }
            }
        }
    }
}
