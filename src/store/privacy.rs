//! The column `images.is_private`: who sees an image that is live.

use super::run;
use crate::domain::ids::ImageId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement};

const SET: &str = "
    UPDATE images SET is_private = ?2, next_attempt_at = min(coalesce(next_attempt_at, ?3), ?3)
    WHERE id = ?1 AND state = 'live' AND account_id IS NOT NULL
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[SET];

/// Makes a live image of an account private, or public, and has a job look after it at `again_at` at the latest; answers
/// whether there is one.
///
/// # Errors
/// If the database fails.
pub async fn set(sql: &dyn Sql, id: &ImageId, is_private: bool, again_at: Timestamp) -> Result<bool, SqlFailure> {
    let params = [id.as_str().into(), i64::from(is_private).into(), again_at.0.into()];
    Ok(!run(sql, Statement::new(SET, params)).await?.is_empty())
}
