//! Walks through everything, a page at a time: rows of images and accounts, and the names of what is stored. One walk takes as many
//! runs as it takes; a page's findings are written together with where the walk goes on, so that none counts twice.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::{OfImages, is_account_sealed};
use crate::app::App;
use crate::domain::ids::{AccountId, ExportId, ImageId};
use crate::domain::image::State;
use crate::domain::time::{HOUR_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::policy::audit::{CONFIRMED_MAX, PAGE, PAGES_MAX, WALK_EVERY_MS, find, names};
use crate::ports::blobs::{BlobKey, Bucket, EXPORTS_PREFIX, IMAGES_PREFIX, ListedBlob, PERSONAL_KEYS_PREFIX};
use crate::ports::sql::Statement;
use crate::store::audit::{self, AuditedState};
use crate::store::audits::{self, Part, Tally};
use crate::store::job_cursors::{self, Place};
use crate::store::leases::Lease;

const SCAN: &str = "audit";
/// Names on a page of a listing.
const NAMES_MAX: u32 = PAGE as u32;
/// What is younger may be on its way.
const SETTLED_MS: i64 = HOUR_MS;
/// Comes after every name.
const AFTER_ALL: &str = "~";

/// A part of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Images,
    Accounts,
    Holders,
    Public,
    Recovery,
    Keys,
    Exports,
}

impl Stage {
    const ALL: [Self; 7] =
        [Self::Images, Self::Accounts, Self::Holders, Self::Public, Self::Recovery, Self::Keys, Self::Exports];

    fn as_str(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Accounts => "accounts",
            Self::Holders => "holders",
            Self::Public => "public",
            Self::Recovery => "recovery",
            Self::Keys => "keys",
            Self::Exports => "exports",
        }
    }

    fn next(self) -> Option<Self> {
        let at = Self::ALL.iter().position(|stage| *stage == self)?;
        Self::ALL.get(at + 1).copied()
    }

    /// The rules about which everything is known when this part has ended.
    fn rules(self) -> Vec<&'static str> {
        match self {
            Self::Images => OfImages::RULES.to_vec(),
            Self::Accounts => vec![names::SEALED],
            Self::Holders => Vec::new(),
            Self::Public => vec![names::PUBLIC_BYTES],
            Self::Recovery => vec![names::RECOVERY_BYTES, names::BYTES_THERE],
            Self::Keys => vec![names::KEYS],
            Self::Exports => vec![names::EXPORTS],
        }
    }
}

/// What a page came to.
struct Page {
    found: Vec<(&'static str, Tally)>,
    /// Where the next one begins; none: this part has ended.
    next: Option<String>,
}

/// Goes on with the walk, or begins the next one if it is time; answers how many pages were walked.
///
/// # Errors
/// If a port fails; the next run goes on from the last whole page.
pub async fn walk_on(app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let place = job_cursors::find_place(sql, SCAN).await.attempt("find where the audit is")?;
    let mut stored = match place {
        Some(Place { position: None, updated_at }) if now.ms_since(updated_at) < WALK_EVERY_MS => return Ok(0),
        Some(Place { position, .. }) => position,
        None => None,
    };
    let (mut stage, mut after) = stored.as_deref().map_or((Stage::Images, String::new()), read_position);
    let mut confirmed = 0;
    for walked in 0..PAGES_MAX {
        // A run that died had only to record what this part has found.
        if after == AFTER_ALL {
            let Some(next) = end(app, lease, stage, now).await? else { return Ok(walked) };
            (stage, after, stored) = (next, String::new(), Some(position(next, "")));
        }
        let page = match stage {
            Stage::Images => images(app, &after, now).await?,
            Stage::Accounts => accounts(app, &after, now).await?,
            Stage::Holders => holders(app, &after, now).await?,
            Stage::Public => shelf(app, Bucket::Images, &after, now, &mut confirmed).await?,
            Stage::Recovery => shelf(app, Bucket::Recovery, &after, now, &mut confirmed).await?,
            Stage::Keys => keys(app, &after, now, &mut confirmed).await?,
            Stage::Exports => exports(app, &after, now).await?,
        };
        let part = Part { lease, scan: SCAN, position: stored.as_deref() };
        let mut statements: Vec<Statement> =
            page.found.iter().map(|(rule, tally)| audits::add_to_walk(rule, tally, part)).collect();
        after = page.next.unwrap_or_else(|| AFTER_ALL.to_owned());
        stored = Some(position(stage, &after));
        statements.push(job_cursors::move_to(lease, SCAN, stored.clone(), now));
        sql.batch(statements).await.attempt("write down a page of the audit")?;
    }
    Ok(PAGES_MAX)
}

fn position(stage: Stage, after: &str) -> String {
    format!("{}:{after}", stage.as_str())
}

fn read_position(position: &str) -> (Stage, String) {
    let (name, after) = position.split_once(':').unwrap_or((position, ""));
    let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == name);
    stage.map_or((Stage::Images, String::new()), |stage| (stage, after.to_owned()))
}

