//! `/privacy`: printed from the tables that the code obeys, so that it cannot promise anything else.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::disclosure::rate_words;
use crate::app::App;
use crate::domain::retention::{Surface, Tier};
use crate::domain::time::human_duration;
use crate::domain::verdict::Verdict;
use crate::error::Error;
use crate::policy::anomalies::{RULES, Rule};
use crate::policy::data_map::{self, DataRow};
use crate::policy::editions::LATEST;
use crate::policy::holding::HELD_MS;
use crate::policy::known_bad::LEGAL_HOLD_MS;
use crate::policy::rates;
use crate::policy::request_log::{REQUESTS_MS, RequestLog};
use crate::policy::retention::{
    ANONYMOUS_CEILING_MS, CACHE_MS, DRAFT_MS, IDEMPOTENCY_MS, Keep, RECOVERY_MS, TOMBSTONE_MS, TTL_MIN_MS,
};
use crate::policy::sessions::SESSION;
use crate::policy::statistics::TOLD_FROM;
use crate::usecases::anomalies::CHALLENGE_PATH;

/// The ways in that this edition of the product has.
const WAYS_IN: [(Surface, &str); 3] =
    [(Surface::Web, "The upload page"), (Surface::Api, "The API"), (Surface::Import, "The API, by URL")];

/// Whose pictures are kept how long.
struct Windows {
    whose: &'static str,
    rows: Vec<WindowRow>,
}

/// Whose they can be. An account whose address is not proved is kept to the first.
const TIERS: [(Tier, &str); 3] = [
    (Tier::Anonymous, "without an account, or with one whose address is not proved"),
    (Tier::Free, "with an account"),
    (Tier::Paid, "with a paid account"),
];

struct WindowRow {
    surface: &'static str,
    safe: String,
    restricted: String,
    prohibited: String,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    edition: &'static str,
    windows: Vec<Windows>,
    ttl_min: String,
    ceiling: String,
    recovery: String,
    /// The data map speaks of the default; a deployment may have another window.
    recovery_default: String,
    tombstone: String,
    cached: String,
    draft: String,
    legal_hold: String,
    /// Whether hashes leave this deployment.
    asks_outside: bool,
    /// Whether a classifier outside is asked for a second opinion.
    asks_rekognition: bool,
    /// How long an image waits to be judged.
    held: String,
    idempotency: String,
    rates: String,
    /// What is unusual, and what follows.
    rules: &'static [Rule],
    /// Where whoever is slowed shows to be a person, if they can.
    challenge: Option<&'static str>,
    session_sliding: String,
    session_hard: String,
    /// Whether requests with a key are written down, and for how long.
    logs_requests: bool,
    requests: String,
    /// Whether those without one are, too.
    logs_all: bool,
    /// How many there must be of a kind for it to be told.
    told_from: i64,
    data: Vec<DataRow>,
}

/// `GET /privacy`.
///
/// # Errors
/// If it cannot be written.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let page = PrivacyPage {
        edition: LATEST.date,
        windows: TIERS.into_iter().map(|(tier, whose)| windows(&app, tier, whose)).collect(),
        ttl_min: human_duration(TTL_MIN_MS),
        ceiling: human_duration(ANONYMOUS_CEILING_MS),
        recovery: human_duration(app.settings.retention.recovery_ms()),
        recovery_default: human_duration(RECOVERY_MS),
        tombstone: human_duration(TOMBSTONE_MS),
        cached: human_duration(CACHE_MS),
        draft: human_duration(DRAFT_MS),
        legal_hold: human_duration(LEGAL_HOLD_MS),
        asks_outside: app.settings.known_bad_lookup.is_some(),
        asks_rekognition: app.settings.rekognition.is_some(),
        held: human_duration(HELD_MS),
        idempotency: human_duration(IDEMPOTENCY_MS),
        rates: rate_words(&rates::ANONYMOUS),
        rules: &RULES,
        challenge: app.settings.turnstile.is_some().then_some(CHALLENGE_PATH),
        session_sliding: human_duration(SESSION.sliding_ms),
        session_hard: human_duration(SESSION.hard_ms),
        logs_requests: app.settings.request_log != RequestLog::Off,
        requests: human_duration(REQUESTS_MS),
        logs_all: app.settings.request_log == RequestLog::All,
        told_from: TOLD_FROM,
        data: data_map::rows(),
    };
    super::html(StatusCode::OK, &page)
}

fn windows(app: &App, tier: Tier, whose: &'static str) -> Windows {
    let rows = WAYS_IN.into_iter().map(|(surface, name)| window_row(app, tier, surface, name)).collect();
    Windows { whose, rows }
}

fn window_row(app: &App, tier: Tier, surface: Surface, name: &'static str) -> WindowRow {
    let keep = |verdict| match app.settings.retention.keep(surface, tier, verdict) {
        Keep::For(ms) => human_duration(ms),
        Keep::UntilDeleted => "until deleted".to_owned(),
        Keep::NeverPublic => "never public".to_owned(),
        Keep::Refused => "refused".to_owned(),
        Keep::NotStored => "not stored".to_owned(),
    };
    WindowRow {
        surface: name,
        safe: keep(Verdict::Safe),
        restricted: keep(Verdict::Restricted),
        prohibited: keep(Verdict::Prohibited),
    }
}
