//! Links in letters: the row that makes one work, and the letter that carries it.

use super::personal_keys;
use super::write_letter::{self, Written};
use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ids::{AccountId, ErasureId, ID_BYTES, LetterId, LinkId};
use crate::domain::letter::{Letter, Link};
use crate::domain::link::LinkPurpose;
use crate::domain::sealing::PersonalKey;
use crate::domain::session::{TOKEN_BYTES, Token};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::erasure::kept_until;
use crate::policy::sessions::{CHANGE_EMAIL_LINK_MS, RESET_LINK_MS, UNDO_EMAIL_LINK_MS, VERIFY_LINK_MS};
use crate::ports::sql::Statement;
use crate::store::links::{self, NewLink};

/// What a link's token is hashed as: a token of a sign-in is none of a link.
pub const LINK: &str = "link";

/// Where a link goes.
#[derive(Clone, Copy, Debug)]
pub enum Destination<'a> {
    /// To the account's own address.
    Own(&'a EmailAddress),
    /// To one that is to become it, or could once more.
    New(&'a EmailAddress),
}

/// What a letter with a link is about.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// An address is to be proved.
    VerifyEmail,
    /// Somebody forgot the password.
    ResetPassword,
    /// An address is to become the account's.
    ChangeEmail,
    /// An address is the account's no more.
    EmailChanged,
    /// The account is to be erased.
    Erasure {
        /// Where the receipt will be found.
        receipt: &'a ErasureId,
        /// From when on it is.
        erase_at: Timestamp,
    },
}

impl Occasion<'_> {
    fn purpose(self) -> LinkPurpose {
        match self {
            Self::VerifyEmail => LinkPurpose::VerifyEmail,
            Self::ResetPassword => LinkPurpose::ResetPassword,
            Self::ChangeEmail => LinkPurpose::ChangeEmail,
            Self::EmailChanged => LinkPurpose::UndoEmailChange,
            Self::Erasure { .. } => LinkPurpose::UndoErasure,
        }
    }

    /// The page that the link leads to.
    fn path(self) -> &'static str {
        match self {
            Self::VerifyEmail => "/verify",
            Self::ResetPassword => "/reset/password",
            Self::ChangeEmail => "/settings/email/confirm",
            Self::EmailChanged => "/settings/email/undo",
            Self::Erasure { .. } => "/settings/delete/undo",
        }
    }

    fn expires_at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::VerifyEmail => now.plus_ms(VERIFY_LINK_MS),
            Self::ResetPassword => now.plus_ms(RESET_LINK_MS),
            Self::ChangeEmail => now.plus_ms(CHANGE_EMAIL_LINK_MS),
            Self::EmailChanged => now.plus_ms(UNDO_EMAIL_LINK_MS),
            Self::Erasure { erase_at, .. } => kept_until(erase_at),
        }
    }

    /// Until when the link is known. Who takes an account's change of mind compares with the account's own date, whatever the clock
    /// of who forgets links says.
    fn known_until(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Erasure { erase_at, .. } => erase_at,
            _ => self.expires_at(now),
        }
    }

    fn letter(self, app: &App, link: Link, now: Timestamp) -> Result<Letter, Fault> {
        let expires_at = self.expires_at(now);
        Ok(match self {
            Self::VerifyEmail => Letter::VerifyEmail { link, expires_at },
            Self::ResetPassword => Letter::ResetPassword { link, expires_at },
            Self::ChangeEmail => Letter::EmailChangeRequested { link, expires_at },
            Self::EmailChanged => Letter::EmailChanged { changed_at: now, link, expires_at },
            Self::Erasure { receipt, .. } => Letter::AccountDeletionRequested {
                undo_link: link,
                erased_after: expires_at,
                receipt_link: page(app, &format!("/erasures/{receipt}"))?,
            },
        })
    }
}

/// A letter with a link, to be written with what it is about and then posted.
#[must_use]
pub struct LinkLetter {
    /// The letter.
    pub id: LetterId,
    /// What makes the link, in the place of older ones for most purposes, and the letter.
    pub statements: Vec<Statement>,
}

/// Writes a letter with a link.
///
/// # Errors
/// If there is no randomness.
pub fn mail_link(
    app: &App,
    account: &AccountId,
    key: &PersonalKey,
    occasion: Occasion<'_>,
    to: Destination<'_>,
) -> Result<LinkLetter, Fault> {
    let now = app.now();
    let (mut name, mut secret) = ([0; ID_BYTES], [0; TOKEN_BYTES]);
    app.ports.rng.fill(&mut name).attempt("name a link")?;
    app.ports.rng.fill(&mut secret).attempt("make a link's token")?;
    let (id, token) = (LinkId::from_random(name), Token::from_random(secret));
    let (purpose, expires_at) = (occasion.purpose(), occasion.known_until(now));
    let link = page(app, &format!("{}?token={}", occasion.path(), token.reveal()))?;
    let letter = occasion.letter(app, link, now)?;
    let (address, email) = match to {
        Destination::Own(address) => (address, None),
        Destination::New(address) => {
            let sealed = personal_keys::seal(app, key, &place(&id), address.as_str())?;
            (address, Some(sealed))
        }
    };
    let Written { id: letter, statement } = write_letter::write(app, account, key, address, letter)?;
    let new = NewLink { id: &id, account_id: account, purpose, token_hash: &token.hash(LINK), email, expires_at };
    let mut statements = vec![links::insert(new, now), statement];
    // Who changes an address twice does not take the first owner's way back.
    if purpose != LinkPurpose::UndoEmailChange {
        statements.insert(0, links::revoke(account, purpose));
    }
    Ok(LinkLetter { id: letter, statements })
}

/// Where the address is sealed to which a link went.
#[must_use]
pub fn place(id: &LinkId) -> String {
    format!("links.email:{id}")
}

/// An address of a page of ours, for a letter.
///
/// # Errors
/// If the settings' origin cannot carry it, which would be our mistake.
pub fn page(app: &App, path: &str) -> Result<Link, Fault> {
    let url = app.settings.app_origin.join(path).ok().and_then(Link::new);
    let broken =
        || Fault { attempted: format!("write the address of {path}"), cause: Cause::Invariant("it is none".into()) };
    url.ok_or_else(broken)
}
