//! Restricted images are shown only to whoever asks to see them, everywhere (promises IMP-10, IMP-21).

use axum::http::StatusCode;
use tintype::domain::decision::{DecidedBy, Decision};
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::verdict::{Assessment, Verdict};
use tintype::ports::blobs::{BlobKey, Blobs as _, Bucket};
use tintype::ports::sql::Sql as _;
use tintype::store::decisions;

use crate::content_safety::scored;
use crate::harness::client::{Answer, Call};
use crate::harness::image_files::{Png, png};
use crate::harness::{APP, NOON, World};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const RATING: &str = "RTA-5042-1996-1400-1577-RTA";
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Uploads a picture of 640 x 400 about which the classifier says this; answers the answer and the file.
async fn upload(world: &World, assessment: Assessment) -> (Answer, Vec<u8>) {
    let file = png(640, 400, Png::Rgb);
    world.vision.assesses.lock().expect("not poisoned").insert(file.clone().into(), assessment);
    let call = Call::app("POST", "/v1/images?caption=At%20the%20lake&filename=lake.png");
    let answer = call.body("image/png", file).send(world).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let stored = BlobKey::image(&ImageId::parse(&answer.field("/id")).expect("an id"));
    let bytes = world.blobs.read(Bucket::Images, &stored).await.expect("reads").expect("is there");
    (answer, bytes)
}

async fn restricted(world: &World) -> (Answer, Vec<u8>) {
    let (answer, bytes) = upload(world, scored(0.25, 0.5)).await;
    assert_eq!(answer.json()["moderation"]["state"], "restricted");
    (answer, bytes)
}

async fn get(world: &World, url: &str) -> Answer {
    Call::new("GET", url).header("accept", HTML).send(world).await
}

fn size_of(file: &[u8]) -> (u32, u32) {
    let reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG");
    (reader.info().width, reader.info().height)
}

fn assert_is_placeholder(answer: &Answer, bytes: &[u8], context: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{context}");
    assert_eq!(answer.header("content-type"), "image/png", "{context}");
    assert_ne!(answer.body, bytes, "{context}: not the image");
    assert_eq!(size_of(&answer.body), (320, 200), "{context}: a small one of the image's shape");
}

/// The content of each `<meta>` with this property or name.
fn meta(page: &str, name: &str) -> Vec<String> {
    let starts = [format!("property=\"{name}\" content=\""), format!("name=\"{name}\" content=\"")];
    let after = starts.iter().flat_map(|start| page.split(start.as_str()).skip(1));
    after.filter_map(|part| part.split('"').next().map(str::to_owned)).collect()
}