/// Records what a part of the walk has found, and goes on to the next part.
async fn end(app: &App, lease: &Lease, stage: Stage, now: Timestamp) -> Result<Option<Stage>, Fault> {
    let (sql, rules) = (app.ports.sql.as_ref(), stage.rules());
    let mut statements = Vec::with_capacity(rules.len() + 2);
    for rule in &rules {
        let tally = audits::of_walk(sql, rule).await.attempt("read what the audit found")?;
        statements.push(audits::record(rule, &tally, now));
    }
    let next = stage.next();
    statements.push(audits::end_walk(&rules));
    statements.push(job_cursors::move_to(lease, SCAN, next.map(|next| position(next, "")), now));
    sql.batch(statements).await.attempt("record what the audit found")?;
    Ok(next)
}

async fn images(app: &App, after: &str, now: Timestamp) -> Result<Page, Fault> {
    let rows = audit::images(app.ports.sql.as_ref(), after, PAGE).await.attempt("audit images")?;
    let mut found = OfImages::default();
    for image in &rows {
        found.look_at(image, &app.settings.retention, now);
    }
    let next = rows.last().map(|image| image.id.to_string());
    Ok(Page { found: found.tallies().map(|(rule, tally)| (rule, tally.clone())).to_vec(), next })
}

async fn accounts(app: &App, after: &str, now: Timestamp) -> Result<Page, Fault> {
    let rows = audit::accounts(app.ports.sql.as_ref(), after, PAGE).await.attempt("audit accounts")?;
    let (mut sealed, mut keyed) = (Tally::default(), Tally::default());
    let from = format!("{PERSONAL_KEYS_PREFIX}{after}");
    let listed = app.ports.blobs.list(Bucket::Recovery, PERSONAL_KEYS_PREFIX, Some(&from), NAMES_MAX).await;
    let listed: BTreeSet<AccountId> =
        listed.attempt("audit personal keys")?.blobs.iter().filter_map(|blob| blob.key.account_id()).collect();
    for account in &rows {
        let age_ms = now.ms_since(account.created_at);
        sealed.count(account.id.as_str(), (!is_account_sealed(account)).then_some(age_ms));
        // Whoever is erased loses the key first.
        let needs_key = age_ms >= SETTLED_MS && account.erase_at.is_none_or(|at| at > now);
        let has_key = !needs_key || listed.contains(&account.id) || is_keyed(app, &account.id).await?;
        keyed.count(account.id.as_str(), (!has_key).then_some(age_ms));
    }
    let next = rows.last().map(|account| account.id.to_string());
    Ok(Page { found: vec![(names::SEALED, sealed), (names::KEYS, keyed)], next })
}

async fn holders(app: &App, after: &str, now: Timestamp) -> Result<Page, Fault> {
    let rows = audit::holders(app.ports.sql.as_ref(), after, PAGE).await.attempt("audit holders of keys")?;
    let from = format!("{PERSONAL_KEYS_PREFIX}{after}");
    let listed = app.ports.blobs.list(Bucket::Recovery, PERSONAL_KEYS_PREFIX, Some(&from), NAMES_MAX).await;
    let listed: BTreeSet<AccountId> =
        listed.attempt("audit personal keys")?.blobs.iter().filter_map(|blob| blob.key.account_id()).collect();
    let mut keyed = Tally::default();
    for holder in &rows {
        let has_key = listed.contains(&holder.id) || is_keyed(app, &holder.id).await?;
        // The key of one that is being forgotten goes first, and its row within the same minute.
        let is_lost = !has_key && is_held(app, &holder.id).await?;
        keyed.count(holder.id.as_str(), is_lost.then(|| now.ms_since(holder.made_at)));
    }
    let next = rows.last().map(|holder| holder.id.to_string());
    Ok(Page { found: vec![(names::KEYS, keyed)], next })
}

