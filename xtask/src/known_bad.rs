//! `cargo xtask known-bad …`: what operators do with lists of known material, as SQL on standard output. It is
//! `npm run known-bad` (scripts/known-bad.mjs) that has wrangler run it: docs/known-bad-lists.md.

mod formats;
mod sql;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io};

use anyhow::{Context as _, Result, bail};
use formats::{Format, Stored};
use serde::Deserialize;
use sql::Target;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind, ImageHashes};
use tintype::policy::known_bad::{PDQ_DISTANCE_MAX, is_telling};

const USAGE: &str = "usage: known-bad
  add IMAGE-ID --category CATEGORY [--list NAME] [--note TEXT]
  import FILE --list NAME --category CATEGORY [--format lines|csv|vics] [--kind sha256|pdq]
  export --list NAME [--format lines|csv] [--kind sha256|pdq]
  remove --list NAME [HASH|IMAGE-ID]
  list
  copies IMAGE-ID
CATEGORY: csam, terrorism, intimate_imagery, operator
each with --remote for the deployment, otherwise for the local database";

/// The list of what operators add by themselves, unless they name another.
const OWN_LIST: &str = "operator";

/// Words with and without a name.
struct Arguments {
    bare: Vec<String>,
    named: BTreeMap<String, String>,
}

impl Arguments {
    fn read(arguments: &[&str], known: &[&str]) -> Result<Self> {
        let mut read = Self { bare: Vec::new(), named: BTreeMap::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some(name) if known.contains(&name) => {
                    let value = words.next().with_context(|| format!("--{name} needs a value"))?;
                    read.named.insert(name.to_owned(), (*value).to_owned());
                }
                Some(name) => bail!("--{name} is not known here\n{USAGE}"),
                None => read.bare.push((*word).to_owned()),
            }
        }
        Ok(read)
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str)
    }

    fn one(&self) -> Result<&str> {
        match self.bare.as_slice() {
            [one] => Ok(one),
            _ => bail!(USAGE),
        }
    }

    fn list(&self) -> Result<&str> {
        named_list(self.named("list").context("--list is missing")?)
    }

    fn category(&self) -> Result<Category> {
        let word = self.named("category").context("--category is missing")?;
        Category::parse(word).with_context(|| format!("there is no category '{word}'\n{USAGE}"))
    }

    fn kind(&self) -> Result<HashKind> {
        Ok(match self.named("kind") {
            None | Some("sha256") => HashKind::Sha256,
            Some("pdq") => HashKind::Pdq,
            Some(other) => bail!("there is no kind '{other}': sha256, pdq"),
        })
    }

    fn format(&self, default: Format) -> Result<Format> {
        self.named("format").map_or(Ok(default), Format::parse)
    }
}

/// A name of 1 to 64 characters that can be shown.
fn named_list(name: &str) -> Result<&str> {
    let is_usable = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_usable { Ok(name) } else { bail!("a list's name has 1 to 64 characters") }
}

fn image_id(text: &str) -> Result<&str> {
    ImageId::parse(text).with_context(|| format!("'{text}' is no image id"))?;
    Ok(text)
}

/// Runs one command; prints SQL, or what was asked for.
pub fn run(arguments: &[&str]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else { bail!(USAGE) };
    let known: &[&str] = match *command {
        "add" => &["category", "list", "note"],
        "import" => &["category", "list", "format", "kind"],
        "export" => &["list", "after"],
        "print" => &["format", "kind"],
        "remove" => &["list"],
        "images" => &["after"],
        "list" | "hashes" | "near" => &[],
        _ => bail!(USAGE),
    };
    let arguments = Arguments::read(rest, known)?;
    print!("{}", output(command, &arguments)?);
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a tool on somebody's machine, not a Worker")]
fn output(command: &str, arguments: &Arguments) -> Result<String> {
    let added_at = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    Ok(match command {
        "add" => {
            let id = image_id(arguments.one()?)?;
            let source = format!("image {id}");
            let list = named_list(arguments.named("list").unwrap_or(OWN_LIST))?;
            let (category, note) = (arguments.category()?, arguments.named("note"));
            sql::add(&Target { list, category, source: &source, added_at, note }, id)
        }
        "import" => import(arguments, added_at)?,
        "export" => sql::export(arguments.list()?, arguments.named("after").unwrap_or("0").parse()?),
        "print" => {
            let entries: Vec<Stored> = serde_json::from_reader(io::stdin().lock()).context("read entries")?;
            formats::print(arguments.format(Format::Csv)?, arguments.kind()?, &entries)?
        }
        "remove" => match arguments.bare.as_slice() {
            [] => sql::remove(arguments.list()?, None),
            [what] => sql::remove(arguments.list()?, Some(what)),
            _ => bail!(USAGE),
        },
        "list" => sql::lists(),
        "hashes" => sql::hashes_of(image_id(arguments.one()?)?),
        "images" => sql::images(arguments.named("after").unwrap_or_default()),
        _ => {
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text)?;
            near(&text)?
        }
    })
}

