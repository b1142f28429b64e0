//! What an uploader may say about an image, and the rules for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longest caption, in characters: a paragraph, and well under what link previews show.
pub const CAPTION_CHARS_MAX: usize = 500;
/// Most labels on one image.
pub const LABELS_MAX: usize = 20;
/// Longest label key, in characters.
pub const LABEL_KEY_CHARS_MAX: usize = 40;
/// Longest label value, in characters.
pub const LABEL_VALUE_CHARS_MAX: usize = 100;
/// Largest `metadata` object, in bytes of compact JSON: an annotation, not a store.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Longest file name kept, in characters (common file systems stop at 255 bytes; this keeps
/// four-byte letters under it).
pub const FILENAME_CHARS_MAX: usize = 60;

/// What the uploader said about the image. Stored as given; erased with the bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The name the file had, made safe: no path, no control characters.
    pub filename: Option<String>,
    /// Shown under the image and read to screen readers as its description.
    pub caption: Option<String>,
    /// Words to find it by.
    pub labels: BTreeMap<String, String>,
    /// The caller's own JSON object, returned untouched.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// A field that breaks a rule: its name, and the rule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The field's name as the caller wrote it.
    pub field: &'static str,
    /// What would be right.
    pub detail: String,
}

impl InvalidField {
    fn new(field: &'static str, detail: String) -> Self {
        Self { field, detail }
    }
}

