//! Who sees an image: its owner's part of the image's page, and the two forms there.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};

use super::figures::Moment;
use super::viewer;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::Image;
use crate::domain::owner::Member;
use crate::domain::time::SECOND_MS;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::private_address::sign_whole;
use crate::policy::private_images::LINK_CHOICES;
use crate::usecases::open_image::{Changer, may_change, open_image};
use crate::usecases::set_privacy::{PrivacySet, set_privacy};

/// What an image's owner sees on its page beside what everybody does.
pub struct Owned {
    /// Whether it may be made private: not without an address that is proved.
    pub may_be_private: bool,
    /// Whether a change of that has been decided and is not carried out yet.
    pub is_underway: bool,
    /// For how long links are offered: seconds, and words.
    pub choices: Vec<(i64, &'static str)>,
    /// The link that was just made.
    pub link: Option<MadeLink>,
}

/// A link that was just made.
pub struct MadeLink {
    /// The address.
    pub url: String,
    /// Until when it works.
    pub until: Moment,
}

impl Owned {
    fn by(member: &Member) -> Self {
        let choices = LINK_CHOICES.map(|(ms, words)| (ms / SECOND_MS, words)).into();
        Self { may_be_private: member.is_verified, is_underway: false, choices, link: None }
    }
}

/// What `viewer` sees as the image's owner; none for everybody else.
///
/// # Errors
/// If the database fails.
pub async fn owned(app: &App, viewer: Option<&Member>, image: &Image) -> Result<Option<Owned>, Error> {
    let Some(member) = viewer else { return Ok(None) };
    Ok(may_change(app, member, image).await?.then(|| Owned::by(member)))
}

async fn live(app: &App, member: &Member, id: &ImageId) -> Result<Image, Error> {
    Ok(open_image(app, Changer { member, collection: None }, id).await?.live()?)
}

/// `POST /{id}/privacy` with `private`, `true` or `false`.
///
/// # Errors
/// `not-found`, `not-your-image`, `image-held`, `image-gone`, `verified-account-needed`, `invalid-field`, `form-stale`.
pub async fn set(Path(id): Path<String>, OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let is_private = match form.field("private") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(Problem::InvalidField { field: "private", detail: "true or false".into() }.into()),
    };
    let member = of_session(&session);
    let mut image = live(&app, &member, &id).await?;
    if is_private && !member.is_verified {
        return Err(Problem::VerifiedAccountNeeded.into());
    }
    match set_privacy(&app, &image, is_private).await? {
        PrivacySet::Done => Ok(see_other(&format!("/{id}"))),
        PrivacySet::Underway => {
            image.placement.is_private = is_private;
            let owned = Owned { is_underway: true, ..Owned::by(&member) };
            let token = Some(session.form_token().to_owned());
            viewer::answer(&app, StatusCode::ACCEPTED, token, &image, false, Some(owned)).await
        }
    }
}

/// `POST /{id}/link` with `for`, in seconds: the page again, with a link that opens the private image for so long.
///
/// # Errors
/// As [`set`]; a public image needs no link, and is led to.
pub async fn make_link(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let member = of_session(&session);
    let image = live(&app, &member, &id).await?;
    if !image.placement.is_private {
        return Ok(see_other(&format!("/{id}")));
    }
    let seconds = form.field("for").and_then(|text| text.parse::<i64>().ok());
    let chosen = LINK_CHOICES.iter().find(|(ms, _)| seconds == Some(ms / SECOND_MS));
    let (ttl_ms, _) =
        chosen.ok_or_else(|| Problem::InvalidField { field: "for", detail: "one that the form offers".into() })?;
    let signed = sign_whole(&app, &image, *ttl_ms);
    let link = MadeLink { url: signed.url, until: signed.expires_at.into() };
    let owned = Owned { link: Some(link), ..Owned::by(&member) };
    let token = Some(session.form_token().to_owned());
    viewer::answer(&app, StatusCode::OK, token, &image, false, Some(owned)).await
}
