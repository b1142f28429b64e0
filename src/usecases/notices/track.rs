//! What a notifier sees of a notice, adds to it, or takes back: whoever holds its token.

use super::submit::{acknowledgement, check, missing, start_clock};
use super::{NOTICE, find, letter_to_notifier, seal_text, text_of};
use crate::app::App;
use crate::domain::hold::HoldKind;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{CounterNotice, Decided, Notice, NoticeKind, NoticeOutcome, NoticeText};
use crate::domain::review::{About, Act};
use crate::domain::session::Token;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::notices::{KEPT_MS, SUIT_KEPT_MS, TRUSTED_URLS_MAX, rule_of};
use crate::store::review_log::{self, NewLine};
use crate::store::{counter_notices, holds, notices, removals};
use crate::usecases::write_letter;

/// A notice as its notifier sees it.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// The notice.
    pub notice: Notice,
    /// What they have written.
    pub text: NoticeText,
    /// What uploaders have answered, with when that is over.
    pub counters: Vec<CounterNotice>,
}

/// The notice that a token opens.
///
/// # Errors
/// `NotFound`; a fault if something of ours failed.
pub async fn track(app: &App, id: &NoticeId, token: &str) -> Result<Tracked, Error> {
    let token = Token::parse(token).ok_or(Problem::NotFound)?;
    // Found by its name, and compared by a hash of 256 random bits: how long that takes says nothing.
    let notice = find(app, id).await?.filter(|notice| notice.token_hash == token.hash(NOTICE));
    let notice = notice.ok_or(Problem::NotFound)?;
    let (_, text) = text_of(app, &notice).await?.ok_or(Problem::NotFound)?;
    let counters = counter_notices::of_notice(app.ports.sql.as_ref(), id, TRUSTED_URLS_MAX as i64).await;
    Ok(Tracked { notice, text, counters: counters.attempt("find counter-notices")? })
}

/// Adds to a notice what it lacks; when that is all, its clock begins.
///
/// # Errors
/// `NotFound`, `InvalidField`; a fault if something of ours failed.
pub async fn complete(app: &App, id: &NoticeId, token: &str, added: NoticeText) -> Result<(), Error> {
    let Tracked { mut notice, text, .. } = track(app, id, token).await?;
    if notice.valid_at.is_some() {
        return Ok(());
    }
    let merged = merge(text, added);
    check(&merged)?;
    let (key, _) = text_of(app, &notice).await?.ok_or(Problem::NotFound)?;
    notice.missing = missing(rule_of(notice.kind), notice.ground, &merged);
    notice.sealed = seal_text(app, &key, id, &merged)?;
    start_clock(&mut notice, app.now());
    let letter = acknowledgement(app, &notice, &merged)?;
    let letter = letter_to_notifier(app, id, (&key, &merged), letter).await?;
    let (letter, statement) = letter.map(|written| (written.id, written.statement)).unzip();
    let mut statements = vec![notices::complete(&notice)];
    statements.extend(statement);
    app.ports.sql.batch(statements).await.attempt(&format!("complete notice {id}"))?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter).await;
    }
    Ok(())
}

/// What was said stays; what was not, is added.
fn merge(text: NoticeText, added: NoticeText) -> NoticeText {
    let or = |said: String, new: String| if said.is_empty() { new } else { said };
    NoticeText {
        urls: text.urls,
        token: text.token,
        reasons: or(text.reasons, added.reasons),
        work: or(text.work, added.work),
        name: or(text.name, added.name),
        email: or(text.email, added.email),
        address: or(text.address, added.address),
        phone: or(text.phone, added.phone),
        signature: or(text.signature, added.signature),
        good_faith: text.good_faith || added.good_faith,
        accuracy: text.accuracy || added.accuracy,
    }
}

/// Takes a notice back that is not decided yet. What was taken out of view because of it is looked at all the same.
///
/// # Errors
/// `NotFound`; a fault if something of ours failed.
pub async fn withdraw(app: &App, id: &NoticeId, token: &str) -> Result<(), Error> {
    let Tracked { notice, .. } = track(app, id, token).await?;
    let now = app.now();
    let decided = Decided {
        at: now,
        outcome: NoticeOutcome::Withdrawn,
        ground: notice.ground,
        reason: "its sender took it back".into(),
        operator: String::new(),
        has_seen_images: false,
    };
    let statements = vec![notices::decide(id, &decided, now.plus_ms(KEPT_MS)), notices::settle(id)];
    app.ports.sql.batch(statements).await.attempt(&format!("withdraw notice {id}")).map(drop).map_err(Error::from)
}

/// Writes down that a court was asked to keep images away whose uploaders have answered: they stay where they are. It is taken
/// at the claimant's word, who says so under their name; operators see it, and when it is over.
///
/// # Errors
/// `NotFound` also if there is no open answer; a fault if the database fails.
pub async fn note_suit(app: &App, id: &NoticeId, token: &str) -> Result<(), Error> {
    let Tracked { notice, counters, .. } = track(app, id, token).await?;
    let open: Vec<&CounterNotice> = counters.iter().filter(|counter| counter.settled_at.is_none()).collect();
    if notice.kind != NoticeKind::Copyright || open.is_empty() {
        return Err(Problem::NotFound.into());
    }
    let now = app.now();
    let line = NewLine {
        operator: "",
        act: Act::Preserved,
        about: About::Notice,
        subject: id.as_str(),
        seen: None,
        ground: None,
        reason: "the claimant says that a court was asked",
    };
    let mut statements = vec![counter_notices::note_suit(id, now), review_log::append(&line, now)];
    for counter in open {
        let until = now.plus_ms(SUIT_KEPT_MS);
        let (kind, states) = (HoldKind::CounterNotice, super::decide::ANYWHERE);
        statements.push(holds::place(&counter.image_id, states, kind, counter_notices::SUIT_REASON, until, now));
        statements.push(removals::keep_until(&counter.image_id, until));
    }
    app.ports.sql.batch(statements).await.attempt(&format!("note the action about {id}")).map(drop).map_err(Error::from)
}
