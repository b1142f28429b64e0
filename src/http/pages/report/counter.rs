//! `/report/{id}/counter`: what whoever uploaded a picture answers to a claim of copyright (17 U.S.C. 512(g)(3)).

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use crate::app::App;
use crate::domain::ids::{DeleteToken, ImageId, NoticeId};
use crate::domain::notice::CounterText;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::Identity;
use crate::http::member::of_session;
use crate::http::pages::account::{Mistake, mistake, parameter, with_retry};
use crate::http::pages::deletion::token_in;
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::http::problem::Occurrence;
use crate::http::upload_request::{ShortForm, read_short_form};
use crate::policy::rates::ANSWERS_FROM;
use crate::ports::incoming::Incoming;
use crate::usecases::count_attempts::count_from;
use crate::usecases::notices::counter::{Right, answer, authorise};

/// What the form says, to be shown again.
struct Filled {
    name: String,
    address: String,
    phone: String,
    email: String,
    reasons: String,
    signature: String,
}

#[derive(Template)]
#[template(path = "report/counter.html")]
struct CounterPage {
    form_token: Option<String>,
    id: String,
    image: String,
    /// The delete token, if it came with the address; otherwise it is asked for, of whoever is not the owner.
    token: String,
    is_owner: bool,
    filled: Filled,
    mistake: Mistake,
}

#[derive(Template)]
#[template(path = "report/countered.html")]
struct CounteredPage {
    form_token: Option<String>,
    image: String,
    restored_after: Moment,
    restored_before: Moment,
}

/// `GET /report/{id}/counter?image=…`, with `token` of whoever has no account: the form. Whether there is something to answer, is
/// told to whoever may.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn ask(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let image = parameter(&uri, "image").as_deref().and_then(ImageId::parse).ok_or(Problem::NotFound)?;
    let is_owner = match identity.session().map(of_session) {
        Some(member) => authorise(&app, &id, &image, Right::Member(&member)).await.is_ok(),
        None => false,
    };
    let page = CounterPage {
        form_token: identity.form_token(),
        id: id.to_string(),
        image: image.to_string(),
        token: parameter(&uri, "token").unwrap_or_default(),
        is_owner,
        filled: Filled::of(&ShortForm::default()),
        mistake: Mistake::default(),
    };
    html(StatusCode::OK, &page)
}

/// `POST /report/{id}/counter` with `image`, `token` of whoever has no account, and what the law asks for.
///
/// # Errors
/// `not-found`, `delete-token-wrong`, `not-your-image`, `cross-site-form`, or a fault.
pub async fn receive(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let form = read_short_form(&app, &headers, &body).await?;
    identity.check_form(&form)?;
    let image = form.field("image").and_then(ImageId::parse).ok_or(Problem::NotFound)?;
    let token = token_in(form.field("token").unwrap_or_default()).to_owned();
    let member = identity.session().map(of_session);
    let filled = Filled::of(&form);
    let done = async {
        count_from(&app, "counter_notice", caller::address(&headers), &ANSWERS_FROM).await?;
        require_statements(&form)?;
        let held = DeleteToken::from_caller(&token);
        let right = match (&member, token.is_empty()) {
            (Some(member), true) => Right::Member(member),
            (None, true) => return Err(Error::from(Problem::DeleteTokenMissing)),
            (_, false) => Right::Token(&held),
        };
        answer(&app, &id, &image, right, filled.text()).await
    };
    match done.await {
        Ok(answered) => {
            let page = CounteredPage {
                form_token: identity.form_token(),
                image: image.to_string(),
                restored_after: answered.restored_after.into(),
                restored_before: answered.restored_before.into(),
            };
            html(StatusCode::OK, &page)
        }
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake_of(error)?;
            let is_owner = token.is_empty() && member.is_some();
            let (id, image) = (id.to_string(), image.to_string());
            let page = CounterPage { form_token: identity.form_token(), id, image, token, is_owner, filled, mistake };
            Ok(with_retry(html(status, &page)?, retry_after_s))
        }
    }
}

/// What is wrong, beside what was filled in: nobody writes a statement twice because of a token.
fn mistake_of(error: Error) -> Result<(StatusCode, Mistake, Option<i64>), Error> {
    match &error {
        Error::Problem(Problem::DeleteTokenMissing | Problem::DeleteTokenWrong) => {
            let words = "This is not what shows that the picture is yours.".to_owned();
            Ok((Occurrence::of(&error).status(), Mistake { field: "token", words }, None))
        }
        _ => mistake(error),
    }
}

/// Refuses an answer without the statements under which it is signed.
fn require_statements(form: &ShortForm) -> Result<(), Problem> {
    for field in ["mistake", "jurisdiction"] {
        if form.field(field).is_none() {
            return Err(Problem::InvalidField { field, detail: "the law asks for this statement".into() });
        }
    }
    Ok(())
}

impl Filled {
    fn of(form: &ShortForm) -> Self {
        let text = |name: &str| form.field(name).unwrap_or_default().replace("\r\n", "\n").trim().to_owned();
        Self {
            name: text("name"),
            address: text("address"),
            phone: text("phone"),
            email: text("email"),
            reasons: text("reasons"),
            signature: text("signature"),
        }
    }

    fn text(&self) -> CounterText {
        CounterText {
            name: self.name.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            reasons: self.reasons.clone(),
            signature: self.signature.clone(),
        }
    }
}
