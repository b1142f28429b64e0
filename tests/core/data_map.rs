//! The data map is complete: every place where data rests has a row, and every row has its place.

use std::collections::BTreeSet;

use rusqlite::Connection;
use tintype::domain::ids::ImageId;
use tintype::domain::verdict::UnscannedReason;
use tintype::policy::data_map::{DataRow, rows};
use tintype::ports::blobs::{
    BlobKey, Bucket, EXPORTS_PREFIX, HELD_PREFIX, IMAGES_PREFIX, JOURNAL_PREFIX, OUTBOX_PREFIX, PERSONAL_KEYS_PREFIX,
    SALTS_PREFIX, VARIANTS_PREFIX,
};
use tintype::ports::edge_cache::tag;
use tintype::ports::log::LogLine;

use crate::harness::World;
use crate::harness::images::numbered_png;
use crate::harness::sqlite::SqliteSql;

fn columns(connection: &Connection) -> BTreeSet<String> {
    let sql = "SELECT t.name || '.' || c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
               WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(sql).expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("runs");
    rows.map(|row| row.expect("readable")).collect()
}

fn bucket_name(bucket: Bucket) -> &'static str {
    // The match makes the compiler ask for a new bucket.
    match bucket {
        Bucket::Images => "images",
        Bucket::Recovery => "recovery",
    }
}

/// What a key can start with, and where such objects rest. Every constructor of `BlobKey` has a row.
fn places_of_objects() -> BTreeSet<String> {
    let of_recovery =
        [EXPORTS_PREFIX, IMAGES_PREFIX, HELD_PREFIX, JOURNAL_PREFIX, OUTBOX_PREFIX, PERSONAL_KEYS_PREFIX, SALTS_PREFIX]
            .map(|prefix| (Bucket::Recovery, prefix));
    [&[(Bucket::Images, IMAGES_PREFIX), (Bucket::Images, VARIANTS_PREFIX)][..], &of_recovery]
        .concat()
        .into_iter()
        .map(|(bucket, prefix)| format!("{}/{prefix}", bucket_name(bucket)))
        .collect()
}

/// What the tag of a copy starts with.
fn place_of_copies() -> String {
    let id = ImageId::from_random([1; 15]);
    format!("edge/{}", tag(&id).trim_end_matches(id.as_str()))
}

fn fields_of_the_log() -> BTreeSet<String> {
    // Named one by one, so that the compiler asks for a new field.
    let LogLine { kind, attempted, outcome, request_id } =
        LogLine { kind: "job", attempted: "a".into(), outcome: "b".into(), request_id: Some("c".into()) };
    let line = serde_json::to_value(LogLine { kind, attempted, outcome, request_id }).expect("serialises");
    line.as_object().expect("an object").keys().map(|field| format!("log.{field}")).collect()
}

/// What is not as it should be between the map and the places.
fn differences(rows: &[DataRow], places: &BTreeSet<String>) -> Vec<String> {
    let mapped: BTreeSet<String> = rows.iter().map(|row| row.place.to_owned()).collect();
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(places.difference(&mapped).map(|place| format!("{place} has no row in src/policy/data_map.rs")));
    wrong.extend(mapped.difference(places).map(|place| format!("{place} is mapped and does not exist")));
    if mapped.len() != rows.len() {
        wrong.push("a place is mapped twice".into());
    }
    for row in rows {
        for (rule, text) in
            [("what", row.what), ("retention", row.retention), ("export", row.export), ("erasure", row.erasure)]
        {
            if text.trim().is_empty() {
                wrong.push(format!("{}: no {rule}", row.place));
            }
        }
        if !["account", "uploader", "caller", "operator"].contains(&row.owner) {
            wrong.push(format!("{}: who is {:?}?", row.place, row.owner));
        }
    }
    wrong
}

fn all_places(connection: &Connection) -> BTreeSet<String> {
    let mut places = columns(connection);
    places.extend(places_of_objects());
    places.extend(fields_of_the_log());
    places.insert(place_of_copies());
    places
}

#[test]
fn every_place_where_data_rests_is_in_the_map_with_its_rules() {
    let sql = SqliteSql::migrated();
    let wrong = sql.with_connection(|connection| differences(&rows(), &all_places(connection)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_finds_a_column_a_table_and_a_rule_that_are_missing() {
    let sql = SqliteSql::migrated();
    sql.with_connection(|connection| {
        connection.execute_batch("ALTER TABLE images ADD COLUMN uploader_address TEXT").expect("alters");
        connection.execute_batch("CREATE TABLE visits (page TEXT) STRICT").expect("creates");
        let wrong = differences(&rows(), &all_places(connection)).join("\n");
        assert!(
            wrong.contains("images.uploader_address has no row") && wrong.contains("visits.page has no row"),
            "{wrong}"
        );
    });
    let sql = SqliteSql::migrated();
    sql.with_connection(|connection| {
        let mut rows = rows();
        rows[0].erasure = " ";
        rows[1].owner = "nobody";
        rows[2].place = "images.nothing";
        assert_eq!(differences(&rows, &all_places(connection)).len(), 4);
    });
}

#[tokio::test]
async fn nothing_is_ever_stored_under_a_name_that_the_map_does_not_know() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let kept = world.upload(&numbered_png(2)).await;
    world.view(&format!("{}?w=2", kept.field("/url"))).await;
    let token = format!("Bearer {}", answer.field("/delete_token"));
    let path = format!("/v1/images/{}", answer.field("/id"));
    crate::harness::client::Call::app("DELETE", &path).header("authorization", &token).send(&world).await;
    crate::factors::account(&world, 1).await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    world.upload(&numbered_png(3)).await;
    crate::letters_sent::into_outbox(&world).await;
    let (_, browser) = world.member("Ada").await;
    browser.form("/settings/export", &[]).send(&world).await;
    world.run_job("build_exports").await.expect("runs");
    world.run_job("copy_journal").await.expect("runs");
    let mut seen = BTreeSet::new();
    for bucket in [Bucket::Images, Bucket::Recovery] {
        for name in world.blobs.names(bucket) {
            let place = places_of_objects().into_iter().find(|place| {
                place.strip_prefix(bucket_name(bucket)).is_some_and(|p| name.starts_with(p.trim_start_matches('/')))
            });
            seen.insert(place.unwrap_or_else(|| panic!("{name} in {bucket:?} is not in the map")));
        }
    }
    assert_eq!(seen, places_of_objects());
    let id = ImageId::from_random([1; 15]);
    let keys = [BlobKey::image(&id), BlobKey::held(&id), BlobKey::variant(&id, "w=2"), BlobKey::salt("2026-11-24")];
    for key in keys {
        assert!(
            [IMAGES_PREFIX, HELD_PREFIX, VARIANTS_PREFIX, SALTS_PREFIX]
                .iter()
                .any(|prefix| key.as_str().starts_with(prefix))
        );
    }
}
