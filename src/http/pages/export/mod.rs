//! Copies of everything that is kept: of an account at `/settings/export`, of a team at `/teams/{id}/export`, for their owner
//! (promise IMP-50).

pub mod account;
mod download;
pub mod team;

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::app::App;
use crate::domain::ids::{AccountId, ExportId};
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::pages::account::with_own_referrer;
use crate::http::pages::figures::{Moment, grouped, size};
use crate::http::pages::html;
use crate::http::upload_request::ShortForm;
use crate::policy::exports::KEPT_MS;
use crate::usecases::check_quota::storage_of;
use crate::usecases::export::{self, Export, ExportFile, SCHEMA_PATH, Whose, is_under_way};
use crate::usecases::list_teams::{Membership, find_own_team};
use crate::usecases::open_session::SessionUse;

/// Of what there are copies at an address: of an account, or of a team of its.
struct Shelf {
    account: AccountId,
    team: Option<Membership>,
}

impl Shelf {
    fn of_account(session: &SessionUse) -> Self {
        Self { account: session.account_id.clone(), team: None }
    }

    /// That of a team, if it is theirs; otherwise `not-found`, or `team-role`.
    async fn of_team(app: &App, session: &SessionUse, team: &AccountId) -> Result<Self, Error> {
        let found = find_own_team(app, &session.account_id, team).await?;
        Ok(Self { account: session.account_id.clone(), team: Some(found) })
    }

    fn whose(&self) -> Whose<'_> {
        Whose { account: &self.account, team: self.team.as_ref().map(|team| &team.id) }
    }

    /// Where its page is.
    fn path(&self) -> String {
        self.team.as_ref().map_or_else(|| "/settings/export".to_owned(), |team| format!("/teams/{}/export", team.id))
    }
}

/// How far a copy is that is being made.
struct Progress {
    asked: Moment,
    done: u64,
    all: u64,
    images_done: String,
    images: String,
    /// Whether it was tried and failed, and will be tried again.
    is_delayed: bool,
}

/// A file as the page lists it.
struct FileRow {
    href: String,
    name: &'static str,
    number: u64,
    what: String,
    size: String,
}

struct Ready {
    id: String,
    made: Moment,
    until: Moment,
    files: Vec<FileRow>,
}

enum State {
    None,
    Making(Progress),
    Ready(Ready),
    /// It was tried too often.
    GivenUp,
}

/// A team of which copies are made.
struct TeamShown {
    id: String,
    name: String,
}

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage {
    form_token: String,
    life: String,
    schema: &'static str,
    /// The page's own address.
    path: String,
    team: Option<TeamShown>,
    state: State,
}

async fn show(app: &App, session: &SessionUse, shelf: Shelf) -> Result<Response<Body>, Error> {
    let state = match export::latest(app, &shelf.whose()).await? {
        None => State::None,
        Some((export, _)) if is_under_way(&export) => State::Making(progress(app, &export).await?),
        Some((export, files)) => match export.finished_at {
            None => State::GivenUp,
            Some(made) => State::Ready(Ready {
                id: export.id.to_string(),
                made: made.into(),
                until: export.expires_at.into(),
                files: files.iter().map(|file| row(&shelf, &export, file)).collect(),
            }),
        },
    };
    let page = ExportPage {
        form_token: session.form_token().to_owned(),
        life: human_duration(KEPT_MS),
        schema: SCHEMA_PATH,
        path: shelf.path(),
        team: shelf.team.map(|team| TeamShown { id: team.id.to_string(), name: team.name }),
        state,
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

async fn progress(app: &App, export: &Export) -> Result<Progress, Error> {
    let images = storage_of(app, export.of()).await?.images.max(export.images);
    Ok(Progress {
        asked: export.requested_at.into(),
        // What is known of the account or the team counts as one.
        done: export.images + u64::from(export.files > 0),
        all: images + 1,
        images_done: grouped(export.images),
        images: grouped(images),
        is_delayed: export.attempts > 1,
    })
}

fn row(shelf: &Shelf, export: &Export, file: &ExportFile) -> FileRow {
    let (name, first) = match shelf.team {
        None => ("Your account", "name, address, choices, sign-ins, keys, collections, teams"),
        Some(_) => ("The team", "name, collections, upload tickets, restrictions with their reasons"),
    };
    let what = match file.images {
        _ if file.number == 0 => first.to_owned(),
        1 => "1 picture".to_owned(),
        count => format!("{} pictures", grouped(count)),
    };
    let pictures = if shelf.team.is_some() { "Its pictures" } else { "Your pictures" };
    FileRow {
        href: format!("{}/{}/{}", shelf.path(), export.id, file.number),
        name: if file.number == 0 { name } else { pictures },
        number: file.number,
        what,
        size: size(file.bytes),
    }
}

async fn request(app: &App, shelf: &Shelf) -> Result<Response<Body>, Error> {
    export::request(app, &shelf.whose()).await?;
    Ok(see_other(&shelf.path()))
}

/// Ends the copy that the field `export` names.
async fn end(app: &App, shelf: &Shelf, form: &ShortForm) -> Result<Response<Body>, Error> {
    let id = form.field("export").and_then(ExportId::parse).ok_or(Problem::NotFound)?;
    export::end(app, &shelf.account, &id).await?;
    Ok(see_other(&shelf.path()))
}
