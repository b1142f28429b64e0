//! What is done in the gallery with several images at once, and taking one in.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::super::account::with_own_referrer;
use super::super::html;
use super::SHOWN;
use super::plates::Plate;
use super::view::View;
use crate::app::App;
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::owner::Member;
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::upload_request::ShortForm;
use crate::http::whose;
use crate::usecases::claim::claim as claim_image;
use crate::usecases::move_images::{Destination, move_images};
use crate::usecases::open_image::{Changer, open_image};
use crate::usecases::open_session::SessionUse;
use crate::usecases::remove_many::{Owned, remove_many};

#[derive(Template)]
#[template(path = "gallery_deletion.html")]
struct GalleryDeletionPage {
    form_token: String,
    view: View,
    /// The view from which it was asked for.
    back: String,
    plates: Vec<Plate>,
    /// How long bytes wait in recovery, in words; none: not at all.
    recovery: Option<String>,
}

/// `POST /gallery/delete` with `id`, as often as there are: asks first, and with `sure` does it.
///
/// # Errors
/// `form-stale`, `not-found` for what whoever asks may not change, or a fault.
pub async fn delete(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let member = of_session(&session);
    let view = View::of_form(&app, &member, &form).await?;
    let ids = chosen(&form);
    if ids.is_empty() {
        return Ok(see_other(&view.address(&[("done", "nothing")])));
    }
    if form.field("sure").is_none() {
        return ask(&app, &session, &member, view, &ids).await;
    }
    let owned = Owned { account: &view.owner.account_id, collection: None };
    let removed = remove_many(&app, owned, &ids).await?;
    let (images, underway) = (removed.images().to_string(), removed.underway.len().to_string());
    Ok(see_other(&view.address(&[("deleted", &images), ("underway", &underway)])))
}

/// `POST /gallery/move` with `id`, as often as there are, and `to`: a collection, or nothing to take them out of theirs.
///
/// # Errors
/// `form-stale`, `invalid-field`, `not-found` for what whoever asks may not change, or a fault.
pub async fn move_ticked(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let member = of_session(&session);
    let view = View::of_form(&app, &member, &form).await?;
    let ids = chosen(&form);
    if ids.is_empty() {
        return Ok(see_other(&view.address(&[("done", "nothing")])));
    }
    let collection = whose::collection(form.field("to"))?;
    let destination = match &collection {
        Some(collection) => Destination::Collection(collection),
        None => Destination::Out(&view.owner.account_id),
    };
    let moved = move_images(&app, &member, &ids, destination).await?;
    Ok(see_other(&view.address(&[("moved", &moved.len().to_string())])))
}

/// `POST /gallery/claim` with `link`: a delete link, of an image that is nobody's.
///
/// # Errors
/// `form-stale`, `delete-token-wrong`, `not-your-image`, `not-found`, `image-gone`, or a fault.
pub async fn claim(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let link = form.field("link").unwrap_or_default();
    let (id, token) = id_and_token(link).ok_or(Problem::NotFound)?;
    claim_image(&app, &of_session(&session), &id, &token).await?;
    Ok(see_other("/gallery?done=claimed"))
}

/// The image that a delete link is of, and its token.
fn id_and_token(link: &str) -> Option<(ImageId, DeleteToken)> {
    let (page, token) = link.trim().rsplit_once("/delete?token=")?;
    let id = page.rsplit('/').next().and_then(ImageId::parse)?;
    Some((id, DeleteToken::from_caller(token.split(['&', '#']).next()?)))
}

/// Shows what would be deleted. What is not the account's is not shown, and would not be deleted either.
async fn ask(
    app: &App,
    session: &SessionUse,
    member: &Member,
    view: View,
    ids: &[ImageId],
) -> Result<Response<Body>, Error> {
    let mut plates = Vec::new();
    for id in ids {
        match open_image(app, Changer { member, collection: None }, id).await {
            Ok(open) if open.owner.account_id == view.owner.account_id => plates.push(Plate::of(app, &open.image)),
            Ok(_) | Err(Error::Problem(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if plates.is_empty() {
        return Ok(see_other(&view.address(&[("done", "nothing")])));
    }
    let recovery_ms = app.settings.retention.recovery_ms();
    let page = GalleryDeletionPage {
        form_token: session.form_token().to_owned(),
        back: view.address(&[]),
        view,
        plates,
        recovery: (recovery_ms > 0).then(|| human_duration(recovery_ms)),
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// The images that are ticked: not more than a page shows.
fn chosen(form: &ShortForm) -> Vec<ImageId> {
    form.all("id").filter_map(ImageId::parse).take(SHOWN).collect()
}
