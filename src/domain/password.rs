//! Passwords: what may become one, and how one rests (promise IMP-02).
//!
//! The rules are those of NIST SP 800-63B-4 §3.1.1.2: long rather than complicated, any character, nothing cut off,
//! no word that everybody tries first. What rests is Argon2id (RFC 9106) as a PHC string, so that its parameters stand
//! beside it and may rise: whoever signs in with an old one gets a new one without noticing.

mod common;

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, CustomizedPasswordHasher as _, Params, PasswordVerifier as _, Version};
use icu_normalizer::ComposingNormalizerBorrowed;

/// Fewest characters, for a password that may be all that is asked (NIST SP 800-63B-4 §3.1.1.2, no. 1).
pub const CHARS_MIN: usize = 15;
/// Most characters. NIST asks for 64 or more; a bound there must be, because a form could be a megabyte.
pub const CHARS_MAX: usize = 256;
/// Bytes of a salt (RFC 9106 §3.1 recommends 16).
pub const SALT_BYTES: usize = 16;
/// Letters and digits that must be left of a password without the words that its account suggests.
const OWN_CHARS_MIN: usize = 8;
/// What the product is called: with the email address, the first that somebody tries.
const PRODUCT: &str = "tintype";

/// 7 MiB and five passes: of the settings that OWASP's Password Storage Cheat Sheet calls equal, the one that takes
/// the least of an isolate's 128 MB.
const MEMORY_KIB: u32 = 7168;
const PASSES: u32 = 5;
const LANES: u32 = 1;

/// The hash of random bytes that nobody knows, under today's parameters. Whoever names an account that does not exist is
/// compared with this one, and learns nothing from the time it takes.
pub const DUMMY: &str =
    "$argon2id$v=19$m=7168,t=5,p=1$qB5OzITPvIcXbe0cw8FTVQ$otrtw42dV+/c5KglsfLisG7weqjfE+orxUmbM/dO9ms";

/// A password as it was typed, in the one form in which it is hashed: Unicode's NFKC, so that two keyboards that spell
/// a letter differently mean the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why something cannot become a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than [`CHARS_MIN`] characters.
    TooShort,
    /// More than [`CHARS_MAX`] characters.
    TooLong,
    /// On the list of those that everybody tries first, or one of them repeated, lengthened with digits, or typed along
    /// the keyboard.
    Common,
    /// Hardly more than the account's email address or our name.
    Guessable,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is the password.
    Right,
    /// It is, and its hash was made with weaker parameters than today's: hash it again.
    RightButOld,
    /// It is not.
    Wrong,
}

impl Password {
    /// Takes what somebody chose, if it may become a password. Spaces count and stay.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn from_form(text: &str) -> Result<Self, PasswordFault> {
        let password = Self::from_caller(text);
        match password.0.chars().count() {
            0..CHARS_MIN => Err(PasswordFault::TooShort),
            CHARS_MIN..=CHARS_MAX if common::is_common(&password.0) => Err(PasswordFault::Common),
            CHARS_MIN..=CHARS_MAX => Ok(password),
            _ => Err(PasswordFault::TooLong),
        }
    }

    /// The same for the account of `email`, whose words are too easily guessed from outside.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn for_account(text: &str, email: &str) -> Result<Self, PasswordFault> {
        let password = Self::from_form(text)?;
        let (local, domain) = email.split_once('@').unwrap_or((email, ""));
        let site = domain.split('.').next().unwrap_or_default();
        if password.is_mostly(&[email, local, domain, site, PRODUCT]) {
            return Err(PasswordFault::Guessable);
        }
        Ok(password)
    }

    /// Takes what somebody typed to sign in, unchecked: the rules may have been others when they chose it.
    #[must_use]
    pub fn from_caller(text: &str) -> Self {
        Self(ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned())
    }

    /// What the database keeps: a PHC string. `None` only when there is no memory for it.
    #[must_use]
    pub fn hash(&self, salt: [u8; SALT_BYTES]) -> Option<String> {
        let params = today()?;
        let hashed: PasswordHash =
            argon(params.clone()).hash_password_customized(self.0.as_bytes(), &salt, None, None, params).ok()?;
        Some(hashed.to_string())
    }

    /// Compares with what the database keeps, in constant time. What is no hash at all costs the same and is wrong.
    #[must_use]
    pub fn verify(&self, stored: &str) -> Verified {
        let hash = PasswordHash::new(stored).or_else(|_| PasswordHash::new(DUMMY));
        let (Ok(hash), Some(today)) = (hash, today()) else {
            return Verified::Wrong;
        };
        if argon(today.clone()).verify_password(self.0.as_bytes(), &hash).is_err() {
            return Verified::Wrong;
        }
        let is_todays = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && hash.version == Some(Version::V0x13.into())
            && Params::try_from(&hash).is_ok_and(|made| made.to_string() == today.to_string());
        if is_todays { Verified::Right } else { Verified::RightButOld }
    }

    /// Whether little is left without these words. Words of fewer than four letters are in too much to say anything.
    fn is_mostly(&self, words: &[&str]) -> bool {
        let lower = self.0.to_lowercase();
        let long = words.iter().filter(|word| word.chars().count() >= 4);
        let rest = long.fold(lower.clone(), |rest, word| rest.replace(&word.to_lowercase(), " "));
        rest != lower && rest.chars().filter(|char| char.is_alphanumeric()).count() < OWN_CHARS_MIN
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl PasswordFault {
    /// What to say to whoever chose it.
    #[must_use]
    pub fn advice(self) -> String {
        match self {
            Self::TooShort => format!("Use {CHARS_MIN} characters or more; four unrelated words will do."),
            Self::TooLong => format!("Use {CHARS_MAX} characters or fewer."),
            Self::Common => "This is one of the passwords that are tried first. Choose another.".to_owned(),
            Self::Guessable => "This is little more than your email address or our name. Choose another.".to_owned(),
        }
    }
}

fn today() -> Option<Params> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(Params::DEFAULT_OUTPUT_LEN)).ok()
}