#[tokio::test]
async fn promise_imp_21_the_plain_address_of_a_restricted_image_answers_its_placeholder() {
    let world = World::new();
    let (image, bytes) = restricted(&world).await;
    let (url, id) = (image.field("/url"), image.field("/id"));
    let answer = get(&world, &url).await;
    assert_is_placeholder(&answer, &bytes, "plain");
    for (name, value) in [
        ("content-length", answer.body.len().to_string().as_str()),
        ("content-disposition", &format!("inline; filename=\"{id}-placeholder.png\"")),
        ("cache-control", "public, max-age=300, must-revalidate, stale-if-error=0"),
        ("sunset", &NOON.plus_ms(7 * DAY_MS).http_date()),
        ("x-robots-tag", "noindex"),
        ("rating", RATING),
        ("last-modified", ""),
        ("accept-ranges", ""),
        ("set-cookie", ""),
        ("vary", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    // Only these words are a choice; what others add to an address is not.
    for query in ["?view=1", "?view&utm_source=x", "?seen", "?VIEW", "?download=1"] {
        assert_is_placeholder(&get(&world, &format!("{url}{query}")).await, &bytes, query);
    }
    let cookie = Call::new("GET", &url).header("cookie", "view=1").header("referer", &format!("{APP}/{id}?view"));
    assert_is_placeholder(&cookie.send(&world).await, &bytes, "nothing but the address chooses");
}

#[tokio::test]
async fn promise_imp_21_whoever_asks_to_see_a_restricted_image_is_served_it() {
    let world = World::new();
    let (image, bytes) = restricted(&world).await;
    let view_url = image.field("/view_url");
    assert_eq!(view_url, format!("{}?view", image.field("/url")));
    let seen = get(&world, &view_url).await;
    assert_eq!((seen.status, &seen.body[..]), (StatusCode::OK, &bytes[..]));
    let tag = seen.header("etag").to_owned();
    let whole = format!("bytes 0-9/{}", bytes.len());
    for (call, status, field, value) in [
        (Call::new("GET", &view_url), 200, "content-disposition", "inline; filename="),
        (Call::new("HEAD", &view_url), 200, "etag", tag.as_str()),
        (Call::new("GET", &view_url).header("if-none-match", &tag), 304, "etag", &tag),
        (Call::new("GET", &view_url).header("range", "bytes=0-9"), 206, "content-range", &whole),
        (Call::new("GET", &view_url).header("range", "bytes=99999999-"), 416, "content-range", "bytes */"),
    ] {
        let answer = call.send(&world).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(answer.header(field).starts_with(value), "{status} {field}: {}", answer.header(field));
        assert_eq!((answer.header("x-robots-tag"), answer.header("rating")), ("noindex", RATING), "{status}");
        assert_eq!(answer.header("cache-control"), "no-store", "{status}: what was chosen is not left on a disk");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let file = get(&world, &format!("{}?download", image.field("/url"))).await;
    assert_eq!((file.header("rating"), &file.body[..]), (RATING, &bytes[..]));
    assert!(file.header("content-disposition").starts_with("attachment"));
}

#[tokio::test]
async fn promise_imp_21_no_condition_and_no_range_gets_at_the_bytes_behind_a_warning() {
    let world = World::new();
    let (image, bytes) = restricted(&world).await;
    let url = image.field("/url");
    let own_tag = get(&world, &image.field("/view_url")).await.header("etag").to_owned();
    let tag = get(&world, &url).await.header("etag").to_owned();
    assert!(tag.len() == 34 && tag != own_tag, "{tag}");
    let later = NOON.plus_ms(DAY_MS).http_date();
    for (name, value) in [
        ("if-none-match", own_tag.as_str()),
        ("if-modified-since", &later),
        ("range", "bytes=0-9"),
        ("range", "bytes=99999999-"),
        ("if-range", &own_tag),
    ] {
        let answer = Call::new("GET", &url).header("range", "bytes=0-99").header(name, value).send(&world).await;
        assert_is_placeholder(&answer, &bytes, name);
    }
    for value in [tag.as_str(), &format!("W/{tag}"), "*"] {
        let fresh = Call::new("GET", &url).header("if-none-match", value).send(&world).await;
        assert_eq!((fresh.status, fresh.body.len()), (StatusCode::NOT_MODIFIED, 0), "{value}");
        assert_eq!((fresh.header("etag"), fresh.header("rating")), (tag.as_str(), RATING));
    }
    let (whole, head) = (get(&world, &url).await, Call::new("HEAD", &url).send(&world).await);
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    for name in ["content-length", "content-type", "etag", "cache-control", "rating"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_placeholder_costs_no_more_than_an_image_and_leaves_nothing_behind() {
    let world = World::new();
    let (image, _) = restricted(&world).await;
    let url = image.field("/url");
    let before = (world.blobs.names(Bucket::Recovery), world.sql.query("SELECT * FROM images"));
    let lines = world.log.lines.lock().expect("not poisoned").len();
    for call in [
        Call::new("GET", &url),
        Call::new("GET", &format!("{url}?view")),
        Call::new("HEAD", &url),
        Call::new("GET", &url).header("range", "bytes=0-9"),
    ] {
        world.faults.cost();
        assert!(call.send(&world).await.status.is_success());
        let cost = world.faults.cost();
        assert_eq!((cost.queries, cost.calls), (0, 1));
    }
    assert_eq!((world.blobs.names(Bucket::Recovery), world.sql.query("SELECT * FROM images")), before);
    assert_eq!(world.log.lines.lock().expect("not poisoned").len(), lines);
}

#[tokio::test]
async fn a_placeholder_lives_no_longer_than_its_image() {
    let world = World::new();
    let (image, _) = restricted(&world).await;
    world.advance_ms(7 * DAY_MS - HOUR_MS / 120);
    let last = get(&world, &image.field("/url")).await;
    assert_eq!(last.header("cache-control"), "public, max-age=30, must-revalidate, stale-if-error=0");
    world.advance_ms(HOUR_MS / 120);
    for address in [image.field("/url"), image.field("/view_url"), image.field("/page_url")] {
        let gone = get(&world, &address).await;
        assert_eq!((gone.status, gone.header("cache-control")), (StatusCode::GONE, "no-store"), "{address}");
    }
    let other_kind = image.field("/url").replace(".png", ".jpg");
    assert_eq!(get(&world, &other_kind).await.status, StatusCode::NOT_FOUND, "it has the image's address and no other");
}

#[tokio::test]
async fn promise_imp_21_the_page_warns_and_names_no_address_that_would_load_the_image() {
    let world = World::new();
    let (image, _) = restricted(&world).await;
    let page = get(&world, &image.field("/page_url")).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(
        (page.header("x-robots-tag"), page.header("rating"), page.header("set-cookie")),
        ("noindex", RATING, "")
    );
    let text = page.text();
    assert_eq!((meta(&text, "robots"), meta(&text, "rating")), (vec!["noindex".into()], vec![RATING.to_owned()]));
    let id = image.field("/id");
    for needed in [
        "This picture may not be for everyone",
        "A program found that it may show nudity or something sexual.",
        "At the lake",
        "<img src=\"data:image/png;base64,",
        &format!("<a class=\"button\" href=\"/{id}?view\" rel=\"nofollow\">Show the picture</a>"),
        "a blurred placeholder is shown",
        "restricted content uploaded without an account: 7 days",
    ] {
        assert!(text.contains(needed), "{needed}");
    }
    let url = image.field("/url");
    for loading in [format!("src=\"{url}"), format!("href=\"{url}"), "<script>".into(), "<form".into()] {
        assert!(!text.contains(&loading), "{loading}");
    }
}

#[tokio::test]
async fn promise_imp_10_the_page_shows_the_image_to_whoever_follows_its_link_and_remembers_nothing() {
    let world = World::new();
    let (image, _) = restricted(&world).await;
    let (id, page_url) = (image.field("/id"), image.field("/page_url"));
    let seen = get(&world, &format!("{page_url}?view")).await;
    assert_eq!((seen.status, seen.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(
        (seen.header("x-robots-tag"), seen.header("rating"), seen.header("set-cookie")),
        ("noindex", RATING, "")
    );
    let text = seen.text();
    for needed in [
        format!("<img src=\"{}\" width=\"640\" height=\"400\" alt=\"At the lake\"", image.field("/view_url")),
        format!("<a href=\"/{id}\">Hide it again</a>"),
        format!("<a class=\"button\" href=\"{}?download\">Download</a>", image.field("/url")),
        format!("<link rel=\"canonical\" href=\"{page_url}\">"),
    ] {
        assert!(text.contains(&needed), "{needed}");
    }
    assert!(!text.contains("may not be for everyone"));
    assert!(get(&world, &page_url).await.text().contains("may not be for everyone"), "asked anew each time");
    // The word means nothing on a page without a warning.
    let world = World::new();
    let (ordinary, _) = upload(&world, scored(0.0, 0.0)).await;
    let plain = get(&world, &ordinary.field("/page_url")).await;
    let same = get(&world, &format!("{}?view", ordinary.field("/page_url"))).await;
    assert_eq!((plain.text(), plain.header("rating")), (same.text(), ""));
    assert!(!plain.text().contains("rating") && !plain.text().contains("Hide it again"));
}

#[tokio::test]
async fn promise_imp_21_cards_embeds_and_snippets_of_a_restricted_image_show_the_placeholder() {
    let world = World::new();
    let (image, bytes) = restricted(&world).await;
    let (url, page_url) = (image.field("/url"), image.field("/page_url"));
    // Also if somebody shares the address of the page as it was after the choice.
    for address in [page_url.clone(), format!("{page_url}?view")] {
        let text = get(&world, &address).await.text();
        for (name, content) in [
            ("og:image", url.as_str()),
            ("og:image:type", "image/png"),
            ("og:image:width", "320"),
            ("og:image:height", "200"),
            ("twitter:image", &url),
            ("twitter:card", "summary"),
        ] {
            assert_eq!(meta(&text, name), [content], "{address}: {name}");
        }
        let pasted = text.split("data-fill=\"").skip(1).filter(|part| part.contains(url.as_str())).count();
        assert_eq!(pasted, 5, "every snippet with the image has its plain address");
        assert!(!text.contains(&format!("value=\"{url}?view")) && !text.contains("?view)"));
    }
    assert_is_placeholder(&get(&world, &url).await, &bytes, "what the cards load");
    let oembed = Call::app("GET", &format!("/oembed?url={page_url}")).send(&world).await.json();
    assert_eq!((&oembed["url"], &oembed["width"], &oembed["height"]), (&url.clone().into(), &320.into(), &200.into()));
    let small = Call::app("GET", &format!("/oembed?url={page_url}&maxwidth=64")).send(&world).await.json();
    assert_eq!((&small["width"], &small["height"]), (&64.into(), &40.into()));
}

#[tokio::test]
async fn the_uploader_is_told_what_others_will_see() {
    let world = World::new();
    let (image, _) = restricted(&world).await;
    assert_eq!(image.json()["moderation"]["label"], "shown after a warning");
    let facts = Call::app("GET", &format!("/v1/images/{}", image.field("/id"))).send(&world).await;
    assert_eq!(facts.json()["view_url"], image.json()["view_url"]);
    let form = |file: &[u8]| {
        let call = Call::app("POST", "/").header("accept", HTML).header("sec-fetch-site", "same-origin");
        call.form(&[("idempotency_key", "0123456789abcdef0123456789abcdef")], &[("file", "lake.png", file)])
    };
    let result = form(&png(640, 400, Png::Rgb)).send(&world).await.text();
    assert!(result.contains("data-fill=\"warning\">It was found to need a warning."), "{result}");

    let world = World::new();
    let (ordinary, _) = upload(&world, scored(0.0, 0.0)).await;
    assert!(ordinary.json()["view_url"].is_null());
    let result = form(&png(640, 400, Png::Rgb)).send(&world).await.text();
    assert!(result.contains("data-fill=\"warning\" hidden>"));
}

#[tokio::test]
async fn the_page_says_who_found_that_a_warning_is_needed() {
    for (decided_by, words) in [
        (DecidedBy::Model, "A program found"),
        (DecidedBy::Operator, "A person who runs this site"),
        (DecidedBy::Policy, "Here, such pictures are shown only after a warning."),
    ] {
        let world = World::new();
        let (image, _) = restricted(&world).await;
        let decision = Decision {
            verdict: Verdict::Restricted,
            decided_by,
            model: None,
            scores: Vec::new(),
            labels: Vec::new(),
            thresholds: Vec::new(),
            policy_version: 1,
            matched: None,
            ground: None,
            notice: None,
            reviewer: None,
            reason: "a test".into(),
        };
        let id = ImageId::parse(&image.field("/id")).expect("an id");
        world.sql.batch(vec![decisions::append(&id, &["live"], &decision, NOON)]).await.expect("appends");
        let text = get(&world, &image.field("/page_url")).await.text();
        assert!(text.contains(words), "{decided_by:?}");
    }
}

#[tokio::test]
async fn flagged_images_and_those_from_before_warnings_are_ordinary() {
    let world = World::new();
    let (flagged, bytes) = upload(&world, scored(0.3, 0.25)).await;
    assert_eq!(flagged.json()["moderation"]["state"], "flagged");
    let answer = get(&world, &flagged.field("/url")).await;
    assert_eq!((answer.header("rating"), &answer.body[..]), ("", &bytes[..]));
    let id = ImageId::from_random([7; 15]);
    world.blobs.plant(Bucket::Images, &format!("images/{id}"), SIGNATURE);
    let answer = get(&world, &format!("{}/{id}.png", crate::harness::IMAGES)).await;
    assert_eq!((answer.header("rating"), &answer.body[..]), ("", SIGNATURE));
}

#[tokio::test]
async fn a_removed_restricted_image_keeps_its_warning_in_recovery() {
    let world = World::new();
    let (image, _) = restricted(&world).await;
    let token = format!("Bearer {}", image.field("/delete_token"));
    let id = image.field("/id");
    let deleted = Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &token).send(&world).await;
    assert_eq!(deleted.status, StatusCode::OK);
    let key = BlobKey::image(&ImageId::parse(&id).expect("an id"));
    let meta = world.blobs.head(Bucket::Recovery, &key).await.expect("reads").expect("is there");
    let warning = meta.warning.expect("whoever restores it restores the warning");
    assert_eq!((warning.width, warning.height), (640, 400));
}
