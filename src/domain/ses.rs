//! Amazon SES, API v2: `SendEmail` as published (REST with JSON, signed with Signature Version 4). It knows no key that
//! would keep a letter from being sent twice; see docs/adr/0024.

use serde::Deserialize;
use serde_json::json;

use super::aws_signature::{Access, Question};
use super::ids::LetterId;
use super::letter::{MailFailure, OutgoingLetter, error_name};
use super::time::Timestamp;

/// The operation's path.
pub const PATH: &str = "v2/email/outbound-emails";
/// The type of questions and answers.
pub const MEDIA_TYPE: &str = "application/json";

/// Errors that say that something is wrong with the letter itself. All others can be mended by the operator or by time:
/// a sender that is not verified yet, a quota, a key that was changed.
const REFUSALS: [&str; 3] = ["BadRequestException", "InvalidParameterValue", "ValidationException"];

/// The body of a question. The key is a tag, by which an operator finds what was sent twice.
#[must_use]
pub fn question(from: &str, letter: &OutgoingLetter, key: &LetterId) -> String {
    let text = |data: &str| json!({ "Data": data, "Charset": "UTF-8" });
    let fields: Vec<_> = letter.fields.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({
        "FromEmailAddress": from,
        "Destination": { "ToAddresses": [letter.to.as_str()] },
        "Content": { "Simple": {
            "Subject": text(&letter.content.subject),
            "Body": { "Text": text(&letter.content.text), "Html": text(&letter.content.html) },
            "Headers": fields,
        } },
        "EmailTags": [
            { "Name": "letter", "Value": key.as_str() },
            { "Name": "kind", "Value": letter.kind },
        ],
    })
    .to_string()
}

/// The fields that sign a question, by name and value.
///
/// # Errors
/// If the address or the access cannot be signed with.
pub fn signature(
    url: &str,
    region: &str,
    access: &Access,
    body: &str,
    now: Timestamp,
) -> Result<Vec<(String, String)>, String> {
    Question { service: "ses", region, url, fields: &[("content-type", MEDIA_TYPE)], body }.signature(access, now)
}

/// The name of an error, where the body carries it.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type", alias = "code", default)]
    kind: String,
}

/// What an answer means; `error_type` is its field `X-Amzn-ErrorType`.
///
/// # Errors
/// If the letter was not taken.
pub fn answer(status: u16, error_type: Option<&str>, text: &str) -> Result<(), MailFailure> {
    // Whatever else it says: taken is taken, and would be sent twice.
    if (200..300).contains(&status) {
        return Ok(());
    }
    let in_body = || serde_json::from_str::<Refusal>(text).map(|refusal| refusal.kind).unwrap_or_default();
    let kind = error_type.map_or_else(in_body, str::to_owned);
    let kind = error_name(kind.rsplit('#').next().unwrap_or_default());
    let words = format!("ses: status {status} {kind}").trim_end().to_owned();
    let is_refused = status == 413 || (status == 400 && REFUSALS.contains(&kind.as_str()));
    Err(if is_refused { MailFailure::Refused(words) } else { MailFailure::Passing(words) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_letter_is_final_and_all_else_passes() {
        assert_eq!(answer(200, None, r#"{"MessageId":"1"}"#), Ok(()));
        assert_eq!(answer(200, None, "what?"), Ok(()));
        let refused = |words: &str| Err(MailFailure::Refused(words.into()));
        let passing = |words: &str| Err(MailFailure::Passing(words.into()));
        let url = Some("BadRequestException:http://internal.amazon.com/coral/");
        assert_eq!(answer(400, url, ""), refused("ses: status 400 BadRequestException"));
        assert_eq!(
            answer(400, None, r#"{"__type":"a#BadRequestException"}"#),
            refused("ses: status 400 BadRequestException")
        );
        assert_eq!(answer(413, None, ""), refused("ses: status 413"));
        for kind in [
            "MessageRejected",
            "MailFromDomainNotVerifiedException",
            "SendingPausedException",
            "LimitExceededException",
        ] {
            assert_eq!(answer(400, Some(kind), ""), passing(&format!("ses: status 400 {kind}")));
        }
        assert_eq!(
            answer(429, Some("TooManyRequestsException"), ""),
            passing("ses: status 429 TooManyRequestsException")
        );
        for status in [301, 302, 401, 403, 404, 500, 502, 503] {
            assert_eq!(answer(status, None, "<html>"), passing(&format!("ses: status {status}")));
        }
        let quoting = r#"{"__type":"MessageRejected","message":"ada@example.org is not verified"}"#;
        assert_eq!(answer(400, None, quoting), passing("ses: status 400 MessageRejected"));
    }
}
