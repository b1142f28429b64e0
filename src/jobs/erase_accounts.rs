//! Takes images of accounts that are to be erased out of public view, as their owners wanted; and when the time of an account
//! has come, erases first what is left of its images, then the account.

use async_trait::async_trait;

use super::Work;
use super::finish_removals::finish_some;
use super::reap_recovery::erase_next;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::erasure::{CANCELLED_MAX, ERASED_MAX, HASTENED_MAX, REMOVED_MAX};
use crate::store::leases::Lease;
use crate::store::{accounts, erasures, leaving_images};
use crate::usecases::erase_account::{cancel_subscription, erase_account};

pub(super) struct EraseAccounts;

#[async_trait]
impl Work for EraseAccounts {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        // None of these keeps another waiting: an image that cannot be moved is no reason to keep somebody else's account.
        let outcomes = [
            take_images(app, room, lease, now).await,
            cancel_subscriptions(app).await,
            erase_images(app, lease, now).await,
            erase_some_accounts(app, now).await,
        ];
        outcomes.into_iter().sum()
    }
}

/// Takes images out of public view: of accounts whose owners want that at once, and of those whose time has come.
async fn take_images(app: &App, room: &Room, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    erasures::count_images(sql, now).await.attempt("count what is to be erased")?;
    let hidden = leaving_images::hide(sql, now, REMOVED_MAX).await;
    let hidden = hidden.attempt("take images of leaving accounts out of public view")?.len();
    let begun = leaving_images::begin_erasure(sql, lease, now, REMOVED_MAX).await;
    let begun = begun.attempt("begin to remove images of accounts that are erased")?;
    if hidden + begun > 0 {
        finish_some(app, room, now, now, REMOVED_MAX).await?;
    }
    Ok(hidden + begun)
}

async fn cancel_subscriptions(app: &App) -> Result<usize, Fault> {
    let subscribed = accounts::subscribed(app.ports.sql.as_ref(), CANCELLED_MAX).await;
    let mut tally = Tally::default();
    for account in subscribed.attempt("find subscriptions to cancel")? {
        tally.note(cancel_subscription(app, &account).await);
    }
    tally.outcome()
}

/// Erases what is in recovery of accounts whose time has come. They do not wait for the next sweep, and keep nobody waiting there.
async fn erase_images(app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
    let hastened = leaving_images::hasten(app.ports.sql.as_ref(), lease, now, HASTENED_MAX).await;
    match hastened.attempt("have images of erased accounts erased next")? {
        0 => Ok(0),
        _ => erase_next(app, lease, now, 0).await.map(|(erased, _)| erased),
    }
}

async fn erase_some_accounts(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let mut tally = Tally::default();
    for account in accounts::erasable(sql, now, ERASED_MAX).await.attempt("find accounts to erase")? {
        erasures::note_tried(sql, &account, now).await.attempt(&format!("note that {account} is being erased"))?;
        tally.note(erase_account(app, &account, now).await);
    }
    tally.outcome()
}

/// How many were done, or the first fault.
#[derive(Default)]
struct Tally {
    done: usize,
    first_fault: Option<Fault>,
}

impl Tally {
    fn note(&mut self, outcome: Result<(), Fault>) {
        match outcome {
            Ok(()) => self.done += 1,
            Err(fault) => {
                self.first_fault.get_or_insert(fault);
            }
        }
    }

    fn outcome(self) -> Result<usize, Fault> {
        self.first_fault.map_or(Ok(self.done), Err)
    }
}
