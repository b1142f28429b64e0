//! What a letter about what is new carries, so that its reader can stop them with one click (RFC 8058), without signing
//! in and however long ago it was sent: the account, and a keyed hash that only we make. It opens nothing else.

use subtle::ConstantTimeEq as _;

use super::hex;
use super::ids::AccountId;

/// The token of an account's letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscription(AccountId);

impl Unsubscription {
    /// The token of the letters to `account` under the deployment's `secret`, which outlives letters.
    #[must_use]
    pub fn token(secret: &[u8], account: &AccountId) -> String {
        let mac = hex::hmac_sha256(secret, format!("unsubscribe:{account}").as_bytes());
        // 128 bits, as of delete tokens.
        format!("{account}{}", hex::encode(mac.get(..16).unwrap_or(&mac)))
    }

    /// Reads a token; none if we did not make it.
    #[must_use]
    pub fn parse(secret: &[u8], token: &str) -> Option<Self> {
        let (account, _) = token.split_at_checked(AccountId::CHARS)?;
        let account = AccountId::parse(account)?;
        let expected = Self::token(secret, &account);
        bool::from(expected.as_bytes().ct_eq(token.as_bytes())).then_some(Self(account))
    }

    /// Whose letters stop.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_account_and_of_our_making() {
        let (ada, bob) = (AccountId::from_random([1; 15]), AccountId::from_random([2; 15]));
        let token = Unsubscription::token(b"secret", &ada);
        assert_eq!(Unsubscription::parse(b"secret", &token).map(|read| read.account().clone()), Some(ada.clone()));
        let of_bob = token.replacen(ada.as_str(), bob.as_str(), 1);
        for wrong in ["", ada.as_str(), &of_bob, &format!("{token}0"), &token.to_uppercase(), &token[..55]] {
            assert_eq!(Unsubscription::parse(b"secret", wrong), None, "{wrong}");
        }
        assert_eq!(Unsubscription::parse(b"other", &token), None);
    }
}
