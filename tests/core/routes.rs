//! The access test: every route of the table, asked by everyone who might.

use axum::http::StatusCode;
use tintype::http::Host;
use tintype::http::caching::Caching;
use tintype::http::routes::{Access, Route, all as all_routes};

use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::routes_scene::{EVERYONE, Scene, Who};

const APP_ORIGIN: &str = crate::harness::APP;
const IMAGE_ORIGIN: &str = crate::harness::IMAGES;

/// What a caller may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// An answer in the 200s, or one that leads on.
    Served,
    /// This status.
    Status(u16),
}

use Expect::{Served, Status};

const PUBLIC: [Expect; 7] = [Served; 7];
const OWN_FORMS_ONLY: [Expect; 7] = [Served, Served, Served, Status(403), Served, Served, Served];
const TOKEN_HOLDER: [Expect; 7] =
    [Status(401), Served, Status(403), Status(403), Status(401), Status(401), Status(401)];
const HOLDER_OR_OWNER: [Expect; 7] =
    [Status(401), Served, Status(403), Status(403), Status(403), Status(403), Status(401)];
const MEMBER: [Expect; 7] = [Status(401), Status(401), Status(401), Status(401), Served, Served, Status(401)];
const MEMBER_FORM: [Expect; 7] = member_form(Served);
/// For members, and this image is nobody's.
const NOT_THEIRS: [Expect; 7] =
    [Status(401), Status(401), Status(401), Status(401), Status(403), Status(403), Status(401)];
/// For members, and there is no such thing.
const NOT_THERE: [Expect; 7] =
    [Status(401), Status(401), Status(401), Status(401), Status(404), Status(404), Status(401)];
/// A form of anybody, and there is no such report.
const NO_REPORT: [Expect; 7] =
    [Status(404), Status(404), Status(404), Status(403), Status(404), Status(403), Status(404)];
/// The link is another's: what it proves is not this account's.
const PROOF: [Expect; 7] = [Served, Served, Served, Status(403), Served, Status(403), Served];

/// A route of programs, which answers whoever is signed in with `expect`.
const fn member(expect: Expect) -> [Expect; 7] {
    [Status(401), Status(401), Status(401), Status(401), expect, expect, Status(401)]
}

/// A form of whoever is signed in, who is answered with `expect`.
const fn member_form(expect: Expect) -> [Expect; 7] {
    [Status(401), Status(401), Status(401), Status(401), expect, Status(403), Status(401)]
}

/// A form of whoever has to show a second factor, who is answered with `expect`.
const fn waiting_form(expect: Expect) -> [Expect; 7] {
    [Status(401), Status(401), Status(401), Status(401), Status(401), Status(401), expect]
}

