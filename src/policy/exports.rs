//! Copies of everything that is kept of an account, for its owner (promise IMP-50).

use crate::domain::time::{DAY_MS, MINUTE_MS};

/// How long a copy can be downloaded, in milliseconds: long enough for a slow line and a week away. What it is of has other places to
/// rest; a second copy of a life is not left lying about.
pub const KEPT_MS: i64 = 7 * DAY_MS;

/// Bytes of images in one file: what a run of the job copies within its time and the platform's 30 seconds of processing, and
/// a browser downloads in one piece.
pub const FILE_BYTES_MAX: u64 = 500_000_000;

/// Images in one file: each costs a call of the storage or two, and its description rests in memory until the file ends.
pub const FILE_IMAGES_MAX: usize = 1_000;

/// Files made in one run at most, and bytes of them after which no other is begun: with the largest file after that, a run stays
/// within its time.
pub const FILES_MAX: usize = 10;
/// See [`FILES_MAX`].
pub const RUN_BYTES_ENOUGH: u64 = 50_000_000;

/// Images that are asked for at once.
pub const PAGE: i64 = 100;

/// Bytes of a part as it is sent to the storage. This and [`READ_BYTES`] bound the memory that a copy takes, however large
/// it is.
pub const PART_BYTES: usize = 8 * 1_024 * 1_024;

/// Bytes of an image that are read at once.
pub const READ_BYTES: u64 = 4 * 1_024 * 1_024;

/// How often a file is tried before the copy is given up. Each time it may hold half as much as before, for whatever made it too
/// much.
pub const ATTEMPTS_MAX: u32 = 6;

/// After how long a file is tried again, in milliseconds: longer than a run takes.
pub const RETRY_MS: i64 = 15 * MINUTE_MS;

/// Letters of ours that are listed in a copy.
pub const LETTERS_MAX: i64 = 1_000;

/// Requests to the API that are listed in a copy: some megabytes of them.
pub const REQUESTS_MAX: i64 = 10_000;

/// Copies that have ended, erased in one run.
pub const FORGOTTEN_MAX: i64 = 100;
