//! `/{id}/restore`: brings an image back that its owner has deleted.

use axum::body::Body;
use axum::extract::Path;
use axum::http::Response;

use crate::domain::ids::ImageId;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::usecases::restore_image::restore_image;

/// `POST /{id}/restore`, which leads to the image.
///
/// # Errors
/// `form-stale`, `not-found`, `not-your-image`, `image-gone`, `busy`, or a fault.
pub async fn act(Path(id): Path<String>, OwnForm { app, session, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    restore_image(&app, &of_session(&session), &id).await?;
    Ok(see_other(&format!("/{id}")))
}
