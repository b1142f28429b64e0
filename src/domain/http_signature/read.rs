//! Reads what `Signature-Input` and `Signature` claim (RFC 9421 §4).

use sfv::{Dictionary, GenericBareItem, InnerList, ListEntry, ListSerializer, Parser};

use super::count::is_whole;
use super::{Refusal, RequestHead, SignatureRules};

/// One signature of a request, read and not yet verified.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Which key is said to have made it.
    pub(super) keyid: Option<String>,
    /// What makes it different from any other by that key.
    pub(super) nonce: Option<String>,
    /// In seconds since 1970.
    pub(super) created_s: Option<i64>,
    pub(super) expires_s: Option<i64>,
    pub(super) algorithm: Option<String>,
    pub(super) covered: Vec<String>,
    /// The value of `@signature-params`.
    pub(super) parameters: String,
    pub(super) signature: Vec<u8>,
}

/// Reads the signatures of a request; an entry for each label, with what is wrong with it.
///
/// # Errors
/// If the fields as a whole cannot be read.
pub fn read(head: &RequestHead<'_>, rules: &SignatureRules) -> Result<Vec<Result<Claim, Refusal>>, Refusal> {
    let inputs = dictionary(head, "signature-input")?;
    let signatures = dictionary(head, "signature")?;
    if inputs.len().max(signatures.len()) > rules.signatures_max {
        return Err(Refusal::TooMany(rules.signatures_max));
    }
    if inputs.is_empty()
        || inputs.keys().any(|label| !signatures.contains_key(label))
        || inputs.len() != signatures.len()
    {
        return Err(Refusal::Malformed("Signature-Input and Signature must have the same labels, at least one"));
    }
    let claims = inputs.iter().map(|(label, input)| {
        let (ListEntry::InnerList(input), Some(ListEntry::Item(signature))) = (input, signatures.get(label)) else {
            return Err(Refusal::Malformed("Signature-Input has lists of components, Signature byte sequences"));
        };
        let GenericBareItem::ByteSequence(signature) = &signature.bare_item else {
            return Err(Refusal::Malformed("a signature is a byte sequence: base64 between colons"));
        };
        claim(input, signature, rules)
    });
    Ok(claims.collect())
}

fn dictionary(head: &RequestHead<'_>, name: &str) -> Result<Dictionary, Refusal> {
    let values = head.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_slice());
    let joined = values.collect::<Vec<_>>().join(b", ".as_slice());
    let text = std::str::from_utf8(&joined).ok();
    let parsed = text.and_then(|text| Some((text, Parser::new(text).parse::<Dictionary>().ok()?)));
    let (text, dictionary) =
        parsed.ok_or(Refusal::Malformed("Signature-Input and Signature must be structured dictionaries"))?;
    if is_whole(text, &dictionary) {
        Ok(dictionary)
    } else {
        Err(Refusal::Malformed("a label or a parameter is there twice"))
    }
}

fn claim(input: &InnerList, signature: &[u8], rules: &SignatureRules) -> Result<Claim, Refusal> {
    let mut list = ListSerializer::new();
    let mut inner = list.inner_list();
    inner.items(&input.items);
    let _ = inner.finish().parameters(&input.params);
    Ok(Claim {
        keyid: string(input, "keyid")?,
        nonce: string(input, "nonce")?,
        created_s: integer(input, "created")?,
        expires_s: integer(input, "expires")?,
        algorithm: string(input, "alg")?,
        covered: components(input, rules)?,
        parameters: list.finish().unwrap_or_default(),
        signature: signature.to_vec(),
    })
}

fn components(input: &InnerList, rules: &SignatureRules) -> Result<Vec<String>, Refusal> {
    if input.items.len() > rules.components_max {
        return Err(Refusal::Malformed("more components are covered than this server looks at"));
    }
    let mut covered: Vec<String> = Vec::with_capacity(input.items.len());
    for item in &input.items {
        let name = item.bare_item.as_string().ok_or(Refusal::Malformed("components are strings in quotes"))?.as_str();
        if let Some(parameter) = item.params.keys().next() {
            return Err(Refusal::ComponentParameter(name.to_owned(), parameter.as_str().to_owned()));
        }
        if covered.iter().any(|known| known == name) {
            return Err(Refusal::ComponentTwice(name.to_owned()));
        }
        covered.push(name.to_owned());
    }
    Ok(covered)
}

fn integer(input: &InnerList, name: &'static str) -> Result<Option<i64>, Refusal> {
    let wrong = Refusal::ParameterWrong(name, "a whole number of seconds since 1970");
    let Some(value) = input.params.get(name) else { return Ok(None) };
    value.as_integer().map(|number| Some(i64::from(number))).ok_or(wrong)
}

fn string(input: &InnerList, name: &'static str) -> Result<Option<String>, Refusal> {
    let Some(value) = input.params.get(name) else { return Ok(None) };
    let text = value.as_string().ok_or(Refusal::ParameterWrong(name, "a string in quotes"))?;
    Ok(Some(text.as_str().to_owned()))
}
