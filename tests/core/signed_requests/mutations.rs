//! Requests as clients send them, and every way to change one that its signature must not survive.

use crate::harness::signer::{Message, content_digest};
use crate::harness::small_ports::SeededRng;

/// What clients send: any method, path and query, some fields covered, with or without a body.
pub fn random_message(rng: &SeededRng) -> Message {
    let method = ["GET", "POST", "PUT", "DELETE", "PATCH"][rng.below(5) as usize];
    let path = ["/v1/images", "/v1/images/0123456789abcdefghjkmnpq", "/v1/keys", "/a%20b/c;d=e"][rng.below(4) as usize];
    let query = [None, Some("ttl=3600&caption=a%20b"), Some("a=1&a=2"), Some("")][rng.below(4) as usize];
    let has_body = matches!(method, "POST" | "PUT" | "PATCH") || rng.below(4) == 0;
    let body = if has_body { format!("body {}", rng.next()) } else { String::new() };
    let mut message = Message::new(method, path, query, body.as_bytes());
    if rng.below(2) == 0 {
        message.cover_field("x-note", &format!("a  note, {}", rng.next()));
    }
    if rng.below(2) == 0 {
        message.cover_field("idempotency-key", &format!("key-{}", rng.next()));
    }
    if rng.below(3) == 0 {
        message.covered.retain(|component| component != "@target-uri");
        message.covered.extend(["@query", "@authority", "@path"].map(str::to_owned));
    }
    message
}

