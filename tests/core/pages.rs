//! The pages, as a browser without JavaScript meets them.

use axum::http::StatusCode;
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::http::problem_types::TYPES;
use tintype::ports::blobs::Bucket;

use crate::harness::client::{Answer, Call};
use crate::harness::images::png;
use crate::harness::{APP, IMAGES, World};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A page asked for by a browser.
async fn look(world: &World, path: &str) -> Answer {
    Call::app("GET", path).header("accept", HTML).send(world).await
}

/// A form sent by our own page: without referrers, a browser says `Origin: null`.
fn own_form(path: &str) -> Call {
    let call = Call::app("POST", path).header("accept", HTML);
    call.header("origin", "null").header("sec-fetch-site", "same-origin")
}

/// The values of an attribute, one for each time it stands in the text.
fn values(text: &str, attribute: &str) -> Vec<String> {
    let start = format!("{attribute}=\"");
    let parts = text.split(start.as_str()).skip(1);
    parts.filter_map(|part| part.split('"').next().map(str::to_owned)).collect()
}

/// The values of the fields that scripts fill under this name.
fn filled(text: &str, name: &str) -> Vec<String> {
    let start = format!("data-fill=\"{name}\" value=\"");
    let parts = text.split(start.as_str()).skip(1);
    parts.filter_map(|part| part.split('"').next().map(|value| value.replace("&amp;", "&"))).collect()
}

async fn uploaded(world: &World) -> Answer {
    let answer = world.upload(&png([1, 2, 3])).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    answer
}

#[tokio::test]
async fn promise_imp_31_the_page_states_the_date_that_the_answer_gives() {
    let world = World::new();
    let page = look(&world, "/").await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    let stated = values(&page.text(), "<time datetime");
    let answer = uploaded(&world).await;
    assert_eq!(stated.first(), Some(&answer.field("/expires_at")));
    // Nothing restricted can be uploaded without a classifier, but its date must be there, too.
    let restricted = world.clock_now().plus_ms(7 * DAY_MS).rfc3339();
    assert!(stated.contains(&restricted), "{stated:?}");
}

#[tokio::test]
async fn every_life_on_offer_is_granted_as_stated() {
    let world = World::with(1, &[("RETENTION_ANONYMOUS_DAYS", "10")]);
    let page = look(&world, "/").await.text();
    let lives = values(&page, "<option value");
    assert_eq!(lives, ["", "3600", "86400", "604800"]);
    for (number, ttl) in lives.iter().enumerate() {
        let stated: i64 = values(&page, "data-safe-ms")[number].parse().expect("milliseconds");
        let form = Call::app("POST", "/v1/images").form(&[("ttl", ttl)], &[("file", "a.png", &png([number as u8; 3]))]);
        let answer = form.send(&world).await;
        assert_eq!(answer.field("/expires_at"), world.clock_now().plus_ms(stated).rfc3339(), "{ttl}");
    }
}

#[tokio::test]
async fn the_page_works_and_tells_everything_without_scripts() {
    let world = World::new();
    let page = look(&world, "/").await;
    let text = page.text();
    for needed in [
        "method=\"post\" action=\"/\" enctype=\"multipart/form-data\"",
        "type=\"file\" accept=\"image/jpeg,image/png,image/gif,image/webp\"",
        "JPEG, PNG, GIF or WebP, up to 20 MB each",
        "14 days where nothing can serve them",
        "GPS position",
        "No account, no cookies",
        "at most 20 per hour and 100 per day",
        "the address itself is not stored",
        "<button class=\"button\">Upload</button>",
    ] {
        assert!(text.contains(needed), "{needed}");
    }
    for forbidden in ["<script>", " style=", " onclick=", "javascript:"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.len() < 12_000, "{} bytes before compression", text.len());
    let keys = values(&text, "name=\"idempotency_key\" value");
    assert!(keys[0].len() >= 32 && keys != values(&look(&world, "/").await.text(), "name=\"idempotency_key\" value"));
}

