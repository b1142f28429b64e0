//! Takes a notice: checks what the law asks for, seals what says who sent it, and acknowledges it at once. Whether there are such
//! images is told to nobody.

use std::net::IpAddr;

use super::{NOTICE, letter_to_notifier, seal_text, tracking_link};
use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, ID_BYTES, ImageId, NoticeId};
use crate::domain::letter::Letter;
use crate::domain::notice::{Notice, NoticeField, NoticeKind, NoticeText, image_at};
use crate::domain::session::{TOKEN_BYTES, Token};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::notices::{
    COPIES_MAX, KEPT_MS, LINE_CHARS_MAX, NoticeRule, TEXT_CHARS_MAX, TRUSTED_URLS_MAX, URLS_MAX, rule_of,
};
use crate::policy::rates::{NOTICES_BY_TRUSTED, NOTICES_FROM};
use crate::store::key_holders::{self, HolderKind};
use crate::store::{notice_images, notices};
use crate::usecases::count_attempts::{count_from, count_on};
use crate::usecases::{personal_keys, typed, write_letter};

/// What somebody reports.
#[derive(Clone, Debug)]
pub struct NoticeWish {
    /// What it is in law.
    pub kind: NoticeKind,
    /// What is wrong; none: the only ground of the kind, if there is only one.
    pub ground: Option<Ground>,
    /// What they have written.
    pub text: NoticeText,
}

/// Who reports.
#[derive(Clone, Copy, Debug)]
pub struct Notifier<'a> {
    /// The account whose notices can be relied on, if it is one.
    pub trusted: Option<&'a AccountId>,
    /// Where they are, for their pseudonym of the day only.
    pub address: Option<IpAddr>,
}

/// What the notifier is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The notice.
    pub id: NoticeId,
    /// What opens its page; told once, and in letters about it.
    pub token: Token,
    /// When it came.
    pub received_at: Timestamp,
    /// What the law still asks for.
    pub missing: Vec<NoticeField>,
    /// By when it is decided; none: something is missing.
    pub due_at: Option<Timestamp>,
}

/// Takes a notice.
///
/// # Errors
/// `InvalidField` for what is wrong or missing; `TooManyAttempts`; a fault if something of ours failed.
pub async fn submit(app: &App, wish: NoticeWish, notifier: Notifier<'_>) -> Result<Receipt, Error> {
    let attempted = "take a notice";
    let rule = rule_of(wish.kind);
    let ground = ground_of(rule, wish.ground)?;
    let urls_max = if notifier.trusted.is_some() { TRUSTED_URLS_MAX } else { URLS_MAX };
    let images = images_of(app, &wish.text.urls, urls_max)?;
    check(&wish.text)?;
    let missing = missing(rule, ground, &wish.text);
    refuse_incomplete(rule, &missing)?;
    match notifier.trusted {
        Some(account) => count_on(app, "notice", account.as_str(), &NOTICES_BY_TRUSTED).await?,
        None => count_from(app, "notice", notifier.address, &NOTICES_FROM).await?,
    }
    let (mut name, mut secret) = ([0; ID_BYTES], [0; TOKEN_BYTES]);
    app.ports.rng.fill(&mut name).attempt(attempted)?;
    app.ports.rng.fill(&mut secret).attempt(attempted)?;
    let (id, token, now) = (NoticeId::from_random(name), Token::from_random(secret), app.now());
    let holder = AccountId::of_notice(&id);
    let text = NoticeText { token: token.reveal().to_owned(), ..wish.text };
    let key = personal_keys::create(app, &holder).await?;
    let mut notice = Notice {
        token_hash: token.hash(NOTICE),
        sealed: seal_text(app, &key, &id, &text)?,
        id,
        kind: wish.kind,
        ground,
        missing,
        is_trusted: notifier.trusted.is_some(),
        severity: rule.severity_on(ground),
        received_at: now,
        valid_at: None,
        due_at: None,
        is_searching: rule.finds_copies,
        decided: None,
    };
    start_clock(&mut notice, now);
    let forget_after = notice.valid_at.is_none().then(|| now.plus_ms(KEPT_MS));
    let letter = letter_to_notifier(app, &notice.id, (&key, &text), acknowledgement(app, &notice, &text)?).await?;
    let mut statements = vec![
        key_holders::insert(&holder, HolderKind::Notice, now),
        notices::insert(&notice, forget_after),
        notice_images::name(&notice.id, &images, now),
    ];
    if rule.finds_copies {
        statements.push(notice_images::add_copies(&notice.id, COPIES_MAX, now));
    }
    let (letter, statement) = letter.map(|written| (written.id, written.statement)).unzip();
    statements.extend(statement);
    app.ports.sql.batch(statements).await.attempt(attempted)?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter).await;
    }
    Ok(Receipt { id: notice.id, token, received_at: now, missing: notice.missing, due_at: notice.due_at })
}

