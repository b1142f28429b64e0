//! A classifier outside, asked for a second opinion about images that a model has flagged (promise IMP-23). It sees a small
//! picture without metadata, for as long as the question takes; the file itself never leaves.

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::opinion::Opinion;

/// Why there is no opinion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outside classifier: {0}")]
pub struct OutsideFailure(pub String);

/// A service that labels pictures.
#[async_trait]
pub trait OutsideClassifier: Send + Sync {
    /// What it sees in a picture: a JPEG of a few tens of KB.
    async fn opinion(&self, jpeg: Bytes) -> Result<Opinion, OutsideFailure>;
}
