//! Points in time and lengths of time, in the one unit the database uses.

use serde::{Deserialize, Serialize};

/// One second, in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute, in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour, in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day of 24 hours, in milliseconds. Retention counts hours, not calendar days, so that no
/// time zone or daylight-saving rule can shorten a promise.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This point moved by `ms` milliseconds (negative: earlier); stops at the ends of the range.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this point; negative if `earlier` is later.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The start of the window of `window_ms` milliseconds that holds this point.
    #[must_use]
    pub fn window_start(self, window_ms: i64) -> Self {
        Self(self.0 - self.0.rem_euclid(window_ms.max(1)))
    }

    /// The start of the calendar month (UTC) that holds this point.
    #[must_use]
    pub fn month_start(self) -> Self {
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let utc = jiff::tz::Offset::UTC;
        let month = utc.to_datetime(at).date().first_of_month();
        let midnight = utc.to_timestamp(month.to_datetime(jiff::civil::Time::midnight()));
        // Only what is outside the calendar has no midnight; counting all is then right.
        Self(midnight.map_or(0, jiff::Timestamp::as_millisecond))
    }

    /// The start of the calendar month (UTC) after the one that holds this point.
    #[must_use]
    pub fn next_month_start(self) -> Self {
        // No month has more than 31 days, and none that begins then ends before the next.
        self.month_start().plus_ms(31 * DAY_MS + DAY_MS).month_start()
    }

    /// `2026-11`: the calendar month (UTC).
    #[must_use]
    pub fn month(self) -> String {
        self.civil("%Y-%m")
    }

    /// `2026-11-24T09:30:00Z` (RFC 3339, whole seconds, UTC).
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.civil("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `Tue, 24 Nov 2026 09:30:00 GMT` (RFC 9110 §5.6.7, IMF-fixdate).
    #[must_use]
    pub fn http_date(self) -> String {
        self.civil("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// `2026-11-24`: the UTC day.
    #[must_use]
    pub fn day(self) -> String {
        self.civil("%Y-%m-%d")
    }

    /// `24 November 2026, 09:30 UTC`, for people.
    #[must_use]
    pub fn human(self) -> String {
        self.civil("%-d %B %Y, %H:%M UTC")
    }

    /// The beginning of the UTC day that `2026-11-24` names; `None` for anything else.
    #[must_use]
    pub fn from_day(text: &str) -> Option<Self> {
        let day: jiff::civil::Date = text.trim().parse().ok()?;
        let start = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        Some(Self(start.as_millisecond()))
    }

    /// Reads an HTTP date (RFC 9110 §5.6.7); `None` for anything else.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    fn civil(self, format: &str) -> String {
        // Out-of-range values cannot come from our own clock; the epoch is printed for them
        // because a formatting routine must not be able to fail a request.
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        at.strftime(format).to_string()
    }
}

/// `30 days`, `1 hour`, `5 minutes`: the largest unit that divides `ms` without a rest.
#[must_use]
pub fn human_duration(ms: i64) -> String {
    let (count, unit) = [(DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")]
        .into_iter()
        .find(|(unit_ms, _)| ms >= *unit_ms && ms % unit_ms == 0)
        .map_or((ms / SECOND_MS, "second"), |(unit_ms, unit)| (ms / unit_ms, unit));
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// `3 days`, `2 hours`: as many whole ones of the largest unit as there are in `ms`.
#[must_use]
pub fn rough_duration(ms: i64) -> String {
    let unit_ms = [DAY_MS, HOUR_MS, MINUTE_MS].into_iter().find(|unit_ms| ms >= *unit_ms).unwrap_or(SECOND_MS);
    human_duration(ms - ms % unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: Timestamp = Timestamp(1_795_512_600_000);

    #[test]
    fn a_timestamp_prints_in_every_notation() {
        assert_eq!(NOVEMBER.rfc3339(), "2026-11-24T09:30:00Z");
        assert_eq!(NOVEMBER.http_date(), "Tue, 24 Nov 2026 09:30:00 GMT");
        assert_eq!(NOVEMBER.day(), "2026-11-24");
        assert_eq!(NOVEMBER.human(), "24 November 2026, 09:30 UTC");
    }

    #[test]
    fn an_http_date_reads_back() {
        assert_eq!(Timestamp::from_http_date(&NOVEMBER.http_date()), Some(NOVEMBER));
        assert_eq!(Timestamp::from_http_date("yesterday"), None);
    }

    #[test]
    fn a_month_starts_at_midnight_of_its_first_day() {
        assert_eq!(NOVEMBER.month_start().rfc3339(), "2026-11-01T00:00:00Z");
        assert_eq!(NOVEMBER.month_start().month_start(), NOVEMBER.month_start());
    }

    #[test]
    fn months_follow_one_another() {
        assert_eq!((NOVEMBER.month(), NOVEMBER.next_month_start().month()), ("2026-11".into(), "2026-12".into()));
        let mut at = NOVEMBER.month_start();
        for _ in 0..60 {
            let next = at.next_month_start();
            assert!((28..=31).contains(&(next.ms_since(at) / DAY_MS)), "{}", at.rfc3339());
            assert_eq!(next.plus_ms(-1).month_start(), at);
            at = next;
        }
        assert_eq!(at.rfc3339(), "2031-11-01T00:00:00Z");
    }

    #[test]
    fn a_window_starts_at_or_before_its_points() {
        assert_eq!(Timestamp(HOUR_MS + 5).window_start(HOUR_MS), Timestamp(HOUR_MS));
        assert_eq!(Timestamp(-1).window_start(HOUR_MS), Timestamp(-HOUR_MS));
    }

    #[test]
    fn a_duration_is_told_in_its_largest_whole_unit() {
        assert_eq!(human_duration(30 * DAY_MS), "30 days");
        assert_eq!(human_duration(HOUR_MS), "1 hour");
        assert_eq!(human_duration(90 * MINUTE_MS), "90 minutes");
        assert_eq!(human_duration(1_500), "1 second");
    }
}
