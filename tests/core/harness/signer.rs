//! A client that signs: written against RFC 9421 and RFC 9530, without a line of the product's own.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::APP;
use super::client::Call;

/// What a client signs with.
#[derive(Clone)]
pub enum Key {
    Hmac(String),
    Ed25519(ed25519_dalek::SigningKey),
}

#[derive(Clone)]
pub struct Signer {
    pub keyid: String,
    pub key: Key,
}

impl Signer {
    pub fn sign(&self, base: &str) -> Vec<u8> {
        match &self.key {
            Key::Hmac(secret) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
                mac.update(base.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            Key::Ed25519(key) => key.sign(base.as_bytes()).to_bytes().to_vec(),
        }
    }
}

/// A request that is being signed, sent and changed on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub method: String,
    pub origin: String,
    pub path: String,
    pub query: Option<String>,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub covered: Vec<String>,
    /// After the list of components, in order: `;created=…;keyid="…"`.
    pub parameters: String,
    pub label: String,
    pub signature: Vec<u8>,
}

pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

impl Message {
    pub fn new(method: &str, path: &str, query: Option<&str>, body: &[u8]) -> Self {
        let mut message = Self {
            method: method.into(),
            origin: APP.into(),
            path: path.into(),
            query: query.map(str::to_owned),
            fields: Vec::new(),
            body: body.to_vec(),
            covered: ["@method", "@target-uri"].map(str::to_owned).into(),
            parameters: String::new(),
            label: "sig".into(),
            signature: Vec::new(),
        };
        if !body.is_empty() {
            message.cover_field("content-digest", &content_digest(body));
            message.fields.push(("content-type".into(), "image/png".into()));
            message.fields.push(("content-length".into(), body.len().to_string()));
        }
        message
    }

    pub fn cover_field(&mut self, name: &str, value: &str) {
        self.fields.push((name.into(), value.into()));
        self.covered.push(name.into());
    }

    /// Signs it as it is.
    pub fn sign(&mut self, by: &Signer, created_s: i64, nonce: &str) {
        self.parameters = format!(";created={created_s};keyid=\"{}\";nonce=\"{nonce}\"", by.keyid);
        self.signature = by.sign(&self.base());
    }

    pub fn signed(mut self, by: &Signer, created_s: i64, nonce: &str) -> Self {
        self.sign(by, created_s, nonce);
        self
    }

    pub fn base(&self) -> String {
        let target = self.query.as_ref().map_or(self.path.clone(), |query| format!("{}?{query}", self.path));
        let mut lines: Vec<String> = Vec::new();
        for component in &self.covered {
            let value = match component.as_str() {
                "@method" => self.method.clone(),
                "@target-uri" => format!("{}{target}", self.origin),
                "@authority" => self.origin.split_once("://").expect("an origin").1.to_owned(),
                "@path" => self.path.clone(),
                "@query" => format!("?{}", self.query.clone().unwrap_or_default()),
                name => {
                    let values = self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
                    values.map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>().join(", ")
                }
            };
            lines.push(format!("\"{component}\": {value}"));
        }
        lines.push(format!("\"@signature-params\": {}", self.input()));
        lines.join("\n")
    }

    pub fn input(&self) -> String {
        let names: Vec<String> = self.covered.iter().map(|name| format!("\"{name}\"")).collect();
        format!("({}){}", names.join(" "), self.parameters)
    }

    /// Every field of the message, with those of the signature.
    pub fn all_fields(&self) -> Vec<(String, String)> {
        let mut fields = self.fields.clone();
        fields.push(("signature-input".into(), format!("{}={}", self.label, self.input())));
        fields.push(("signature".into(), format!("{}=:{}:", self.label, STANDARD.encode(&self.signature))));
        fields
    }

    pub fn uri(&self) -> Uri {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{APP}{}{query}", self.path).parse().expect("an address")
    }

    pub fn http_method(&self) -> Method {
        self.method.parse().expect("a method")
    }

    /// As a request over the router.
    pub fn call(&self) -> Call {
        let mut call = Call::new(&self.method, &self.uri().to_string());
        for (name, value) in self.all_fields().iter().filter(|(name, _)| !name.starts_with("content-length")) {
            if name != "content-type" {
                call = call.header(name, value);
            }
        }
        let media_type = self.fields.iter().find(|(name, _)| name == "content-type");
        match media_type {
            Some((_, media_type)) => call.body(media_type, self.body.clone()),
            None => call,
        }
    }
}

/// Fields as the router has them.
pub fn header_map(fields: &[(String, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    map
}
