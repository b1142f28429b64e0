//! A passkey is used (§7.2).

use serde::Deserialize;

use super::authenticator_data::AuthenticatorData;
use super::client_data::{Ceremony, ClientData};
use super::{Binary, Challenge, CredentialId, PasskeyFault, PublicKey, RelyingParty};

/// A browser's answer to [`super::options::request`], read and not yet believed.
pub struct Assertion {
    credential: CredentialId,
    client_data: ClientData,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
    user_handle: Option<Vec<u8>>,
}

/// What is known of the passkey that an assertion names (§4, "credential record").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPasskey {
    /// What it signs with.
    pub key: PublicKey,
    /// How often it had signed when it was last used.
    pub sign_count: u32,
    /// Whether it may be copied; that never changes.
    pub is_backup_eligible: bool,
}

/// What a use of a passkey tells about it, to be remembered (step 24).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyUse {
    /// How often it has signed; 0: it does not count.
    pub sign_count: u32,
    /// Whether it has been copied to other devices of its owner.
    pub is_backed_up: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Binary,
    authenticator_data: Binary,
    signature: Binary,
    #[serde(default)]
    user_handle: Option<Binary>,
}

impl Assertion {
    /// Reads an `AuthenticationResponseJSON` (§7.2 steps 3, 4 and 7 to 9).
    ///
    /// # Errors
    /// [`PasskeyFault::Malformed`].
    pub fn read(json: &str) -> Result<Self, PasskeyFault> {
        let Answer { raw_id, kind, response } = serde_json::from_str(json).map_err(|_| PasskeyFault::Malformed)?;
        if kind != "public-key" {
            return Err(PasskeyFault::Malformed);
        }
        Ok(Self {
            credential: CredentialId::parse(&raw_id).ok_or(PasskeyFault::Malformed)?,
            client_data: ClientData::read(&response.client_data.0)?,
            authenticator_data: response.authenticator_data.0,
            signature: response.signature.0,
            user_handle: response.user_handle.map(|handle| handle.0),
        })
    }

    /// The challenge that it says it answers. Whether that is one of ours is for the caller to find out (step 11).
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.client_data.challenge
    }

    /// The passkey that it says it was made with, to look up its record (steps 5 and 6).
    #[must_use]
    pub fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// Steps 6 and 10 to 22, with the record of [`Self::credential`], which belongs to the account of `owner`. Whoever
    /// `must_say_so` was not known before and must have named that account (step 6).
    ///
    /// # Errors
    /// The first step that fails.
    pub fn verify(
        &self,
        site: &RelyingParty,
        known: &KnownPasskey,
        owner: &str,
        must_say_so: bool,
    ) -> Result<PasskeyUse, PasskeyFault> {
        let is_owner = self.user_handle.as_ref().map_or(!must_say_so, |handle| handle == owner.as_bytes());
        if !is_owner {
            return Err(PasskeyFault::Owner);
        }
        self.client_data.verify(Ceremony::Get, site)?;
        let data = AuthenticatorData::read(&self.authenticator_data)?;
        data.verify(site)?;
        // Step 19.
        if data.is_backup_eligible() != known.is_backup_eligible {
            return Err(PasskeyFault::Backup);
        }
        // Steps 20 and 21.
        known.key.verify(&[self.authenticator_data.as_slice(), &self.client_data.hash].concat(), &self.signature)?;
        // Step 22, the strict way: what may be a copy does not sign in.
        if (data.sign_count != 0 || known.sign_count != 0) && data.sign_count <= known.sign_count {
            return Err(PasskeyFault::SignCount);
        }
        Ok(PasskeyUse { sign_count: data.sign_count, is_backed_up: data.is_backed_up() })
    }
}
