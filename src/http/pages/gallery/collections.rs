//! The forms about collections.

use askama::Template;
use axum::body::Body;
use axum::http::Response;

use super::super::account::{Mistake, mistake, with_own_referrer};
use super::super::html;
use super::view::View;
use super::{Said, page};
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::usecases::collections::{create_collection, delete_collection, rename_collection};
use crate::usecases::list_images::From;

#[derive(Template)]
#[template(path = "collection_deletion.html")]
struct CollectionDeletionPage {
    form_token: String,
    id: String,
    name: String,
    images: u64,
    /// The collection's page.
    back: String,
}

/// `POST /gallery/collections` with `name`, and `team` if it is to be another account's.
///
/// # Errors
/// `form-stale`, `not-found`, `too-many-collections`, or a fault.
pub async fn create(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let view = View::of_form(&app, &of_session(&session), &form).await?;
    let name = form.field("name").unwrap_or_default();
    match create_collection(&app, &view.owner.account_id, name).await {
        Ok(made) => {
            let id = made.collection.id.to_string();
            Ok(see_other(&view.address_of(&[("collection", &id), ("done", "made")])))
        }
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            let said = Said { mistake, filled: name.to_owned(), ..Said::default() };
            page(&app, &session, view, &From::Start, (status, said)).await
        }
    }
}

/// `POST /gallery/collections/rename` with `collection` and `name`.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn rename(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let member = of_session(&session);
    let view = View::of_form(&app, &member, &form).await?;
    let id = view.collection.as_ref().map(|counted| counted.collection.id.clone()).ok_or(Problem::NotFound)?;
    let name = form.field("name").unwrap_or_default();
    match rename_collection(&app, &member, &id, name).await {
        Ok(_) => Ok(see_other(&view.address(&[("done", "renamed")]))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            let mistake = Mistake { field: "rename", ..mistake };
            let said = Said { mistake, filled: name.to_owned(), ..Said::default() };
            page(&app, &session, view, &From::Start, (status, said)).await
        }
    }
}

/// `POST /gallery/collections/delete` with `collection`: asks first, and with `sure` does it. No image is deleted.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn delete(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let member = of_session(&session);
    let view = View::of_form(&app, &member, &form).await?;
    let counted = view.collection.clone().ok_or(Problem::NotFound)?;
    if form.field("sure").is_some() {
        delete_collection(&app, &member, &counted.collection.id).await?;
        return Ok(see_other(&view.address_of(&[("done", "unmade")])));
    }
    let page = CollectionDeletionPage {
        form_token: session.form_token().to_owned(),
        id: counted.collection.id.to_string(),
        name: counted.collection.name,
        images: counted.images,
        back: view.address(&[]),
    };
    html(axum::http::StatusCode::OK, &page).map(with_own_referrer)
}
