//! Asks a classifier outside about an image that the model has flagged (promise IMP-23), and acts on what it says. The image
//! is public meanwhile and a person may decide first; then the opinion comes too late and changes nothing.

use crate::app::App;
use crate::domain::decision::{DecidedBy, Decision};
use crate::domain::image::Image;
use crate::domain::review::Outcome;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::limits;
use crate::policy::retention::Window;
use crate::policy::second_opinion::{ATTEMPTS_MAX, decide};
use crate::policy::verdicts::worst;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::ports::log::LogLine;
use crate::store::{decisions, review_queue, standings};
use crate::usecases::restrict_processing::is_restricted;

/// Whether a second opinion about `image` is wanted, as far as its verdict tells.
#[must_use]
pub fn is_wanted(app: &App, image: &Image) -> bool {
    image.verdict == Verdict::Flagged && app.ports.outside_classifier.is_some()
}

/// Seeks an opinion about a live image after so many attempts, and answers the image as it then is.
///
/// # Errors
/// If a port fails; it is then tried again, a bounded number of times.
pub async fn seek(app: &App, image: Image, attempts: i64) -> Result<Image, Fault> {
    // Before asking, so that an attempt which dies on the way counts as well.
    if attempts >= ATTEMPTS_MAX {
        app.ports.log.write(&LogLine {
            kind: "job",
            attempted: format!("seek a second opinion about {}", image.id),
            outcome: "given up: a person decides without it".into(),
            request_id: None,
        });
        return Ok(image);
    }
    match ask(app, &image).await? {
        None => Ok(image),
        Some(decision) => act(app, image, &decision).await,
    }
}

/// The decision on what the classifier outside says; none if nobody wants to know any more.
async fn ask(app: &App, image: &Image) -> Result<Option<Decision>, Fault> {
    let (id, sql) = (&image.id, app.ports.sql.as_ref());
    let attempted = format!("seek a second opinion about {id}");
    let Some(outside) = app.ports.outside_classifier.as_ref() else { return Ok(None) };
    // Once is enough, and a person knows better.
    if decisions::latest_decided_by(sql, id).await.attempt(&attempted)? != Some(DecidedBy::Model) {
        return Ok(None);
    }
    // Who has that paused shows their image to nobody outside; a person here decides.
    if let Some(owner) = &image.owner
        && is_restricted(app, &owner.account_id).await?
    {
        return Ok(None);
    }
    let scores = decisions::latest_scores(sql, id).await.attempt(&attempted)?;
    let frame = worst(&scores).map_or(0, |worst| worst.frame);
    let opened = app.ports.blobs.get(Bucket::Images, &BlobKey::image(id), None).await.attempt(&attempted)?;
    let Some((_, bytes)) = opened else { return Ok(None) };
    let jpeg = app
        .ports
        .vision
        .rendition(bytes, frame, &limits::ANONYMOUS)
        .await
        .map_err(|failure| Fault { attempted: attempted.clone(), cause: Cause::Vision(failure.to_string()) })?;
    let opinion = outside.opinion(jpeg).await.attempt(&attempted)?;
    Ok(Some(decide(&opinion)))
}

async fn act(app: &App, image: Image, decision: &Decision) -> Result<Image, Fault> {
    let (now, id, verdict) = (app.now(), &image.id, decision.verdict);
    let policy = &app.settings.retention;
    let window = policy.window_of(image.surface, image.owner.as_ref(), verdict, image.created_at, image.ttl_ms);
    let Window::Kept(retention) = window else { return Ok(image) };
    let judged = Image { verdict, policy_version: decision.policy_version, retention, ..image.clone() };
    let mut statements = vec![decisions::append_after_model(id, decision, now), standings::rejudge_by_opinion(&judged)];
    if verdict == Verdict::Safe {
        statements.push(review_queue::decide_by_opinion(id, Outcome::Left, now));
    }
    let attempted = format!("act on a second opinion about {id}");
    app.ports.sql.batch(statements).await.attempt(&attempted)?;
    // A person may have been quicker; the row tells what holds.
    match standings::find(app.ports.sql.as_ref(), id).await.attempt(&attempted)? {
        Some(standings::Standing::Live(judged)) => Ok(*judged),
        _ => Ok(image),
    }
}