async fn is_held(app: &App, holder: &AccountId) -> Result<bool, Fault> {
    let known = audit::known_accounts(app.ports.sql.as_ref(), std::slice::from_ref(holder)).await;
    Ok(!known.attempt("audit a holder of a key")?.is_empty())
}

async fn is_keyed(app: &App, account: &AccountId) -> Result<bool, Fault> {
    let key = app.ports.blobs.read(Bucket::Recovery, &BlobKey::personal_key(account)).await;
    Ok(key.attempt("audit a personal key")?.is_some())
}

async fn keys(app: &App, from: &str, now: Timestamp, confirmed: &mut usize) -> Result<Page, Fault> {
    let from = Some(from).filter(|from| !from.is_empty());
    let page = app.ports.blobs.list(Bucket::Recovery, PERSONAL_KEYS_PREFIX, from, NAMES_MAX).await;
    let page = page.attempt("audit personal keys")?;
    let ids: Vec<AccountId> = page.blobs.iter().filter_map(|blob| blob.key.account_id()).collect();
    let known = audit::known_accounts(app.ports.sql.as_ref(), &ids).await.attempt("audit personal keys")?;
    let known: BTreeSet<AccountId> = known.into_iter().collect();
    let mut tally = Tally::default();
    for blob in &page.blobs {
        let owner = blob.key.account_id();
        let is_known = owner.as_ref().is_some_and(|id| known.contains(id));
        let mut late_ms = late_ms(names::KEYS, blob, now).filter(|_| !is_known);
        if let (Some(_), Some(id)) = (late_ms, &owner)
            && may_confirm(confirmed)
            && !is_keyed(app, id).await?
        {
            late_ms = None;
        }
        tally.count(blob.key.as_str(), late_ms);
    }
    Ok(Page { found: vec![(names::KEYS, tally)], next: page.next })
}

async fn exports(app: &App, from: &str, now: Timestamp) -> Result<Page, Fault> {
    let from = Some(from).filter(|from| !from.is_empty());
    let page = app.ports.blobs.list(Bucket::Recovery, EXPORTS_PREFIX, from, NAMES_MAX).await;
    let page = page.attempt("audit exports")?;
    let ids: Vec<ExportId> = page.blobs.iter().filter_map(|blob| blob.key.export_id()).collect();
    let known = audit::known_exports(app.ports.sql.as_ref(), &ids).await.attempt("audit exports")?;
    let known: BTreeSet<ExportId> = known.into_iter().collect();
    let mut tally = Tally::default();
    for blob in &page.blobs {
        let is_known = blob.key.export_id().is_some_and(|id| known.contains(&id));
        tally.count(blob.key.as_str(), late_ms(names::EXPORTS, blob, now).filter(|_| !is_known));
    }
    Ok(Page { found: vec![(names::EXPORTS, tally)], next: page.next })
}

/// By how much something is older than what is found by walking may be; none: it is not.
fn late_ms(rule: &str, blob: &ListedBlob, now: Timestamp) -> Option<i64> {
    let allowance_ms = find(rule).map_or(0, |rule| rule.allowance_ms);
    Some(now.ms_since(blob.stored_at) - allowance_ms).filter(|late_ms| *late_ms > 0)
}

/// Whether there is room for one more look in this run.
fn may_confirm(confirmed: &mut usize) -> bool {
    *confirmed += 1;
    *confirmed <= CONFIRMED_MAX
}

