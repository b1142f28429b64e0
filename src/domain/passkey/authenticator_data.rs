//! What the authenticator says about a ceremony (§6.1).
//!
//! ```text
//! rpIdHash 32 | flags 1 | signCount 4 | if AT: aaguid 16 | length 2 | credential id | key (CBOR) | if ED: map (CBOR)
//! ```

use coset::CoseKey;
use coset::cbor::{from_reader, value::Value};

use super::{CREDENTIAL_ID_BYTES_MAX, CredentialId, PasskeyFault, PublicKey, RelyingParty};

const USER_PRESENT: u8 = 1 << 0;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

/// Authenticator data that has been read, not believed.
pub struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    flags: u8,
    /// How often the authenticator has signed; 0: it does not count.
    pub sign_count: u32,
    /// The new passkey, at registration.
    pub attested: Option<Attested>,
}

/// The new passkey (§6.5.1).
pub struct Attested {
    /// The authenticator's model; zeros: it does not say.
    pub aaguid: [u8; 16],
    pub credential: CredentialId,
    pub key: PublicKey,
}

impl AuthenticatorData {
    /// Reads it to its last byte.
    pub fn read(bytes: &[u8]) -> Result<Self, PasskeyFault> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(PasskeyFault::Malformed)?;
        let (flags, rest) = rest.split_first().ok_or(PasskeyFault::Malformed)?;
        let (sign_count, mut rest) = rest.split_first_chunk::<4>().ok_or(PasskeyFault::Malformed)?;
        let attested = if flags & ATTESTED == 0 { None } else { Some(Attested::read(&mut rest)?) };
        if flags & EXTENDED != 0 && !read_item(&mut rest)?.is_map() {
            return Err(PasskeyFault::Malformed);
        }
        if !rest.is_empty() {
            return Err(PasskeyFault::Malformed);
        }
        let sign_count = u32::from_be_bytes(*sign_count);
        Ok(Self { rp_id_hash: *rp_id_hash, flags: *flags, sign_count, attested })
    }

    /// §7.1 steps 14 to 17, §7.2 steps 15 to 18.
    pub fn verify(&self, site: &RelyingParty) -> Result<(), PasskeyFault> {
        if self.rp_id_hash != site.id_hash() {
            return Err(PasskeyFault::RelyingParty);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(PasskeyFault::UserAbsent);
        }
        if self.flags & USER_VERIFIED == 0 {
            return Err(PasskeyFault::UserUnverified);
        }
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(PasskeyFault::Backup);
        }
        Ok(())
    }

    /// Whether the passkey may be copied to other devices of its owner.
    pub fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    /// Whether it has been.
    pub fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl Attested {
    fn read(rest: &mut &[u8]) -> Result<Self, PasskeyFault> {
        let (aaguid, after) = rest.split_first_chunk::<16>().ok_or(PasskeyFault::Malformed)?;
        let (length, after) = after.split_first_chunk::<2>().ok_or(PasskeyFault::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if !(1..=CREDENTIAL_ID_BYTES_MAX).contains(&length) {
            return Err(PasskeyFault::Credential);
        }
        let (credential, after) = after.split_at_checked(length).ok_or(PasskeyFault::Malformed)?;
        *rest = after;
        let key = <CoseKey as coset::AsCborValue>::from_cbor_value(read_item(rest)?);
        let key = PublicKey::from_cose(&key.map_err(|_| PasskeyFault::Malformed)?)?;
        Ok(Self { aaguid: *aaguid, credential: CredentialId(credential.to_vec()), key })
    }
}

/// Reads one item of CBOR and leaves what comes after it.
fn read_item(rest: &mut &[u8]) -> Result<Value, PasskeyFault> {
    from_reader(rest).map_err(|_| PasskeyFault::Malformed)
}
