//! Links in letters: the row that makes one work, and the letter that carries it.

use super::personal_keys;
use super::write_letter::{self, Written};
use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ids::{AccountId, ID_BYTES, LetterId, LinkId};
use crate::domain::letter::{Letter, Link};
use crate::domain::link::LinkPurpose;
use crate::domain::sealing::PersonalKey;
use crate::domain::session::{TOKEN_BYTES, Token};
use crate::error::{Attempt as _, Cause, Fault};
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

/// A letter with a link, to be written with what it is about and then posted.
#[must_use]
pub struct LinkLetter {
    /// The letter.
    pub id: LetterId,
    /// What makes the link, in the place of older ones for most purposes, and the letter.
    pub statements: Vec<Statement>,
}

/// Writes a letter with a link for `purpose`.
///
/// # Errors
/// If there is no randomness.
pub fn mail_link(
    app: &App,
    account: &AccountId,
    key: &PersonalKey,
    purpose: LinkPurpose,
    to: Destination<'_>,
) -> Result<LinkLetter, Fault> {
    let now = app.now();
    let (mut name, mut secret) = ([0; ID_BYTES], [0; TOKEN_BYTES]);
    app.ports.rng.fill(&mut name).attempt("name a link")?;
    app.ports.rng.fill(&mut secret).attempt("make a link's token")?;
    let (id, token) = (LinkId::from_random(name), Token::from_random(secret));
    let (path, life_ms) = match purpose {
        LinkPurpose::VerifyEmail => ("/verify", VERIFY_LINK_MS),
        LinkPurpose::ResetPassword => ("/reset/password", RESET_LINK_MS),
        LinkPurpose::ChangeEmail => ("/settings/email/confirm", CHANGE_EMAIL_LINK_MS),
        LinkPurpose::UndoEmailChange => ("/settings/email/undo", UNDO_EMAIL_LINK_MS),
    };
    let expires_at = now.plus_ms(life_ms);
    let link = page(app, &format!("{path}?token={}", token.reveal()))?;
    let letter = match purpose {
        LinkPurpose::VerifyEmail => Letter::VerifyEmail { link, expires_at },
        LinkPurpose::ResetPassword => Letter::ResetPassword { link, expires_at },
        LinkPurpose::ChangeEmail => Letter::EmailChangeRequested { link, expires_at },
        LinkPurpose::UndoEmailChange => Letter::EmailChanged { changed_at: now, link, expires_at },
    };
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
