//! Searching the gallery: what is found, how far one request looks, and that a walk with cursors meets everything once.

use proptest::prelude::*;
use serde_json::{Value, json};
use tintype::policy::collections::SEARCHED_MAX;

use crate::collections::{collection, ids_of, json_call, listed, upload_with};
use crate::crash_every_call::now;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::people::Browser;

fn encoded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

async fn captioned(world: &World, browser: &Browser, number: u64, caption: &str) -> String {
    let query = encoded(&[("caption", caption), ("filename", &format!("img-{number}.png"))]);
    upload_with(world, browser, number, &query).await.field("/id")
}

async fn find(world: &World, browser: &Browser, pairs: &[(&str, &str)]) -> Answer {
    browser.send(Call::app("GET", &format!("/v1/images?{}", encoded(pairs)))).send(world).await
}

#[tokio::test]
async fn captions_names_and_labels_are_found_in_any_case_and_no_letter_is_a_wildcard() {
    let world = World::new();
    let ((_, ada), (_, bob)) = (world.member("Ada").await, world.member("Bob").await);
    let street = captioned(&world, &ada, 1, "Die Straße in Évora").await;
    let wool = captioned(&world, &ada, 2, "100% wool_len").await;
    captioned(&world, &bob, 3, "Die Straße").await;
    let labels = encoded(&[("labels", r#"{"trip":"Ροδοσ","by.whom":"O'Neil \"J\""}"#)]);
    let labelled = upload_with(&world, &ada, 4, &labels).await.field("/id");
    for (query, expected) in [
        ("STRASSE", vec![&street]),
        ("évora", vec![&street]),
        ("e\u{301}VORA", vec![&street]),
        ("die  straße", vec![&street]),
        ("0%", vec![&wool]),
        ("wool_", vec![&wool]),
        ("l_l", vec![&wool]),
        ("%", vec![&wool]),
        ("_", vec![&wool]),
        ("i%a", vec![]),
        ("IMG-1.png", vec![&street]),
        ("ρόδος", vec![]),
        ("ΡΟΔΟΣ", vec![&labelled]),
        ("by.whom: o'neil \"j\"", vec![&labelled]),
        ("evora die", vec![]),
        ("\\", vec![]),
        ("", vec![&labelled, &wool, &street]),
    ] {
        let mut found = ids_of(&find(&world, &ada, &[("q", query)]).await);
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
    for (pairs, count) in [
        (vec![("label[trip]", "Ροδοσ")], 1),
        (vec![("label[trip]", "ροδοσ")], 0),
        (vec![("label[by.whom]", "O'Neil \"J\""), ("label[trip]", "Ροδοσ")], 1),
        (vec![("label[trip]", "Ροδοσ"), ("q", "wool")], 0),
        (vec![("label[other]", "")], 0),
    ] {
        assert_eq!(ids_of(&find(&world, &ada, &pairs).await).len(), count, "{pairs:?}");
    }
    for (pairs, field) in [
        (vec![("q", "x".repeat(101))], "q"),
        (vec![("q", "a\u{1f}b".into())], "q"),
        (vec![("label[a\"b]", "x".into())], "label"),
        (vec![("label[]", "x".into())], "label"),
    ] {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(find(&world, &ada, &pairs).await.field("/field"), field, "{pairs:?}");
    }
}

#[tokio::test]
async fn what_is_found_follows_what_is_said() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let shelf = collection(&world, &ada, "Harbours").await;
    let id = captioned(&world, &ada, 1, "Before").await;
    let patch = json_call("PATCH", &format!("/v1/images/{id}"), &json!({ "caption": "After", "collection": shelf }));
    ada.send(patch).send(&world).await;
    assert!(listed(&world, &ada, "q=before").await.is_empty());
    assert_eq!(listed(&world, &ada, &format!("q=AFTER&collection={shelf}")).await, [id.as_str()]);
    ada.send(Call::app("DELETE", &format!("/v1/images/{id}"))).send(&world).await;
    assert!(listed(&world, &ada, "q=after").await.is_empty());
    world.advance_ms(15 * tintype::domain::time::DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    let row = &world.sql.query("SELECT search_text, collection_id FROM images")[0];
    assert_eq!((&row["search_text"], &row["collection_id"]), (&Value::Null, &Value::Null), "erased with the bytes");
}

#[tokio::test]
async fn an_image_of_nobody_is_found_once_it_is_somebodys() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let call = Call::app("POST", "/v1/images?caption=Stra%C3%9Fe");
    let image = call.body("image/png", crate::harness::images::numbered_png(1)).send(&world).await;
    assert_eq!(world.sql.query("SELECT search_text FROM images")[0]["search_text"], Value::Null);
    ada.form("/gallery/claim", &[("link", &image.field("/delete_url"))]).send(&world).await;
    assert_eq!(listed(&world, &ada, "q=strasse").await, [image.field("/id")]);
    assert!(!world.sql.query("SELECT search_text FROM images")[0]["search_text"].is_null(), "written by the way");
}

/// As the rows of a release that knew no search are.
fn forget_what_is_written(world: &World) {
    world.sql.with_connection(|sql| sql.execute("UPDATE images SET search_text = NULL", []).expect("SQL"));
}

#[tokio::test]
async fn rows_from_before_there_was_a_search_are_found_and_written_by_the_way() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    for number in 0..9 {
        world.advance_ms(1);
        captioned(&world, &ada, number, if number % 3 == 0 { "ÄRGER" } else { "calm" }).await;
    }
    forget_what_is_written(&world);
    // A page of rows of which few are found is short, and goes on.
    let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let mut pairs = vec![("q", "ärger"), ("limit", "2")];
        if !cursor.is_empty() {
            pairs.push(("cursor", &cursor));
        }
        let page = find(&world, &ada, &pairs).await;
        found.extend(ids_of(&page));
        (cursor, pages) = (page.field("/next_cursor"), pages + 1);
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!((found.len(), pages), (3, 5));
    assert_eq!(world.sql.query("SELECT 1 FROM images WHERE search_text IS NULL").len(), 0);
    let page = find(&world, &ada, &[("q", "ärger"), ("limit", "2")]).await;
    assert_eq!(ids_of(&page).len(), 2, "now they are compared where they rest");
}

/// Copies an image so many times, each a millisecond older.
fn multiply(world: &World, times: i64) {
    world.sql.with_connection(|sql| {
        let copy = format!(
            "CREATE TEMP TABLE copy AS SELECT * FROM images;
             CREATE TEMP TABLE numbers AS
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times}) SELECT i FROM n;"
        );
        sql.execute_batch(&copy).expect("SQL");
        for number in 1..=times {
            let one = format!(
                "UPDATE copy SET id = '{number:024}', created_at = created_at - 1;
                 INSERT INTO images SELECT * FROM copy;"
            );
            sql.execute_batch(&one).expect("SQL");
        }
        sql.execute_batch("DROP TABLE copy; DROP TABLE numbers").expect("SQL");
    });
}

