//! A copy of everything that is kept of an account: whole, true, its owner's only, and gone when it ends.

use std::collections::BTreeMap;

use rawzip::ZipArchive;
use serde_json::{Value, json};
use tintype::domain::hex;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::policy::exports::{ATTEMPTS_MAX, FILE_IMAGES_MAX, KEPT_MS, PART_BYTES, READ_BYTES, RETRY_MS};
use tintype::ports::blobs::Bucket;
use tintype::usecases::review::prohibit;

use crate::accounts::one;
use crate::content_safety::{review, scored};
use crate::erasure::{key, upload};
use crate::factors_page::add_app;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::memory::peak_bytes;
use crate::harness::people::{Browser, PASSWORD};
use crate::harness::plant::{Row, id};
use crate::harness::{APP, World};
use crate::private_images::private;
use crate::tickets::ticket;

pub const PAGE: &str = "/settings/export";

/// What is in a zip file, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Opens a zip file as any other program does: by its directory, checking what it says of each file.
pub fn unzip(bytes: &[u8]) -> Files {
    let archive = ZipArchive::from_slice(bytes).expect("a zip file");
    let mut files = Files::new();
    for entry in archive.entries() {
        let entry = entry.expect("an entry");
        let name = entry.file_path().try_normalize().expect("a safe name").as_ref().to_owned();
        let found = archive.get_entry(entry.wayfinder()).expect("its data");
        let verified = found.claim_verifier();
        assert_eq!(found.data().len() as u64, verified.uncompressed_size, "{name}: stored as it is");
        assert_eq!(crc32fast::hash(found.data()), verified.crc, "{name}: its checksum");
        files.insert(name, found.data().to_vec());
    }
    files
}

pub fn read(files: &Files, name: &str) -> Value {
    let bytes = files.get(name).unwrap_or_else(|| panic!("{name} is not among {:?}", files.keys()));
    let value = serde_json::from_slice(bytes).expect("JSON");
    assert_fits_the_schema(&value, name);
    value
}

fn assert_fits_the_schema(value: &Value, name: &str) {
    let schema: Value = serde_json::from_str(tintype::usecases::export::SCHEMA).expect("JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    let only = jsonschema::validator_for(&json!({
        "$ref": format!("#/$defs/{}", name.trim_end_matches(".json")), "$defs": schema["$defs"]
    }));
    let errors: Vec<String> =
        only.expect("a schema").iter_errors(value).map(|error| format!("{} {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    assert!(validator.is_valid(value), "{name}");
}

/// Every file is as the manifest says.
pub fn assert_as_the_manifest_says(files: &Files) -> Value {
    let manifest = read(files, "manifest.json");
    let listed = manifest["files"].as_array().expect("a list");
    assert_eq!(listed.len() + 1, files.len(), "{manifest}");
    for file in listed {
        let bytes = &files[file["name"].as_str().expect("a name")];
        assert_eq!(file["sha256"], hex::sha256(bytes), "{file}");
        assert_eq!(file["bytes"], bytes.len(), "{file}");
    }
    manifest
}

pub async fn ask(world: &World, browser: &Browser) {
    ask_at(world, browser, PAGE).await;
}

/// Asks for a copy of that of which `page` shows copies.
pub async fn ask_at(world: &World, browser: &Browser, page: &str) {
    let asked = browser.form(page, &[]).send(world).await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, page), "{}", asked.text());
}

/// Lets the job work until nothing is left to be done.
pub async fn build(world: &World) {
    for _ in 0..3 {
        world.run_job("build_exports").await.unwrap_or_else(|faults| panic!("{faults:?}"));
        world.advance_ms(MINUTE_MS);
        world.run_job("send_letters").await.unwrap_or_else(|faults| panic!("{faults:?}"));
        world.deliver_messages().await;
    }
}

/// Where the files of the latest copy are.
pub fn paths(page: &str) -> Vec<String> {
    paths_below(page, PAGE)
}