#[tokio::test]
async fn a_form_of_several_files_tells_what_became_of_each() {
    let world = World::new();
    let good = [png([1, 1, 1]), png([2, 2, 2])];
    let files: [(&str, &str, &[u8]); 3] =
        [("file", "one.png", &good[0]), ("file", "<notes>.txt", b"words"), ("file", "two.png", &good[1])];
    let fields = [("idempotency_key", KEY), ("ttl", "3600"), ("caption", "Both of them")];
    let answer = own_form("/").form(&fields, &files).send(&world).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    let text = answer.text();
    assert!(text.contains("2 of 3 are online") && text.contains("one.png") && text.contains("two.png"));
    assert!(text.contains("&#60;notes&#62;.txt") && text.contains("That kind of file is not taken"));
    let in_an_hour = world.clock_now().plus_ms(HOUR_MS);
    assert_eq!(values(&text, "<time datetime"), [in_an_hour.rfc3339(), in_an_hour.rfc3339()]);
    assert!(text.contains("you asked for 1 hour"));
    let (pages, deletes) = (filled(&text, "page_url"), filled(&text, "delete_url"));
    assert_eq!((pages.len(), deletes.len()), (2, 2));
    assert!(deletes[0].starts_with(&format!("{}/delete?token=del_", pages[0])));

    // Sent again, by a reload, it is the same two images.
    let again = own_form("/").form(&fields, &files).send(&world).await;
    assert_eq!(filled(&again.text(), "page_url"), pages);
    assert_eq!(world.blobs.names(Bucket::Images).len(), 2);

    // The delete link was shown there, and is shown nowhere else.
    let viewer = look(&world, pages[0].trim_start_matches(APP)).await;
    assert_eq!(viewer.status, StatusCode::OK);
    assert!(!viewer.text().contains("del_"));
}

#[tokio::test]
async fn a_form_of_which_nothing_was_taken_has_the_status_of_its_problem() {
    let world = World::new();
    let refused = own_form("/").form(&[("idempotency_key", KEY)], &[("file", "a.txt", b"words")]).send(&world).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(refused.text().contains("Nothing was uploaded"));
    let empty = own_form("/").form(&[("idempotency_key", KEY)], &[]).send(&world).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().contains("choose at least one image"));
    for number in 0..20 {
        world.upload(&png([number; 3])).await;
    }
    let full = own_form("/").form(&[("idempotency_key", KEY)], &[("file", "a.png", &png([99; 3]))]).send(&world).await;
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "3601"));
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let world = World::new();
    let id = uploaded(&world).await.field("/id");
    let foreign: [&[(&str, &str)]; 4] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ];
    for fields in foreign {
        for path in ["/", &format!("/{id}/delete")] {
            let call = Call::app("POST", path).form(&[("token", "del_x")], &[("file", "a.png", &png([9; 3]))]);
            let call = fields.iter().fold(call, |call, (name, value)| call.header(name, value));
            let answer = call.send(&world).await;
            assert_eq!(answer.field("/code"), "cross-site-form", "{path} {fields:?}");
        }
    }
    assert_eq!(world.blobs.names(Bucket::Images).len(), 1);
}

