//! Against the RFC's own messages, keys and signatures, and against everything that must be refused.

use super::base::signature_base;
use super::*;
use crate::domain::time::Timestamp;

const RULES: SignatureRules =
    SignatureRules { skew_ms: 300_000, nonce_chars: 16..=128, signatures_max: 4, components_max: 32 };
const NOW: Timestamp = Timestamp(1_618_884_473_000);

/// RFC 9421, appendix B.1.4 and B.1.5.
const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
";
const SHARED_SECRET: &str = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";

/// The `test-request` of appendix B.2, with the fields of a signature.
fn test_request(input: &str, signature: &str) -> Vec<(String, Vec<u8>)> {
    [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        (
            "content-digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("content-length", "18"),
        ("signature-input", input),
        ("signature", signature),
    ]
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
    .into()
}

fn head(fields: &[(String, Vec<u8>)]) -> RequestHead<'_> {
    RequestHead {
        method: "POST",
        origin: "https://example.com",
        path: "/foo",
        query: Some("param=Value&Pet=dog"),
        fields,
        has_body: true,
    }
}

fn only_claim(head: &RequestHead<'_>) -> Result<Claim, Refusal> {
    let mut claims = read(head, &RULES)?;
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

fn secret() -> VerifyingKey {
    VerifyingKey::Hmac(data_encoding::BASE64.decode(SHARED_SECRET.as_bytes()).expect("base64"))
}

fn ed25519() -> VerifyingKey {
    VerifyingKey::Ed25519(PublicKey::parse(ED25519_PEM).expect("the RFC's key"))
}

/// Appendix B.2.5.
#[test]
fn the_rfcs_hmac_signature_verifies_over_the_rfcs_base() {
    let input = "sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
    let fields = test_request(input, "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:");
    let head = head(&fields);
    let claim = only_claim(&head).expect("read");
    let expected = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT
\"@authority\": example.com
\"content-type\": application/json
\"@signature-params\": (\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
    assert_eq!(signature_base(&head, &claim.covered, &claim.parameters).as_deref(), Ok(expected));
    assert_eq!(claim.verify(&head, &secret()), Ok(()));
    assert_eq!(claim.verify(&head, &VerifyingKey::Hmac(vec![0; 64])), Err(Refusal::Mismatch));
    assert_eq!(claim.verify(&head, &ed25519()), Err(Refusal::Mismatch));
    // What the RFC shows there is not enough here.
    assert_eq!(claim.check(&head, NOW, &RULES).map(|_| ()), Err(Refusal::NotCovered("@method")));
}

/// Appendix B.2.6.
#[test]
fn the_rfcs_ed25519_signature_verifies_over_the_rfcs_base() {
    let input = "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let signature =
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";
    let fields = test_request(input, signature);
    let head = head(&fields);
    let claim = only_claim(&head).expect("read");
    let expected = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT
\"@method\": POST
\"@path\": /foo
\"@authority\": example.com
\"content-type\": application/json
\"content-length\": 18
\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    assert_eq!(signature_base(&head, &claim.covered, &claim.parameters).as_deref(), Ok(expected));
    assert_eq!(claim.verify(&head, &ed25519()), Ok(()));
    let other = RequestHead { method: "PUT", ..head };
    assert_eq!(claim.verify(&other, &ed25519()), Err(Refusal::Mismatch));
}

/// The examples of §2.1 and §2.2.
#[test]
fn components_have_the_values_of_the_rfc() {
    let fields: Vec<(String, Vec<u8>)> = [
        ("host", "www.example.com"),
        ("x-ows-header", "  Leading and trailing whitespace.   "),
        ("cache-control", "max-age=60"),
        ("cache-control", "   must-revalidate"),
        ("example-dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c)"),
        ("x-empty-header", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
    .into();
    let head = RequestHead {
        method: "POST",
        origin: "https://www.example.com",
        path: "/path",
        query: Some("param=value&foo=bar&baz=bat%2Dman"),
        fields: &fields,
        has_body: false,
    };
    let base = |head: &RequestHead<'_>, name: &str| {
        let base = signature_base(head, &[name.to_owned()], "()");
        base.map(|text| text.lines().next().unwrap_or_default().to_owned())
    };
    for line in [
        "\"host\": www.example.com",
        "\"x-ows-header\": Leading and trailing whitespace.",
        "\"cache-control\": max-age=60, must-revalidate",
        "\"example-dict\": a=1,    b=2;x=1;y=2,   c=(a   b   c)",
        "\"x-empty-header\": ",
        "\"@method\": POST",
        "\"@target-uri\": https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman",
        "\"@authority\": www.example.com",
        "\"@scheme\": https",
        "\"@request-target\": /path?param=value&foo=bar&baz=bat%2Dman",
        "\"@path\": /path",
        "\"@query\": ?param=value&foo=bar&baz=bat%2Dman",
    ] {
        let name = line.split('"').nth(1).unwrap_or_default();
        assert_eq!(base(&head, name).as_deref(), Ok(line));
    }
    let bare = RequestHead { path: "", query: None, ..head };
    for (name, line) in [
        ("@path", "\"@path\": /"),
        ("@query", "\"@query\": ?"),
        ("@target-uri", "\"@target-uri\": https://www.example.com/"),
    ] {
        assert_eq!(base(&bare, name).as_deref(), Ok(line));
    }
    for unknown in ["@status", "@query-param", "@signature-params", "@unheard-of", "Host", "a b", "", "a\"b", "a\\"] {
        assert_eq!(base(&head, unknown), Err(Refusal::ComponentUnknown(unknown.to_owned())));
    }
    assert_eq!(base(&head, "date"), Err(Refusal::FieldMissing("date".into())));
    for unreadable in ["é".as_bytes(), b"a\nb", &[0xff]] {
        let fields = [("x-odd".to_owned(), unreadable.to_vec())];
        let head = RequestHead { fields: &fields, ..head };
        assert_eq!(base(&head, "x-odd"), Err(Refusal::FieldUnreadable("x-odd".into())));
    }
}

const WHOLE: &str = "(\"@method\" \"@target-uri\")";
const REST: &str = ";created=1618884473;keyid=\"k\";nonce=\"0123456789abcdef\"";

fn refusal_of(input: &str, signature: &str) -> Result<(), Refusal> {
    let fields = test_request(input, signature);
    let head = RequestHead { has_body: false, ..head(&fields) };
    only_claim(&head)?.check(&head, NOW, &RULES).map(|_| ())
}

#[test]
fn what_is_not_written_as_it_must_be_is_refused_with_its_reason() {
    let fine = format!("sig={WHOLE}{REST}");
    assert_eq!(refusal_of(&fine, "sig=:AAAA:"), Ok(()));
    let with = |from: &str, to: &str| fine.replace(from, to);
    for (input, signature, reason) in [
        (fine.clone(), "other=:AAAA:", "malformed"),
        (fine.clone(), "", "malformed"),
        (String::new(), "sig=:AAAA:", "malformed"),
        (fine.clone(), "sig=:AAAA:, more=:AAAA:", "malformed"),
        (fine.clone(), "sig=\"AAAA\"", "malformed"),
        (fine.clone(), "sig=(:AAAA:)", "malformed"),
        (fine.clone(), "sig=:AA*A:", "malformed"),
        (fine.clone(), "sig=:AAAA:, sig=:AAAA:", "malformed"),
        ("sig=\"@method\"".into(), "sig=:AAAA:", "malformed"),
        ("sig=(@method)".into(), "sig=:AAAA:", "malformed"),
        (format!("{fine}, {fine}"), "sig=:AAAA:", "malformed"),
        (format!("{fine};created=1618884473"), "sig=:AAAA:", "malformed"),
        (with("(\"@method\"", "(@method"), "sig=:AAAA:", "malformed"),
        (with("(\"@method\"", "(method"), "sig=:AAAA:", "malformed"),
        (with(";created=1618884473", ""), "sig=:AAAA:", "parameter_missing"),
        (with(";keyid=\"k\"", ""), "sig=:AAAA:", "parameter_missing"),
        (with(";nonce=\"0123456789abcdef\"", ""), "sig=:AAAA:", "parameter_missing"),
        (with("created=1618884473", "created=\"1618884473\""), "sig=:AAAA:", "parameter_wrong"),
        (with("created=1618884473", "created=1618884473.5"), "sig=:AAAA:", "parameter_wrong"),
        (with("keyid=\"k\"", "keyid=k"), "sig=:AAAA:", "parameter_wrong"),
        (with("0123456789abcdef", "0123456789abcde"), "sig=:AAAA:", "parameter_wrong"),
        (with("0123456789abcdef", &"n".repeat(129)), "sig=:AAAA:", "parameter_wrong"),
        (format!("{fine};expires=soon"), "sig=:AAAA:", "parameter_wrong"),
        (format!("{fine};alg=ed25519"), "sig=:AAAA:", "parameter_wrong"),
        (with("\"@method\"", "\"@method\";req"), "sig=:AAAA:", "component_parameter"),
        (with("\"@method\"", "\"@method\" \"date\";sf"), "sig=:AAAA:", "component_parameter"),
        (with("\"@method\"", "\"@method\" \"date\";bs"), "sig=:AAAA:", "component_parameter"),
        (with("\"@method\"", "\"@method\" \"date\";tr"), "sig=:AAAA:", "component_parameter"),
        (with("\"@method\"", "\"@method\" \"content-digest\";key=\"sha-256\""), "sig=:AAAA:", "component_parameter"),
        (with("\"@method\"", "\"@method\" \"@query-param\";name=\"a\""), "sig=:AAAA:", "component_parameter"),
        (with("\"@method\"", "\"@method\" \"@method\""), "sig=:AAAA:", "component_twice"),
        (with("\"@method\"", "\"@method\" \"@status\""), "sig=:AAAA:", "component_unknown"),
        (with("\"@method\"", "\"@method\" \"Date\""), "sig=:AAAA:", "component_unknown"),
        (with("\"@method\"", "\"@method\" \"x-none\""), "sig=:AAAA:", "field_missing"),
        (with("\"@method\" ", ""), "sig=:AAAA:", "not_covered"),
        (with("\"@target-uri\"", "\"@authority\" \"@path\""), "sig=:AAAA:", "not_covered"),
        (with("\"@target-uri\"", "\"@request-target\""), "sig=:AAAA:", "not_covered"),
        ("sig=()".to_owned() + REST, "sig=:AAAA:", "not_covered"),
        (with("1618884473", "1618884172"), "sig=:AAAA:", "not_fresh"),
        (with("1618884473", "1618884774"), "sig=:AAAA:", "not_fresh"),
        (with("1618884473", "-999999999999999"), "sig=:AAAA:", "not_fresh"),
        (with("1618884473", "999999999999999"), "sig=:AAAA:", "not_fresh"),
        (format!("{fine};expires=1618884473"), "sig=:AAAA:", "not_fresh"),
    ] {
        let refusal = refusal_of(&input, signature).expect_err(&input);
        assert_eq!(refusal.reason(), reason, "{input} {signature}: {refusal}");
        assert!(!refusal.to_string().is_empty());
    }
    for fine in [
        with("\"@target-uri\"", "\"@authority\" \"@path\" \"@query\""),
        with("1618884473", "1618884173"),
        with("1618884473", "1618884773"),
        format!("{fine};expires=1618884474;tag=\"anything\""),
        format!("{fine};alg=\"hmac-sha256\""),
        format!("sig=(  \"@method\"   \"@target-uri\" ){REST}"),
    ] {
        assert_eq!(refusal_of(&fine, "sig=:AAAA:"), Ok(()), "{fine}");
    }
}

#[test]
fn the_digest_of_a_body_must_be_there_and_covered() {
    let covered = format!("sig=(\"@method\" \"@target-uri\" \"content-digest\"){REST}");
    for (input, digest, expected) in [
        (covered.clone(), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", Ok(())),
        (
            format!("sig={WHOLE}{REST}"),
            "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            Err(Refusal::DigestNotCovered),
        ),
        (covered.clone(), "sha-512=:AAAA:", Err(Refusal::DigestNotCovered)),
        (covered.clone(), "sha-256=:AAAA:", Err(Refusal::DigestNotCovered)),
        (covered, "nonsense", Err(Refusal::DigestNotCovered)),
    ] {
        let mut fields = test_request(&input, "sig=:AAAA:");
        fields.retain(|(name, _)| name != "content-digest");
        fields.push(("content-digest".into(), digest.into()));
        let head = head(&fields);
        let checked = only_claim(&head).and_then(|claim| claim.check(&head, NOW, &RULES));
        assert_eq!(checked.map(|_| ()), expected, "{input} {digest}");
    }
}

#[test]
fn several_signatures_are_read_each_by_itself_and_not_too_many() {
    let input = format!("a={WHOLE}{REST}, b=(\"date\";sf){REST}");
    let fields = test_request(&input, "b=:AAAA:, a=:AAAA:");
    let claims = read(&head(&fields), &RULES).expect("read");
    assert!(matches!(claims.as_slice(), [Ok(_), Err(Refusal::ComponentParameter(..))]));
    let many = |of: &str| (0..5).map(|n| format!("s{n}={of}")).collect::<Vec<_>>().join(", ");
    let fields = test_request(&many("()"), &many(":AAAA:"));
    assert_eq!(read(&head(&fields), &RULES).map(|_| ()), Err(Refusal::TooMany(4)));
    // Fields of one name are one dictionary, over how many lines they may go.
    let mut fields = test_request(&format!("a={WHOLE}{REST}"), "a=:AAAA:, b=:AAAA:");
    fields.push(("signature-input".into(), format!("b={WHOLE}{REST}").into()));
    assert_eq!(read(&head(&fields), &RULES).expect("read").len(), 2);
}

#[test]
fn only_a_usable_ed25519_key_is_registered() {
    let key = PublicKey::parse(ED25519_PEM).expect("the RFC's key");
    assert_eq!(PublicKey::parse("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="), Ok(key.clone()));
    assert_eq!(PublicKey::from_stored(&key.stored()), Some(key.clone()));
    assert!(format!("{key:?}").contains(&key.stored()));
    let p256 = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\nw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n-----END PUBLIC KEY-----";
    let zero = data_encoding::BASE64.encode(&[0; PUBLIC_KEY_BYTES]);
    for (wrong, fault) in [
        (p256, PublicKeyFault::Kind),
        ("", PublicKeyFault::Notation),
        ("AAAA", PublicKeyFault::Notation),
        ("not base64", PublicKeyFault::Notation),
        (&zero, PublicKeyFault::Weak),
    ] {
        assert_eq!(PublicKey::parse(wrong), Err(fault), "{wrong}");
    }
}
