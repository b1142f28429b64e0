//! `/`: the upload page, and the page that answers its form. The same page serves people without
//! JavaScript; with it, `<upload-queue>` sends each file through the API instead.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

use super::choices::{self, Choice};
use super::disclosure::Disclosure;
use super::problems::{self, Remedy};
use super::result::{Card, HeldCard, Outcome, Refusal};
use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::CollectionId;
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Error};
use crate::http::RequestId;
use crate::http::identity::Identity;
use crate::http::member::of_session;
use crate::http::problem::{self, Occurrence};
use crate::http::upload_request::read_page_form;
use crate::http::whose::{COLLECTION, parameter};
use crate::ports::incoming::Incoming;
use crate::usecases::act_for::Need;
use crate::usecases::open_collection::open_collection;
use crate::usecases::place_upload::place_upload;
use crate::usecases::upload::upload;

/// Random bytes in a form's idempotency key: what a UUID holds.
const KEY_BYTES: usize = 16;

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    disclosure: Disclosure,
    /// What the forms of whoever is signed in carry.
    form_token: Option<String>,
    /// The collections into which whoever is signed in can upload, after none at all; empty: there are none.
    collections: Vec<Choice>,
    /// Whether private images are offered: only an owner whose address is proved sees them again.
    may_be_private: bool,
    /// Makes a form sent twice, by a reload or an impatient click, count once.
    idempotency_key: String,
    /// What `<upload-queue>` makes results of.
    card: Card,
    held: HeldCard,
    remedies: &'static [Remedy],
}

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage {
    outcomes: Vec<Outcome>,
    /// What the forms of whoever is signed in carry.
    form_token: Option<String>,
    /// How many were taken.
    taken: usize,
    /// How many of them can be seen already.
    online: usize,
}

/// `GET /`.
///
/// # Errors
/// If there is no randomness, or the policy has no window for uploads.
pub async fn show_form(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let member = identity.session().map(of_session);
    let mut random = [0; KEY_BYTES];
    app.ports.rng.fill(&mut random).attempt("make a form's key")?;
    let page = UploadPage {
        disclosure: Disclosure::of(&app, member.as_ref())?,
        form_token: identity.form_token(),
        collections: collections(&app, member.as_ref(), &uri).await?,
        may_be_private: member.as_ref().is_some_and(|member| member.is_verified),
        idempotency_key: hex::encode(&random),
        card: Card::blank(),
        held: HeldCard::blank(),
        remedies: problems::REMEDIES,
    };
    let mut response = super::html(StatusCode::OK, &page)?;
    // This address holds no secret; and with it, browsers without Sec-Fetch-Site still name the origin of
    // the form (see refuse_cross_site).
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// The collections that `member` can choose from; the one that the address names is chosen, whosever it is.
async fn collections(app: &App, member: Option<&Member>, uri: &Uri) -> Result<Vec<Choice>, Error> {
    let Some(member) = member else { return Ok(Vec::new()) };
    let named = parameter(uri, COLLECTION).as_deref().and_then(CollectionId::parse);
    let opened = match &named {
        Some(id) => open_collection(app, member, id, Need::Change).await?,
        None => None,
    };
    let chosen = opened.as_ref().map(|opened| opened.collection.id.to_string()).unwrap_or_default();
    let mut choices = choices::collections(app, member, Some("no collection"), &chosen).await?;
    if let Some(opened) = opened.filter(|opened| opened.owner.account_id != member.account_id) {
        choices.push(Choice { value: chosen, words: opened.collection.name, is_chosen: true });
    }
    Ok(if choices.len() > 1 { choices } else { Vec::new() })
}

/// `POST /`: takes the files of the form, each on its own, and tells what became of each.
///
/// # Errors
/// If the form as a whole is not acceptable.
pub async fn receive_form(
    Extension(app): Extension<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let mut outcomes = Vec::new();
    let mut refused: Option<Occurrence> = None;
    for (name, request) in read_page_form(&app, &identity, &headers, &body).await? {
        let uploaded = match place_upload(&app, None, request).await {
            Ok(request) => upload(&app, request).await,
            Err(error) => Err(error),
        };
        outcomes.push(match uploaded {
            Ok(uploaded) => Outcome::of(&app, &uploaded),
            Err(error) => {
                let occurrence = problem::note(&app, &request_id, &error);
                let refusal = Refusal::of(name, &occurrence);
                refused.get_or_insert(occurrence);
                Outcome::Refused(refusal)
            }
        });
    }
    let online = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Taken(_))).count();
    let taken = outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Refused(_))).count();
    // Some files taken is an answer like any other; none is what happened to the first.
    let refused = refused.filter(|_| taken == 0);
    let status = refused.as_ref().map_or(StatusCode::OK, Occurrence::status);
    let mut response = super::html(status, &ResultPage { outcomes, form_token: identity.form_token(), taken, online })?;
    if let Some(seconds) = refused.and_then(|occurrence| occurrence.retry_after_s) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}
