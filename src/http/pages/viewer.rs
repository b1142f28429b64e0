//! `/{id}`: the page that shows an image, or says why it no longer does.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::account::with_own_referrer;
use super::figures::{self, Moment};
use super::held;
use super::privacy_of_image::{Owned, owned};
use super::sharing::{self, Shared, Snippet};
use crate::app::App;
use crate::domain::decision::DecidedBy;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::domain::image::{Departed, Image, RemovalReason};
use crate::domain::warning::Warning;
use crate::error::{Error, Problem};
use crate::http::api::image_object::{image_url, page_url};
use crate::http::api::oembed::fit;
use crate::http::caller::prefers_html;
use crate::http::geography;
use crate::http::identity::Identity;
use crate::http::image_host::RATING;
use crate::http::image_request::{DOWNLOAD, VIEW};
use crate::http::member::of_session;
use crate::http::placeholder;
use crate::http::private_address::seen;
use crate::http::problem::Occurrence;
use crate::http::sizes::{Sizes, srcset, srcset_webp};
use crate::usecases::restore_image::may_restore;
use crate::usecases::show::{Shown, decided_by, show};

/// Largest picture on the page, in CSS pixels: what fits a common screen with its caption in view.
const SHOWN: (u32, u32) = (1_100, 700);
/// Largest file that other sites are told to show, in bytes: the smallest limit among those that say theirs.
const PREVIEW_BYTES_MAX: u64 = 5_000_000;
/// Longest title, in characters: what search results and tabs show.
const TITLE_CHARS_MAX: usize = 70;

#[derive(Template)]
#[template(path = "viewer.html")]
struct ViewerPage {
    /// Of whoever is signed in, for the navigation.
    form_token: Option<String>,
    id: String,
    title: String,
    /// Shown under the picture if the title does not say it all.
    caption: Option<String>,
    alt: String,
    /// Where the browser fetches what it shows.
    shown_url: String,
    /// And in which sizes.
    srcset: Option<String>,
    download_url: String,
    /// What lets others show it; none of a private image.
    shared: Option<SharedWithAll>,
    is_private: bool,
    /// What its owner sees beside.
    owned: Option<Owned>,
    veil: Option<Veil>,
    /// The rating of a restricted image.
    rating: Option<&'static str>,
    format: &'static str,
    animated: bool,
    width: u32,
    height: u32,
    shown_width: u32,
    shown_height: u32,
    size: String,
    placeholder: Option<String>,
    created: Moment,
    expires: Option<Moment>,
    reason: String,
}

/// What lets others show an image that anyone may see.
struct SharedWithAll {
    page_url: String,
    oembed_url: String,
    preview: Preview,
    snippets: Vec<Snippet>,
}

/// What other sites show when the page is linked: the image, or the placeholder of a restricted one.
struct Preview {
    url: String,
    media_type: &'static str,
    width: u32,
    height: u32,
    /// How large, as `twitter:card` says it: a placeholder need not fill a screen.
    card: &'static str,
}

impl Preview {
    fn of_picture(url: String, format: Format, (width, height): (u32, u32)) -> Self {
        Self { url, media_type: format.media_type(), width, height, card: "summary_large_image" }
    }
}

/// What the page shows of a restricted image until the visitor asks to see it.
struct Veil {
    /// The placeholder, as a `data:` address: the image host learns nothing of who does not want to see it.
    placeholder: String,
    /// Who found that it needs a warning, and how sure that is.
    grounds: &'static str,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage {
    reason: &'static str,
    erased: Option<Moment>,
    /// Of whoever is signed in.
    form_token: Option<String>,
    /// Its id, for whoever may bring it back.
    restores: Option<String>,
    /// Where its uploader reads why, of what somebody has decided.
    statement: Option<String>,
}

