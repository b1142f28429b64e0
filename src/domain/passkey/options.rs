//! What browsers are asked: the JSON forms of §5.4 and §5.5 (`PublicKeyCredentialCreationOptionsJSON`,
//! `PublicKeyCredentialRequestOptionsJSON`).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::public_key::ALGORITHMS;
use super::{Challenge, CredentialId, RelyingParty};

/// For whom a passkey is made.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The account's id, which the authenticator keeps and returns; it names nobody (§14.6.1).
    pub account: &'a str,
    /// What the owner tells accounts apart by: the email address.
    pub name: &'a str,
}

/// What to ask to make a passkey that none of `existing` authenticators has.
#[must_use]
pub fn creation(
    site: &RelyingParty,
    challenge: &Challenge,
    owner: &Owner<'_>,
    existing: &[CredentialId],
    timeout_ms: i64,
) -> Value {
    let kinds: Vec<Value> =
        ALGORITHMS.iter().map(|algorithm| json!({ "type": "public-key", "alg": *algorithm as i64 })).collect();
    json!({
        "rp": { "id": site.id, "name": "Tintype" },
        "user": {
            "id": BASE64URL_NOPAD.encode(owner.account.as_bytes()),
            "name": owner.name,
            "displayName": owner.name,
        },
        "challenge": challenge.base64url(),
        "pubKeyCredParams": kinds,
        "timeout": timeout_ms,
        "excludeCredentials": descriptors(existing),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
    })
}

/// What to ask to use a passkey: one of `allowed`, or if there are none, any that the person has here.
#[must_use]
pub fn request(site: &RelyingParty, challenge: &Challenge, allowed: &[CredentialId], timeout_ms: i64) -> Value {
    json!({
        "challenge": challenge.base64url(),
        "timeout": timeout_ms,
        "rpId": site.id,
        "allowCredentials": descriptors(allowed),
        "userVerification": "required",
    })
}

fn descriptors(credentials: &[CredentialId]) -> Vec<Value> {
    credentials.iter().map(|id| json!({ "type": "public-key", "id": id.base64url() })).collect()
}
