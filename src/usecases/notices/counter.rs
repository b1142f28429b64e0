//! Takes the uploader's answer to a claim of copyright (17 U.S.C. 512(g)(3)), passes it on to the claimant at once, and keeps the
//! bytes until the image can come back. Who answers shows that the image is theirs: by their account, or by its delete token.

use super::{find, letter_to_notifier, text_of, tracking_link};
use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::hold::HoldKind;
use crate::domain::ids::{AccountId, DeleteToken, ID_BYTES, ImageId, NoticeId};
use crate::domain::image::{RemovalReason, State};
use crate::domain::letter::Letter;
use crate::domain::notice::{CounterNotice, CounterText, Notice};
use crate::domain::owner::Member;
use crate::domain::review::{About, Act};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::business_days::{not_after, not_before};
use crate::policy::notices::{KEPT_BEYOND_MS, LINE_CHARS_MAX, RESTORED_AFTER_DAYS, RESTORED_BY_DAYS, TEXT_CHARS_MAX};
use crate::ports::sql::SqlFailure;
use crate::store::key_holders::{self, HolderKind};
use crate::store::review_log::{self, NewLine};
use crate::store::{counter_notices, holds, notices, removals};
use crate::usecases::act_for::{Need, act_for};
use crate::usecases::mail_link::page;
use crate::usecases::{personal_keys, typed, write_letter};

/// By what somebody shows that an image is theirs.
#[derive(Clone, Copy, Debug)]
pub enum Right<'a> {
    /// An account that may change it.
    Member(&'a Member),
    /// Its delete token.
    Token(&'a DeleteToken),
}

/// What an uploader is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Not before this the image comes back.
    pub restored_after: Timestamp,
    /// Before this it does.
    pub restored_before: Timestamp,
}

/// Where the text of a counter-notice is sealed.
pub(super) fn place(id: &NoticeId) -> String {
    format!("counter_notices.sealed:{id}")
}

/// Refuses whoever may not answer for an image of a notice.
///
/// # Errors
/// `NotFound` if nothing about it can be answered; `DeleteTokenWrong`, `NotOwner`; a fault if the database fails.
pub async fn authorise(app: &App, id: &NoticeId, image: &ImageId, right: Right<'_>) -> Result<Notice, Error> {
    let attempted = format!("find what is to be answered about {image}");
    let found = counter_notices::answerable(app.ports.sql.as_ref(), id, image, app.now()).await.attempt(&attempted)?;
    let found = found.ok_or(Problem::NotFound)?;
    let notice = find(app, id).await?.ok_or(Problem::NotFound)?;
    let outcome = notice.decided.as_ref().map(|decided| decided.outcome);
    if !outcome.is_some_and(|outcome| super::decide::is_answerable(&notice, outcome)) {
        return Err(Problem::NotFound.into());
    }
    let is_removed = matches!(found.state, State::Removing | State::Recovery)
        && matches!(found.removal_reason, Some(RemovalReason::Removed | RemovalReason::Prohibited));
    if !is_removed {
        return Err(Problem::NotFound.into());
    }
    let may = match right {
        Right::Token(token) => found.delete_token_hash.as_deref().is_some_and(|stored| token.matches(stored)),
        Right::Member(member) => match &found.account_id {
            Some(owner) => act_for(app, member, owner, Need::Change).await?.is_some(),
            None => false,
        },
    };
    match (may, right) {
        (true, _) => Ok(notice),
        (false, Right::Token(_)) => Err(Problem::DeleteTokenWrong.into()),
        (false, Right::Member(_)) => Err(Problem::NotOwner.into()),
    }
}

