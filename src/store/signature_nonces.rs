//! The `signature_nonces` table: what was signed once and must not be taken twice.

use super::run;
use crate::domain::ids::ApiKeyId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement};

const SPEND: &str = "INSERT INTO signature_nonces (key_id, nonce, expires_at) VALUES (?1, ?2, ?3)";

const FORGET_OLD: &str = "
    DELETE FROM signature_nonces
    WHERE (key_id, nonce) IN (SELECT key_id, nonce FROM signature_nonces WHERE expires_at <= ?1
                              ORDER BY expires_at LIMIT ?2)
    RETURNING key_id";

pub(super) const STATEMENTS: &[&str] = &[SPEND, FORGET_OLD];

/// Spends a nonce of a key; conflicts if it was spent.
#[must_use]
pub fn spend(key_id: &ApiKeyId, nonce: &str, expires_at: Timestamp) -> Statement {
    Statement::new(SPEND, [key_id.as_str().into(), nonce.into(), expires_at.0.into()])
}

/// Forgets at most `limit` nonces whose time was over at `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
