//! The statements of reasons about an image, for whoever owns it or has its delete token, also when its bytes are erased; and those
//! to an account about itself.

use crate::app::App;
use crate::domain::ids::{AccountId, DeleteToken, ImageId};
use crate::domain::owner::Member;
use crate::domain::statement::{Appeal, Statement, Strike};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::statements::{LISTED_MAX, is_told};
use crate::store::{appeals, statements, strikes};
use crate::usecases::act_for::{Need, act_for};
use crate::usecases::open_image::{Changer, open_image};
use crate::usecases::reasons::appeal_until;
use crate::usecases::remove::{Deleter, authorised};

/// Who reads.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// Whoever has the image's delete token.
    Holder(&'a DeleteToken),
    /// Somebody with an account.
    Member(&'a Member),
}

/// A statement, with the appeal against it, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The statement.
    pub statement: Statement,
    /// The appeal.
    pub appeal: Option<Appeal>,
    /// Whether whoever reads may appeal now.
    pub may_appeal: bool,
}

/// The statements about an image, the latest first; none: it is not restricted.
///
/// # Errors
/// `NotFound`, `NotOwner`, `ImageGone`, `DeleteTokenWrong`: as whoever wants to delete it is told; a fault if the database fails.
pub async fn read_statements(app: &App, id: &ImageId, reader: Reader<'_>) -> Result<Vec<Read>, Error> {
    let mut found = Vec::new();
    for read in all(app, id.as_str()).await? {
        let may = match reader {
            Reader::Holder(token) => read.statement.is_opened_by(token).then_some(true),
            Reader::Member(member) => may_as(app, member, read.statement.account_id.as_ref()).await?,
        };
        found.extend(may.map(|may| Read { may_appeal: may && read.may_appeal, ..read }));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    match reader {
        Reader::Holder(token) => match authorised(app, id, Deleter::Holder(token)).await {
            // That it has left, everybody is told; why, whoever has its token.
            Err(Error::Problem(Problem::ImageGone)) => return Err(Problem::DeleteTokenWrong.into()),
            others => others?,
        },
        Reader::Member(member) => drop(open_image(app, Changer { member, collection: None }, id).await?),
    }
    Ok(found)
}

/// What somebody may who is a member of the account to which a statement was made: none: nothing; otherwise, whether to appeal.
async fn may_as(app: &App, member: &Member, account: Option<&AccountId>) -> Result<Option<bool>, Fault> {
    let Some(account) = account else { return Ok(None) };
    if act_for(app, member, account, Need::Change).await?.is_some() {
        return Ok(Some(true));
    }
    Ok(act_for(app, member, account, Need::See).await?.map(|_| false))
}

/// The statements about an account itself, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn of_account(app: &App, account: &AccountId) -> Result<Vec<Read>, Fault> {
    all(app, account.as_str()).await
}

/// Everything that was stated to an account and that it may have a copy of, the latest first: not what a letter would warn of.
///
/// # Errors
/// If the database fails.
pub async fn stated_to(app: &App, account: &AccountId) -> Result<Vec<Statement>, Fault> {
    let found = statements::of_account(app.ports.sql.as_ref(), account, LISTED_MAX).await;
    let found = found.attempt(&format!("find statements to {account}"))?;
    Ok(found.into_iter().filter(|statement| is_told(statement.ground, statement.category)).collect())
}

/// The strikes of an account, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn strikes_of(app: &App, account: &AccountId) -> Result<Vec<Strike>, Fault> {
    strikes::of_account(app.ports.sql.as_ref(), account, LISTED_MAX)
        .await
        .attempt(&format!("find strikes of {account}"))
}

async fn all(app: &App, subject: &str) -> Result<Vec<Read>, Fault> {
    let (sql, now, attempted) = (app.ports.sql.as_ref(), app.now(), format!("find statements about {subject}"));
    let found = statements::of_subject(sql, subject, LISTED_MAX).await.attempt(&attempted)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let appeals = appeals::of_subject(sql, subject, LISTED_MAX).await.attempt(&attempted)?;
    let with_appeal = |statement: Statement| {
        let appeal = appeals.iter().find(|appeal| appeal.number == statement.number).cloned();
        let may_appeal = statement.ended_at.is_none() && appeal.is_none() && now < appeal_until(&statement);
        Read { statement, appeal, may_appeal }
    };
    Ok(found.into_iter().map(with_appeal).collect())
}

/// Whether an account, or the owner of a team, is suspended.
///
/// # Errors
/// If the database fails.
pub async fn is_suspended(app: &App, account: &AccountId) -> Result<bool, Fault> {
    let suspended = statements::is_suspended(app.ports.sql.as_ref(), account).await;
    suspended.attempt(&format!("see whether {account} is suspended"))
}

/// Refuses what a suspended account may not do: add to what is here.
///
/// # Errors
/// `AccountSuspended`; a fault if the database fails.
pub async fn refuse_suspended(app: &App, account: &AccountId) -> Result<(), Error> {
    match is_suspended(app, account).await? {
        true => Err(Problem::AccountSuspended.into()),
        false => Ok(()),
    }
}
