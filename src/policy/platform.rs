//! What the platform allows one invocation, on a paid plan (Cloudflare: Workers limits, D1 limits, 2026). Jobs that go on as long
//! as there is something to do stop before these.

use crate::domain::time::{MINUTE_MS, SECOND_MS};

/// Queries to D1; a batch of three counts three.
pub const QUERIES_MAX: usize = 1_000;

/// Calls of anything outside: each of D1's batches, of R2's operations, and so on.
pub const SUBREQUESTS_MAX: usize = 10_000;

/// Calls that may wait for an answer at the same time.
pub const CALLS_AT_ONCE_MAX: usize = 6;

/// Queries that jobs which go on and on leave to the other jobs of their invocation: more than those take together at the most
/// (`tests/core/jobs_limits.rs` has them all work at once).
pub const QUERIES_LEFT: usize = 600;

/// The same for calls.
pub const SUBREQUESTS_LEFT: usize = 2_000;

/// How long one job goes on and on, in milliseconds: it ends before its lease does, and before its next run begins.
pub const WORK_MS: i64 = 45 * SECOND_MS;

/// How long a run of a job of every minute, or of every other minute, keeps others out if it dies, in milliseconds: longer than
/// it works. Where one takes longer after all, another begins beside it, which does no harm.
pub const LEASE_MS: i64 = 2 * MINUTE_MS;

/// The same of a job that runs more rarely, and takes longer.
pub const LONG_LEASE_MS: i64 = 5 * MINUTE_MS;

/// By how much a machine's clock may be wrong, in milliseconds, before something that can be taken back is lost. What has a date is
/// never taken away before it by the clock of who takes it away (docs/adr/0034).
pub const CLOCK_WRONG_BY_MS: i64 = 10 * MINUTE_MS;

const _: () = assert!(WORK_MS * 2 < LEASE_MS);
