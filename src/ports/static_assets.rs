//! The product's own style sheet, scripts and pictures.

use async_trait::async_trait;

use super::payload::Payload;

/// Files that ship with the product.
#[async_trait]
pub trait StaticAssets: Send + Sync {
    /// The file at `path` (`/css/app.css`); `None` if there is none.
    async fn open(&self, path: &str) -> Result<Option<Payload>, AssetFailure>;
}

/// The platform could not look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("static assets: {0}")]
pub struct AssetFailure(pub String);
