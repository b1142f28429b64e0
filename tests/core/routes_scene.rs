//! Everyone who might ask for a route, with what they hold, and the requests they would send.

use tintype::domain::ids::AccountId;
use tintype::domain::unsubscription::Unsubscription;

use crate::factors_page::add_app;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, form};

const APP_ORIGIN: &str = crate::harness::APP;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anonymous,
    Holder,
    HolderOfAnother,
    /// A browser sent by another site, with everything the holder has.
    CrossSite,
    /// Somebody who is signed in, on a page of ours.
    SignedIn,
    /// The same browser, with a form that is not of its sign-in.
    Forged,
    /// Somebody who has given the password, and not the second factor that there is.
    Waiting,
}

pub const EVERYONE: [Who; 7] =
    [Who::Anonymous, Who::Holder, Who::HolderOfAnother, Who::CrossSite, Who::SignedIn, Who::Forged, Who::Waiting];

/// One public image, and the tokens of it and of another.
pub struct Scene {
    pub world: World,
    pub id: String,
    pub token: String,
    pub other_token: String,
    /// Of a member, if somebody signed in asks; otherwise it is empty.
    browser: Browser,
    /// Of another, who has a second factor and has not shown it.
    waiting: Browser,
    /// What is in the letters to that member, or to a newcomer.
    link_token: String,
    /// That member, and a team of theirs, if the route is about teams; the erasure of their account, if it is about that.
    account: String,
    team: String,
}

impl Scene {
    pub async fn set() -> Self {
        Self::for_route("").await
    }

    /// With an account, and the letters that the route `path` is about.
    pub async fn for_route(path: &str) -> Self {
        let world = World::new();
        let mut browser = Browser { cookie: String::new(), form_token: String::new() };
        let (mut waiting, mut link_token) = (browser.clone(), String::new());
        let (mut account, mut team) = ("0".repeat(24), "0".repeat(24));
        if is_about_accounts(path) {
            let ada = Person::named("Ada");
            world.sign_up(&ada).await;
            browser = world.sign_in(&ada).await;
            link_token = match path {
                "/reset/password" => {
                    form("/reset", &[("email", &ada.email)]).send(&world).await;
                    world.deliver_messages().await;
                    world.token_in_letter("reset_password")
                }
                "/settings/email/confirm" => {
                    let fields = [("email", "ada@new.example"), ("old_password", PASSWORD)];
                    browser.form("/settings/email", &fields).send(&world).await;
                    world.deliver_messages().await;
                    world.token_in_letter("email_change_requested")
                }
                "/settings/email/undo" => {
                    let fields = [("email", "ada@new.example"), ("old_password", PASSWORD)];
                    browser.form("/settings/email", &fields).send(&world).await;
                    world.deliver_messages().await;
                    let token = world.token_in_letter("email_change_requested");
                    browser.form("/settings/email/confirm", &[("token", &token)]).send(&world).await;
                    world.deliver_messages().await;
                    world.token_in_letter("email_changed")
                }
                "/settings/delete/undo" | "/erasures/{id}" => {
                    browser.form("/settings/delete", &[("password", PASSWORD)]).send(&world).await;
                    world.deliver_messages().await;
                    account = crate::accounts::one(&world, "SELECT id FROM erasures");
                    world.token_in_letter("account_deletion_requested")
                }
                "/unsubscribe" => {
                    let id = world.sql.query("SELECT id FROM accounts")[0]["id"].as_str().map(str::to_owned);
                    let id = id.and_then(|id| AccountId::parse(&id)).expect("an account");
                    Unsubscription::token(&world.app.settings.delete_token_key, &id)
                }
                _ => world.token_in_letter("verify_email"),
            };
            if is_about_teams(path) {
                browser.form("/verify", &[("token", &link_token)]).send(&world).await;
                account = crate::accounts::one(&world, "SELECT id FROM accounts");
                team = team_of(&world, &browser).await;
                let fields = [("email", ada.email.as_str()), ("role", "viewer")];
                browser.form(&format!("/teams/{team}/invitations"), &fields).send(&world).await;
                world.deliver_messages().await;
                link_token = world.token_in_letter("team_invitation");
            }
            let (bob, signed_in) = world.member("Bob").await;
            add_app(&world, &signed_in).await;
            waiting = crate::factors_page::waiting(&world, &bob).await.0;
        }
        let (one, other) = (world.upload(&numbered_png(1)).await, world.upload(&numbered_png(2)).await);
        let token = |answer: &Answer| answer.field("/delete_token");
        Self {
            id: one.field("/id"),
            token: token(&one),
            other_token: token(&other),
            world,
            browser,
            waiting,
            link_token,
            account,
            team,
        }
    }

