//! Amazon Rekognition's `DetectModerationLabels`, as published: AWS JSON 1.1 over HTTPS, signed with Signature Version 4.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::aws_signature::{Access, Question};
use super::opinion::{Label, Opinion};
use super::time::Timestamp;

/// The type of questions and answers.
pub const MEDIA_TYPE: &str = "application/x-amz-json-1.1";
/// The operation, in the field `X-Amz-Target`.
pub const TARGET: &str = "RekognitionService.DetectModerationLabels";
/// Labels of which the service is less sure than this, in percent, are not answered; its own default.
pub const MIN_CONFIDENCE: u32 = 50;
/// The edition of the moderation taxonomy that the policy knows.
const TAXONOMY: &str = "7";
/// Labels that are read of an answer, at most: the taxonomy has fewer than a hundred.
const LABELS_MAX: usize = 100;

/// The body of a question about a picture.
#[must_use]
pub fn question(jpeg: &[u8]) -> String {
    json!({ "Image": { "Bytes": STANDARD.encode(jpeg) }, "MinConfidence": MIN_CONFIDENCE }).to_string()
}

/// The fields that sign a question, by name and value.
///
/// # Errors
/// If the endpoint or the access cannot be signed with.
pub fn signature(
    endpoint: &str,
    region: &str,
    access: &Access,
    body: &str,
    now: Timestamp,
) -> Result<Vec<(String, String)>, String> {
    let fields = [("content-type", MEDIA_TYPE), ("x-amz-target", TARGET)];
    Question { service: "rekognition", region, url: endpoint, fields: &fields, body }.signature(access, now)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    moderation_labels: Vec<AnsweredLabel>,
    moderation_model_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnsweredLabel {
    name: String,
    /// Empty at the highest level.
    parent_name: String,
    confidence: f32,
}

/// The name of an error in an answer that is one.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

/// The opinion in an answer.
///
/// # Errors
/// If it is an error or no answer of that service: then nothing is known, not that there is nothing to see.
pub fn answer(status: u16, text: &str) -> Result<Opinion, String> {
    if status != 200 {
        let kind = serde_json::from_str::<Refusal>(text).map(|refusal| refusal.kind).unwrap_or_default();
        // The name only, without its namespace: messages can quote what was sent.
        let kind: String = kind.rsplit('#').next().unwrap_or_default().chars().take(64).collect();
        return Err(format!("status {status} {kind}").trim_end().to_owned());
    }
    let answer: Answer = serde_json::from_str(text).map_err(|error| format!("not an answer: {error}"))?;
    // Another edition has other labels, and then what is missing from an answer says nothing.
    let version = answer.moderation_model_version;
    if version != TAXONOMY && !version.starts_with(&format!("{TAXONOMY}.")) {
        return Err("labels of another taxonomy".into());
    }
    let valid = answer.moderation_labels.iter().all(|label| (0.0..=100.0).contains(&label.confidence));
    if !valid {
        return Err("a confidence that is none".into());
    }
    let labels = answer.moderation_labels.into_iter().take(LABELS_MAX);
    Ok(Opinion {
        model: format!("rekognition {version}"),
        labels: labels
            .map(|label| Label { name: label.name, parent: label.parent_name, confidence: label.confidence })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = include_str!("../../tests/fixtures/rekognition/labels.json");

    #[test]
    fn an_answer_as_published_is_read() {
        let opinion = answer(200, ANSWER).unwrap();
        assert_eq!(opinion.model, "rekognition 7.0");
        let names: Vec<&str> = opinion.labels.iter().map(|label| label.name.as_str()).collect();
        assert_eq!(names, ["Exposed Female Nipple", "Explicit Nudity", "Explicit"]);
        assert!((opinion.labels[2].confidence - 97.25).abs() < 0.01);
        let nothing = r#"{"ModerationLabels":[],"ModerationModelVersion":"7.0","ContentTypes":[]}"#;
        assert_eq!(answer(200, nothing).unwrap().labels, []);
    }

    #[test]
    fn what_is_no_answer_is_no_opinion() {
        let throttled = r#"{"__type":"com.amazonaws.rekognition#ThrottlingException","message":"Rate exceeded"}"#;
        assert_eq!(answer(400, throttled), Err("status 400 ThrottlingException".into()));
        for (status, text) in [
            (500, ""),
            (302, "{}"),
            (200, ""),
            (200, "{}"),
            (200, r#"{"ModerationLabels":[]}"#),
            (200, r#"{"ModerationLabels":[],"ModerationModelVersion":"6.1"}"#),
            (200, r#"{"ModerationLabels":[],"ModerationModelVersion":"70"}"#),
            (200, r#"{"ModerationLabels":[{"Name":"Explicit","ParentName":""}],"ModerationModelVersion":"7.0"}"#),
            (
                200,
                r#"{"ModerationLabels":[{"Name":"Explicit","ParentName":"","Confidence":101}],"ModerationModelVersion":"7.0"}"#,
            ),
            (
                200,
                r#"{"ModerationLabels":[{"Name":"Explicit","ParentName":"","Confidence":"99"}],"ModerationModelVersion":"7.0"}"#,
            ),
        ] {
            assert!(answer(status, text).is_err(), "{status} {text}");
        }
    }

    #[test]
    fn a_question_is_signed_with_the_session_if_there_is_one() {
        let access = |session_token: Option<&str>| Access {
            key_id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: session_token.map(str::to_owned),
        };
        let now = Timestamp(1_440_938_160_000);
        let fields = |token| {
            signature("https://rekognition.eu-west-1.amazonaws.com/", "eu-west-1", &access(token), "{}", now).unwrap()
        };
        let value = |fields: &[(String, String)], name: &str| {
            fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
        };
        let signed = fields(None);
        assert_eq!(value(&signed, "x-amz-date").as_deref(), Some("20150830T123600Z"));
        let authorization = value(&signed, "authorization").unwrap();
        assert!(authorization.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/rekognition/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target"
        ), "{authorization}");
        assert!(value(&signed, "x-amz-security-token").is_none());
        assert_eq!(value(&fields(Some("token")), "x-amz-security-token").as_deref(), Some("token"));
    }
}
