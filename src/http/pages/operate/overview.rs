//! `/operate`: what waits, and since when.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::app::App;
use crate::domain::review::Waiting;
use crate::domain::time::{Timestamp, rough_duration};
use crate::error::Error;
use crate::http::pages::account::with_own_referrer;
use crate::http::pages::figures::grouped;
use crate::http::pages::html;
use crate::policy::review::COUNTED_MAX;
use crate::usecases::open_session::SessionUse;
use crate::usecases::operate::queue::waiting;
use crate::usecases::{authority, decide_appeal, notices};

/// A queue, as the overview tells of it.
pub struct QueueRow {
    href: &'static str,
    name: &'static str,
    /// How many wait, in words.
    waiting: String,
    /// For how long the longest waits, or by when the first is due, in words; empty if none does.
    since: String,
}

impl QueueRow {
    /// A queue of which `open` entries were counted, of at most [`COUNTED_MAX`].
    #[must_use]
    pub fn of(href: &'static str, name: &'static str, open: i64, since: String) -> Self {
        let count = u64::try_from(open).unwrap_or_default();
        let waiting = match open {
            0 => "nothing waits".to_owned(),
            open if open >= COUNTED_MAX => format!("{} or more wait", grouped(count)),
            1 => "1 waits".to_owned(),
            _ => format!("{} wait", grouped(count)),
        };
        Self { href, name, waiting, since }
    }
}

#[derive(Template)]
#[template(path = "operate/overview.html")]
struct OverviewPage {
    here: &'static str,
    form_token: String,
    queues: Vec<QueueRow>,
}

/// `GET /operate`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    let pictures = waiting(&app).await?;
    let since = |at| format!("the longest for {}", rough_duration(app.now().ms_since(at)));
    let since = pictures.oldest.map(since).unwrap_or_default();
    let notices = notices::queue::waiting(&app).await?;
    let reports = authority::count_due(&app).await?;
    let appeals = decide_appeal::count_waiting(&app).await?;
    let due = |waiting: &Waiting| waiting.first_due.map(|at| due(at, app.now())).unwrap_or_default();
    let queues = vec![
        QueueRow::of("/operate/review", "Pictures", pictures.open, since),
        QueueRow::of("/operate/notices", "Reports", notices.open, due(&notices)),
        QueueRow::of("/operate/appeals", "Appeals", appeals.open, due(&appeals)),
        QueueRow::of("/operate/authority", "Authorities", reports.open, due(&reports)),
    ];
    let page = OverviewPage { here: "home", form_token: session.form_token().to_owned(), queues };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// By when the first is due, in words.
fn due(at: Timestamp, now: Timestamp) -> String {
    match at <= now {
        true => format!("the first is {} late", rough_duration(now.ms_since(at))),
        false => format!("the first is due in {}", rough_duration(at.ms_since(now))),
    }
}
