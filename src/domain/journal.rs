//! The journal: changes that must not come undone when the database is set back to an earlier day.

use serde::{Deserialize, Serialize};

/// One change, by random names and what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What happened: one of `policy/journal.rs`.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// How, if there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How far replaying the journal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A backup is being restored, and its objects are not all back yet (scripts/restore.mjs).
    Filling,
    /// That the database was set back is known, and nothing is done about it yet.
    Noticed,
    /// What was written since is being read.
    Reading,
    /// It is being carried out.
    Applying,
    /// All of it is.
    Done,
}

impl Phase {
    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filling => "filling",
            Self::Noticed => "noticed",
            Self::Reading => "reading",
            Self::Applying => "applying",
            Self::Done => "done",
        }
    }
}

/// The file of some entries.
#[must_use]
pub fn to_file(entries: &[Entry]) -> Vec<u8> {
    serde_json::to_vec(entries).unwrap_or_default()
}

/// The entries of a file; none if it is no such file.
#[must_use]
pub fn from_file(bytes: &[u8]) -> Option<Vec<Entry>> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_it_was_written_and_a_broken_one_not_at_all() {
        let entry = |detail: Option<&str>| Entry {
            kind: "image_left".into(),
            subject: "a".into(),
            detail: detail.map(str::to_owned),
        };
        let entries = vec![entry(None), entry(Some("deleted"))];
        let file = to_file(&entries);
        assert_eq!(from_file(&file), Some(entries));
        assert_eq!(from_file(file.get(1..).unwrap_or_default()), None);
        assert_eq!(from_file(b"[]"), Some(Vec::new()));
    }
}
