//! `/operate/log`: what operators saw and decided, the latest first.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{Response, StatusCode};
use serde::Deserialize;

use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::review::{About, Act};
use crate::error::Error;
use crate::http::pages::account::with_own_referrer;
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::usecases::open_session::SessionUse;
use crate::usecases::operate::log::{Line, page};

/// A line as pages show it.
pub struct LogRow {
    pub(super) at: Moment,
    /// Whose act it was: `you`, the name of another's account, or a job.
    pub(super) who: String,
    pub(super) act: &'static str,
    pub(super) about: &'static str,
    pub(super) subject: String,
    /// Where what it is about is shown.
    pub(super) href: Option<String>,
    pub(super) ground: &'static str,
    pub(super) reason: String,
}

impl LogRow {
    /// A line, for the operator of this sign-in.
    #[must_use]
    pub fn of(line: Line, session: &SessionUse) -> Self {
        let about = About::parse(&line.about);
        let href = match about {
            Some(About::Image) => Some(format!("/operate/review/{}", line.subject)),
            _ => None,
        };
        Self {
            at: line.at.into(),
            who: match line.operator.as_str() {
                "" => "a job".to_owned(),
                own if own == session.account_id.as_str() => "you".to_owned(),
                other => other.to_owned(),
            },
            act: Act::parse(&line.act).map_or("did something", Act::label),
            about: about.map_or("", About::label),
            subject: line.subject,
            href,
            ground: line.ground.as_deref().and_then(Ground::parse).map_or("", Ground::label),
            reason: line.reason,
        }
    }
}

#[derive(Template)]
#[template(path = "operate/log.html")]
struct LogPage {
    here: &'static str,
    form_token: String,
    lines: Vec<LogRow>,
    next: Option<i64>,
}

/// What an address may ask for.
#[derive(Deserialize)]
pub struct Asked {
    before: Option<i64>,
}

/// `GET /operate/log`, with `before`: only lines before this one.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Query(asked): Query<Asked>,
) -> Result<Response<Body>, Error> {
    let (lines, next) = page(&app, asked.before).await?;
    let lines = lines.into_iter().map(|line| LogRow::of(line, &session)).collect();
    let page = LogPage { here: "log", form_token: session.form_token().to_owned(), lines, next };
    html(StatusCode::OK, &page).map(with_own_referrer)
}
