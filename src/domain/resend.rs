//! Resend: `POST /emails` as published. A letter is sent once for each `Idempotency-Key`, within a day of its first use.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::letter::{MailFailure, OutgoingLetter, error_name};

/// The operation's path.
pub const PATH: &str = "emails";
/// The type of questions and answers.
pub const MEDIA_TYPE: &str = "application/json";

/// The body of a question. The same letter makes the same body, as the key demands.
#[must_use]
pub fn question(from: &str, letter: &OutgoingLetter) -> String {
    let fields: Map<String, Value> =
        letter.fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    json!({
        "from": from,
        "to": [letter.to.as_str()],
        "subject": letter.content.subject,
        "html": letter.content.html,
        "text": letter.content.text,
        "headers": fields,
    })
    .to_string()
}

/// The name of an error.
#[derive(Deserialize)]
struct Refusal {
    name: String,
}

/// What an answer means.
///
/// # Errors
/// If the letter was not taken.
pub fn answer(status: u16, text: &str) -> Result<(), MailFailure> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    let kind = serde_json::from_str::<Refusal>(text).map(|refusal| error_name(&refusal.name)).unwrap_or_default();
    let words = format!("resend: status {status} {kind}").trim_end().to_owned();
    let is_refused = match (status, kind.as_str()) {
        // The sender, not the letter: the operator can mend it.
        (422, "invalid_from_address") => false,
        // Something was sent under this key already, and it was not this.
        (409, "invalid_idempotent_request") => true,
        (413 | 422, _) => true,
        // 400 as well: an unknown key of the API is one.
        _ => false,
    };
    Err(if is_refused { MailFailure::Refused(words) } else { MailFailure::Passing(words) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_letter_is_final_and_all_else_passes() {
        let told = |status: u16, name: &str| {
            answer(status, &json!({ "statusCode": status, "name": name, "message": "ada@example.org" }).to_string())
        };
        assert_eq!(answer(200, r#"{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}"#), Ok(()));
        assert_eq!(answer(200, ""), Ok(()), "taken is taken");
        for (status, name) in
            [(422, "missing_required_field"), (422, "validation_error"), (409, "invalid_idempotent_request")]
        {
            assert_eq!(told(status, name), Err(MailFailure::Refused(format!("resend: status {status} {name}"))));
        }
        for (status, name) in [
            (400, "validation_error"),
            (401, "missing_api_key"),
            (403, "invalid_api_key"),
            (409, "concurrent_idempotent_requests"),
            (422, "invalid_from_address"),
            (429, "rate_limit_exceeded"),
            (429, "daily_quota_exceeded"),
            (500, "application_error"),
        ] {
            assert_eq!(told(status, name), Err(MailFailure::Passing(format!("resend: status {status} {name}"))));
        }
        for status in [302, 502, 503] {
            assert_eq!(answer(status, "<html>"), Err(MailFailure::Passing(format!("resend: status {status}"))));
        }
    }
}
