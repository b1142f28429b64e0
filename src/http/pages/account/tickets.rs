//! `/settings/tickets`: what lets others upload for an account, or for a team (docs/uploads-from-other-sites.md). A ticket is
//! shown once, on the page that answers its making.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};

use super::{Mistake, mistake, parameter, with_own_referrer};
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::ids::TicketId;
use crate::domain::owner::Member;
use crate::domain::retention::Surface;
use crate::domain::ticket::Ticket;
use crate::domain::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp, human_duration};
use crate::error::{Error, Problem};
use crate::http::api::tickets::{TicketBody, upload_url};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::{self, Moment};
use crate::http::pages::html;
use crate::http::pages::sharing::ticket_form;
use crate::http::upload_request::ShortForm;
use crate::http::whose::{self, COLLECTION, TEAM};
use crate::policy::limits::ANONYMOUS;
use crate::policy::tickets::{EXPIRES_IN_USUALLY_MS, USES_MAX};
use crate::usecases::act_for::Need;
use crate::usecases::create_ticket::{MadeTicket, TicketWish, create_ticket};
use crate::usecases::list_teams::find_team;
use crate::usecases::list_tickets::{list_tickets, revoke_ticket};
use crate::usecases::open_session::SessionUse;

/// After how long a ticket can be made to end, in milliseconds; any other time can be asked for through the API.
const ENDS_MS: [i64; 3] = [HOUR_MS, DAY_MS, 7 * DAY_MS];
/// How long what is uploaded can be kept, in milliseconds, as far as the policy allows it.
const LIVES_MS: [i64; 3] = [DAY_MS, 7 * DAY_MS, 30 * DAY_MS];
/// How large a file can be, in bytes, if not as large as anybody's.
const SIZES_MAX: [u64; 3] = [10_000_000, 5_000_000, 1_000_000];

/// Whose tickets.
struct Whose {
    owner: Member,
    /// The id and the name of a team; none: they are one's own.
    team: Option<(String, String)>,
}

/// A ticket as the list shows it.
struct TicketRow {
    id: String,
    /// What may be uploaded, and where it goes.
    allows: String,
    used: i64,
    uses_max: i64,
    made: Moment,
    ends: Moment,
    /// Why it lets nobody upload any more, if so.
    ended: Option<&'static str>,
}

/// What is told once.
struct Shown {
    ticket: String,
    authorization: String,
    form: String,
}

/// What the form says, to be shown again.
struct Filled {
    uses: String,
    ends: Vec<Choice>,
    sizes: Vec<Choice>,
    formats: Vec<Choice>,
    lives: Vec<Choice>,
    collections: Vec<Choice>,
    is_private: bool,
}

#[derive(Template)]
#[template(path = "account/tickets.html")]
struct TicketsPage {
    form_token: String,
    is_verified: bool,
    team: Option<(String, String)>,
    shown: Option<Shown>,
    tickets: Vec<TicketRow>,
    filled: Filled,
    uses_max: i64,
    mistake: Mistake,
}

/// `GET /settings/tickets?team=…`.
///
/// # Errors
/// `not-found` for a team for which one may not upload, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let whose = whose(&app, &session, parameter(&uri, TEAM).as_deref()).await?;
    page(&app, &session, whose, None, (StatusCode::OK, None, Mistake::default())).await
}

/// `POST /settings/tickets` with `uses`, `expires_in`, `bytes_max`, `format` for each, `ttl`, `collection` and `private`; and
/// `team`, if it is for one.
///
/// # Errors
/// `form-stale`, `not-found`, `verified-account-needed`, `too-many-tickets`, or a fault.
pub async fn create(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let whose = whose(&app, &session, form.field(TEAM)).await?;
    let made = async {
        let wish = read_wish(&form, whose.team.is_some())?;
        create_ticket(&app, &of_session(&session), wish).await
    };
    match made.await {
        Ok(made) => {
            let shown = Shown::of(&app, &made);
            page(&app, &session, whose, None, (StatusCode::OK, Some(shown), Mistake::default())).await
        }
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, whose, Some(&form), (status, None, mistake)).await
        }
    }
}

/// `POST /settings/tickets/revoke` with `ticket`, and `team`, where the list is that of one.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn revoke(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = form.field("ticket").and_then(TicketId::parse).ok_or(Problem::NotFound)?;
    let whose = whose(&app, &session, form.field(TEAM)).await?;
    revoke_ticket(&app, &of_session(&session), None, &id).await?;
    Ok(see_other(&match whose.team {
        Some((team, _)) => format!("/settings/tickets?{TEAM}={team}"),
        None => "/settings/tickets".to_owned(),
    }))
}

async fn whose(app: &App, session: &SessionUse, team: Option<&str>) -> Result<Whose, Error> {
    let member = of_session(session);
    let owner = whose::account(app, &member, team, Need::Change).await?;
    if owner.account_id == member.account_id {
        return Ok(Whose { owner, team: None });
    }
    let name = find_team(app, &member.account_id, &owner.account_id).await?.name;
    let team = Some((owner.account_id.to_string(), name));
    Ok(Whose { owner, team })
}

