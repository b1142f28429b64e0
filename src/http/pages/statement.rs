//! `/{id}/statement`: why an image is restricted, for whoever owns it or has its delete token, and where that is appealed. The token
//! comes in a form, never in an address.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::account::{Mistake, mistake, with_own_referrer};
use super::deletion::token_in;
use super::figures::Moment;
use crate::app::App;
use crate::domain::ids::{AccountId, DeleteToken, ImageId};
use crate::error::{Error, Problem};
use crate::http::identity::{Identity, see_other};
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::problem::Occurrence;
use crate::http::upload_request::{ShortForm, read_short_form};
use crate::policy::statements::WORDS_CHARS_MAX;
use crate::ports::incoming::Incoming;
use crate::usecases::appeal::{appeal, words_of};
use crate::usecases::decide_appeal::outcome_words;
use crate::usecases::notices::claim::{Claim, claim_of};
use crate::usecases::open_session::SessionUse;
use crate::usecases::read_statements::{self, Read, Reader, read_statements};
use crate::usecases::reasons::reasons;
use crate::usecases::withheld_in::withheld_in;

/// A statement as the page shows it.
struct StatementRow {
    number: i64,
    kind: &'static str,
    imposed: Moment,
    ended: Option<Moment>,
    scope: String,
    facts: String,
    basis: String,
    origin: String,
    redress: String,
    may_appeal: bool,
    appeal: Option<AppealRow>,
    /// Of what is removed for copyright: who claims it.
    claim: Option<Claim>,
}

/// An appeal as the page shows it.
struct AppealRow {
    opened: Moment,
    due: Moment,
    decided: Option<Moment>,
    outcome: &'static str,
    reason: String,
    words: Option<String>,
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage {
    /// Of whoever is signed in.
    form_token: Option<String>,
    /// Where its forms go, and what they are about in words.
    action: String,
    about: String,
    /// The delete token with which it was opened.
    token: Option<String>,
    /// Whether the token is still to be asked for.
    asks: bool,
    rows: Vec<StatementRow>,
    /// The countries in which it is withheld, and why.
    places: Vec<(&'static str, String)>,
    words_chars_max: usize,
    words: String,
    mistake: Mistake,
}

async fn rows_of(app: &App, read: Vec<Read>) -> Result<Vec<StatementRow>, Error> {
    let mut rows = Vec::with_capacity(read.len());
    for Read { statement, appeal, may_appeal } in read {
        let told = reasons(&statement);
        let appeal = match appeal {
            None => None,
            Some(appeal) => Some(AppealRow {
                opened: appeal.opened_at.into(),
                due: appeal.due_at.into(),
                decided: appeal.decided_at.map(Moment::from),
                outcome: outcome_words(appeal.outcome, appeal.is_back()),
                words: words_of(app, &appeal).await?,
                reason: appeal.reason.unwrap_or_default(),
            }),
        };
        rows.push(StatementRow {
            claim: claim_of(app, &statement).await?,
            number: statement.number,
            kind: told.kind.label(),
            imposed: statement.imposed_at.into(),
            ended: statement.ended_at.map(Moment::from),
            scope: told.scope,
            facts: told.facts,
            basis: told.basis,
            origin: told.origin,
            redress: told.redress,
            may_appeal,
            appeal,
        });
    }
    Ok(rows)
}

/// In which countries an image is withheld, and why.
async fn places(app: &App, id: &ImageId) -> Result<Vec<(&'static str, String)>, Error> {
    let rows = withheld_in(app, id).await?;
    Ok(rows.into_iter().map(|row| (row.country.name, row.reason.clone())).collect())
}

/// What the page of an image is made of.
struct Shown<'a> {
    identity: &'a Identity,
    id: &'a ImageId,
    token: Option<&'a str>,
    /// None: the token is asked for.
    read: Option<Vec<Read>>,
    /// What was written in an appeal that had a mistake.
    words: &'a str,
}

async fn page(app: &App, status: StatusCode, shown: Shown<'_>, mistake: Mistake) -> Result<Response<Body>, Error> {
    let asks = shown.read.is_none();
    let page = StatementPage {
        form_token: shown.identity.form_token(),
        action: format!("/{}", shown.id),
        about: format!("the picture {}", shown.id),
        token: shown.token.map(str::to_owned),
        asks,
        places: if asks { Vec::new() } else { places(app, shown.id).await? },
        rows: rows_of(app, shown.read.unwrap_or_default()).await?,
        words_chars_max: WORDS_CHARS_MAX,
        words: shown.words.to_owned(),
        mistake,
    };
    let mut response = super::html(status, &page)?;
    if status == StatusCode::UNAUTHORIZED {
        // As every 401 (RFC 9110 §11.6.1); browsers leave this scheme to programs.
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Ok(with_own_referrer(response))
}

/// `GET /{id}/statement`: for its owner at once, for others a form that asks for the delete token. Whether there is such an image is
/// not told.
///
/// # Errors
/// `not-found` for what is no image's name; a fault if something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let read = match identity.session() {
        None => None,
        Some(session) => match read_statements(&app, &id, Reader::Member(&of_session(session))).await {
            Ok(read) => Some(read),
            Err(Error::Problem(_)) => None,
            Err(fault) => return Err(fault),
        },
    };
    page(&app, StatusCode::OK, Shown { identity: &identity, id: &id, token: None, read, words: "" }, Mistake::default())
        .await
}

