//! What the browser says about a ceremony (§5.8.1): the authenticator signs the hash of it.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Challenge, PasskeyFault, RelyingParty};

/// The two ceremonies, by what browsers call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// A passkey is made.
    Create,
    /// A passkey is used.
    Get,
}

impl Ceremony {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Client data that has been read, not believed.
pub struct ClientData {
    pub challenge: Challenge,
    /// SHA-256 of the JSON as it came.
    pub hash: [u8; 32],
    said: Said,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    #[serde(default)]
    top_origin: Option<String>,
}

impl ClientData {
    /// Reads the JSON (§7.1 steps 5 and 6, §7.2 steps 8 and 9). A member that is there twice makes it unreadable.
    pub fn read(json: &[u8]) -> Result<Self, PasskeyFault> {
        let said: Said = serde_json::from_slice(json).map_err(|_| PasskeyFault::Malformed)?;
        let challenge = Challenge::parse(&said.challenge).ok_or(PasskeyFault::Malformed)?;
        Ok(Self { challenge, hash: Sha256::digest(json).into(), said })
    }

    /// §7.1 steps 7 and 9 to 11, §7.2 steps 10 and 12 to 14. That the challenge is one of ours (steps 8 and 11), the
    /// caller has found out.
    pub fn verify(&self, ceremony: Ceremony, site: &RelyingParty) -> Result<(), PasskeyFault> {
        if self.said.ceremony != ceremony.word() {
            return Err(PasskeyFault::Ceremony);
        }
        if self.said.origin != site.origin {
            return Err(PasskeyFault::Origin);
        }
        if self.said.cross_origin || self.said.top_origin.is_some() {
            return Err(PasskeyFault::Embedded);
        }
        Ok(())
    }
}
