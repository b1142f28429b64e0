//! Who may have which images and variants.

use super::SettingFault;
use crate::domain::format::Format;
use crate::domain::hex;
use crate::domain::hotlink::HotlinkRule;
use crate::domain::signed_url::{Keyring, SigningKey};
use crate::domain::transform::read;
use crate::policy::transforms::BOUNDS;
use crate::policy::variants::TransformRule;

/// What a deployment set about serving images.
#[derive(Clone, Default)]
pub struct Delivery {
    /// `URL_SIGNING_KEYS` (secret): `name:hex`, and after a comma the previous one, which is still accepted.
    pub keys: Keyring,
    /// `TRANSFORMS`: `any`, `listed` or `signed`; and `TRANSFORM_LIST`: queries separated by spaces.
    pub transforms: TransformRule,
    /// `HOTLINK_HOSTS`: host names separated by commas; without it, any site may show images.
    pub hotlinks: HotlinkRule,
}

impl Delivery {
    pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, SettingFault> {
        let set = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let keys = set("URL_SIGNING_KEYS").map_or(Some(Keyring::default()), |text| read_keys(&text));
        let rule = "must be name:hex, at least 64 lowercase hex digits, once or twice with a comma between";
        let keys = keys.ok_or(SettingFault { name: "URL_SIGNING_KEYS", rule })?;
        let list = set("TRANSFORM_LIST");
        let transforms = match (set("TRANSFORMS").as_deref(), &list) {
            (None | Some("any"), None) => TransformRule::Any,
            (Some("listed"), _) => TransformRule::Listed(read_list(list.as_deref().unwrap_or_default())?),
            (Some("signed"), None) if keys.0.is_empty() => {
                let rule = "must be set where TRANSFORMS is signed";
                return Err(SettingFault { name: "URL_SIGNING_KEYS", rule });
            }
            (Some("signed"), None) => TransformRule::Signed,
            (_, Some(_)) => {
                let rule = "must only be set where TRANSFORMS is listed";
                return Err(SettingFault { name: "TRANSFORM_LIST", rule });
            }
            _ => return Err(SettingFault { name: "TRANSFORMS", rule: "must be any, listed or signed" }),
        };
        let hotlinks = HotlinkRule { hosts: read_hosts(&set("HOTLINK_HOSTS").unwrap_or_default())? };
        Ok(Self { keys, transforms, hotlinks })
    }
}

fn read_keys(text: &str) -> Option<Keyring> {
    let read_key = |text: &str| {
        let (id, secret) = text.trim().split_once(':')?;
        SigningKey::new(id, hex::decode(secret)?)
    };
    let keys: Vec<SigningKey> = text.split(',').map(read_key).collect::<Option<_>>()?;
    let is_right = match keys.as_slice() {
        [_] => true,
        [current, previous] => current.id != previous.id,
        _ => false,
    };
    is_right.then_some(Keyring(keys))
}

/// A list with a mistake in it would refuse what it was meant to allow, and nobody would know why.
fn read_list(text: &str) -> Result<Vec<String>, SettingFault> {
    let queries: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let is_transform = |query: &String| {
        let asked = read(query, Format::Jpeg, false, &BOUNDS);
        asked.notes.is_empty() && (asked.transform.is_some() || asked.negotiated)
    };
    let rule = "must be queries such as w=480 separated by spaces, without mistakes";
    if queries.iter().all(is_transform) { Ok(queries) } else { Err(SettingFault { name: "TRANSFORM_LIST", rule }) }
}

fn read_hosts(text: &str) -> Result<Vec<String>, SettingFault> {
    let hosts: Vec<String> =
        text.split(',').map(|host| host.trim().to_ascii_lowercase()).filter(|host| !host.is_empty()).collect();
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let is_host = |host: &String| host.bytes().all(is_part) && host.trim_start_matches('.').len() > 1;
    let rule = "must be host names with commas between; .example.com stands for all of its subdomains, too";
    if hosts.iter().all(is_host) { Ok(hosts) } else { Err(SettingFault { name: "HOTLINK_HOSTS", rule }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(settings: &[(&str, &str)]) -> Result<Delivery, SettingFault> {
        let value = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Delivery::read(&value)
    }

    fn fault(settings: &[(&str, &str)]) -> Option<&'static str> {
        read_with(settings).err().map(|fault| fault.name)
    }

    #[test]
    fn nothing_set_allows_everything() {
        let delivery = read_with(&[]).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!((delivery.transforms, delivery.hotlinks.is_on()), (TransformRule::Any, false));
        assert!(delivery.keys.0.is_empty());
    }

    #[test]
    fn a_mistake_stops_the_start() {
        let key = "ab".repeat(32);
        let one = format!("new:{key}");
        let two = format!("new:{key},old:{key}");
        for (settings, expected) in [
            ([("URL_SIGNING_KEYS", one.as_str()), ("TRANSFORMS", "signed")].as_slice(), None),
            (&[("URL_SIGNING_KEYS", &two)], None),
            (&[("URL_SIGNING_KEYS", &format!("{two},older:{key}"))], Some("URL_SIGNING_KEYS")),
            (&[("URL_SIGNING_KEYS", &format!("new:{key},new:{key}"))], Some("URL_SIGNING_KEYS")),
            (&[("URL_SIGNING_KEYS", &key)], Some("URL_SIGNING_KEYS")),
            (&[("URL_SIGNING_KEYS", "new:abcd")], Some("URL_SIGNING_KEYS")),
            (&[("URL_SIGNING_KEYS", &format!("n w:{key}"))], Some("URL_SIGNING_KEYS")),
            (&[("TRANSFORMS", "signed")], Some("URL_SIGNING_KEYS")),
            (&[("TRANSFORMS", "none")], Some("TRANSFORMS")),
            (&[("TRANSFORMS", "listed")], None),
            (&[("TRANSFORMS", "listed"), ("TRANSFORM_LIST", "w=480 size=s&format=auto")], None),
            (&[("TRANSFORMS", "listed"), ("TRANSFORM_LIST", "w=480 width=200")], Some("TRANSFORM_LIST")),
            (&[("TRANSFORMS", "any"), ("TRANSFORM_LIST", "w=480")], Some("TRANSFORM_LIST")),
            (&[("HOTLINK_HOSTS", "blog.example, .Shop.example")], None),
            (&[("HOTLINK_HOSTS", "https://blog.example")], Some("HOTLINK_HOSTS")),
            (&[("HOTLINK_HOSTS", ".")], Some("HOTLINK_HOSTS")),
        ] {
            assert_eq!(fault(settings), expected, "{settings:?}");
        }
    }
}
