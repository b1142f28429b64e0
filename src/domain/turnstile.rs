//! Cloudflare Turnstile's `siteverify`, as published: a form over HTTPS, answered in JSON.

use serde::Deserialize;

/// Longest token (developers.cloudflare.com/turnstile: 2048 characters).
pub const TOKEN_CHARS_MAX: usize = 2_048;
/// The field in which the widget puts its token into a form.
pub const FIELD: &str = "cf-turnstile-response";
/// Where the widget comes from, and the frame that it opens.
pub const ORIGIN: &str = "https://challenges.cloudflare.com";

/// What the service says about its caller, which is us, or about itself; all other codes are about the token.
const OURS: [&str; 4] = ["missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"];

/// The body of a question about a token. The address of whoever shows it is not in it: it may be left out, so it is.
#[must_use]
pub fn question(secret: &str, token: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("secret", secret)
        .append_pair("response", token)
        .finish()
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// Whether the task was solved.
///
/// # Errors
/// If the answer does not say, or says that the question was wrong, in words that say nothing of the caller.
pub fn answer(status: u16, text: &str) -> Result<bool, String> {
    let answer: Answer = serde_json::from_str(text).map_err(|_| format!("status {status} without an answer"))?;
    if answer.success {
        return Ok(status == 200);
    }
    match answer.error_codes.iter().find(|code| OURS.contains(&code.as_str())) {
        Some(code) => Err(format!("status {status}: {code}")),
        None if answer.error_codes.is_empty() => Err(format!("status {status} without a reason")),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_a_form_and_names_nobody() {
        assert_eq!(question("s&t", "a b"), "secret=s%26t&response=a+b");
    }

    #[test]
    fn what_is_wrong_with_us_is_not_held_against_the_caller() {
        assert_eq!(answer(200, r#"{"success":true,"hostname":"a.example","error-codes":[]}"#), Ok(true));
        for code in ["timeout-or-duplicate", "invalid-input-response", "missing-input-response"] {
            assert_eq!(answer(200, &format!(r#"{{"success":false,"error-codes":["{code}"]}}"#)), Ok(false), "{code}");
        }
        for code in OURS {
            assert!(answer(200, &format!(r#"{{"success":false,"error-codes":["{code}"]}}"#)).is_err(), "{code}");
        }
        for (status, text) in [(500, ""), (200, "<html>"), (200, r#"{"success":false}"#), (200, "{}")] {
            assert!(answer(status, text).is_err(), "{text}");
        }
        assert_eq!(answer(500, r#"{"success":true}"#), Ok(false), "an error is no proof");
    }
}
