//! Fields of an account's rows that only its personal key opens, each bound to its place.

use super::personal_keys;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::sealing::{NONCE_BYTES, PersonalKey};
use crate::error::{Attempt as _, Cause, Fault};

/// Seals and opens the fields of one account.
pub(super) struct SealedFields<'a> {
    app: &'a App,
    account: &'a AccountId,
    key: PersonalKey,
}

impl<'a> SealedFields<'a> {
    /// Of an account that has a personal key, as every one has that is not erased.
    pub(super) async fn of(app: &'a App, account: &'a AccountId) -> Result<Self, Fault> {
        let key = personal_keys::find(app, account).await?;
        let key = key.ok_or_else(|| fault(account, "it has no personal key"))?;
        Ok(Self { app, account, key })
    }

    pub(super) fn seal(&self, place: &str, plain: &str) -> Result<String, Fault> {
        let mut nonce = [0; NONCE_BYTES];
        self.app.ports.rng.fill(&mut nonce).attempt(&format!("seal {place}"))?;
        self.key.seal(place, plain, nonce).ok_or_else(|| fault(self.account, "a field cannot be sealed"))
    }

    pub(super) fn open(&self, place: &str, sealed: &str) -> Result<String, Fault> {
        self.key.open(place, sealed).ok_or_else(|| fault(self.account, "its key does not open a field"))
    }
}

fn fault(account: &AccountId, cause: &str) -> Fault {
    Fault { attempted: format!("use the personal key of {account}"), cause: Cause::Invariant(cause.into()) }
}