/// Reads a caption: trimmed; empty is none.
///
/// # Errors
/// If it is longer than [`CAPTION_CHARS_MAX`] or holds control characters.
pub fn caption(text: &str) -> Result<Option<String>, InvalidField> {
    let text = text.trim();
    if text.chars().count() > CAPTION_CHARS_MAX {
        return Err(InvalidField::new("caption", format!("at most {CAPTION_CHARS_MAX} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t') {
        return Err(InvalidField::new("caption", "no control characters".into()));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Reads labels from a JSON object of strings; empty text is none.
///
/// # Errors
/// If it is not such an object or breaks one of the limits above.
pub fn labels(json: &str) -> Result<BTreeMap<String, String>, InvalidField> {
    let invalid = |detail: String| InvalidField::new("labels", detail);
    if json.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let labels: BTreeMap<String, String> =
        serde_json::from_str(json).map_err(|_| invalid("a JSON object whose values are strings".into()))?;
    if labels.len() > LABELS_MAX {
        return Err(invalid(format!("at most {LABELS_MAX} labels")));
    }
    let value_is_fine =
        |value: &str| value.chars().count() <= LABEL_VALUE_CHARS_MAX && !value.chars().any(char::is_control);
    if !labels.iter().all(|(key, value)| is_label_key(key) && value_is_fine(value)) {
        return Err(invalid(format!(
            "keys of 1 to {LABEL_KEY_CHARS_MAX} letters, digits, '_', '-' or '.'; values of at most \
             {LABEL_VALUE_CHARS_MAX} characters"
        )));
    }
    Ok(labels)
}

/// Whether a label can have this key.
#[must_use]
pub fn is_label_key(key: &str) -> bool {
    (1..=LABEL_KEY_CHARS_MAX).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// Labels as lines of a text, `key: value`, for people to change.
#[must_use]
pub fn lines_of_labels(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("\n")
}

/// Reads labels from lines `key: value`; empty lines are none.
///
/// # Errors
/// If a line has no colon, a key comes twice, or one of the limits above is broken.
pub fn labels_of_lines(text: &str) -> Result<BTreeMap<String, String>, InvalidField> {
    let invalid = |detail: String| InvalidField::new("labels", detail);
    let mut read = serde_json::Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once(':').ok_or_else(|| invalid("a label on each line, as key: value".into()))?;
        if read.insert(key.trim().to_owned(), value.trim().into()).is_some() {
            return Err(invalid("each key once".into()));
        }
    }
    labels(&serde_json::Value::Object(read).to_string())
}

/// Reads the caller's own JSON object; empty text is an empty object.
///
/// # Errors
/// If it is not an object or longer than [`METADATA_BYTES_MAX`].
pub fn metadata(json: &str) -> Result<serde_json::Map<String, serde_json::Value>, InvalidField> {
    let invalid = |detail: String| InvalidField::new("metadata", detail);
    if json.trim().is_empty() {
        return Ok(serde_json::Map::new());
    }
    if json.len() > METADATA_BYTES_MAX {
        return Err(invalid(format!("at most {METADATA_BYTES_MAX} bytes of JSON")));
    }
    serde_json::from_str(json).map_err(|_| invalid("a JSON object".into()))
}

/// Makes a caller's file name harmless: the last path component, without control characters and
/// without what file systems refuse, cut to [`FILENAME_CHARS_MAX`] with its extension replaced by
/// the true one. `None` if nothing is left.
#[must_use]
pub fn filename(given: &str, extension: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let clean: String = stem
        .chars()
        .filter(|c| !c.is_control() && !"<>:\"|?*%;".contains(*c) && !is_invisible(*c))
        .take(FILENAME_CHARS_MAX)
        .collect();
    let clean = clean.trim().trim_matches('.').to_owned();
    (!clean.is_empty()).then(|| format!("{clean}.{extension}"))
}

/// Letters that can make a name read otherwise than it is: bidirectional controls and zero widths.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_loses_what_could_harm() {
        assert_eq!(filename("C:\\Users\\ann\\cat.JPEG", "jpg").as_deref(), Some("cat.jpg"));
        assert_eq!(filename("../../etc/passwd", "png").as_deref(), Some("passwd.png"));
        assert_eq!(filename("a\r\nSet-Cookie: x=1.png", "png").as_deref(), Some("aSet-Cookie x=1.png"));
        assert_eq!(filename("gpj\u{202e}.exe", "jpg").as_deref(), Some("gpj.jpg"));
        assert_eq!(filename("...", "jpg"), None);
        assert_eq!(filename("Ausflug größe.png", "png").as_deref(), Some("Ausflug größe.png"));
    }

    #[test]
    fn labels_are_a_bounded_object_of_strings() {
        assert_eq!(labels(r#"{"trip":"Rome 2026"}"#).map(|l| l.len()), Ok(1));
        assert_eq!(labels("  ").map(|l| l.len()), Ok(0));
        for wrong in ["[]", "{", r#"{"a":1}"#, r#"{"a b":"c"}"#, r#"{"":"c"}"#] {
            assert!(labels(wrong).is_err(), "{wrong}");
        }
        let many: BTreeMap<_, _> = (0..21).map(|n| (format!("k{n}"), "v")).collect();
        assert!(labels(&serde_json::to_string(&many).unwrap_or_default()).is_err());
    }

    #[test]
    fn labels_are_lines_for_people() {
        let read = labels_of_lines("trip: Rome: by train\r\n\r\n by :Ada\nempty:");
        let expected = [("by", "Ada"), ("empty", ""), ("trip", "Rome: by train")];
        let expected: BTreeMap<String, String> = expected.map(|(key, value)| (key.into(), value.into())).into();
        assert_eq!(read, Ok(expected.clone()));
        assert_eq!(labels_of_lines(&lines_of_labels(&expected)), Ok(expected));
        for wrong in ["no colon", "a b: c", ": c", "a: 1\na: 2", &format!("a: {}", "x".repeat(101))] {
            assert!(labels_of_lines(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_caption_is_trimmed_and_bounded() {
        assert_eq!(caption("  hello "), Ok(Some("hello".into())));
        assert_eq!(caption("   "), Ok(None));
        assert!(caption(&"é".repeat(500)).is_ok());
        assert!(caption(&"é".repeat(501)).is_err());
        assert!(caption("bell\u{7}").is_err());
    }

    #[test]
    fn metadata_is_a_bounded_object() {
        assert!(metadata(r#"{"deep":{"er":[1,2]}}"#).is_ok());
        assert!(metadata("[1]").is_err());
        assert!(metadata(&format!("{{\"a\":\"{}\"}}", "x".repeat(METADATA_BYTES_MAX))).is_err());
    }
}
