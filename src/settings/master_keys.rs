//! The keys under which personal data is sealed.

use super::SettingFault;
use crate::domain::hex;
use crate::domain::sealing::{MasterKey, MasterKeyring};

/// Reads `MASTER_KEYS` (secret): `name:hex`, and after a comma the previous one, which is still accepted.
pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<MasterKeyring, SettingFault> {
    let rule = "must be name:hex, at least 64 lowercase hex digits, once or twice with a comma between";
    let fault = SettingFault { name: "MASTER_KEYS", rule };
    let text = lookup("MASTER_KEYS").unwrap_or_default();
    let read_key = |text: &str| {
        let (id, secret) = text.trim().split_once(':')?;
        MasterKey::new(id, &hex::decode(secret)?)
    };
    let mut keys = text.split(',').map(read_key);
    let (Some(Some(current)), previous, None) = (keys.next(), keys.next(), keys.next()) else { return Err(fault) };
    match previous {
        None => Ok(MasterKeyring { current, previous: None }),
        Some(Some(previous)) if previous.id != current.id => Ok(MasterKeyring { current, previous: Some(previous) }),
        Some(_) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_keys_are_read_and_nothing_else() {
        let (one, two) = ("a1".repeat(32), "b2".repeat(32));
        let read = |text: String| read(&|_: &str| Some(text.clone()));
        assert!(read(format!("one:{one}")).is_ok_and(|ring| ring.previous.is_none()));
        assert!(read(format!("two:{two}, one:{one}")).is_ok_and(|ring| ring.current.id == "two"));
        for wrong in [
            String::new(),
            one.clone(),
            format!("one:{}", &one[..62]),
            format!("one:{one},one:{two}"),
            format!("a:{one},b:{two},c:{two}"),
            format!("a:{one},"),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
