//! Countries, as people and the edge name them.

use celes::Country as Listed;

/// A country of ISO 3166-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// Two letters (alpha-2), upper case.
    pub code: &'static str,
    /// Its name in English.
    pub name: &'static str,
}

impl Country {
    /// The country of this code, in any case; none for the edge's words that stand for no country (`XX`, `T1`).
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let listed = Listed::from_alpha2(code.trim().to_ascii_uppercase()).ok()?;
        Some(Self { code: listed.alpha2, name: name(listed.long_name) })
    }

    /// Every country, by name.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Listed::get_countries()
            .iter()
            .map(|listed| Self { code: listed.alpha2, name: name(listed.long_name) })
            .collect();
        all.sort_unstable_by_key(|country| country.name);
        all
    }
}

/// As people look for it in a list: without the article.
fn name(listed: &'static str) -> &'static str {
    listed.strip_prefix("The ").unwrap_or(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_read_from_its_code() {
        assert_eq!(Country::parse("pt").map(|country| (country.code, country.name)), Some(("PT", "Portugal")));
        for none in ["", "XX", "T1", "Portugal", "P"] {
            assert_eq!(Country::parse(none), None, "{none}");
        }
        let all = Country::all();
        assert!(all.len() > 240 && all.iter().all(|country| Country::parse(country.code) == Some(*country)));
    }
}