/// Compares names in a bucket with the rows that speak for them, both ways: both are in order.
async fn shelf(app: &App, bucket: Bucket, from: &str, now: Timestamp, confirmed: &mut usize) -> Result<Page, Fault> {
    let rule = if bucket == Bucket::Images { names::PUBLIC_BYTES } else { names::RECOVERY_BYTES };
    let start = Some(from).filter(|from| !from.is_empty());
    let listed = app.ports.blobs.list(bucket, IMAGES_PREFIX, start, NAMES_MAX).await.attempt("audit a bucket")?;
    let id_of = |key: &str| key.strip_prefix(IMAGES_PREFIX).unwrap_or_default().to_owned();
    let last = listed.blobs.last().map(|blob| id_of(blob.key.as_str()));
    let mut until = listed.next.as_ref().and(last).unwrap_or_else(|| AFTER_ALL.to_owned());
    let rows = audit::states(app.ports.sql.as_ref(), (&id_of(from), &until), speaking(bucket), 2 * PAGE).await;
    let rows = rows.attempt("audit a bucket")?;
    let mut next = listed.next;
    if rows.len() >= usize::try_from(2 * PAGE).unwrap_or(usize::MAX)
        && let Some(last) = rows.last()
    {
        // Far more rows than names: the page ends with the rows.
        until = last.id.to_string();
        next = Some(format!("{IMAGES_PREFIX}{until}"));
    }
    let spoken_for: BTreeMap<&ImageId, &AuditedState> = rows.iter().map(|row| (&row.id, row)).collect();
    let (mut known, mut there) = (Tally::default(), Tally::default());
    let mut names_there = BTreeSet::new();
    for blob in &listed.blobs {
        let Some(id) = blob.key.image_id().filter(|id| id.as_str() <= until.as_str()) else { continue };
        let mut late = late_ms(rule, blob, now).filter(|_| !spoken_for.contains_key(&id));
        if late.is_some() && may_confirm(confirmed) {
            late = stray_ms(app, bucket, &id, late, now).await?;
        }
        known.count(id.as_str(), late);
        names_there.insert(id);
    }
    for row in rows.iter().filter(|row| is_to_be_there(bucket, row, now)) {
        let mut is_missing = !names_there.contains(&row.id);
        if is_missing && may_confirm(confirmed) {
            is_missing = is_missing_still(app, bucket, &row.id, now).await?;
        }
        there.count(row.id.as_str(), is_missing.then(|| now.ms_since(row.created_at)));
    }
    Ok(Page { found: vec![(rule, known), (names::BYTES_THERE, there)], next })
}

/// The states of images whose bytes may be in this bucket.
fn speaking(bucket: Bucket) -> &'static [&'static str] {
    match bucket {
        Bucket::Images => &["pending", "held", "releasing", "live", "removing"],
        Bucket::Recovery => &["pending", "held", "releasing", "removing", "recovery"],
    }
}

/// Whether the bytes of an image must be in this bucket.
fn is_to_be_there(bucket: Bucket, row: &AuditedState, now: Timestamp) -> bool {
    match bucket {
        Bucket::Images => row.state == State::Live && now.ms_since(row.created_at) >= SETTLED_MS,
        Bucket::Recovery => row.state == State::Recovery && row.erase_after.is_some_and(|at| at > now),
    }
}

/// Looks again at bytes for which no row spoke; answers by how much they are late if they are there and none does.
async fn stray_ms(
    app: &App,
    bucket: Bucket,
    id: &ImageId,
    late_ms: Option<i64>,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let attempted = format!("audit the bytes of {id}");
    let row = audit::state(app.ports.sql.as_ref(), id).await.attempt(&attempted)?;
    if row.as_ref().is_some_and(|row| speaking(bucket).contains(&row.state.as_str())) {
        return Ok(None);
    }
    let is_there = app.ports.blobs.head(bucket, &BlobKey::image(id)).await.attempt(&attempted)?.is_some();
    // Of an image that left, since it did.
    let allowance_ms = find(names::PUBLIC_BYTES).map_or(0, |rule| rule.allowance_ms);
    let since_removal = row.and_then(|row| row.removing_at).map(|at| now.ms_since(at) - allowance_ms);
    Ok(since_removal.or(late_ms).filter(|late_ms| is_there && *late_ms > 0))
}

/// Looks again at an image whose bytes were not on the list.
async fn is_missing_still(app: &App, bucket: Bucket, id: &ImageId, now: Timestamp) -> Result<bool, Fault> {
    let attempted = format!("audit the bytes of {id}");
    if app.ports.blobs.head(bucket, &BlobKey::image(id)).await.attempt(&attempted)?.is_some() {
        return Ok(false);
    }
    let row = audit::state(app.ports.sql.as_ref(), id).await.attempt(&attempted)?;
    Ok(row.is_some_and(|row| is_to_be_there(bucket, &row, now)))
}
