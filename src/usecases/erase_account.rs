//! Erases an account for good, once nothing of its images is left (promise IMP-37). What cannot be taken back comes last, and
//! each step can be done again: whatever fails half-way is finished by the next run.

use super::export;
use super::leave_all_teams::leave_all_of_account;
use crate::app::App;
use crate::domain::ids::{AccountId, ErasureId};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::request_log::{ERASED_AT_ONCE, ERASING_STATEMENTS_MAX};
use crate::ports::billing::Billing;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::store::{
    account_storage, accounts, api_keys, appeals, collections, consents, counter_notices, erasures, factors,
    leaving_images, letters, links, requests, sessions, statements as store_statements, strikes, team_invitations,
    team_members, tickets,
};

pub use crate::store::erasures::Erasure;

/// Erases the account, and writes the receipt.
///
/// # Errors
/// A fault if something of ours failed, or the payment processor did not forget its customer; it is then tried again.
pub async fn erase_account(app: &App, id: &AccountId, now: Timestamp) -> Result<(), Fault> {
    let attempted = format!("erase account {id}");
    let found = accounts::find(app.ports.sql.as_ref(), id).await.attempt(&attempted)?;
    // Another run was quicker, or it stays.
    let Some(found) = found.filter(|found| found.erase_at.is_some_and(|at| at <= now)) else { return Ok(()) };
    leave_all_of_account(app, id).await?;
    if !forget_requests(app, id, &attempted).await? {
        // The next run goes on.
        return Ok(());
    }
    let customers = forget_customer(app, found.billing_customer.as_deref(), &attempted).await?;
    export::erase_of(app, id).await?;
    // From here on nobody can read what says who it was, in the database or in any copy of it (docs/adr/0023).
    app.ports.blobs.delete(Bucket::Recovery, &[BlobKey::personal_key(id)]).await.attempt(&attempted)?;
    let mut statements = vec![erasures::finish(id, customers, now)];
    statements.extend(counter_notices::settle_of_account(id, now));
    statements.push(leaving_images::disown(id));
    // What counts against somebody counts on, under a name that nobody can read without the key.
    let lookup = app.settings.master_keys.current.lookup("strikes", id.as_str());
    statements.extend([strikes::pseudonymise(id, &lookup), store_statements::pseudonymise(id, &lookup)]);
    statements.extend(appeals::withdraw_of(id, now));
    statements.extend(factors::remove_all(id));
    statements.extend(tickets::forget_of_account(id));
    statements.extend(requests::forget_of_account(id));
    statements.extend([
        collections::forget_of_account(id),
        account_storage::forget_of_account(id),
        team_members::forget_of_account(id),
        team_invitations::forget_of_account(id),
        api_keys::forget_of_account(id),
        letters::erase_of_account(id),
        links::forget_of_account(id),
        leaving_images::forget_of_account(id),
        sessions::end_all(id, None),
        accounts::erase(id, now),
        consents::forget_of_account(id),
    ]);
    app.ports.sql.batch(statements).await.attempt(&attempted).map(drop)
}

/// The receipt of an erasure, also before it is done.
///
/// # Errors
/// `NotFound`; a fault if the database fails.
pub async fn find_receipt(app: &App, id: &ErasureId) -> Result<Erasure, Error> {
    let found = erasures::find(app.ports.sql.as_ref(), id).await.attempt("find a receipt")?;
    found.ok_or_else(|| Problem::NotFound.into())
}

/// Cancels the subscription of an account that is to be erased (promise IMP-40): nobody pays for a week that they have given up.
///
/// # Errors
/// A fault if something of ours failed, or the payment processor did not do it; a job tries again.
pub async fn cancel_subscription(app: &App, id: &AccountId) -> Result<(), Fault> {
    let attempted = format!("cancel the subscription of {id}");
    let sql = app.ports.sql.as_ref();
    let found = accounts::find(sql, id).await.attempt(&attempted)?;
    let Some(customer) = found.and_then(|account| account.billing_customer) else { return Ok(()) };
    processor(app, &attempted)?.cancel_subscription(&customer).await.attempt(&attempted)?;
    accounts::note_cancelled(sql, id, app.now()).await.attempt(&attempted)
}

/// Forgets what its programs asked, a part at once: there may be tens of thousands of rows. Answers whether it was all.
async fn forget_requests(app: &App, id: &AccountId, attempted: &str) -> Result<bool, Fault> {
    for _ in 0..ERASING_STATEMENTS_MAX {
        let forgotten = requests::forget_some_of_account(app.ports.sql.as_ref(), id, ERASED_AT_ONCE).await;
        if i64::try_from(forgotten.attempt(attempted)?).is_ok_and(|count| count < ERASED_AT_ONCE) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Answers how many customers were forgotten: one or none.
async fn forget_customer(app: &App, customer: Option<&str>, attempted: &str) -> Result<i64, Fault> {
    let Some(customer) = customer else { return Ok(0) };
    let billing = processor(app, attempted)?;
    // It may be that only now somebody answers.
    billing.cancel_subscription(customer).await.attempt(attempted)?;
    billing.forget_customer(customer).await.attempt(attempted)?;
    Ok(1)
}

fn processor<'a>(app: &'a App, attempted: &str) -> Result<&'a dyn Billing, Fault> {
    let missing = || Fault {
        attempted: attempted.to_owned(),
        cause: Cause::Invariant("it pays, and there is no payment processor to ask".into()),
    };
    app.ports.billing.as_deref().ok_or_else(missing)
}
