//! What operators see of notices: what is to be decided, and everything about one. Each look at one is written down (promise IMP-22).

use super::decide::IMAGES_MAX;
use super::{find, text_of};
use crate::app::App;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{CounterNotice, Notice, NoticeImage, NoticeText};
use crate::domain::review::{About, Act, Waiting};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::notices::PAGE;
use crate::policy::review::COUNTED_MAX;
use crate::store::notice_images::ImageState;
use crate::store::review_log::{self, NewLine};
use crate::store::{counter_notices, notice_images, notices};

/// A page of the queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The notices, the most urgent first.
    pub notices: Vec<Notice>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<(Timestamp, NoticeId)>,
}

/// A notice with everything about it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The notice.
    pub notice: Notice,
    /// What was written; none: its key is destroyed.
    pub text: Option<NoticeText>,
    /// Its images.
    pub images: Vec<NoticeImage>,
    /// Where they are, of which there are any.
    pub states: Vec<ImageState>,
    /// What uploaders have answered.
    pub counters: Vec<CounterNotice>,
}

/// The notices that are to be decided, after one of them.
///
/// # Errors
/// If the database fails.
pub async fn queue(app: &App, after: Option<(Timestamp, NoticeId)>) -> Result<Queue, Fault> {
    let (at, id) = after.map_or((Timestamp(0), String::new()), |(at, id)| (at, id.to_string()));
    let mut all = notices::queue(app.ports.sql.as_ref(), (at, &id), PAGE + 1).await.attempt("list notices")?;
    let is_more = all.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    all.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = all.last().filter(|_| is_more).and_then(|last| Some((last.due_at?, last.id.clone())));
    Ok(Queue { notices: all, next })
}

/// How many notices are to be decided, as far as they are counted, and when the first is due.
///
/// # Errors
/// If the database fails.
pub async fn waiting(app: &App) -> Result<Waiting, Fault> {
    notices::waiting(app.ports.sql.as_ref(), COUNTED_MAX).await.attempt("count notices")
}

/// Opens a notice for an operator, which is written down.
///
/// # Errors
/// `NotFound`; a fault if something of ours failed.
pub async fn open(app: &App, id: &NoticeId, operator: &str) -> Result<Opened, Error> {
    let attempted = format!("open notice {id}");
    let sql = app.ports.sql.as_ref();
    let notice = find(app, id).await?.ok_or(Problem::NotFound)?;
    let line = NewLine {
        operator,
        act: Act::Opened,
        about: About::Notice,
        subject: id.as_str(),
        seen: Some("text"),
        ground: None,
        reason: "",
    };
    sql.batch(vec![review_log::append(&line, app.now())]).await.attempt(&attempted)?;
    let text = text_of(app, &notice).await?.map(|(_, text)| text);
    let images = notice_images::of_notice(sql, id, IMAGES_MAX).await.attempt(&attempted)?;
    let states = notice_images::states(sql, id).await.attempt(&attempted)?;
    let counters = counter_notices::of_notice(sql, id, IMAGES_MAX).await.attempt(&attempted)?;
    Ok(Opened { notice, text, images, states, counters })
}
