//! Who sends letters: Amazon SES what accounts need, Resend what is new. Neither stands in for the other.

use url::Url;

use super::{SettingFault, is_safe};
use crate::domain::aws_signature::Access;
use crate::domain::email::EmailAddress;
use crate::domain::{resend, ses};

/// Who sends letters of one kind.
#[derive(Clone, PartialEq, Eq)]
pub enum Sending<T> {
    /// The local outbox: nobody else is named, and the deployment is one on this machine.
    Outbox,
    /// Nobody: letters wait, and are dead after a day.
    Nobody,
    /// A service.
    Service(T),
}

/// Who sends letters.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// What accounts need.
    pub transactional: Sending<Ses>,
    /// What is new.
    pub product: Sending<Resend>,
}

/// Amazon SES.
#[derive(Clone, PartialEq, Eq)]
pub struct Ses {
    /// `MAIL_FROM`: `Name <address>` or an address; verified with SES.
    pub from: String,
    /// `SES_REGION`: such as `eu-west-1`.
    pub region: String,
    /// Where letters are handed in: `SES_ENDPOINT`, or the region's own; https (http for loopback only).
    pub url: Url,
    /// `SES_ACCESS_KEY_ID`, `SES_SECRET_ACCESS_KEY` (secrets).
    pub access: Access,
}

/// Resend.
#[derive(Clone, PartialEq, Eq)]
pub struct Resend {
    /// `MAIL_PRODUCT_FROM`: `Name <address>` or an address, of a domain verified with Resend.
    pub from: String,
    /// Where letters are handed in: `RESEND_ENDPOINT`, or Resend's own; https (http for loopback only).
    pub url: Url,
    /// `RESEND_API_KEY` (secret).
    pub api_key: String,
}

const SES: [&str; 4] = ["MAIL_FROM", "SES_REGION", "SES_ACCESS_KEY_ID", "SES_SECRET_ACCESS_KEY"];
const SES_NAMES: &str = "MAIL_FROM, SES_REGION, SES_ACCESS_KEY_ID and SES_SECRET_ACCESS_KEY";
const RESEND: [&str; 2] = ["MAIL_PRODUCT_FROM", "RESEND_API_KEY"];
const RESEND_NAMES: &str = "MAIL_PRODUCT_FROM and RESEND_API_KEY";
const RESEND_ENDPOINT: &str = "https://api.resend.com";

impl Mail {
    /// Whether letters of any kind go to the local outbox.
    #[must_use]
    pub fn is_outbox(&self) -> bool {
        self.transactional == Sending::Outbox || self.product == Sending::Outbox
    }

    pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>, is_local: bool) -> Result<Self, SettingFault> {
        let unnamed = if is_local { Unnamed::Outbox } else { Unnamed::Nobody };
        Ok(Self { transactional: unnamed.or(read_ses(lookup)?), product: unnamed.or(read_resend(lookup)?) })
    }
}

/// What becomes of letters where no service is named.
#[derive(Clone, Copy)]
enum Unnamed {
    Outbox,
    Nobody,
}

impl Unnamed {
    fn or<T>(self, service: Option<T>) -> Sending<T> {
        match (service, self) {
            (Some(service), _) => Sending::Service(service),
            (None, Self::Outbox) => Sending::Outbox,
            (None, Self::Nobody) => Sending::Nobody,
        }
    }
}

/// What was set about one service.
struct Named<const N: usize> {
    values: [String; N],
    endpoint: Option<String>,
}

/// The settings `names`: all, or none and no endpoint either.
fn all_or_none<const N: usize>(
    lookup: &impl Fn(&str) -> Option<String>,
    names: [&'static str; N],
    endpoint: &'static str,
    together: &'static str,
) -> Result<Option<Named<N>>, SettingFault> {
    let set = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (values, endpoint) = (names.map(set), set(endpoint));
    if values.iter().all(Option::is_none) && endpoint.is_none() {
        return Ok(None);
    }
    let all: Option<Vec<String>> = values.into_iter().collect();
    let rule = "must all be set, or none of them, nor an endpoint";
    let values = all.and_then(|all| all.try_into().ok()).ok_or(SettingFault { name: together, rule })?;
    Ok(Some(Named { values, endpoint }))
}

fn read_ses(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<Ses>, SettingFault> {
    let Some(named) = all_or_none(lookup, SES, "SES_ENDPOINT", SES_NAMES)? else { return Ok(None) };
    let ([from, region, key_id, secret], endpoint) = (named.values, named.endpoint);
    let from = read_from(&from, "MAIL_FROM")?;
    if !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(SettingFault { name: "SES_REGION", rule: "must be the name of a region, such as eu-west-1" });
    }
    let own = format!("https://email.{region}.amazonaws.com");
    let url = read_endpoint(&endpoint.unwrap_or(own), ses::PATH, "SES_ENDPOINT")?;
    Ok(Some(Ses { from, region, url, access: Access { key_id, secret, session_token: None } }))
}

fn read_resend(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<Resend>, SettingFault> {
    let Some(named) = all_or_none(lookup, RESEND, "RESEND_ENDPOINT", RESEND_NAMES)? else { return Ok(None) };
    let ([from, api_key], endpoint) = (named.values, named.endpoint);
    let from = read_from(&from, "MAIL_PRODUCT_FROM")?;
    if !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SettingFault { name: "RESEND_API_KEY", rule: "must be a key, without spaces" });
    }
    let url = read_endpoint(endpoint.as_deref().unwrap_or(RESEND_ENDPOINT), resend::PATH, "RESEND_ENDPOINT")?;
    Ok(Some(Resend { from, url, api_key }))
}

