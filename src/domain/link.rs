//! Links in letters.

use serde::{Deserialize, Serialize};

/// What a link in a letter does, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// Proves that the address is the person's.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Makes the address it was sent to the account's.
    ChangeEmail,
    /// Makes the address it was sent to the account's once more, after another has taken its place.
    UndoEmailChange,
    /// Keeps an account that was to be erased.
    UndoErasure,
}

impl LinkPurpose {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::UndoEmailChange => "undo_email_change",
            Self::UndoErasure => "undo_erasure",
        }
    }
}
