//! The master keys: from which signing secrets are derived, and under which personal keys are wrapped.

use super::SettingFault;
use crate::domain::hex;
use crate::domain::sealing::{MasterKey, MasterKeyring};

pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<MasterKeyring>, SettingFault> {
    let Some(text) = lookup("MASTER_KEYS").filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let rule = "must be name:hex, at least 64 lowercase hex digits, once or twice with a comma between";
    read_keys(&text).map(Some).ok_or(SettingFault { name: "MASTER_KEYS", rule })
}

fn read_keys(text: &str) -> Option<MasterKeyring> {
    let read_key = |text: &str| {
        let (id, secret) = text.trim().split_once(':')?;
        MasterKey::new(id, &hex::decode(secret)?)
    };
    let mut keys = text.split(',').map(read_key).collect::<Option<Vec<MasterKey>>>()?.into_iter();
    let (current, previous) = (keys.next()?, keys.next());
    let is_right = keys.next().is_none() && previous.as_ref().is_none_or(|previous| previous.id != current.id);
    is_right.then_some(MasterKeyring { current, previous })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn master_keys_are_read_and_a_mistake_stops_the_start() {
        let read_from = |text: &str| read(&|name: &str| (name == "MASTER_KEYS").then(|| text.to_owned()));
        let key = "ab".repeat(32);
        let two = read_from(&format!("new:{key}, old:{key}")).ok().flatten().expect("two keys");
        assert_eq!((two.current.id.as_str(), two.previous.map(|key| key.id)), ("new", Some("old".into())));
        assert!(read_from(&format!("new:{key}")).is_ok_and(|ring| ring.is_some_and(|ring| ring.previous.is_none())));
        assert!(read_from(" ").is_ok_and(|ring| ring.is_none()));
        for wrong in [key.clone(), "new:abcd".into(), format!("a:{key},a:{key}"), format!("a:{key},b:{key},c:{key}")] {
            assert_eq!(read_from(&wrong).err().map(|fault| fault.name), Some("MASTER_KEYS"), "{wrong}");
        }
    }
}
