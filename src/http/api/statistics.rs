//! `/statistics.json`: how many uploads and removals there were, of nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Serialize;

use super::json;
use crate::app::App;
use crate::domain::statistics::Subject;
use crate::error::Error;
use crate::policy::statistics::TOLD_FROM;
use crate::usecases::statistics::{Figure, KindFigure, statistics};

#[derive(Serialize)]
struct StatisticsObject {
    object: &'static str,
    /// Of fewer of a kind on a day nothing is told.
    told_from: i64,
    /// The first day of `days` and `kinds`.
    days_from: String,
    days: Vec<DayObject>,
    kinds: Vec<KindObject>,
    months: Vec<MonthObject>,
}

#[derive(Serialize, Default)]
struct CountObject {
    /// All that is told, together.
    count: u64,
    /// Whether there may have been a few more, which are not told.
    few_more: bool,
}

#[derive(Serialize)]
struct DayObject {
    day: String,
    uploads: CountObject,
    removals: CountObject,
}

#[derive(Serialize)]
struct MonthObject {
    month: String,
    /// Of how many days something is told.
    days: u64,
    uploads: CountObject,
    removals: CountObject,
}

/// A kind; without any word, all others together.
#[derive(Serialize)]
struct KindObject {
    subject: String,
    surface: Option<String>,
    format: Option<String>,
    verdict: Option<String>,
    reason: Option<String>,
    count: u64,
}

/// `GET /statistics.json`.
///
/// # Errors
/// If the database fails.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let told = statistics(&app).await?;
    let mut days: BTreeMap<String, DayObject> = BTreeMap::new();
    for row in told.days {
        let day = row.day.day();
        let empty =
            || DayObject { day: day.clone(), uploads: CountObject::default(), removals: CountObject::default() };
        let object = days.entry(day.clone()).or_insert_with(empty);
        *of_subject(&mut object.uploads, &mut object.removals, &row.figure) = CountObject::from(&row.figure);
    }
    let mut months: BTreeMap<String, MonthObject> = BTreeMap::new();
    for row in told.months {
        let empty = || MonthObject {
            month: row.month.clone(),
            days: row.days,
            uploads: CountObject::default(),
            removals: CountObject::default(),
        };
        let object = months.entry(row.month.clone()).or_insert_with(empty);
        *of_subject(&mut object.uploads, &mut object.removals, &row.figure) = CountObject::from(&row.figure);
    }
    let object = StatisticsObject {
        object: "statistics",
        told_from: TOLD_FROM,
        days_from: told.days_from.day(),
        days: days.into_values().rev().collect(),
        kinds: told.kinds.into_iter().map(KindObject::from).collect(),
        months: months.into_values().rev().collect(),
    };
    json(StatusCode::OK, &object)
}

fn of_subject<'a, T>(uploads: &'a mut T, removals: &'a mut T, figure: &Figure) -> &'a mut T {
    if figure.subject == Subject::Removals.as_str() { removals } else { uploads }
}

impl From<&Figure> for CountObject {
    fn from(figure: &Figure) -> Self {
        Self { count: figure.told.unwrap_or_default(), few_more: figure.has_untold != 0 }
    }
}

impl From<KindFigure> for KindObject {
    fn from(kind: KindFigure) -> Self {
        let word = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            subject: kind.figure.subject,
            surface: word(kind.surface),
            format: word(kind.format),
            verdict: word(kind.verdict),
            reason: word(kind.reason),
            count: kind.figure.told.unwrap_or_default(),
        }
    }
}
