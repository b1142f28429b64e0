//! `/transparency`: what was decided about pictures, by whom and how fast, month by month and of nobody.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::figures::grouped;
use super::html;
use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::notice::{NoticeKind, NoticeOutcome};
use crate::domain::statement::AppealOutcome;
use crate::error::Error;
use crate::policy::transparency::{TOLD_IN_STEPS_OF, WAITS};
use crate::usecases::transparency::{ToldRow, told_months};

/// The measures, in the order of the page, with what their tables are called.
const TABLES: [(&str, &str); 9] = [
    ("notices", "What people reported"),
    ("notice-outcomes", "What was decided about reports"),
    ("notice-waits", "How long a report waited until a person had decided"),
    ("actions", "What was kept from view, or put behind a warning"),
    ("appeals", "What came of appeals"),
    ("reversals", "What was taken back"),
    ("waits", "How long a picture waited until a person had decided"),
    ("agreement", "What people said of what the classifier had said"),
    ("authorities", "Authorities"),
];

/// How often there was one kind.
struct Line {
    words: String,
    count: String,
}

struct Table {
    caption: &'static str,
    lines: Vec<Line>,
    /// What follows from the lines; empty: nothing.
    sum: String,
}

struct Month {
    name: String,
    tables: Vec<Table>,
}

#[derive(Template)]
#[template(path = "transparency.html")]
struct TransparencyPage {
    steps: i64,
    /// The latest first.
    months: Vec<Month>,
}

/// `GET /transparency`.
///
/// # Errors
/// If the database fails.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let rows = told_months(&app).await?;
    let mut months: Vec<Month> = Vec::new();
    // In the order of months.
    for rows in rows.chunk_by(|one, other| one.month == other.month) {
        let name = rows.first().map(|row| row.month.month()).unwrap_or_default();
        let tables = TABLES.iter().filter_map(|(measure, caption)| table(rows, measure, caption)).collect();
        months.push(Month { name, tables });
    }
    months.reverse();
    html(StatusCode::OK, &TransparencyPage { steps: TOLD_IN_STEPS_OF, months })
}

fn table(rows: &[ToldRow], measure: &str, caption: &'static str) -> Option<Table> {
    let mut rows: Vec<&ToldRow> = rows.iter().filter(|row| row.measure == measure).collect();
    let wait = |row: &&ToldRow| WAITS.iter().position(|(_, words)| *words == row.kind);
    rows.sort_by_key(|row| (wait(row), std::cmp::Reverse(row.count)));
    let count = |row: &ToldRow| row.count.unwrap_or_default();
    let all: u64 = rows.iter().map(|row| count(row)).sum();
    let of = |is: fn(&str) -> bool| -> u64 { rows.iter().filter(|row| is(&row.kind)).map(|row| count(row)).sum() };
    let percent = |part: u64| part.saturating_mul(100).checked_div(all).unwrap_or_default();
    let sum = match measure {
        "actions" => {
            let by_people = of(|kind| kind.starts_with("operator "));
            format!(
                "About {} in a hundred of these were decided by a program alone.",
                percent(all.saturating_sub(by_people))
            )
        }
        "agreement" => {
            let wrong = of(|kind| kind.starts_with("too "));
            format!("About {} in a hundred of what people looked at was judged wrongly before.", percent(wrong))
        }
        "appeals" => {
            let right = of(|kind| kind == AppealOutcome::Reversed.as_str());
            format!("About {} in a hundred were right.", percent(right))
        }
        "waits" | "notice-waits" => {
            let mut passed = 0;
            let half = rows.iter().find(|row| {
                passed += count(row);
                passed.saturating_mul(2) >= all
            });
            half.map(|row| format!("Half of them: {}.", row.kind)).unwrap_or_default()
        }
        _ => String::new(),
    };
    let line = |row: &&ToldRow| Line { words: words_of(measure, &row.kind), count: grouped(count(row)) };
    (!rows.is_empty()).then(|| Table { caption, lines: rows.iter().map(line).collect(), sum })
}

/// The words for a kind; of one that a later release knows, its name.
fn label(known: Option<&'static str>, kind: &str) -> String {
    known.unwrap_or(kind).to_owned()
}

fn words_of(measure: &str, kind: &str) -> String {
    match measure {
        "notices" => return label(NoticeKind::parse(kind).map(NoticeKind::label), kind),
        "notice-outcomes" => {
            let (kind, outcome) = kind.split_once(' ').unwrap_or((kind, ""));
            let reported = label(NoticeKind::parse(kind).map(NoticeKind::label), kind);
            return format!("{reported}: {}", label(NoticeOutcome::parse(outcome).map(NoticeOutcome::label), outcome));
        }
        "appeals" => return label(AppealOutcome::parse(kind).map(AppealOutcome::label), kind),
        _ => {}
    }
    if measure != "actions" {
        return match kind {
            "undone" => "a decision taken back".to_owned(),
            "restored" => "a picture brought back".to_owned(),
            "agreed" => "it was right".to_owned(),
            "too strict" => "it was too strict".to_owned(),
            "too lenient" => "it was too lenient".to_owned(),
            "reported" => "reported to an authority".to_owned(),
            "dismissed" => "found not to need a report".to_owned(),
            "ordered" => "preserved by an order".to_owned(),
            other => other.to_owned(),
        };
    }
    let mut words = kind.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default();
    let by = match next() {
        "operator" => "by a person",
        "model" => "by the classifier",
        "known_bad" => "as known material",
        "outside" => "by a second classifier",
        _ => "by the rules",
    };
    let what = if next() == "restricted" { "Behind a warning" } else { "Not allowed" };
    let why = next();
    match (Ground::parse(why), why) {
        (Some(ground), _) => format!("{what}, {by}: {}", ground.label()),
        (None, "") => format!("{what}, {by}"),
        (None, list) => format!("{what}, {by}: {list}"),
    }
}
