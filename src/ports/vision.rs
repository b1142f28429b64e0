//! The other Worker: it decodes what strangers send, and holds nothing that could be lost or reached.

use async_trait::async_trait;
use bytes::Bytes;

use super::payload::Payload;
use crate::domain::facts::{ImageFacts, Rejection};
use crate::domain::known_bad::{ImageHashes, Likeness};
use crate::domain::transform::{VariantFacts, VariantName};
use crate::domain::verdict::{Assessment, UnscannedReason};
use crate::policy::limits::ImageLimits;

/// What vision makes of an acceptable image.
#[derive(Debug)]
pub struct Examined {
    /// What it is.
    pub facts: ImageFacts,
    /// SHA-256 of the bytes as they came, lowercase hexadecimal.
    pub received_sha256: String,
    /// SHA-256 of `bytes`, lowercase hexadecimal.
    pub stored_sha256: String,
    /// What it looks like, to be compared with what is known.
    pub pdq: Vec<Likeness>,
    /// The image without the metadata that nobody needs to know.
    pub bytes: Payload,
    /// What the classifier says; the input of [`crate::policy::verdicts::verdict`].
    pub assessment: Assessment,
}

impl Examined {
    /// By what the image can be recognised.
    #[must_use]
    pub fn hashes(&self) -> ImageHashes {
        ImageHashes {
            received_sha256: self.received_sha256.clone(),
            stored_sha256: self.stored_sha256.clone(),
            pdq: self.pdq.clone(),
        }
    }
}

/// What vision makes of an image by a transform.
#[derive(Debug)]
pub struct Variant {
    /// What it is.
    pub facts: VariantFacts,
    /// SHA-256 of `bytes`, lowercase hexadecimal.
    pub sha256: String,
    /// The file.
    pub bytes: Payload,
}

/// Why there is no answer about an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisionFailure {
    /// The image is not acceptable, and why.
    #[error("rejected: {0:?}")]
    Rejected(Rejection),
    /// The sender stopped before the end of the file.
    #[error("the file broke off")]
    Interrupted,
    /// Too much at once; come back after this many seconds.
    #[error("busy for {retry_after_s} s")]
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// It died, or did not answer in time.
    #[error("vision: {0}")]
    Unavailable(String),
}

/// Examination of images.
#[async_trait]
pub trait Vision: Send + Sync {
    /// Whether it is there and has room, asked before an image is sent: the bytes of a request can be sent once, and
    /// what vision does not take can then still be held.
    async fn readiness(&self) -> Result<(), UnscannedReason>;

    /// A small JPEG of a frame of an image that was examined before, for somebody who may see no more of it.
    async fn rendition(&self, image: Payload, frame: u32, limits: &ImageLimits) -> Result<Bytes, VisionFailure>;

    /// Makes a variant of an image that was examined before. Requests for the same `variant` that come together are
    /// answered by making it once.
    async fn transform(
        &self,
        image: Payload,
        variant: &VariantName,
        limits: &ImageLimits,
    ) -> Result<Variant, VisionFailure>;

    /// Checks an image against `limits` and strips its metadata.
    async fn examine(&self, image: Payload, limits: &ImageLimits) -> Result<Examined, VisionFailure>;
}
