//! `/gallery`: the images of whoever is signed in, or of an account for which they act, the latest first.

pub mod bulk;
pub mod collections;
pub mod plates;
pub mod view;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};

use self::plates::Plate;
use self::view::View;
use super::account::policy::PolicyNotice;
use super::account::{Mistake, with_own_referrer};
use super::figures::{self, Moment};
use super::html;
use crate::app::App;
use crate::domain::search::QUERY_CHARS_MAX;
use crate::error::Error;
use crate::http::member::of_session;
use crate::http::whose::parameter;
use crate::policy::collections::NAME_CHARS_MAX;
use crate::usecases::check_quota::storage_of;
use crate::usecases::collections::{CountedCollection, all_collections};
use crate::usecases::list_images::{From, find_images};
use crate::usecases::open_session::SessionUse;

/// Images on a page: rows of two, three, four and six come out even.
const SHOWN: usize = 24;

/// A collection on the shelf above the plates.
struct Shelf {
    id: String,
    name: String,
    images: u64,
    address: String,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "gallery.html")]
struct GalleryPage {
    form_token: String,
    /// What has just been done.
    done: String,
    /// What was wrong with the name of a collection: `name` of a new one, `rename` of this one.
    mistake: Mistake,
    filled: String,
    is_verified: bool,
    policy: Option<PolicyNotice>,
    view: View,
    /// The gallery of the same account without a choice.
    whole: String,
    shelves: Vec<Shelf>,
    plates: Vec<Plate>,
    /// How many there are, and how large they are together.
    total: String,
    /// Of a search that goes on: until when it has looked.
    searched_until: Option<Moment>,
    /// Where older and newer ones are.
    older: Option<String>,
    newer: Option<String>,
    /// Whether there are any at all.
    is_empty: bool,
    name_chars_max: usize,
    query_chars_max: usize,
}

/// What a page says above everything else.
#[derive(Default)]
struct Said {
    done: String,
    mistake: Mistake,
    filled: String,
}

/// `GET /gallery?team&collection&q`, and `before=…` or `after=…`.
///
/// # Errors
/// `not-found` for what is not of whoever asks, `invalid-field`; a fault if something of ours failed.
pub async fn show_all(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let view = View::of(&app, &of_session(&session), &uri).await?;
    let said = Said { done: done(&uri), ..Said::default() };
    page(&app, &session, view, &view::from(&uri), (StatusCode::OK, said)).await
}

async fn page(
    app: &App,
    session: &SessionUse,
    view: View,
    from: &From,
    (status, said): (StatusCode, Said),
) -> Result<Response<Body>, Error> {
    let mut listed = find_images(app, view.scope(), &view.query, from, SHOWN).await?;
    if listed.images.is_empty() && *from != From::Start && view.query.is_empty() {
        // What was there has been deleted meanwhile.
        listed = find_images(app, view.scope(), &view.query, &From::Start, SHOWN).await?;
    }
    let collections = all_collections(app, &view.owner.account_id).await?;
    let (total, is_empty) = total(app, &view).await?;
    let page = GalleryPage {
        form_token: session.form_token().to_owned(),
        done: said.done,
        mistake: said.mistake,
        filled: said.filled,
        is_verified: session.is_verified,
        policy: PolicyNotice::of(session),
        whole: view.address_of(&[]),
        shelves: collections.into_iter().map(|counted| Shelf::of(counted, &view)).collect(),
        plates: listed.images.iter().map(|image| Plate::of(app, image)).collect(),
        total,
        searched_until: listed.searched_until.map(Moment::from),
        older: listed.older.map(|place| view.address(&[("before", &place.cursor())])),
        newer: listed.newer.map(|place| view.address(&[("after", &place.cursor())])),
        is_empty,
        name_chars_max: NAME_CHARS_MAX,
        query_chars_max: QUERY_CHARS_MAX,
        view,
    };
    html(status, &page).map(with_own_referrer)
}

/// How many images there are in the view, in words, and whether there are none.
async fn total(app: &App, view: &View) -> Result<(String, bool), Error> {
    if let Some(counted) = &view.collection {
        return Ok((format!("{} here", pictures(counted.images)), counted.images == 0));
    }
    let usage = storage_of(app, &view.owner.account_id).await?;
    Ok((format!("{}, {}", pictures(usage.images), figures::size(usage.bytes)), usage.images == 0))
}

fn pictures(count: u64) -> String {
    if count == 1 { "1 picture".to_owned() } else { format!("{count} pictures") }
}

impl Shelf {
    fn of(CountedCollection { collection, images }: CountedCollection, view: &View) -> Self {
        Self {
            is_open: view.collection_id() == collection.id.as_str(),
            address: view.address_of(&[("collection", collection.id.as_str())]),
            id: collection.id.to_string(),
            name: collection.name,
            images,
        }
    }
}

fn done(uri: &Uri) -> String {
    let number = |name| parameter(uri, name).and_then(|text| text.parse::<u16>().ok());
    match parameter(uri, "done").as_deref() {
        Some("claimed") => return "The picture is yours now. Where its date was sooner, it stays longer.".to_owned(),
        Some("nothing") => return "Nothing was chosen.".to_owned(),
        Some("made") => return "The collection is there. Tick pictures to put them in, or upload into it.".to_owned(),
        Some("renamed") => return "It has its new name.".to_owned(),
        Some("unmade") => return "The collection is deleted. What was in it is still here.".to_owned(),
        _ => {}
    }
    if let Some(moved) = number("moved") {
        return if moved == 1 { "1 picture was moved.".to_owned() } else { format!("{moved} pictures were moved.") };
    }
    match (number("deleted"), number("underway")) {
        (Some(1), Some(0)) => "That picture is deleted.".to_owned(),
        (Some(deleted), Some(0)) => format!("{deleted} pictures are deleted."),
        (Some(deleted), Some(_)) => {
            format!("{deleted} deleted. The last of them leave public view within about a minute.")
        }
        _ => String::new(),
    }
}
