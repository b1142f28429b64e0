//! How many teams, members and invitations there may be.

use super::rates::RateLimit;
use crate::domain::time::{DAY_MS, HOUR_MS};

/// Most teams that one account owns: one for each of a studio's clients, and few enough to pass on or close by hand.
pub const OWNED_MAX: i64 = 20;

/// Most teams that one account is in, its own included: what a page lists, and what leaving all of them takes.
pub const JOINED_MAX: i64 = 100;

/// Most members of a team, open invitations included. The name of each is opened with a key of its own when they are
/// listed, so this also bounds what a page costs: it stays under the 50 calls of a Worker without a subscription.
pub const MEMBERS_MAX: i64 = 30;

/// Most invitations of a team that are open at a time.
pub const INVITATIONS_MAX: i64 = 20;

/// How long an invitation can be accepted, in milliseconds (product promise IMP-05): a week's leave may be over by then.
pub const INVITATION_MS: i64 = 7 * DAY_MS;

/// Letters of invitation that one account may have sent: a team at its full size in a day, and no more, so that nobody's
/// mailbox is filled through us.
pub const INVITATIONS_BY: [RateLimit; 1] = [RateLimit { name: "day", window_ms: DAY_MS, count_max: MEMBERS_MAX }];

/// Letters of invitation to one address, from whomever.
pub const INVITATIONS_TO: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 3 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 6 },
];

/// How long the row of a closed team stays at least, in milliseconds: longer than any request that began before, so that
/// what is still on its way into the team is found and taken out, too. An upload that broke off is swept after as long.
pub const CLOSED_KEPT_MS: i64 = 2 * HOUR_MS;

/// Images of closed teams taken out of public view in one run of the job, which comes every minute: with all else that is due
/// then, an invocation stays within what the database allows; 72,000 a day.
pub const CLOSED_IMAGES_MAX: i64 = 50;

/// Closed teams looked at in one run.
pub const CLOSED_TEAMS_MAX: i64 = 10;
