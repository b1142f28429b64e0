//! `/v1/tickets`: what lets others upload for the account that asks (docs/uploads-from-other-sites.md).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json as answer;
use crate::app::App;
use crate::domain::api_key::Scope;
use crate::domain::format::Format;
use crate::domain::ids::{CollectionId, TicketId};
use crate::domain::ticket::{Ticket, TicketLimits, read_formats};
use crate::domain::time::SECOND_MS;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::Identity;
use crate::http::json_body::read_json;
use crate::http::member::{Acting, acting};
use crate::http::whose;
use crate::policy::tickets::EXPIRES_IN_USUALLY_MS;
use crate::ports::incoming::Incoming;
use crate::usecases::act_for::{Need, act_for};
use crate::usecases::create_ticket::{MadeTicket, TicketWish, create_ticket};
use crate::usecases::list_tickets::{list_tickets, revoke_ticket};

/// What is asked for, by a program or with a form (docs/uploads-from-other-sites.md).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketBody {
    /// The largest file.
    pub bytes_max: Option<u64>,
    /// The names of formats.
    pub formats: Option<Vec<String>>,
    /// The id of a collection.
    pub collection: Option<String>,
    /// How long what is uploaded is kept at most, in seconds.
    pub ttl: Option<i64>,
    /// Whether what is uploaded is private.
    pub private: Option<bool>,
    /// How many uploads.
    pub uses: Option<i64>,
    /// After how many seconds the ticket ends.
    pub expires_in: Option<i64>,
}

/// A ticket as its maker sees it.
#[derive(Debug, Serialize)]
struct TicketObject {
    id: String,
    object: &'static str,
    bytes_max: Option<u64>,
    formats: Option<Vec<Format>>,
    collection: Option<String>,
    ttl: Option<i64>,
    private: bool,
    /// How many uploads it allows.
    uses: i64,
    /// How many were begun and not given up.
    used: i64,
    created_at: String,
    expires_at: String,
    revoked_at: Option<String>,
}

/// A ticket that was just made, with what is told once, and how to use it.
#[derive(Debug, Serialize)]
struct MadeTicketObject {
    #[serde(flatten)]
    object: TicketObject,
    /// The ticket itself.
    ticket: String,
    /// Where to send the image.
    upload_url: String,
    /// The `Authorization` field that goes with it; a form has a field `ticket` instead.
    authorization: String,
}

/// `POST /v1/tickets`: 201 with the ticket, the only time it is told.
///
/// # Errors
/// `verified-account-needed`, `key-confined`, `invalid-field`, `too-many-tickets`; see docs/problems.md.
pub async fn post(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let acting = someone(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let wish = read_json::<TicketBody>(&headers, &body).await?.read(acting.confined())?;
    let made = create_ticket(&app, &acting.member, wish).await?;
    answer(StatusCode::CREATED, &MadeTicketObject::of(&app, &made))
}

/// `GET /v1/tickets`: the tickets, with `team` those of a team, the latest first, without what lets anybody upload.
///
/// # Errors
/// See docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = someone(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let team = whose::parameter(&uri, whose::TEAM);
    let owner = match &acting.collection {
        Some(confined) => act_for(&app, &acting.member, &confined.owner.account_id, Need::Change).await?,
        None => Some(whose::account(&app, &acting.member, team.as_deref(), Need::Change).await?),
    };
    let tickets = list_tickets(&app, &owner.ok_or(Problem::NotFound)?, acting.confined()).await?;
    let data: Vec<TicketObject> = tickets.iter().map(TicketObject::of).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

/// `DELETE /v1/tickets/{id}`: from now on the ticket lets nobody begin an upload.
///
/// # Errors
/// `not-found`; see docs/problems.md.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let acting = someone(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let id = TicketId::parse(&id).ok_or(Problem::NotFound)?;
    revoke_ticket(&app, &acting.member, acting.confined(), &id).await?;
    answer(StatusCode::OK, &json!({ "id": id, "object": "ticket", "revoked": true }))
}

async fn someone(
    app: &App,
    identity: &Identity,
    request: (&Method, &Uri, &HeaderMap),
    scope: Scope,
) -> Result<Acting, Error> {
    Ok(acting(app, identity, request, scope).await?.ok_or(Problem::SignInNeeded)?)
}

impl TicketBody {
    /// What its sender wants. A program that is confined to a collection makes tickets for that one.
    ///
    /// # Errors
    /// `InvalidField`, `KeyConfined`.
    pub fn read(self, confined: Option<&CollectionId>) -> Result<TicketWish, Problem> {
        let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
        let wished = self.collection.map(|id| CollectionId::parse(&id).ok_or(())).transpose();
        let wished = wished.map_err(|()| invalid("collection", "the id of one of your collections"))?;
        let collection = match (wished, confined) {
            (Some(wished), Some(only)) if wished != *only => return Err(Problem::KeyConfined),
            (wished, only) => wished.or_else(|| only.cloned()),
        };
        let formats = self.formats.map(|words| read_formats(words.iter().map(String::as_str)).ok_or(()));
        let ms = |seconds: i64| seconds.saturating_mul(SECOND_MS);
        Ok(TicketWish {
            limits: TicketLimits {
                collection,
                bytes_max: self.bytes_max,
                formats: formats
                    .transpose()
                    .map_err(|()| invalid("formats", "one or more of jpeg, png, gif and webp"))?,
                ttl_ms: self.ttl.map(ms),
                is_private: self.private.unwrap_or_default(),
                uses_max: self.uses.unwrap_or(1),
            },
            expires_in_ms: self.expires_in.map_or(EXPIRES_IN_USUALLY_MS, ms),
        })
    }
}

impl TicketObject {
    fn of(ticket: &Ticket) -> Self {
        let limits = &ticket.limits;
        Self {
            id: ticket.id.to_string(),
            object: "ticket",
            bytes_max: limits.bytes_max,
            formats: limits.formats.clone(),
            collection: limits.collection.as_ref().map(ToString::to_string),
            ttl: limits.ttl_ms.map(|ms| ms / SECOND_MS),
            private: limits.is_private,
            uses: limits.uses_max,
            used: ticket.uses,
            created_at: ticket.created_at.rfc3339(),
            expires_at: ticket.expires_at.rfc3339(),
            revoked_at: ticket.revoked_at.map(|at| at.rfc3339()),
        }
    }
}

/// Where an image goes that comes with a ticket.
pub fn upload_url(app: &App) -> String {
    format!("{}/v1/images", app.settings.app_base())
}

impl MadeTicketObject {
    fn of(app: &App, made: &MadeTicket) -> Self {
        Self {
            object: TicketObject::of(&made.ticket),
            ticket: made.text.reveal().to_owned(),
            upload_url: upload_url(app),
            authorization: format!("Ticket {}", made.text.reveal()),
        }
    }
}
