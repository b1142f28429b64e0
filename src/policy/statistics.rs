//! What is counted of all uploads together, and for how long (promises MSF-08, BGR-03).

use crate::domain::format::Format;
use crate::domain::image::RemovalReason;
use crate::domain::retention::Surface;
use crate::domain::time::DAY_MS;
use crate::domain::verdict::Verdict;

/// Of fewer than so many nothing is told, not even that there were none. The US public health statistics do the same with what is not
/// of the whole country (CDC WONDER, "Assurance of Confidentiality": counts of zero to nine are suppressed); statistical offices are
/// commonly content with three to five.
pub const TOLD_FROM: i64 = 10;

/// How long a day is kept, from when it began, in milliseconds: the job that forgets it has a night, and twelve months have not passed
/// since the day ended (promise MSF-08).
pub const STATISTICS_MS: i64 = 364 * DAY_MS;

/// How old a day may be and still be counted, in milliseconds: of each of its images there is a row for 90 days at least.
pub const COUNTED_WITHIN_MS: i64 = 89 * DAY_MS;

/// Days counted in one run: each takes two queries for each hour, so that one does not keep the database busy, and a run stays far
/// within the platform's thousand.
pub const DAYS_MAX: usize = 5;

/// Rows forgotten in one run: a day has about fifty at most.
pub const FORGOTTEN_MAX: i64 = 10_000;

/// How many days the public page tells one by one.
pub const DAYS_TOLD: i64 = 31;

/// The ways in of which uploads are expected.
pub const SURFACES: [Surface; 3] = [Surface::Web, Surface::Api, Surface::Import];
/// The verdicts that are expected.
pub const VERDICTS: [Verdict; 4] = [Verdict::Safe, Verdict::Flagged, Verdict::Restricted, Verdict::Prohibited];
/// Why images leave public view, as far as it is counted. What never was public is counted by its verdict, and nothing is counted in both.
pub const REASONS: [RemovalReason; 4] =
    [RemovalReason::Expired, RemovalReason::Deleted, RemovalReason::Removed, RemovalReason::Lost];

/// How many kinds of uploads there can be, and no fewer: more are possible, of which none is expected.
pub const KINDS_OF_UPLOADS: usize = SURFACES.len() * Format::ALL.len() * VERDICTS.len();
/// How many kinds of removals there can be.
pub const KINDS_OF_REMOVALS: usize = REASONS.len();
