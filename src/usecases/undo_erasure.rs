//! Keeps an account that was to be erased, for whoever reads its letters, as long as its week is not over.

use super::prove_email::{account, find_link};
use crate::app::App;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::erasure::{SETTLED_MS, UNDO_MS};
use crate::store::{accounts, erasures, leaving_images, links};

/// Keeps the account of this link. Its images that left public view come back, which a job sees to; its API keys and tickets
/// work again, and it can be signed in to. Nobody is signed in.
///
/// # Errors
/// `LinkExpired`; a fault if something of ours failed, after which the link still works.
pub async fn undo_erasure(app: &App, token: Option<&Token>) -> Result<(), Error> {
    let link = find_link(app, token, LinkPurpose::UndoErasure).await?;
    let (id, now) = (link.account_id, app.now());
    let [keep_bytes, bring_back] = leaving_images::bring_back(&id, now, now.plus_ms(UNDO_MS));
    let statements = vec![
        // Not in the time that is there for clocks that differ.
        accounts::withdraw_erasure(&id, now.plus_ms(SETTLED_MS)),
        erasures::withdraw(&id),
        keep_bytes,
        bring_back,
        links::revoke(&id, LinkPurpose::UndoErasure),
    ];
    app.ports.sql.batch(statements).await.attempt(&format!("keep account {id}"))?;
    // It stays, if its time had not come between the two.
    match account(app, &id).await?.erase_at {
        None => Ok(()),
        Some(_) => Err(Problem::LinkExpired.into()),
    }
}
