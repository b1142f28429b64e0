//! The signature base (RFC 9421 §2.5): the text that is signed.

use super::{Refusal, RequestHead};

/// The base of a signature that covers `covered`, with `parameters` as the last line says them.
///
/// # Errors
/// If a component is unknown, or not in the request.
pub fn signature_base(head: &RequestHead<'_>, covered: &[String], parameters: &str) -> Result<String, Refusal> {
    let mut base = String::new();
    for component in covered {
        // Names are written as strings; neither a quote nor a backslash can be in one (see `is_field_name`).
        base.push_str(&format!("\"{component}\": {}\n", value_of(head, component)?));
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(parameters);
    Ok(base)
}

/// What a component is in this request (RFC 9421 §2.1 and §2.2).
fn value_of(head: &RequestHead<'_>, component: &str) -> Result<String, Refusal> {
    let path = if head.path.is_empty() { "/" } else { head.path };
    let target = || head.query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let (scheme, authority) = head.origin.split_once("://").unwrap_or_default();
    Ok(match component {
        "@method" => head.method.to_owned(),
        "@target-uri" => head.origin.to_owned() + &target(),
        "@authority" => authority.to_owned(),
        "@scheme" => scheme.to_owned(),
        "@request-target" => target(),
        "@path" => path.to_owned(),
        "@query" => format!("?{}", head.query.unwrap_or_default()),
        name if is_field_name(name) => field(head, name)?,
        other => return Err(Refusal::ComponentUnknown(other.to_owned())),
    })
}

/// Whether this is a field's name (RFC 9110 §5.1) in lower case.
fn is_field_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// A field's values without the space around them, with commas between.
fn field(head: &RequestHead<'_>, name: &str) -> Result<String, Refusal> {
    let is_text = |byte: &u8| *byte == b'\t' || (b' '..=b'~').contains(byte);
    let mut values = Vec::new();
    for (_, value) in head.fields.iter().filter(|(known, _)| known == name) {
        let text = std::str::from_utf8(value).ok().filter(|_| value.iter().all(is_text));
        values.push(text.ok_or_else(|| Refusal::FieldUnreadable(name.to_owned()))?.trim_matches([' ', '\t']));
    }
    if values.is_empty() { Err(Refusal::FieldMissing(name.to_owned())) } else { Ok(values.join(", ")) }
}
