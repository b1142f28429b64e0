//! Finds images by their name, their digest, or whose they are.

use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::hex;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::review::{About, Act};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::review::PAGE;
use crate::store::review_log::{self, NewLine};
use crate::store::reviewed_images::{self, ReviewedImage};
use crate::usecases::sign_up;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Images, by name.
    pub images: Vec<ReviewedImage>,
    /// The account whose they are, if that was asked for.
    pub account: Option<AccountId>,
    /// Where more begin, if there are.
    pub next: Option<String>,
}

/// Finds what `text` names: an image, the SHA-256 of stored bytes, an account or its address. What was searched for is logged; of
/// an address only that it was one.
///
/// # Errors
/// If the database fails.
pub async fn find(app: &App, operator: &AccountId, text: &str, after: &str) -> Result<Found, Fault> {
    let (sql, now, text) = (app.ports.sql.as_ref(), app.now(), text.trim());
    let subject = if text.contains('@') { "an address" } else { text.get(..64).unwrap_or(text) };
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Searched,
        about: About::Log,
        subject,
        seen: Some("facts"),
        ground: None,
        reason: "",
    };
    sql.batch(vec![review_log::append(&line, now)]).await.attempt("log a search")?;
    if hex::decode(text).is_some_and(|bytes| bytes.len() == 32) {
        let images = reviewed_images::by_digest(sql, text, PAGE, now).await.attempt("find images by their digest")?;
        return Ok(Found { images, ..Found::default() });
    }
    if let Some(id) = ImageId::parse(text)
        && let Some(image) = reviewed_images::find(sql, &id, now).await.attempt(&format!("find {id}"))?
    {
        return Ok(Found { images: vec![image], ..Found::default() });
    }
    match account_of(app, text).await? {
        Some(account) => of_account(app, account, after).await,
        None => Ok(Found::default()),
    }
}

/// Whose name or address that is. A team is an account without a person.
async fn account_of(app: &App, text: &str) -> Result<Option<AccountId>, Fault> {
    match EmailAddress::parse(text) {
        Some(address) => Ok(sign_up::find(app, &address).await?.map(|account| account.id)),
        None => Ok(AccountId::parse(text)),
    }
}

async fn of_account(app: &App, account: AccountId, after: &str) -> Result<Found, Fault> {
    let (at, id) = after.split_once('.').unwrap_or_default();
    let behind = (Timestamp(at.parse().unwrap_or_default()), id);
    let found = reviewed_images::of_account(app.ports.sql.as_ref(), &account, behind, PAGE + 1, app.now()).await;
    let mut images = found.attempt(&format!("find the images of {account}"))?;
    let limit = usize::try_from(PAGE).unwrap_or_default();
    let has_more = images.len() > limit;
    images.truncate(limit);
    let next = images.last().filter(|_| has_more).map(|image| format!("{}.{}", image.created_at.0, image.id));
    Ok(Found { images, account: Some(account), next })
}
