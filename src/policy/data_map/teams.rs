//! What is kept of teams: accounts without a person.

use super::{BY_FORGETTING, DataRow, NOT_PERSONAL, row};

const TEAM_LIFE: &str = "until its owner closes it; then until what it has is out of public view, two hours at least";
const ON_TEAM: &str = "on the page of the team";
const BY_CLOSING: &str = "row deleted (close_teams)";
const MEMBER_LIFE: &str = "until the member leaves or is taken out, the team is closed, or the account erased";
const BY_LEAVING: &str = "row deleted at once";
const INVITATION_LIFE: &str = "until it is answered, withdrawn or replaced, 7 days at most; at most a quarter of an hour longer; not after the team is closed";
const A_SECRET: &str = "none: a secret's hash";

/// The rows of teams.
pub(super) const ROWS: &[DataRow] = &[
    row("teams.id", "the team's random name, as an account's", "account", TEAM_LIFE, ON_TEAM, BY_CLOSING),
    row("teams.name", "what its members call it", "account", TEAM_LIFE, ON_TEAM, BY_CLOSING),
    row("teams.created_at", "when it was made", "account", TEAM_LIFE, ON_TEAM, BY_CLOSING),
    row("teams.closed_at", "since when it is closed", "account", TEAM_LIFE, NOT_PERSONAL, BY_CLOSING),
    row("team_members.team_id", "in which team somebody is", "account", MEMBER_LIFE, ON_TEAM, BY_LEAVING),
    row("team_members.account_id", "who", "account", MEMBER_LIFE, ON_TEAM, BY_LEAVING),
    row("team_members.role", "owner, editor or viewer", "account", MEMBER_LIFE, ON_TEAM, BY_LEAVING),
    row("team_members.joined_at", "since when", "account", MEMBER_LIFE, ON_TEAM, BY_LEAVING),
    row("team_invitations.id", "its random name", "account", INVITATION_LIFE, ON_TEAM, BY_FORGETTING),
    row("team_invitations.team_id", "into which team", "account", INVITATION_LIFE, ON_TEAM, BY_FORGETTING),
    row("team_invitations.invited_by", "who invites", "account", INVITATION_LIFE, "in the letter", BY_FORGETTING),
    row("team_invitations.role", "as what", "account", INVITATION_LIFE, ON_TEAM, BY_FORGETTING),
    row(
        "team_invitations.email",
        "the address of who is invited, sealed under the key of who invites",
        "account",
        INVITATION_LIFE,
        "in the letter; to who invites, on the page of the team",
        "row deleted (forget_ephemeral); unreadable once the key of who invites is destroyed",
    ),
    row(
        "team_invitations.email_lookup",
        "keyed hash of that address, another than an account's",
        "account",
        INVITATION_LIFE,
        A_SECRET,
        BY_FORGETTING,
    ),
    row(
        "team_invitations.token_hash",
        "hash of what is in the letter",
        "account",
        INVITATION_LIFE,
        A_SECRET,
        BY_FORGETTING,
    ),
    row("team_invitations.created_at", "when it was sent", "account", INVITATION_LIFE, ON_TEAM, BY_FORGETTING),
    row(
        "team_invitations.expires_at",
        "until when it can be accepted",
        "account",
        INVITATION_LIFE,
        ON_TEAM,
        BY_FORGETTING,
    ),
];
