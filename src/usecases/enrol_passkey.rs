//! An account gets a passkey.

use serde_json::Value;

use super::challenge;
use super::sealed_fields::SealedFields;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::passkey::options::{self, Owner};
use crate::domain::passkey::registration::{NewPasskey, Registration};
use crate::domain::passkey::{CredentialId, RelyingParty};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::factors::{CHALLENGE_MS, PASSKEY_NAME_CHARS_MAX, PASSKEYS_MAX};
use crate::ports::sql::SqlFailure;
use crate::store::challenges::Purpose;
use crate::store::passkeys::{self, Listed, NewRow};

/// What a passkey is called whose owner did not name it.
const UNNAMED: &str = "Passkey";

/// Where the id of a passkey rests.
pub(super) fn place_of_id(credential_hash: &str) -> String {
    format!("passkeys.credential_id:{credential_hash}")
}

/// Where its name rests.
pub(super) fn place_of_name(credential_hash: &str) -> String {
    format!("passkeys.name:{credential_hash}")
}

/// What to ask the browser to make a passkey for an account, which its owner knows by `email`.
///
/// # Errors
/// If a port fails.
pub async fn begin(app: &App, account: &AccountId, email: &str) -> Result<Value, Fault> {
    let existing = passkeys::of_account(app.ports.sql.as_ref(), account).await;
    let existing = existing.attempt(&format!("list the passkeys of {account}"))?;
    let existing = credentials(app, account, &existing).await?;
    let challenge = challenge::ask(app, Purpose::Enrol, Some(account)).await?;
    let (site, owner) = (site(app), Owner { account: account.as_str(), name: email });
    Ok(options::creation(&site, &challenge, &owner, &existing, CHALLENGE_MS))
}

/// Takes the browser's answer and keeps the passkey, under the name that its owner gives it.
///
/// # Errors
/// `ProofWrong` if the answer is not one to a question of ours, `InvalidField` if there are too many passkeys or somebody
/// has this one; or a fault.
pub async fn finish(app: &App, account: &AccountId, answer: &str, name: &str) -> Result<(), Error> {
    let registration = Registration::read(answer).map_err(|_| Problem::ProofWrong)?;
    if !challenge::take(app, registration.challenge(), Purpose::Enrol, Some(account)).await? {
        return Err(Problem::ProofWrong.into());
    }
    let made = registration.verify(&site(app)).map_err(|_| Problem::ProofWrong)?;
    let row = row(app, account, &made, name).await?;
    match passkeys::add(app.ports.sql.as_ref(), account, &row, PASSKEYS_MAX, app.now()).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(refused(format!("an account has at most {PASSKEYS_MAX}: remove one first")).into()),
        // §7.1 step 26.
        Err(SqlFailure::Conflict(_)) => Err(refused("this one is in use already".into()).into()),
        failed => Ok(failed.map(drop).attempt(&format!("add a passkey to {account}"))?),
    }
}

async fn row(app: &App, account: &AccountId, made: &NewPasskey, name: &str) -> Result<NewRow, Fault> {
    let name: String = name.trim().chars().filter(|char| !char.is_control()).take(PASSKEY_NAME_CHARS_MAX).collect();
    let name = if name.is_empty() { UNNAMED } else { &name };
    let (fields, credential_hash) = (SealedFields::of(app, account).await?, made.credential.hash());
    Ok(NewRow {
        credential_id: fields.seal(&place_of_id(&credential_hash), &made.credential.base64url())?,
        name: fields.seal(&place_of_name(&credential_hash), name)?,
        credential_hash,
        public_key: made.key.stored(),
        sign_count: made.sign_count,
        backup_eligible: made.is_backup_eligible,
        backed_up: made.is_backed_up,
    })
}

/// The ids of an account's passkeys, for authenticators.
pub(super) async fn credentials(app: &App, account: &AccountId, listed: &[Listed]) -> Result<Vec<CredentialId>, Fault> {
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let fields = SealedFields::of(app, account).await?;
    let open = |listed: &Listed| fields.open(&place_of_id(&listed.credential_hash), &listed.credential_id);
    let ids = listed.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    Ok(ids.iter().filter_map(|id| CredentialId::parse(id)).collect())
}

/// This site, as passkeys are bound to it.
pub(super) fn site(app: &App) -> RelyingParty {
    RelyingParty::of(&app.settings.app_origin)
}

fn refused(detail: String) -> Problem {
    Problem::InvalidField { field: "passkey", detail }
}
