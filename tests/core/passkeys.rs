//! Web Authentication: what an authenticator says is accepted only if every bit of it is as it should be.

use serde_json::Value;
use tintype::domain::passkey::assertion::{Assertion, KnownPasskey, PasskeyUse};
use tintype::domain::passkey::options::{Owner, creation, request};
use tintype::domain::passkey::registration::{NewPasskey, Registration};
use tintype::domain::passkey::{CHALLENGE_BYTES, Challenge, PasskeyFault, PublicKey, RelyingParty};
use url::Url;

use crate::harness::APP;
use crate::harness::authenticator::{Authenticator, BACKED_UP, BACKUP_ELIGIBLE, Said, USER_PRESENT, USER_VERIFIED};

const ACCOUNT: &str = "0123456789abcdefghjkmnpq";

fn site() -> RelyingParty {
    RelyingParty::of(&Url::parse(APP).expect("a URL"))
}

fn challenge() -> Challenge {
    Challenge::from_random([42; CHALLENGE_BYTES])
}

fn creation_options() -> Value {
    creation(&site(), &challenge(), &Owner { account: ACCOUNT, name: "ada@example.org" }, &[], 300_000)
}

fn request_options() -> Value {
    request(&site(), &challenge(), &[], 300_000)
}

/// What the use case does, with a database that knows one challenge.
fn register(said: &Said) -> Result<NewPasskey, Option<PasskeyFault>> {
    let registration = Registration::read(&said.json()).map_err(Some)?;
    if *registration.challenge() != challenge() {
        return Err(None);
    }
    registration.verify(&site()).map_err(Some)
}

fn assert_with(said: &Said, known: &KnownPasskey, must_say_so: bool) -> Result<PasskeyUse, Option<PasskeyFault>> {
    let assertion = Assertion::read(&said.json()).map_err(Some)?;
    if *assertion.challenge() != challenge() || assertion.credential().base64url() != known_id(said) {
        return Err(None);
    }
    assertion.verify(&site(), known, ACCOUNT, must_say_so).map_err(Some)
}

fn known_id(said: &Said) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&said.credential)
}

fn enrolled(mut authenticator: Authenticator) -> (Authenticator, KnownPasskey) {
    let made = register(&authenticator.create(&creation_options())).expect("a fine registration");
    assert_eq!(made.credential, authenticator.id());
    // As the database keeps it.
    let key = PublicKey::parse(&made.key.stored()).expect("reads back");
    let known = KnownPasskey { key, sign_count: made.sign_count, is_backup_eligible: made.is_backup_eligible };
    (authenticator, known)
}

fn kinds() -> [Authenticator; 4] {
    let mut attesting = [Authenticator::es256(3), Authenticator::ed25519(4)];
    attesting.iter_mut().for_each(|authenticator| authenticator.attests = true);
    let [three, four] = attesting;
    [Authenticator::es256(1), Authenticator::ed25519(2), three, four]
}

#[test]
fn what_is_made_can_be_used() {
    for authenticator in kinds() {
        let (mut authenticator, known) = enrolled(authenticator);
        let used = assert_with(&authenticator.get(&request_options()), &known, true);
        assert_eq!(used, Ok(PasskeyUse { sign_count: 2, is_backed_up: false }));
    }
}

