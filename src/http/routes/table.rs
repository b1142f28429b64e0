//! THE table.

use axum::routing::{MethodRouter, delete, get, options, patch, post};

use super::{Access, Route};
use crate::domain::api_key::Scope;
use crate::http::caching::Caching;
use crate::http::pages::account;
use crate::http::{Host, api, cross_origin, image_host, pages};

/// Every route.
pub static ROUTES: [Route; 115] = [
    route(Host::App, "GET", "/", Access::Anyone, Caching::NoStore, "The upload page", || get(pages::upload::show_form)),
    route(Host::App, "POST", "/", Access::Anyone, Caching::NoStore, "Upload images with a form", || {
        post(pages::upload::receive_form)
    }),
    route(Host::App, "GET", "/{id}", Access::Anyone, Caching::NoStore, "The page of an image", || {
        get(pages::viewer::get)
    }),
    route(Host::App, "GET", "/{id}/delete", Access::Anyone, Caching::NoStore, "Ask before deleting an image", || {
        get(pages::deletion::ask)
    }),
    route(
        Host::App,
        "POST",
        "/{id}/delete",
        Access::DeleteTokenHolder,
        Caching::NoStore,
        "Delete an image with a form",
        || post(pages::deletion::act),
    ),
    route(
        Host::App,
        "POST",
        "/{id}/privacy",
        Access::SignedIn,
        Caching::NoStore,
        "Make one's image private, or public",
        || post(pages::privacy_of_image::set),
    ),
    route(
        Host::App,
        "POST",
        "/{id}/link",
        Access::SignedIn,
        Caching::NoStore,
        "Make a link to one's private image",
        || post(pages::privacy_of_image::make_link),
    ),
    route(
        Host::App,
        "GET",
        "/gallery",
        Access::SignedIn,
        Caching::NoStore,
        "The images of whoever is signed in",
        || get(pages::gallery::show_all),
    ),
    route(
        Host::App,
        "POST",
        "/gallery/claim",
        Access::SignedIn,
        Caching::NoStore,
        "Take in an image of nobody",
        || post(pages::gallery::bulk::claim),
    ),
    route(Host::App, "POST", "/gallery/delete", Access::SignedIn, Caching::NoStore, "Delete several images", || {
        post(pages::gallery::bulk::delete)
    }),
    route(
        Host::App,
        "POST",
        "/gallery/move",
        Access::SignedIn,
        Caching::NoStore,
        "Put several images into a collection, or take them out",
        || post(pages::gallery::bulk::move_ticked),
    ),
    route(Host::App, "POST", "/gallery/collections", Access::SignedIn, Caching::NoStore, "Make a collection", || {
        post(pages::gallery::collections::create)
    }),
    route(
        Host::App,
        "POST",
        "/gallery/collections/rename",
        Access::SignedIn,
        Caching::NoStore,
        "Rename a collection",
        || post(pages::gallery::collections::rename),
    ),
    route(
        Host::App,
        "POST",
        "/gallery/collections/delete",
        Access::SignedIn,
        Caching::NoStore,
        "Delete a collection, and no image",
        || post(pages::gallery::collections::delete),
    ),
    route(
        Host::App,
        "GET",
        "/{id}/edit",
        Access::SignedIn,
        Caching::NoStore,
        "What is said about an image, to change",
        || get(pages::edit::ask),
    ),
    route(Host::App, "POST", "/{id}/edit", Access::SignedIn, Caching::NoStore, "Change it", || post(pages::edit::act)),
    route(Host::App, "GET", "/problems", Access::Anyone, Caching::Brief, "Every kind of problem", || {
        get(pages::problems::get_kinds)
    }),
    route(Host::App, "GET", "/problems/{slug}", Access::Anyone, Caching::Brief, "A kind of problem", || {
        get(pages::problems::get_kind)
    }),
    route(Host::App, "GET", "/sign-up", Access::Anyone, Caching::NoStore, "Ask for an account", || {
        get(account::sign_up::ask)
    }),
    route(Host::App, "POST", "/sign-up", Access::Anyone, Caching::NoStore, "Make an account", || {
        post(account::sign_up::act)
    }),
    route(Host::App, "GET", "/sign-in", Access::Anyone, Caching::NoStore, "Ask who signs in", || {
        get(account::sign_in::ask)
    }),
    route(Host::App, "POST", "/sign-in", Access::Anyone, Caching::NoStore, "Sign in", || post(account::sign_in::act)),
    route(Host::App, "GET", "/sign-in/factor", Access::Anyone, Caching::NoStore, "Ask for the second factor", || {
        get(account::sign_in_factor::ask)
    }),
    route(Host::App, "POST", "/sign-in/factor", Access::Waiting, Caching::NoStore, "Show it", || {
        post(account::sign_in_factor::act)
    }),
    route(
        Host::App,
        "POST",
        "/sign-in/factor/options",
        Access::Waiting,
        Caching::NoStore,
        "What to ask an authenticator for it",
        || post(account::sign_in_factor::factor_options),
    ),
    route(
        Host::App,
        "POST",
        "/sign-in/passkey/options",
        Access::Anyone,
        Caching::NoStore,
        "What to ask an authenticator",
        || post(account::sign_in_factor::passkey_options),
    ),
    route(Host::App, "POST", "/sign-in/passkey", Access::Anyone, Caching::NoStore, "Sign in with a passkey", || {
        post(account::sign_in_factor::act_passkey)
    }),
    route(Host::App, "POST", "/sign-out", Access::SignedIn, Caching::NoStore, "Sign out", || {
        post(account::sign_in::sign_out)
    }),
    route(Host::App, "GET", "/verify", Access::Anyone, Caching::NoStore, "Ask whether an address is one's own", || {
        get(account::verify::ask)
    }),
    route(Host::App, "POST", "/verify", Access::Anyone, Caching::NoStore, "Prove that it is", || {
        post(account::verify::act)
    }),
    route(Host::App, "POST", "/verify/again", Access::SignedIn, Caching::NoStore, "Have the letter sent again", || {
        post(account::profile::send_again)
    }),
    route(Host::App, "GET", "/reset", Access::Anyone, Caching::NoStore, "Ask for whom a new password is", || {
        get(account::password::ask)
    }),
    route(Host::App, "POST", "/reset", Access::Anyone, Caching::NoStore, "Have a link for it sent", || {
        post(account::password::act)
    }),
    route(Host::App, "GET", "/reset/password", Access::Anyone, Caching::NoStore, "Ask for a new password", || {
        get(account::password::ask_new)
    }),
    route(Host::App, "POST", "/reset/password", Access::Anyone, Caching::NoStore, "Set it", || {
        post(account::password::act_new)
    }),
    route(
        Host::App,
        "GET",
        "/settings",
        Access::SignedIn,
        Caching::NoStore,
        "What an account can see and change",
        || get(account::settings::show),
    ),
    route(
        Host::App,
        "POST",
        "/settings/profile",
        Access::SignedIn,
        Caching::NoStore,
        "Correct name and country",
        || post(account::profile::correct),
    ),
    route(Host::App, "POST", "/settings/email", Access::SignedIn, Caching::NoStore, "Ask for another address", || {
        post(account::profile::change_email)
    }),
    route(
        Host::App,
        "GET",
        "/settings/email/confirm",
        Access::Anyone,
        Caching::NoStore,
        "Ask whether the new address is to be used",
        || get(account::verify::ask_change),
    ),
    route(Host::App, "POST", "/settings/email/confirm", Access::Anyone, Caching::NoStore, "Use it", || {
        post(account::verify::act_change)
    }),
    route(
        Host::App,
        "GET",
        "/settings/email/undo",
        Access::Anyone,
        Caching::NoStore,
        "Ask whether a change of the address is taken back",
        || get(account::undo::ask),
    ),
    route(Host::App, "POST", "/settings/email/undo", Access::Anyone, Caching::NoStore, "Take it back", || {
        post(account::undo::act)
    }),
    route(
        Host::App,
        "GET",
        "/unsubscribe",
        Access::Anyone,
        Caching::NoStore,
        "Ask whether letters are to stop",
        || get(account::unsubscribe::ask),
    ),
    route(
        Host::App,
        "POST",
        "/unsubscribe",
        Access::Anyone,
        Caching::NoStore,
        "Stop letters about what is new",
        || post(account::unsubscribe::act),
    ),
    route(Host::App, "POST", "/settings/password", Access::SignedIn, Caching::NoStore, "Set another password", || {
        post(account::profile::change_password)
    }),
    route(
        Host::App,
        "POST",
        "/settings/consents",
        Access::SignedIn,
        Caching::NoStore,
        "Give or withdraw a consent",
        || post(account::consents::answer),
    ),
    route(Host::App, "POST", "/settings/sessions/end", Access::SignedIn, Caching::NoStore, "End a sign-in", || {
        post(account::sessions::end)
    }),
    route(
        Host::App,
        "POST",
        "/settings/sessions/end-all",
        Access::SignedIn,
        Caching::NoStore,
        "Sign out everywhere",
        || post(account::sessions::end_all),
    ),
    route(
        Host::App,
        "GET",
        "/settings/factors",
        Access::SignedIn,
        Caching::NoStore,
        "What an account signs in with",
        || get(account::factors::show),
    ),
    route(
        Host::App,
        "POST",
        "/settings/factors/totp",
        Access::SignedIn,
        Caching::NoStore,
        "Begin an authenticator app",
        || post(account::factors::begin_totp),
    ),
    route(
        Host::App,
        "POST",
        "/settings/factors/totp/confirm",
        Access::SignedIn,
        Caching::NoStore,
        "Confirm it",
        || post(account::factors::confirm_totp),
    ),
    route(
        Host::App,
        "POST",
        "/settings/factors/passkeys/options",
        Access::SignedIn,
        Caching::NoStore,
        "What to ask for a new passkey",
        || post(account::factors::passkey_options),
    ),
    route(Host::App, "POST", "/settings/factors/passkeys", Access::SignedIn, Caching::NoStore, "Add a passkey", || {
        post(account::factors::add_passkey)
    }),
    route(
        Host::App,
        "POST",
        "/settings/factors/remove",
        Access::SignedIn,
        Caching::NoStore,
        "Remove a passkey or an app",
        || post(account::factors::remove),
    ),
    route(
        Host::App,
        "POST",
        "/settings/factors/codes",
        Access::SignedIn,
        Caching::NoStore,
        "Make new recovery codes",
        || post(account::factors::renew_codes),
    ),
    route(
        Host::App,
        "GET",
        "/.well-known/gpc.json",
        Access::Anyone,
        Caching::Brief,
        "That Global Privacy Control is honoured",
        || get(pages::gpc::get),
    ),
    route(Host::App, "GET", "/privacy", Access::Anyone, Caching::Brief, "What is kept, and for how long", || {
        get(pages::privacy::get)
    }),
    route(Host::App, "GET", "/robots.txt", Access::Anyone, Caching::Brief, "What is asked of search engines", || {
        get(pages::robots::get)
    }),
    route(Host::App, "GET", "/favicon.svg", Access::Anyone, Caching::Brief, "The icon of browser tabs", || {
        get(pages::assets::get)
    }),
    route(Host::App, "GET", "/css/{file}", Access::Anyone, Caching::Brief, "The style sheet", || {
        get(pages::assets::get)
    }),
    route(Host::App, "GET", "/js/{file}", Access::Anyone, Caching::Brief, "Scripts", || get(pages::assets::get)),
    route(Host::App, "GET", "/oembed", Access::Anyone, Caching::NoStore, "oEmbed provider", || get(api::oembed::get)),
    route(
        Host::App,
        "GET",
        "/v1/images",
        Access::AccountOrCollection(Scope::Read),
        Caching::NoStore,
        "The images of an account",
        || get(api::image_list::list),
    ),
    route(Host::App, "POST", "/v1/images", Access::Anyone, Caching::NoStore, "Upload or import an image", || {
        post(api::images::create)
    }),
    route(
        Host::App,
        "OPTIONS",
        "/v1/images",
        Access::Anyone,
        Caching::NoStore,
        "Whether pages of other sites may upload",
        || options(cross_origin::allow_uploads),
    ),
    route(
        Host::App,
        "POST",
        "/v1/images/{id}/link",
        Access::AccountOrCollection(Scope::Read),
        Caching::NoStore,
        "Make a link to a private image",
        || post(api::links::post),
    ),
    route(
        Host::App,
        "GET",
        "/v1/tickets",
        Access::AccountOrCollection(Scope::Read),
        Caching::NoStore,
        "The account's upload tickets",
        || get(api::tickets::get),
    ),
    route(
        Host::App,
        "POST",
        "/v1/tickets",
        Access::AccountOrCollection(Scope::Write),
        Caching::NoStore,
        "Make an upload ticket",
        || post(api::tickets::post),
    ),
    route(
        Host::App,
        "DELETE",
        "/v1/tickets/{id}",
        Access::AccountOrCollection(Scope::Write),
        Caching::NoStore,
        "Revoke an upload ticket",
        || delete(api::tickets::delete),
    ),
    route(
        Host::App,
        "GET",
        "/v1/usage",
        Access::Account(Scope::Read),
        Caching::NoStore,
        "What an account stores, and may",
        || get(api::images::usage),
    ),
    route(Host::App, "GET", "/v1/images/{id}", Access::Anyone, Caching::NoStore, "Facts about an image", || {
        get(api::images::get)
    }),
    route(
        Host::App,
        "DELETE",
        "/v1/images/{id}",
        Access::DeleteTokenHolder,
        Caching::NoStore,
        "Delete an image",
        || delete(api::images::delete),
    ),
    route(
        Host::App,
        "PATCH",
        "/v1/images/{id}",
        Access::AccountOrCollection(Scope::Write),
        Caching::NoStore,
        "Change what is said about an image, and its collection",
        || patch(api::image_edits::patch),
    ),
    route(
        Host::App,
        "POST",
        "/v1/images/move",
        Access::Account(Scope::Write),
        Caching::NoStore,
        "Put images into a collection, or take them out",
        || post(api::image_edits::move_many),
    ),
    route(
        Host::App,
        "DELETE",
        "/v1/images/batch",
        Access::AccountOrCollection(Scope::Delete),
        Caching::NoStore,
        "Delete several images",
        || delete(api::image_edits::delete_many),
    ),
    route(
        Host::App,
        "GET",
        "/v1/collections",
        Access::Account(Scope::Read),
        Caching::NoStore,
        "The collections of an account",
        || get(api::collections::list),
    ),
    route(
        Host::App,
        "POST",
        "/v1/collections",
        Access::Account(Scope::Write),
        Caching::NoStore,
        "Make a collection",
        || post(api::collections::create),
    ),
    route(
        Host::App,
        "GET",
        "/v1/collections/{id}",
        Access::Account(Scope::Read),
        Caching::NoStore,
        "A collection",
        || get(api::collections::get),
    ),
    route(
        Host::App,
        "PATCH",
        "/v1/collections/{id}",
        Access::Account(Scope::Write),
        Caching::NoStore,
        "Rename a collection",
        || patch(api::collections::patch),
    ),
    route(
        Host::App,
        "DELETE",
        "/v1/collections/{id}",
        Access::Account(Scope::Write),
        Caching::NoStore,
        "Delete a collection, and no image",
        || delete(api::collections::delete),
    ),
    route(
        Host::App,
        "GET",
        "/v1/keys",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "The account's API keys",
        || get(api::keys::get),
    ),
    route(Host::App, "POST", "/v1/keys", Access::Account(Scope::Admin), Caching::NoStore, "Make an API key", || {
        post(api::keys::post)
    }),
    route(
        Host::App,
        "DELETE",
        "/v1/keys/{id}",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Revoke an API key",
        || delete(api::keys::delete),
    ),
    route(Host::App, "GET", "/settings/keys", Access::SignedIn, Caching::NoStore, "The account's API keys", || {
        get(account::keys::show)
    }),
    route(Host::App, "POST", "/settings/keys", Access::SignedIn, Caching::NoStore, "Make an API key", || {
        post(account::keys::create)
    }),
    route(Host::App, "POST", "/settings/keys/revoke", Access::SignedIn, Caching::NoStore, "Revoke an API key", || {
        post(account::keys::revoke)
    }),
    route(Host::App, "GET", "/settings/tickets", Access::SignedIn, Caching::NoStore, "Upload tickets", || {
        get(account::tickets::show)
    }),
    route(Host::App, "POST", "/settings/tickets", Access::SignedIn, Caching::NoStore, "Make an upload ticket", || {
        post(account::tickets::create)
    }),
    route(
        Host::App,
        "POST",
        "/settings/tickets/revoke",
        Access::SignedIn,
        Caching::NoStore,
        "Revoke an upload ticket",
        || post(account::tickets::revoke),
    ),
    route(Host::App, "GET", "/teams", Access::SignedIn, Caching::NoStore, "The teams of whoever is signed in", || {
        get(pages::teams::show)
    }),
    route(Host::App, "POST", "/teams", Access::SignedIn, Caching::NoStore, "Make a team", || {
        post(pages::teams::create)
    }),
    route(
        Host::App,
        "GET",
        "/teams/invitation",
        Access::Anyone,
        Caching::NoStore,
        "Ask whether to join a team",
        || get(pages::teams::invitation::show),
    ),
    route(Host::App, "POST", "/teams/invitation", Access::SignedIn, Caching::NoStore, "Join it", || {
        post(pages::teams::invitation::accept)
    }),
    route(Host::App, "POST", "/teams/invitation/decline", Access::Anyone, Caching::NoStore, "Decline to", || {
        post(pages::teams::invitation::decline)
    }),
    route(Host::App, "GET", "/teams/{id}", Access::SignedIn, Caching::NoStore, "A team, for those in it", || {
        get(pages::teams::team::show)
    }),
    route(
        Host::App,
        "POST",
        "/teams/{id}/name",
        Access::SignedIn,
        Caching::NoStore,
        "Give a team another name",
        || post(pages::teams::team::rename),
    ),
    route(Host::App, "POST", "/teams/{id}/invitations", Access::SignedIn, Caching::NoStore, "Invite somebody", || {
        post(pages::teams::team::invite)
    }),
    route(
        Host::App,
        "POST",
        "/teams/{id}/invitations/withdraw",
        Access::SignedIn,
        Caching::NoStore,
        "Withdraw an invitation",
        || post(pages::teams::team::withdraw_invitation),
    ),
    route(
        Host::App,
        "POST",
        "/teams/{id}/members/role",
        Access::SignedIn,
        Caching::NoStore,
        "Make a member an editor or a viewer",
        || post(pages::teams::members::set_role),
    ),
    route(
        Host::App,
        "POST",
        "/teams/{id}/members/remove",
        Access::SignedIn,
        Caching::NoStore,
        "Take a member out",
        || post(pages::teams::members::remove),
    ),
    route(Host::App, "POST", "/teams/{id}/leave", Access::SignedIn, Caching::NoStore, "Leave a team", || {
        post(pages::teams::members::leave)
    }),
    route(Host::App, "POST", "/teams/{id}/transfer", Access::SignedIn, Caching::NoStore, "Pass a team on", || {
        post(pages::teams::members::transfer)
    }),
    route(Host::App, "POST", "/teams/{id}/close", Access::SignedIn, Caching::NoStore, "Close a team", || {
        post(pages::teams::members::close)
    }),
    route(
        Host::App,
        "GET",
        "/v1/teams",
        Access::Account(Scope::Read),
        Caching::NoStore,
        "The teams that an account is in",
        || get(api::teams::list),
    ),
    route(Host::App, "POST", "/v1/teams", Access::Account(Scope::Admin), Caching::NoStore, "Make a team", || {
        post(api::teams::create)
    }),
    route(Host::App, "GET", "/v1/teams/{id}", Access::Account(Scope::Read), Caching::NoStore, "A team", || {
        get(api::teams::get)
    }),
    route(
        Host::App,
        "PATCH",
        "/v1/teams/{id}",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Give a team another name",
        || patch(api::teams::patch),
    ),
    route(
        Host::App,
        "DELETE",
        "/v1/teams/{id}",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Close a team",
        || delete(api::teams::delete),
    ),
    route(
        Host::App,
        "GET",
        "/v1/teams/{id}/members",
        Access::Account(Scope::Read),
        Caching::NoStore,
        "Who is in a team",
        || get(api::team_members::list),
    ),
    route(
        Host::App,
        "PATCH",
        "/v1/teams/{id}/members/{account}",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Give a member another role, or the team",
        || patch(api::team_members::patch),
    ),
    route(
        Host::App,
        "DELETE",
        "/v1/teams/{id}/members/{account}",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Take a member out, or leave",
        || delete(api::team_members::delete),
    ),
    route(
        Host::App,
        "GET",
        "/v1/teams/{id}/invitations",
        Access::Account(Scope::Read),
        Caching::NoStore,
        "Who is invited into a team",
        || get(api::team_invitations::list),
    ),
    route(
        Host::App,
        "POST",
        "/v1/teams/{id}/invitations",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Invite somebody",
        || post(api::team_invitations::create),
    ),
    route(
        Host::App,
        "DELETE",
        "/v1/teams/{id}/invitations/{invitation}",
        Access::Account(Scope::Admin),
        Caching::NoStore,
        "Withdraw an invitation",
        || delete(api::team_invitations::delete),
    ),
    route(Host::Images, "GET", "/{file}", Access::Anyone, Caching::UntilExpiry, "An image", || {
        get(image_host::get_image)
    }),
];

const fn route(
    host: Host,
    method: &'static str,
    path: &'static str,
    access: Access,
    caching: Caching,
    summary: &'static str,
    handler: fn() -> MethodRouter,
) -> Route {
    Route { host, method, path, access, caching, summary, handler }
}
