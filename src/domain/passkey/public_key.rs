//! The public key of a passkey.

use coset::cbor::value::Value;
use coset::{Algorithm, CoseKey, KeyType, Label, iana};
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier as _;
use rsa::BoxedUint;
use rsa::traits::PublicKeyParts as _;
use sha2::Sha256;

use super::PasskeyFault;

/// A key of one of the kinds that are asked for, known to be a point of its curve or of a fair size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256 (RFC 9053 §2.1; COSE -7).
    Es256(p256::ecdsa::VerifyingKey),
    /// Ed25519 (RFC 8032; COSE -8).
    Ed25519(ed25519_dalek::VerifyingKey),
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8812 §2; COSE -257): what the TPMs of many Windows machines have.
    Rs256(rsa::PublicKey),
}

/// COSE's numbers for them, the one to be preferred first.
pub const ALGORITHMS: [iana::Algorithm; 3] = [iana::Algorithm::EdDSA, iana::Algorithm::ES256, iana::Algorithm::RS256];
/// Bits of an RSA modulus: at least what NIST SP 800-131A allows, at most what is verified in no time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

impl PublicKey {
    /// Reads a key as authenticators write it: the algorithm must be said, the point not compressed (§5.8.5).
    pub(super) fn from_cose(key: &CoseKey) -> Result<Self, PasskeyFault> {
        let parameter = |name: i64| key.params.iter().find(|(label, _)| *label == Label::Int(name)).map(|(_, v)| v);
        let bytes = |name: i64| parameter(name).and_then(Value::as_bytes).map(Vec::as_slice);
        let coordinate = |name: i64| bytes(name).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let curve = parameter(iana::Ec2KeyParameter::Crv as i64).and_then(Value::as_integer).map(i128::from);
        let [x, y] = [iana::Ec2KeyParameter::X, iana::Ec2KeyParameter::Y].map(|name| coordinate(name as i64));
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
            (Some(Algorithm::Assigned(iana::Algorithm::RS256)), KeyType::Assigned(iana::KeyType::RSA)) => {
                let [n, e] = [iana::RsaKeyParameter::N, iana::RsaKeyParameter::E].map(|name| bytes(name as i64));
                n.zip(e).and_then(|(n, e)| rs256(n, e))
            }
            _ => None,
        };
        read.ok_or(PasskeyFault::Algorithm)
    }

    /// Reads what [`Self::stored`] wrote.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        let mut parts = stored.split(':');
        let kind = parts.next()?;
        let parts: Vec<Vec<u8>> =
            parts.map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok()).collect::<Option<_>>()?;
        match (kind, parts.as_slice()) {
            ("es256", [point]) => es256(point),
            ("ed25519", [point]) => ed25519(point),
            ("rs256", [n, e]) => rs256(n, e),
            _ => None,
        }
    }

    /// What the database keeps.
    #[must_use]
    pub fn stored(&self) -> String {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match self {
            Self::Es256(key) => format!("es256:{}", text(&key.to_sec1_bytes())),
            Self::Ed25519(key) => format!("ed25519:{}", text(key.as_bytes())),
            Self::Rs256(key) => format!("rs256:{}:{}", text(&key.n().to_be_bytes()), text(&key.e().to_be_bytes())),
        }
    }

    /// COSE's number for its algorithm.
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => iana::Algorithm::ES256 as i64,
            Self::Ed25519(_) => iana::Algorithm::EdDSA as i64,
            Self::Rs256(_) => iana::Algorithm::RS256 as i64,
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
            Self::Rs256(key) => rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|made| {
                rsa::pkcs1v15::VerifyingKey::<Sha256>::new(key.clone()).verify(message, &made).is_ok()
            }),
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

fn rs256(n: &[u8], e: &[u8]) -> Option<PublicKey> {
    let longest = RSA_BITS.end() / 8;
    let [n, e] = [n, e].map(|part| (part.len() <= longest).then(|| BoxedUint::from_be_slice_vartime(part)));
    rsa::PublicKey::new_with_size_limits(n?, e?, RSA_BITS).ok().map(PublicKey::Rs256)
}
