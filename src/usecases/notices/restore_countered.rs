//! Brings images back whose uploaders have answered a claim of copyright, when ten business days are over and nobody has said that
//! a court was asked (17 U.S.C. 512(g)(2)(C)). What else stands against an image, keeps it away.

use super::counter::place;
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::email::EmailAddress;
use crate::domain::ground::Ground;
use crate::domain::hold::HoldKind;
use crate::domain::ids::AccountId;
use crate::domain::image::State;
use crate::domain::letter::Letter;
use crate::domain::notice::{CounterNotice, CounterOutcome, CounterText};
use crate::domain::review::{About, Act};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::notices::KEPT_MS;
use crate::store::review_log::{self, NewLine};
use crate::store::{counter_notices, decisions, holds, images, notice_images, notices};
use crate::usecases::mail_link::page;
use crate::usecases::review::{self, Review, Reviewed};
use crate::usecases::write_letter::Written;
use crate::usecases::{personal_keys, write_letter};

/// Brings an image back that is due, and settles it. Answers whether it is settled: its bytes may still be on their way.
///
/// # Errors
/// If something of ours failed; it can be done again.
pub async fn restore_countered(app: &App, counter: &CounterNotice, now: Timestamp) -> Result<bool, Fault> {
    let outcome = match outcome(app, counter, now).await? {
        Some(outcome) => outcome,
        None => return Ok(false),
    };
    let reason = format!("after a counter-notice: {}", outcome.label());
    let line = NewLine {
        operator: "",
        act: if outcome == CounterOutcome::Restored { Act::Restored } else { Act::Decided },
        about: About::Image,
        subject: counter.image_id.as_str(),
        seen: None,
        ground: None,
        reason: &reason,
    };
    let mut statements = vec![
        counter_notices::settle(&counter.id, outcome, now),
        review_log::append(&line, now),
        notices::keep_until(&counter.notice_id, now.plus_ms(KEPT_MS)),
    ];
    // What another notice keeps away may still be answered.
    if outcome != CounterOutcome::Stays {
        statements.push(holds::release(&counter.image_id, HoldKind::CounterNotice, now));
    }
    let letter = letter(app, counter, outcome).await?;
    let (letter, statement) = letter.map(|written| (written.id, written.statement)).unzip();
    statements.extend(statement);
    app.ports.sql.batch(statements).await.attempt(&format!("settle counter-notice {}", counter.id))?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter).await;
    }
    Ok(true)
}

/// What comes of it, once it has come of it; none: it is on its way.
async fn outcome(app: &App, counter: &CounterNotice, now: Timestamp) -> Result<Option<CounterOutcome>, Fault> {
    let (sql, id) = (app.ports.sql.as_ref(), &counter.image_id);
    let attempted = format!("bring {id} back");
    let found = images::states(sql, std::slice::from_ref(id)).await.attempt(&attempted)?;
    match found.first().map(|found| found.state) {
        Some(State::Live | State::Releasing) => return Ok(Some(CounterOutcome::Restored)),
        Some(State::Recovery) => {}
        // Its bytes are still on their way out.
        Some(State::Removing) => return Ok(None),
        Some(State::Pending | State::Held | State::Gone) | None => return Ok(Some(CounterOutcome::Gone)),
    }
    let ground = decisions::latest_ground(sql, id).await.attempt(&attempted)?;
    let is_for_copyright_only = ground == Some(Ground::Copyright);
    if !is_for_copyright_only
        || notice_images::others_stand(sql, id, &counter.notice_id, now).await.attempt(&attempted)?
    {
        return Ok(Some(CounterOutcome::Stays));
    }
    let review = Review {
        reviewer: Reviewer { operator: String::new(), seen: Seen::Facts },
        ground: Ground::NothingFound,
        reason: "its uploader has answered, and nobody has said that a court was asked".into(),
        notice: Some(counter.notice_id.clone()),
    };
    Ok(Some(match review::release(app, id, review).await? {
        Reviewed::Released { .. } | Reviewed::Restricted { .. } => CounterOutcome::Restored,
        Reviewed::Listed | Reviewed::Sealed | Reviewed::Prohibited { .. } | Reviewed::Held { .. } => {
            CounterOutcome::Stays
        }
        // Its date has passed meanwhile, or its bytes are gone.
        Reviewed::Refused | Reviewed::NothingWaits => CounterOutcome::Gone,
    }))
}

/// The letter to whoever answered; none if nobody can read who that was.
async fn letter(app: &App, counter: &CounterNotice, outcome: CounterOutcome) -> Result<Option<Written>, Fault> {
    let holder = AccountId::of_notice(&counter.id);
    let Some(key) = personal_keys::find(app, &holder).await? else { return Ok(None) };
    let opened = personal_keys::open(&key, &place(&counter.id), &counter.sealed)?;
    let text: Option<CounterText> = serde_json::from_str(&opened).ok();
    let Some(address) = text.and_then(|text| EmailAddress::parse(&text.email)) else { return Ok(None) };
    let link = page(app, &format!("/{}", counter.image_id))?;
    let letter = Letter::CounterNoticeSettled { outcome: outcome.label().to_owned(), link };
    write_letter::write(app, &holder, &key, &address, letter).map(Some)
}