/// `GET /{id}`; a private image has a page for whoever may see it, and for nobody else. Of a restricted image a warning, unless the query is [`VIEW`]. The choice is a link: nothing is asked
/// of the browser but to follow it, and nothing is kept of it.
///
/// # Errors
/// `not-found`; `image-held` and `image-gone` for callers that do not read pages.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let viewer = identity.session().map(of_session);
    let image = match show(&app, &id, viewer.as_ref()).await? {
        Shown::Public(image) => image,
        Shown::Held(image) if prefers_html(&headers) => return held::page(&image),
        Shown::Held(_) => return Err(Problem::ImageHeld.into()),
        Shown::Gone(departed) if prefers_html(&headers) => {
            let may_restore = match &viewer {
                Some(member) => may_restore(&app, member, &departed).await?,
                None => false,
            };
            return gone(&id, &departed, identity.form_token(), may_restore);
        }
        Shown::Gone(_) => return Err(Problem::ImageGone.into()),
    };
    geography::refuse_withheld(&app, &id, Warning::of(&image).is_some(), &headers)?;
    let owned = owned(&app, viewer.as_ref(), &image).await?;
    answer(&app, StatusCode::OK, identity.form_token(), &image, uri.query() == Some(VIEW), owned).await
}

/// The page of an image that is there, for whoever may see it; `is_asked_for`: whatever it may show.
///
/// # Errors
/// If the database fails, or the page cannot be written.
pub async fn answer(
    app: &App,
    status: StatusCode,
    form_token: Option<String>,
    image: &Image,
    is_asked_for: bool,
    owned: Option<Owned>,
) -> Result<Response<Body>, Error> {
    let warning = Warning::of(image);
    let veil = match &warning {
        Some(warning) if !is_asked_for => {
            let grounds = grounds(decided_by(app, &image.id).await?);
            Some(Veil { placeholder: placeholder::data_url_for(warning), grounds })
        }
        _ => None,
    };
    let has_forms = owned.is_some();
    let mut response = super::html(status, &page(app, form_token, image, veil, owned))?;
    if warning.is_some() {
        response.headers_mut().insert("rating", HeaderValue::from_static(RATING));
    }
    if geography::is_withheld_somewhere(app, &image.id, warning.is_some()) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if warning.is_some() || image.placement.is_private {
        response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    }
    Ok(if has_forms { with_own_referrer(response) } else { response })
}

/// Why there is a warning, by who decided so.
fn grounds(decided_by: Option<DecidedBy>) -> &'static str {
    match decided_by {
        Some(DecidedBy::Outside) => {
            "Two programs found that it may show nudity or something sexual. They judged from the picture alone, and such programs err."
        }
        Some(DecidedBy::Model) => {
            "A program found that it may show nudity or something sexual. It judged from the picture alone, and such programs err."
        }
        Some(DecidedBy::Operator) => "A person who runs this site has looked at it and found that it needs a warning.",
        Some(DecidedBy::Policy | DecidedBy::KnownBad) | None => "Here, such pictures are shown only after a warning.",
    }
}

/// The page of an image that is no longer served. `form_token`: of whoever is signed in; `may_restore`: whether they may bring it
/// back.
///
/// # Errors
/// If it cannot be written.
pub fn gone(
    id: &ImageId,
    departed: &Departed,
    form_token: Option<String>,
    may_restore: bool,
) -> Result<Response<Body>, Error> {
    let reason = match departed.reason {
        RemovalReason::Expired => "It reached the end of the time that was stated when it was uploaded.",
        RemovalReason::Deleted => "Whoever uploaded it has deleted it.",
        RemovalReason::Lost => "Its bytes could not be found any more. That is our fault, and is counted as such.",
        RemovalReason::Removed => "A person looked at it and found that it breaks the acceptable use policy.",
        // Nobody is told of it (`Found::Withheld`).
        RemovalReason::Prohibited => "It was never public.",
        RemovalReason::Abandoned => "Its upload was never finished.",
        RemovalReason::Refused => {
            "It could not be checked when it arrived. When it was, it turned out to be no picture that is taken here."
        }
        RemovalReason::Unscanned => {
            "It could not be checked in time, and what is not checked is not shown. That is our fault."
        }
    };
    let status = Occurrence::of(&Problem::ImageGone.into()).status();
    let is_signed_in = form_token.is_some();
    let erased = departed.erased_at.map(Moment::from);
    let restores = may_restore.then(|| id.to_string());
    // Of what a person has removed; of what never was public, its uploader was told at the upload.
    let statement = (departed.reason == RemovalReason::Removed).then(|| format!("/{id}/statement"));
    let page = super::html(status, &GonePage { reason, erased, form_token, restores, statement })?;
    Ok(if is_signed_in { with_own_referrer(page) } else { page })
}

