//! The `reports` table: what must be reported to an authority (promise IMP-24). Rows leave with their image's row,
//! which stays as long as one is due.

use super::json_list;
use crate::domain::ids::ImageId;
use crate::domain::known_bad::Match;
use crate::domain::time::Timestamp;
use crate::ports::sql::Statement;

const ENTER: &str = "
    INSERT INTO reports (image_id, list, category, kind, distance, surface, uploaded_at, created_at, state)
    SELECT id, ?3, ?4, ?5, ?6, surface, created_at, ?7, 'due'
    FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))
    ON CONFLICT (image_id) DO NOTHING";

pub(super) const STATEMENTS: &[&str] = &[ENTER];

/// Notes that an image that is in one of `states` has to be reported, once.
#[must_use]
pub fn enter(id: &ImageId, states: &[&'static str], matched: &Match, now: Timestamp) -> Statement {
    let params = [
        id.as_str().into(),
        json_list(states.iter().copied()).into(),
        matched.list.as_str().into(),
        matched.category.as_str().into(),
        matched.kind.as_str().into(),
        matched.distance.map(i64::from).into(),
        now.0.into(),
    ];
    Statement::new(ENTER, params)
}
