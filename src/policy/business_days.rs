//! Business days: all but Saturdays, Sundays and the holidays of the United States government (5 U.S.C. 6103), which the clocks of
//! 17 U.S.C. 512(g) are counted in. The holidays follow from rules; a test compares them with the days that were published.

use jiff::civil::{Date, Weekday};

use crate::domain::time::{DAY_MS, HOUR_MS, Timestamp};

/// When a holiday is.
#[derive(Clone, Copy, Debug)]
enum On {
    /// On a day of a month; observed on Friday if that is a Saturday, on Monday if it is a Sunday (5 U.S.C. 6103(b); E.O. 11582).
    Day(i8, i8),
    /// On the first, second, … such day of a month; −1: the last.
    Nth(i8, Weekday, i8),
}

/// The holidays (5 U.S.C. 6103(a)).
const HOLIDAYS: [(&str, On); 11] = [
    ("New Year's Day", On::Day(1, 1)),
    ("Birthday of Martin Luther King, Jr.", On::Nth(1, Weekday::Monday, 3)),
    ("Washington's Birthday", On::Nth(2, Weekday::Monday, 3)),
    ("Memorial Day", On::Nth(5, Weekday::Monday, -1)),
    ("Juneteenth National Independence Day", On::Day(6, 19)),
    ("Independence Day", On::Day(7, 4)),
    ("Labor Day", On::Nth(9, Weekday::Monday, 1)),
    ("Columbus Day", On::Nth(10, Weekday::Monday, 2)),
    ("Veterans Day", On::Day(11, 11)),
    ("Thanksgiving Day", On::Nth(11, Weekday::Thursday, 4)),
    ("Christmas Day", On::Day(12, 25)),
];

/// How far the westernmost state that counts is behind UTC, in milliseconds: Hawaii.
const BEHIND_UTC_MS: i64 = 10 * HOUR_MS;

/// Days looked at for business days: more than any row of them needs, so that a mistake cannot become an endless loop.
const LOOKED_AT_MAX: usize = 400;

/// When `days` business days have ended everywhere in the United States that follow the day on which something came: not before
/// that, in whichever way days are counted.
#[must_use]
pub fn not_before(received_at: Timestamp, days: u32) -> Timestamp {
    end_of(received_at, days).plus_ms(BEHIND_UTC_MS)
}

/// When `days` business days end first that follow the day on which something came: by then at the latest, in whichever way days
/// are counted.
#[must_use]
pub fn not_after(received_at: Timestamp, days: u32) -> Timestamp {
    end_of(received_at.plus_ms(-BEHIND_UTC_MS), days)
}

/// The end of the UTC day that is `days` business days after that of `from`.
fn end_of(from: Timestamp, days: u32) -> Timestamp {
    let start = from.window_start(DAY_MS);
    let days = usize::try_from(days).unwrap_or(usize::MAX);
    let following = std::iter::successors(Some(start.plus_ms(DAY_MS)), |day| Some(day.plus_ms(DAY_MS)));
    let nth = following.take(LOOKED_AT_MAX).filter(|day| is_business_day(*day)).nth(days.saturating_sub(1));
    nth.unwrap_or(start.plus_ms(LOOKED_AT_MAX as i64 * DAY_MS)).plus_ms(DAY_MS)
}

fn is_business_day(day: Timestamp) -> bool {
    let Ok(at) = jiff::Timestamp::from_millisecond(day.0) else { return true };
    let date = jiff::tz::Offset::UTC.to_datetime(at).date();
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && holiday(date).is_none()
}

/// The holiday that is observed on a day.
fn holiday(date: Date) -> Option<&'static str> {
    HOLIDAYS.iter().find(|(_, on)| is_observed(*on, date)).map(|(name, _)| *name)
}

fn is_observed(on: On, date: Date) -> bool {
    match on {
        On::Nth(month, weekday, nth) => {
            let first = Date::new(date.year(), month, 1).ok();
            first.and_then(|first| first.nth_weekday_of_month(nth, weekday).ok()) == Some(date)
        }
        // New Year's Day may be observed in the year before.
        On::Day(month, day) => [date.year(), date.year().saturating_add(1)]
            .into_iter()
            .filter_map(|year| Date::new(year, month, day).ok())
            .any(|holiday| observed(holiday) == Some(date)),
    }
}

