//! `/gallery`: the images of whoever is signed in, the latest first.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};

use super::account::{parameter, with_own_referrer};
use super::figures::{self, Moment};
use super::html;
use crate::app::App;
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::image::{HeldImage, Image};
use crate::domain::listing::Place;
use crate::domain::time::human_duration;
use crate::domain::warning::Warning;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::sizes::Sizes;
use crate::http::upload_request::ShortForm;
use crate::usecases::claim::claim as claim_image;
use crate::usecases::list_images::{From, list_images, usage};
use crate::usecases::open_session::SessionUse;
use crate::usecases::remove_many::{RemovedMany, remove_many};
use crate::usecases::show::{Shown, show};
use crate::usecases::upload::Taken;

/// Images on a page: rows of two, three, four and six come out even.
const SHOWN: usize = 24;
/// Longest name under a picture, in characters.
const NAME_CHARS_MAX: usize = 70;

/// An image in the gallery.
struct Plate {
    id: String,
    name: String,
    /// Its smaller picture; none while it is held.
    picture: Option<Picture>,
    /// When it leaves; none: when its owner deletes it.
    leaves: Option<Moment>,
    is_held: bool,
    /// Whether others see a placeholder first, as here.
    is_restricted: bool,
}

struct Picture {
    url: String,
    width: u32,
    height: u32,
}

#[derive(Template)]
#[template(path = "gallery.html")]
struct GalleryPage {
    form_token: String,
    /// What has just been done.
    done: String,
    is_verified: bool,
    plates: Vec<Plate>,
    /// How many there are, and how large they are together.
    total: String,
    /// Where older and newer ones are.
    older: Option<String>,
    newer: Option<String>,
    /// Whether there are any at all.
    is_empty: bool,
}

#[derive(Template)]
#[template(path = "gallery_deletion.html")]
struct GalleryDeletionPage {
    form_token: String,
    plates: Vec<Plate>,
    /// How long bytes wait in recovery, in words; none: not at all.
    recovery: Option<String>,
}

/// `GET /gallery?before=…` or `?after=…`.
///
/// # Errors
/// If something of ours failed.
pub async fn show_all(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let place = |name| parameter(&uri, name).as_deref().and_then(Place::parse);
    let from = match (place("before"), place("after")) {
        (Some(place), _) => From::Before(place),
        (None, Some(place)) => From::After(place),
        (None, None) => From::Start,
    };
    let mut listed = list_images(&app, &session.account_id, &from, SHOWN).await?;
    if listed.images.is_empty() && from != From::Start {
        // What was there has been deleted meanwhile.
        listed = list_images(&app, &session.account_id, &From::Start, SHOWN).await?;
    }
    let usage = usage(&app, &session.account_id).await?;
    let pictures = if usage.images == 1 { "picture" } else { "pictures" };
    let page = GalleryPage {
        form_token: session.form_token().to_owned(),
        done: done(&uri),
        is_verified: session.is_verified,
        plates: listed.images.iter().map(|image| Plate::of(&app, image)).collect(),
        total: format!("{} {pictures}, {}", usage.images, figures::size(usage.bytes)),
        older: listed.older.map(|place| place.cursor()),
        newer: listed.newer.map(|place| place.cursor()),
        is_empty: usage.images == 0,
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// `POST /gallery/delete` with `id`, as often as there are: asks first, and with `sure` does it.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn delete(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let ids = chosen(&form);
    if ids.is_empty() {
        return Ok(see_other("/gallery?done=nothing"));
    }
    if form.field("sure").is_none() {
        return ask(&app, &session, &ids).await;
    }
    let RemovedMany { images, underway } = remove_many(&app, &session.account_id, &ids).await?;
    Ok(see_other(&format!("/gallery?deleted={images}&underway={underway}")))
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
async fn ask(app: &App, session: &SessionUse, ids: &[ImageId]) -> Result<Response<Body>, Error> {
    let (mut plates, viewer) = (Vec::new(), of_session(session));
    for id in ids {
        let taken = match show(app, id, Some(&viewer)).await {
            Ok(Shown::Public(image)) => Taken::Public(image),
            Ok(Shown::Held(image)) => Taken::Held(image),
            Ok(Shown::Gone(_)) | Err(Error::Problem(Problem::NotFound)) => continue,
            Err(error) => return Err(error),
        };
        let owner = match &taken {
            Taken::Public(image) => image.owner.as_ref(),
            Taken::Held(image) => image.owner.as_ref(),
        };
        if owner.is_some_and(|owner| owner.account_id == session.account_id) {
            plates.push(Plate::of(app, &taken));
        }
    }
    if plates.is_empty() {
        return Ok(see_other("/gallery?done=nothing"));
    }
    let recovery_ms = app.settings.retention.recovery_ms();
    let page = GalleryDeletionPage {
        form_token: session.form_token().to_owned(),
        plates,
        recovery: (recovery_ms > 0).then(|| human_duration(recovery_ms)),
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// The images that are ticked: not more than a page shows.
fn chosen(form: &ShortForm) -> Vec<ImageId> {
    form.all("id").filter_map(ImageId::parse).take(SHOWN).collect()
}

fn done(uri: &Uri) -> String {
    let number = |name| parameter(uri, name).and_then(|text| text.parse::<u16>().ok());
    match (parameter(uri, "done").as_deref(), number("deleted"), number("underway")) {
        (Some("claimed"), ..) => "The picture is yours now. Where its date was sooner, it stays longer.".to_owned(),
        (Some("nothing"), ..) => "Nothing was chosen.".to_owned(),
        (_, Some(1), Some(0)) => "That picture is deleted.".to_owned(),
        (_, Some(deleted), Some(0)) => format!("{deleted} pictures are deleted."),
        (_, Some(deleted), Some(_)) => {
            format!("{deleted} deleted. The last of them leave public view within about a minute.")
        }
        _ => String::new(),
    }
}

impl Plate {
    fn of(app: &App, image: &Taken) -> Self {
        match image {
            Taken::Public(image) => Self::of_public(app, image),
            Taken::Held(image) => Self::of_held(image),
        }
    }

    fn of_public(app: &App, image: &Image) -> Self {
        let small = Sizes::of(app, image, image.facts.format).small;
        Self {
            id: image.id.to_string(),
            name: name(image.details.caption.as_deref(), image.details.filename.as_deref()),
            picture: Some(Picture { url: small.url, width: small.width, height: small.height }),
            leaves: image.retention.expires_at.map(Moment::from),
            is_held: false,
            is_restricted: Warning::of(image).is_some(),
        }
    }

    fn of_held(image: &HeldImage) -> Self {
        Self {
            id: image.id.to_string(),
            name: name(image.details.caption.as_deref(), None),
            picture: None,
            leaves: image.retention.expires_at.map(Moment::from),
            is_held: true,
            is_restricted: false,
        }
    }
}

/// What to call an image: the first line of its caption, or else its file's name.
fn name(caption: Option<&str>, filename: Option<&str>) -> String {
    let caption = caption.map(|caption| figures::first_line(caption, NAME_CHARS_MAX));
    caption.or_else(|| filename.map(str::to_owned)).unwrap_or_else(|| "An image without a name".into())
}
