//! What the two Workers say to each other. Facts travel in a header field, so that the bytes can be the
//! body and pass through without being read.

use serde::{Deserialize, Serialize};

use crate::domain::facts::{ImageFacts, Rejection};
use crate::domain::known_bad::Likeness;
use crate::domain::transform::VariantFacts;
use crate::domain::verdict::Assessment;

/// Where vision listens. The host is never looked up: the request goes over a service binding.
pub const EXAMINE_URL: &str = "https://vision.internal/examine";
/// Where vision says whether it has room: 204 or 503.
pub const READINESS_URL: &str = "https://vision.internal/readiness";
/// Where vision draws a small JPEG of a frame; its number is the query.
pub const RENDITION_URL: &str = "https://vision.internal/rendition";
/// Where vision makes a variant.
pub const TRANSFORM_URL: &str = "https://vision.internal/transform";
/// Request field: the `VariantName` of what is to be made, as JSON.
pub const VARIANT_FIELD: &str = "x-vision-variant";
/// Request field: the limits to apply, as JSON.
pub const LIMITS_FIELD: &str = "x-vision-limits";
/// Request field: the body's length in bytes, where it is known.
pub const LENGTH_FIELD: &str = "x-vision-length";
/// Answer field: [`Findings`] or [`MadeVariant`], as JSON.
pub const FINDINGS_FIELD: &str = "x-vision-findings";

/// What vision found out; the stripped image is the answer's body.
#[derive(Debug, Serialize, Deserialize)]
pub struct Findings {
    /// What the image is.
    pub facts: ImageFacts,
    /// SHA-256 of the request's body, hexadecimal.
    pub received_sha256: String,
    /// SHA-256 of the answer's body, hexadecimal.
    pub stored_sha256: String,
    /// What the image looks like: at most 16 hashes, so that the field stays under 2 KB.
    pub pdq: Vec<Likeness>,
    /// What the classifier says.
    pub assessment: Assessment,
}

/// What a transform has come to; the file is the answer's body.
#[derive(Debug, Serialize, Deserialize)]
pub struct MadeVariant {
    /// What it is.
    pub facts: VariantFacts,
    /// SHA-256 of the answer's body, hexadecimal.
    pub sha256: String,
}

/// Why there are no findings, or no variant: the body of an answer that is not 200.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Refusal {
    /// The image is not acceptable.
    Rejected {
        /// Why.
        rejection: Rejection,
    },
    /// The sender stopped before the end of the file.
    Interrupted,
    /// Too much at once.
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
}
