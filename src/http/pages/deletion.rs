//! `/{id}/delete`: asks whoever holds the delete token, or owns the image, and then does it. Looking never deletes: links are
//! opened by mail scanners and previews, too.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

use super::figures::Moment;
use super::viewer;
use crate::app::App;
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::image::Image;
use crate::domain::owner::Member;
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::api::oembed::fit;
use crate::http::identity::{FORM_TOKEN, Identity};
use crate::http::member::of_session;
use crate::http::private_address::seen;
use crate::http::problem::Occurrence;
use crate::http::upload_request::read_short_form;
use crate::policy::retention::CACHE_MS;
use crate::ports::incoming::Incoming;
use crate::usecases::open_image::{Changer, open_image};
use crate::usecases::open_session::SessionUse;
use crate::usecases::remove::{Deleter, Removed, authorised, remove};
use crate::usecases::show::{Shown, show};

/// Largest picture on the page, in CSS pixels: enough to recognise it.
const SHOWN: (u32, u32) = (320, 240);

#[derive(Template)]
#[template(path = "deletion.html")]
struct DeletionPage {
    id: String,
    picture: Option<Picture>,
    /// By what it may be deleted, as far as that is known.
    right: Right,
    /// What is wrong with what was entered.
    error: Option<String>,
    /// When its bytes are erased, if it is deleted now; `None`: at once.
    erased: Option<Moment>,
    recovery: String,
    cached: String,
}

/// By what an image may be deleted.
#[derive(Clone, Debug)]
enum Right {
    /// By this token, which is right.
    Token(String),
    /// It is the image of whoever asks; what the form of that sign-in carries.
    Owner(String),
    /// By a token that is asked for.
    Unknown,
}

/// The image in question, unless it is held: then it is shown to nobody.
struct Picture {
    url: String,
    alt: String,
    width: u32,
    height: u32,
}

impl Picture {
    fn of(app: &App, image: &Image) -> Self {
        let (width, height) = fit((image.facts.width, image.facts.height), SHOWN);
        let alt = image.details.caption.clone().unwrap_or_else(|| "The image in question".into());
        Self { url: seen(app, image, ""), alt, width, height }
    }
}

#[derive(Template)]
#[template(path = "deleted.html")]
struct DeletedPage {
    /// When the bytes are erased; `None`: the removal is still underway.
    erased: Option<Moment>,
    cached: String,
}

/// `GET /{id}/delete`.
///
/// # Errors
/// `not-found`.
pub async fn ask(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let token = query.into_owned().find(|(name, _)| name == "token").map(|(_, token)| token);
    let picture = match show(&app, &id, viewer_of(&identity).as_ref()).await {
        Ok(Shown::Gone(departed)) => return viewer::gone(&id, &departed, None, false),
        Ok(Shown::Public(image)) => Some(Picture::of(&app, &image)),
        Ok(Shown::Held(_)) => None,
        // Whoever holds the token of a private image may delete it, and need not see it.
        Err(Error::Problem(Problem::NotFound)) if token.is_some() => None,
        Err(error) => return Err(error),
    };
    let Some(token) = token else {
        let right = right_of(&app, &id, &identity).await;
        return form(&app, &id, picture, right, None);
    };
    match authorised(&app, &id, Deleter::Holder(&DeleteToken::from_caller(&token))).await {
        Ok(()) => form(&app, &id, picture, Right::Token(token), None),
        Err(error) => refused(&app, &id, &identity, error).await,
    }
}

