//! Asks before something is done to a team that cannot be undone by whoever does it.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::error::Error;
use crate::http::pages::account::{Mistake, with_own_referrer};
use crate::http::pages::html;

/// A question, and the form that answers it.
#[derive(Template)]
#[template(path = "teams/confirm.html")]
pub(super) struct Question {
    pub(super) form_token: String,
    pub(super) title: String,
    /// What will happen.
    pub(super) words: Vec<String>,
    /// Where the answer goes.
    pub(super) action: String,
    /// Whom it is about.
    pub(super) account: Option<String>,
    /// The team's name, where that must be written to be believed, and what was wrong with it.
    pub(super) name: Option<(String, Mistake)>,
    /// What the button says.
    pub(super) act: &'static str,
    /// What the way back says.
    pub(super) keep: &'static str,
    pub(super) team: String,
}

impl Question {
    pub(super) fn ask(&self, status: StatusCode) -> Result<Response<Body>, Error> {
        html(status, self).map(with_own_referrer)
    }
}
