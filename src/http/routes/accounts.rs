//! Accounts: signing up and in, addresses, settings.

use axum::routing::{get, post};

use super::Access::{Anyone, SignedIn, Waiting};
use super::{Route, route};
use crate::http::pages::account::{
    consents, erasure, factors, key_requests, keys, password, policy, profile, restriction, sessions, settings,
    sign_in, sign_in_factor, sign_up, tickets, undo, unsubscribe, verify,
};
use crate::http::pages::{export, statement};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/sign-up", Anyone, "Ask for an account", || get(sign_up::ask)),
    route("POST", "/sign-up", Anyone, "Make an account", || post(sign_up::act)),
    route("GET", "/sign-in", Anyone, "Ask who signs in", || get(sign_in::ask)),
    route("POST", "/sign-in", Anyone, "Sign in", || post(sign_in::act)),
    route("GET", "/sign-in/factor", Anyone, "Ask for the second factor", || get(sign_in_factor::ask)),
    route("POST", "/sign-in/factor", Waiting, "Show it", || post(sign_in_factor::act)),
    route("POST", "/sign-in/factor/options", Waiting, "What to ask an authenticator for it", || {
        post(sign_in_factor::factor_options)
    }),
    route("POST", "/sign-in/passkey/options", Anyone, "What to ask an authenticator", || {
        post(sign_in_factor::passkey_options)
    }),
    route("POST", "/sign-in/passkey", Anyone, "Sign in with a passkey", || post(sign_in_factor::act_passkey)),
    route("POST", "/sign-out", SignedIn, "Sign out", || post(sign_in::sign_out)),
    route("GET", "/verify", Anyone, "Ask whether an address is one's own", || get(verify::ask)),
    route("POST", "/verify", Anyone, "Prove that it is", || post(verify::act)),
    route("POST", "/verify/again", SignedIn, "Have the letter sent again", || post(profile::send_again)),
    route("GET", "/reset", Anyone, "Ask for whom a new password is", || get(password::ask)),
    route("POST", "/reset", Anyone, "Have a link for it sent", || post(password::act)),
    route("GET", "/reset/password", Anyone, "Ask for a new password", || get(password::ask_new)),
    route("POST", "/reset/password", Anyone, "Set it", || post(password::act_new)),
    route("GET", "/settings", SignedIn, "What an account can see and change", || get(settings::show)),
    route("POST", "/settings/profile", SignedIn, "Correct name and country", || post(profile::correct)),
    route("POST", "/settings/email", SignedIn, "Ask for another address", || post(profile::change_email)),
    route("GET", "/settings/email/confirm", Anyone, "Ask whether the new address is to be used", || {
        get(verify::ask_change)
    }),
    route("POST", "/settings/email/confirm", Anyone, "Use it", || post(verify::act_change)),
    route("GET", "/settings/email/undo", Anyone, "Ask whether a change of the address is taken back", || {
        get(undo::ask)
    }),
    route("POST", "/settings/email/undo", Anyone, "Take it back", || post(undo::act)),
    route("GET", "/unsubscribe", Anyone, "Ask whether letters are to stop", || get(unsubscribe::ask)),
    route("POST", "/unsubscribe", Anyone, "Stop letters about what is new", || post(unsubscribe::act)),
    route("POST", "/settings/password", SignedIn, "Set another password", || post(profile::change_password)),
    route("POST", "/settings/consents", SignedIn, "Give or withdraw a consent", || post(consents::answer)),
    route("GET", "/settings/statement", SignedIn, "Why an account is suspended", || get(statement::show_own)),
    route("POST", "/settings/statement", SignedIn, "Appeal against that", || post(statement::act_own)),
    route("POST", "/settings/restriction", SignedIn, "Pause what nobody asked for, or go on", || {
        post(restriction::set)
    }),
    route("POST", "/settings/sessions/end", SignedIn, "End a sign-in", || post(sessions::end)),
    route("POST", "/settings/sessions/end-all", SignedIn, "Sign out everywhere", || post(sessions::end_all)),
    route("GET", "/settings/factors", SignedIn, "What an account signs in with", || get(factors::show)),
    route("POST", "/settings/factors/totp", SignedIn, "Begin an authenticator app", || post(factors::begin_totp)),
    route("POST", "/settings/factors/totp/confirm", SignedIn, "Confirm it", || post(factors::confirm_totp)),
    route("POST", "/settings/factors/passkeys/options", SignedIn, "What to ask for a new passkey", || {
        post(factors::passkey_options)
    }),
    route("POST", "/settings/factors/passkeys", SignedIn, "Add a passkey", || post(factors::add_passkey)),
    route("POST", "/settings/factors/remove", SignedIn, "Remove a passkey or an app", || post(factors::remove)),
    route("POST", "/settings/factors/codes", SignedIn, "Make new recovery codes", || post(factors::renew_codes)),
    route("GET", "/settings/keys", SignedIn, "The account's API keys", || get(keys::show)),
    route("POST", "/settings/keys", SignedIn, "Make an API key", || post(keys::create)),
    route("POST", "/settings/keys/revoke", SignedIn, "Revoke an API key", || post(keys::revoke)),
    route("GET", "/settings/keys/{id}/requests", SignedIn, "What was asked with an API key", || {
        get(key_requests::show)
    }),
    route("GET", "/settings/tickets", SignedIn, "Upload tickets", || get(tickets::show)),
    route("POST", "/settings/tickets", SignedIn, "Make an upload ticket", || post(tickets::create)),
    route("POST", "/settings/tickets/revoke", SignedIn, "Revoke an upload ticket", || post(tickets::revoke)),
    route("POST", "/settings/policy/seen", SignedIn, "Say that one knows how the policy changes", || {
        post(policy::seen)
    }),
    route("GET", "/settings/export", SignedIn, "A copy of what is kept of an account", || get(export::account::show)),
    route("POST", "/settings/export", SignedIn, "Have one made", || post(export::account::request)),
    route("POST", "/settings/export/delete", SignedIn, "Have it erased before its time", || post(export::account::end)),
    route("GET", "/settings/export/{id}/{number}", SignedIn, "A file of it", || get(export::account::download)),
    route("GET", "/settings/delete", SignedIn, "Ask before an account is deleted", || get(erasure::ask)),
    route("POST", "/settings/delete", SignedIn, "Have it deleted", || post(erasure::act)),
    route("GET", "/settings/delete/undo", Anyone, "Ask whether it is to stay", || get(erasure::ask_undo)),
    route("POST", "/settings/delete/undo", Anyone, "Keep it", || post(erasure::act_undo)),
    route("GET", "/erasures/{id}", Anyone, "The receipt of an erasure", || get(erasure::receipt)),
];
