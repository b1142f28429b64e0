//! Of which account something is asked: one's own, or one that is named and for which one acts.

use axum::http::Uri;

use crate::app::App;
use crate::domain::ids::{AccountId, CollectionId};
use crate::domain::owner::Member;
use crate::error::{Error, Problem};
use crate::usecases::act_for::{Need, act_for};

/// The parameter of addresses, and the field of forms, that names an account other than one's own.
pub const TEAM: &str = "team";
/// The one that names a collection.
pub const COLLECTION: &str = "collection";

/// The account `team`, if it is one for which `member` may do what is needed; without a name, one's own.
///
/// # Errors
/// `NotFound`; a fault if the database fails.
pub async fn account(app: &App, member: &Member, team: Option<&str>, need: Need) -> Result<Member, Error> {
    let Some(team) = team.filter(|team| !team.is_empty()) else { return Ok(member.clone()) };
    let team = AccountId::parse(team).ok_or(Problem::NotFound)?;
    Ok(act_for(app, member, &team, need).await?.ok_or(Problem::NotFound)?)
}

/// Reads the name of a team; empty text names none.
///
/// # Errors
/// `InvalidField`.
pub fn team(text: Option<&str>) -> Result<Option<AccountId>, Problem> {
    let detail = || "the id of a team".to_owned();
    let parsed = text.filter(|text| !text.is_empty()).map(|text| AccountId::parse(text).ok_or_else(detail));
    parsed.transpose().map_err(|detail| Problem::InvalidField { field: TEAM, detail })
}

/// Reads the name of a collection; empty text names none.
///
/// # Errors
/// `InvalidField`.
pub fn collection(text: Option<&str>) -> Result<Option<CollectionId>, Problem> {
    let detail = || "the id of a collection".to_owned();
    let parsed = text.filter(|text| !text.is_empty()).map(|text| CollectionId::parse(text).ok_or_else(detail));
    parsed.transpose().map_err(|detail| Problem::InvalidField { field: COLLECTION, detail })
}

/// The first value of a parameter of an address.
#[must_use]
pub fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    query.into_owned().find(|(known, _)| known == name).map(|(_, value)| value)
}