/// Where they are that `page` shows, at addresses below `base`.
pub fn paths_below(page: &str, base: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|href| href.starts_with(&format!("{base}/"))).map(str::to_owned).collect()
}

pub async fn page(world: &World, browser: &Browser) -> String {
    let page = browser.page(PAGE).send(world).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.text());
    page.text()
}

pub async fn download(world: &World, browser: &Browser, path: &str) -> Files {
    let answer = browser.page(path).send(world).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/zip"), "{}", answer.text());
    unzip(&answer.body)
}

#[tokio::test]
async fn promise_imp_50_everything_that_is_kept_of_an_account_can_be_taken_away() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    let public = upload(&world, &browser, 1).await;
    let hidden = private(&world, &browser, 2).await;
    let deleted = upload(&world, &browser, 3).await;
    browser.send(Call::app("DELETE", &format!("/v1/images/{}", deleted.field("/id")))).send(&world).await;
    let text = key(&world, &browser).await;
    let shop = ticket(&world, &browser, json!({})).await;
    let secret = add_app(&world, &browser).await.0.base32();
    let box_of = Call::app("POST", "/v1/collections").body("application/json", json!({"name": "Engines"}).to_string());
    let collection = browser.send(box_of).send(&world).await.field("/id");
    let moved = json!({ "ids": [public.field("/id")], "collection": collection }).to_string();
    browser.send(Call::app("POST", "/v1/images/move").body("application/json", moved)).send(&world).await;
    browser.form("/teams", &[("name", "Analysts")]).send(&world).await;
    let (_, bob) = world.member("Bob").await;
    upload(&world, &bob, 9).await;

    Call::app("GET", "/v1/usage").header("authorization", &format!("Bearer {text}")).send(&world).await;
    world.background.run_all().await;

    ask(&world, &browser).await;
    assert!(page(&world, &browser).await.contains("0 of 2 pictures are in it so far"));
    build(&world).await;
    assert_eq!(world.letters_to(&ada.email, "export_ready"), 1);
    let shown = page(&world, &browser).await;
    let paths = paths(&shown);
    assert_eq!(paths.len(), 2, "{shown}");

    let account = download(&world, &browser, &paths[0]).await;
    assert_eq!(assert_as_the_manifest_says(&account)["is_last"], json!(false));
    let told = read(&account, "account.json");
    assert_eq!(told["account"]["email"], json!(ada.email));
    assert_eq!(told["account"]["name"], json!("Ada"));
    assert_eq!(told["sign_ins"][0]["ip_address"], json!("203.0.113.7"));
    assert_eq!(told["consents"].as_array().map(Vec::len), Some(4));
    assert_eq!(told["api_keys"][0]["name"], json!("a canary-key"));
    assert_eq!(told["upload_tickets"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        told["collections"][0],
        json!({ "id": collection, "name": "Engines", "images": 1,
        "created_at": told["collections"][0]["created_at"] })
    );
    assert_eq!(told["teams"][0]["name"], json!("Analysts"));
    assert_eq!(told["api_requests"][0]["endpoint"], json!("/v1/usage"));
    assert!(told["authenticator_app"].is_object() && !told["letters"].as_array().expect("letters").is_empty());

    let images = download(&world, &browser, &paths[1]).await;
    assert_eq!(assert_as_the_manifest_says(&images)["is_last"], json!(true));
    let entries = read(&images, "images.json");
    let of = |answer: &Answer| {
        let id = answer.field("/id");
        entries["images"].as_array().expect("a list").iter().find(|entry| entry["id"] == json!(id)).expect("an entry")
    };
    assert_eq!(entries["images"].as_array().map(Vec::len), Some(3), "nobody else's");
    for (image, number) in [(&public, 1), (&hidden, 2)] {
        let file = of(image)["file"].as_str().expect("a file");
        assert!(file.starts_with("images/2026-11-24-") && file.ends_with(".png"), "{file}");
        let served = world.blobs.bytes(Bucket::Images, &format!("images/{}", image.field("/id")));
        assert_eq!(images[file], served, "as it is stored");
        assert_eq!(of(image)["sha256"], json!(hex::sha256(&served)), "{number}");
        assert_eq!(of(image)["decisions"][0]["verdict"], json!("safe"));
        assert!(of(image)["decisions"][0]["reason"].is_string());
    }
    assert_eq!((&of(&public)["public"], &of(&hidden)["public"]), (&json!(true), &json!(false)));
    assert_eq!(of(&public)["details"]["caption"], json!("canary-caption"));
    assert_eq!((&of(&deleted)["file"], &of(&deleted)["removal_reason"]), (&Value::Null, &json!("deleted")));

    let everything: Vec<u8> = account.into_values().chain(images.into_values()).flatten().collect();
    let everything = String::from_utf8_lossy(&everything);
    for secret in
        [text.as_str(), &shop.field("/ticket"), &secret, PASSWORD, "$argon2", &public.field("/delete_token"), "Bob"]
    {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn who_it_is_of_is_sealed_where_it_rests() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    upload(&world, &browser, 1).await;
    ask(&world, &browser).await;
    build(&world).await;
    let files: Vec<String> = world.blobs.names(Bucket::Recovery);
    let files: Vec<&String> = files.iter().filter(|name| name.starts_with("exports/")).collect();
    assert_eq!(files.len(), 2);
    for name in files {
        let bytes = world.blobs.bytes(Bucket::Recovery, name);
        let text = String::from_utf8_lossy(&bytes);
        for canary in ["ada@example.org", "Ada", "203.0.113.7"] {
            assert!(!text.contains(canary), "{canary} in {name}");
        }
    }
}

#[tokio::test]
async fn it_is_nobody_elses_and_nobodys_once_it_has_ended() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let (_, other) = world.member("Bob").await;
    upload(&world, &browser, 1).await;
    ask(&world, &browser).await;
    build(&world).await;
    let paths = paths(&page(&world, &browser).await);
    for path in &paths {
        assert_eq!(other.page(path).send(&world).await.status.as_u16(), 404, "somebody else's");
        let stranger = Call::app("GET", path).header("accept", "text/html").send(&world).await;
        assert_eq!(stranger.status.as_u16(), 303, "who is not signed in is asked to");
    }
    assert_eq!(browser.page(&format!("{}9", paths[1])).send(&world).await.status.as_u16(), 404, "no such file");
    // Somebody else's form ends nothing.
    let id = paths[0].split('/').nth(3).expect("its name").to_owned();
    other.form("/settings/export/delete", &[("export", &id)]).send(&world).await;
    assert_eq!(browser.page(&paths[0]).send(&world).await.status.as_u16(), 200);
    let until = one(&world, "SELECT expires_at FROM exports").parse::<i64>().expect("a time");
    world.advance_ms(until - world.clock_now().0 - 1);
    assert_eq!(browser.page(&paths[0]).send(&world).await.status.as_u16(), 200, "a millisecond before its end");
    world.advance_ms(1);
    assert_eq!(browser.page(&paths[0]).send(&world).await.status.as_u16(), 404, "it has ended");
    world.run_job("forget_exports").await.expect("runs");
    assert_nothing_left(&world);
    assert!(page(&world, &browser).await.contains("Make a copy"));
}