/// What each route owes each of [`EVERYONE`], in that order: a row for each route, and no other.
const ACCESS: &[(Host, &str, &str, [Expect; 7])] = &[
    (Host::App, "GET", "/", PUBLIC),
    // Whose picture it is depends on who is signed in: then the form is one of that sign-in.
    (Host::App, "POST", "/", [Served, Served, Served, Status(403), Served, Status(403), Served]),
    (Host::App, "GET", "/{id}", PUBLIC),
    // Whoever opens the link is asked first; a wrong token is told so at once.
    (Host::App, "GET", "/{id}/delete", [Served, Served, Status(403), Served, Served, Served, Served]),
    (Host::App, "POST", "/{id}/delete", TOKEN_HOLDER),
    (Host::App, "GET", "/{id}/statement", PUBLIC),
    // Without a token, one must own the image, and this is nobody's.
    (Host::App, "POST", "/{id}/statement", HOLDER_OR_OWNER),
    // It is not restricted: there is no such statement.
    (
        Host::App,
        "POST",
        "/{id}/appeal",
        [Status(401), Status(404), Status(403), Status(403), Status(403), Status(403), Status(401)],
    ),
    // The image is nobody's.
    (Host::App, "POST", "/{id}/privacy", member_form(Status(403))),
    (Host::App, "POST", "/{id}/link", member_form(Status(403))),
    (Host::App, "GET", "/gallery", MEMBER),
    // There is no such link: whose form it is, is found out before.
    (Host::App, "POST", "/gallery/claim", member_form(Status(404))),
    // What is not one's own is not deleted; the gallery says so.
    (Host::App, "POST", "/gallery/delete", MEMBER_FORM),
    (Host::App, "POST", "/gallery/move", MEMBER_FORM),
    (Host::App, "POST", "/gallery/collections", MEMBER_FORM),
    // There is no such collection, and the image is nobody's.
    (Host::App, "POST", "/gallery/collections/rename", member_form(Status(404))),
    (Host::App, "POST", "/gallery/collections/delete", member_form(Status(404))),
    (Host::App, "GET", "/{id}/edit", NOT_THEIRS),
    // It was not deleted.
    (Host::App, "POST", "/{id}/restore", NOT_THEIRS),
    (Host::App, "POST", "/{id}/edit", member_form(Status(403))),
    // This deployment has none (tests/core/anomalies.rs).
    (Host::App, "GET", "/challenge", [Status(404); 7]),
    (Host::App, "POST", "/challenge", [Status(404); 7]),
    (Host::App, "GET", "/problems", PUBLIC),
    (Host::App, "GET", "/problems/{slug}", PUBLIC),
    (Host::App, "GET", "/sign-up", PUBLIC),
    (Host::App, "POST", "/sign-up", OWN_FORMS_ONLY),
    (Host::App, "GET", "/sign-in", PUBLIC),
    (Host::App, "POST", "/sign-in", OWN_FORMS_ONLY),
    (Host::App, "GET", "/sign-in/factor", PUBLIC),
    // The code is wrong, and so is the answer; an app is all that there is to ask.
    (Host::App, "POST", "/sign-in/factor", waiting_form(Status(403))),
    (Host::App, "POST", "/sign-in/factor/options", waiting_form(Status(403))),
    (Host::App, "POST", "/sign-in/passkey/options", OWN_FORMS_ONLY),
    (Host::App, "POST", "/sign-in/passkey", [Status(403); 7]),
    (Host::App, "POST", "/sign-out", MEMBER_FORM),
    (Host::App, "GET", "/verify", PUBLIC),
    // Whoever is signed in needs no password, but a form of the sign-in.
    (Host::App, "POST", "/verify", PROOF),
    (Host::App, "POST", "/verify/again", MEMBER_FORM),
    (Host::App, "GET", "/reset", PUBLIC),
    (Host::App, "POST", "/reset", OWN_FORMS_ONLY),
    (Host::App, "GET", "/reset/password", PUBLIC),
    (Host::App, "POST", "/reset/password", OWN_FORMS_ONLY),
    (Host::App, "GET", "/settings", MEMBER),
    (Host::App, "POST", "/settings/profile", MEMBER_FORM),
    (Host::App, "POST", "/settings/email", MEMBER_FORM),
    (Host::App, "GET", "/settings/email/confirm", PUBLIC),
    (Host::App, "POST", "/settings/email/confirm", PROOF),
    (Host::App, "GET", "/settings/email/undo", PUBLIC),
    (Host::App, "POST", "/settings/email/undo", OWN_FORMS_ONLY),
    // Mail programs ask from anywhere (RFC 8058).
    (Host::App, "GET", "/unsubscribe", PUBLIC),
    (Host::App, "POST", "/unsubscribe", PUBLIC),
    (Host::App, "POST", "/settings/password", MEMBER_FORM),
    (Host::App, "POST", "/settings/consents", MEMBER_FORM),
    // There is no such sign-in, nor such a key: whose form it is, is found out before.
    (Host::App, "POST", "/settings/sessions/end", member_form(Status(404))),
    (Host::App, "POST", "/settings/sessions/end-all", MEMBER_FORM),
    (Host::App, "GET", "/settings/factors", MEMBER),
    (Host::App, "POST", "/settings/factors/totp", MEMBER_FORM),
    // Nothing was begun that could be confirmed.
    (Host::App, "POST", "/settings/factors/totp/confirm", member_form(Status(422))),
    (Host::App, "POST", "/settings/factors/passkeys/options", MEMBER_FORM),
    (Host::App, "POST", "/settings/factors/passkeys", member_form(Status(403))),
    (Host::App, "POST", "/settings/factors/remove", MEMBER_FORM),
    (Host::App, "POST", "/settings/factors/codes", member_form(Status(422))),
    (Host::App, "GET", "/settings/keys", MEMBER),
    (Host::App, "POST", "/settings/keys", MEMBER_FORM),
    (Host::App, "POST", "/settings/keys/revoke", member_form(Status(404))),
    // There is no such key.
    (Host::App, "GET", "/settings/keys/{id}/requests", NOT_THERE),
    (Host::App, "GET", "/settings/tickets", MEMBER),
    // The address is not proved.
    (Host::App, "POST", "/settings/tickets", member_form(Status(403))),
    (Host::App, "POST", "/settings/tickets/revoke", member_form(Status(404))),
    // Nobody here runs the deployment (tests/core/rights.rs): to them it is not there.
    (Host::App, "GET", "/operate", NOT_THERE),
    (Host::App, "GET", "/operate/review", NOT_THERE),
    (Host::App, "GET", "/operate/review/{id}", NOT_THERE),
    (Host::App, "POST", "/operate/review/{id}/look", NOT_THERE),
    (Host::App, "POST", "/operate/review/{id}/decide", NOT_THERE),
    (Host::App, "POST", "/operate/review/{id}/undo", NOT_THERE),
    (Host::App, "POST", "/operate/review/{id}/restore", NOT_THERE),
    (Host::App, "GET", "/operate/log", NOT_THERE),
    (Host::App, "GET", "/operate/requests", NOT_THERE),
    (Host::App, "POST", "/operate/requests", NOT_THERE),
    (Host::App, "POST", "/operate/requests/step", NOT_THERE),
    (Host::App, "GET", "/operate/notices", NOT_THERE),
    (Host::App, "GET", "/operate/notices/{id}", NOT_THERE),
    (Host::App, "POST", "/operate/notices/{id}", NOT_THERE),
    (Host::App, "POST", "/operate/notices/{id}/hold", NOT_THERE),
    (Host::App, "POST", "/operate/reporters", NOT_THERE),
    // Anybody reports; of a sign-in, the form is one of its own.
    (Host::App, "GET", "/report", PUBLIC),
    (Host::App, "POST", "/report", [Served, Served, Served, Status(403), Served, Status(403), Served]),
    // There is no such report for whoever has not its token.
    (Host::App, "GET", "/report/{id}", [Status(404); 7]),
    (Host::App, "POST", "/report/{id}", NO_REPORT),
    // That there is something to be answered, nobody is told.
    (Host::App, "GET", "/report/{id}/counter", PUBLIC),
    (Host::App, "POST", "/report/{id}/counter", NO_REPORT),
    (Host::App, "GET", "/operate/appeals", NOT_THERE),
    (Host::App, "GET", "/operate/appeals/{id}", NOT_THERE),
    (Host::App, "POST", "/operate/appeals/{id}", NOT_THERE),
    (Host::App, "GET", "/operate/accounts/{id}", NOT_THERE),
    (Host::App, "POST", "/operate/accounts/{id}", NOT_THERE),
    (Host::App, "GET", "/settings/statement", MEMBER),
    // The account is not suspended: the form lacks words.
    (Host::App, "POST", "/settings/statement", member_form(Status(422))),
    (Host::App, "GET", "/operate/authority", NOT_THERE),
    (Host::App, "GET", "/operate/authority/{id}", NOT_THERE),
    (Host::App, "GET", "/operate/authority/{id}/record.json", NOT_THERE),
    (Host::App, "POST", "/operate/authority/{id}/file", NOT_THERE),
    (Host::App, "POST", "/operate/authority/{id}/dismiss", NOT_THERE),
    (Host::App, "POST", "/operate/authority/{id}/orders", NOT_THERE),
    (Host::App, "POST", "/operate/authority/{id}/orders/lift", NOT_THERE),
    (Host::App, "POST", "/settings/restriction", MEMBER_FORM),
    (Host::App, "POST", "/settings/policy/seen", MEMBER_FORM),
    (Host::App, "GET", "/settings/export", MEMBER),
    (Host::App, "POST", "/settings/export", MEMBER_FORM),
    // There is no such copy.
    (Host::App, "POST", "/settings/export/delete", member_form(Status(404))),
    (Host::App, "GET", "/settings/export/{id}/{number}", NOT_THERE),
    (Host::App, "GET", "/settings/delete", MEMBER),
    (Host::App, "POST", "/settings/delete", MEMBER_FORM),
    (Host::App, "GET", "/settings/delete/undo", PUBLIC),
    (Host::App, "POST", "/settings/delete/undo", OWN_FORMS_ONLY),
    // Its address is a secret, and says nothing of anybody.
    (Host::App, "GET", "/erasures/{id}", PUBLIC),
    (Host::App, "GET", "/export.schema.json", PUBLIC),
    (Host::App, "GET", "/.well-known/gpc.json", PUBLIC),
    (Host::App, "GET", "/privacy", PUBLIC),
    (Host::App, "GET", "/promises", PUBLIC),
    (Host::App, "GET", "/status.json", PUBLIC),
    (Host::App, "GET", "/transparency", PUBLIC),
    (Host::App, "GET", "/transparency.json", PUBLIC),
    (Host::App, "GET", "/statistics", PUBLIC),
    (Host::App, "GET", "/statistics.json", PUBLIC),
    (Host::App, "GET", "/robots.txt", PUBLIC),
    (Host::App, "GET", "/favicon.svg", PUBLIC),
    (Host::App, "GET", "/css/{file}", PUBLIC),
    (Host::App, "GET", "/js/{file}", PUBLIC),
    (Host::App, "GET", "/oembed", PUBLIC),
    (Host::App, "POST", "/v1/images", OWN_FORMS_ONLY),
    (Host::App, "GET", "/v1/images/{id}", PUBLIC),
    // Whether there is a ticket is found out when an image comes.
    (Host::App, "OPTIONS", "/v1/images", PUBLIC),
    (Host::App, "GET", "/v1/images", MEMBER),
    // Where a public image is, is no secret.
    // It was not deleted.
    (Host::App, "POST", "/v1/images/{id}/restore", NOT_THEIRS),
    (Host::App, "POST", "/v1/images/{id}/link", MEMBER),
    (Host::App, "GET", "/v1/tickets", MEMBER),
    // The address is not proved.
    (
        Host::App,
        "POST",
        "/v1/tickets",
        [Status(401), Status(401), Status(401), Status(401), Status(403), Status(403), Status(401)],
    ),
    (
        Host::App,
        "DELETE",
        "/v1/tickets/{id}",
        [Status(401), Status(401), Status(401), Status(401), Status(404), Status(404), Status(401)],
    ),
    (Host::App, "POST", "/v1/reports", OWN_FORMS_ONLY),
    (Host::App, "GET", "/v1/reports/{id}", [Status(404); 7]),
    (Host::App, "GET", "/v1/usage", MEMBER),
    // Without a token, one must own the image, and this is nobody's.
    (
        Host::App,
        "DELETE",
        "/v1/images/{id}",
        [Status(401), Served, Status(403), Status(403), Status(403), Status(403), Status(401)],
    ),
    (Host::App, "GET", "/v1/images/{id}/statements", HOLDER_OR_OWNER),
    (Host::App, "PATCH", "/v1/images/{id}", NOT_THEIRS),
    // What is not one's own is not moved or deleted; the answer says so.
    (Host::App, "POST", "/v1/images/move", MEMBER),
    (Host::App, "DELETE", "/v1/images/batch", MEMBER),
    (Host::App, "GET", "/v1/collections", MEMBER),
    (Host::App, "POST", "/v1/collections", MEMBER),
    (Host::App, "GET", "/v1/collections/{id}", NOT_THERE),
    (Host::App, "PATCH", "/v1/collections/{id}", NOT_THERE),
    (Host::App, "DELETE", "/v1/collections/{id}", NOT_THERE),
    // A browser says where its request comes from, which a form's token would only repeat.
    (Host::App, "GET", "/v1/keys", MEMBER),
    (Host::App, "POST", "/v1/keys", MEMBER),
    (Host::App, "DELETE", "/v1/keys/{id}", NOT_THERE),
    (Host::App, "GET", "/v1/keys/{id}/requests", NOT_THERE),
    (Host::App, "GET", "/teams", MEMBER),
    (Host::App, "POST", "/teams", MEMBER_FORM),
    (Host::App, "GET", "/teams/invitation", PUBLIC),
    (Host::App, "POST", "/teams/invitation", MEMBER_FORM),
    // The letter is enough for that.
    (Host::App, "POST", "/teams/invitation/decline", OWN_FORMS_ONLY),
    (Host::App, "GET", "/teams/{id}", MEMBER),
    (Host::App, "POST", "/teams/{id}/name", MEMBER_FORM),
    (Host::App, "POST", "/teams/{id}/invitations", MEMBER_FORM),
    // There is no such invitation; and whoever asks owns the team, which nobody changes so.
    (Host::App, "POST", "/teams/{id}/invitations/withdraw", member_form(Status(404))),
    (Host::App, "POST", "/teams/{id}/members/role", member_form(Status(409))),
    (Host::App, "POST", "/teams/{id}/members/remove", MEMBER_FORM),
    (Host::App, "POST", "/teams/{id}/leave", member_form(Status(409))),
    (Host::App, "POST", "/teams/{id}/transfer", MEMBER_FORM),
    (Host::App, "GET", "/teams/{id}/export", MEMBER),
    (Host::App, "POST", "/teams/{id}/export", MEMBER_FORM),
    // There is no such copy.
    (Host::App, "POST", "/teams/{id}/export/delete", member_form(Status(404))),
    (Host::App, "GET", "/teams/{id}/export/{export}/{number}", NOT_THERE),
    (Host::App, "POST", "/teams/{id}/close", MEMBER_FORM),
    (Host::App, "GET", "/v1/teams", MEMBER),
    (Host::App, "POST", "/v1/teams", MEMBER),
    (Host::App, "GET", "/v1/teams/{id}", MEMBER),
    (Host::App, "PATCH", "/v1/teams/{id}", MEMBER),
    (Host::App, "DELETE", "/v1/teams/{id}", MEMBER),
    (Host::App, "GET", "/v1/teams/{id}/members", MEMBER),
    (Host::App, "PATCH", "/v1/teams/{id}/members/{account}", member(Status(409))),
    (Host::App, "DELETE", "/v1/teams/{id}/members/{account}", member(Status(409))),
    (Host::App, "GET", "/v1/teams/{id}/invitations", MEMBER),
    (Host::App, "POST", "/v1/teams/{id}/invitations", MEMBER),
    (Host::App, "DELETE", "/v1/teams/{id}/invitations/{invitation}", member(Status(404))),
    (Host::Images, "GET", "/{file}", PUBLIC),
];