#[tokio::test]
async fn one_request_looks_at_so_many_and_says_how_far_it_came() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    captioned(&world, &ada, 1, "hay").await;
    multiply(&world, SEARCHED_MAX + 49);
    let needle = format!("{:024}", SEARCHED_MAX + 20);
    let put = format!("UPDATE images SET search_text = char(31) || 'needle' || char(31) WHERE id = '{needle}'");
    world.sql.with_connection(|sql| sql.execute(&put, []).expect("SQL"));
    let first = find(&world, &ada, &[("q", "needle")]).await;
    assert_eq!((ids_of(&first).len(), first.field("/searched_until").is_empty()), (0, false), "{}", first.text());
    let cursor = first.field("/next_cursor");
    let second = find(&world, &ada, &[("q", "needle"), ("cursor", &cursor)]).await;
    assert_eq!(ids_of(&second), [needle]);
    assert_eq!((&second.json()["next_cursor"], &second.json()["searched_until"]), (&Value::Null, &Value::Null));
    // A full page is cut where it is full, and goes on there.
    let full = find(&world, &ada, &[("q", "hay"), ("limit", "100")]).await;
    assert_eq!((ids_of(&full).len(), &full.json()["searched_until"]), (100, &Value::Null));
    let page = ada.page("/gallery?q=needle").send(&world).await.text();
    assert!(page.contains("Nothing found") && page.contains("there are older ones"), "{page}");
    assert!(page.contains("Look at older ones") && page.contains("q=needle&#38;before="), "{page}");
    let plain = ada.page("/gallery?q=hay").send(&world).await.text();
    assert_eq!(plain.matches("type=\"checkbox\"").count(), 24);
    assert!(!plain.contains("there are older ones") && plain.contains(">Older<"), "{plain}");
    // A plain list is not bounded so.
    assert_eq!(find(&world, &ada, &[("limit", "1")]).await.json()["searched_until"], Value::Null);
}