fn page(app: &App, form_token: Option<String>, image: &Image, veil: Option<Veil>, owned: Option<Owned>) -> ViewerPage {
    let caption = image.details.caption.clone();
    let title = title(image);
    let facts = &image.facts;
    let (shown_width, shown_height) = fit((facts.width, facts.height), SHOWN);
    let is_restricted = Warning::of(image).is_some();
    let srcset = srcset(app, image);
    ViewerPage {
        form_token,
        id: image.id.to_string(),
        alt: caption.clone().unwrap_or_else(|| "An image without a description".into()),
        shared: (!image.placement.is_private).then(|| shared(app, image, &srcset)),
        is_private: image.placement.is_private,
        owned,
        // A small picture has one size, and the addresses of sizes do not choose to see what needs a warning.
        srcset: (!is_restricted && srcset.contains(", ")).then_some(srcset),
        caption: caption.as_deref().and_then(|caption| beyond(&title, caption)),
        title,
        download_url: seen(app, image, DOWNLOAD),
        veil,
        rating: is_restricted.then_some(RATING),
        shown_url: seen(app, image, if is_restricted { VIEW } else { "" }),
        format: facts.format.name(),
        animated: facts.animated,
        width: facts.width,
        height: facts.height,
        shown_width,
        shown_height,
        size: figures::size(facts.bytes),
        placeholder: placeholder::data_url(facts),
        created: image.created_at.into(),
        expires: image.retention.expires_at.map(Moment::from),
        reason: image.retention.reason.clone(),
    }
}

fn shared(app: &App, image: &Image, srcset: &str) -> SharedWithAll {
    let (image_url, page_url) = (image_url(app, image), page_url(app, &image.id));
    let snippets = sharing::snippets(&Shared {
        image_url: &image_url,
        page_url: &page_url,
        caption: image.details.caption.as_deref().unwrap_or_default(),
        width: &image.facts.width.to_string(),
        height: &image.facts.height.to_string(),
        srcset,
        srcset_webp: &srcset_webp(app, image),
    });
    let asked = utf8_percent_encode(&page_url, NON_ALPHANUMERIC);
    SharedWithAll {
        oembed_url: format!("{}/oembed?url={asked}", app.settings.app_base()),
        preview: preview(app, image, &image_url),
        snippets,
        page_url,
    }
}

fn preview(app: &App, image: &Image, image_url: &str) -> Preview {
    let facts = &image.facts;
    let large = Sizes::of(app, image, facts.format).large;
    let (media_type, (width, height), card) = match Warning::of(image) {
        Some(warning) => (placeholder::MEDIA_TYPE, placeholder::file_size(&warning), "summary"),
        None if facts.bytes > PREVIEW_BYTES_MAX => {
            let size = (large.width, large.height);
            return Preview::of_picture(large.url, facts.format, size);
        }
        None => return Preview::of_picture(image_url.to_owned(), facts.format, (facts.width, facts.height)),
    };
    Preview { url: image_url.to_owned(), media_type, width, height, card }
}

/// What a caption says beyond the title, which is its first line unless that was cut.
fn beyond(title: &str, caption: &str) -> Option<String> {
    let rest = caption.strip_prefix(title).unwrap_or(caption).trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

fn title(image: &Image) -> String {
    let caption = image.details.caption.as_deref().map(|caption| figures::first_line(caption, TITLE_CHARS_MAX));
    caption.or_else(|| image.details.filename.clone()).unwrap_or_else(|| "An image".into())
}

#[cfg(test)]
mod tests {
    use super::beyond;

    #[test]
    fn a_caption_is_not_told_twice() {
        assert_eq!(beyond("A cat.", "A cat."), None);
        assert_eq!(beyond("A cat.", "A cat.\n\nIt sleeps.").as_deref(), Some("It sleeps."));
        assert_eq!(beyond("A very long…", "A very long caption").as_deref(), Some("A very long caption"));
    }
}