fn read_wish(form: &ShortForm, is_of_team: bool) -> Result<TicketWish, Problem> {
    let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
    let filled = |name| form.field(name).map(str::trim).filter(|text| !text.is_empty());
    let number = |field: &'static str| {
        let number = filled(field).map(str::parse::<i64>).transpose();
        number.map_err(|_| invalid(field, "a number"))
    };
    let formats: Vec<String> = form.all("format").map(str::to_owned).collect();
    if formats.is_empty() {
        return Err(invalid("formats", "choose at least one"));
    }
    if is_of_team && filled(COLLECTION).is_none() {
        return Err(invalid(COLLECTION, "choose one of the team's collections"));
    }
    let bytes_max = number("bytes_max")?.map(u64::try_from).transpose();
    let body = TicketBody {
        bytes_max: bytes_max.map_err(|_| invalid("bytes_max", "one that the form offers"))?,
        // All of them is no limit.
        formats: (formats.len() < Format::ALL.len()).then_some(formats),
        collection: filled(COLLECTION).map(str::to_owned),
        ttl: number("ttl")?,
        private: Some(form.field("private") == Some("true")),
        uses: number("uses")?,
        expires_in: number("expires_in")?,
    };
    body.read(None)
}

async fn page(
    app: &App,
    session: &SessionUse,
    Whose { owner, team }: Whose,
    sent: Option<&ShortForm>,
    (status, shown, mistake): (StatusCode, Option<Shown>, Mistake),
) -> Result<Response<Body>, Error> {
    let none = team.is_none().then_some("no collection");
    let chosen = sent.and_then(|form| form.field(COLLECTION)).unwrap_or_default();
    let collections = choices::collections(app, &owner, none, chosen).await?;
    let tickets = list_tickets(app, &owner, None).await?;
    let as_usual = if team.is_some() { "as long as the team’s own pictures" } else { "as long as your own pictures" };
    let row = |ticket: &Ticket| TicketRow::of(ticket, &collections, app.now());
    let page = TicketsPage {
        form_token: session.form_token().to_owned(),
        is_verified: session.is_verified,
        team,
        shown,
        tickets: tickets.iter().map(row).collect(),
        filled: Filled::of(app, (&owner, as_usual), sent, collections),
        uses_max: USES_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

impl Filled {
    /// The form as it was sent, or as it is to begin with.
    fn of(app: &App, (owner, as_usual): (&Member, &str), sent: Option<&ShortForm>, collections: Vec<Choice>) -> Self {
        let field = |name, usual: String| match sent {
            Some(form) => form.field(name).unwrap_or_default().to_owned(),
            None => usual,
        };
        let seconds = |ms: &i64| ((ms / SECOND_MS).to_string(), human_duration(*ms));
        let granted = |ms: &&i64| app.settings.retention.check_ttl(Surface::Api, owner.retention_tier(), **ms).is_ok();
        let size = |bytes: u64, value: String| (value, figures::size(bytes));
        let sizes = std::iter::once(size(ANONYMOUS.bytes_max, String::new()))
            .chain(SIZES_MAX.map(|bytes| size(bytes, bytes.to_string())));
        let lives =
            std::iter::once((String::new(), as_usual.to_owned())).chain(LIVES_MS.iter().filter(granted).map(seconds));
        let formats = Format::ALL.into_iter().map(|format| Choice {
            value: format.extension().to_owned(),
            words: format.name().to_owned(),
            is_chosen: sent.is_none_or(|form| form.all("format").any(|name| name == format.extension())),
        });
        Self {
            uses: field("uses", "1".into()),
            ends: offered(
                ENDS_MS.iter().map(seconds),
                &field("expires_in", (EXPIRES_IN_USUALLY_MS / SECOND_MS).to_string()),
            ),
            sizes: offered(sizes, &field("bytes_max", String::new())),
            formats: formats.collect(),
            lives: offered(lives, &field("ttl", String::new())),
            collections,
            is_private: sent.is_some_and(|form| form.field("private") == Some("true")),
        }
    }
}

fn offered(all: impl Iterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let all: Vec<(String, String)> = all.collect();
    choices::of(all.iter().map(|(value, words)| (value.as_str(), words.as_str())), chosen)
}

impl Shown {
    fn of(app: &App, made: &MadeTicket) -> Self {
        let ticket = made.text.reveal();
        let formats = made.ticket.limits.formats.as_deref().unwrap_or(&Format::ALL);
        Self {
            ticket: ticket.to_owned(),
            authorization: format!("Ticket {ticket}"),
            form: ticket_form(&upload_url(app), ticket, formats),
        }
    }
}

impl TicketRow {
    fn of(ticket: &Ticket, collections: &[Choice], now: Timestamp) -> Self {
        let ended = match (ticket.revoked_at, ticket.holds(now)) {
            (Some(_), _) => Some("Revoked"),
            (None, false) => Some("Ended"),
            (None, true) => ticket.is_used_up().then_some("Used up"),
        };
        Self {
            id: ticket.id.to_string(),
            allows: allows(ticket, collections),
            used: ticket.uses,
            uses_max: ticket.limits.uses_max,
            made: ticket.created_at.into(),
            ends: ticket.expires_at.into(),
            ended,
        }
    }
}

/// What a ticket allows: "PNG or GIF, up to 5 MB, kept 7 days at most, private, into Harbours".
fn allows(ticket: &Ticket, collections: &[Choice]) -> String {
    let limits = &ticket.limits;
    let formats = limits.formats.as_deref().unwrap_or(&Format::ALL);
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let size = figures::size(limits.bytes_max.unwrap_or(ANONYMOUS.bytes_max));
    let mut said = vec![figures::list(&names, "or"), format!("up to {size}")];
    said.extend(limits.ttl_ms.map(|ms| format!("kept {} at most", human_duration(ms))));
    said.extend(limits.is_private.then(|| "private".to_owned()));
    said.extend(limits.collection.as_ref().map(
        |id| match collections.iter().find(|choice| choice.value == id.as_str()) {
            Some(choice) => format!("into {}", choice.words),
            None => "into a collection that is deleted, so that it lets nobody upload".to_owned(),
        },
    ));
    said.join(", ")
}
