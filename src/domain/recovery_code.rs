//! Recovery codes: what lets somebody in, once each, who has lost the other factors.

use std::fmt;

use super::hex;
use super::ids::AccountId;

/// Random bytes in a code: 80 bits, so that even a stolen hash cannot be traced back by trying (NIST SP 800-63B-4
/// §3.1.2.2 asks for 64 where guesses are not counted).
pub const CODE_BYTES: usize = 10;
/// Codes made at a time.
pub const CODES: usize = 10;
/// Letters in a code.
const LETTERS: usize = 16;
/// Crockford's base32: no i, l, o, u, so a code survives being copied by hand.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A recovery code, in its one form: 16 letters.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A code of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; CODE_BYTES]) -> Self {
        let mut number = random.iter().fold(0u128, |number, byte| (number << 8) | u128::from(*byte));
        let mut letters = [0; LETTERS];
        for letter in letters.iter_mut().rev() {
            *letter = ALPHABET.get((number & 31) as usize).copied().unwrap_or(b'0');
            number >>= 5;
        }
        Self(letters.map(char::from).iter().collect())
    }

    /// Reads what somebody typed, however it is grouped, with the letters that are mistaken for others
    /// (Crockford: `o` is 0, `i` and `l` are 1). `None` if it cannot be a code.
    #[must_use]
    pub fn from_caller(text: &str) -> Option<Self> {
        let meant = |char: char| match char.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        let letters: String =
            text.chars().filter(|char| !char.is_whitespace() && *char != '-').take(LETTERS + 1).map(meant).collect();
        let is_code = letters.len() == LETTERS && letters.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then_some(Self(letters))
    }

    /// What the database keeps: no two accounts have the same hash, whatever their codes.
    #[must_use]
    pub fn hash(&self, account: &AccountId) -> String {
        hex::sha256(format!("recovery_code:{account}:{}", self.0).as_bytes())
    }

    /// The code for its owner, in groups of four: `7k3m-9xq2-…`.
    #[must_use]
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = (0..LETTERS).step_by(4).filter_map(|at| self.0.get(at..at + 4)).collect();
        groups.join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_was_copied() {
        let code = RecoveryCode::from_random([0, 68, 50, 20, 199, 66, 84, 182, 53, 207]);
        assert_eq!(code.reveal(), "0123-4567-89ab-cdef");
        for typed in ["0123-4567-89ab-cdef", " 0123 4567 89AB CDEF ", "o1234567-89abcdef", "OI2345 6789ABcdef"] {
            assert!(RecoveryCode::from_caller(typed) == Some(code.clone()), "{typed}");
        }
        for wrong in ["", "0123-4567-89ab-cde", "0123-4567-89ab-cdef-0", "0123-4567-89ab-cdeu", "0123-4567-89ab-cdé"] {
            assert!(RecoveryCode::from_caller(wrong).is_none(), "{wrong}");
        }
        assert_eq!(RecoveryCode::from_random([255; CODE_BYTES]).reveal(), "zzzz-zzzz-zzzz-zzzz");
    }

    #[test]
    fn promise_imp_02_a_hash_belongs_to_one_account_and_gives_nothing_away() {
        let code = RecoveryCode::from_random([7; CODE_BYTES]);
        let [one, two] = [1, 2].map(|seed| code.hash(&AccountId::from_random([seed; 15])));
        assert_ne!(one, two);
        assert!(!one.contains(&code.0) && !format!("{code:?}").contains(&code.0));
    }
}
