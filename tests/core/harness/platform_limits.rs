//! What the platform allows one invocation: one request, one trigger with all its jobs, one batch of messages. The local runtime
//! enforces none of it, so that the harness does, always: what is over a limit fails, as it would in production.

use std::cell::Cell;

/// D1: at most this many bound parameters in a statement.
pub const PARAMS_MAX: usize = 100;
/// D1: longest statement, in bytes.
pub const SQL_BYTES_MAX: usize = 100_000;
/// D1: longest text that is bound, in bytes.
pub const TEXT_BYTES_MAX: usize = 2_000_000;
/// D1 binds numbers as 64-bit floats.
pub const INTEGER_MAX: i64 = 1 << 53;
/// R2: names in one deletion, or on one page of a list.
pub const KEYS_MAX: usize = 1_000;

/// What one invocation may ask, on a paid plan.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Statements sent to D1; a batch of three counts three.
    pub queries: usize,
    /// Calls of anything outside.
    pub subrequests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { queries: 1_000, subrequests: 10_000 }
    }
}

#[derive(Default)]
struct Invocation {
    queries: Cell<usize>,
    subrequests: Cell<usize>,
    /// By how much the clock of its machine is ahead.
    skew_ms: i64,
}

tokio::task_local! {
    static INVOCATION: Invocation;
}

/// Runs work as one invocation. Several may run side by side; each is counted for itself.
pub async fn invocation<T>(work: impl Future<Output = T>) -> T {
    on_machine(0, work).await
}

/// The same on a machine whose clock is ahead by so much.
pub async fn on_machine<T>(skew_ms: i64, work: impl Future<Output = T>) -> T {
    INVOCATION.scope(Invocation { skew_ms, ..Invocation::default() }, work).await
}

/// By how much the clock is ahead of the machine that this happens on.
pub fn skew_ms() -> i64 {
    INVOCATION.try_with(|invocation| invocation.skew_ms).unwrap_or_default()
}

/// Counts what a call costs. Answers which limit it is over, if the invocation that it belongs to is over one. What a test does by
/// itself belongs to none.
pub fn over_limit(queries: usize, subrequests: usize, limits: Limits) -> Option<&'static str> {
    let spend = |invocation: &Invocation| {
        invocation.queries.set(invocation.queries.get() + queries);
        invocation.subrequests.set(invocation.subrequests.get() + subrequests);
        match () {
            () if invocation.queries.get() > limits.queries => Some("too many queries in one invocation"),
            () if invocation.subrequests.get() > limits.subrequests => Some("too many subrequests in one invocation"),
            () => None,
        }
    };
    INVOCATION.try_with(spend).unwrap_or_default()
}
