//! Where an image is withheld though it is shown elsewhere, for whoever uploaded it.

use crate::app::App;
use crate::domain::geography::Withholding;
use crate::domain::ids::ImageId;
use crate::domain::warning::Warning;
use crate::error::{Attempt as _, Fault};
use crate::store::images::{self, Found};

/// The rows of policy that withhold an image; none of one that nobody is shown anyway.
///
/// # Errors
/// If the database fails.
pub async fn withheld_in<'a>(app: &'a App, id: &'a ImageId) -> Result<Vec<&'a Withholding>, Fault> {
    let geography = &app.settings.geography;
    if geography.0.is_empty() {
        return Ok(Vec::new());
    }
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    let Some(Found::Present(image)) = found else { return Ok(Vec::new()) };
    Ok(geography.about(id, Warning::of(&image).is_some()).collect())
}
