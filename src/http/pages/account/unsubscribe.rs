//! `/unsubscribe`: what letters about what is new lead to, and what mail programs ask when somebody clicks their button
//! (RFC 8058). That comes from anywhere, without a cookie and without a sign-in, and does no more than stop letters.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::{gpc, parameter};
use crate::app::App;
use crate::error::Error;
use crate::http::caller;
use crate::http::pages::html;
use crate::usecases::record_consents::Answered;
use crate::usecases::unsubscribe::{subscriber, unsubscribe};

#[derive(Template)]
#[template(path = "account/unsubscribe.html")]
struct UnsubscribePage {
    /// None: it is done.
    token: Option<String>,
}

/// `GET /unsubscribe?token=…`. Looking stops nothing: programs that check letters follow their links.
///
/// # Errors
/// `link-expired`.
pub async fn ask(Extension(app): Extension<Arc<App>>, uri: Uri) -> Result<Response<Body>, Error> {
    let token = parameter(&uri, "token").unwrap_or_default();
    subscriber(&app, &token).await?;
    html(StatusCode::OK, &UnsubscribePage { token: Some(token) })
}

/// `POST /unsubscribe?token=…`, whatever the body says: a mail program's is `List-Unsubscribe=One-Click`.
///
/// # Errors
/// `link-expired`, or a fault.
pub async fn act(Extension(app): Extension<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response<Body>, Error> {
    let token = parameter(&uri, "token").unwrap_or_default();
    let country = caller::country(&headers);
    let country = country.map(|country| country.code.to_owned());
    unsubscribe(&app, &token, &Answered { surface: "unsubscribe", country, gpc: gpc(&headers) }).await?;
    html(StatusCode::OK, &UnsubscribePage { token: None })
}