fn access_expectations(route: &Route) -> Option<[Expect; 7]> {
    let is_of = |row: &&(Host, &str, &str, _)| (row.0, row.1, row.2) == (route.host, route.method, route.path);
    ACCESS.iter().find(is_of).map(|(.., expectations)| *expectations)
}

fn origin_of(host: Host) -> &'static str {
    match host {
        Host::App => APP_ORIGIN,
        Host::Images => IMAGE_ORIGIN,
    }
}

fn other(host: Host) -> Host {
    match host {
        Host::App => Host::Images,
        Host::Images => Host::App,
    }
}

fn assert_carries_its_fields(answer: &Answer, host: Option<Host>, context: &str) {
    // The one cookie is set by signing in, and taken back by signing out.
    let is_about_signing_in = [
        "/sign-in",
        "/sign-in/factor",
        "/sign-in/passkey",
        "/sign-out",
        "/reset/password",
        "/settings/email/undo",
        "/settings/delete",
        "/settings/sessions/end-all",
    ]
    .iter()
    .any(|path| context.contains(&format!("POST {path} ")));
    let cookie = answer.header("set-cookie");
    assert!(cookie.is_empty() || (is_about_signing_in && host == Some(Host::App)), "{context}: {cookie}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{context}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000", "{context}");
    assert_eq!(answer.header("x-request-id").len(), 16, "{context}");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{context}: {policy}");
    assert!(!answer.header("cache-control").is_empty(), "{context}: says whether it may be kept");
    if host == Some(Host::Images) {
        assert!(policy.contains("sandbox") && !policy.contains("script-src"), "{context}: {policy}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin", "{context}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{context}");
    } else {
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{context}: {policy}");
        assert!(!policy.contains("unsafe"), "{context}: {policy}");
        for (name, value) in [("x-frame-options", "DENY"), ("cross-origin-opener-policy", "same-origin")] {
            assert_eq!(answer.header(name), value, "{context}: {name}");
        }
        assert!(matches!(answer.header("referrer-policy"), "no-referrer" | "same-origin"), "{context}");
    }
    if answer.status.is_client_error() || answer.status.is_server_error() {
        assert_eq!(answer.header("cache-control"), "no-store", "{context}: errors are never kept");
    }
}

