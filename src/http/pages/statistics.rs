//! `/statistics`: how many uploads and removals there were, of nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::figures::grouped;
use super::html;
use crate::app::App;
use crate::domain::statistics::Subject;
use crate::error::Error;
use crate::policy::statistics::{DAYS_TOLD, TOLD_FROM};
use crate::usecases::statistics::{Figure, KindFigure, Statistics, statistics};

/// A number, in words and as a bar.
#[derive(Default)]
struct Bar {
    words: String,
    /// Of the longest of its table, 0 to 100.
    percent: u64,
}

/// A row of the tables over time.
struct TimeRow {
    name: String,
    uploads: Bar,
    removals: Bar,
}

struct KindRow {
    name: String,
    bar: Bar,
}

/// How often there was each word of one kind.
struct KindTable {
    caption: &'static str,
    head: &'static str,
    rows: Vec<KindRow>,
}

#[derive(Template)]
#[template(path = "statistics.html")]
struct StatisticsPage {
    told_from: i64,
    days_told: i64,
    months: Vec<TimeRow>,
    days: Vec<TimeRow>,
    kinds: Vec<KindTable>,
}

/// `GET /statistics`.
///
/// # Errors
/// If the database fails.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let Statistics { days, kinds, months, .. } = statistics(&app).await?;
    let page = StatisticsPage {
        told_from: TOLD_FROM,
        days_told: DAYS_TOLD,
        months: over_time(months.into_iter().map(|row| (row.month, row.figure))),
        days: over_time(days.into_iter().map(|row| (row.day.day(), row.figure))),
        kinds: by_kind(&kinds),
    };
    html(StatusCode::OK, &page)
}

/// The latest first; of what is not told there is no number.
fn over_time(figures: impl Iterator<Item = (String, Figure)>) -> Vec<TimeRow> {
    let mut found: BTreeMap<String, [Option<Figure>; 2]> = BTreeMap::new();
    let mut longest = 0;
    for (name, figure) in figures {
        longest = longest.max(figure.told.unwrap_or_default());
        let [uploads, removals] = found.entry(name).or_default();
        let place = if figure.subject == Subject::Uploads.as_str() { uploads } else { removals };
        *place = Some(figure);
    }
    let bar = |figure: Option<Figure>| figure.map(|figure| Bar::of(&figure, longest)).unwrap_or_default();
    let row = |(name, [uploads, removals]): (String, [Option<Figure>; 2])| TimeRow {
        name,
        uploads: bar(uploads),
        removals: bar(removals),
    };
    found.into_iter().rev().map(row).collect()
}

/// What is told of the kinds, by each of their words: sums of what is told, and so no more than that.
fn by_kind(kinds: &[KindFigure]) -> Vec<KindTable> {
    type Word = fn(&KindFigure) -> &str;
    let tables: [(&str, &str, Subject, Word); 4] = [
        ("How uploads came in", "Way in", Subject::Uploads, |kind| &kind.surface),
        ("In which formats", "Format", Subject::Uploads, |kind| &kind.format),
        ("What was concluded about them", "Verdict", Subject::Uploads, |kind| &kind.verdict),
        ("Why pictures left public view", "Reason", Subject::Removals, |kind| &kind.reason),
    ];
    let table = |(caption, head, subject, word): (&'static str, &'static str, Subject, Word)| {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for kind in kinds.iter().filter(|kind| kind.figure.subject == subject.as_str()) {
            *sums.entry(word(kind)).or_default() += kind.figure.told.unwrap_or_default();
        }
        let longest = sums.values().copied().max().unwrap_or_default();
        let mut sums: Vec<(&str, u64)> = sums.into_iter().collect();
        // What is not told apart comes last.
        sums.sort_by_key(|(word, sum)| (word.is_empty(), std::cmp::Reverse(*sum)));
        let row = |(word, sum): (&str, u64)| KindRow {
            name: words_of(word).to_owned(),
            bar: Bar { words: grouped(sum), percent: percent(sum, longest) },
        };
        KindTable { caption, head, rows: sums.into_iter().map(row).collect() }
    };
    tables.into_iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

fn words_of(word: &str) -> &str {
    match word {
        "" => "few of each, not told apart",
        "jpeg" => "JPEG",
        "png" => "PNG",
        "gif" => "GIF",
        "webp" => "WebP",
        "web" => "the upload page",
        "api" => "the API",
        "import" => "the API, by URL",
        "safe" => "no objection",
        "flagged" => "to be reviewed",
        "restricted" => "shown after a warning",
        "prohibited" => "not allowed, never public",
        "unscanned" => "not judged yet",
        "expired" => "its time was over",
        "deleted" => "deleted by whoever uploaded it",
        "removed" => "found to be not allowed",
        "lost" => "lost by us",
        "unknown" => "not known any more",
        other => other,
    }
}

impl Bar {
    fn of(figure: &Figure, longest: u64) -> Self {
        let words = match (figure.told, figure.has_untold) {
            (None, _) => "few or none".to_owned(),
            (Some(told), 0) => grouped(told),
            (Some(told), _) => format!("{} and a few", grouped(told)),
        };
        Self { words, percent: percent(figure.told.unwrap_or_default(), longest) }
    }
}

fn percent(number: u64, longest: u64) -> u64 {
    number.saturating_mul(100).checked_div(longest).unwrap_or_default()
}
