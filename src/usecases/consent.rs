//! What somebody allowed.

use crate::app::App;
use crate::domain::consent::{ConsentProof, Purpose};
use crate::domain::ids::AccountId;
use crate::error::{Attempt as _, Fault};
use crate::store::consents;

/// The proof that the latest entry of the ledger allows `purpose` to the account; none if it does not.
///
/// # Errors
/// If the database fails.
pub async fn proof(app: &App, account: &AccountId, purpose: Purpose) -> Result<Option<ConsentProof>, Fault> {
    let latest = consents::latest(app.ports.sql.as_ref(), account, purpose).await;
    let latest = latest.attempt(&format!("read whether {account} allows {}", purpose.as_str()))?;
    Ok(latest.as_ref().and_then(ConsentProof::of))
}
