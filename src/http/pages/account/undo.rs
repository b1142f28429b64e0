//! `/settings/email/undo`: what the last letter to an address leads to, if it was not its owner who changed it.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::parameter;
use crate::app::App;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::error::Error;
use crate::http::identity::forget_session;
use crate::http::pages::html;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::prove_email::find_link;
use crate::usecases::undo_email_change::undo_email_change;

#[derive(Template)]
#[template(path = "account/undo.html")]
struct UndoPage {
    /// None: it is done.
    token: Option<String>,
}

/// `GET /settings/email/undo?token=…`. Looking undoes nothing.
///
/// # Errors
/// `link-expired`.
pub async fn ask(Extension(app): Extension<Arc<App>>, uri: Uri) -> Result<Response<Body>, Error> {
    let token = parameter(&uri, "token").unwrap_or_default();
    find_link(&app, Token::parse(&token).as_ref(), LinkPurpose::UndoEmailChange).await?;
    html(StatusCode::OK, &UndoPage { token: Some(token) })
}

/// `POST /settings/email/undo` with `token`.
///
/// # Errors
/// `link-expired`, `email-taken`, or a fault.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    undo_email_change(&app, form.field("token").and_then(Token::parse).as_ref()).await?;
    let mut response = html(StatusCode::OK, &UndoPage { token: None })?;
    forget_session(&mut response);
    Ok(response)
}