fn argon(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: &str = "correct horse battery staple";
    /// Made by another implementation (argon2-cffi 25.1, the reference code in C), with a salt of sixteen ones.
    const FINE_HASHED: &str =
        "$argon2id$v=19$m=7168,t=5,p=1$AQEBAQEBAQEBAQEBAQEBAQ$WhbOjY/8UZ5FjU08goQFewCA6qNbMQccCySbjrTiEak";
    const FINE_HASHED_WEAKLY: &str =
        "$argon2id$v=19$m=4096,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$Pl5eJvmXasSOD6f6cqLIB/zqGhfz+nrTvDP79x5AANs";

    fn fault(text: &str) -> Option<PasswordFault> {
        Password::from_form(text).err()
    }

    #[test]
    fn promise_imp_02_a_password_rests_as_a_salted_hash_that_other_implementations_agree_with() {
        let password = Password::from_form(FINE).expect("a fine password");
        assert_eq!(password.hash([1; SALT_BYTES]).as_deref(), Some(FINE_HASHED));
        assert_ne!(password.hash([2; SALT_BYTES]).as_deref(), Some(FINE_HASHED));
        assert!(!format!("{password:?}").contains("horse"));
    }

    #[test]
    fn only_the_same_password_is_right_and_a_weaker_hash_of_it_is_old() {
        let password = Password::from_caller(FINE);
        assert_eq!(password.verify(FINE_HASHED), Verified::Right);
        assert_eq!(password.verify(FINE_HASHED_WEAKLY), Verified::RightButOld);
        assert_eq!(Password::from_caller("correct horse battery staple ").verify(FINE_HASHED), Verified::Wrong);
        for broken in ["", "hunter2", "$argon2id$v=19$m=7168,t=5,p=1$AQEBAQEBAQEBAQEBAQEBAQ", DUMMY] {
            assert_eq!(password.verify(broken), Verified::Wrong, "{broken}");
        }
    }

    #[test]
    fn the_dummy_costs_what_a_hash_of_today_costs() {
        let parameters = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let made = Password::from_caller(FINE).hash([9; SALT_BYTES]).expect("hashed");
        assert_eq!(parameters(DUMMY), parameters(&made));
        assert_eq!(DUMMY.len(), made.len());
    }

    #[test]
    fn characters_count_and_bytes_do_not() {
        assert_eq!(fault("fourteen chars"), Some(PasswordFault::TooShort));
        assert_eq!(fault("fifteen  chars!"), None);
        assert_eq!(fault(&"ß".repeat(14)), Some(PasswordFault::TooShort));
        assert_eq!(fault("žluťoučký kůň 馬"), None);
        assert_eq!(fault(&"a b".repeat(85)), Some(PasswordFault::Common));
        assert_eq!(fault(&"horse ".repeat(43)), Some(PasswordFault::TooLong));
    }

    #[test]
    fn two_keyboards_that_spell_a_letter_differently_mean_the_same() {
        let composed = Password::from_form("caf\u{e9} au lait, s'il").expect("fine");
        assert!(composed == Password::from_caller("cafe\u{301} au lait, s'il"));
        assert!(composed != Password::from_caller("cafe au lait, s'il"));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in [
            "passwordpassword",
            "Password12345678!",
            "1234567890123456",
            "qwertyuiopasdfgh",
            "aaaaaaaaaaaaaaaaaaaa",
            "iloveyou-iloveyou",
            "abcdefghijklmnop",
            "zyxwvutsrqponmlk",
            "1q2w3e4r5t6y7u8i9o0p",
        ] {
            assert_eq!(fault(common), Some(PasswordFault::Common), "{common}");
        }
        for rare in ["7305 1948 2261 0957", "password of the old miller", "three dragons sing flat"] {
            assert_eq!(fault(rare), None, "{rare}");
        }
    }

    #[test]
    fn little_more_than_the_address_or_our_name_is_refused() {
        let for_ada = |text: &str| Password::for_account(text, "ada.lovelace@engine.example").err();
        for guessable in ["ada.lovelace1815", "Ada.Lovelace@Engine.Example", "Tintype-Tintype-1", "my engine.example"] {
            assert_eq!(for_ada(guessable), Some(PasswordFault::Guessable), "{guessable}");
        }
        assert_eq!(for_ada("Tintype my first 1"), None);
        assert_eq!(for_ada("i print tintypes at midnight"), None);
        assert_eq!(Password::for_account("a horse named ada", "ada@example.org").err(), None);
    }
}
