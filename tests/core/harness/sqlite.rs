//! The database port on SQLite, over the real migrations, with D1's limits enforced.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use async_trait::async_trait;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};
use serde_json::Value as Json;
use tintype::ports::sql::{Row, Sql, SqlFailure, Statement, Value};

use super::platform_limits::{INTEGER_MAX, PARAMS_MAX, SQL_BYTES_MAX, TEXT_BYTES_MAX};

pub struct SqliteSql(Mutex<Connection>, AtomicUsize);

/// A whole database, as it was at a moment.
pub struct Snapshot(PathBuf);

impl Drop for Snapshot {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

struct Param(Value);

impl ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(match &self.0 {
            Value::Null => SqlValue::Null,
            // As D1 does, so that a statement that works only with true integers fails here too.
            Value::Integer(number) => SqlValue::Real(*number as f64),
            Value::Text(text) => SqlValue::Text(text.clone()),
        }))
    }
}

impl SqliteSql {
    /// An empty database after every migration. They run once; each world has a copy of what they made, because tests make
    /// tens of thousands of worlds.
    pub fn migrated() -> Self {
        static MADE: LazyLock<Mutex<Connection>> = LazyLock::new(|| {
            let connection = Connection::open_in_memory().expect("SQLite opens in memory");
            for (_, sql) in migrations() {
                connection.execute_batch(&sql).expect("migrations apply");
            }
            Mutex::new(connection)
        });
        let mut connection = Connection::open_in_memory().expect("SQLite opens in memory");
        copy(&MADE.lock().expect("not poisoned"), &mut connection);
        connection.set_prepared_statement_cache_capacity(512);
        // Else a statement is prepared anew whenever other values are bound, which takes a third of the time of a simulation.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).expect("SQLite knows it");
        Self(Mutex::new(connection), AtomicUsize::new(0))
    }

    /// Runs a query outside the ports, for assertions and for setting a scene.
    pub fn query(&self, sql: &str) -> Vec<Row> {
        let connection = self.0.lock().expect("not poisoned");
        run(&connection, sql, &[]).expect("a test's query is right")
    }

    /// How many steps SQLite's machine has taken for what came through the port: what a query costs, whatever else the machine does.
    pub fn steps(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }

    /// The database as it is now, in a file.
    pub fn snapshot(&self) -> Snapshot {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("tintype-back-{}-{}.sqlite", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let file = std::env::temp_dir().join(name);
        let path = file.to_string_lossy().into_owned();
        self.with_connection(|connection| connection.execute("VACUUM INTO ?1", [path.as_str()]).expect("copies"));
        Snapshot(file)
    }

    /// Sets the database back to what it was; everything else stays as it is.
    pub fn set_back(&self, snapshot: &Snapshot) {
        let connection = Connection::open_in_memory().expect("SQLite opens in memory");
        let path = snapshot.0.to_string_lossy().into_owned();
        connection.execute("ATTACH ?1 AS old", [path.as_str()]).expect("attaches");
        let texts = |sql: &str| -> Vec<(String, String)> {
            let mut statement = connection.prepare(sql).expect("prepares");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("reads");
            rows.map(|row| row.expect("readable")).collect()
        };
        let schema =
            "SELECT name, sql FROM old.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type";
        for (name, sql) in texts(&format!("{schema} = 'table'")) {
            connection
                .execute_batch(&format!("{sql}; INSERT INTO main.{name} SELECT * FROM old.{name};"))
                .expect("copies");
        }
        // Triggers last: nothing happens again.
        for (_, sql) in texts(&format!("{schema} <> 'table' ORDER BY type")) {
            connection.execute_batch(&sql).expect("copies");
        }
        connection.execute_batch("DETACH old").expect("detaches");
        connection.set_prepared_statement_cache_capacity(64);
        *self.0.lock().expect("not poisoned") = connection;
    }

    pub fn with_connection<T>(&self, use_it: impl FnOnce(&Connection) -> T) -> T {
        use_it(&self.0.lock().expect("not poisoned"))
    }
}

fn copy(from: &Connection, to: &mut Connection) {
    let outcome = Backup::new(from, to).expect("SQLite copies").step(-1).expect("SQLite copies");
    assert_eq!(outcome, StepResult::Done);
}

/// The migrations, in order: file name and text.
pub fn migrations() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("migrations/ is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(|c: char| c.is_ascii_digit())))
        .collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("readable"))).collect()
}

#[async_trait]
impl Sql for SqliteSql {
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, SqlFailure> {
        let mut connection = self.0.lock().expect("not poisoned");
        let transaction = connection.transaction().map_err(failure)?;
        let mut results = Vec::with_capacity(statements.len());
        for statement in statements {
            check_limits(&statement)?;
            results.push(run_counting(&transaction, statement.sql, &statement.params, &self.1).map_err(failure)?);
        }
        transaction.commit().map_err(failure)?;
        Ok(results)
    }
}

/// Refuses what D1 refuses.
fn check_limits(statement: &Statement) -> Result<(), SqlFailure> {
    let is_too_long = |param: &Value| matches!(param, Value::Text(text) if text.len() > TEXT_BYTES_MAX);
    for param in &statement.params {
        if let Value::Integer(number) = param {
            assert!(number.abs() <= INTEGER_MAX, "{number} does not fit D1's numbers");
        }
    }
    let broken = match () {
        () if statement.params.len() > PARAMS_MAX => "too many parameters",
        () if statement.sql.len() > SQL_BYTES_MAX => "the statement is too long",
        () if statement.params.iter().any(is_too_long) => "a text is too long",
        () => return Ok(()),
    };
    eprintln!("over a limit of the platform: {broken}");
    Err(SqlFailure::Failed(format!("{broken}: {:.200}", statement.sql)))
}

fn run(connection: &Connection, sql: &str, params: &[Value]) -> rusqlite::Result<Vec<Row>> {
    run_counting(connection, sql, params, &AtomicUsize::new(0))
}

fn run_counting(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    steps: &AtomicUsize,
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query(params_from_iter(params.iter().cloned().map(Param)))?;
    let mut result = Vec::new();
    while let Some(row) = rows.next()? {
        let mut read = Row::new();
        for (index, column) in columns.iter().enumerate() {
            let value = match row.get_ref(index)? {
                ValueRef::Null => Json::Null,
                ValueRef::Integer(number) => Json::from(number),
                ValueRef::Real(number) => Json::from(number),
                ValueRef::Text(text) => Json::from(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(_) => panic!("blobs are not used: {column}"),
            };
            read.insert(column.clone(), value);
        }
        result.push(read);
    }
    drop(rows);
    let taken = statement.reset_status(rusqlite::StatementStatus::VmStep);
    steps.fetch_add(usize::try_from(taken).unwrap_or_default(), Ordering::Relaxed);
    Ok(result)
}

fn failure(error: rusqlite::Error) -> SqlFailure {
    /// SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE.
    const TAKEN: [i32; 2] = [1555, 2067];
    match &error {
        rusqlite::Error::SqliteFailure(code, _)
            if code.code == ErrorCode::ConstraintViolation && TAKEN.contains(&code.extended_code) =>
        {
            SqlFailure::Conflict(error.to_string())
        }
        rusqlite::Error::SqliteFailure(code, _) if code.code == ErrorCode::ConstraintViolation => {
            SqlFailure::Refused(error.to_string())
        }
        _ => SqlFailure::Failed(error.to_string()),
    }
}