/// `POST /{id}/delete` with the form field `token`: the token, or the whole delete link.
///
/// # Errors
/// `not-found`, `cross-site-form`, or a fault if nothing could be done.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let fields = read_short_form(&app, &headers, &body).await?;
    let token = token_in(fields.field("token").unwrap_or_default());
    let removed = match token {
        "" => match identity.session().filter(|_| fields.field(FORM_TOKEN).is_some()) {
            Some(session) => {
                identity.check_form(&fields)?;
                match owner_of(&app, &id, session).await {
                    Ok(owner) => remove(&app, &id, Deleter::Owner(&owner.account_id)).await,
                    Err(error) => Err(error),
                }
            }
            None => Err(Problem::DeleteTokenMissing.into()),
        },
        token => remove(&app, &id, Deleter::Holder(&DeleteToken::from_caller(token))).await,
    };
    let cached = human_duration(CACHE_MS);
    match removed {
        Ok(Removed::Done { erased_at }) => {
            super::html(StatusCode::OK, &DeletedPage { erased: Some(erased_at.into()), cached })
        }
        Ok(Removed::Underway) => super::html(StatusCode::ACCEPTED, &DeletedPage { erased: None, cached }),
        Err(error) => refused(&app, &id, &identity, error).await,
    }
}

/// Whoever looks, if it is somebody with an account.
fn viewer_of(identity: &Identity) -> Option<Member> {
    identity.session().map(of_session)
}

/// Whether whoever asks needs no token, because the image is theirs.
async fn right_of(app: &App, id: &ImageId, identity: &Identity) -> Right {
    let Some(session) = identity.session() else { return Right::Unknown };
    // Whatever fails here is told when it is tried.
    match owner_of(app, id, session).await {
        Ok(_) => Right::Owner(session.form_token().to_owned()),
        Err(_) => Right::Unknown,
    }
}

/// The account to which the image belongs, if whoever is signed in may change what that has.
async fn owner_of(app: &App, id: &ImageId, session: &SessionUse) -> Result<Member, Error> {
    let member = of_session(session);
    Ok(open_image(app, Changer { member: &member, collection: None }, id).await?.owner)
}

/// The form again, with what was wrong; other errors are not the form's to tell.
async fn refused(app: &App, id: &ImageId, identity: &Identity, error: Error) -> Result<Response<Body>, Error> {
    let Error::Problem(problem) = &error else { return Err(error) };
    match (problem, show(app, id, viewer_of(identity).as_ref()).await?) {
        (Problem::DeleteTokenMissing | Problem::DeleteTokenWrong, Shown::Public(image)) => {
            form(app, id, Some(Picture::of(app, &image)), Right::Unknown, Some(&Occurrence::of(&error)))
        }
        (Problem::DeleteTokenMissing | Problem::DeleteTokenWrong, Shown::Held(_)) => {
            form(app, id, None, Right::Unknown, Some(&Occurrence::of(&error)))
        }
        (Problem::ImageGone, Shown::Gone(departed)) => viewer::gone(id, &departed, None, false),
        _ => Err(error),
    }
}

fn form(
    app: &App,
    id: &ImageId,
    picture: Option<Picture>,
    right: Right,
    refused: Option<&Occurrence>,
) -> Result<Response<Body>, Error> {
    let recovery_ms = app.settings.retention.recovery_ms();
    let page = DeletionPage {
        id: id.to_string(),
        picture,
        right,
        error: refused.map(|occurrence| format!("{}. {}", occurrence.kind.title, occurrence.detail)),
        erased: (recovery_ms > 0).then(|| app.now().plus_ms(recovery_ms).into()),
        recovery: human_duration(recovery_ms),
        cached: human_duration(CACHE_MS),
    };
    let mut response = super::html(refused.map_or(StatusCode::OK, Occurrence::status), &page)?;
    if response.status() == StatusCode::UNAUTHORIZED {
        // As every 401 (RFC 9110 §11.6.1); browsers leave this scheme to programs.
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Ok(response)
}

/// The token in what someone pasted: itself, or the end of the delete link.
pub(super) fn token_in(pasted: &str) -> &str {
    let pasted = pasted.trim();
    let token = pasted.rsplit_once("token=").map_or(pasted, |(_, token)| token);
    token.split(['&', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::token_in;

    #[test]
    fn a_token_is_found_in_a_pasted_link() {
        assert_eq!(token_in(" del_abc "), "del_abc");
        assert_eq!(token_in("https://tintype.example/x/delete?token=del_abc"), "del_abc");
        assert_eq!(token_in("https://tintype.example/x/delete?token=del_abc&x=1#y"), "del_abc");
        assert_eq!(token_in(""), "");
    }
}
