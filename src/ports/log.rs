//! What is written down about our own faults. Nothing about callers: a log line has these fields and
//! no others, and each is in the data map.

use serde::Serialize;

/// One log line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// `fault` or `job`.
    pub kind: &'static str,
    /// What was attempted, in our own words.
    pub attempted: String,
    /// What went wrong or what was done, in our own or the platform's words.
    pub outcome: String,
    /// The request it happened in, if any; shown to the caller, so that a report can be matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Where log lines go.
pub trait Log: Send + Sync {
    /// Writes one line.
    fn write(&self, line: &LogLine);
}
