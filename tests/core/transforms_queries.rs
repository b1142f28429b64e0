//! Queries into transforms: whatever is asked, in whatever order, there is one way of saying it.

use proptest::prelude::*;
use tintype::domain::format::Format;
use tintype::domain::transform::read;
use tintype::policy::transforms::BOUNDS;

const NAMES: [&str; 24] = [
    "size",
    "short",
    "w",
    "h",
    "dpr",
    "fit",
    "gravity",
    "background",
    "format",
    "q",
    "blur",
    "sharpen",
    "rotate",
    "flip",
    "brightness",
    "contrast",
    "gamma",
    "saturation",
    "grayscale",
    "anim",
    "view",
    "sig",
    "utm_source",
    "%00",
];

const VALUES: [&str; 26] = [
    "",
    "s",
    "m",
    "social",
    "1",
    "0",
    "-1",
    "90",
    "180",
    "320",
    "99999",
    "1.5",
    "2.005",
    "1e9",
    "NaN",
    "cover",
    "pad",
    "contain",
    "northwest",
    "auto",
    "webp",
    "jpg",
    "h",
    "false",
    "ff880042",
    "rebeccapurple",
];

fn parameters() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let value = prop_oneof![
        6 => (0..VALUES.len()).prop_map(|at| VALUES[at].to_owned()),
        1 => "[0-9]{1,4}(\\.[0-9]{1,3})?",
        1 => "[a-z%+.,-]{0,8}",
    ];
    proptest::sample::subsequence(NAMES.to_vec(), 0..10)
        .prop_flat_map(move |names| {
            let count = names.len();
            (Just(names), proptest::collection::vec(value.clone(), count))
        })
        .prop_map(|(names, values)| names.into_iter().zip(values).collect())
}

fn query(parameters: &[(&str, String)]) -> String {
    let words: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    words.join("&")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_a_query_says_nothing_and_canonical_words_say_the_same_again(
        (sorted, shuffled) in parameters().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        source in (0..Format::ALL.len()).prop_map(|at| Format::ALL[at]),
        accepts_webp in any::<bool>(),
    ) {
        let asked = read(&query(&sorted), source, accepts_webp, &BOUNDS);
        prop_assert_eq!(&asked, &read(&query(&shuffled), source, accepts_webp, &BOUNDS));
        let Some(transform) = asked.transform else { return Ok(()) };
        let words = transform.to_string();
        let again = read(&words, source, !accepts_webp, &BOUNDS);
        prop_assert_eq!(again.transform, Some(transform), "{}", words);
        prop_assert!(again.notes.is_empty() && !again.negotiated, "{}: {:?}", words, again.notes);
        // It is part of a name in storage (1,024 bytes at most) and of an address.
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"=&.-".contains(&byte);
        prop_assert!(words.len() <= 300 && words.bytes().all(is_plain), "{}", words);
    }
}
