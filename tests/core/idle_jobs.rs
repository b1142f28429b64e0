//! What a job costs while there is nothing for it to do does not grow with what is stored: D1 counts every row that is read, and jobs run
//! every minute of every day. That a statement uses an index says little: it may be the wrong one.

use serde_json::json;
use tintype::domain::time::{DAY_MS, MINUTE_MS};
use tintype::jobs::{EVERY_MINUTE, EVERY_OTHER_MINUTE, JOBS};

use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::images::numbered_png;

/// Copies of each row.
const COPIES: u32 = 2_000;
/// What there may be much of, with nothing to do about it.
const AT_REST: &[&str] = &[
    "accounts",
    "account_storage",
    "api_keys",
    "collections",
    "consents",
    "decisions",
    "images",
    "sessions",
    "tickets",
];

/// Somebody with one of everything that may rest for long.
async fn something_at_rest(world: &World) {
    let (_, ada) = world.member("Ada").await;
    let send = async |call: Call| {
        let answer = ada.send(call).send(world).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer
    };
    let upload =
        async |number: u64| send(Call::app("POST", "/v1/images").body("image/png", numbered_png(number))).await;
    upload(1).await;
    for number in 2..4 {
        let id = upload(number).await.field("/id");
        send(Call::app("DELETE", &format!("/v1/images/{id}"))).await;
        if number == 2 {
            world.advance_ms(20 * DAY_MS);
        }
        for trigger in [EVERY_MINUTE, EVERY_OTHER_MINUTE] {
            world.run_cron(trigger).await.expect("runs");
        }
    }
    world.upload(&numbered_png(4)).await;
    let key = json!({ "name": "a", "scopes": ["read"] }).to_string();
    send(Call::app("POST", "/v1/keys").body("application/json", key)).await;
    send(Call::app("POST", "/v1/tickets").body("application/json", r#"{"expires_in": 600000}"#)).await;
    send(Call::app("POST", "/v1/collections").body("application/json", r#"{"name": "box"}"#)).await;
    world.deliver_messages().await;
}

/// Copies every row of these tables, under names of its own, together with what belongs to it.
fn multiply(world: &World, tables: &[&str]) {
    let names = |sql: &str| -> Vec<String> {
        let rows = world.sql.query(sql);
        rows.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
    };
    for table in tables {
        let unique = names(&format!(
            "SELECT DISTINCT columns.name FROM pragma_index_list('{table}') AS indices, pragma_index_info(indices.name) AS columns
             WHERE indices.\"unique\""
        ));
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let named = |name: &String| match name == "id" || name.ends_with("_id") || unique.contains(name) {
            true => format!(
                "CASE WHEN length({name}) < 24 THEN {name} ELSE substr({name}, 1, length({name}) - 5) || printf('%05d', n) END"
            ),
            false => name.clone(),
        };
        let sql = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {COPIES})
             INSERT INTO {table} ({}) SELECT {} FROM {table}, numbers",
            columns.join(", "),
            columns.iter().map(named).collect::<Vec<_>>().join(", "),
        );
        world
            .sql
            .with_connection(|connection| connection.execute(&sql, []))
            .unwrap_or_else(|error| panic!("{table}: {error}"));
    }
    // What triggers wrote down about it waits for nobody.
    world.sql.query("DELETE FROM journal");
}

/// The jobs that run all the time, and what each costs when it has nothing to do, in steps of SQLite's machine.
async fn costs(world: &World) -> Vec<(&'static str, usize)> {
    let constant = || JOBS.iter().filter(|job| [EVERY_MINUTE, EVERY_OTHER_MINUTE].contains(&job.cron));
    for job in constant() {
        world.run_job(job.name).await.expect("runs");
    }
    world.advance_ms(2 * MINUTE_MS);
    let mut costs = Vec::new();
    for job in constant() {
        let before = world.sql.steps();
        world.run_job(job.name).await.expect("runs");
        costs.push((job.name, world.sql.steps() - before));
    }
    costs
}

#[tokio::test]
async fn a_job_without_work_costs_the_same_however_much_is_stored() {
    let mut measured = Vec::new();
    for is_much in [false, true] {
        let world = World::new();
        something_at_rest(&world).await;
        if is_much {
            multiply(&world, AT_REST);
        }
        measured.push(costs(&world).await);
        assert!(world.log.faults().is_empty());
    }
    assert!(measured[0].len() > 25);
    for ((name, few), (_, many)) in measured[0].iter().zip(&measured[1]) {
        assert!(
            *many < few + COPIES as usize / 4,
            "{name} reads what it has no business with: {few} steps, and now {many}"
        );
    }
}
