//! How an outside service is asked whether a picture is known: the lookup of Hasher-Matcher-Actioner (HMA 1.0, Meta's
//! open matching service): `GET /m/lookup?signal_type=pdq&signal=<hash>` answers the names of the banks that hold
//! something like it, as a JSON list of strings. An index that is not ready answers 503.

use url::Url;

use super::known_bad::PdqHash;

/// Names that are read of an answer, at most: the first ones tell enough.
const NAMES_MAX: usize = 100;
/// Characters of a name that are kept, at most: as of our own lists.
const NAME_CHARS_MAX: usize = 64;

/// The address that asks `lookup` for `hash`.
#[must_use]
pub fn question(lookup: &Url, hash: &PdqHash) -> Url {
    let mut url = lookup.clone();
    url.query_pairs_mut().append_pair("signal_type", "pdq").append_pair("signal", &hash.to_string());
    url
}

/// The names in an answer.
///
/// # Errors
/// If it is not the answer of such a service: then nothing is known, not that there is no match.
pub fn answer(status: u16, text: &str) -> Result<Vec<String>, String> {
    if status != 200 {
        return Err(format!("status {status}"));
    }
    let names: Vec<String> = serde_json::from_str(text).map_err(|error| format!("not a list of names: {error}"))?;
    Ok(names.into_iter().take(NAMES_MAX).map(|name| name.chars().take(NAME_CHARS_MAX).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_the_published_one() {
        let lookup = Url::parse("https://lists.example/m/lookup").unwrap();
        let asked = question(&lookup, &PdqHash([0xab; 32]));
        let expected = format!("https://lists.example/m/lookup?signal_type=pdq&signal={}", "ab".repeat(32));
        assert_eq!(asked.as_str(), expected);
    }

    #[test]
    fn only_a_list_of_names_is_an_answer() {
        assert_eq!(answer(200, "[]"), Ok(vec![]));
        assert_eq!(answer(200, r#"["TERRORISM_BANK", "OTHER"]"#), Ok(vec!["TERRORISM_BANK".into(), "OTHER".into()]));
        for (status, text) in [
            (503, "[]"),
            (400, "[]"),
            (302, ""),
            (200, ""),
            (200, "{}"),
            (200, r#"{"pdq": []}"#),
            (200, "[1]"),
            (200, "null"),
        ] {
            assert!(answer(status, text).is_err(), "{status} {text}");
        }
        let long = answer(200, &format!("[{:?}]", "é".repeat(1_000))).unwrap();
        assert_eq!(long[0].chars().count(), NAME_CHARS_MAX);
    }
}