pub fn assert_nothing_left(world: &World) {
    let names = world.blobs.names(Bucket::Recovery);
    assert!(!names.iter().any(|name| name.starts_with("exports/")), "{names:?}");
    assert_eq!(one(world, "SELECT (SELECT count(*) FROM exports) + (SELECT count(*) FROM export_files)"), "0");
}

#[tokio::test]
async fn its_owner_erases_it_before_its_time_and_a_new_one_ends_the_old() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    ask(&world, &browser).await;
    ask(&world, &browser).await;
    assert_eq!(one(&world, "SELECT count(*) FROM exports"), "1", "one that is under way is not begun again");
    build(&world).await;
    let first = paths(&page(&world, &browser).await);
    assert_eq!(first.len(), 1, "without pictures there is one file");
    ask(&world, &browser).await;
    build(&world).await;
    let second = paths(&page(&world, &browser).await);
    assert_eq!(browser.page(&first[0]).send(&world).await.status.as_u16(), 404);
    world.run_job("forget_exports").await.expect("runs");
    assert_eq!(one(&world, "SELECT count(*) FROM exports"), "1");
    let id = second[0].split('/').nth(3).expect("its name");
    browser.form("/settings/export/delete", &[("export", id)]).send(&world).await;
    assert_eq!(browser.page(&second[0]).send(&world).await.status.as_u16(), 404, "at once");
    world.run_job("forget_exports").await.expect("runs");
    assert_nothing_left(&world);
    assert_eq!(world.letters_to(&ada.email, "export_ready"), 2);
    // Two in an hour.
    let refused = browser.form(PAGE, &[]).send(&world).await;
    assert_eq!(refused.status.as_u16(), 429, "{}", refused.text());
    world.advance_ms(HOUR_MS);
    let stale = browser.form(PAGE, &[]).send(&world).await;
    assert!(stale.header("location").starts_with("/sign-in?again&"), "the sign-in is no longer fresh");
}