/// `POST /{id}/statement` with `token`, the delete token or the whole delete link.
///
/// # Errors
/// `not-found`, `image-gone`, `cross-site-form`, or a fault.
pub async fn open(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let form = read_short_form(&app, &headers, &body).await?;
    match read_as(&app, &identity, &id, &form).await {
        Ok((token, _, read)) => {
            let shown = Shown { identity: &identity, id: &id, token: token.as_deref(), read: Some(read), words: "" };
            page(&app, StatusCode::OK, shown, Mistake::default()).await
        }
        Err(error) => refused(&app, &identity, &id, error).await,
    }
}

/// `POST /{id}/appeal` with `number` (of the statement), `words`, and `token` unless it is the owner's form.
///
/// # Errors
/// As [`open`].
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let form = read_short_form(&app, &headers, &body).await?;
    let (token, account, read) = match read_as(&app, &identity, &id, &form).await {
        Ok(read) => read,
        Err(error) => return refused(&app, &identity, &id, error).await,
    };
    let opened = appeal(&app, &read, number_in(&form), account.as_ref(), words_in(&form)).await;
    let (status, mistake, words) = match opened {
        Ok(_) if token.is_none() => return Ok(see_other(&format!("/{id}/statement"))),
        Ok(_) => (StatusCode::OK, Mistake::default(), ""),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            (status, mistake, words_in(&form))
        }
    };
    let (_, _, read) = read_as(&app, &identity, &id, &form).await?;
    let shown = Shown { identity: &identity, id: &id, token: token.as_deref(), read: Some(read), words };
    page(&app, status, shown, mistake).await
}

fn number_in(form: &ShortForm) -> i64 {
    form.field("number").and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn words_in(form: &ShortForm) -> &str {
    form.field("words").unwrap_or_default()
}

/// The statements for whoever sends a form: with a token for whoever has that, without one for who is signed in. Answers the token
/// or the account, too.
async fn read_as(
    app: &App,
    identity: &Identity,
    id: &ImageId,
    form: &ShortForm,
) -> Result<(Option<String>, Option<AccountId>, Vec<Read>), Error> {
    match (token_in(form.field("token").unwrap_or_default()), identity.session()) {
        ("", Some(session)) => {
            identity.check_form(form)?;
            let member = of_session(session);
            let read = read_statements(app, id, Reader::Member(&member)).await?;
            Ok((None, Some(member.account_id), read))
        }
        ("", None) => Err(Problem::DeleteTokenMissing.into()),
        (token, _) => {
            let read = read_statements(app, id, Reader::Holder(&DeleteToken::from_caller(token))).await?;
            Ok((Some(token.to_owned()), None, read))
        }
    }
}

/// The form again, with what was wrong; other errors are not the form's to tell.
async fn refused(app: &App, identity: &Identity, id: &ImageId, error: Error) -> Result<Response<Body>, Error> {
    let Error::Problem(Problem::DeleteTokenMissing | Problem::DeleteTokenWrong) = &error else { return Err(error) };
    let occurrence = Occurrence::of(&error);
    let words = format!("{}. {}", occurrence.kind.title, occurrence.detail);
    let mistake = Mistake { field: "token", words };
    let shown = Shown { identity, id, token: None, read: None, words: "" };
    page(app, occurrence.status(), shown, mistake).await
}

/// `GET /settings/statement`: why an account is suspended, or was.
///
/// # Errors
/// If something of ours failed.
pub async fn show_own(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    own_page(&app, &session, StatusCode::OK, "", Mistake::default()).await
}

/// `POST /settings/statement` with `number` and `words`: appeals against that.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn act_own(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let read = read_statements::of_account(&app, &session.account_id).await?;
    match appeal(&app, &read, number_in(&form), Some(&session.account_id), words_in(&form)).await {
        Ok(_) => Ok(see_other("/settings/statement")),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            own_page(&app, &session, status, words_in(&form), mistake).await
        }
    }
}

async fn own_page(
    app: &App,
    session: &SessionUse,
    status: StatusCode,
    words: &str,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let read = read_statements::of_account(app, &session.account_id).await?;
    let page = StatementPage {
        form_token: Some(session.form_token().to_owned()),
        action: "/settings/statement".into(),
        about: "your account".into(),
        token: None,
        asks: false,
        rows: rows_of(app, read).await?,
        places: Vec::new(),
        words_chars_max: WORDS_CHARS_MAX,
        words: words.to_owned(),
        mistake,
    };
    super::html(status, &page).map(with_own_referrer)
}