/// Takes an answer.
///
/// # Errors
/// As [`authorise`]; `InvalidField`; a fault if something of ours failed.
pub async fn answer(
    app: &App,
    id: &NoticeId,
    image: &ImageId,
    right: Right<'_>,
    text: CounterText,
) -> Result<Answered, Error> {
    let attempted = format!("take the answer to notice {id}");
    let notice = authorise(app, id, image, right).await?;
    check(&text)?;
    let mut name = [0; ID_BYTES];
    app.ports.rng.fill(&mut name).attempt(&attempted)?;
    let (own, now) = (NoticeId::from_random(name), app.now());
    let holder = AccountId::of_notice(&own);
    let key = personal_keys::create(app, &holder).await?;
    let plain = serde_json::to_string(&text)
        .map_err(|error| Fault { attempted: attempted.clone(), cause: Cause::Invariant(error.to_string()) })?;
    let counter = CounterNotice {
        sealed: personal_keys::seal(app, &key, &place(&own), &plain)?,
        id: own,
        notice_id: id.clone(),
        image_id: image.clone(),
        received_at: now,
        forwarded_at: now,
        restore_not_before: not_before(now, RESTORED_AFTER_DAYS),
        restore_not_after: not_after(now, RESTORED_BY_DAYS),
        suit_at: None,
        settled_at: None,
        outcome: None,
    };
    let (restored_after, restored_before) = (counter.restore_not_before, counter.restore_not_after);
    let until = restored_before.plus_ms(KEPT_BEYOND_MS);
    let line = NewLine {
        operator: "",
        act: Act::Forwarded,
        about: About::Notice,
        subject: id.as_str(),
        seen: None,
        ground: None,
        reason: "the uploader answered, and the claimant has a copy",
    };
    let why = "its uploader has answered a claim of copyright";
    let mut statements = vec![
        key_holders::insert(&holder, HolderKind::Notice, now),
        counter_notices::insert(&counter),
        holds::place(image, super::decide::ANYWHERE, HoldKind::CounterNotice, why, until, now),
        removals::keep_until(image, until),
        notices::keep(id),
        review_log::append(&line, now),
    ];
    let (claimant_key, claim) = text_of(app, &notice).await?.ok_or(Problem::NotFound)?;
    let forwarded = Letter::CounterNoticeForwarded {
        picture: page(app, &format!("/{image}"))?.to_string(),
        answer: lines(&text),
        restored_after,
        link: tracking_link(app, id, &claim.token)?,
    };
    let forwarded = letter_to_notifier(app, id, (&claimant_key, &claim), forwarded).await?;
    let mut letters: Vec<_> = forwarded.into_iter().collect();
    if let Some(address) = EmailAddress::parse(&text.email) {
        let link = page(app, &format!("/{image}"))?;
        let letter = Letter::CounterNoticeReceived { restored_after, restored_before, link };
        letters.push(write_letter::write(app, &holder, &key, &address, letter)?);
    }
    let ids: Vec<_> = letters.iter().map(|written| written.id.clone()).collect();
    statements.extend(letters.into_iter().map(|written| written.statement));
    match app.ports.sql.batch(statements).await {
        Err(SqlFailure::Conflict(_)) => return earlier(app, id, image).await,
        written => written.attempt(&attempted)?,
    };
    for letter in &ids {
        write_letter::post(app, letter).await;
    }
    Ok(Answered { restored_after, restored_before })
}

/// What holds of an image about which there was an answer before.
async fn earlier(app: &App, id: &NoticeId, image: &ImageId) -> Result<Answered, Error> {
    let all = counter_notices::of_notice(app.ports.sql.as_ref(), id, super::decide::IMAGES_MAX).await;
    let all = all.attempt("find an earlier answer")?;
    let counter = all.iter().find(|counter| counter.image_id == *image).ok_or(Problem::NotFound)?;
    Ok(Answered { restored_after: counter.restore_not_before, restored_before: counter.restore_not_after })
}

/// What is passed on, and the claimant needs to serve whoever answered.
fn lines(text: &CounterText) -> Vec<(String, String)> {
    let line = |name: &str, value: &String| (name.to_owned(), value.clone());
    let mut lines = vec![
        line("Name", &text.name),
        line("Address", &text.address),
        line("Telephone", &text.phone),
        line("Email", &text.email),
        line("Signed", &text.signature),
    ];
    if !text.reasons.is_empty() {
        lines.push(line("Besides", &text.reasons));
    }
    lines
}

fn check(text: &CounterText) -> Result<(), Problem> {
    for (field, value) in [("name", &text.name), ("phone", &text.phone), ("signature", &text.signature)] {
        typed::line(field, value, 1, LINE_CHARS_MAX)?;
    }
    typed::lines("address", &text.address, 1, TEXT_CHARS_MAX)?;
    typed::lines("reasons", &text.reasons, 0, TEXT_CHARS_MAX)?;
    match EmailAddress::parse(&text.email) {
        Some(_) => Ok(()),
        None => Err(Problem::InvalidField { field: "email", detail: "an email address".into() }),
    }
}
