//! HTTP Message Signatures (RFC 9421) of requests: read, checked for what they cover, verified.
//!
//! ```text
//! Signature-Input: sig=("@method" "@target-uri" "content-digest");created=1795521600;keyid="…";nonce="…"
//! Signature:       sig=:base64 of the signature of the base:
//!
//! base:  "@method": POST
//!        "@target-uri": https://tintype.example/v1/images
//!        "content-digest": sha-256=:…:
//!        "@signature-params": ("@method" "@target-uri" "content-digest");created=…;keyid="…";nonce="…"
//! ```
//! A signature counts if it covers the method, all of the address and, where there is a body, its digest; if it is fresh
//! and has a nonce; and if its key made it. What a component's parameters would mean (`;sf`, `;bs`, `;key`, `;req`,
//! `;tr`, `;name`) is not implemented, and therefore refused: a verifier that guesses is none. If a request carries
//! several signatures, each is tried, and one that counts is enough.

mod base;
mod count;
mod key;
mod read;
mod verify;

pub use key::{PUBLIC_KEY_BYTES, PublicKey, PublicKeyFault};
pub use read::{Claim, read};
pub use verify::{Checked, Freshness, VerifyingKey};

use std::ops::RangeInclusive;

/// What is asked of signatures; the figures are policy (`policy::api_keys`).
#[derive(Clone, Debug)]
pub struct SignatureRules {
    /// How far `created` may be from our clock, before or after, in milliseconds.
    pub skew_ms: i64,
    /// How long a nonce may be, in characters.
    pub nonce_chars: RangeInclusive<usize>,
    /// Most signatures of one request that are tried.
    pub signatures_max: usize,
    /// Most components that one signature covers.
    pub components_max: usize,
}

/// A request without its body, as its signer saw it.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method, as sent.
    pub method: &'a str,
    /// Scheme and authority of the address in lower case, without a default port: `https://tintype.example`.
    pub origin: &'a str,
    /// The path, percent-encoded as sent.
    pub path: &'a str,
    /// What follows the first `?`, if there is one.
    pub query: Option<&'a str>,
    /// Names in lower case and values of every field, in the order of the message.
    pub fields: &'a [(String, Vec<u8>)],
    /// Whether a body follows.
    pub has_body: bool,
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One of the two fields, or a member of one, is not what RFC 9421 §4 says.
    #[error("{0}")]
    Malformed(&'static str),
    /// More signatures than are tried.
    #[error("at most {0} signatures are tried")]
    TooMany(usize),
    /// A parameter that is needed is not there.
    #[error("the parameter {0} is missing")]
    ParameterMissing(&'static str),
    /// A parameter is of another type or length than it has to be.
    #[error("the parameter {0} must be {1}")]
    ParameterWrong(&'static str, &'static str),
    /// A component that does not exist, or that no request has.
    #[error("{0} is no component that this server knows of requests")]
    ComponentUnknown(String),
    /// A component with a parameter.
    #[error("{0} has the parameter {1}, which this server does not implement: cover the whole component")]
    ComponentParameter(String, String),
    /// A component that is covered twice.
    #[error("{0} is covered twice")]
    ComponentTwice(String),
    /// A component that must be covered is not.
    #[error("{0} must be covered")]
    NotCovered(&'static str),
    /// The request has a body, and its digest is not covered.
    #[error("a request with a body needs Content-Digest with sha-256, covered by the signature")]
    DigestNotCovered,
    /// A field is covered and not in the request.
    #[error("the field {0} is covered and not in the request")]
    FieldMissing(String),
    /// A field is covered and is not ASCII.
    #[error("the field {0} is covered and not plain ASCII")]
    FieldUnreadable(String),
    /// No key of this name is valid: there is none, or it was revoked, or has expired.
    #[error("no valid key has that keyid")]
    KeyUnknown,
    /// `alg` is not what the key is for.
    #[error("the key is for {0}, and alg names another algorithm")]
    AlgorithmWrong(&'static str),
    /// The signature is not one of this request by this key.
    #[error("the signature is not one of this request by this key: compare the signature base")]
    Mismatch,
    /// It was made too long ago, is of the future, or has expired.
    #[error("{0}")]
    NotFresh(Freshness),
}

impl Refusal {
    /// The word for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooMany(_) => "too_many_signatures",
            Self::ParameterMissing(_) => "parameter_missing",
            Self::ParameterWrong(..) => "parameter_wrong",
            Self::ComponentUnknown(_) => "component_unknown",
            Self::ComponentParameter(..) => "component_parameter",
            Self::ComponentTwice(_) => "component_twice",
            Self::NotCovered(_) => "not_covered",
            Self::DigestNotCovered => "digest_not_covered",
            Self::FieldMissing(_) => "field_missing",
            Self::FieldUnreadable(_) => "field_unreadable",
            Self::KeyUnknown => "key_unknown",
            Self::AlgorithmWrong(_) => "algorithm_wrong",
            Self::Mismatch => "mismatch",
            Self::NotFresh(_) => "not_fresh",
        }
    }
}

#[cfg(test)]
mod tests;
