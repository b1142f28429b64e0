//! The database: every statement against the migrated schema, and the migrations themselves.

use std::path::Path;

use rusqlite::Connection;
use tintype::store::every_statement;

use crate::harness::blessed::compare_or_bless;
use crate::harness::sqlite::{SqliteSql, migrations};

/// Statements that may read a table or index from one end to the other, and why that is bounded.
const FULL_SCANS: &[(&str, &str)] = &[
    ("AS due FROM", "the first of an index, in its order, until the limit"),
    ("ORDER BY coalesce(erasures.tried_at, 0)", "sorts the accounts whose time has come, which are few"),
    ("SELECT max(subject) AS last", "the first of a primary key, in its order, until the limit"),
    ("AS open, min(due_at) AS first_due", "counts the first of an index, in its order, until the limit"),
    ("AS open, min(created_at) AS first_due", "counts the first of an index, in its order, until the limit"),
    ("AS open, min(entered_at) AS oldest", "counts the first of an index, in its order, until the limit"),
    ("FROM audits ORDER BY rule", "one row for each rule that there is"),
];

/// A step of a plan, and of which step it is a part.
#[derive(Debug)]
struct Step {
    parent: i64,
    detail: String,
}

fn plan(connection: &Connection, sql: &str) -> Vec<Step> {
    let mut statement =
        connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let count = statement.parameter_count();
    let params = rusqlite::params_from_iter((0..count).map(|_| "[]"));
    let step = |row: &rusqlite::Row| Ok(Step { parent: row.get("parent")?, detail: row.get("detail")? });
    let rows = statement.query_map(params, step).expect("plans");
    rows.map(|row| row.expect("readable")).collect()
}

/// Steps of a plan that read a table of ours as a whole, or sort what no index sorts.
fn full_scans(plan: &[Step]) -> Vec<&Step> {
    let is_scan = |step: &Step| {
        step.detail.starts_with("SCAN")
            && !step.detail.contains("json_each")
            && !step.detail.contains("VIRTUAL TABLE")
            && step.detail != "SCAN CONSTANT ROW"
    };
    // Reading an index in order, up to a limit, is what indexes are for; it says so with USING INDEX. Not so if another table decides
    // which of its rows are wanted: then it is read to its end.
    let is_in_order = |step: &Step| {
        let is_by_index = step.detail.contains("USING INDEX") || step.detail.contains("USING COVERING INDEX");
        let beside = |other: &&Step| other.parent == step.parent && other.detail.starts_with("SEARCH");
        is_by_index && !plan.iter().any(|other| beside(&other))
    };
    let is_full = |step: &&Step| {
        is_scan(step) && !is_in_order(step)
            || step.detail.contains("USE TEMP B-TREE") && step.detail.ends_with("ORDER BY")
            || step.detail.contains("AUTOMATIC")
    };
    plan.iter().filter(is_full).collect()
}

#[test]
fn every_statement_prepares_and_finds_its_rows_by_an_index() {
    let sql = SqliteSql::migrated();
    sql.with_connection(|connection| {
        let statements = every_statement();
        assert!(statements.len() >= 25, "{}", statements.len());
        for statement in statements {
            connection.prepare(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
            let plan = plan(connection, statement);
            let allowed = FULL_SCANS.iter().any(|(part, _)| statement.contains(part));
            assert!(allowed || full_scans(&plan).is_empty(), "{statement}\n{plan:#?}");
        }
        for (part, why) in FULL_SCANS {
            assert!(every_statement().iter().any(|s| s.contains(part)), "{part} is no statement any more");
            assert!(why.len() > 20);
        }
    });
}

#[test]
fn the_check_finds_a_full_scan() {
    let sql = SqliteSql::migrated();
    sql.with_connection(|connection| {
        for bad in [
            "SELECT id FROM images WHERE surface = ?1",
            "SELECT id FROM images ORDER BY surface",
            "SELECT id FROM accounts WHERE erase_at > ?1 ORDER BY erase_at, name",
            "DELETE FROM images WHERE expires_at <= ?1",
            "SELECT images.id FROM teams JOIN images ON images.account_id = teams.id WHERE closed_at IS NOT NULL LIMIT ?1",
        ] {
            assert!(!full_scans(&plan(connection, bad)).is_empty(), "{bad}");
        }
    });
}

#[test]
fn statements_stay_within_what_d1_takes() {
    for statement in every_statement() {
        assert!(statement.len() <= 100_000);
        let highest = (1..=101).rev().find(|n| statement.contains(&format!("?{n}"))).unwrap_or(0);
        assert!(highest <= 100, "{statement}");
        assert!(!statement.contains("SELECT *") || statement.contains("FROM images WHERE id = ?1"), "{statement}");
    }
}

#[test]
fn every_table_is_strict_and_every_column_that_must_be_is_not_null() {
    let sql = SqliteSql::migrated();
    let tables =
        sql.query("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'");
    assert!(tables.len() >= 5);
    for table in tables {
        assert_eq!(table["strict"], 1, "{}", table["name"]);
    }
    let nullable =
        sql.query("SELECT name FROM pragma_table_info('images') WHERE \"notnull\" = 0 AND pk = 0 ORDER BY name");
    let names: Vec<&str> = nullable.iter().filter_map(|row| row["name"].as_str()).collect();
    // What is forgotten with the bytes, and what is not yet known.
    let expected = [
        "account_id",
        "collection_id",
        "delete_token_hash",
        "details",
        "erase_after",
        "expires_at",
        "facts",
        "gone_at",
        "hashes",
        "held_reason",
        "held_sha256",
        "held_until",
        "next_attempt_at",
        "owner_tier",
        "removal_reason",
        "removing_at",
        "search_text",
        "sha256",
        "ttl_ms",
    ];
    assert_eq!(names, expected);
}

#[test]
fn migrations_are_numbered_without_gaps_and_only_go_forward() {
    for (index, (name, text)) in migrations().iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", index + 1)) && name.ends_with(".sql"), "{name}");
        let upper = text.to_uppercase();
        for word in ["DROP TABLE", "DROP COLUMN", "RENAME COLUMN", "RENAME TO"] {
            let explained = upper.contains("-- CONTRACTS");
            assert!(!upper.contains(word) || explained, "{name}: {word} needs a line `-- contracts: why it is safe`");
        }
    }
}

#[test]
fn schema_sql_is_what_the_migrations_make() {
    let sql = SqliteSql::migrated();
    let made = sql.query(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
         ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name",
    );
    let mut text = String::from(
        "-- The schema after every migration. Printed by a test (see migrations/README.md); change a migration instead.\n",
    );
    for row in made {
        text += &format!("\n{};\n", row["sql"].as_str().expect("text"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.sql");
    compare_or_bless(&path, &text);
    let again = Connection::open_in_memory().expect("opens");
    again.execute_batch(&text).expect("the snapshot is a schema of its own");
}