#[tokio::test]
async fn every_route_answers_everyone_as_its_access_says() {
    for route in all_routes() {
        let name = format!("{:?} {} {}", route.host, route.method, route.path);
        let Some(expectations) = access_expectations(route) else {
            panic!("{name} is not in the access test: add its access expectations here (tests/core/routes.rs)");
        };
        let refuses =
            |who: Who| expectations[EVERYONE.iter().position(|other| *other == who).expect("one")] == Status(401);
        let is_so = match route.access {
            Access::Anyone => !refuses(Who::Anonymous),
            Access::DeleteTokenHolder => refuses(Who::Anonymous) && !refuses(Who::Holder),
            Access::SignedIn | Access::Account(_) | Access::AccountOrCollection(_) => {
                refuses(Who::Holder) && refuses(Who::Waiting) && !refuses(Who::SignedIn)
            }
            // To whoever is signed in and does not run the deployment, it is not there.
            Access::Operator => refuses(Who::Anonymous) && refuses(Who::Waiting) && expectations[4] == Status(404),
            Access::Waiting => refuses(Who::SignedIn) && !refuses(Who::Waiting),
        };
        assert!(is_so, "{name}: the table says otherwise");
        assert!(!route.summary.is_empty(), "{name}");
        for (who, expected) in EVERYONE.into_iter().zip(expectations) {
            // A scene of its own: a holder's request may remove the image.
            let scene = Scene::for_route(route.path).await;
            let call = scene.call(route.method, route.path, origin_of(route.host), who);
            let answer = call.send(&scene.world).await;
            let context = format!("{name} as {who:?}");
            match expected {
                Served => {
                    let is_served = answer.status.is_success() || answer.status.as_u16() == 303;
                    assert!(is_served, "{context}: {} {}", answer.status, answer.text());
                }
                Status(status) => assert_eq!(answer.status.as_u16(), status, "{context}: {}", answer.text()),
            }
            assert_carries_its_fields(&answer, Some(route.host), &context);
            if answer.status.is_success() && route.caching == Caching::NoStore {
                assert_eq!(answer.header("cache-control"), "no-store", "{context}");
            }
        }
    }
}