#[tokio::test]
async fn the_viewer_describes_the_image_to_other_sites() {
    let world = World::new();
    let form =
        Call::app("POST", "/v1/images").form(&[("caption", "A small square")], &[("file", "s.png", &png([7; 3]))]);
    let image = form.send(&world).await;
    let (id, url) = (image.field("/id"), image.field("/url"));
    let page = look(&world, &format!("/{id}")).await;
    let text = page.text();
    for (property, content) in [
        ("og:title", "A small square"),
        ("og:site_name", "Tintype"),
        ("og:url", &format!("{APP}/{id}")),
        ("og:image", &url),
        ("og:image:type", "image/png"),
        ("og:image:width", "8"),
        ("og:image:height", "8"),
        ("og:image:alt", "A small square"),
    ] {
        assert!(text.contains(&format!("<meta property=\"{property}\" content=\"{content}\">")), "{property}");
    }
    for needed in [
        "<meta name=\"robots\" content=\"noindex\">",
        "<meta name=\"twitter:card\" content=\"summary_large_image\">",
        &format!("<link rel=\"canonical\" href=\"{APP}/{id}\">"),
        &format!("<img src=\"{url}\" width=\"8\" height=\"8\" alt=\"A small square\""),
        "<img class=\"placeholder\" src=\"data:image/png;base64,",
        &format!("<time datetime=\"{}\">", image.field("/expires_at")),
        &format!("href=\"{url}?download\""),
        &format!("href=\"/{id}/delete\""),
    ] {
        assert!(text.contains(needed), "{needed}");
    }
    let discovery = values(&text, "type=\"application/json+oembed\" href");
    let oembed = Call::new("GET", &discovery[0]).send(&world).await;
    assert_eq!((oembed.status, oembed.field("/url")), (StatusCode::OK, url.clone()));
    let file = world.view(&format!("{url}?download")).await;
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{id}.png\""));
}

#[tokio::test]
async fn what_an_uploader_writes_stays_text() {
    let world = World::new();
    let hostile = "\"><script>alert(1)</script>'";
    let file = [("file", "\"><img src=x>.png", &png([3; 3])[..])];
    let form =
        own_form("/").form(&[("idempotency_key", KEY), ("caption", hostile)], &[(file[0].0, "a'><b>.png", file[0].2)]);
    let result = form.send(&world).await.text();
    let page = filled(&result, "page_url");
    let viewer = look(&world, page[0].trim_start_matches(APP)).await.text();
    let delete = look(&world, &format!("{}/delete", page[0].trim_start_matches(APP))).await.text();
    for text in [result, viewer, delete] {
        assert!(!text.contains("<script>alert") && !text.contains("<b>"), "{text}");
        assert!(text.contains("&#60;script&#62;"));
    }
}