#[tokio::test]
async fn a_walk_meets_everything_once_while_things_come_go_and_move() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let (shelf, other) = (collection(&world, &ada, "One").await, collection(&world, &ada, "Two").await);
    let mut made = Vec::new();
    for number in 0..12u64 {
        world.advance_ms((number % 2).try_into().unwrap_or_default());
        let caption = if number % 2 == 0 { "Found" } else { "not this" };
        let query = encoded(&[("caption", caption), ("collection", &shelf)]);
        made.push(upload_with(&world, &ada, number, &query).await.field("/id"));
    }
    for pairs in
        [vec![("collection", shelf.as_str())], vec![("q", "found")], vec![("q", "found"), ("collection", &shelf)]]
    {
        let mut cursor = String::new();
        let (mut seen, mut step) = (Vec::new(), 0);
        loop {
            let mut asked = [pairs.as_slice(), &[("limit", "2")]].concat();
            if !cursor.is_empty() {
                asked.push(("cursor", &cursor));
            }
            let page = find(&world, &ada, &asked).await;
            seen.extend(ids_of(&page));
            cursor = page.field("/next_cursor");
            // One comes, and the last one that was seen goes where it is not found any more, and back.
            world.advance_ms(1);
            let query = encoded(&[("caption", "found"), ("collection", &shelf)]);
            upload_with(&world, &ada, 1_000 + step + 100 * pairs.len() as u64 + made.len() as u64, &query).await;
            if let Some(last) = seen.last() {
                for to in [&other, &shelf] {
                    let moved = json!({ "ids": [last], "collection": to });
                    ada.send(json_call("POST", "/v1/images/move", &moved)).send(&world).await;
                }
            }
            step += 1;
            if cursor.is_empty() {
                break;
            }
        }
        let is_asked = |index: usize| !pairs.iter().any(|(name, _)| *name == "q") || index.is_multiple_of(2);
        let expected: Vec<&String> =
            made.iter().enumerate().filter(|(index, _)| is_asked(*index)).map(|(_, id)| id).collect();
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{pairs:?}: none twice");
        assert!(expected.iter().all(|id| seen.contains(id)), "{pairs:?}: none missed");
    }
}

/// Case folding as somebody would write it who has never seen the other.
fn naive(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").replace('ß', "ss").replace('ς', "σ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_database_finds_what_a_naive_search_finds(
        captions in prop::collection::vec("[abßSsÄäΣσς%_' ]{0,6}", 1..8),
        queries in prop::collection::vec("[abßSsÄäΣσς%_' ]{1,3}", 1..12),
        unwritten in any::<bool>(),
    ) {
        let world = World::new();
        let (_, ada) = now(world.member("Ada"));
        let mut made = Vec::new();
        for (number, caption) in captions.iter().enumerate() {
            let query = encoded(&[("caption", caption)]);
            let id = now(upload_with(&world, &ada, number as u64, &query)).field("/id");
            made.push((id, naive(caption)));
        }
        if unwritten {
            forget_what_is_written(&world);
        }
        for query in &queries {
            let mut found = ids_of(&now(find(&world, &ada, &[("q", query)])));
            let is_found = |(_, caption): &&(String, String)| caption.contains(&naive(query));
            let mut expected: Vec<String> = made.iter().filter(is_found).map(|(id, _)| id.clone()).collect();
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected, "{:?} among {:?}", query, captions);
        }
    }
}
