//! The page of an account's second factors, as forms and a script use it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::to_bytes;
use axum::http::{HeaderMap, HeaderValue};
use serde_json::Value;
use tintype::domain::totp::TotpSecret;
use tintype::error::{Error, Problem};
use tintype::http::pages::factors as pages;
use tintype::ports::incoming::{Form, Incoming, IncomingBody, IncomingFailure};
use tintype::ports::payload::Payload;

use crate::factors::{EMAIL, account};
use crate::harness::authenticator::Authenticator;
use crate::harness::{APP, World};

struct Fields(Mutex<Vec<(String, String)>>);

#[async_trait]
impl IncomingBody for Fields {
    async fn text(&self) -> Result<String, IncomingFailure> {
        Err(IncomingFailure("a form".into()))
    }

    async fn form(&self) -> Result<Form, IncomingFailure> {
        Ok(Form { fields: std::mem::take(&mut self.0.lock().expect("not poisoned")), files: Vec::new() })
    }

    fn stream(&self) -> Result<Payload, IncomingFailure> {
        Err(IncomingFailure("a form".into()))
    }
}

fn form(fields: &[(&str, &str)]) -> Incoming {
    Incoming(Arc::new(Fields(Mutex::new(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()))))
}

fn from(origin: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("origin", HeaderValue::from_static(origin));
    headers.insert("content-length", HeaderValue::from_static("100"));
    headers
}

async fn text(answer: Result<axum::http::Response<axum::body::Body>, Error>) -> (u16, String) {
    let answer = answer.expect("a page");
    let status = answer.status().as_u16();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.expect("in memory");
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn the_page_leads_through_everything_without_a_script() {
    let world = World::new();
    let (app, account, headers) = (&world.app, account(&world, 1).await, from(APP));
    let (_, page) = text(pages::show(app, &account).await).await;
    assert!(page.contains("Add an app") && page.contains("needs JavaScript"), "{page}");
    let (_, page) = text(pages::begin_totp(app, &account, EMAIL, &headers).await).await;
    let secret = page.split("secret=").nth(1).and_then(|rest| rest.get(..32)).expect("the secret in a link");
    assert!(page.contains("<path fill=\"#000\" d=\"M4 4h7v1h-7z"), "{page}");
    let secret = TotpSecret::parse(secret).expect("a secret");
    let (status, page) =
        text(pages::confirm_totp(app, &account, EMAIL, &headers, &form(&[("code", "000000")])).await).await;
    assert_eq!(status, 422);
    assert!(page.contains(&secret.base32()) && page.contains("role=\"alert\""), "the same secret again: {page}");
    let code = secret.code(world.clock_now());
    let (_, page) = text(pages::confirm_totp(app, &account, EMAIL, &headers, &form(&[("code", &code)])).await).await;
    assert_eq!(page.matches("<li><code>").count(), 10, "{page}");
    assert!(page.contains("Remove the app") && page.contains("10 left"), "{page}");
    let (_, page) = text(pages::show(app, &account).await).await;
    assert!(!page.contains("<li><code>"), "shown once");
    let (_, page) = text(pages::renew_codes(app, &account, &headers).await).await;
    assert_eq!(page.matches("<li><code>").count(), 10);
    let (_, page) = text(pages::remove(app, &account, &headers, &form(&[("factor", "totp")])).await).await;
    assert!(page.contains("Add an app") && !page.contains(" style=") && !page.contains("onclick"), "{page}");
}

#[tokio::test]
async fn the_page_adds_a_passkey_that_a_script_brings() {
    let world = World::new();
    let (app, account, headers) = (&world.app, account(&world, 1).await, from(APP));
    let (_, options) = text(pages::passkey_options(app, &account, EMAIL, &headers).await).await;
    let options: Value = serde_json::from_str(&options).expect("JSON");
    let said = Authenticator::es256(1).create(&options).json();
    let fields = [("answer", said.as_str()), ("name", "<b>Phone</b>")];
    let (_, page) = text(pages::add_passkey(app, &account, &headers, &form(&fields)).await).await;
    assert!(page.contains("&#60;b&#62;Phone&#60;/b&#62;") && page.matches("<li><code>").count() == 10, "{page}");
    let (status, page) = text(pages::add_passkey(app, &account, &headers, &form(&fields)).await).await;
    assert_eq!(status, 403);
    assert!(page.contains("does not prove"), "{page}");
}

#[tokio::test]
async fn no_other_site_changes_anything_here() {
    let world = World::new();
    let (app, account, headers) = (&world.app, account(&world, 1).await, from("https://evil.example"));
    let code = form(&[("code", "000000"), ("factor", "totp"), ("answer", "{}")]);
    let answers = [
        pages::begin_totp(app, &account, EMAIL, &headers).await,
        pages::confirm_totp(app, &account, EMAIL, &headers, &code).await,
        pages::passkey_options(app, &account, EMAIL, &headers).await,
        pages::add_passkey(app, &account, &headers, &code).await,
        pages::remove(app, &account, &headers, &code).await,
        pages::renew_codes(app, &account, &headers).await,
    ];
    for answer in answers {
        assert_eq!(answer.err(), Some(Problem::CrossSiteForm.into()));
    }
}