#[tokio::test]
async fn looking_at_the_delete_page_deletes_nothing_and_sending_it_does() {
    let world = World::new();
    let image = uploaded(&world).await;
    let (id, token) = (image.field("/id"), image.field("/delete_token"));
    let asking = look(&world, image.field("/delete_url").trim_start_matches(APP)).await;
    assert_eq!((asking.status, asking.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(asking.header("referrer-policy"), "no-referrer");
    assert_eq!(values(&asking.text(), "name=\"token\" value"), std::slice::from_ref(&token));
    assert_eq!(look(&world, &format!("/{id}")).await.status, StatusCode::OK);

    for (sent, status) in [("", 401), ("del_nonsense", 403)] {
        let wrong = own_form(&format!("/{id}/delete")).form(&[("token", sent)], &[]).send(&world).await;
        assert_eq!(wrong.status.as_u16(), status, "{sent}");
        assert!(wrong.text().contains("aria-invalid=\"true\"") && wrong.text().contains("id=\"wrong\""));
    }
    assert_eq!(look(&world, &format!("/{id}/delete?token=del_nonsense")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.view(&image.field("/url")).await.status, StatusCode::OK);

    let pasted = format!(" {}\n", image.field("/delete_url"));
    let done = own_form(&format!("/{id}/delete")).form(&[("token", &pasted)], &[]).send(&world).await;
    let erased = world.clock_now().plus_ms(14 * DAY_MS);
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.text().contains("It is deleted") && done.text().contains(&erased.human()));
    assert_eq!(world.view(&image.field("/url")).await.status, StatusCode::GONE);

    for path in [format!("/{id}"), format!("/{id}/delete"), format!("/{id}/delete?token={token}")] {
        let gone = look(&world, &path).await;
        assert_eq!((gone.status, gone.header("cache-control")), (StatusCode::GONE, "no-store"), "{path}");
        assert!(gone.text().contains("has deleted it") && gone.text().contains(&erased.human()), "{path}");
    }
}

#[tokio::test]
async fn an_expired_image_says_so_before_any_job_has_run() {
    let world = World::new();
    let image = uploaded(&world).await;
    world.advance_ms(30 * DAY_MS);
    let path = format!("/{}", image.field("/id"));
    let gone = look(&world, &path).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.text().contains("end of the time that was stated"));
    let program = Call::app("GET", &path).send(&world).await;
    assert_eq!((program.status, program.field("/code")), (StatusCode::GONE, "image-gone".into()));
}

#[tokio::test]
async fn every_problem_has_a_page() {
    let world = World::new();
    let index = look(&world, "/problems").await.text();
    for kind in TYPES {
        let page = look(&world, &format!("/problems/{}", kind.slug)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", kind.slug);
        assert!(page.text().contains(kind.title) && !page.text().contains('`'), "{}", kind.slug);
        assert!(index.contains(&format!("href=\"/problems/{}\"", kind.slug)));
    }
    assert_eq!(look(&world, "/problems/none-such").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_problem_met_in_a_browser_is_a_page_with_a_way_out() {
    let world = World::new();
    let missing = look(&world, "/no-such-page").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(
        missing.text().contains("There is nothing here") && missing.text().contains("href=\"/problems/not-found\"")
    );
    let method = Call::app("PUT", "/").header("accept", HTML).send(&world).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(method.text().contains("<h1>That method does not work here</h1>"));
    // The image host has no style sheet, and its pages may not load ours.
    let bare = Call::images("GET", "/no-such-file").header("accept", HTML).send(&world).await;
    assert_eq!(bare.status, StatusCode::NOT_FOUND);
    assert!(bare.text().contains(&format!("href=\"{APP}/problems/not-found\"")) && !bare.text().contains("stylesheet"));
}

#[tokio::test]
async fn the_privacy_page_prints_the_deployments_own_policy() {
    let own = [("RETENTION_ANONYMOUS_DAYS", "12"), ("RETENTION_RESTRICTED_DAYS", "3"), ("RECOVERY_DAYS", "9")];
    let text = look(&World::with(1, &own), "/privacy").await.text();
    assert!(text.contains("<td>12 days</td><td>3 days</td><td>never public</td>"));
    assert!(text.contains("wait there for 9 days") && text.contains("rate_counters.caller"));
}

#[tokio::test]
async fn assets_are_kept_for_good_under_the_address_that_pages_use() {
    let world = World::new();
    let page = look(&world, "/").await.text();
    let addresses: Vec<String> =
        ["<link rel=\"stylesheet\" href", "<script type=\"module\" src", "<link rel=\"icon\" href"]
            .iter()
            .flat_map(|attribute| values(&page, attribute))
            .collect();
    assert_eq!(addresses.len(), 5);
    for address in &addresses {
        let named = look(&world, address).await;
        assert_eq!(named.status, StatusCode::OK, "{address}");
        assert_eq!(named.header("cache-control"), "public, max-age=31536000, immutable", "{address}");
        let (bare, _) = address.split_once('?').expect("a fingerprint");
        for path in [bare.to_owned(), format!("{bare}?v=0")] {
            assert!(look(&world, &path).await.header("cache-control").starts_with("public, max-age=60"), "{path}");
        }
        assert_eq!(Call::new("GET", &format!("{IMAGES}{bare}")).send(&world).await.status, StatusCode::NOT_FOUND);
    }
    for path in ["/css/none.css", "/js/../css/tintype.css", "/js/upload.js/x"] {
        assert_eq!(look(&world, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn robots_may_look_but_not_at_the_api() {
    let robots = look(&World::new(), "/robots.txt").await;
    assert_eq!(robots.header("content-type"), "text/plain; charset=utf-8");
    assert!(robots.text().contains("Disallow: /v1/"));
}
