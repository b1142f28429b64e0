//! `/settings`: everything that an account can see and change, on one page.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::policy::PolicyNotice;
use super::{Mistake, gpc, parameter, with_own_referrer};
use crate::app::App;
use crate::domain::consent::{Act, ConsentRecord, Purpose};
use crate::domain::country::Country;
use crate::error::Error;
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::policy::consents::{ConsentText, TEXTS};
use crate::usecases::open_session::{self, SessionUse};
use crate::usecases::read_statements::is_suspended;
use crate::usecases::{profile, record_consents};

/// What the page shows about a form that had a mistake.
#[derive(Clone, Debug, Default)]
pub(super) struct Again {
    /// Which form: `profile`, `email` or `password`.
    pub(super) form: &'static str,
    pub(super) mistake: Mistake,
    /// What was filled in.
    pub(super) name: Option<String>,
    pub(super) country: Option<String>,
    pub(super) email: Option<String>,
}

impl Again {
    fn of(&self, form: &str) -> Mistake {
        if self.form == form { self.mistake.clone() } else { Mistake::default() }
    }
}

struct ConsentRow {
    text: &'static ConsentText,
    is_granted: bool,
    is_opted_out: bool,
    since: Option<Moment>,
}

struct SessionRow {
    id: String,
    is_this: bool,
    begun: Moment,
    used: Moment,
    ends: Moment,
    address: String,
    browser: String,
}

#[derive(Template)]
#[template(path = "account/settings.html")]
struct SettingsPage {
    form_token: String,
    account: String,
    is_operator: bool,
    done: &'static str,
    is_verified: bool,
    is_suspended: bool,
    policy: Option<PolicyNotice>,
    /// Since when processing is paused.
    restricted: Option<Moment>,
    email: String,
    person: String,
    country: String,
    countries: Vec<Country>,
    new_email: String,
    profile: Mistake,
    email_mistake: Mistake,
    password_mistake: Mistake,
    consents: Vec<ConsentRow>,
    gpc: bool,
    sessions: Vec<SessionRow>,
}

/// `GET /settings`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let done = match parameter(&uri, "done").as_deref() {
        Some("profile") => "Your name and country are saved.",
        Some("address") => "Your address is proved.",
        Some("letter") => "A letter is on its way. Follow the link in it.",
        Some("password") => "Your password is changed. Everywhere else you are signed out.",
        Some("consents") => "Your choices are recorded.",
        Some("restriction") => "Your choice is recorded, and obeyed from now on.",
        Some("sessions") => "That sign-in has ended.",
        _ => "",
    };
    page(&app, &session, &headers, StatusCode::OK, done, Again::default()).await
}

/// The page, with a form shown again.
///
/// # Errors
/// If something of ours failed.
pub(super) async fn page(
    app: &App,
    session: &SessionUse,
    headers: &HeaderMap,
    status: StatusCode,
    done: &'static str,
    again: Again,
) -> Result<Response<Body>, Error> {
    let account = &session.account_id;
    let profile = profile::open(app, account).await?;
    let ledger = record_consents::history(app, account).await?;
    let gpc = gpc(headers);
    let page = SettingsPage {
        is_suspended: is_suspended(app, account).await?,
        form_token: session.form_token().to_owned(),
        account: session.account_id.to_string(),
        is_operator: session.is_operator,
        done,
        is_verified: session.is_verified,
        policy: PolicyNotice::of(session),
        restricted: profile.account.restricted_at.map(Moment::from),
        email: profile.email,
        country: again.country.clone().unwrap_or(profile.country.map_or(String::new(), |country| country.code.into())),
        person: again.name.clone().unwrap_or(profile.name),
        countries: Country::all(),
        new_email: again.email.clone().unwrap_or_default(),
        profile: again.of("profile"),
        email_mistake: again.of("email"),
        password_mistake: again.of("password"),
        consents: TEXTS.iter().map(|text| consent_row(text, &ledger, gpc)).collect(),
        gpc,
        sessions: session_rows(app, session).await?,
    };
    html(status, &page).map(with_own_referrer)
}

fn consent_row(text: &'static ConsentText, ledger: &[ConsentRecord], gpc: bool) -> ConsentRow {
    let purpose: Purpose = text.purpose;
    let latest = ledger.iter().rfind(|record| record.purpose == purpose);
    ConsentRow {
        text,
        is_granted: latest.is_some_and(|record| record.act == Act::Granted),
        is_opted_out: gpc && purpose.is_opted_out_by_gpc(),
        since: latest.map(|record| record.recorded_at.into()),
    }
}

async fn session_rows(app: &App, session: &SessionUse) -> Result<Vec<SessionRow>, Error> {
    let listed = open_session::list(app, &session.account_id).await?;
    let row = |listed: open_session::Listed| SessionRow {
        is_this: listed.id == session.id,
        id: listed.id.to_string(),
        begun: listed.created_at.into(),
        used: listed.used_at.into(),
        ends: listed.expires_at.into(),
        address: listed.address.unwrap_or_else(|| "unknown".into()),
        browser: listed.user_agent.unwrap_or_else(|| "unknown".into()),
    };
    Ok(listed.into_iter().map(row).collect())
}
