//! The keys that wrap keys of personal data, and hash what those hide.

use super::{SECRET_BYTES_MIN, SettingFault};
use crate::domain::hex;
use crate::domain::sealing::{MasterKey, MasterKeyring};

pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<MasterKeyring, SettingFault> {
    let rule = "must be name:hex, at least 64 lowercase hex digits, once or twice with a comma between";
    lookup("MASTER_KEYS").and_then(|text| ring(&text)).ok_or(SettingFault { name: "MASTER_KEYS", rule })
}

fn ring(text: &str) -> Option<MasterKeyring> {
    let read_key = |text: &str| {
        let (id, secret) = text.trim().split_once(':')?;
        MasterKey::new(id, &hex::decode(secret).filter(|secret| secret.len() >= SECRET_BYTES_MIN)?)
    };
    let mut keys = text.split(',').map(read_key).collect::<Option<Vec<_>>>()?.into_iter();
    let (current, previous, rest) = (keys.next()?, keys.next(), keys.next());
    let is_right = rest.is_none() && previous.as_ref().is_none_or(|previous| previous.id != current.id);
    is_right.then_some(MasterKeyring { current, previous })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn master_keys_are_one_or_two_with_names_of_their_own() {
        let key = "ab".repeat(32);
        for (text, is_right) in [
            (format!("new:{key}"), true),
            (format!("new:{key}, old:{key}"), true),
            (format!("new:{key},new:{key}"), false),
            (format!("a:{key},b:{key},c:{key}"), false),
            (key.clone(), false),
            ("new:abcd".into(), false),
            (String::new(), false),
        ] {
            assert_eq!(read(&|_| Some(text.clone())).is_ok(), is_right, "{text}");
        }
    }
}