#[test]
fn every_expectation_is_about_a_route_that_there_is() {
    for (index, (host, method, path, _)) in ACCESS.iter().enumerate() {
        let is_it = |route: &Route| (route.host, route.method, route.path) == (*host, *method, *path);
        assert!(all_routes().any(is_it), "{host:?} {method} {path} is no route: remove its row here");
        let again = ACCESS[..index].iter().any(|row| (row.0, row.1, row.2) == (*host, *method, *path));
        assert!(!again, "{host:?} {method} {path} is here twice");
    }
}

#[tokio::test]
async fn a_get_route_answers_head_alike_and_without_a_body() {
    for route in all_routes().filter(|route| route.method == "GET") {
        let scene = Scene::for_route(route.path).await;
        let origin = origin_of(route.host);
        let get = scene.call("GET", route.path, origin, Who::Anonymous).send(&scene.world).await;
        let head = scene.call("HEAD", route.path, origin, Who::Anonymous).send(&scene.world).await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{}", route.path);
        assert_eq!(head.header("content-type"), get.header("content-type"), "{}", route.path);
        assert_eq!(head.header("cache-control"), get.header("cache-control"), "{}", route.path);
    }
}

#[tokio::test]
async fn each_host_answers_its_own_routes_and_no_others() {
    for route in all_routes() {
        let scene = Scene::set().await;
        let elsewhere = other(route.host);
        let call = scene.call(route.method, route.path, origin_of(elsewhere), Who::Holder);
        let answer = call.send(&scene.world).await;
        let name = format!("{} {} at the other host", route.method, route.path);
        assert!(matches!(answer.status.as_u16(), 404 | 405), "{name}: {}", answer.status);
        assert_carries_its_fields(&answer, Some(elsewhere), &name);
        let view = scene.world.view(&format!("{IMAGE_ORIGIN}/{}.png", scene.id)).await;
        assert_eq!(view.status, StatusCode::OK, "{name} did nothing");
    }
}

