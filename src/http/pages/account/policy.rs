//! The notice that the policy has changed, on the pages of whoever is signed in, until they say that they have seen it
//! (promise IMP-55).

use axum::body::Body;
use axum::http::Response;

use crate::error::Error;
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::policy::editions::{Edition, LATEST, news};
use crate::usecases::announce_policy::note_seen;
use crate::usecases::open_session::SessionUse;

/// What the notice says.
#[derive(Clone, Debug)]
pub struct PolicyNotice {
    /// The date of the latest edition.
    pub effective: &'static str,
    /// What has changed.
    pub changes: Vec<&'static Edition>,
}

impl PolicyNotice {
    /// The notice for somebody; none if they know it all.
    #[must_use]
    pub fn of(session: &SessionUse) -> Option<Self> {
        let changes = news(session.policy_seen, session.tier);
        (!changes.is_empty()).then_some(Self { effective: LATEST.date, changes })
    }
}

/// `POST /settings/policy/seen`.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn seen(OwnForm { app, session, .. }: OwnForm) -> Result<Response<Body>, Error> {
    note_seen(&app, &session.account_id).await?;
    Ok(see_other("/settings"))
}
