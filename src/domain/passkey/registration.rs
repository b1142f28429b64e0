//! A passkey is made (§7.1).

use coset::cbor::{from_reader, value::Value};
use serde::Deserialize;

use super::authenticator_data::{Attested, AuthenticatorData};
use super::client_data::{Ceremony, ClientData};
use super::{Binary, Challenge, CredentialId, PasskeyFault, PublicKey, RelyingParty};

/// A browser's answer to [`super::options::creation`], read and not yet believed.
pub struct Registration {
    raw_id: Vec<u8>,
    client_data: ClientData,
    attestation: Value,
}

/// A passkey that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    /// How its authenticator calls it.
    pub credential: CredentialId,
    /// What it signs with.
    pub key: PublicKey,
    /// How often it has signed; 0: it does not count.
    pub sign_count: u32,
    /// Whether it may be copied to other devices of its owner.
    pub is_backup_eligible: bool,
    /// Whether it has been.
    pub is_backed_up: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    raw_id: Binary,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Binary,
    attestation_object: Binary,
}

impl Registration {
    /// Reads a `RegistrationResponseJSON` (§7.1 steps 3 to 6, 12 and 13).
    ///
    /// # Errors
    /// [`PasskeyFault::Malformed`].
    pub fn read(json: &str) -> Result<Self, PasskeyFault> {
        let answer: Answer = serde_json::from_str(json).map_err(|_| PasskeyFault::Malformed)?;
        let mut attestation = answer.response.attestation_object.0.as_slice();
        let read = from_reader(&mut attestation).map_err(|_| PasskeyFault::Malformed)?;
        if answer.kind != "public-key" || !attestation.is_empty() {
            return Err(PasskeyFault::Malformed);
        }
        let client_data = ClientData::read(&answer.response.client_data.0)?;
        Ok(Self { raw_id: answer.raw_id.0, client_data, attestation: read })
    }

    /// The challenge that it says it answers. Whether that is one of ours is for the caller to find out (step 8).
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.client_data.challenge
    }

    /// Steps 7 to 25. That nobody has this credential yet (step 26), the database says when it is stored.
    ///
    /// # Errors
    /// The first step that fails.
    pub fn verify(&self, site: &RelyingParty) -> Result<NewPasskey, PasskeyFault> {
        self.client_data.verify(Ceremony::Create, site)?;
        let signed = self.member("authData").and_then(Value::as_bytes).ok_or(PasskeyFault::Malformed)?;
        let data = AuthenticatorData::read(signed)?;
        data.verify(site)?;
        // Step 20: a key of another kind than those asked for has not been read.
        let attested = data.attested.as_ref().ok_or(PasskeyFault::Malformed)?;
        self.verify_attestation(signed, attested)?;
        if attested.credential.0 != self.raw_id {
            return Err(PasskeyFault::Credential);
        }
        Ok(NewPasskey {
            credential: attested.credential.clone(),
            key: attested.key.clone(),
            sign_count: data.sign_count,
            is_backup_eligible: data.is_backup_eligible(),
            is_backed_up: data.is_backed_up(),
        })
    }

    /// Steps 21 to 24. No statement was asked for, so there is none (§8.7), or the passkey's own signature, which a
    /// browser lets through because it says nothing about the authenticator (§5.1.3, "self attestation"; §8.2).
    fn verify_attestation(&self, signed: &[u8], attested: &Attested) -> Result<(), PasskeyFault> {
        let format = self.member("fmt").and_then(Value::as_text);
        let statement = self.member("attStmt").and_then(Value::as_map).ok_or(PasskeyFault::Malformed)?;
        match (format, statement.as_slice()) {
            (Some("none"), []) => Ok(()),
            (Some("packed"), statement) if member(statement, "x5c").is_none() && attested.aaguid == [0; 16] => {
                let algorithm = member(statement, "alg").and_then(Value::as_integer).map(i128::from);
                let signature = member(statement, "sig").and_then(Value::as_bytes).ok_or(PasskeyFault::Attestation)?;
                if algorithm != Some(attested.key.algorithm().into()) {
                    return Err(PasskeyFault::Attestation);
                }
                attested.key.verify(&[signed, &self.client_data.hash].concat(), signature)
            }
            _ => Err(PasskeyFault::Attestation),
        }
    }

    fn member(&self, name: &str) -> Option<&Value> {
        member(self.attestation.as_map()?, name)
    }
}

fn member<'a>(map: &'a [(Value, Value)], name: &str) -> Option<&'a Value> {
    map.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}
