//! Recognises images that are on a list, before any classifier's word counts, and sees to what their category demands
//! (promise IMP-24). A lookup that fails is a fault: nothing is published that could not be looked up.

use super::remove::finish_or_leave;
use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::facts::ImageFacts;
use crate::domain::ids::ImageId;
use crate::domain::image::{RemovalReason, State};
use crate::domain::known_bad::{HashKind, ImageHashes, Likeness, Match, PdqHash};
use crate::domain::review::{Cause, Outcome};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::authority::KEPT_AFTER_REPORT_MS;
use crate::policy::known_bad::{LEGAL_HOLD_MS, PDQ_DISTANCE_MAX, decide, is_telling, rule, worst};
use crate::ports::sql::Statement;
use crate::store::known_bad::{Entry, candidates};
use crate::store::{decisions, held, holds, image_hashes, images, removals, reports, review_queue};

/// An image that is on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Which list, and how it was recognised.
    pub matched: Match,
    /// What follows for the image.
    pub decision: Decision,
}

impl Hit {
    /// Whether the bytes are kept for the authorities.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        rule(self.matched.category).is_reported
    }

    /// What is written beside the decision, about an image that is in one of `states`: an entry in the queue, and what
    /// the category demands.
    #[must_use]
    pub fn statements(&self, id: &ImageId, states: &[&'static str], now: Timestamp) -> Vec<Statement> {
        let rule = rule(self.matched.category);
        let mut statements = vec![review_queue::enter(id, states, Cause::KnownBad, rule.severity, now)];
        if rule.is_reported {
            let reason = format!("on the list \"{}\" ({})", self.matched.list, self.matched.category.as_str());
            statements.push(reports::enter(id, states, &self.matched, now));
            // Whatever is erased anew afterwards is erased when it would be without a hold: there is one.
            statements.extend(holds::settle_legal(id, &reason, KEPT_AFTER_REPORT_MS, now, now));
            statements.push(removals::keep_until(id, now.plus_ms(LEGAL_HOLD_MS)));
        }
        statements
    }
}

/// Whether an image with these hashes is on a list.
///
/// # Errors
/// If a lookup fails.
pub async fn recognise(app: &App, hashes: &ImageHashes) -> Result<Option<Hit>, Fault> {
    const ATTEMPTED: &str = "look an image up among the known ones";
    let telling: Vec<PdqHash> = hashes.pdq.iter().filter(|likeness| is_telling(likeness)).map(hash_of).collect();
    let digests = [hashes.received_sha256.as_str(), hashes.stored_sha256.as_str()];
    let found = candidates(app.ports.sql.as_ref(), &digests, &telling).await.attempt(ATTEMPTED)?;
    let mut matches: Vec<Match> = found.iter().filter_map(|entry| compare(entry, &telling)).collect();
    if let (Some(lists), Some(outside)) = (&app.ports.hash_lists, &app.settings.known_bad_lookup) {
        for hash in &telling {
            let names = lists.lookup(hash).await.attempt(ATTEMPTED)?;
            let category = outside.category;
            let matched = |list| Match { list, category, kind: HashKind::Pdq, distance: None };
            matches.extend(names.into_iter().map(matched));
        }
    }
    let hit = |matched: Match| Hit { decision: decide(matched.clone()), matched };
    Ok(worst(matches).map(hit))
}

fn hash_of(likeness: &Likeness) -> PdqHash {
    likeness.hash
}

/// What a candidate comes to: the same digest, or a hash that is near enough.
fn compare(entry: &Entry, telling: &[PdqHash]) -> Option<Match> {
    let distance = match entry.kind {
        HashKind::Sha256 => 0,
        HashKind::Pdq => {
            let listed = PdqHash::parse(&entry.value)?;
            telling.iter().map(|hash| hash.distance(&listed)).min().filter(|distance| *distance <= PDQ_DISTANCE_MAX)?
        }
    };
    let Entry { kind, list, category, .. } = entry;
    Some(Match { list: list.clone(), category: *category, kind: *kind, distance: Some(distance) })
}

/// Keeps an image that was taken before it was recognised from the public, wherever it stands: a live one leaves public
/// view, one that is held or in recovery stays out of it. Done twice, nothing changes the second time.
///
/// # Errors
/// If the database fails. If only the storage does, a job moves the bytes.
pub async fn withhold(
    app: &App,
    id: &ImageId,
    found: Option<(&ImageFacts, &ImageHashes)>,
    hit: &Hit,
    now: Timestamp,
) -> Result<(), Fault> {
    const AFTERWARDS: &[&str] = &["removing", "recovery"];
    let attempted = format!("withhold {id}");
    let (sql, decision) = (app.ports.sql.as_ref(), &hit.decision);
    let mut statements = vec![
        decisions::append(id, &["live", "held", "releasing"], decision, now),
        decisions::append_once(id, &["recovery"], decision, now),
        removals::begin_prohibited(id, decision.policy_version, now),
        held::prohibit(id, decision.policy_version, found.map(|(facts, _)| facts), now),
        review_queue::decide(id, AFTERWARDS, Outcome::Left, now),
    ];
    statements.extend(found.map(|(_, hashes)| image_hashes::record(id, AFTERWARDS, hashes)));
    statements.extend(hit.statements(id, AFTERWARDS, now));
    sql.batch(statements).await.attempt(&attempted)?;
    let found = images::states(sql, std::slice::from_ref(id)).await.attempt(&attempted)?;
    if let Some(images::IdState {
        state: State::Removing,
        removal_reason: Some(reason @ (RemovalReason::Removed | RemovalReason::Prohibited)),
        ..
    }) = found.first()
    {
        finish_or_leave(app, id, *reason, now).await;
    }
    Ok(())
}

/// Whether the image is on a list by now, as far as its recorded hashes tell; it then leaves public view, or stays out
/// of it.
///
/// # Errors
/// If a lookup or the database fails.
pub async fn withhold_if_listed(app: &App, id: &ImageId) -> Result<bool, Fault> {
    let hashes = image_hashes::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find the hashes of {id}"))?;
    let Some(hashes) = hashes else { return Ok(false) };
    let Some(hit) = recognise(app, &hashes).await? else { return Ok(false) };
    withhold(app, id, None, &hit, app.now()).await?;
    Ok(true)
}
