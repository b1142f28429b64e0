//! Teams, for people.

use axum::routing::{get, post};

use super::Access::{Anyone, SignedIn};
use super::{Route, route};
use crate::http::pages::teams::{invitation, members, team};
use crate::http::pages::{export, teams};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/teams", SignedIn, "The teams of whoever is signed in", || get(teams::show)),
    route("POST", "/teams", SignedIn, "Make a team", || post(teams::create)),
    route("GET", "/teams/invitation", Anyone, "Ask whether to join a team", || get(invitation::show)),
    route("POST", "/teams/invitation", SignedIn, "Join it", || post(invitation::accept)),
    route("POST", "/teams/invitation/decline", Anyone, "Decline to", || post(invitation::decline)),
    route("GET", "/teams/{id}", SignedIn, "A team, for those in it", || get(team::show)),
    route("POST", "/teams/{id}/name", SignedIn, "Give a team another name", || post(team::rename)),
    route("POST", "/teams/{id}/invitations", SignedIn, "Invite somebody", || post(team::invite)),
    route("POST", "/teams/{id}/invitations/withdraw", SignedIn, "Withdraw an invitation", || {
        post(team::withdraw_invitation)
    }),
    route("POST", "/teams/{id}/members/role", SignedIn, "Make a member an editor or a viewer", || {
        post(members::set_role)
    }),
    route("POST", "/teams/{id}/members/remove", SignedIn, "Take a member out", || post(members::remove)),
    route("POST", "/teams/{id}/leave", SignedIn, "Leave a team", || post(members::leave)),
    route("POST", "/teams/{id}/transfer", SignedIn, "Pass a team on", || post(members::transfer)),
    route("GET", "/teams/{id}/export", SignedIn, "A copy of what is kept of a team, for its owner", || {
        get(export::team::show)
    }),
    route("POST", "/teams/{id}/export", SignedIn, "Have one made", || post(export::team::request)),
    route("POST", "/teams/{id}/export/delete", SignedIn, "Have it erased before its time", || post(export::team::end)),
    route("GET", "/teams/{id}/export/{export}/{number}", SignedIn, "A file of it", || get(export::team::download)),
    route("POST", "/teams/{id}/close", SignedIn, "Close a team", || post(members::close)),
];
