//! `/operate/review/{id}`: one picture, what is known about it, and the form in which it is decided about.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use data_encoding::BASE64;

use super::{state, verdict};
use crate::app::App;
use crate::domain::decision::DecidedBy;
use crate::domain::details::Details;
use crate::domain::facts::ImageFacts;
use crate::domain::ground::Ground;
use crate::domain::ids::ImageId;
use crate::domain::image::{RemovalReason, State};
use crate::domain::review::Choice as Wish;
use crate::error::{Error, Problem};
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, mistake, with_own_referrer};
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::{Moment, size};
use crate::http::pages::html;
use crate::http::pages::operate::log::LogRow;
use crate::http::placeholder;
use crate::http::upload_request::ShortForm;
use crate::policy::review::REASON_CHARS_MAX;
use crate::usecases::open_session::SessionUse;
use crate::usecases::operate::case::{self, Case, Past};
use crate::usecases::operate::look::{Sight, look};

/// A decision as the page lists it.
struct DecisionRow {
    at: Moment,
    who: &'static str,
    verdict: &'static str,
    ground: &'static str,
    reason: String,
}

impl DecisionRow {
    fn of(past: Past) -> Self {
        Self {
            at: past.decided_at.into(),
            who: match past.decided_by {
                DecidedBy::Policy => "the policy",
                DecidedBy::Model => "the model",
                DecidedBy::Operator => "a person",
                DecidedBy::KnownBad => "a list of known material",
                DecidedBy::Outside => "a classifier outside",
            },
            verdict: verdict(past.verdict),
            ground: past.ground.map_or("", Ground::label),
            reason: past.reason,
        }
    }
}

/// What is shown of the picture.
enum Shown {
    /// What stands for it until somebody asks to see it: a `data:` address, if there is one.
    Blurred(Option<String>),
    /// The picture: a `data:` address.
    Picture(String),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// What is filled in, to be shown again where something was wrong with it.
struct Filled {
    choices: Vec<Choice>,
    grounds: Vec<Choice>,
    reason: String,
    is_listed: bool,
    with_copies: bool,
}

#[derive(Template)]
#[template(path = "operate/review/picture.html")]
struct PicturePage {
    here: &'static str,
    form_token: String,
    id: String,
    state: &'static str,
    verdict: &'static str,
    uploaded: Moment,
    leaves: Option<Moment>,
    erased: Option<Moment>,
    account: Option<String>,
    is_private: bool,
    is_public: bool,
    sha256: String,
    kind: String,
    frames: u32,
    frame: u32,
    caption: String,
    filename: String,
    holds: i64,
    is_suspected: bool,
    shown: Shown,
    decisions: Vec<DecisionRow>,
    log: Vec<LogRow>,
    copies: usize,
    can_decide: bool,
    can_undo: bool,
    can_restore: bool,
    filled: Filled,
    reason_chars_max: usize,
    mistake: Mistake,
}

/// `GET /operate/review/{id}`.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    page(&app, &session, &id, None, StatusCode::OK, None, Mistake::default()).await
}

/// `POST /operate/review/{id}/look` with `frame`, and of what may be forbidden to possess `reason`: the page with the picture.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn show_picture(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let frame = form.field("frame").and_then(|frame| frame.parse().ok()).unwrap_or_default();
    let why = form.field("reason").unwrap_or_default();
    match look(&app, &session.account_id, &id, frame, why).await {
        Ok(sight) => {
            let seen = Some((sight, frame));
            page(&app, &session, &id, seen, StatusCode::OK, None, Mistake::default()).await
        }
        Err(error) => {
            let (status, mut mistake, _) = mistake(error)?;
            mistake.field = "why";
            page(&app, &session, &id, None, status, None, mistake).await
        }
    }
}

/// The page, with what was filled in and what is wrong with it.
pub(super) async fn page(
    app: &App,
    session: &SessionUse,
    id: &ImageId,
    seen: Option<(Sight, u32)>,
    status: StatusCode,
    form: Option<&ShortForm>,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let Case { image, decisions, log, copies, .. } = case::open(app, &session.account_id, id).await?;
    let facts: Option<ImageFacts> = image.facts.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let details: Details =
        image.details.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let is_there = image.state != State::Gone;
    let has_a_life = matches!(image.state, State::Live | State::Held | State::Releasing);
    let is_deleted = matches!(image.state, State::Removing | State::Recovery)
        && matches!(image.removal_reason, Some(RemovalReason::Deleted | RemovalReason::Expired));
    let frame = seen.as_ref().map_or(0, |(_, frame)| *frame);
    let shown = match seen {
        Some((Sight::Jpeg(jpeg), _)) => Shown::Picture(format!("data:image/jpeg;base64,{}", BASE64.encode(&jpeg))),
        Some((Sight::Gone, _)) => Shown::Nothing("Its bytes are not there any more."),
        Some((Sight::NotNow, _)) => Shown::Nothing("It cannot be shown at the moment. Try again in a minute."),
        None if !is_there => Shown::Nothing("Its bytes are erased."),
        None => Shown::Blurred(facts.as_ref().and_then(placeholder::data_url)),
    };
    let page = PicturePage {
        here: "review",
        form_token: session.form_token().to_owned(),
        id: id.to_string(),
        state: state(image.state, image.removal_reason),
        verdict: verdict(image.verdict),
        uploaded: image.created_at.into(),
        leaves: image.expires_at.filter(|_| has_a_life).map(Moment::from),
        erased: image.erase_after.filter(|_| image.state == State::Recovery).map(Moment::from),
        account: image.account_id.map(|account| account.to_string()),
        is_private: image.is_private != 0,
        is_public: image.state == State::Live,
        sha256: image.sha256.unwrap_or_default(),
        kind: facts.as_ref().map(describe).unwrap_or_default(),
        frames: facts.as_ref().map_or(1, |facts| facts.frames),
        frame,
        caption: details.caption.unwrap_or_default(),
        filename: details.filename.unwrap_or_default(),
        holds: image.holds,
        is_suspected: image.is_suspected != 0,
        shown,
        can_decide: is_there && !is_deleted,
        can_undo: is_there && decisions.first().is_some_and(|last| last.decided_by == DecidedBy::Operator),
        can_restore: image.state == State::Recovery && image.removal_reason == Some(RemovalReason::Deleted),
        decisions: decisions.into_iter().map(DecisionRow::of).collect(),
        log: log.into_iter().map(|line| LogRow::of(line, session)).collect(),
        copies: copies.len(),
        filled: filled(form),
        reason_chars_max: REASON_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

fn describe(facts: &ImageFacts) -> String {
    let kind = facts.format.media_type();
    let frames = if facts.frames > 1 { format!(", {} frames", facts.frames) } else { String::new() };
    format!("{kind}, {} × {} pixels, {}{frames}", facts.width, facts.height, size(facts.bytes))
}

fn filled(form: Option<&ShortForm>) -> Filled {
    let said = |name: &str| form.and_then(|form| form.field(name)).unwrap_or_default();
    let grounds = Ground::ALL.iter().map(|ground| (ground.as_str(), ground.label()));
    Filled {
        choices: choices::of(Wish::ALL.iter().map(|wish| (wish.as_str(), wish.label())), said("choice")),
        grounds: choices::of(std::iter::once(("", "Choose one")).chain(grounds), said("ground")),
        reason: said("reason").to_owned(),
        is_listed: !said("listed").is_empty(),
        with_copies: form.is_none() || !said("copies").is_empty(),
    }
}
