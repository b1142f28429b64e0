//! Conditional and range requests (RFC 9110 §13 and §14).

use axum::http::{HeaderMap, Method};

use super::caller::text;
use crate::domain::time::Timestamp;
use crate::ports::blobs::{BlobMeta, ByteRange};
use crate::usecases::deliver::{Conditions, Wanted};

/// The conditions of one GET or HEAD.
#[derive(Clone, Debug)]
pub struct RequestConditions {
    is_head: bool,
    if_none_match: Option<String>,
    if_modified_since: Option<Timestamp>,
    if_range: Option<String>,
    range: Option<String>,
}

impl RequestConditions {
    /// Reads them from a request.
    #[must_use]
    pub fn read(method: &Method, headers: &HeaderMap) -> Self {
        let field = |name| text(headers, name).map(str::to_owned);
        Self {
            is_head: method == Method::HEAD,
            if_none_match: field("if-none-match"),
            if_modified_since: text(headers, "if-modified-since").and_then(Timestamp::from_http_date),
            if_range: field("if-range"),
            range: field("range"),
        }
    }

    /// Whether the caller has the bytes with this entity tag.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.if_none_match.as_deref().is_some_and(|tags| matches_any(tags, tag))
    }

    /// What is wanted of bytes with this entity tag that last changed then, `size` of them.
    #[must_use]
    pub fn part(&self, tag: &str, modified_at: Timestamp, size: u64) -> Wanted {
        match &self.range {
            _ if self.is_head => Wanted::Facts,
            Some(range) if self.range_still_applies(tag, modified_at) => read_range(range, size),
            _ => Wanted::Whole,
        }
    }

    fn range_still_applies(&self, tag: &str, modified_at: Timestamp) -> bool {
        match self.if_range.as_deref().map(str::trim) {
            None => true,
            // A weak tag never matches here (RFC 9110 §13.1.5).
            Some(given) if given.starts_with('"') => given == tag,
            Some(date) => Timestamp::from_http_date(date).is_some_and(|at| at == modified_at),
        }
    }
}

impl Conditions for RequestConditions {
    fn is_fresh(&self, meta: &BlobMeta) -> bool {
        // With a tag given, the date is not looked at (RFC 9110 §13.1.3).
        if self.if_none_match.is_some() {
            return self.has(&entity_tag(meta));
        }
        self.if_modified_since.is_some_and(|since| modified_at(meta) <= since)
    }

    fn range(&self, meta: &BlobMeta) -> Wanted {
        self.part(&entity_tag(meta), modified_at(meta), meta.bytes)
    }

    fn are_any(&self) -> bool {
        self.is_head || self.if_none_match.is_some() || self.if_modified_since.is_some() || self.range.is_some()
    }
}

/// The entity tag of stored bytes: strong, because it is half of their SHA-256.
#[must_use]
pub fn entity_tag(meta: &BlobMeta) -> String {
    format!("\"{}\"", meta.sha256.get(..32).unwrap_or(&meta.sha256))
}

/// When the bytes last changed, which is when they came: whole seconds, as HTTP dates are.
#[must_use]
pub fn modified_at(meta: &BlobMeta) -> Timestamp {
    meta.created_at.window_start(1_000)
}

fn matches_any(list: &str, tag: &str) -> bool {
    let list = list.trim();
    list == "*" || list.split(',').any(|item| item.trim().trim_start_matches("W/") == tag)
}

/// Reads a `Range` value for an object of `size` bytes. Other units and several ranges at once are
/// ignored, as the RFC allows: whole is always a right answer.
fn read_range(value: &str, size: u64) -> Wanted {
    let Some(spec) = value.trim().strip_prefix("bytes=") else { return Wanted::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::Whole };
    let (first, last) = (first.trim(), last.trim());
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) {
        return Wanted::Whole;
    }
    // A number too long for 64 bits lies beyond any object.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let (offset, end) = match (first, last) {
        ("", "") => return Wanted::Whole,
        ("", suffix) => (size.saturating_sub(number(suffix)), size),
        (first, "") => (number(first), size),
        (first, last) if number(first) > number(last) => return Wanted::Whole,
        (first, last) => (number(first), number(last).saturating_add(1).min(size)),
    };
    if offset >= end {
        return Wanted::Unsatisfiable;
    }
    Wanted::Part(ByteRange { offset, length: end - offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(offset: u64, length: u64) -> Wanted {
        Wanted::Part(ByteRange { offset, length })
    }

    #[test]
    fn a_range_reads_as_the_rfc_says() {
        for (value, expected) in [
            ("bytes=0-99", part(0, 99 + 1)),
            ("bytes=0-0", part(0, 1)),
            ("bytes=990-", part(990, 10)),
            ("bytes=-10", part(990, 10)),
            ("bytes=-5000", part(0, 1_000)),
            ("bytes=500-99999", part(500, 500)),
            ("bytes=1000-", Wanted::Unsatisfiable),
            ("bytes=99999999999999999999-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
        ] {
            assert_eq!(read_range(value, 1_000), expected, "{value}");
        }
    }

    #[test]
    fn a_tag_matches_in_a_list_weak_or_strong() {
        for list in ["\"a\"", "W/\"a\"", "\"x\", \"a\"", "*"] {
            assert!(matches_any(list, "\"a\""), "{list}");
        }
        assert!(!matches_any("\"b\"", "\"a\""));
    }
}
