//! Images that are known already: by their bytes, or by what they look like.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hex;

/// Bands of a [`PdqHash`], by which near ones are found.
pub const BANDS: usize = 16;
/// Hexadecimal digits of a band: 16 bits.
const BAND_DIGITS: usize = 4;

/// A PDQ hash: 256 bits that change little when a picture is scaled or encoded anew. Written as 64 lowercase
/// hexadecimal digits, as those who exchange such hashes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PdqHash(pub [u8; 32]);

impl PdqHash {
    /// The hash that `text` writes; none if it is not 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text)?.try_into().ok().map(Self)
    }

    /// In how many of its 256 bits it differs: unrelated pictures in about 128.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(one, other)| (one ^ other).count_ones()).sum()
    }

    /// The bands of every hash that differs from this one in at most 31 bits: spread over 16 bands, 31 differences
    /// leave at least one band with one or none. A band is its number, one hexadecimal digit, and its four digits.
    #[must_use]
    pub fn near_bands(&self) -> Vec<String> {
        let text = self.to_string();
        let bands = text.as_bytes().chunks(BAND_DIGITS).filter_map(|band| std::str::from_utf8(band).ok());
        let near = |(number, band): (usize, &str)| {
            let bits = u16::from_str_radix(band, 16).unwrap_or_default();
            let flips = (0..16).map(|bit| 1 << bit).chain([0]);
            flips.map(move |flip: u16| format!("{number:x}{:04x}", bits ^ flip)).collect::<Vec<_>>()
        };
        bands.enumerate().flat_map(near).collect()
    }
}

impl fmt::Display for PdqHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl Serialize for PdqHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PdqHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a PDQ hash is 64 lowercase hexadecimal digits"))
    }
}

/// What a picture looks like, and how much the hash of it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Likeness {
    /// The hash.
    pub hash: PdqHash,
    /// 0 (a plain surface, whose hash is chance) to 100.
    pub quality: u8,
}

/// Everything by which an image can be recognised. Shown to nobody, kept as long as its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageHashes {
    /// SHA-256 of the bytes as they came, lowercase hexadecimal.
    pub received_sha256: String,
    /// SHA-256 of the bytes that are stored, lowercase hexadecimal.
    pub stored_sha256: String,
    /// What it looks like: one for each look of each judged frame that differs from the others.
    pub pdq: Vec<Likeness>,
}

/// What a list says about its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Sexual abuse of children.
    Csam,
    /// Terrorist content.
    Terrorism,
    /// Intimate pictures that are shared against the will of those they show.
    IntimateImagery,
    /// What the operator does not want to see again.
    Operator,
}

impl Category {
    /// All of them, the severest first.
    pub const ALL: [Self; 4] = [Self::Csam, Self::Terrorism, Self::IntimateImagery, Self::Operator];

    /// The word in the database, in settings and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csam => "csam",
            Self::Terrorism => "terrorism",
            Self::IntimateImagery => "intimate_imagery",
            Self::Operator => "operator",
        }
    }

    /// The category that a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == word)
    }
}

/// How an entry of a list is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashKind {
    /// The same bytes.
    Sha256,
    /// The same picture, or nearly so.
    Pdq,
}

impl HashKind {
    /// The word in the database and in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Pdq => "pdq",
        }
    }
}

/// That an image is on a list. Says nothing of the entry's value: who knows that can look for the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The list's name.
    pub list: String,
    /// What the list says about its images.
    pub category: Category,
    /// How it was recognised.
    pub kind: HashKind,
    /// Differing bits, if that is known; 0 for the same bytes. Outside lists do not say.
    pub distance: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64: enough for spread.
    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn random_hash(state: &mut u64) -> PdqHash {
        let mut bytes = [0; 32];
        bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&random(state).to_be_bytes()));
        PdqHash(bytes)
    }

    /// The hash with these bits flipped.
    fn flipped(hash: PdqHash, bits: &[usize]) -> PdqHash {
        let mut bytes = hash.0;
        bits.iter().for_each(|bit| bytes[bit / 8] ^= 0x80 >> (bit % 8));
        PdqHash(bytes)
    }

    fn bands(hash: PdqHash) -> Vec<String> {
        let text = hash.to_string();
        (0..BANDS).map(|number| format!("{number:x}{}", &text[number * 4..number * 4 + 4])).collect()
    }

    fn is_found(hash: PdqHash, near: PdqHash) -> bool {
        let wanted = near.near_bands();
        bands(hash).iter().any(|band| wanted.contains(band))
    }

    #[test]
    fn a_hash_is_written_as_64_digits_and_read_back() {
        let text = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
        let hash = PdqHash::parse(text).unwrap();
        assert_eq!(hash.to_string(), text);
        assert_eq!(serde_json::from_str::<PdqHash>(&format!("{text:?}")).unwrap(), hash);
        for bad in ["", "f8", &text[1..], &text.to_uppercase(), &format!("{text}00"), &text.replace('f', "g")] {
            assert_eq!(PdqHash::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_hash_within_31_bits_shares_a_band() {
        let state = &mut 1;
        for round in 0..20_000 {
            let hash = random_hash(state);
            let mut places: Vec<usize> = (0..256).collect();
            let count = 1 + round % 31;
            for at in 0..count {
                let other = at + usize::try_from(random(state)).unwrap() % (256 - at);
                places.swap(at, other);
            }
            let near = flipped(hash, &places[..count]);
            assert_eq!(hash.distance(&near) as usize, count);
            assert!(is_found(hash, near), "{count} bits: {hash} {near}");
        }
    }

    #[test]
    fn the_worst_spread_of_31_bits_is_found_and_that_of_32_is_not() {
        let hash = random_hash(&mut 7);
        // Two in each band, and one in the last.
        let spread: Vec<usize> = (0..32).map(|at| at / 2 * 16 + at % 2).collect();
        assert!(is_found(hash, flipped(hash, &spread[..31])));
        assert!(!is_found(hash, flipped(hash, &spread)));
    }

    #[test]
    fn a_lookup_asks_for_so_many_bands_and_seldom_finds_what_is_unrelated() {
        let state = &mut 3;
        let hash = random_hash(state);
        assert_eq!(hash.near_bands().len(), BANDS * 17);
        let found = (0..2_000).filter(|_| is_found(random_hash(state), hash)).count();
        // 272 of 65,536 bands: one unrelated hash in 240 is looked at for nothing.
        assert!(found < 30, "{found}");
    }

    #[test]
    fn the_words_stay() {
        for category in Category::ALL {
            assert_eq!(Category::parse(category.as_str()), Some(category));
            assert_eq!(serde_json::to_string(&category).unwrap(), format!("{:?}", category.as_str()));
        }
        assert_eq!(Category::parse("other"), None);
    }
}
