//! An authenticator in software, and the browser before it. Everything that it says can be said otherwise.

use coset::cbor::{into_writer, value::Value as Cbor};
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tintype::domain::passkey::CredentialId;

use super::APP;

pub const USER_PRESENT: u8 = 0x01;
pub const USER_VERIFIED: u8 = 0x04;
pub const BACKUP_ELIGIBLE: u8 = 0x08;
pub const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

#[derive(Clone)]
enum Key {
    Es256(Box<p256::ecdsa::SigningKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

/// A passkey and its owner's habits.
#[derive(Clone)]
pub struct Authenticator {
    key: Key,
    pub credential: Vec<u8>,
    pub user_handle: Option<String>,
    pub sign_count: u32,
    pub flags: u8,
    pub rp_id: String,
    pub origin: String,
    pub ceremony: Option<&'static str>,
    pub cross_origin: bool,
    /// Whether it attests to itself, as some do though nobody asked.
    pub attests: bool,
}

/// What was said, before it becomes JSON.
#[derive(Clone)]
pub struct Said {
    pub credential: Vec<u8>,
    pub client_data: Vec<u8>,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
    pub user_handle: Option<String>,
    pub attestation: Option<Vec<u8>>,
}

impl Authenticator {
    /// With ECDSA over P-256, as nearly all have.
    pub fn es256(seed: u8) -> Self {
        let key = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).expect("a fine scalar");
        Self::with(Key::Es256(Box::new(key)), seed)
    }

    pub fn ed25519(seed: u8) -> Self {
        Self::with(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&[seed; 32]))), seed)
    }

    fn with(key: Key, seed: u8) -> Self {
        Self {
            key,
            credential: vec![seed; 20],
            user_handle: None,
            sign_count: 1,
            flags: USER_PRESENT | USER_VERIFIED,
            rp_id: "tintype.example".into(),
            origin: APP.into(),
            ceremony: None,
            cross_origin: false,
            attests: false,
        }
    }

    pub fn id(&self) -> CredentialId {
        CredentialId::parse(&BASE64URL_NOPAD.encode(&self.credential)).expect("a fine id")
    }

    /// Makes the passkey that these options ask for.
    pub fn create(&mut self, options: &Value) -> Said {
        let handle = BASE64URL_NOPAD.decode(options["user"]["id"].as_str().expect("text").as_bytes()).expect("binary");
        self.user_handle = Some(String::from_utf8(handle).expect("text"));
        let length = u16::try_from(self.credential.len()).expect("short").to_be_bytes();
        let attested = [&[0; 16], length.as_slice(), &self.credential, &self.public_key()].concat();
        let client_data = self.client_data("webauthn.create", options);
        let authenticator_data = [self.authenticator_data(ATTESTED), attested].concat();
        let signature = self.sign(&client_data, &authenticator_data);
        let attestation = self.attestation(&authenticator_data, &signature);
        Said {
            credential: self.credential.clone(),
            client_data,
            authenticator_data,
            signature,
            user_handle: None,
            attestation: Some(attestation),
        }
    }

    /// Uses the passkey for these options, and counts.
    pub fn get(&mut self, options: &Value) -> Said {
        if self.sign_count > 0 {
            self.sign_count += 1;
        }
        let client_data = self.client_data("webauthn.get", options);
        let authenticator_data = self.authenticator_data(0);
        let signature = self.sign(&client_data, &authenticator_data);
        Said {
            credential: self.credential.clone(),
            client_data,
            authenticator_data,
            signature,
            user_handle: self.user_handle.clone(),
            attestation: None,
        }
    }

    fn client_data(&self, ceremony: &str, options: &Value) -> Vec<u8> {
        let said = json!({
            "type": self.ceremony.unwrap_or(ceremony),
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        said.to_string().into_bytes()
    }

    fn authenticator_data(&self, more: u8) -> Vec<u8> {
        let hash = Sha256::digest(self.rp_id.as_bytes());
        [hash.as_slice(), &[self.flags | more], &self.sign_count.to_be_bytes()].concat()
    }

    fn sign(&self, client_data: &[u8], authenticator_data: &[u8]) -> Vec<u8> {
        let message = [authenticator_data, Sha256::digest(client_data).as_slice()].concat();
        match &self.key {
            Key::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(&message);
                signature.to_der().as_bytes().to_vec()
            }
            Key::Ed25519(key) => key.sign(&message).to_bytes().to_vec(),
        }
    }

    fn public_key(&self) -> Vec<u8> {
        let integer = |number: i64| Cbor::Integer(number.into());
        let map = match &self.key {
            Key::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let bytes = point.as_bytes();
                vec![
                    (integer(1), integer(2)),
                    (integer(3), integer(-7)),
                    (integer(-1), integer(1)),
                    (integer(-2), Cbor::Bytes(bytes[1..33].to_vec())),
                    (integer(-3), Cbor::Bytes(bytes[33..].to_vec())),
                ]
            }
            Key::Ed25519(key) => vec![
                (integer(1), integer(1)),
                (integer(3), integer(-8)),
                (integer(-1), integer(6)),
                (integer(-2), Cbor::Bytes(key.verifying_key().to_bytes().to_vec())),
            ],
        };
        cbor(&Cbor::Map(map))
    }

    fn attestation(&self, authenticator_data: &[u8], signature: &[u8]) -> Vec<u8> {
        let text = |text: &str| Cbor::Text(text.into());
        let algorithm = if matches!(self.key, Key::Es256(_)) { -7 } else { -8 };
        let statement =
            vec![(text("alg"), Cbor::Integer(algorithm.into())), (text("sig"), Cbor::Bytes(signature.to_vec()))];
        let (format, statement) = if self.attests { ("packed", statement) } else { ("none", Vec::new()) };
        cbor(&Cbor::Map(vec![
            (text("fmt"), text(format)),
            (text("attStmt"), Cbor::Map(statement)),
            (text("authData"), Cbor::Bytes(authenticator_data.to_vec())),
        ]))
    }
}

impl Said {
    /// What the page sends.
    pub fn json(&self) -> String {
        let binary = |bytes: &[u8]| Value::from(BASE64URL_NOPAD.encode(bytes));
        let mut response = json!({ "clientDataJSON": binary(&self.client_data) });
        if let Some(attestation) = &self.attestation {
            response["attestationObject"] = binary(attestation);
        } else {
            response["authenticatorData"] = binary(&self.authenticator_data);
            response["signature"] = binary(&self.signature);
            response["userHandle"] = self.user_handle.as_deref().map_or(Value::Null, |h| binary(h.as_bytes()));
        }
        let id = binary(&self.credential);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }
}

fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    into_writer(value, &mut bytes).expect("in memory");
    bytes
}
