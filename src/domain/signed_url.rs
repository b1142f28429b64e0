//! Addresses on the image host that somebody with a key has allowed, for as long as they said: an HMAC-SHA256 over the
//! path and the query, in the query itself.
//!
//! ```text
//! /{id}.jpg?w=480&exp=1767225600&kid=main&sig=<64 hexadecimal digits>
//! └────────────── covered ─────────────┘
//! ```
//! `sig` is the last parameter. What is covered is the text as it is sent, so that signer and verifier need not agree on
//! how a query is written. `exp` (Unix seconds) may be missing: then the address holds as long as the key. `kid` says
//! which key, so that a deployment can change it: it signs with the first and accepts the second until that is removed.

use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::hex;
use super::time::Timestamp;

/// A key, with the name that addresses call it by.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// 1 to 32 letters, digits, `-` and `_`.
    pub id: String,
    /// At least 32 bytes (RFC 2104 §3).
    pub secret: Vec<u8>,
}

/// The keys of a deployment: the current one first, then the previous one, if there is one.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keyring(pub Vec<SigningKey>);

/// What an address says about who allowed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Nobody: it is not signed.
    None,
    /// Somebody with a key, until this time if there is one.
    Valid(Option<Timestamp>),
    /// Somebody with a key, until a time that has passed.
    Expired,
    /// Nobody: it claims to be signed, and the signature is not that of a key which is accepted.
    Wrong,
}

impl SigningKey {
    /// A key, if its name and its length are right.
    #[must_use]
    pub fn new(id: &str, secret: Vec<u8>) -> Option<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_right = (1..=32).contains(&id.len()) && id.bytes().all(is_name) && secret.len() >= 32;
        is_right.then(|| Self { id: id.to_owned(), secret })
    }

    fn sign(&self, covered: &str) -> String {
        hex::encode(&hex::hmac_sha256(&self.secret, covered.as_bytes()))
    }
}

impl Keyring {
    /// The query that allows `query` for the path `path` (with its leading slash) until `expires_at`; none without a key.
    #[must_use]
    pub fn signed_query(&self, path: &str, query: &str, expires_at: Option<Timestamp>) -> Option<String> {
        let key = self.0.first()?;
        let mut signed = query.to_owned();
        let mut say = |parameter: String| {
            if !signed.is_empty() {
                signed.push('&');
            }
            signed.push_str(&parameter);
        };
        if let Some(at) = expires_at {
            say(format!("exp={}", at.0.div_euclid(1_000)));
        }
        say(format!("kid={}", key.id));
        let signature = key.sign(&format!("{path}?{signed}"));
        Some(format!("{signed}&sig={signature}"))
    }

