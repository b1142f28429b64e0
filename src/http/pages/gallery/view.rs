//! What a page of the gallery is about: whose images, in which collection, and what is looked for among them.

use std::collections::BTreeMap;

use axum::http::Uri;

use crate::app::App;
use crate::domain::listing::Place;
use crate::domain::owner::Member;
use crate::domain::search::Query;
use crate::error::{Error, Problem};
use crate::http::upload_request::ShortForm;
use crate::http::whose::{self, COLLECTION, TEAM, parameter};
use crate::usecases::act_for::Need;
use crate::usecases::collections::{CountedCollection, show_collection};
use crate::usecases::list_images::{From, Scope};
use crate::usecases::open_collection::open_collection;

/// What a page of the gallery is about.
pub struct View {
    /// Whose images.
    pub owner: Member,
    /// Their account's name in addresses; none: it is one's own.
    pub team: Option<String>,
    /// The collection they are in.
    pub collection: Option<CountedCollection>,
    /// What is looked for, as it was typed.
    pub words: String,
    /// The same, as it is compared.
    pub query: Query,
}

impl View {
    /// Reads `team`, `collection` and `q` of an address, for `member`.
    ///
    /// # Errors
    /// `NotFound` for a team or a collection that `member` may not see, `InvalidField` for words that cannot be looked for; a
    /// fault if the database fails.
    pub async fn of(app: &App, member: &Member, uri: &Uri) -> Result<Self, Error> {
        let of = |name| parameter(uri, name).unwrap_or_default();
        let mut view = Self::among(app, member, (&of(TEAM), &of(COLLECTION)), Need::See).await?;
        let words = of("q").trim().to_owned();
        let query = Query::new(&words, BTreeMap::new());
        view.query = query.map_err(|invalid| Problem::InvalidField { field: invalid.field, detail: invalid.detail })?;
        view.words = words;
        Ok(view)
    }

    /// The view from which a form was sent, if `member` may change what is there.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn of_form(app: &App, member: &Member, form: &ShortForm) -> Result<Self, Error> {
        let of = |name| form.field(name).unwrap_or_default();
        Self::among(app, member, (of(TEAM), of(COLLECTION)), Need::Change).await
    }

    async fn among(app: &App, member: &Member, (team, collection): (&str, &str), need: Need) -> Result<Self, Error> {
        let id = whose::collection(Some(collection)).map_err(|_| Problem::NotFound)?;
        let (owner, collection) = match id {
            None => (whose::account(app, member, Some(team), need).await?, None),
            // Whose it is follows from the collection.
            Some(id) => {
                let opened = open_collection(app, member, &id, need).await?.ok_or(Problem::NotFound)?;
                (opened.owner, Some(show_collection(app, member, &id).await?))
            }
        };
        let is_other = owner.account_id != member.account_id;
        let team = is_other.then(|| owner.account_id.to_string());
        Ok(Self { owner, team, collection, words: String::new(), query: Query::default() })
    }

    /// Which images are shown, before anything is looked for.
    #[must_use]
    pub fn scope(&self) -> Scope<'_> {
        match &self.collection {
            Some(counted) => Scope::Collection(&self.owner.account_id, &counted.collection.id),
            None => Scope::Account(&self.owner.account_id),
        }
    }

    /// The collection's name in addresses; empty if it is about none.
    #[must_use]
    pub fn collection_id(&self) -> &str {
        self.collection.as_ref().map_or("", |counted| counted.collection.id.as_str())
    }

    /// The address of this view, with `more` parameters.
    #[must_use]
    pub fn address(&self, more: &[(&str, &str)]) -> String {
        let own = [(COLLECTION, self.collection_id()), ("q", self.words.as_str())];
        self.address_of(&[&own, more].concat())
    }

    /// The address of the gallery of the same account, with these parameters.
    #[must_use]
    pub fn address_of(&self, parameters: &[(&str, &str)]) -> String {
        let team = [(TEAM, self.team.as_deref().unwrap_or_default())];
        let said = team.iter().chain(parameters).filter(|(_, value)| !value.is_empty());
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
        if query.is_empty() { "/gallery".to_owned() } else { format!("/gallery?{query}") }
    }
}

/// From where the page goes on.
#[must_use]
pub fn from(uri: &Uri) -> From {
    let place = |name| parameter(uri, name).as_deref().and_then(Place::parse);
    match (place("before"), place("after")) {
        (Some(place), _) => From::Before(place),
        (None, Some(place)) => From::After(place),
        (None, None) => From::Start,
    }
}
