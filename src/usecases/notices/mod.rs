//! Notices about images, from arrival to being forgotten; and what uploaders answer to claims of copyright (docs/adr/0036).

pub mod carry_out;
pub mod claim;
pub mod counter;
pub mod decide;
pub mod find_copies;
pub mod forget;
pub mod queue;
pub mod remind;
pub mod restore_countered;
pub mod submit;
pub mod track;
pub mod trust;

use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ids::{AccountId, NoticeId};
use crate::domain::letter::{Letter, Link};
use crate::domain::notice::{Notice, NoticeText};
use crate::domain::sealing::PersonalKey;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::rates::LETTERS_TO;
use crate::usecases::count_attempts::may;
use crate::usecases::mail_link::page;
use crate::usecases::personal_keys;
use crate::usecases::write_letter::{self, Written};

/// What the hash of a notice's token is for.
const NOTICE: &str = "notice";

/// Where the text of a notice is sealed.
fn place(id: &NoticeId) -> String {
    format!("notices.sealed:{id}")
}

/// What a notifier has written; none if the key is destroyed.
///
/// # Errors
/// If the storage fails, or it does not open.
pub async fn text_of(app: &App, notice: &Notice) -> Result<Option<(PersonalKey, NoticeText)>, Fault> {
    let Some(key) = personal_keys::find(app, &AccountId::of_notice(&notice.id)).await? else { return Ok(None) };
    let opened = personal_keys::open(&key, &place(&notice.id), &notice.sealed)?;
    let text = serde_json::from_str(&opened).map_err(|error| unreadable(&notice.id, &error.to_string()))?;
    Ok(Some((key, text)))
}

fn seal_text(app: &App, key: &PersonalKey, id: &NoticeId, text: &NoticeText) -> Result<String, Fault> {
    let plain = serde_json::to_string(text).map_err(|error| unreadable(id, &error.to_string()))?;
    personal_keys::seal(app, key, &place(id), &plain)
}

fn unreadable(id: &NoticeId, what: &str) -> Fault {
    Fault { attempted: format!("read or write the text of notice {id}"), cause: Cause::Invariant(what.to_owned()) }
}

/// Where a notifier sees how far the notice is.
///
/// # Errors
/// If there is no such address, which would be our mistake.
pub fn tracking_link(app: &App, id: &NoticeId, token: &str) -> Result<Link, Fault> {
    page(app, &format!("/report/{id}?token={token}"))
}

/// A letter to the notifier, if there is an address; whoever names others' addresses does not fill their mailboxes.
async fn letter_to_notifier(
    app: &App,
    id: &NoticeId,
    (key, text): (&PersonalKey, &NoticeText),
    letter: Letter,
) -> Result<Option<Written>, Fault> {
    let Some(address) = EmailAddress::parse(&text.email) else { return Ok(None) };
    let lookup = app.settings.master_keys.current.lookup("email", &address.canonical());
    // What was decided and what was answered, the law wants told; that something came, the page has said already.
    let is_owed = !matches!(letter, Letter::NoticeReceived { .. });
    if !is_owed && !may(app, "notice_letter", &lookup, &LETTERS_TO).await? {
        return Ok(None);
    }
    write_letter::write(app, &AccountId::of_notice(id), key, &address, letter).map(Some)
}

/// The notice of this name.
async fn find(app: &App, id: &NoticeId) -> Result<Option<Notice>, Fault> {
    crate::store::notices::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find notice {id}"))
}
