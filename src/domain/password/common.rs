//! The passwords that are tried first: a list from breaches, and what people make of its words to be let in.

use sha2::{Digest as _, Sha256};

/// The first [`PREFIX_BYTES`] of the SHA-256 of every password on the list, in lower case, ascending. Made by
/// `cargo xtask common-passwords`; docs/licences/django-common-passwords.txt says of what.
const LIST: &[u8] = include_bytes!("common.bin");
/// Enough to find one: of a hundred thousand good passwords less than one is taken for a listed one.
const PREFIX_BYTES: usize = 4;
/// From this length on, up to three characters over and over are no password.
const REPETITION_BYTES_MIN: usize = 10;
/// How keyboards and alphabets go; passwords along them, in either direction and from any start, are on no list that is
/// long enough.
const RUNS: [&str; 8] = [
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "1a2b3c4d5e6f7g8h9i0j",
];

/// Whether `password` is listed, or nothing but a listed word or a [run](RUNS), repeated or between digits and
/// punctuation. The whole is compared: a listed word among others does no harm (NIST SP 800-63B-4 §3.1.1.2).
pub fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let bare: String = lower.chars().filter(|char| char.is_alphanumeric()).collect();
    let letters = bare.trim_matches(|char: char| char.is_ascii_digit());
    [lower.as_str(), bare.as_str(), letters].into_iter().any(|form| {
        let unit = unit(form);
        (unit.len() < 4 && form.len() >= REPETITION_BYTES_MIN) || is_listed(unit) || is_run(form)
    })
}

fn is_listed(word: &str) -> bool {
    let digest = Sha256::digest(word.as_bytes());
    let wanted = digest.first_chunk::<PREFIX_BYTES>();
    let (listed, _) = LIST.as_chunks::<PREFIX_BYTES>();
    wanted.is_some_and(|wanted| listed.binary_search(wanted).is_ok())
}

fn is_run(text: &str) -> bool {
    let reversed: String = text.chars().rev().collect();
    text.len() >= 4
        && RUNS.iter().any(|run| {
            // As often as the text needs, from any start.
            let endless = run.repeat(text.len() / run.len() + 2);
            endless.contains(text) || endless.contains(&reversed)
        })
}

/// The shortest beginning of `text` whose repetition it is, perhaps cut at the end.
fn unit(text: &str) -> &str {
    let starts = text.char_indices().map(|(at, _)| at).skip(1);
    starts
        .filter_map(|at| text.split_at_checked(at))
        .find(|(_, rest)| text.starts_with(rest))
        .map_or(text, |(unit, _)| unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_has_no_word_twice() {
        let (listed, rest) = LIST.as_chunks::<PREFIX_BYTES>();
        assert!(rest.is_empty() && listed.len() > 19_000, "{}", listed.len());
        assert!(listed.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn the_unit_of_a_repetition_is_found() {
        for (text, expected) in
            [("abcabcab", "abc"), ("aaaa", "a"), ("abc", "abc"), ("", ""), ("éàéà", "éà"), ("aab", "aab")]
        {
            assert_eq!(unit(text), expected, "{text}");
        }
    }

    #[test]
    fn of_a_hundred_thousand_random_words_hardly_any_is_taken_for_a_listed_one() {
        let taken = (0..100_000u32).filter(|number| is_listed(&format!("no such password {number}"))).count();
        assert!(taken <= 4, "{taken}");
        assert!(["password", "dragon", "letmein", "iloveyou", "trustno1"].into_iter().all(is_listed));
    }
}
