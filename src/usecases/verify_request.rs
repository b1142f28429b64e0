//! Finds out as whom a signed request acts (RFC 9421, `domain::http_signature`).
//!
//! What needs no key is checked first, then the keys are looked up, all at once; the nonce is spent last, so that only
//! who holds a key can make us write.

use crate::app::App;
use crate::domain::api_key::{KeyUse, SigningSecret};
use crate::domain::http_signature::{Checked, PublicKey, Refusal, RequestHead, VerifyingKey, read};
use crate::domain::ids::ApiKeyId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::api_keys::SIGNATURES;
use crate::ports::sql::SqlFailure;
use crate::store::api_keys::{self, ValidApiKey};
use crate::store::signature_nonces;
use crate::usecases::create_api_key::secret_context;
use crate::usecases::journal::refuse_while_restoring;
use crate::usecases::personal_keys;

/// Verifies the signatures of a request until one counts, and spends its nonce.
///
/// # Errors
/// `Restoring`, `RequestSignatureWrong`, `RequestSignatureExpired`, `ContentDigestMissing`, `NonceReplayed`; a fault if the database
/// fails, after which the nonce may be spent.
pub async fn verify_request(app: &App, head: &RequestHead<'_>) -> Result<KeyUse, Error> {
    let now = app.now();
    let mut refusals = Vec::new();
    let mut checked = Vec::new();
    for claim in read(head, &SIGNATURES).map_err(problem)? {
        match claim.and_then(|claim| claim.check(head, now, &SIGNATURES)) {
            Ok(claim) => checked.push(claim),
            Err(refusal) => refusals.push(refusal),
        }
    }
    let keys = keys_of(app, &checked, now).await?;
    if keys.is_empty() && !checked.is_empty() {
        refuse_while_restoring(app).await?;
    }
    for claim in checked {
        let key = keys.iter().find(|key| key.id.as_str() == claim.keyid);
        let verifying = match key {
            Some(key) => verifying_key(app, key).await?.map(|verifying| (key, verifying)),
            None => None,
        };
        let Some((key, verifying)) = verifying else {
            refusals.push(Refusal::KeyUnknown);
            continue;
        };
        match claim.verify(head, &verifying) {
            Ok(()) => return spend(app, &claim, key, now).await,
            Err(refusal) => refusals.push(refusal),
        }
    }
    // What a stranger's signature beside the caller's own lacks is of no use to the caller.
    let is_telling = |refusal: &&Refusal| **refusal != Refusal::KeyUnknown;
    let told = refusals.iter().find(is_telling).or(refusals.first()).cloned();
    Err(problem(told.unwrap_or(Refusal::KeyUnknown)).into())
}

async fn keys_of(app: &App, claims: &[Checked], now: Timestamp) -> Result<Vec<ValidApiKey>, Fault> {
    let ids: Vec<ApiKeyId> = claims.iter().filter_map(|claim| ApiKeyId::parse(&claim.keyid)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    api_keys::find_all_valid(app.ports.sql.as_ref(), &ids, now).await.attempt("find the key of a signature")
}

/// What the key's signatures are verified with; none if the master key of its secret is no more.
async fn verifying_key(app: &App, key: &ValidApiKey) -> Result<Option<VerifyingKey>, Fault> {
    if let Some(public) = &key.ed25519_public {
        return Ok(PublicKey::from_stored(public).map(VerifyingKey::Ed25519));
    }
    let secret = match &key.sealed_secret {
        Some(sealed) => {
            let personal = personal_keys::of(app, &key.account_id).await?;
            Some(SigningSecret::kept(personal_keys::open(&personal, &secret_context(&key.id), sealed)?))
        }
        None => {
            let master = app.settings.master_keys.keys().find(|master| master.id == key.master_key);
            master.map(|master| SigningSecret::derive(master, &key.id))
        }
    };
    Ok(secret.map(|secret| VerifyingKey::of_secret(&secret)))
}

/// Spends the nonce and notes the use, both or neither.
async fn spend(app: &App, claim: &Checked, key: &ValidApiKey, now: Timestamp) -> Result<KeyUse, Error> {
    let mut statements = vec![signature_nonces::spend(&key.id, &claim.nonce, claim.fresh_until)];
    statements.extend(api_keys::note_use(key, &now.day()));
    match app.ports.sql.batch(statements).await {
        Ok(_) => Ok(key.clone().into_use()),
        Err(SqlFailure::Conflict(_)) => Err(Problem::NonceReplayed.into()),
        Err(failure) => {
            let attempted = format!("spend a nonce of the key {}", key.id);
            Err(Fault { attempted, cause: Cause::from(failure) }.into())
        }
    }
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::DigestNotCovered => Problem::ContentDigestMissing,
        Refusal::NotFresh(freshness) => {
            Problem::RequestSignatureExpired { detail: freshness.to_string(), now_s: freshness.now_s }
        }
        refusal => Problem::RequestSignatureWrong { refusal },
    }
}
