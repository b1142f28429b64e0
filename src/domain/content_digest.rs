//! `Content-Digest` (RFC 9530): what a sender says the SHA-256 of a request's body is.
//!
//! `sha-256` counts, other algorithms are not looked at: the SHA-256 of every upload is computed anyway, where its bytes
//! are (vision, or the platform), so that nothing is read a second time for it.

use sfv::{Dictionary, GenericBareItem, ListEntry, Parser};

use super::hex;

/// A field that cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestFieldFault {
    /// It is no dictionary (RFC 9651 §3.2).
    #[error("Content-Digest is not a structured dictionary, such as sha-256=:…base64…:")]
    Syntax,
    /// The value of `sha-256` is something else than 32 bytes.
    #[error("the sha-256 in Content-Digest is not 32 bytes in base64 between colons")]
    NotSha256,
}

/// The SHA-256 that the field's value names, as lowercase hexadecimal; `None` if it names others only.
///
/// # Errors
/// If the field is not written as RFC 9530 says.
pub fn sha256(field: &str) -> Result<Option<String>, DigestFieldFault> {
    let digests: Dictionary = Parser::new(field).parse().map_err(|_| DigestFieldFault::Syntax)?;
    match digests.get("sha-256") {
        None => Ok(None),
        Some(ListEntry::Item(item)) => match &item.bare_item {
            GenericBareItem::ByteSequence(bytes) if bytes.len() == 32 => Ok(Some(hex::encode(bytes))),
            _ => Err(DigestFieldFault::NotSha256),
        },
        Some(ListEntry::InnerList(_)) => Err(DigestFieldFault::NotSha256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9530, appendix B.1 and D.
    #[test]
    fn the_fields_of_the_rfc_are_read() {
        let field = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        let hello = hex::sha256(b"{\"hello\": \"world\"}\n");
        assert_eq!(sha256(field), Ok(Some(hello.clone())));
        let both = format!(
            "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:, {field}"
        );
        assert_eq!(sha256(&both), Ok(Some(hello)));
        assert_eq!(sha256("md5=:AAAA:, unixsum=:AA==:"), Ok(None));
        assert_eq!(sha256(""), Ok(None));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for wrong in ["sha-256=:AAAA:", "sha-256=abc", "sha-256", "sha-256=(:AAAA:)", "sha-256=\"RK/0\""] {
            assert_eq!(sha256(wrong), Err(DigestFieldFault::NotSha256), "{wrong}");
        }
        for wrong in ["SHA-256=:AAAA:", "sha-256=:not base64:", "sha-256=:AAAA", "é", "sha-256=;"] {
            assert_eq!(sha256(wrong), Err(DigestFieldFault::Syntax), "{wrong}");
        }
    }
}
