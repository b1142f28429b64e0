//! `/{id}`: the page that shows an image, or says why it no longer does.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::figures::{self, Moment};
use super::held;
use super::sharing::{self, Shared, Snippet};
use crate::app::App;
use crate::domain::decision::DecidedBy;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::domain::image::{Departed, Image, RemovalReason};
use crate::domain::warning::Warning;
use crate::error::{Error, Problem};
use crate::http::api::image_object::{image_url, page_url, view_url};
use crate::http::api::oembed::fit;
use crate::http::caller::prefers_html;
use crate::http::identity::Identity;
use crate::http::image_host::RATING;
use crate::http::image_request::{DOWNLOAD, VIEW};
use crate::http::member::of_session;
use crate::http::placeholder;
use crate::http::problem::Occurrence;
use crate::http::sizes::{Sizes, srcset, srcset_webp};
use crate::usecases::open_image::{Changer, is_ones_own};
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
    /// Whether it belongs to whoever is signed in.
    is_own: bool,
    id: String,
    title: String,
    /// Shown under the picture if the title does not say it all.
    caption: Option<String>,
    alt: String,
    /// Where the browser fetches what it shows.
    shown_url: String,
    /// And in which sizes.
    srcset: Option<String>,
    page_url: String,
    download_url: String,
    oembed_url: String,
    preview: Preview,
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
}

/// `GET /{id}`; of a restricted image a warning, unless the query is [`VIEW`]. The choice is a link: nothing is asked
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
    let image = match show(&app, &id).await? {
        Shown::Public(image) => image,
        Shown::Held(image) if prefers_html(&headers) => return held::page(&image),
        Shown::Held(_) => return Err(Problem::ImageHeld.into()),
        Shown::Gone(departed) if prefers_html(&headers) => return gone(&departed),
        Shown::Gone(_) => return Err(Problem::ImageGone.into()),
    };
    let viewer = Viewer { form_token: identity.form_token(), is_own: is_own(&app, &identity, &image).await? };
    let Some(warning) = Warning::of(&image) else {
        return super::html(StatusCode::OK, &page(&app, viewer, &image, None));
    };
    let veil = if uri.query() == Some(VIEW) {
        None
    } else {
        let grounds = grounds(decided_by(&app, &id).await?);
        Some(Veil { placeholder: placeholder::data_url_for(&warning), grounds })
    };
    let mut response = super::html(StatusCode::OK, &page(&app, viewer, &image, veil))?;
    response.headers_mut().insert("rating", HeaderValue::from_static(RATING));
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    Ok(response)
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

/// The page of an image that is no longer served.
///
/// # Errors
/// If it cannot be written.
pub fn gone(departed: &Departed) -> Result<Response<Body>, Error> {
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
    super::html(status, &GonePage { reason, erased: departed.erased_at.map(Moment::from) })
}

/// Who looks at the page.
struct Viewer {
    form_token: Option<String>,
    is_own: bool,
}

/// Whether the image belongs to whoever is signed in, or to an account for which they act.
async fn is_own(app: &App, identity: &Identity, image: &Image) -> Result<bool, Error> {
    let Some(session) = identity.session() else { return Ok(false) };
    let asker = Changer { member: &of_session(session), collection: None };
    is_ones_own(app, asker, (image.owner.as_ref(), &image.placement)).await
}

fn page(app: &App, viewer: Viewer, image: &Image, veil: Option<Veil>) -> ViewerPage {
    let (image_url, page_url) = (image_url(app, image), page_url(app, &image.id));
    let caption = image.details.caption.clone();
    let title = title(image);
    let facts = &image.facts;
    let (shown_width, shown_height) = fit((facts.width, facts.height), SHOWN);
    let is_restricted = Warning::of(image).is_some();
    let srcset = srcset(app, image);
    ViewerPage {
        form_token: viewer.form_token,
        is_own: viewer.is_own,
        id: image.id.to_string(),
        alt: caption.clone().unwrap_or_else(|| "An image without a description".into()),
        snippets: sharing::snippets(&Shared {
            image_url: &image_url,
            page_url: &page_url,
            caption: caption.as_deref().unwrap_or_default(),
            width: &facts.width.to_string(),
            height: &facts.height.to_string(),
            srcset: &srcset,
            srcset_webp: &srcset_webp(app, image),
        }),
        // A small picture has one size, and the addresses of sizes do not choose to see what needs a warning.
        srcset: (!is_restricted && srcset.contains(", ")).then_some(srcset),
        caption: caption.as_deref().and_then(|caption| beyond(&title, caption)),
        title,
        download_url: format!("{image_url}?{DOWNLOAD}"),
        oembed_url: format!(
            "{}/oembed?url={}",
            app.settings.app_base(),
            utf8_percent_encode(&page_url, NON_ALPHANUMERIC)
        ),
        preview: preview(app, image, &image_url),
        veil,
        rating: is_restricted.then_some(RATING),
        shown_url: if is_restricted { view_url(app, image) } else { image_url },
        page_url,
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