fn import(arguments: &Arguments, added_at: i64) -> Result<String> {
    let file = arguments.one()?;
    let (list, category, format) = (arguments.list()?, arguments.category()?, arguments.format(Format::Lines)?);
    let text = fs::read_to_string(file).with_context(|| format!("read {file}"))?;
    let parsed = formats::parse(format, arguments.kind()?, &text).with_context(|| file.to_owned())?;
    eprintln!("{} hashes", parsed.entries.len());
    for (why, count) in &parsed.skipped {
        eprintln!("left out: {count} {why}");
    }
    let source = format!("file {}", file.rsplit('/').next().unwrap_or(file));
    Ok(sql::import(&Target { list, category, source: &source, added_at, note: None }, &parsed.entries))
}

#[derive(Deserialize)]
struct ImageRow {
    id: String,
    state: String,
    sha256: Option<String>,
    hashes: Option<String>,
}

#[derive(Deserialize)]
struct Comparison {
    of: ImageRow,
    images: Vec<ImageRow>,
}

/// Of a page of images, those that are copies of one, and how near each is.
fn near(text: &str) -> Result<String> {
    let Comparison { of, images } = serde_json::from_str(text).context("read the images")?;
    let hashes = |row: &ImageRow| row.hashes.as_deref().and_then(|text| serde_json::from_str::<ImageHashes>(text).ok());
    let one = hashes(&of);
    let mut found = String::new();
    for image in images.iter().filter(|image| image.id != of.id) {
        let other = hashes(image);
        let has_same_bytes = of.sha256.is_some() && of.sha256 == image.sha256
            || matches!((&one, &other), (Some(one), Some(other)) if one.received_sha256 == other.received_sha256);
        let distance = one.iter().zip(&other).flat_map(|(one, other)| distances(one, other)).min();
        let words = match distance.filter(|distance| *distance <= PDQ_DISTANCE_MAX) {
            _ if has_same_bytes => "the same bytes".to_owned(),
            Some(distance) => format!("{distance} of 256 bits differ"),
            None => continue,
        };
        found += &format!("{}  {}  {words}\n", image.id, image.state);
    }
    Ok(found)
}

fn distances(one: &ImageHashes, other: &ImageHashes) -> Vec<u32> {
    let telling =
        |hashes: &ImageHashes| hashes.pdq.iter().filter(|l| is_telling(l)).map(|l| l.hash).collect::<Vec<_>>();
    let others = telling(other);
    telling(one).iter().flat_map(|hash| others.iter().map(|other| hash.distance(other)).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_those_with_the_same_bytes_and_those_that_look_alike() {
        let row = |id: &str, sha256: &str, pdq: &str, quality: u8| {
            let hashes = format!(
                r#"{{"received_sha256":"{sha256}","stored_sha256":"{sha256}","pdq":[{{"hash":"{pdq}","quality":{quality}}}]}}"#
            );
            serde_json::json!({"id": id, "state": "live", "sha256": sha256, "hashes": hashes})
        };
        let (zero, near, far) = ("0".repeat(64), format!("7{}", "0".repeat(63)), "f".repeat(64));
        let text = serde_json::json!({
            "of": row("one", "a", &zero, 100),
            "images": [
                row("one", "a", &zero, 100), row("copy", "a", &far, 100), row("near", "b", &near, 100),
                row("far", "c", &far, 100), row("plain", "d", &zero, 49),
                {"id": "old", "state": "live", "sha256": "e", "hashes": null},
            ],
        });
        let found = near_text(&text);
        assert_eq!(found, "copy  live  the same bytes\nnear  live  3 of 256 bits differ\n");
    }

    fn near_text(value: &serde_json::Value) -> String {
        near(&value.to_string()).unwrap()
    }

    #[test]
    fn a_command_that_is_not_complete_changes_nothing() {
        let output = |command, words: &[&str], known: &[&str]| {
            Arguments::read(words, known).and_then(|arguments| output(command, &arguments))
        };
        let known = ["category", "list", "note", "format", "kind"];
        assert!(output("add", &["not-an-id", "--category", "csam"], &known).is_err());
        let id = "0".repeat(24);
        assert!(output("add", &[&id], &known).is_err(), "a category is never guessed");
        assert!(output("add", &[&id, "--category", "bad"], &known).is_err());
        assert!(output("remove", &[], &known).is_err(), "never all lists");
        assert!(output("remove", &["--list", ""], &known).is_err());
        assert!(output("add", &[&id, "--everything"], &known).is_err());
        let added = output("add", &[&id, "--category", "csam", "--note", "it's"], &known).unwrap();
        assert!(added.contains("'csam'") && added.contains("'operator'") && added.contains("'it''s'"), "{added}");
    }
}
