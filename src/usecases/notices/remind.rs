//! Reminds operators of notices that are due soon, or late.

use crate::app::App;
use crate::domain::ids::NoticeId;
use crate::domain::letter::Letter;
use crate::domain::notice::Notice;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::notices::{PAGE, REMINDED_BEFORE_MS, REMINDED_EVERY_MS};
use crate::store::notices;
use crate::usecases::mail_link::page;
use crate::usecases::tell_operators::tell_operators;

/// Reminds operators; answers of how many notices.
///
/// # Errors
/// If something of ours failed; it is then tried again with the next run.
pub async fn remind(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let (due_by, before) = (now.plus_ms(REMINDED_BEFORE_MS), now.plus_ms(-REMINDED_EVERY_MS));
    let due = notices::to_remind(app.ports.sql.as_ref(), due_by, before, PAGE).await;
    let due = due.attempt("find notices to remind of")?;
    if due.is_empty() {
        return Ok(0);
    }
    let ids: Vec<NoticeId> = due.iter().map(|notice| notice.id.clone()).collect();
    let letter = Letter::NoticesDue {
        notices: due.iter().map(|notice| line(notice, now)).collect(),
        link: page(app, "/operate/notices")?,
    };
    tell_operators(app, &letter, vec![notices::note_reminded(&ids, now)]).await?;
    Ok(due.len())
}

fn line(notice: &Notice, now: Timestamp) -> String {
    let due_at = notice.due_at.unwrap_or(notice.received_at);
    let when = if due_at <= now { "overdue since" } else { "due by" };
    format!("{} ({}), {when} {}", notice.ground.label(), notice.id, due_at.human())
}
