//! `/{id}/edit`: what is said about an image, and the collection it is in, for its owner to change.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};

use super::account::{Mistake, mistake, with_own_referrer};
use super::choices::{self, Choice};
use super::gallery::plates::Plate;
use super::html;
use crate::app::App;
use crate::domain::details::{self, CAPTION_CHARS_MAX, Details, InvalidField};
use crate::domain::ids::ImageId;
use crate::domain::owner::Member;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::upload_request::ShortForm;
use crate::http::whose;
use crate::usecases::edit_image::{Changes, edit_image};
use crate::usecases::open_image::{Changer, OpenImage, open_image};
use crate::usecases::open_session::SessionUse;

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    form_token: String,
    plate: Plate,
    caption: String,
    labels: String,
    collections: Vec<Choice>,
    caption_chars_max: usize,
    mistake: Mistake,
}

/// What the form says.
struct Filled {
    caption: String,
    labels: String,
    collection: String,
}

/// `GET /{id}/edit`.
///
/// # Errors
/// `not-found`, `image-gone`, `not-your-image`, or a fault.
pub async fn ask(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let open = open(&app, &of_session(&session), &id).await?;
    let filled = Filled::of(&open);
    page(&app, &session, &open, filled, (StatusCode::OK, Mistake::default())).await
}

/// `POST /{id}/edit` with `caption`, `labels` as lines, and `collection`.
///
/// # Errors
/// `form-stale`, `not-found`, `image-gone`, `not-your-image`, or a fault.
pub async fn act(Path(id): Path<String>, OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let member = of_session(&session);
    let open = open(&app, &member, &id).await?;
    let filled = Filled::sent(&form);
    let done = async {
        let changes = changes(&open, &filled)?;
        edit_image(&app, Changer { member: &member, collection: None }, open.image.id(), &changes).await
    };
    match done.await {
        Ok(image) => Ok(see_other(&format!("/{}", image.id()))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, &open, filled, (status, mistake)).await
        }
    }
}

async fn open(app: &App, member: &Member, id: &str) -> Result<OpenImage, Error> {
    let id = ImageId::parse(id).ok_or(Problem::NotFound)?;
    open_image(app, Changer { member, collection: None }, &id).await
}

impl Filled {
    fn of(open: &OpenImage) -> Self {
        let Details { caption, labels, .. } = open.image.details();
        let collection = open.image.placement().collection.as_ref();
        Self {
            caption: lines(&caption.clone().unwrap_or_default()),
            labels: details::lines_of_labels(labels),
            collection: collection.map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn sent(form: &ShortForm) -> Self {
        let text = |name| lines(form.field(name).unwrap_or_default());
        Self { caption: text("caption"), labels: text("labels"), collection: text("collection") }
    }
}

/// Text as forms and callers end its lines, with its lines ended alike.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// What the form changes: what somebody has not touched stays as it was, also where a form cannot say it.
fn changes(open: &OpenImage, filled: &Filled) -> Result<Changes, Problem> {
    let was = Filled::of(open);
    let broken = |InvalidField { field, detail }| Problem::InvalidField { field, detail };
    let caption = (filled.caption != was.caption).then(|| details::caption(&filled.caption)).transpose();
    let labels = (filled.labels != was.labels).then(|| details::labels_of_lines(&filled.labels)).transpose();
    let collection = (filled.collection != was.collection).then(|| whose::collection(Some(&filled.collection)));
    Ok(Changes {
        caption: caption.map_err(broken)?,
        labels: labels.map_err(broken)?,
        metadata: None,
        collection: collection.transpose()?,
    })
}

async fn page(
    app: &App,
    session: &SessionUse,
    open: &OpenImage,
    filled: Filled,
    (status, mistake): (StatusCode, Mistake),
) -> Result<Response<Body>, Error> {
    let page = EditPage {
        form_token: session.form_token().to_owned(),
        plate: Plate::of(app, &open.image),
        collections: choices::collections(app, &open.owner, Some("no collection"), &filled.collection).await?,
        caption: filled.caption,
        labels: filled.labels,
        caption_chars_max: CAPTION_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}
