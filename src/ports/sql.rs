//! The database: SQL is written once and runs on D1 and on SQLite over the same migrations.

use async_trait::async_trait;
use serde::de::DeserializeOwned;

/// A bound parameter. D1 has no integer type of its own on the wire: adapters bind integers as
/// 64-bit floats, so a value must fit 53 bits.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number of at most 53 bits.
    Integer(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One statement with its parameters, numbered `?1`, `?2`, …
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text; constant, so that every statement can be prepared in a test.
    pub sql: &'static str,
    /// Values for its placeholders, in order; at most 100 (D1's limit).
    pub params: Vec<Value>,
}

impl Statement {
    /// A statement with its parameters.
    #[must_use]
    pub fn new<const N: usize>(sql: &'static str, params: [Value; N]) -> Self {
        Self { sql, params: params.into() }
    }
}

/// A result row: column name to value.
pub type Row = serde_json::Map<String, serde_json::Value>;

/// Why the database did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlFailure {
    /// A UNIQUE or PRIMARY KEY constraint: somebody was first.
    #[error("already exists: {0}")]
    Conflict(String),
    /// Another rule of the schema, a CHECK or a trigger: nothing was written.
    #[error("refused: {0}")]
    Refused(String),
    /// Anything else; whether a write happened is unknown.
    #[error("database: {0}")]
    Failed(String),
}

/// D1's only transaction: a batch.
#[async_trait]
pub trait Sql: Send + Sync {
    /// Runs the statements in order, all or none, and answers each one's rows.
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, SqlFailure>;
}

/// Reads a row into the struct beside its SQL.
///
/// # Errors
/// If a column is missing or of another type: the schema and the code disagree.
pub fn read_row<T: DeserializeOwned>(row: Row) -> Result<T, SqlFailure> {
    serde_json::from_value(serde_json::Value::Object(row)).map_err(|e| SqlFailure::Failed(format!("row: {e}")))
}