    fn token_of(&self, who: Who) -> &str {
        match who {
            Who::Anonymous | Who::SignedIn | Who::Forged | Who::Waiting => "",
            Who::Holder | Who::CrossSite => &self.token,
            Who::HolderOfAnother => &self.other_token,
        }
    }

    /// The request for a route, at `origin`, as `who` would send it.
    pub fn call(&self, method: &str, pattern: &str, origin: &str, who: Who) -> Call {
        let path = pattern
            .replace("/teams/{id}", &format!("/teams/{}", self.team))
            .replace("/erasures/{id}", &format!("/erasures/{}", self.account))
            .replace("{account}", &self.account)
            .replace("{invitation}", "000000000000000000000000")
            .replace("/keys/{id}", "/keys/000000000000000000000000")
            .replace("/v1/collections/{id}", "/v1/collections/000000000000000000000000")
            .replace("{id}", &self.id)
            .replace("{export}", "000000000000000000000000")
            .replace("{number}", "0")
            .replace("{slug}", "image-gone")
            .replace("/css/{file}", "/css/tintype.css")
            .replace("/js/{file}", "/js/upload.js")
            .replace("{file}", &format!("{}.png", self.id));
        let url = match pattern {
            "/report/{id}/counter" if method != "POST" => format!("{origin}{path}?image={}", self.id),
            "/oembed" => format!("{origin}/oembed?url={APP_ORIGIN}/{}", self.id),
            "/{id}/delete" if method == "GET" && !self.token_of(who).is_empty() => {
                format!("{origin}{path}?token={}", self.token_of(who))
            }
            "/unsubscribe" => format!("{origin}{path}?token={}", self.link_token),
            "/verify"
            | "/reset/password"
            | "/settings/email/confirm"
            | "/settings/email/undo"
            | "/settings/delete/undo"
            | "/teams/invitation"
                if method != "POST" =>
            {
                format!("{origin}{path}?token={}", self.link_token)
            }
            "/v1/teams/{id}" if method == "DELETE" => format!("{origin}{path}?name=Engines"),
            _ => format!("{origin}{path}"),
        };
        let mut call = Call::new(method, &url);
        if who == Who::CrossSite {
            call = call.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
        }
        match who {
            Who::SignedIn | Who::Forged => call = self.browser.send(call),
            Who::Waiting => call = self.waiting.send(call),
            Who::Anonymous | Who::Holder | Who::HolderOfAnother | Who::CrossSite => {}
        }
        let fields = self.fields(pattern, who);
        if method == "POST" && !fields.is_empty() {
            let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            return call.body("application/x-www-form-urlencoded", body);
        }
        match (method, pattern) {
            ("DELETE", "/v1/images/batch") => call.body("application/json", format!(r#"{{"ids":["{}"]}}"#, self.id)),
            ("DELETE", _) if !self.token_of(who).is_empty() => {
                call.header("authorization", &format!("Bearer {}", self.token_of(who)))
            }
            ("POST", "/") if who == Who::SignedIn => {
                let token = [("form_token", self.browser.form_token.as_str())];
                call.form(&token, &[("file", "a.png", &numbered_png(3))])
            }
            ("POST", "/") => call.form(&[], &[("file", "a.png", &numbered_png(3))]),
            ("POST", "/v1/collections") | ("PATCH", "/v1/collections/{id}") => {
                call.body("application/json", r#"{"name":"a"}"#)
            }
            ("PATCH", "/v1/images/{id}") => call.body("application/json", r#"{"caption":"a"}"#),
            ("POST", "/v1/images/move") => {
                call.body("application/json", format!(r#"{{"ids":["{}"],"collection":null}}"#, self.id))
            }
            ("POST", "/v1/keys") => call.body("application/json", r#"{"name":"a","scopes":["read"]}"#),
            ("POST", "/v1/teams") | ("PATCH", "/v1/teams/{id}") => {
                call.body("application/json", r#"{"name":"Engines"}"#)
            }
            ("PATCH", "/v1/teams/{id}/members/{account}") => call.body("application/json", r#"{"role":"viewer"}"#),
            ("POST", "/v1/teams/{id}/invitations") => {
                call.body("application/json", r#"{"email":"new@example.org","role":"editor"}"#)
            }
            ("POST", "/v1/tickets") => call.body("application/json", r#"{"uses":1}"#),
            ("POST", "/v1/images/{id}/link") => call.body("application/json", r#"{"expires_in":3600}"#),
            ("POST", "/v1/reports") => {
                let report = format!(r#"{{"kind":"abuse","urls":["{}"],"reasons":"spam"}}"#, self.id);
                call.body("application/json", report)
            }
            ("POST", "/v1/images") => call.body("image/png", numbered_png(3)),
            ("GET", "/v1/images/{id}/statements") if !self.token_of(who).is_empty() => {
                call.header("authorization", &format!("Bearer {}", self.token_of(who)))
            }
            ("POST", "/{id}/appeal") => {
                let body = format!("token={}&number=1&words=a", self.token_of(who));
                call.body("application/x-www-form-urlencoded", body)
            }
            ("POST", "/{id}/delete" | "/{id}/statement") => {
                call.body("application/x-www-form-urlencoded", format!("token={}", self.token_of(who)))
            }
            _ => call,
        }
    }
}

/// Routes whose scene needs an account.
fn is_about_accounts(path: &str) -> bool {
    // Where somebody who is signed in may do more than anybody.
    let is_more = path == "/" || path.starts_with("/{id}/");
    is_more
        || [
            "/sign",
            "/report",
            "/operate",
            "/verify",
            "/reset",
            "/settings",
            "/gallery",
            "/teams",
            "/unsubscribe",
            "/erasures",
            "/v1/",
        ]
        .iter()
        .any(|start| path.starts_with(start))
}

fn is_about_teams(path: &str) -> bool {
    path.starts_with("/teams") || path.starts_with("/v1/teams")
}

async fn team_of(world: &World, browser: &Browser) -> String {
    let made = browser.form("/teams", &[("name", "Engines")]).send(world).await;
    made.header("location").trim_start_matches("/teams/").to_owned()
}

impl Scene {
    /// What the form of a route about teams carries.
    fn fields_of_teams(&self, path: &str) -> Vec<(&str, &str)> {
        match path {
            "/teams" | "/teams/{id}/name" => vec![("name", "Engines")],
            "/teams/invitation" | "/teams/invitation/decline" => vec![("token", self.link_token.as_str())],
            "/teams/{id}/invitations" => vec![("email", "new@example.org"), ("role", "editor")],
            "/teams/{id}/invitations/withdraw" => vec![("invitation", "000000000000000000000000")],
            "/teams/{id}/members/role" => vec![("account", self.account.as_str()), ("role", "viewer")],
            "/teams/{id}/members/remove" | "/teams/{id}/transfer" => vec![("account", self.account.as_str())],
            "/teams/{id}/leave" => vec![("sure", "1")],
            "/teams/{id}/close" | "/teams/{id}/export" => vec![("nothing", "")],
            "/teams/{id}/export/delete" => vec![("export", "000000000000000000000000")],
            _ => Vec::new(),
        }
    }

    /// What the form of a route about accounts carries.
    fn fields(&self, path: &str, who: Who) -> Vec<(&str, &str)> {
        let mut fields = match path {
            "/sign-up" => vec![("email", "new@example.org"), ("name", "New"), ("password", PASSWORD), ("age", "1")],
            "/sign-in" => vec![("email", "ada@example.org"), ("password", PASSWORD)],
            "/sign-out"
            | "/verify/again"
            | "/settings/sessions/end-all"
            | "/settings/export"
            | "/settings/policy/seen" => vec![("nothing", "")],
            "/verify" | "/settings/email/confirm" | "/settings/email/undo" | "/settings/delete/undo" => {
                vec![("token", self.link_token.as_str())]
            }
            "/settings/delete" => vec![("password", PASSWORD)],
            "/reset" => vec![("email", "ada@example.org")],
            "/reset/password" => vec![("token", self.link_token.as_str()), ("password", "a darkroom on four wheels")],
            "/settings/profile" => vec![("name", "Ada"), ("country", "")],
            "/settings/email" => vec![("email", "ada@new.example"), ("old_password", PASSWORD)],
            "/settings/password" => vec![("old_password", PASSWORD), ("password", "a darkroom on four wheels")],
            "/settings/consents" => vec![("purpose", "product_email"), ("act", "granted")],
            "/sign-in/factor" => vec![("code", "000000")],
            "/sign-in/factor/options" => vec![("nothing", "")],
            "/sign-in/passkey" => vec![("answer", "{}")],
            "/settings/factors/totp" | "/settings/factors/passkeys/options" | "/settings/factors/codes" => {
                vec![("nothing", "")]
            }
            "/settings/factors/totp/confirm" => vec![("code", "000000")],
            "/settings/factors/passkeys" => vec![("answer", "{}"), ("name", "Phone")],
            "/settings/factors/remove" => vec![("factor", "totp")],
            "/settings/keys" => vec![("name", "a"), ("scope", "read")],
            "/settings/keys/revoke" => vec![("key", "000000000000000000000000")],
            "/settings/tickets" => vec![("uses", "1"), ("format", "png")],
            "/settings/tickets/revoke" => vec![("ticket", "000000000000000000000000")],
            "/settings/restriction" => vec![("processing", "pause")],
            "/settings/statement" => vec![("number", "1"), ("words", "")],
            "/settings/export/delete" => vec![("export", "000000000000000000000000")],
            "/{id}/privacy" => vec![("private", "true")],
            "/{id}/link" => vec![("for", "3600")],
            "/{id}/restore" => vec![("nothing", "")],
            "/gallery/claim" => vec![("link", "nothing")],
            "/gallery/move" => vec![("id", self.id.as_str()), ("to", "")],
            "/gallery/collections" => vec![("name", "a")],
            "/gallery/collections/rename" | "/gallery/collections/delete" => {
                vec![("collection", "000000000000000000000000"), ("name", "a"), ("sure", "1")]
            }
            "/{id}/edit" => vec![("caption", "a"), ("labels", ""), ("collection", "")],
            "/gallery/delete" => vec![("id", self.id.as_str())],
            "/settings/sessions/end" => vec![("session", "000000000000000000000000")],
            "/report" => vec![("kind", "abuse"), ("urls", self.id.as_str()), ("reasons", "spam")],
            "/report/{id}" => vec![("token", "none"), ("step", "withdraw")],
            "/report/{id}/counter" => vec![
                ("image", self.id.as_str()),
                ("token", self.token_of(Who::Holder)),
                ("name", "Ada"),
                ("address", "A street"),
                ("phone", "1"),
                ("email", "ada@example.org"),
                ("signature", "Ada"),
                ("mistake", "1"),
                ("jurisdiction", "1"),
            ],
            path => self.fields_of_teams(path),
        };
        if fields.is_empty() {
            return fields;
        }
        match who {
            Who::SignedIn => fields.push(("form_token", self.browser.form_token.as_str())),
            Who::Forged => fields.push(("form_token", "0000")),
            Who::Waiting => fields.push(("form_token", self.waiting.form_token.as_str())),
            _ => {}
        }
        // Who is not signed in shows the password instead, where that will do.
        if !matches!(who, Who::SignedIn | Who::Forged) && matches!(path, "/verify" | "/settings/email/confirm") {
            fields.push(("password", PASSWORD));
        }
        fields
    }
}
