//! What the queue brings.

use super::purge_edge::purge;
use super::remove::{log_fault, resume};
use super::send_letter::send_letter;
use crate::app::App;
use crate::domain::ids::{ImageId, LetterId};
use crate::ports::queue::Message;

/// Works on messages that came together, and answers of each whether it is done; the others are to come again. What is to
/// be purged is purged together: the platform allows few calls, of many images each.
pub async fn work_off(app: &App, messages: &[Message]) -> Vec<bool> {
    let mut to_purge: Vec<ImageId> = messages.iter().filter_map(to_purge).cloned().collect();
    to_purge.sort_unstable();
    to_purge.dedup();
    let is_purged = match purge(app, &to_purge).await {
        Ok(()) => true,
        Err(fault) => {
            log_fault(app, &fault);
            false
        }
    };
    let mut done = Vec::new();
    for message in messages {
        done.push(match message {
            Message::FinishRemoval { id } => resume(app, id, app.now()).await.is_ok(),
            Message::PurgeEdge { .. } => is_purged,
            Message::SendLetter { id } => is_tried(app, id).await,
        });
    }
    done
}

/// Whether a letter's message has done its work: a letter that waits has another message by now.
async fn is_tried(app: &App, id: &LetterId) -> bool {
    let sending = send_letter(app, id, app.now()).await;
    if let Err(fault) = &sending {
        log_fault(app, fault);
    }
    sending.is_ok()
}

fn to_purge(message: &Message) -> Option<&ImageId> {
    match message {
        Message::PurgeEdge { id } => Some(id),
        Message::FinishRemoval { .. } | Message::SendLetter { .. } => None,
    }
}
