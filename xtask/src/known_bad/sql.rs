//! SQL for `wrangler d1 execute`, which takes a file and no parameters: every value is a literal here.

use std::fmt::Write as _;

use tintype::domain::known_bad::Category;
use tintype::policy::known_bad::PDQ_QUALITY_MIN;

use super::formats::Entry;

/// Rows of one statement: about 80 KB with the longest notes, of the 100 KB that D1 takes.
const ROWS_MAX: usize = 100;
/// Characters of a note that are kept.
const NOTE_CHARS_MAX: usize = 200;
/// Entries of one answer.
pub const PAGE: usize = 5_000;

/// Where entries go, and what is said about all of them.
#[derive(Debug)]
pub struct Target<'a> {
    /// The list's name.
    pub list: &'a str,
    /// What it says about its images.
    pub category: Category,
    /// Where they come from.
    pub source: &'a str,
    /// Now, in unix milliseconds.
    pub added_at: i64,
    /// A note on all of them.
    pub note: Option<&'a str>,
}

/// A text as a literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn noted(note: Option<&str>) -> String {
    note.map_or_else(|| "NULL".into(), |note| quoted(&note.chars().take(NOTE_CHARS_MAX).collect::<String>()))
}

/// Adds entries; those that are on the list already stay as they are.
pub fn import(target: &Target<'_>, entries: &[Entry]) -> String {
    let mut text = String::new();
    for rows in entries.chunks(ROWS_MAX) {
        text += "INSERT INTO known_bad (kind, value, list, category, source, added_at, note) VALUES\n";
        for (number, entry) in rows.iter().enumerate() {
            let note = noted(entry.note.as_deref().or(target.note));
            let (kind, value, all) = (entry.kind, &entry.value, said_of_all(target));
            let _ = writeln!(text, "{} ('{kind}', '{value}', {all}, {note})", if number == 0 { " " } else { "," });
        }
        text += "ON CONFLICT (kind, value, list) DO NOTHING;\n";
    }
    text
}

fn said_of_all(target: &Target<'_>) -> String {
    let Target { list, category, source, added_at, .. } = target;
    format!("{}, '{}', {}, {added_at}", quoted(list), category.as_str(), quoted(source))
}

/// Adds what an image can be recognised by, and answers it.
pub fn add(target: &Target<'_>, id: &str) -> String {
    let (id, all, note) = (quoted(id), said_of_all(target), noted(target.note));
    format!(
        "INSERT INTO known_bad (kind, value, list, category, source, added_at, note)
SELECT kind, value, {all}, {note} FROM (
  SELECT 'sha256' AS kind, sha256 AS value FROM images WHERE images.id = {id}
  UNION SELECT 'sha256', json_extract(hashes, '$.received_sha256') FROM images WHERE images.id = {id}
  UNION SELECT 'pdq', json_extract(look.value, '$.hash') FROM images, json_each(hashes, '$.pdq') AS look
        WHERE images.id = {id} AND json_extract(look.value, '$.quality') >= {PDQ_QUALITY_MIN})
WHERE value IS NOT NULL
ON CONFLICT (kind, value, list) DO NOTHING
RETURNING kind, value;
"
    )
}

/// Removes a list, or of it what has this value or comes from this image.
pub fn remove(list: &str, what: Option<&str>) -> String {
    let list = quoted(list);
    let only = what.map_or_else(String::new, |what| {
        format!(" AND (value = {} OR source = {})", quoted(what), quoted(&format!("image {what}")))
    });
    format!("DELETE FROM known_bad WHERE list = {list}{only} RETURNING kind, value;\n")
}

/// The lists.
pub fn lists() -> String {
    "SELECT list, category, kind, count(*) AS entries, max(added_at) AS last_added_at FROM known_bad
GROUP BY list, category, kind ORDER BY list, category, kind;\n"
        .into()
}

/// A page of a list, behind the entry with the number `after`.
pub fn export(list: &str, after: i64) -> String {
    format!(
        "SELECT number, kind, value, list, category, source, added_at, note FROM known_bad
WHERE list = {} AND number > {after} ORDER BY number LIMIT {PAGE};\n",
        quoted(list)
    )
}

/// The hashes of one image.
pub fn hashes_of(id: &str) -> String {
    format!("SELECT id, state, sha256, hashes FROM images WHERE id = {};\n", quoted(id))
}

/// A page of the images that are there, with their hashes, behind `after`.
pub fn images(after: &str) -> String {
    format!(
        "SELECT id, state, sha256, hashes FROM images
WHERE id > {} AND sha256 IS NOT NULL ORDER BY id LIMIT {PAGE};\n",
        quoted(after)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'_> =
        Target { list: "o'list", category: Category::Operator, source: "a file", added_at: 5, note: None };

    #[test]
    fn values_cannot_leave_their_literals() {
        assert_eq!(quoted("a'); DROP TABLE images; --"), "'a''); DROP TABLE images; --'");
        let text = remove("o'list", Some("' OR ''='"));
        assert!(text.contains("'o''list'") && text.contains("value = ''' OR ''''='''"), "{text}");
    }

    #[test]
    fn a_large_list_goes_in_bounded_statements() {
        let note = Some("n".repeat(1_000));
        let entry = |number: usize| Entry { kind: "sha256", value: format!("{number:064x}"), note: note.clone() };
        let entries: Vec<Entry> = (0..100_000).map(entry).collect();
        let text = import(&TARGET, &entries);
        let statements: Vec<&str> = text.split_inclusive(";\n").collect();
        assert_eq!(statements.len(), 1_000);
        assert!(statements.iter().all(|statement| statement.len() < 100_000));
        assert_eq!(text.matches("('sha256', ").count(), 100_000);
    }
}