fn observed(holiday: Date) -> Option<Date> {
    match holiday.weekday() {
        Weekday::Saturday => holiday.yesterday().ok(),
        Weekday::Sunday => holiday.tomorrow().ok(),
        _ => Some(holiday),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As published by the Office of Personnel Management (opm.gov, "Federal Holidays").
    const PUBLISHED: [&[&str]; 5] = [
        &[
            "2021-01-01",
            "2021-01-18",
            "2021-02-15",
            "2021-05-31",
            "2021-06-18",
            "2021-07-05",
            "2021-09-06",
            "2021-10-11",
            "2021-11-11",
            "2021-11-25",
            "2021-12-24",
            "2021-12-31",
        ],
        &[
            "2024-01-01",
            "2024-01-15",
            "2024-02-19",
            "2024-05-27",
            "2024-06-19",
            "2024-07-04",
            "2024-09-02",
            "2024-10-14",
            "2024-11-11",
            "2024-11-28",
            "2024-12-25",
        ],
        &[
            "2026-01-01",
            "2026-01-19",
            "2026-02-16",
            "2026-05-25",
            "2026-06-19",
            "2026-07-03",
            "2026-09-07",
            "2026-10-12",
            "2026-11-11",
            "2026-11-26",
            "2026-12-25",
        ],
        &[
            "2027-01-01",
            "2027-01-18",
            "2027-02-15",
            "2027-05-31",
            "2027-06-18",
            "2027-07-05",
            "2027-09-06",
            "2027-10-11",
            "2027-11-11",
            "2027-11-25",
            "2027-12-24",
            "2027-12-31",
        ],
        &[
            "2028-01-17",
            "2028-02-21",
            "2028-05-29",
            "2028-06-19",
            "2028-07-04",
            "2028-09-04",
            "2028-10-09",
            "2028-11-10",
            "2028-11-23",
            "2028-12-25",
        ],
    ];

    #[test]
    fn holidays_are_those_that_were_published() {
        for published in PUBLISHED {
            let year: i16 = published[0][..4].parse().unwrap();
            let mut date = Date::new(year, 1, 1).unwrap();
            let mut found = Vec::new();
            while date.year() == year {
                found.extend(holiday(date).map(|_| date.to_string()));
                date = date.tomorrow().unwrap();
            }
            assert_eq!(found, published);
        }
        assert_eq!(holiday("2020-12-31".parse().unwrap()), None);
    }

    fn at(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().unwrap();
        Timestamp(at.as_millisecond())
    }

    #[test]
    fn ten_business_days_skip_weekends_and_holidays() {
        for (received, before, after) in [
            // A Monday without holidays in the way.
            ("2026-03-02T12:00:00Z", "2026-03-17T10:00:00Z", "2026-03-21T00:00:00Z"),
            // Thanksgiving within.
            ("2026-11-24T12:00:00Z", "2026-12-10T10:00:00Z", "2026-12-16T00:00:00Z"),
            // Christmas on a Friday, New Year's Day on a Friday.
            ("2026-12-18T12:00:00Z", "2027-01-06T10:00:00Z", "2027-01-12T00:00:00Z"),
            // Received on a Saturday: Monday is the first.
            ("2026-03-07T12:00:00Z", "2026-03-21T10:00:00Z", "2026-03-27T00:00:00Z"),
            // Christmas of 2027 and New Year's Day of 2028 are Saturdays, observed on Fridays.
            ("2027-12-20T12:00:00Z", "2028-01-06T10:00:00Z", "2028-01-12T00:00:00Z"),
        ] {
            assert_eq!(not_before(at(received), 10).rfc3339(), before, "{received}");
            assert_eq!(not_after(at(received), 14).rfc3339(), after, "{received}");
        }
    }

    #[test]
    fn a_leap_day_is_a_day() {
        // 29 February 2028 is a Tuesday, and a business day.
        assert_eq!(not_before(at("2028-02-28T12:00:00Z"), 1).rfc3339(), "2028-03-01T10:00:00Z");
        // Without it, the same in 2027.
        assert_eq!(not_before(at("2027-02-26T12:00:00Z"), 1).rfc3339(), "2027-03-02T10:00:00Z");
    }

    #[test]
    fn the_day_of_receipt_changes_in_a_millisecond() {
        let (last, first) = (at("2026-03-02T23:59:59.999Z"), at("2026-03-03T00:00:00Z"));
        assert_eq!(first.ms_since(last), 1);
        assert_eq!(not_before(first, 10).ms_since(not_before(last, 10)), DAY_MS);
        // In Hawaii it is still Tuesday for ten hours more; the fourteenth day is a Monday, and then a Tuesday.
        let (last, first) = (at("2026-03-04T09:59:59.999Z"), at("2026-03-04T10:00:00Z"));
        assert_eq!(not_after(first, 14).ms_since(not_after(last, 14)), DAY_MS);
    }

    #[test]
    fn there_is_always_time_between() {
        let start = at("2024-01-01T00:00:00Z");
        for hour in 0..(5 * 366 * 24) {
            let received = start.plus_ms(hour * HOUR_MS);
            let (before, after) = (not_before(received, 10), not_after(received, 14));
            assert!(after.ms_since(before) >= DAY_MS, "{}", received.rfc3339());
            // Late on a Sunday, Monday is the first of ten.
            assert!(before.ms_since(received) > 12 * DAY_MS && after.ms_since(received) < 30 * DAY_MS);
        }
    }
}
