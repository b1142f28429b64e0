//! An account gives up a factor.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::error::{Attempt as _, Fault};
use crate::store::{passkeys, recovery_codes, totp_factors};

/// What is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemovedFactor {
    /// The authenticator app.
    Totp,
    /// The passkey of this handle.
    Passkey(String),
}

/// Removes a factor; with the last one, the recovery codes, which would let somebody in for nothing. What is not there
/// is removed.
///
/// # Errors
/// If the database fails.
pub async fn remove_factor(app: &App, account: &AccountId, factor: &RemovedFactor) -> Result<(), Fault> {
    let removal = match factor {
        RemovedFactor::Totp => totp_factors::remove(account),
        RemovedFactor::Passkey(handle) => passkeys::remove(account, handle),
    };
    let removed = app.ports.sql.batch(vec![removal, recovery_codes::remove_without_factor(account)]).await;
    removed.map(drop).attempt(&format!("remove a factor of {account}"))
}
