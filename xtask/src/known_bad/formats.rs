//! Files of hashes, as those who exchange them write them. A file is taken whole or not at all: what is wrong with it is
//! told with the line, so that nobody believes in a list of which half is missing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde::Deserialize;
use tintype::domain::known_bad::{HashKind, PdqHash};
use tintype::policy::known_bad::PDQ_QUALITY_MIN;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A hash on each line, and perhaps a name behind it, as `sha256sum` writes.
    Lines,
    /// With a heading: see [`csv`].
    Csv,
    /// Project VIC's JSON: see [`vics`].
    Vics,
}

impl Format {
    /// The format that a word stands for.
    pub fn parse(word: &str) -> Result<Self> {
        Ok(match word {
            "lines" => Self::Lines,
            "csv" => Self::Csv,
            "vics" => Self::Vics,
            _ => bail!("there is no format '{word}': lines, csv, vics"),
        })
    }
}

/// A hash from a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// `sha256` or `pdq`.
    pub kind: &'static str,
    /// 64 lowercase hexadecimal digits.
    pub value: String,
    /// What the file says about it.
    pub note: Option<String>,
}

/// What a file comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The hashes, each once.
    pub entries: Vec<Entry>,
    /// What was left out, and how often.
    pub skipped: BTreeMap<String, usize>,
}

/// Mistakes that are told, at most: who sees twenty knows enough.
const MISTAKES_MAX: usize = 20;

struct Reader {
    parsed: Parsed,
    seen: BTreeSet<(&'static str, String)>,
    mistakes: Vec<String>,
}

impl Reader {
    fn new() -> Self {
        Self { parsed: Parsed::default(), seen: BTreeSet::new(), mistakes: Vec::new() }
    }

    fn take(&mut self, place: &str, kind: HashKind, value: &str, note: Option<&str>) {
        let value = value.trim().to_ascii_lowercase();
        // Either kind is written as 64 digits.
        if PdqHash::parse(&value).is_none() {
            return self.mistakes.push(format!("{place}: '{value}' is not 64 hexadecimal digits"));
        }
        if !self.seen.insert((kind.as_str(), value.clone())) {
            return self.skip("repeated");
        }
        let note = note.map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
        self.parsed.entries.push(Entry { kind: kind.as_str(), value, note });
    }

    fn skip(&mut self, why: &str) {
        *self.parsed.skipped.entry(why.to_owned()).or_default() += 1;
    }

