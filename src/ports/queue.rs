//! Work to be done soon, at least once.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{ImageId, LetterId};

/// A piece of work. Doing it twice must do no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// Move the bytes of an image in state `removing` to recovery.
    FinishRemoval {
        /// The image.
        id: ImageId,
    },
    /// Have the edge forget an image once more, when no copy of it can be on its way any more.
    PurgeEdge {
        /// The image.
        id: ImageId,
    },
    /// Send a letter that waits.
    SendLetter {
        /// The letter.
        id: LetterId,
    },
}

/// The queue did not take it. The row of the image or letter still says that something is to be done, and a cron job will find it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("queue: {0}")]
pub struct QueueFailure(pub String);

/// A queue with delayed delivery.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Asks for `message` to be worked on after `delay_s` seconds (at most 12 hours).
    async fn send(&self, message: &Message, delay_s: u32) -> Result<(), QueueFailure>;
}