/// Begins the clock of a notice of which nothing is missing.
pub(super) fn start_clock(notice: &mut Notice, now: Timestamp) {
    if notice.missing.is_empty() {
        notice.valid_at = Some(now);
        notice.due_at = Some(now.plus_ms(rule_of(notice.kind).decided_within_ms_on(notice.ground)));
    }
}

/// The letter that says that a notice came, and what it lacks.
pub(super) fn acknowledgement(app: &App, notice: &Notice, text: &NoticeText) -> Result<Letter, Fault> {
    Ok(Letter::NoticeReceived {
        missing: notice.missing.iter().map(|field| field.label().to_owned()).collect(),
        due_at: notice.due_at,
        link: tracking_link(app, &notice.id, &text.token)?,
    })
}

fn ground_of(rule: &NoticeRule, ground: Option<Ground>) -> Result<Ground, Problem> {
    let invalid = || Problem::InvalidField { field: "ground", detail: "one that this kind of report offers".into() };
    match (ground, rule.grounds) {
        (Some(ground), offered) if offered.contains(&ground) => Ok(ground),
        (None, [only]) => Ok(*only),
        // The form has one list for all kinds.
        (Some(_), [only]) => Ok(*only),
        _ => Err(invalid()),
    }
}

/// The images at some addresses, each once.
fn images_of(app: &App, urls: &[String], urls_max: usize) -> Result<Vec<ImageId>, Problem> {
    let invalid = |detail: String| Problem::InvalidField { field: "urls", detail };
    if urls.is_empty() || urls.len() > urls_max {
        return Err(invalid(format!("1 to {urls_max} addresses, one on each line")));
    }
    let origins = [&app.settings.app_origin, &app.settings.image_origin];
    let mut images = Vec::with_capacity(urls.len());
    for url in urls {
        let id = image_at(url, origins);
        let id = id.ok_or_else(|| invalid("addresses of pictures here, one on each line".into()))?;
        if !images.contains(&id) {
            images.push(id);
        }
    }
    Ok(images)
}

/// Refuses what is too long, or is no address of mail.
pub(super) fn check(text: &NoticeText) -> Result<(), Problem> {
    let lines = [("name", &text.name), ("phone", &text.phone), ("signature", &text.signature)];
    let texts = [("reasons", &text.reasons), ("work", &text.work), ("address", &text.address)];
    for (field, line) in lines {
        typed::line(field, line, 0, LINE_CHARS_MAX)?;
    }
    for (field, long) in texts {
        typed::lines(field, long, 0, TEXT_CHARS_MAX)?;
    }
    if !text.email.is_empty() && EmailAddress::parse(&text.email).is_none() {
        return Err(Problem::InvalidField { field: "email", detail: "an email address".into() });
    }
    Ok(())
}

/// What the law asks for and a notice does not say.
pub(super) fn missing(rule: &NoticeRule, ground: Ground, text: &NoticeText) -> Vec<NoticeField> {
    rule.required_on(ground).filter(|field| !text.has(*field)).collect()
}

fn refuse_incomplete(rule: &NoticeRule, missing: &[NoticeField]) -> Result<(), Problem> {
    match missing.first() {
        Some(field) if !rule.may_be_incomplete => {
            Err(Problem::InvalidField { field: field.as_str(), detail: "needed for this kind of report".into() })
        }
        _ => Ok(()),
    }
}