#[tokio::test]
async fn what_may_not_be_passed_on_is_described_and_not_in_it() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    world.assess(7, scored(0.99, 0.0));
    let send =
        async |number: u64| browser.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(number)));
    assert_eq!(send(7).await.send(&world).await.status.as_u16(), 422, "prohibited");
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(5)), Category::Csam);
    assert_eq!(send(5).await.send(&world).await.status.as_u16(), 422, "on a list");
    let fine = upload(&world, &browser, 1).await;
    world.vision_is(Some(UnscannedReason::VisionBusy));
    assert_eq!(send(4).await.send(&world).await.status.as_u16(), 202, "held");
    world.vision_is(None);
    // A live one under a hold.
    let kept = upload(&world, &browser, 2).await;
    let hold = format!(
        "INSERT INTO holds VALUES ('{}', 'legal', 0, {}, 'a test', NULL)",
        kept.field("/id"),
        world.clock_now().0 + DAY_MS
    );
    world.sql.with_connection(|connection| connection.execute_batch(&hold).expect("SQL"));
    ask(&world, &browser).await;
    build(&world).await;
    let files = download(&world, &browser, &paths(&page(&world, &browser).await)[1]).await;
    let entries = read(&files, "images.json")["images"].as_array().expect("a list").clone();
    let mut left_out: Vec<String> = entries
        .iter()
        .filter_map(|entry| {
            entry["left_out"].as_str().map(|why| format!("{}: {why}", entry["verdict"].as_str().unwrap_or_default()))
        })
        .collect();
    left_out.sort_unstable();
    assert_eq!(
        left_out,
        [
            "prohibited: its content is prohibited",
            "prohibited: its content is prohibited",
            "safe: it may not be passed on",
            "unscanned: it is not judged yet",
        ]
    );
    let with_file: Vec<&Value> = entries.iter().filter(|entry| entry["file"].is_string()).collect();
    assert!(with_file.len() == 1 && with_file[0]["id"] == json!(fine.field("/id")), "{with_file:?}");
    assert_eq!(files.keys().filter(|name| name.starts_with("images/")).count(), 1);
    let text = String::from_utf8_lossy(&files["images.json"]).into_owned();
    assert!(!text.contains("test list"), "which list it is on is told to nobody");
}