    /// Whether the address of `path` and `query` is signed, and whether that holds at `now`.
    #[must_use]
    pub fn verify(&self, path: &str, query: &str, now: Timestamp) -> Signature {
        let value_of = |wanted: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
            let value = values.next().map(|(_, value)| value.into_owned());
            // Said twice, it could mean one thing to us and another to whoever signed it.
            if values.next().is_some() { None } else { value.map(Some).or(Some(None)) }
        };
        let (Some(sig), Some(kid), Some(exp)) = (value_of("sig"), value_of("kid"), value_of("exp")) else {
            return Signature::Wrong;
        };
        let (Some(sig), Some(kid)) = (sig.as_deref(), kid) else {
            return if (sig, &exp) == (None, &None) { Signature::None } else { Signature::Wrong };
        };
        let Some((covered, given)) = query.rsplit_once("&sig=").filter(|(_, given)| *given == sig) else {
            return Signature::Wrong;
        };
        let expires_at = match exp.map(|text| text.parse::<u32>()) {
            None => None,
            Some(Ok(seconds)) => Some(Timestamp(i64::from(seconds) * 1_000)),
            Some(Err(_)) => return Signature::Wrong,
        };
        let Some(key) = self.0.iter().find(|key| key.id == kid) else { return Signature::Wrong };
        let expected = key.sign(&format!("{path}?{covered}"));
        if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            return Signature::Wrong;
        }
        match expires_at {
            Some(at) if at <= now => Signature::Expired,
            _ => Signature::Valid(expires_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);
    const PATH: &str = "/0123.jpg";

    fn ring(ids: &[&str]) -> Keyring {
        Keyring(ids.iter().filter_map(|id| SigningKey::new(id, format!("{id:#>32}").into_bytes())).collect())
    }

    #[test]
    fn what_is_signed_is_valid_until_its_time() {
        for (query, expires_at) in [("w=480&h=20", Some(NOW.plus_ms(5_000))), ("w=480", None), ("", None)] {
            let signed = ring(&["a"]).signed_query(PATH, query, expires_at).unwrap_or_default();
            assert_eq!(ring(&["a"]).verify(PATH, &signed, NOW), Signature::Valid(expires_at), "{signed}");
            let later = if expires_at.is_some() { Signature::Expired } else { Signature::Valid(None) };
            assert_eq!(ring(&["a"]).verify(PATH, &signed, NOW.plus_ms(5_000)), later);
        }
        assert_eq!(ring(&["a"]).verify(PATH, "w=480", NOW), Signature::None);
    }

    /// Computed by another implementation: `openssl dgst -sha256 -hmac`.
    #[test]
    fn the_signature_is_the_hmac_of_the_text() {
        let key = SigningKey::new("main", b"0123456789abcdef0123456789abcdef".to_vec());
        let signed = Keyring(key.into_iter().collect()).signed_query(PATH, "w=480", Some(Timestamp(1_767_225_600_000)));
        let expected =
            "w=480&exp=1767225600&kid=main&sig=09795e19e8c763c1f68a2121e84babe36d0c499318e00b0534f4f83c46f85aad";
        assert_eq!(signed.as_deref(), Some(expected));
    }

    #[test]
    fn the_previous_key_is_accepted_and_a_removed_one_is_not() {
        let signed = ring(&["old"]).signed_query(PATH, "w=1", None).unwrap_or_default();
        assert_eq!(ring(&["new", "old"]).verify(PATH, &signed, NOW), Signature::Valid(None));
        assert_eq!(ring(&["new"]).verify(PATH, &signed, NOW), Signature::Wrong);
        assert_eq!(Keyring::default().verify(PATH, &signed, NOW), Signature::Wrong);
        assert_eq!(Keyring::default().signed_query(PATH, "w=1", None), None);
    }

    #[test]
    fn any_change_breaks_the_signature() {
        let ring = ring(&["a"]);
        let signed = ring.signed_query(PATH, "w=480", Some(NOW.plus_ms(1_000))).unwrap_or_default();
        let sig = signed.rsplit_once("sig=").map(|(_, sig)| sig.to_owned()).unwrap_or_default();
        let exp = NOW.plus_ms(1_000).0 / 1_000;
        for changed in [
            signed.replace("w=480", "w=481"),
            signed.replace("w=480", "w=%3480"),
            signed.replace(&exp.to_string(), &(exp + 1).to_string()),
            signed.replace("kid=a", "kid=b"),
            signed.replace("&kid=a", ""),
            format!("{signed}&w=2"),
            format!("w=2&{signed}"),
            format!("{signed}&sig={sig}"),
            format!("sig={sig}&{signed}"),
            format!("{}0", signed.get(..signed.len() - 1).unwrap_or_default()),
            signed.replace(&sig, &sig.to_uppercase()),
            format!("w=480&exp={exp}"),
            format!("w=480&exp=never&kid=a&sig={sig}"),
            format!("sig={sig}"),
            "sig=".into(),
            "sig".into(),
        ] {
            assert_eq!(ring.verify(PATH, &changed, NOW), Signature::Wrong, "{changed}");
        }
        assert_eq!(ring.verify("/other.jpg", &signed, NOW), Signature::Wrong);
    }
}