/// `Name <address>` or an address. The name is plain ASCII, so that nobody has to encode or quote it.
fn read_from(text: &str, name: &'static str) -> Result<String, SettingFault> {
    let rule = "must be an address, or a name of ASCII letters, digits and spaces with the address in <>";
    let fault = || SettingFault { name, rule };
    let is_address = |text: &str| EmailAddress::parse(text).is_some_and(|address| address.as_str() == text);
    let Some((words, rest)) = text.split_once('<') else {
        return if is_address(text) { Ok(text.to_owned()) } else { Err(fault()) };
    };
    let (words, address) = (words.trim(), rest.strip_suffix('>').ok_or_else(fault)?);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ';
    let is_right = !words.is_empty() && words.bytes().all(is_word) && is_address(address);
    if is_right { Ok(format!("{words} <{address}>")) } else { Err(fault()) }
}

fn read_endpoint(text: &str, path: &str, name: &'static str) -> Result<Url, SettingFault> {
    let rule = "must be an https URL (http only for this machine) without a query";
    let url = Url::parse(&format!("{}/{path}", text.trim_end_matches('/'))).ok();
    let is_bare = |url: &Url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    url.filter(|url| is_safe(url) && is_bare(url)).ok_or(SettingFault { name, rule })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: (&str, &str) = ("MAIL_FROM", "Tintype <mail@tintype.example>");
    const REGION: (&str, &str) = ("SES_REGION", "eu-west-1");
    const ID: (&str, &str) = ("SES_ACCESS_KEY_ID", "AKID");
    const SECRET: (&str, &str) = ("SES_SECRET_ACCESS_KEY", "secret");
    const PRODUCT: (&str, &str) = ("MAIL_PRODUCT_FROM", "news@tintype.example");
    const KEY: (&str, &str) = ("RESEND_API_KEY", "re_123");

    fn read(settings: &[(&str, &str)], is_local: bool) -> Result<Mail, SettingFault> {
        let value = |name: &str| settings.iter().rev().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Mail::read(&value, is_local)
    }

    #[test]
    fn without_a_service_letters_stay_on_this_machine_or_wait() {
        let (local, elsewhere) = (read(&[], true).expect("fine"), read(&[], false).expect("fine"));
        assert!(local.transactional == Sending::Outbox && local.product == Sending::Outbox && local.is_outbox());
        assert!(elsewhere.transactional == Sending::Nobody && elsewhere.product == Sending::Nobody);
        assert!(!elsewhere.is_outbox());
        let half = read(&[PRODUCT, KEY], true).expect("fine");
        assert!(half.transactional == Sending::Outbox && matches!(half.product, Sending::Service(_)));
    }

    #[test]
    fn a_sender_is_named_whole_or_not_at_all() {
        let all = [FROM, REGION, ID, SECRET, PRODUCT, KEY];
        let mail = read(&all, false).expect("fine");
        let (Sending::Service(ses), Sending::Service(resend)) = (mail.transactional, mail.product) else {
            panic!("both are services");
        };
        assert_eq!(ses.url.as_str(), "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails");
        assert_eq!(resend.url.as_str(), "https://api.resend.com/emails");
        assert_eq!((ses.from.as_str(), resend.from.as_str()), (FROM.1, PRODUCT.1));
        for missing in 0..all.len() {
            let rest: Vec<_> = all.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, set)| *set).collect();
            let expected = if missing < SES.len() { SES_NAMES } else { RESEND_NAMES };
            assert_eq!(read(&rest, true).err().map(|fault| fault.name), Some(expected));
        }
        for lonely in [("SES_ENDPOINT", "https://a.example"), ("RESEND_ENDPOINT", "https://a.example")] {
            assert!(read(&[lonely], true).is_err(), "{lonely:?}");
        }
    }

    #[test]
    fn a_mistake_stops_the_start() {
        for (name, value, is_right) in [
            ("MAIL_FROM", "mail@tintype.example", true),
            ("MAIL_FROM", "Tintype", false),
            ("MAIL_FROM", "Tintype <mail@tintype.example>, x@y.example", false),
            ("MAIL_FROM", "\"a\" <mail@tintype.example>", false),
            ("MAIL_FROM", "<mail@tintype.example>", false),
            ("SES_REGION", "EU", false),
            ("SES_ENDPOINT", "http://127.0.0.1:5000", true),
            ("SES_ENDPOINT", "http://ses.example", false),
            ("SES_ENDPOINT", "https://ses.example/?a=", false),
            ("RESEND_API_KEY", "re 1", false),
            ("RESEND_ENDPOINT", "https://resend.example/api", true),
            ("RESEND_ENDPOINT", "resend", false),
        ] {
            let set = [FROM, REGION, ID, SECRET, PRODUCT, KEY, (name, value)];
            let fault = read(&set, false).err().map(|fault| fault.name);
            assert_eq!(fault, (!is_right).then_some(name), "{value}");
        }
    }
}