    fn finish(self) -> Result<Parsed> {
        if !self.mistakes.is_empty() {
            let told = self.mistakes.iter().take(MISTAKES_MAX).cloned().collect::<Vec<_>>().join("\n");
            bail!("nothing was changed: {} lines are wrong\n{told}", self.mistakes.len());
        }
        if self.parsed.entries.is_empty() {
            bail!("nothing was changed: there is no usable hash in it ({:?})", self.parsed.skipped);
        }
        Ok(self.parsed)
    }
}

/// Reads a file. `kind` is what bare lines hold.
pub fn parse(format: Format, kind: HashKind, text: &str) -> Result<Parsed> {
    match format {
        Format::Lines => lines(kind, text),
        Format::Csv => csv(kind, text),
        Format::Vics => vics(text),
    }
}

fn lines(kind: HashKind, text: &str) -> Result<Parsed> {
    let mut reader = Reader::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (value, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        reader.take(&format!("line {number}"), kind, value, Some(name.trim().trim_start_matches('*')));
    }
    reader.finish()
}

/// Columns by their headings, in any order; others are left alone. The first name is ours, the others are those of
/// ThreatExchange's tools and of `pdq-photo-hasher`.
const VALUE: [&str; 5] = ["value", "hash", "signal", "signal_str", "indicator"];
const KIND: [&str; 3] = ["kind", "signal_type", "type"];
const QUALITY: [&str; 1] = ["quality"];
const NOTE: [&str; 2] = ["note", "filename"];

fn csv(kind: HashKind, text: &str) -> Result<Parsed> {
    let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headings = rows.headers()?.clone();
    let column = |names: &[&str]| headings.iter().position(|heading| names.contains(&heading.to_lowercase().as_str()));
    let Some(value) = column(&VALUE) else { bail!("nothing was changed: no column is called {}", VALUE.join(", ")) };
    let (kinds, quality, note) = (column(&KIND), column(&QUALITY), column(&NOTE));
    let mut reader = Reader::new();
    for row in rows.records() {
        let row = row.map_err(|error| anyhow::anyhow!("nothing was changed: {error}"))?;
        let place = format!("line {}", row.position().map_or(0, csv::Position::line));
        let field = |column: Option<usize>| column.and_then(|column| row.get(column)).filter(|text| !text.is_empty());
        let kind = match field(kinds).map(str::to_lowercase).as_deref() {
            None => kind,
            Some("sha256" | "hash_sha256") => HashKind::Sha256,
            Some("pdq" | "hash_pdq") => HashKind::Pdq,
            Some(other) => {
                reader.skip(&format!("of the kind {other}, which is not compared here"));
                continue;
            }
        };
        match field(quality).map(str::parse::<u8>) {
            Some(Ok(quality)) if kind == HashKind::Pdq && quality < PDQ_QUALITY_MIN => {
                reader.skip(&format!("of a quality under {PDQ_QUALITY_MIN}, which says too little"));
            }
            None | Some(Ok(0..=100)) => reader.take(&place, kind, row.get(value).unwrap_or_default(), field(note)),
            Some(_) => reader.mistakes.push(format!("{place}: a quality is a number from 0 to 100")),
        }
    }
    reader.finish()
}

#[derive(Deserialize)]
struct VicsFile {
    value: Vec<VicsMedia>,
}

#[derive(Deserialize)]
struct VicsMedia {
    #[serde(rename = "MediaID")]
    media_id: Option<serde_json::Value>,
    #[serde(rename = "Category")]
    category: Option<i64>,
    #[serde(rename = "SHA256")]
    sha256: Option<String>,
}

/// Project VIC (VICS 1.3 and 2.0): an object whose `value` is a list of media. Most carry MD5 and SHA-1, which anybody
/// can make collide; only SHA-256 is taken. Its categories 1 and 2 are abuse; 0 is not categorised, the others are
/// drawings, comparisons and harmless files, which must not be refused as abuse.
fn vics(text: &str) -> Result<Parsed> {
    let text = text.trim_start_matches('\u{feff}');
    let file: VicsFile = serde_json::from_str(text).map_err(|error| anyhow::anyhow!("nothing was changed: {error}"))?;
    let mut reader = Reader::new();
    for (number, media) in (1..).zip(&file.value) {
        match (media.category, &media.sha256) {
            (Some(1 | 2), Some(value)) => {
                let id = media.media_id.as_ref().map(|id| format!("MediaID {id}"));
                reader.take(&format!("media {number}"), HashKind::Sha256, value, id.as_deref());
            }
            (Some(1 | 2), None) => reader.skip("without SHA-256"),
            (Some(other), _) => reader.skip(&format!("of category {other}")),
            (None, _) => reader.skip("without category"),
        }
    }
    reader.finish()
}

/// An entry as the database tells it.
#[derive(Debug, Deserialize)]
pub struct Stored {
    kind: String,
    value: String,
    list: String,
    category: String,
    source: String,
    added_at: i64,
    note: Option<String>,
}

/// Writes entries: as lines of one kind, or as CSV.
pub fn print(format: Format, kind: HashKind, entries: &[Stored]) -> Result<String> {
    match format {
        Format::Lines => {
            let of_kind = entries.iter().filter(|entry| entry.kind == kind.as_str());
            Ok(of_kind.map(|entry| format!("{}\n", entry.value)).collect())
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["kind", "value", "list", "category", "source", "added_at", "note"])?;
            for entry in entries {
                let added_at = entry.added_at.to_string();
                let note = entry.note.as_deref().unwrap_or_default();
                let Stored { kind, value, list, category, source, .. } = entry;
                writer.write_record([kind, value, list, category, source, &added_at, note])?;
            }
            Ok(String::from_utf8(writer.into_inner()?)?)
        }
        Format::Vics => bail!("lists are written as lines or csv"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const B: &str = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    fn values(parsed: &Parsed) -> Vec<(&str, &str, Option<&str>)> {
        parsed.entries.iter().map(|entry| (entry.kind, entry.value.as_str(), entry.note.as_deref())).collect()
    }

    #[test]
    fn lines_are_hashes_with_or_without_a_name() {
        let text = format!("# a comment\r\n{A}\r\n\n{}  a picture.jpg\n{A} *again\n", B.to_uppercase());
        let parsed = parse(Format::Lines, HashKind::Sha256, &text).unwrap();
        assert_eq!(values(&parsed), [("sha256", A, None), ("sha256", B, Some("a picture.jpg"))]);
        assert_eq!(parsed.skipped["repeated"], 1);
        assert_eq!(values(&parse(Format::Lines, HashKind::Pdq, B).unwrap()), [("pdq", B, None)]);
    }

    #[test]
    fn a_wrong_line_refuses_the_file_and_is_named() {
        let error = parse(Format::Lines, HashKind::Sha256, &format!("{A}\nd41d8cd98f00b204e9800998ecf8427e\n{B}0\n"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("nothing was changed: 2 lines") && error.contains("line 2:"), "{error}");
        assert!(parse(Format::Lines, HashKind::Sha256, "\n# nothing\n").is_err());
    }

    #[test]
    fn csv_is_read_by_its_headings() {
        let text = format!("Hash,Quality,Filename\n{B},100,a.jpg\n{A},49,b.jpg\n");
        let parsed = parse(Format::Csv, HashKind::Pdq, &text).unwrap();
        assert_eq!(values(&parsed), [("pdq", B, Some("a.jpg"))]);
        assert_eq!(parsed.skipped.values().sum::<usize>(), 1);
        let text = format!("signal_type,signal_str,other\npdq,{B},x\nsha256,{A},y\nvideo_md5,00,z\n");
        let parsed = parse(Format::Csv, HashKind::Sha256, &text).unwrap();
        assert_eq!(values(&parsed), [("pdq", B, None), ("sha256", A, None)]);
        assert!(parsed.skipped.keys().next().unwrap().contains("video_md5"));
    }

    #[test]
    fn csv_with_a_mistake_is_refused_with_its_line() {
        for (text, place) in [
            (format!("value,quality\n{A},50\n{B},good\n"), "line 3"),
            (format!("value\n{A}\n\"{B}\n\"\n12\n"), "line "),
            (format!("name\n{A}\n"), "no column"),
            (format!("value,kind\n{A}\n"), "nothing was changed"),
        ] {
            let error = parse(Format::Csv, HashKind::Pdq, &text).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }

    #[test]
    fn of_project_vic_only_abuse_with_sha_256_is_taken_and_the_rest_counted() {
        let text = format!(
            r#"{{"@odata.context": "http://vics.example/2.0.xml#Media", "value": [
                 {{"MediaID": 1, "Category": 1, "MD5": "AA", "SHA1": "BB", "SHA256": "{}"}},
                 {{"MediaID": 2, "Category": 2, "MD5": "AA"}},
                 {{"MediaID": 3, "Category": 0, "SHA256": "{B}"}},
                 {{"MediaID": 4, "SHA256": "{B}"}}]}}"#,
            A.to_uppercase()
        );
        let parsed = parse(Format::Vics, HashKind::Sha256, &text).unwrap();
        assert_eq!(values(&parsed), [("sha256", A, Some("MediaID 1"))]);
        let skipped: Vec<_> = parsed.skipped.keys().map(String::as_str).collect();
        assert_eq!(skipped, ["of category 0", "without SHA-256", "without category"]);
        assert!(parse(Format::Vics, HashKind::Sha256, "[]").is_err());
    }

    #[test]
    fn what_is_exported_can_be_imported() {
        let stored = |kind: &str, value: &str| Stored {
            kind: kind.into(),
            value: value.into(),
            list: "a, \"list\"".into(),
            category: "operator".into(),
            source: "image x".into(),
            added_at: 1,
            note: None,
        };
        let entries = [stored("pdq", B), stored("sha256", A)];
        let text = print(Format::Csv, HashKind::Sha256, &entries).unwrap();
        let parsed = parse(Format::Csv, HashKind::Sha256, &text).unwrap();
        assert_eq!(values(&parsed), [("pdq", B, None), ("sha256", A, None)]);
        let lines = print(Format::Lines, HashKind::Pdq, &entries).unwrap();
        assert_eq!(lines, format!("{B}\n"));
    }
}
