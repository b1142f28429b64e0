//! Codes of authenticator apps (RFC 6238): a secret that both sides know, and the time.

use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Algorithm, Builder, Totp};

use super::time::{SECOND_MS, Timestamp};

/// Bytes of a secret (RFC 4226 §4, R6: 160 bits).
pub const SECRET_BYTES: usize = 20;
/// Digits of a code.
pub const DIGITS: u8 = 6;
/// Seconds that a code is shown (RFC 6238 §5.2).
pub const STEP_S: u64 = 30;
/// Steps by which a clock may be early or late (RFC 6238 §5.2 recommends one).
const SKEW_STEPS: u16 = 1;

/// What may stand in a part of the address as it is (RFC 3986 §2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secret of an authenticator app.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// A secret of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; SECRET_BYTES]) -> Self {
        Self(random)
    }

    /// Reads what [`Self::base32`] wrote.
    #[must_use]
    pub fn parse(base32: &str) -> Option<Self> {
        BASE32_NOPAD.decode(base32.as_bytes()).ok()?.try_into().map(Self).ok()
    }

    /// The secret as apps take it when it is typed in: 32 letters and digits (RFC 4648 §6).
    #[must_use]
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The address that apps read from a picture: `otpauth://totp/Tintype:name?secret=…`. What is not said is what every
    /// app assumes: SHA-1, six digits, 30 seconds. (SHA-1's weakness is collisions, which HMAC does not depend on: RFC
    /// 6238 §1.2, RFC 4226 §B.2.)
    #[must_use]
    pub fn uri(&self, issuer: &str, holder: &str) -> String {
        let [issuer, holder] = [issuer, holder].map(|part| utf8_percent_encode(part, ESCAPED).to_string());
        format!("otpauth://totp/{issuer}:{holder}?secret={}&issuer={issuer}", self.base32())
    }

    /// The step whose code this is, if it is that of `now` or of a step beside it, and later than `last`, the step that
    /// was accepted before: a code that somebody has looked over a shoulder is worth nothing any more (RFC 6238 §5.2).
    #[must_use]
    pub fn accepted_step(&self, code: &str, now: Timestamp, last: Option<i64>) -> Option<i64> {
        let code: String = code.chars().filter(|char| !char.is_whitespace()).collect();
        let is_code = code.len() == usize::from(DIGITS) && code.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = u64::try_from(now.0.div_euclid(SECOND_MS)).ok()?;
        let step = is_code.then(|| self.generator().check(&code, seconds)).flatten()?;
        i64::try_from(step).ok().filter(|step| last.is_none_or(|last| *step > last))
    }

    /// The code of the step that `at` is in.
    #[must_use]
    pub fn code(&self, at: Timestamp) -> String {
        let seconds = u64::try_from(at.0.div_euclid(SECOND_MS)).unwrap_or_default();
        self.generator().generate(seconds).to_string()
    }

    fn generator(&self) -> Totp {
        // "Noncompliant" checks none of the figures; all of them are constants here, and RFC 6238's.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(SKEW_STEPS)
            .with_step_duration(STEP_S)
            .with_secret(self.0)
            .build_noncompliant()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last six digits of RFC 6238's Appendix B, SHA-1: its codes have eight, and a shorter one is the end of it
    /// (RFC 4226 §5.3).
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn secret() -> TotpSecret {
        TotpSecret::from_random(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * SECOND_MS)
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (seconds, code) in VECTORS {
            assert_eq!(secret().code(at(seconds)), code);
            assert_eq!(secret().accepted_step(code, at(seconds), None), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_accepted_one_step_early_or_late_and_not_two() {
        let now = 1_111_111_110;
        for (off, is_accepted) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = secret().code(at(now + off));
            assert_eq!(secret().accepted_step(&code, at(now), None).is_some(), is_accepted, "{off}");
        }
    }

    #[test]
    fn no_step_is_accepted_after_itself_or_a_later_one() {
        let now = 1_111_111_110;
        let step = now / 30;
        let code = secret().code(at(now));
        assert_eq!(secret().accepted_step(&code, at(now), Some(step - 1)), Some(step));
        assert_eq!(secret().accepted_step(&code, at(now), Some(step)), None);
        assert_eq!(secret().accepted_step(&code, at(now), Some(step + 1)), None);
    }

    #[test]
    fn only_six_digits_are_a_code_with_or_without_a_space() {
        let at = at(1_111_111_109);
        assert!(secret().accepted_step("081 804 ", at, None).is_some());
        for wrong in ["", "81804", "0818040", "08180a", "８１８０４", "-81804", "081805"] {
            assert_eq!(secret().accepted_step(wrong, at, None), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_can_read_the_secret_in_two_ways() {
        assert_eq!(secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(TotpSecret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") == Some(secret()));
        assert!(TotpSecret::parse("GEZDGNBV").is_none());
        assert_eq!(
            secret().uri("Tintype", "ada lovelace@engine.example"),
            "otpauth://totp/Tintype:ada%20lovelace%40engine.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tintype"
        );
    }
}
