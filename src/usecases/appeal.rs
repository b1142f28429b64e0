//! Appeals against restrictions (promise IMP-22; Regulation (EU) 2022/2065, Art. 20): whoever owns an image or has its delete token
//! opens one, and as long as it waits, the image's bytes are kept.

use super::{personal_keys, typed};
use crate::app::App;
use crate::domain::hold::HoldKind;
use crate::domain::ids::{AccountId, AppealId, ID_BYTES, ImageId};
use crate::domain::statement::{Appeal, Statement};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::statements::{ANSWERED_MS, HOLD_MS, WORDS_CHARS_MAX};
use crate::ports::sql::SqlFailure;
use crate::store::appeals::NewAppeal;
use crate::store::{appeals, holds};
use crate::usecases::read_statements::Read;

/// Where an image may be whose bytes an appeal keeps.
const KEPT_IN: &[&str] = &["live", "held", "releasing", "removing", "recovery"];

/// Opens an appeal against the statement of this number among those that somebody reads; `account`: who appeals, unless it is
/// whoever has the delete token.
///
/// # Errors
/// `InvalidField`, `AppealImpossible`, `NotFound`; a fault if something of ours failed.
pub async fn appeal(
    app: &App,
    read: &[Read],
    number: i64,
    account: Option<&AccountId>,
    words: &str,
) -> Result<AppealId, Error> {
    let words = typed::lines("words", words, 1, WORDS_CHARS_MAX)?;
    let read = read.iter().find(|read| read.statement.number == number).ok_or(Problem::NotFound)?;
    if !read.may_appeal {
        return Err(impossible(read).into());
    }
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt("name an appeal")?;
    let id = AppealId::from_random(random);
    let attempted = format!("open the appeal {id}");
    // Before its row: what is sealed under no key could never be read.
    let key = match account {
        Some(account) => personal_keys::of(app, account).await?,
        None => personal_keys::create(app, &AccountId::of_appeal(&id)).await?,
    };
    let sealed_words = personal_keys::seal(app, &key, &Appeal::words_place(&id), &words)?;
    let (sql, now, statement) = (app.ports.sql.as_ref(), app.now(), &read.statement);
    let new = NewAppeal {
        id: &id,
        subject: &statement.subject,
        number,
        account,
        sealed_words: &sealed_words,
        due_at: now.plus_ms(ANSWERED_MS),
    };
    let mut batch = appeals::open(new, now);
    batch.extend(image_of(statement).map(|image| {
        let reason = format!("the appeal {id} waits");
        holds::place(&image, KEPT_IN, HoldKind::Appeal, &reason, now.plus_ms(HOLD_MS), now)
    }));
    match sql.batch(batch).await {
        Ok(_) => Ok(id),
        // Somebody was quicker, or the platform repeated the write: the row tells.
        Err(SqlFailure::Conflict(_)) => match appeals::find(sql, &id).await.attempt(&attempted)? {
            Some(_) => Ok(id),
            None => Err(impossible(read).into()),
        },
        Err(failure) => Err(Fault { attempted, cause: failure.into() }.into()),
    }
}

/// The image that a statement is about, if it is about one.
pub(super) fn image_of(statement: &Statement) -> Option<ImageId> {
    use crate::domain::statement::Restriction;
    (statement.kind != Restriction::Suspension).then(|| ImageId::parse(&statement.subject)).flatten()
}

fn impossible(read: &Read) -> Problem {
    let detail = match (&read.appeal, read.statement.ended_at) {
        (_, Some(_)) => "the restriction has ended",
        (Some(_), None) => "there is an appeal against it already, and there can be one",
        (None, None) => "it could be appealed for six months, or is somebody else's to appeal",
    };
    Problem::AppealImpossible { detail: detail.to_owned() }
}

/// What somebody wrote; none: the key is destroyed under which it was sealed.
///
/// # Errors
/// If the storage fails.
pub async fn words_of(app: &App, appeal: &Appeal) -> Result<Option<String>, Fault> {
    if appeal.sealed_words.is_empty() {
        return Ok(None);
    }
    let Some(key) = personal_keys::find(app, &appeal.holder()).await? else { return Ok(None) };
    personal_keys::open(&key, &Appeal::words_place(&appeal.id), &appeal.sealed_words).map(Some)
}
