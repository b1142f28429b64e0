//! Takes images of accounts that are to be erased out of public view, as their owners wanted; and when the time of an account
//! has come, erases first what is left of its images, then the account.

use async_trait::async_trait;

use super::Work;
use super::finish_removals::finish_some;
use super::reap_recovery::erase_some;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault};
use crate::policy::erasure::{CANCELLED_MAX, ERASED_MAX, HASTENED_MAX, REMOVED_MAX};
use crate::store::leases::Lease;
use crate::store::{accounts, erasures, leaving_images};
use crate::usecases::erase_account::{cancel_subscription, erase_account};

pub(super) struct EraseAccounts;

#[async_trait]
impl Work for EraseAccounts {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        erasures::count_images(sql, now).await.attempt("count what is to be erased")?;
        let hidden = leaving_images::hide(sql, now, REMOVED_MAX).await;
        let hidden = hidden.attempt("take images of leaving accounts out of public view")?.len();
        let begun = leaving_images::begin_erasure(sql, lease, now, REMOVED_MAX).await;
        let begun = begun.attempt("begin to remove images of accounts that are erased")?;
        let hastened = leaving_images::hasten(sql, lease, now, HASTENED_MAX).await;
        let hastened = hastened.attempt("have images of erased accounts erased next")?;
        let mut done = hidden + begun + hastened;
        if hidden + begun > 0 {
            finish_some(app, now, now, REMOVED_MAX).await?;
        }
        if hastened > 0 {
            // Accounts with many images do not wait for the hourly sweep, and keep nobody waiting there.
            erase_some(app, lease, now).await?;
        }
        let mut first_fault = None;
        let subscribed = accounts::subscribed(sql, CANCELLED_MAX).await.attempt("find subscriptions to cancel")?;
        for account in subscribed {
            first_fault = first_fault.or(cancel_subscription(app, &account).await.err());
        }
        let due = accounts::erasable(sql, now, ERASED_MAX).await.attempt("find accounts to erase")?;
        for account in due {
            match erase_account(app, &account, now).await {
                Ok(()) => done += 1,
                Err(error) => {
                    first_fault.get_or_insert(fault(error));
                }
            }
        }
        first_fault.map_or(Ok(done), Err)
    }
}

fn fault(error: Error) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Problem(problem) => {
            Fault { attempted: "erase an account".into(), cause: Cause::Invariant(format!("{problem:?}")) }
        }
    }
}
