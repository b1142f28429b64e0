//! Refuses images in countries where policy withholds them. The edge tells the country (`CF-IPCountry`; it overwrites what a client
//! sends), and it is forgotten with the request.

use axum::http::HeaderMap;

use super::caller::country;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::error::Problem;

/// Refuses an image that is withheld where the caller is.
///
/// # Errors
/// [`Problem::WithheldInCountry`].
pub fn refuse_withheld(app: &App, id: &ImageId, is_restricted: bool, headers: &HeaderMap) -> Result<(), Problem> {
    match app.settings.geography.against(id, is_restricted, country(headers)) {
        Some(row) => Err(Problem::WithheldInCountry { country: row.country.name, reason: row.reason.clone() }),
        None => Ok(()),
    }
}

/// Whether an image is withheld anywhere: no cache between us and whoever asks may then answer for us.
#[must_use]
pub fn is_withheld_somewhere(app: &App, id: &ImageId, is_restricted: bool) -> bool {
    app.settings.geography.about(id, is_restricted).next().is_some()
}
