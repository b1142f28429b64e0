//! Finds live images that look like those of which somebody says that they show them intimately, by walking through all of them
//! (docs/adr/0036 says why there is no index of what images look like). What is found before the notice is decided is decided with it; what is
//! found later waits for a person.

use crate::app::App;
use crate::domain::ids::{ImageId, NoticeId};
use crate::domain::known_bad::{Likeness, PdqHash};
use crate::domain::notice::NoticeOutcome;
use crate::domain::review::Cause;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Fault};
use crate::policy::known_bad::{PDQ_DISTANCE_MAX, is_telling};
use crate::policy::notices::{SEARCHED_AT_ONCE, SEARCHES_MAX};
use crate::ports::sql::Statement;
use crate::store::{notice_images, notices, review_queue};

/// Goes on with the most urgent search; answers how many images were found.
///
/// # Errors
/// If the database fails; the next run goes on from the last whole page.
pub async fn find_copies(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let mut found = 0;
    for _ in 0..SEARCHES_MAX {
        let Some((notice, from)) = notices::searching(sql).await.attempt("find what is searched for")? else { break };
        found += search_page(app, &notice, &from, now).await?;
    }
    Ok(found)
}

async fn search_page(app: &App, notice: &NoticeId, from: &str, now: Timestamp) -> Result<usize, Fault> {
    let attempted = format!("search for copies for notice {notice}");
    let sql = app.ports.sql.as_ref();
    let originals = notice_images::hashes(sql, notice).await.attempt(&attempted)?;
    let wanted: Vec<PdqHash> = originals.iter().flat_map(|one| telling(one.hashes.as_ref())).collect();
    let decided = super::find(app, notice).await?.map(|notice| notice.decided.map(|decided| decided.outcome));
    let is_over = matches!(decided, None | Some(Some(NoticeOutcome::NoAction | NoticeOutcome::Withdrawn)));
    if wanted.is_empty() || is_over {
        // There is nothing to recognise them by, or nothing wrong with them.
        return sql.batch(vec![notices::searched(notice, from, None)]).await.attempt(&attempted).map(|_| 0);
    }
    let is_decided = decided.flatten().is_some();
    let page = notice_images::live_hashes(sql, from, SEARCHED_AT_ONCE).await.attempt(&attempted)?;
    let near: Vec<(&ImageId, u32)> = page
        .iter()
        .filter(|image| originals.iter().all(|original| original.id != image.id))
        .filter_map(|image| Some((&image.id, nearest(&wanted, &telling(image.hashes.as_ref()))?)))
        .collect();
    let mut statements: Vec<Statement> = Vec::with_capacity(near.len() + 1);
    for (image, distance) in &near {
        // A part of the notice as long as it is open; otherwise a person looks at what is public.
        statements.push(match is_decided {
            false => notice_images::add_near(notice, image, *distance, now),
            true => review_queue::enter(image, &["live"], Cause::Reported, Verdict::Prohibited.severity(), now),
        });
    }
    let is_full = i64::try_from(page.len()).is_ok_and(|count| count == SEARCHED_AT_ONCE);
    let until = page.last().map(|image| &image.id).filter(|_| is_full);
    statements.push(notices::searched(notice, from, until));
    sql.batch(statements).await.attempt(&attempted)?;
    Ok(near.len())
}

fn telling(hashes: Option<&crate::domain::known_bad::ImageHashes>) -> Vec<PdqHash> {
    let all = hashes.map(|hashes| hashes.pdq.as_slice()).unwrap_or_default();
    all.iter().filter(|likeness| is_telling(likeness)).map(|likeness: &Likeness| likeness.hash).collect()
}

/// The least distance between one of each, if it is near enough to be the same picture.
fn nearest(wanted: &[PdqHash], hashes: &[PdqHash]) -> Option<u32> {
    let distances = hashes.iter().flat_map(|hash| wanted.iter().map(|wanted| wanted.distance(hash)));
    distances.min().filter(|distance| *distance <= PDQ_DISTANCE_MAX)
}
