//! Whether a claim counts: first what needs no key, then the signature itself.

use std::fmt;

use subtle::ConstantTimeEq as _;

use super::base::signature_base;
use super::{Claim, PublicKey, Refusal, RequestHead, SignatureRules};
use crate::domain::api_key::SigningSecret;
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::domain::{content_digest, hex};

/// What signatures of one key are verified with; which algorithm it is, is a property of the key and not of the request.
#[derive(Clone, PartialEq, Eq)]
pub enum VerifyingKey {
    /// `hmac-sha256` (RFC 9421 §3.3.3): the shared secret.
    Hmac(Vec<u8>),
    /// `ed25519` (§3.3.6).
    Ed25519(PublicKey),
}

/// How a signature is out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Our clock, in seconds since 1970.
    pub now_s: i64,
    /// When it was made, as it says.
    pub created_s: i64,
    /// When it ends, as it says.
    pub expires_s: Option<i64>,
    /// How far `created` may be from our clock, in seconds.
    pub skew_s: i64,
}

impl fmt::Display for Freshness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now_s, created_s, expires_s, skew_s } = self;
        match expires_s {
            Some(expires_s) if expires_s <= now_s => write!(f, "it expired at {expires_s}, and it is {now_s} here"),
            _ => write!(f, "it was created at {created_s}, and it is {now_s} here: at most {skew_s} s may lie between"),
        }
    }
}

impl VerifyingKey {
    /// The key of a derived secret: all of its text.
    #[must_use]
    pub fn of_secret(secret: &SigningSecret) -> Self {
        Self::Hmac(secret.reveal().as_bytes().to_vec())
    }

    /// The algorithm's name (RFC 9421 §6.2.2).
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Hmac(_) => "hmac-sha256",
            Self::Ed25519(_) => "ed25519",
        }
    }

    fn has_signed(&self, base: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(secret) => hex::hmac_sha256(secret, base).ct_eq(signature).into(),
            // Strictly: a signature is one text only, and keys and points of small order are none.
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.0.verify_strict(base, &signature).is_ok()),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.algorithm())
    }
}

/// A claim that would count if its key made it: it covers what it must, is fresh, and has a nonce.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Which key is said to have made it.
    pub keyid: String,
    /// What makes it different from any other by that key.
    pub nonce: String,
    /// Until when a repeat of it could be taken for new if its nonce were forgotten.
    pub fresh_until: Timestamp,
    claim: Claim,
}

impl Checked {
    /// Verifies it as a signature of this request by this key.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn verify(&self, head: &RequestHead<'_>, key: &VerifyingKey) -> Result<(), Refusal> {
        self.claim.verify(head, key)
    }
}

impl Claim {
    /// Checks what needs no key.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check(self, head: &RequestHead<'_>, now: Timestamp, rules: &SignatureRules) -> Result<Checked, Refusal> {
        self.check_coverage(head)?;
        let created_s = self.created_s.ok_or(Refusal::ParameterMissing("created"))?;
        let keyid = self.keyid.clone().ok_or(Refusal::ParameterMissing("keyid"))?;
        let nonce = self.nonce.clone().ok_or(Refusal::ParameterMissing("nonce"))?;
        if !rules.nonce_chars.contains(&nonce.len()) {
            return Err(Refusal::ParameterWrong("nonce", "of 16 to 128 characters, different for each request"));
        }
        let created = Timestamp(created_s.saturating_mul(SECOND_MS));
        let ends = self.expires_s.map(|seconds| Timestamp(seconds.saturating_mul(SECOND_MS)));
        let is_near = now.ms_since(created).saturating_abs() <= rules.skew_ms;
        if !is_near || ends.is_some_and(|ends| ends <= now) {
            return Err(Refusal::NotFresh(Freshness {
                now_s: now.0.div_euclid(SECOND_MS),
                created_s,
                expires_s: self.expires_s,
                skew_s: rules.skew_ms / SECOND_MS,
            }));
        }
        // It is fresh to the last millisecond of the skew.
        let fresh_until = created.plus_ms(rules.skew_ms).plus_ms(SECOND_MS);
        Ok(Checked { keyid, nonce, fresh_until, claim: self })
    }

    pub(super) fn verify(&self, head: &RequestHead<'_>, key: &VerifyingKey) -> Result<(), Refusal> {
        if self.algorithm.as_deref().is_some_and(|named| named != key.algorithm()) {
            return Err(Refusal::AlgorithmWrong(key.algorithm()));
        }
        let base = signature_base(head, &self.covered, &self.parameters)?;
        if key.has_signed(base.as_bytes(), &self.signature) { Ok(()) } else { Err(Refusal::Mismatch) }
    }

    fn covers(&self, component: &str) -> bool {
        self.covered.iter().any(|covered| covered == component)
    }

    fn check_coverage(&self, head: &RequestHead<'_>) -> Result<(), Refusal> {
        // A component that we do not know is told before what is missing besides.
        signature_base(head, &self.covered, "")?;
        if !self.covers("@method") {
            return Err(Refusal::NotCovered("@method"));
        }
        let parts = ["@authority", "@path", "@query"];
        if !self.covers("@target-uri") && !parts.iter().all(|part| self.covers(part)) {
            return Err(Refusal::NotCovered("@target-uri, or each of @authority, @path and @query,"));
        }
        let names_sha256 = || {
            let values = head.fields.iter().filter(|(name, _)| name == "content-digest");
            let values: Vec<&str> = values.filter_map(|(_, value)| std::str::from_utf8(value).ok()).collect();
            content_digest::sha256(&values.join(", ")).is_ok_and(|digest| digest.is_some())
        };
        if head.has_body && !(self.covers("content-digest") && names_sha256()) {
            return Err(Refusal::DigestNotCovered);
        }
        Ok(())
    }
}
