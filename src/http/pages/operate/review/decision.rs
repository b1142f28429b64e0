//! What the forms of `/operate/review/{id}` do: decide, take back, bring back.

use axum::body::Body;
use axum::extract::Path;
use axum::http::Response;

use super::picture::page;
use crate::domain::ground::Ground;
use crate::domain::ids::ImageId;
use crate::domain::review::Choice;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::mistake;
use crate::http::upload_request::ShortForm;
use crate::usecases::operate::decide::{Wish, decide};
use crate::usecases::operate::restore::restore;
use crate::usecases::operate::undo::undo;

/// `POST /operate/review/{id}/decide` with `choice`, `ground`, `reason`, and `copies` and `listed` if they are ticked.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn act(Path(id): Path<String>, OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let decided = async { decide(&app, &session.account_id, &id, &read(&form)?).await };
    match decided.await {
        // Some copies are left: the page of the picture offers the rest.
        Ok(decided) if decided.has_more => Ok(see_other(&format!("/operate/review/{id}"))),
        Ok(_) => Ok(see_other(&format!("/operate/review?decided={id}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, &id, None, status, Some(&form), mistake).await
        }
    }
}

fn read(form: &ShortForm) -> Result<Wish, Problem> {
    let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
    Ok(Wish {
        choice: form.field("choice").and_then(Choice::parse).ok_or_else(|| invalid("choice"))?,
        ground: form.field("ground").and_then(Ground::parse).ok_or_else(|| invalid("ground"))?,
        reason: form.field("reason").unwrap_or_default().to_owned(),
        with_copies: form.field("copies").is_some(),
        is_listed: form.field("listed").is_some(),
    })
}

/// `POST /operate/review/{id}/undo` with `reason`.
///
/// # Errors
/// `form-stale`, `not-found`, `image-gone`, or a fault.
pub async fn take_back(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let undone = undo(&app, &session.account_id, &id, form.field("reason").unwrap_or_default()).await;
    match undone {
        Ok(()) => Ok(see_other(&format!("/operate/review/{id}"))),
        Err(error) => {
            let (status, mut mistake, _) = mistake(error)?;
            mistake.field = "undo";
            page(&app, &session, &id, None, status, None, mistake).await
        }
    }
}

/// `POST /operate/review/{id}/restore` with `reason`.
///
/// # Errors
/// `form-stale`, `not-found`, `image-gone`, `busy`, or a fault.
pub async fn bring_back(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let restored = restore(&app, &session.account_id, &id, form.field("reason").unwrap_or_default()).await;
    match restored {
        Ok(()) => Ok(see_other(&format!("/operate/review/{id}"))),
        Err(error) => {
            let (status, mut mistake, _) = mistake(error)?;
            mistake.field = "restore";
            page(&app, &session, &id, None, status, None, mistake).await
        }
    }
}
