//! Finds out as whom a bearer of an API key acts.

use crate::app::App;
use crate::domain::api_key::{ApiKeyText, KeyUse};
use crate::error::{Attempt as _, Error, Problem};
use crate::store::{api_keys, run_all};
use crate::usecases::journal::refuse_while_restoring;

/// What the bearer of `token` may do. That the key was used is noted once a day.
///
/// # Errors
/// `ApiKeyMistyped` without any lookup, `ApiKeyInvalid`, `Restoring`; a fault if the database fails.
pub async fn authenticate_key(app: &App, token: &str) -> Result<KeyUse, Error> {
    let text = ApiKeyText::parse(token).map_err(|mistake| Problem::ApiKeyMistyped { mistake })?;
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let found = api_keys::find_valid(sql, &text, now).await.attempt("find an API key")?;
    let Some(key) = found else {
        refuse_while_restoring(app).await?;
        return Err(Problem::ApiKeyInvalid.into());
    };
    run_all(sql, api_keys::note_use(&key, &now.day())).await.attempt("note the use of an API key")?;
    Ok(key.into_use())
}