#[tokio::test]
async fn what_is_found_later_not_to_be_passed_on_ends_the_copy_that_it_is_in() {
    for is_by_law in [false, true] {
        let world = World::new();
        let (_, browser) = world.member("Ada").await;
        let image = upload(&world, &browser, 1).await.field("/id");
        ask(&world, &browser).await;
        build(&world).await;
        let path = paths(&page(&world, &browser).await)[1].clone();
        assert_eq!(browser.page(&path).send(&world).await.status.as_u16(), 200);
        if is_by_law {
            let (at, until) = (world.clock_now().0, world.clock_now().0 + DAY_MS);
            let hold = format!("INSERT INTO holds VALUES ('{image}', 'legal', {at}, {until}, 'a test', NULL)");
            world.sql.with_connection(|connection| connection.execute_batch(&hold).expect("SQL"));
        } else {
            let id = tintype::domain::ids::ImageId::parse(&image).expect("an id");
            prohibit(&world.app, &id, review("a test")).await.expect("decided");
        }
        assert_eq!(browser.page(&path).send(&world).await.status.as_u16(), 404, "at once");
        world.run_job("forget_exports").await.expect("runs");
        assert_nothing_left(&world);
    }
}

/// Gives an account many images, each with bytes of its own length.
fn plant(world: &World, browser_account: &str, numbers: std::ops::Range<u64>, bytes: usize) {
    let content: &'static [u8] = Vec::leak(vec![0x5a; bytes]);
    let sha256 = hex::sha256(content);
    for number in numbers.clone() {
        world.blobs.plant(Bucket::Images, &format!("images/{}", id(number)), content);
    }
    let ids: Vec<String> = numbers.map(|number| format!("'{}'", id(number))).collect();
    let owned = format!(
        "UPDATE account_storage SET images_max = NULL, bytes_max = NULL;
         UPDATE images SET account_id = '{browser_account}', owner_tier = 'free', sha256 = '{sha256}', expires_at = NULL,
           facts = json_set(facts, '$.bytes', {bytes}), stored_bytes = {bytes} WHERE id IN ({})",
        ids.join(",")
    );
    world.sql.with_connection(|connection| connection.execute_batch(&owned).expect("SQL"));
}

#[tokio::test]
async fn many_images_come_in_several_files_each_of_them_once() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    let account = one(&world, "SELECT id FROM accounts");
    let count = FILE_IMAGES_MAX as u64 + 5;
    world.plant_rows(1..count + 1, Row { state: "live", reason: None, at: world.clock_now() }).await;
    plant(&world, &account, 1..count + 1, 10);
    ask(&world, &browser).await;
    build(&world).await;
    let paths = paths(&page(&world, &browser).await);
    assert_eq!(paths.len(), 3);
    let (mut seen, mut last) = (std::collections::BTreeSet::new(), Vec::new());
    for path in &paths[1..] {
        let files = download(&world, &browser, path).await;
        last.push(assert_as_the_manifest_says(&files)["is_last"].clone());
        for entry in read(&files, "images.json")["images"].as_array().expect("a list") {
            assert!(entry["file"].is_string() && seen.insert(entry["id"].to_string()), "{entry}");
        }
    }
    assert_eq!((seen.len() as u64, last), (count, vec![json!(false), json!(true)]));
}

