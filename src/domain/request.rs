//! Requests to the API as they are listed: classes of statuses, and places in a list.

use super::time::Timestamp;

/// Which statuses are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusClass {
    /// All of them.
    #[default]
    Any,
    /// 200 to 299: done.
    Done,
    /// 300 to 399: somewhere else, or not changed.
    Elsewhere,
    /// 400 to 499: refused.
    Refused,
    /// 500 to 599: our fault.
    Failed,
}

impl StatusClass {
    /// Those that can be asked for by name.
    pub const NAMED: [Self; 4] = [Self::Done, Self::Elsewhere, Self::Refused, Self::Failed];

    /// Its name in addresses; empty for all.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Done => "2xx",
            Self::Elsewhere => "3xx",
            Self::Refused => "4xx",
            Self::Failed => "5xx",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Any].into_iter().chain(Self::NAMED).find(|class| class.as_str() == name)
    }

    /// The class that a status belongs to.
    #[must_use]
    pub fn of(status: u16) -> Self {
        let is_of = |class: &Self| (class.statuses().0..class.statuses().1).contains(&i64::from(status));
        Self::NAMED.into_iter().find(is_of).unwrap_or(Self::Any)
    }

    /// From which status, and before which.
    #[must_use]
    pub fn statuses(self) -> (i64, i64) {
        match self {
            Self::Any => (0, 1_000),
            Self::Done => (200, 300),
            Self::Elsewhere => (300, 400),
            Self::Refused => (400, 500),
            Self::Failed => (500, 600),
        }
    }
}

/// A place in a list of requests, the latest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPlace {
    /// When the request came.
    pub at: Timestamp,
    /// What the answer called it, which orders those of the same millisecond.
    pub id: String,
}

impl RequestPlace {
    /// Before the latest.
    #[must_use]
    pub fn start() -> Self {
        Self { at: Timestamp(i64::MAX >> 11), id: String::new() }
    }

    /// As callers hand it back; nothing to take apart.
    #[must_use]
    pub fn cursor(&self) -> String {
        format!("{:x}-{}", self.at.0, self.id)
    }

    /// Reads a cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('-')?;
        let is_plain =
            |text: &str| (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let at = is_plain(at).then(|| i64::from_str_radix(at, 16).ok())??;
        // Beyond that, the database would count in floating point.
        let at = Some(Timestamp(at)).filter(|at| *at < Self::start().at)?;
        is_plain(id).then(|| Self { at, id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nothing_else_does() {
        let place = RequestPlace { at: Timestamp(1_795_521_600_000), id: "0123456789abcdef".to_owned() };
        assert_eq!(RequestPlace::parse(&place.cursor()), Some(place));
        for wrong in ["", "-", "1-", "-a", "x-a", "1-a'b", "7fffffffffffffff-a", "-1-a", "1-00000000000000000"] {
            assert_eq!(RequestPlace::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_status_is_of_one_class() {
        for class in StatusClass::NAMED {
            assert_eq!(StatusClass::parse(class.as_str()), Some(class));
            for status in class.statuses().0..class.statuses().1 {
                assert_eq!(u16::try_from(status).map(StatusClass::of), Ok(class));
            }
        }
        assert_eq!((StatusClass::parse(""), StatusClass::parse("1xx")), (Some(StatusClass::Any), None));
    }
}
