//! `GET /operate/review`: the queue, the severest first, or what was searched for.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{Response, StatusCode};
use serde::Deserialize;

use super::{cause, state, verdict};
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::time::{Timestamp, rough_duration};
use crate::error::Error;
use crate::http::pages::account::with_own_referrer;
use crate::http::pages::html;
use crate::usecases::open_session::SessionUse;
use crate::usecases::operate::case::ReviewedImage;
use crate::usecases::operate::find::find;
use crate::usecases::operate::queue::{Entry, Position, page};

/// A picture as the list shows it: never itself.
struct PictureRow {
    id: String,
    /// Why it is here, or where it is in its life.
    what: &'static str,
    verdict: &'static str,
    reason: String,
    /// How long it has waited, or been here.
    age: String,
}

impl PictureRow {
    fn waiting(entry: Entry, now: Timestamp) -> Self {
        Self {
            id: entry.image_id.to_string(),
            what: cause(entry.cause),
            verdict: verdict(entry.verdict),
            reason: entry.reason.unwrap_or_default(),
            age: format!("Waits for {}", rough_duration(now.ms_since(entry.entered_at))),
        }
    }

    fn found(image: ReviewedImage, now: Timestamp) -> Self {
        Self {
            id: image.id.to_string(),
            what: state(image.state, image.removal_reason),
            verdict: verdict(image.verdict),
            reason: String::new(),
            age: format!("Uploaded {} ago", rough_duration(now.ms_since(image.created_at))),
        }
    }
}

#[derive(Template)]
#[template(path = "operate/review/queue.html")]
struct QueuePage {
    here: &'static str,
    form_token: String,
    rows: Vec<PictureRow>,
    /// What was searched for; empty: this is the queue.
    sought: String,
    /// Whose pictures they are, if that was searched for.
    account: Option<String>,
    /// About which picture something was just decided.
    decided: Option<ImageId>,
    /// Where the next page is.
    next: Option<String>,
}

/// What an address may ask for.
#[derive(Default, Deserialize)]
pub struct Asked {
    after: Option<String>,
    find: Option<String>,
    decided: Option<String>,
}

/// `GET /operate/review`, with `find`: what is searched for; `after`: where the page before ended.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Query(asked): Query<Asked>,
) -> Result<Response<Body>, Error> {
    let now = app.now();
    let after = asked.after.unwrap_or_default();
    let sought = asked.find.unwrap_or_default().trim().to_owned();
    let mut page = QueuePage {
        here: "review",
        form_token: session.form_token().to_owned(),
        rows: Vec::new(),
        sought,
        account: None,
        decided: asked.decided.as_deref().and_then(ImageId::parse),
        next: None,
    };
    let address = |name: &str, after: &str, find: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !find.is_empty() {
            query.append_pair("find", find);
        }
        format!("/operate/review?{}", query.append_pair(name, after).finish())
    };
    if page.sought.is_empty() {
        let position = Position::parse(&after).unwrap_or_else(Position::start);
        let (entries, next) = self::page(&app, &position).await?;
        page.rows = entries.into_iter().map(|entry| PictureRow::waiting(entry, now)).collect();
        page.next = next.map(|next| address("after", &next.to_text(), ""));
    } else {
        let found = find(&app, &session.account_id, &page.sought, &after).await?;
        page.rows = found.images.into_iter().map(|image| PictureRow::found(image, now)).collect();
        page.account = found.account.map(|account| account.to_string());
        page.next = found.next.map(|next| address("after", &next, &page.sought));
    }
    html(StatusCode::OK, &page).map(with_own_referrer)
}
