//! The public key of a passkey.

use coset::cbor::value::Value;
use coset::{Algorithm, CoseKey, KeyType, Label, iana};
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier as _;

use super::PasskeyFault;

/// A key of one of the two kinds that are asked for, known to be a point of its curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256 (RFC 9053 §2.1; COSE -7).
    Es256(p256::ecdsa::VerifyingKey),
    /// Ed25519 (RFC 8032; COSE -8).
    Ed25519(ed25519_dalek::VerifyingKey),
}

/// COSE's numbers for them, the one to be preferred first.
pub const ALGORITHMS: [iana::Algorithm; 2] = [iana::Algorithm::EdDSA, iana::Algorithm::ES256];

impl PublicKey {
    /// Reads a key as authenticators write it: the algorithm must be said, the point not compressed (§5.8.5).
    pub(super) fn from_cose(key: &CoseKey) -> Result<Self, PasskeyFault> {
        let parameter = |name: i64| key.params.iter().find(|(label, _)| *label == Label::Int(name)).map(|(_, v)| v);
        let bytes = |name: i64| parameter(name).and_then(Value::as_bytes).and_then(|b| b.as_slice().try_into().ok());
        let curve = parameter(iana::Ec2KeyParameter::Crv as i64).and_then(Value::as_integer).map(i128::from);
        let (x, y): (Option<[u8; 32]>, Option<[u8; 32]>) =
            (bytes(iana::Ec2KeyParameter::X as i64), bytes(iana::Ec2KeyParameter::Y as i64));
        let read = match (&key.alg, &key.kty) {
            (Some(Algorithm::Assigned(iana::Algorithm::ES256)), KeyType::Assigned(iana::KeyType::EC2))
                if curve == Some(iana::EllipticCurve::P_256 as i128) =>
            {
                x.zip(y).and_then(|(x, y)| es256(&[&[4], x.as_slice(), y.as_slice()].concat()))
            }
            (Some(Algorithm::Assigned(iana::Algorithm::EdDSA)), KeyType::Assigned(iana::KeyType::OKP))
                if curve == Some(iana::EllipticCurve::Ed25519 as i128) =>
            {
                x.and_then(|x| ed25519(&x))
            }
            _ => None,
        };
        read.ok_or(PasskeyFault::Algorithm)
    }

    /// Reads what [`Self::stored`] wrote.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        let (kind, point) = stored.split_once(':')?;
        let point = BASE64URL_NOPAD.decode(point.as_bytes()).ok()?;
        match kind {
            "es256" => es256(&point),
            "ed25519" => ed25519(&point),
            _ => None,
        }
    }

    /// What the database keeps.
    #[must_use]
    pub fn stored(&self) -> String {
        match self {
            Self::Es256(key) => format!("es256:{}", BASE64URL_NOPAD.encode(&key.to_sec1_bytes())),
            Self::Ed25519(key) => format!("ed25519:{}", BASE64URL_NOPAD.encode(key.as_bytes())),
        }
    }

    /// COSE's number for its algorithm.
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => iana::Algorithm::ES256 as i64,
            Self::Ed25519(_) => iana::Algorithm::EdDSA as i64,
        }
    }

    /// Whether `signature` (§6.5.5: DER for ES256) is this key's over `message`.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), PasskeyFault> {
        let is_right = match self {
            Self::Es256(key) => {
                p256::ecdsa::Signature::from_der(signature).is_ok_and(|made| key.verify(message, &made).is_ok())
            }
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|made| key.verify_strict(message, &made).is_ok()),
        };
        is_right.then_some(()).ok_or(PasskeyFault::Signature)
    }
}

fn es256(sec1: &[u8]) -> Option<PublicKey> {
    p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1).ok().map(PublicKey::Es256)
}

fn ed25519(point: &[u8]) -> Option<PublicKey> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(point.try_into().ok()?).ok()?;
    (!key.is_weak()).then_some(PublicKey::Ed25519(key))
}