#[tokio::test]
async fn an_unknown_host_is_misdirected() {
    for route in all_routes() {
        let scene = Scene::set().await;
        for origin in [
            "https://evil.example",
            "https://tintype.example.evil.example",
            "https://tintype.example:8443",
            "https://203.0.113.5",
        ] {
            let answer = scene.call(route.method, route.path, origin, Who::Holder).send(&scene.world).await;
            let name = format!("{} {origin}{}", route.method, route.path);
            assert_eq!((answer.status.as_u16(), answer.field("/code")), (421, "wrong-host".to_owned()), "{name}");
            assert_carries_its_fields(&answer, None, &name);
        }
    }
    let world = World::new();
    let shouted = Call::new("GET", "https://TINTYPE.example/v1/nothing").send(&world).await;
    assert_eq!(shouted.status, StatusCode::NOT_FOUND, "host names know no case");
}

#[tokio::test]
async fn promise_imp_10_a_view_leaves_nothing_anywhere() {
    let scene = Scene::set().await;
    let (rows, blobs) = (rows(&scene.world), scene.world.blobs.names(tintype::ports::blobs::Bucket::Recovery));
    let lines = scene.world.log.lines.lock().expect("not poisoned").len();
    for _ in 0..3 {
        let url = format!("{IMAGE_ORIGIN}/{}.png", scene.id);
        let call = Call::new("GET", &url).header("cookie", "id=1").header("referer", "https://blog.example/post");
        let answer = call.send(&scene.world).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, ""));
    }
    assert_eq!(self::rows(&scene.world), rows);
    assert_eq!(scene.world.blobs.names(tintype::ports::blobs::Bucket::Recovery), blobs);
    assert_eq!(scene.world.log.lines.lock().expect("not poisoned").len(), lines);
}

fn rows(world: &World) -> String {
    let tables = ["images", "idempotency_keys", "rate_counters", "leases", "job_cursors"];
    tables.map(|table| format!("{:?}", world.sql.query(&format!("SELECT * FROM {table}")))).concat()
}
