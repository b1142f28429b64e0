//! `GET /v1/images`: lists of images.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};

use super::image_object::owned;
use super::json as answer;
use crate::app::App;
use crate::domain::api_key::Scope;
use crate::domain::ids::CollectionId;
use crate::domain::listing::Place;
use crate::domain::owner::Member;
use crate::domain::search::Query;
use crate::error::{Cause, Error, Fault, Problem};
use crate::http::identity::Identity;
use crate::http::member::{Acting, acting};
use crate::http::whose;
use crate::policy::collections::{LISTED_MAX, LISTED_USUALLY};
use crate::usecases::act_for::Need;
use crate::usecases::list_images::{self, From, find_images};
use crate::usecases::open_collection::open_collection;

/// What is asked for.
struct Wish {
    from: From,
    limit: usize,
    query: Query,
    collection: Option<CollectionId>,
    team: Option<String>,
}

/// `GET /v1/images?limit&cursor&q&label[key]&collection&team`: the caller's images, the latest first.
///
/// # Errors
/// `sign-in-needed`, `scope-missing`, `invalid-field`; `not-found` for a collection or a team that is not the caller's.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let acting = acting.ok_or(Problem::SignInNeeded)?;
    let wish = read_wish(&uri)?;
    let (owner, collection) = whose(&app, &acting, &wish).await?;
    let scope = match &collection {
        Some(collection) => list_images::Scope::Collection(&owner.account_id, collection),
        None => list_images::Scope::Account(&owner.account_id),
    };
    let listed = find_images(&app, scope, &wish.query, &wish.from, wish.limit).await?;
    let data: Result<Vec<Value>, _> = listed.images.iter().map(|image| owned(&app, image)).collect();
    let data =
        data.map_err(|error| Fault { attempted: "write a list".into(), cause: Cause::Invariant(error.to_string()) })?;
    let list = json!({
        "object": "list",
        "data": data,
        "next_cursor": listed.older.map(|place| place.cursor()),
        "searched_until": listed.searched_until.map(|at| at.rfc3339()),
    });
    answer(StatusCode::OK, &list)
}

/// Whose images, and in which collection. A program that is confined to one sees no others.
async fn whose(app: &App, acting: &Acting, wish: &Wish) -> Result<(Member, Option<CollectionId>), Error> {
    if let Some(confined) = &acting.collection {
        let id = &confined.collection.id;
        if wish.collection.as_ref().is_some_and(|wished| wished != id) || wish.team.is_some() {
            return Err(Problem::NotFound.into());
        }
        return Ok((confined.owner.clone(), Some(id.clone())));
    }
    let account = whose::account(app, &acting.member, wish.team.as_deref(), Need::See).await?;
    let Some(id) = &wish.collection else { return Ok((account, None)) };
    let opened = open_collection(app, &acting.member, id, Need::See).await?.ok_or(Problem::NotFound)?;
    // Named together, they must belong together.
    let are_apart = wish.team.is_some() && opened.owner.account_id != account.account_id;
    if are_apart { Err(Problem::NotFound.into()) } else { Ok((opened.owner, Some(id.clone()))) }
}

fn read_wish(uri: &Uri) -> Result<Wish, Problem> {
    let (from, limit) = read_stretch(uri)?;
    let (mut text, mut labels, mut collection, mut team) = (String::new(), BTreeMap::new(), None, None);
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned() {
        match name.as_str() {
            "q" => text = value,
            whose::COLLECTION => collection = whose::collection(Some(&value))?,
            whose::TEAM => team = Some(value),
            _ => {
                if let Some(key) = name.strip_prefix("label[").and_then(|rest| rest.strip_suffix(']')) {
                    labels.insert(key.to_owned(), value);
                }
            }
        }
    }
    if !labels.keys().all(|key| crate::domain::details::is_label_key(key)) {
        return Err(Problem::InvalidField {
            field: "label",
            detail: "label[key]=value, with the key of a label".into(),
        });
    }
    let query = Query::new(&text, labels);
    let query = query.map_err(|invalid| Problem::InvalidField { field: invalid.field, detail: invalid.detail })?;
    Ok(Wish { from, limit, query, collection, team })
}

/// From where a list is to go on, and how many are wanted.
fn read_stretch(uri: &Uri) -> Result<(From, usize), Problem> {
    let from = read_cursor(uri)?.map_or(From::Start, From::Before);
    Ok((from, read_limit(uri)?))
}

/// The place from which a list is to go on.
///
/// # Errors
/// `InvalidField`.
pub fn read_cursor<Id>(uri: &Uri) -> Result<Option<Place<Id>>, Problem>
where
    Id: Clone + Into<String> + TryFrom<String>,
{
    let Some(cursor) = whose::parameter(uri, "cursor") else { return Ok(None) };
    let detail = || "the next_cursor of an earlier answer".to_owned();
    let place = Place::parse(&cursor).ok_or_else(|| Problem::InvalidField { field: "cursor", detail: detail() })?;
    Ok(Some(place))
}

/// How many things are wanted.
///
/// # Errors
/// `InvalidField`.
pub fn read_limit(uri: &Uri) -> Result<usize, Problem> {
    let Some(limit) = whose::parameter(uri, "limit") else { return Ok(LISTED_USUALLY) };
    let number = limit.parse().ok().filter(|number| (1..=LISTED_MAX).contains(number));
    let detail = || format!("a whole number from 1 to {LISTED_MAX}");
    number.ok_or_else(|| Problem::InvalidField { field: "limit", detail: detail() })
}