#[test]
fn however_large_it_is_it_takes_no_more_memory_than_its_parts() {
    let run = |future: std::pin::Pin<Box<dyn Future<Output = ()> + '_>>| crate::crash_every_call::now(future);
    let world = World::new();
    let browser = crate::crash_every_call::now(world.member("Ada")).1;
    let account = one(&world, "SELECT id FROM accounts");
    // Three times as much as may be in memory at once.
    const BYTES: usize = 6_000_000;
    let count = 3 * (PART_BYTES + READ_BYTES as usize) / BYTES + 1;
    let numbers = 1..count as u64 + 1;
    run(Box::pin(world.plant_rows(numbers.clone(), Row { state: "live", reason: None, at: world.clock_now() })));
    plant(&world, &account, numbers, BYTES);
    run(Box::pin(ask(&world, &browser)));
    let ((), peak) = peak_bytes(|| run(Box::pin(build(&world))));
    // What is stored rests in the same memory here: the parts, and then the object that is made of them.
    let stored = 2 * count * BYTES;
    let own = peak.saturating_sub(stored);
    assert!(own < 4 * PART_BYTES, "{own} bytes beside what is stored");
    let paths = paths(&crate::crash_every_call::now(page(&world, &browser)));
    let files = crate::crash_every_call::now(download(&world, &browser, &paths[1]));
    assert_eq!(files.values().filter(|bytes| bytes.len() == BYTES).count(), count);
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_did() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    upload(&world, &browser, 1).await;
    ask(&world, &browser).await;
    build(&world).await;
    let path = paths(&page(&world, &browser).await)[1].clone();
    let whole = browser.page(&path).send(&world).await;
    let tag = whole.header("etag").to_owned();
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert!(
        whole.header("content-disposition").starts_with("attachment; filename=\"tintype-2026-11-24-images-1.zip\"")
    );
    assert_eq!(whole.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(whole.header("cache-control"), "no-store");
    let part = browser.page(&path).header("range", "bytes=100-").header("if-range", &tag).send(&world).await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &whole.body[100..]));
    let size = whole.body.len();
    assert_eq!(part.header("content-range"), format!("bytes 100-{}/{size}", size - 1));
    let other = browser.page(&path).header("range", "bytes=100-").header("if-range", "\"another\"").send(&world).await;
    assert_eq!((other.status.as_u16(), other.body.len()), (200, size), "it is another file now");
    let beyond = browser.page(&path).header("range", &format!("bytes={size}-")).send(&world).await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, format!("bytes */{size}").as_str()));
    let head = browser.send(Call::app("HEAD", &path)).send(&world).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, size.to_string().as_str()));
}

#[tokio::test]
async fn what_cannot_be_made_is_tried_again_and_then_given_up_which_is_said() {
    let world = World::new();
    let (ada, browser) = world.member("Ada").await;
    ask(&world, &browser).await;
    // What is known of it cannot be read without its key.
    let key = format!("personal-keys/{}", one(&world, "SELECT id FROM accounts"));
    world.blobs.lose(Bucket::Recovery, &key);
    let mut failed = 0;
    for _ in 0..=ATTEMPTS_MAX {
        failed += u32::from(world.run_job("build_exports").await.is_err());
        assert!(world.run_job("build_exports").await.is_ok(), "not again at once");
        world.advance_ms(RETRY_MS);
    }
    assert_eq!(failed, ATTEMPTS_MAX);
    assert!(page(&world, &browser).await.contains("It could not be made, and that is our fault"));
    assert_eq!(world.letters_to(&ada.email, "export_ready"), 0);
    world.advance_ms(KEPT_MS);
    world.run_job("forget_exports").await.expect("runs");
    assert_nothing_left(&world);
}

#[tokio::test]
async fn it_goes_with_its_account() {
    let world = World::new();
    let (_, browser) = world.member("Ada").await;
    upload(&world, &browser, 1).await;
    ask(&world, &browser).await;
    build(&world).await;
    assert!(browser.page("/settings/delete").send(&world).await.text().contains("href=\"/settings/export\""));
    crate::erasure::request(&world, &browser, &[("password", PASSWORD)]).await;
    world.advance_ms(tintype::policy::erasure::ERASED_AFTER_MS - 10 * MINUTE_MS);
    assert_ne!(one(&world, "SELECT count(*) FROM exports"), "0", "it is still hers to keep");
    world.advance_ms(10 * MINUTE_MS);
    crate::erasure::sweep(&world).await;
    assert_eq!(one(&world, "SELECT count(*) FROM accounts"), "0");
    assert_nothing_left(&world);
}

#[tokio::test]
async fn the_schema_is_published_as_it_is_in_the_copy() {
    let world = World::new();
    let answer = Call::app("GET", "/export.schema.json").send(&world).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/schema+json"));
    assert_eq!(answer.text(), tintype::usecases::export::SCHEMA);
    let (_, browser) = world.member("Ada").await;
    ask(&world, &browser).await;
    build(&world).await;
    let files = download(&world, &browser, &paths(&page(&world, &browser).await)[0]).await;
    assert_eq!(files["export.schema.json"], answer.body);
    assert_eq!(read(&files, "account.json")["$schema"], json!(format!("{APP}/export.schema.json")));
}