/// A way to change a signed message that its signature must not survive; false: not applicable to this one.
pub type Mutation = (&'static str, fn(&SeededRng, &mut Message) -> bool);

fn flip(rng: &SeededRng, text: &mut String) -> bool {
    if text.is_empty() {
        return false;
    }
    let at = rng.below(text.len() as u64) as usize;
    let mut bytes = std::mem::take(text).into_bytes();
    bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
    *text = String::from_utf8(bytes).expect("ASCII");
    true
}

fn change_field(message: &mut Message, name: &str, change: impl FnOnce(&mut String) -> bool) -> bool {
    message.fields.iter_mut().find(|(known, _)| known == name).is_some_and(|(_, value)| change(value))
}

fn replace_parameter(message: &mut Message, from: &str, to: &str) -> bool {
    let changed = message.parameters.replacen(from, to, 1);
    std::mem::replace(&mut message.parameters, changed.clone()) != changed
}

pub const MUTATIONS: &[Mutation] = &[
    ("another method", |_, m| {
        m.method = if m.method == "PUT" { "POST".into() } else { "PUT".into() };
        true
    }),
    ("the method in small letters", |_, m| {
        m.method = m.method.to_ascii_lowercase();
        true
    }),
    ("another path", |rng, m| {
        let mut rest = m.path.split_off(1);
        let changed = flip(rng, &mut rest);
        // Percent signs are left whole, so that it is still an address.
        m.path.push_str(&rest.replace('%', "p"));
        changed
    }),
    ("a longer path", |_, m| {
        m.path.push('/');
        true
    }),
    ("another query", |rng, m| m.query.as_mut().is_some_and(|query| !query.is_empty() && flip(rng, query))),
    ("more in the query", |_, m| {
        m.query = Some(format!("{}&ttl=60", m.query.clone().unwrap_or_default()));
        true
    }),
    ("no query", |_, m| m.query.take().is_some_and(|query| !query.is_empty())),
    ("another note", |rng, m| change_field(m, "x-note", |value| flip(rng, value))),
    ("space within a note", |_, m| {
        change_field(m, "x-note", |value| {
            *value = value.replace("  ", " ");
            true
        })
    }),
    ("another case within a note", |_, m| {
        change_field(m, "x-note", |value| {
            *value = value.to_ascii_uppercase();
            true
        })
    }),
    ("a second note", |_, m| {
        let is_there = m.fields.iter().any(|(name, _)| name == "x-note");
        m.fields.push(("x-note".into(), "more".into()));
        is_there
    }),
    ("no note", |_, m| {
        let before = m.fields.len();
        m.fields.retain(|(name, _)| name != "x-note");
        m.fields.len() < before
    }),
    ("another idempotency key", |rng, m| change_field(m, "idempotency-key", |value| flip(rng, value))),
    ("another digest", |rng, m| {
        change_field(m, "content-digest", |value| {
            *value = content_digest(&rng.next().to_le_bytes());
            true
        })
    }),
    ("no digest", |_, m| {
        let before = m.fields.len();
        m.fields.retain(|(name, _)| name != "content-digest");
        m.fields.len() < before
    }),
    ("a digest beside the right one", |_, m| {
        change_field(m, "content-digest", |value| {
            *value = format!("sha-512=:AAAA:, {value}");
            true
        })
    }),
    ("a later time", |_, m| {
        let created: i64 = m.parameters.split(['=', ';']).nth(2).expect("created").parse().expect("a number");
        replace_parameter(m, &created.to_string(), &(created + 1).to_string())
    }),
    ("an earlier time", |_, m| {
        let created: i64 = m.parameters.split(['=', ';']).nth(2).expect("created").parse().expect("a number");
        replace_parameter(m, &created.to_string(), &(created - 1).to_string())
    }),
    ("another nonce", |rng, m| {
        let nonce = m.parameters.split('"').nth(3).expect("a nonce").to_owned();
        let mut other = nonce.clone();
        flip(rng, &mut other) && replace_parameter(m, &nonce, &other)
    }),
    ("a keyid that nobody has", |rng, m| {
        let keyid = m.parameters.split('"').nth(1).expect("a keyid").to_owned();
        let mut other = keyid.clone();
        flip(rng, &mut other) && replace_parameter(m, &keyid, &other)
    }),
    ("an end", |_, m| {
        m.parameters.push_str(";expires=9999999999");
        true
    }),
    ("an algorithm", |_, m| {
        m.parameters.push_str(";alg=\"hmac-sha256\"");
        true
    }),
    ("no algorithm at all", |_, m| {
        m.parameters.push_str(";alg=\"none\"");
        true
    }),
    ("a tag", |_, m| {
        m.parameters.push_str(";tag=\"web-bot-auth\"");
        true
    }),
    ("the time twice", |_, m| {
        let created = m.parameters.split(';').nth(1).expect("created").to_owned();
        m.parameters.push_str(&format!(";{created}"));
        true
    }),
    ("the nonce before the keyid", |_, m| {
        let parts: Vec<String> = m.parameters.split(';').skip(1).map(str::to_owned).collect();
        m.parameters = format!(";{};{};{}", parts[0], parts[2], parts[1]);
        true
    }),
    ("components in another order", |_, m| {
        m.covered.reverse();
        m.covered.len() > 1
    }),
    ("a component less", |rng, m| {
        let at = rng.below(m.covered.len() as u64) as usize;
        m.covered.remove(at);
        true
    }),
    ("a component more", |_, m| {
        m.covered.push("@scheme".into());
        true
    }),
    ("a component twice", |_, m| {
        m.covered.push(m.covered[0].clone());
        true
    }),
    ("an unknown component", |_, m| {
        m.covered.push("@future".into());
        true
    }),
    ("a bit of the signature", |rng, m| {
        let at = rng.below(m.signature.len() as u64) as usize;
        m.signature[at] ^= 1 << rng.below(8);
        true
    }),
    ("a signature cut short", |rng, m| {
        m.signature.truncate(rng.below(m.signature.len() as u64) as usize);
        true
    }),
    ("a signature with something after it", |rng, m| {
        m.signature.push(rng.next() as u8);
        true
    }),
    ("a signature of zeros", |_, m| {
        m.signature.fill(0);
        true
    }),
];