/// Every bit of `bytes` the other way, one at a time.
fn every_bit(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

#[test]
fn no_bit_of_an_assertion_may_be_another() {
    let mut tried = 0;
    for authenticator in [Authenticator::es256(1), Authenticator::ed25519(2)] {
        let (mut authenticator, known) = enrolled(authenticator);
        let said = authenticator.get(&request_options());
        let mut refuse = |changed: Said, what: &str| {
            assert!(assert_with(&changed, &known, true).is_err(), "{what}: {}", changed.json());
            tried += 1;
        };
        for client_data in every_bit(&said.client_data) {
            refuse(Said { client_data, ..said.clone() }, "client data");
        }
        for authenticator_data in every_bit(&said.authenticator_data) {
            refuse(Said { authenticator_data, ..said.clone() }, "authenticator data");
        }
        for signature in every_bit(&said.signature) {
            refuse(Said { signature, ..said.clone() }, "signature");
        }
        for length in 0..said.signature.len() {
            refuse(Said { signature: said.signature[..length].to_vec(), ..said.clone() }, "a short signature");
        }
        for length in 0..said.authenticator_data.len() {
            let authenticator_data = said.authenticator_data[..length].to_vec();
            refuse(Said { authenticator_data, ..said.clone() }, "short data");
        }
        for handle in [None, Some(String::new()), Some("another".into()), Some(format!("{ACCOUNT} "))] {
            refuse(Said { user_handle: handle, ..said.clone() }, "user handle");
        }
        assert!(assert_with(&said, &known, true).is_ok(), "and as it was it is fine");
    }
    assert!(tried >= 2_000, "{tried}");
}

#[test]
fn no_bit_of_a_registration_that_is_signed_may_be_another() {
    let mut tried = 0;
    for mut authenticator in [Authenticator::es256(1), Authenticator::ed25519(2)] {
        authenticator.attests = true;
        let said = authenticator.create(&creation_options());
        let mut refuse = |changed: Said, what: &str| {
            assert!(register(&changed).is_err(), "{what}: {}", changed.json());
            tried += 1;
        };
        for client_data in every_bit(&said.client_data) {
            refuse(Said { client_data, ..said.clone() }, "client data");
        }
        for attestation in every_bit(said.attestation.as_deref().expect("there is one")) {
            refuse(Said { attestation: Some(attestation), ..said.clone() }, "attestation");
        }
        for credential in every_bit(&said.credential) {
            refuse(Said { credential, ..said.clone() }, "credential");
        }
        assert!(register(&said).is_ok(), "and as it was it is fine");
    }
    assert!(tried >= 2_000, "{tried}");
}

type Change = (&'static str, fn(&mut Authenticator), PasskeyFault);

/// What an authenticator or a browser may say in earnest, properly signed, and must not be believed.
const LIES: [Change; 9] = [
    ("another site's", |a| a.origin = "https://tintype.example.evil.example".into(), PasskeyFault::Origin),
    ("another port's", |a| a.origin = format!("{APP}:8443"), PasskeyFault::Origin),
    ("without TLS", |a| a.origin = "http://tintype.example".into(), PasskeyFault::Origin),
    ("inside another site's page", |a| a.cross_origin = true, PasskeyFault::Embedded),
    ("for another site", |a| a.rp_id = "images.example".into(), PasskeyFault::RelyingParty),
    ("untouched", |a| a.flags = USER_VERIFIED, PasskeyFault::UserAbsent),
    ("unverified", |a| a.flags = USER_PRESENT, PasskeyFault::UserUnverified),
    ("copied, and cannot be", |a| a.flags |= BACKED_UP, PasskeyFault::Backup),
    ("of no ceremony", |a| a.ceremony = Some("payment.get"), PasskeyFault::Ceremony),
];

#[test]
fn a_lie_is_not_believed_though_it_is_signed() {
    for authenticator in kinds() {
        let (authenticator, known) = enrolled(authenticator);
        for (what, lie, fault) in LIES {
            let mut lying = authenticator.clone();
            lie(&mut lying);
            assert_eq!(register(&lying.create(&creation_options())).err(), Some(Some(fault)), "made: {what}");
            assert_eq!(
                assert_with(&lying.get(&request_options()), &known, true).err(),
                Some(Some(fault)),
                "used: {what}"
            );
        }
        let mut crossed = authenticator.clone();
        crossed.ceremony = Some("webauthn.get");
        let made = register(&crossed.create(&creation_options()));
        assert_eq!(made.err(), Some(Some(PasskeyFault::Ceremony)));
        crossed.ceremony = Some("webauthn.create");
        let used = assert_with(&crossed.get(&request_options()), &known, true);
        assert_eq!(used.err(), Some(Some(PasskeyFault::Ceremony)));
        let mut turned = authenticator.clone();
        turned.flags |= BACKUP_ELIGIBLE;
        let used = assert_with(&turned.get(&request_options()), &known, true);
        assert_eq!(used.err(), Some(Some(PasskeyFault::Backup)), "eligibility never changes");
    }
}

#[test]
fn another_key_or_another_challenge_is_not_accepted() {
    let (mut authenticator, known) = enrolled(Authenticator::es256(1));
    let mut other = Authenticator::es256(9);
    (other.credential, other.user_handle) = (authenticator.credential.clone(), authenticator.user_handle.clone());
    other.sign_count = 7;
    let used = assert_with(&other.get(&request_options()), &known, true);
    assert_eq!(used.err(), Some(Some(PasskeyFault::Signature)));
    let elsewhere = request(&site(), &Challenge::from_random([43; CHALLENGE_BYTES]), &[], 1);
    assert_eq!(assert_with(&authenticator.get(&elsewhere), &known, true).err(), Some(None));
}

#[test]
fn a_passkey_that_counts_must_count_upwards() {
    for (known_count, said, is_accepted) in
        [(0, 0, true), (0, 2, true), (5, 6, true), (5, 5, false), (5, 4, false), (5, 0, false), (u32::MAX, 0, false)]
    {
        let (mut authenticator, mut known) = enrolled(Authenticator::es256(1));
        known.sign_count = known_count;
        // It counts before it speaks, unless it does not count.
        authenticator.sign_count = if said == 0 { 0 } else { said - 1 };
        let used = assert_with(&authenticator.get(&request_options()), &known, true);
        let expected = if is_accepted { None } else { Some(Some(PasskeyFault::SignCount)) };
        assert_eq!(used.err(), expected, "{known_count} then {said}");
    }
}

#[test]
fn whoever_was_known_before_need_not_say_so_but_may_not_say_otherwise() {
    let (mut authenticator, known) = enrolled(Authenticator::es256(1));
    let said = authenticator.get(&request_options());
    let with = |user_handle: Option<&str>| Said { user_handle: user_handle.map(str::to_owned), ..said.clone() };
    assert!(assert_with(&with(None), &known, false).is_ok());
    assert!(assert_with(&with(Some(ACCOUNT)), &known, false).is_ok());
    assert_eq!(assert_with(&with(Some("another")), &known, false).err(), Some(Some(PasskeyFault::Owner)));
    assert_eq!(assert_with(&with(None), &known, true).err(), Some(Some(PasskeyFault::Owner)));
}

#[test]
fn what_cannot_be_read_is_refused_and_nothing_breaks() {
    let mut authenticator = Authenticator::es256(1);
    let made = authenticator.create(&creation_options());
    let client_data = String::from_utf8(made.client_data.clone()).expect("text");
    let twice = client_data.replace("\"type\"", "\"origin\":\"https://evil.example\",\"type\"");
    let top = client_data.replace("\"type\"", "\"topOrigin\":\"https://evil.example\",\"type\"");
    assert!(register(&Said { client_data: twice.into_bytes(), ..made.clone() }).is_err(), "said twice");
    let embedded = register(&Said { client_data: top.into_bytes(), ..made.clone() });
    assert_eq!(embedded.err(), Some(Some(PasskeyFault::Embedded)));
    let attestation = made.attestation.clone().expect("there is one");
    for length in 0..attestation.len() {
        let attestation = Some(attestation[..length].to_vec());
        assert!(register(&Said { attestation, ..made.clone() }).is_err(), "cut at {length}");
    }
    let longer = Some([attestation.as_slice(), &[0]].concat());
    assert!(register(&Said { attestation: longer, ..made.clone() }).is_err(), "something after the end");
    // Arrays in arrays in arrays: a decoder that recurses must stop.
    let deep = Some(vec![0x81; 100_000]);
    assert!(register(&Said { attestation: deep, ..made.clone() }).is_err());
    for json in ["", "{}", "null", "[]", "{\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{}}"] {
        assert!(Registration::read(json).is_err() && Assertion::read(json).is_err(), "{json}");
    }
}

#[test]
fn an_attestation_that_nobody_asked_for_is_refused() {
    let mut authenticator = Authenticator::es256(1);
    authenticator.attests = true;
    let made = authenticator.create(&creation_options());
    let attestation = made.attestation.clone().expect("there is one");
    let position = attestation.windows(6).position(|window| window == b"packed").expect("it says so");
    for format in [b"tpmtpm", b"fido-u", b"apple "] {
        let mut changed = attestation.clone();
        changed[position..position + 6].copy_from_slice(format);
        let refused = register(&Said { attestation: Some(changed), ..made.clone() });
        assert_eq!(refused.err(), Some(Some(PasskeyFault::Attestation)));
    }
}

#[test]
fn what_a_real_browser_says_is_accepted_and_no_bit_of_it_may_be_another() {
    let recorded: Value = serde_json::from_str(include_str!("../fixtures/passkeys/chromium.json")).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let site = RelyingParty { id: text(&recorded["rp_id"]), origin: text(&recorded["origin"]) };
    for kind in ["es256", "ed25519", "rs256"] {
        let [create, get] = ["create", "get"].map(|ceremony| recorded[kind][ceremony].clone());
        let registration = Registration::read(&create.to_string()).expect("readable");
        let made = registration.verify(&site).expect(kind);
        assert!(*registration.challenge() == challenge() && made.key.stored().starts_with(kind));
        let key = PublicKey::parse(&made.key.stored()).expect("reads back");
        let known = KnownPasskey { key, sign_count: made.sign_count, is_backup_eligible: made.is_backup_eligible };
        let accepts = |answer: &Value| {
            let assertion = Assertion::read(&answer.to_string());
            assertion.is_ok_and(|assertion| assertion.verify(&site, &known, ACCOUNT, true).is_ok())
        };
        assert!(accepts(&get), "{kind}");
        for member in ["clientDataJSON", "authenticatorData", "signature"] {
            let said = text(&get["response"][member]);
            let said = data_encoding::BASE64URL_NOPAD.decode(said.as_bytes()).expect("binary");
            for changed in every_bit(&said) {
                let mut answer = get.clone();
                answer["response"][member] = data_encoding::BASE64URL_NOPAD.encode(&changed).into();
                assert!(!accepts(&answer), "{kind} {member}: {answer}");
            }
        }
    }
}
