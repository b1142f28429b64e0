//! Teams: accounts without a person, and who may do what on their behalf.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name of a team, in characters.
pub const TEAM_NAME_CHARS_MAX: usize = 60;

/// What somebody is in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees what the team has.
    Viewer,
    /// Adds to it, changes and deletes it, too.
    Editor,
    /// Decides about the team itself, too: of each there is exactly one.
    Owner,
}

impl Role {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Owner];

    /// The word stored in the database and shown in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether it may add to, change and delete what the team has.
    #[must_use]
    pub fn may_change(self) -> bool {
        self >= Self::Editor
    }
}

/// A role that can be given: nobody is made the owner but by the owner who passes the team on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenRole(Role);

impl GivenRole {
    /// Whoever has it sees what the team has.
    pub const VIEWER: Self = Self(Role::Viewer);
    /// Whoever has it changes that, too.
    pub const EDITOR: Self = Self(Role::Editor);

    /// Reads `editor` or `viewer`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Role::parse(word).filter(|role| *role != Role::Owner).map(Self)
    }

    /// The role.
    #[must_use]
    pub fn role(self) -> Role {
        self.0
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.as_str()
    }
}

/// What a team is called. `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct TeamName(String);

impl TeamName {
    /// Reads a name: trimmed, 1 to [`TEAM_NAME_CHARS_MAX`] characters in one line, none of which turns others around.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_right = (1..=TEAM_NAME_CHARS_MAX).contains(&text.chars().count())
            && !text.chars().any(|letter| letter.is_control() || is_direction(letter));
        is_right.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TeamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TeamName(…)")
    }
}

/// Whether a letter turns around how those after it are read (Unicode 17, UAX #9 §2), or separates lines: with these, a
/// name could look like words of ours.
#[must_use]
pub fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reads_back_and_only_two_can_be_given() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).expect("writes"), role.as_str());
        }
        assert_eq!(Role::ALL.map(Role::may_change), [false, true, true]);
        assert_eq!(["viewer", "editor"].map(GivenRole::parse), [Some(GivenRole::VIEWER), Some(GivenRole::EDITOR)]);
        assert_eq!(["owner", "", "Viewer"].map(GivenRole::parse), [None; 3]);
    }

    #[test]
    fn a_name_is_one_short_line() {
        let read = |text: &str| TeamName::parse(text).map(|name| name.as_str().to_owned());
        assert_eq!(read("  Analytical Engine ").as_deref(), Some("Analytical Engine"));
        assert_eq!(read(&"é".repeat(60)), Some("é".repeat(60)));
        for wrong in ["", "   ", "a\nb", "a\u{202E}b", "a\u{2028}b", &"x".repeat(61)] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert!(!format!("{:?}", TeamName::parse("Engines")).contains("Engines"));
    }
}
