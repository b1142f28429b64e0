//! The only way out to the network: fetching an image that a caller named by URL.

use std::net::IpAddr;

use async_trait::async_trait;
use url::Url;

use super::payload::Payload;

/// One answer from outside; redirects are answers, not followed.
#[derive(Debug)]
pub struct OutboundAnswer {
    /// HTTP status.
    pub status: u16,
    /// The `Location` field, if any.
    pub location: Option<String>,
    /// The body.
    pub body: Payload,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundFailure {
    /// The name does not resolve, or the other side does not answer.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// It took longer than allowed.
    #[error("timed out")]
    TimedOut,
}

/// Access to the public network.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Every address a host name stands for.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, OutboundFailure>;
    /// One GET, without cookies, credentials or referrer, aborted after `timeout_ms`.
    async fn get(&self, url: &Url, timeout_ms: u32) -> Result<OutboundAnswer, OutboundFailure>;
}
