//! Holds a body to the digest that its sender sent with it (RFC 9530).

use crate::error::Problem;

/// Compares the SHA-256 of what arrived with the one that was sent, if one was; both are lowercase hexadecimal.
///
/// # Errors
/// `ContentDigestMismatch`.
pub fn check_digest(expected: Option<&str>, arrived: &str) -> Result<(), Problem> {
    match expected {
        Some(expected) if expected != arrived => Err(Problem::ContentDigestMismatch),
        _ => Ok(()),
    }
}
