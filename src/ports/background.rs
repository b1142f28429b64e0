//! Work that goes on after the answer is sent, for as long as the platform lets it.

use std::pin::Pin;

/// Work that nobody waits for. It handles its own failures, and nothing may depend on its being done: the platform can
/// stop it at any point.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs what need not be waited for.
pub trait Background: Send + Sync {
    /// Runs `task`, now or later.
    fn run(&self, task: Task);
}
