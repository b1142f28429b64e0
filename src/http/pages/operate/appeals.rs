//! `/operate/appeals`: who disagrees with a restriction, and by when that is decided.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode, Uri};

use crate::app::App;
use crate::domain::decision::Seen;
use crate::domain::ids::AppealId;
use crate::domain::statement::{Appeal, AppealOutcome, Restriction};
use crate::domain::time::Timestamp;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, mistake, parameter, with_own_referrer};
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::{Due, Moment};
use crate::http::pages::html;
use crate::policy::review::REASON_CHARS_MAX;
use crate::usecases::appeal::words_of;
use crate::usecases::decide_appeal::{
    self, Case, Queue, Verdict, is_first_decider, may_decide, outcome_words, seen_by,
};
use crate::usecases::open_session::SessionUse;
use crate::usecases::reasons::reasons;

/// An appeal as the list shows it.
struct AppealRow {
    id: String,
    subject: String,
    opened: Moment,
    due: Moment,
    /// How long is left, or by how much it is late.
    left: String,
    is_overdue: bool,
    decided: Option<Moment>,
    outcome: &'static str,
}

impl AppealRow {
    fn of(appeal: &Appeal, now: Timestamp) -> Self {
        let Due { at: due, left, is_overdue } = Due::of(appeal.due_at, now);
        Self {
            id: appeal.id.to_string(),
            subject: appeal.subject.clone(),
            opened: appeal.opened_at.into(),
            due,
            left,
            is_overdue,
            decided: appeal.decided_at.map(Moment::from),
            outcome: outcome_words(appeal.outcome, appeal.is_back()),
        }
    }
}

#[derive(Template)]
#[template(path = "operate/appeals.html")]
struct AppealsPage {
    here: &'static str,
    form_token: String,
    waiting: Vec<AppealRow>,
    /// Where the next page is, if there is one.
    next: Option<String>,
    /// On the first page only.
    decided: Vec<AppealRow>,
}

/// `GET /operate/appeals`, with `due` and `after` for the pages after the first.
///
/// # Errors
/// If something of ours failed.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let due = parameter(&uri, "due").and_then(|due| due.parse().ok()).map(Timestamp);
    let after = parameter(&uri, "after").as_deref().and_then(AppealId::parse);
    let Queue { waiting, next, decided } = decide_appeal::list(&app, due.zip(after)).await?;
    let now = app.now();
    let page = AppealsPage {
        here: "appeals",
        form_token: session.form_token().to_owned(),
        waiting: waiting.iter().map(|appeal| AppealRow::of(appeal, now)).collect(),
        next: next.map(|(due, after)| format!("/operate/appeals?due={}&after={after}", due.0)),
        decided: decided.iter().map(|appeal| AppealRow::of(appeal, now)).collect(),
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// A decision as the page shows it.
struct DecisionRow {
    at: Moment,
    by: &'static str,
    /// Whether whoever reads has made it.
    is_own: bool,
    verdict: &'static str,
    ground: &'static str,
    reason: String,
}

#[derive(Template)]
#[template(path = "operate/appeal.html")]
struct AppealPage {
    here: &'static str,
    form_token: String,
    row: AppealRow,
    /// The page of the image, or of the account.
    link: String,
    is_image: bool,
    kind: &'static str,
    imposed: Moment,
    facts: String,
    basis: String,
    origin: String,
    words: Option<String>,
    reason: String,
    decisions: Vec<DecisionRow>,
    may_decide: bool,
    is_first_decider: bool,
    outcomes: Vec<Choice>,
    /// Whether the operator has looked at the picture.
    has_looked: bool,
    filled: String,
    reason_chars_max: usize,
    mistake: Mistake,
}

/// `GET /operate/appeals/{id}`. That it was opened is written down.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = AppealId::parse(&id).ok_or(Problem::NotFound)?;
    page(&app, &session, &id, StatusCode::OK, ("", ""), Mistake::default()).await
}

/// `POST /operate/appeals/{id}` with `outcome` (`upheld` or `reversed`) and `reason`.
///
/// # Errors
/// `form-stale`, `not-found`, `appeal-of-own-decision`, `appeal-impossible`, or a fault.
pub async fn decide(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = AppealId::parse(&id).ok_or(Problem::NotFound)?;
    let reason = form.field("reason").unwrap_or_default();
    let decided = async {
        let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
        let outcome = match form.field("outcome").and_then(AppealOutcome::parse) {
            Some(outcome @ (AppealOutcome::Upheld | AppealOutcome::Reversed)) => outcome,
            _ => return Err(Error::from(invalid("outcome"))),
        };
        let verdict = Verdict { operator: &session.account_id, outcome, reason };
        decide_appeal::decide(&app, &id, verdict).await
    };
    match decided.await {
        Ok(()) => Ok(see_other(&format!("/operate/appeals/{id}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, &id, status, (form.field("outcome").unwrap_or_default(), reason), mistake).await
        }
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    id: &AppealId,
    status: StatusCode,
    filled: (&str, &str),
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let operator = session.account_id.as_str();
    let case = decide_appeal::open(app, &session.account_id, id).await?;
    let may_decide = case.appeal.decided_at.is_none() && may_decide(app, &case, operator).await?;
    let is_first_decider = is_first_decider(&case, operator);
    let has_looked = seen_by(app, &case, &session.account_id).await? == Seen::Image;
    let words = words_of(app, &case.appeal).await?;
    let Case { appeal, statement, decisions } = case;
    let told = reasons(&statement);
    let is_image = statement.kind != Restriction::Suspension;
    let link = match is_image {
        true => format!("/operate/review/{}", statement.subject),
        false => format!("/operate/accounts/{}", statement.subject),
    };
    let offered = [AppealOutcome::Upheld, AppealOutcome::Reversed];
    let page = AppealPage {
        here: "appeals",
        form_token: session.form_token().to_owned(),
        row: AppealRow::of(&appeal, app.now()),
        link,
        is_image,
        kind: told.kind.label(),
        imposed: statement.imposed_at.into(),
        facts: told.facts,
        basis: told.basis,
        origin: told.origin,
        words,
        reason: appeal.reason.unwrap_or_default(),
        decisions: decisions
            .into_iter()
            .map(|decided| DecisionRow {
                at: decided.decided_at.into(),
                by: decided.decided_by.as_str(),
                is_own: decided.operator.as_deref() == Some(operator),
                verdict: decided.verdict.as_str(),
                ground: decided.ground.map_or("", |ground| ground.label()),
                reason: decided.reason,
            })
            .collect(),
        may_decide,
        is_first_decider,
        has_looked,
        outcomes: choices::asked(offered.iter().map(|outcome| (outcome.as_str(), outcome.label())), filled.0),
        filled: filled.1.to_owned(),
        reason_chars_max: REASON_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}
