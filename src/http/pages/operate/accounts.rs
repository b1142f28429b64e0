//! `/operate/accounts/{id}`: what was stated to an account and how often it was struck, and its suspension. Who it is, is sealed.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};

use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::ids::AccountId;
use crate::domain::statement::Restriction;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, mistake, with_own_referrer};
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::policy::grounds::{Basis, rule_of};
use crate::policy::review::REASON_CHARS_MAX;
use crate::policy::strikes::STRIKES_MAX;
use crate::usecases::open_session::SessionUse;
use crate::usecases::suspend;

/// A strike, or a statement, as the page shows it.
struct Row {
    subject: String,
    what: &'static str,
    since: Moment,
    /// Until when it counts, or since when it has ended.
    until: Option<Moment>,
    is_over: bool,
    reason: String,
}

#[derive(Template)]
#[template(path = "operate/account.html")]
struct AccountPage {
    here: &'static str,
    form_token: String,
    id: String,
    tier: &'static str,
    created: Moment,
    suspended: Option<Row>,
    strikes: Vec<Row>,
    counting: usize,
    strikes_max: i64,
    statements: Vec<Row>,
    grounds: Vec<Choice>,
    filled: String,
    reason_chars_max: usize,
    mistake: Mistake,
}

/// `GET /operate/accounts/{id}`. That it was opened is written down.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = AccountId::parse(&id).ok_or(Problem::NotFound)?;
    page(&app, &session, &id, StatusCode::OK, ("", ""), Mistake::default()).await
}

/// `POST /operate/accounts/{id}` with `act` (`suspend` or `unsuspend`), `reason`, and of a suspension `ground`.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn act(Path(id): Path<String>, OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = AccountId::parse(&id).ok_or(Problem::NotFound)?;
    let reason = form.field("reason").unwrap_or_default();
    let done = async {
        let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
        match form.field("act") {
            Some("suspend") => {
                let ground = form.field("ground").and_then(Ground::parse).ok_or_else(|| invalid("ground"))?;
                suspend::suspend(&app, &session.account_id, &id, ground, reason).await
            }
            Some("unsuspend") => suspend::unsuspend(&app, &session.account_id, &id, reason).await,
            _ => Err(invalid("act").into()),
        }
    };
    match done.await {
        Ok(()) => Ok(see_other(&format!("/operate/accounts/{id}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, &id, status, (form.field("ground").unwrap_or_default(), reason), mistake).await
        }
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    id: &AccountId,
    status: StatusCode,
    filled: (&str, &str),
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let now = app.now();
    let seen = suspend::open(app, &session.account_id, id).await?;
    let stated = |statement: crate::domain::statement::Statement| Row {
        what: statement.kind.label(),
        since: statement.imposed_at.into(),
        until: statement.ended_at.map(Moment::from),
        is_over: statement.ended_at.is_some(),
        subject: statement.subject,
        reason: statement.reason,
    };
    let against = Ground::ALL.iter().filter(|ground| rule_of(**ground).basis != Basis::None);
    let page = AccountPage {
        here: "accounts",
        form_token: session.form_token().to_owned(),
        id: id.to_string(),
        tier: seen.account.tier.as_str(),
        created: seen.account.created_at.into(),
        suspended: seen.suspension.map(stated),
        counting: seen.strikes.iter().filter(|strike| strike.counts(now)).count(),
        strikes: seen
            .strikes
            .into_iter()
            .map(|strike| Row {
                what: strike.ground.label(),
                since: strike.imposed_at.into(),
                until: Some(strike.expires_at.into()),
                is_over: !strike.counts(now),
                subject: strike.image_id,
                reason: String::new(),
            })
            .collect(),
        strikes_max: STRIKES_MAX,
        statements: seen.statements.into_iter().filter(|one| one.kind != Restriction::Suspension).map(stated).collect(),
        grounds: choices::asked(against.map(|ground| (ground.as_str(), ground.label())), filled.0),
        filled: filled.1.to_owned(),
        reason_chars_max: REASON_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}
