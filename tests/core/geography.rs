//! What policy withholds in a country is shown elsewhere, and nowhere else is anything different for it.

use crate::erasure::upload;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::form;
use crate::operate::decide;
use crate::statements::RESTRICT;

/// A world in which two things are withheld, each in a country; the image is one that is there by then.
async fn world() -> (World, Answer) {
    let mut world = World::new();
    let uploaded = world.upload(&numbered_png(1)).await;
    let id = uploaded.field("/id");
    let rows = format!(
        r#"[{{"country":"DE","withholds":["{id}"],"reason":"Order 12 O 3/26"}},
            {{"country":"AE","withholds":["restricted"],"reason":"Decree-Law 34/2021"}}]"#
    );
    world.redeploy(&[("WITHHELD_IN", &rows)]);
    (world, uploaded)
}

async fn from(world: &World, country: &str, method: &str, path: &str) -> Answer {
    let call = Call::images(method, path);
    let call = if country.is_empty() { call } else { call.header("cf-ipcountry", country) };
    call.send(world).await
}

#[tokio::test]
async fn an_image_is_withheld_in_its_country_and_where_the_country_is_hidden_and_shown_elsewhere() {
    let (world, uploaded) = world().await;
    let path = format!("/{}.png", uploaded.field("/id"));
    for country in ["DE", "de", "XX", "T1", ""] {
        for (method, path) in [("GET", path.clone()), ("HEAD", path.clone()), ("GET", format!("{path}?w=16"))] {
            let answer = from(&world, country, method, &path).await;
            assert_eq!(answer.status.as_u16(), 451, "{country} {method} {path}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(method == "HEAD" || answer.text().contains("Order 12 O 3/26"), "{}", answer.text());
        }
    }
    let shown = from(&world, "FR", "GET", &path).await;
    assert_eq!((shown.status.as_u16(), shown.body.to_vec()), (200, numbered_png(1)));
    assert!(
        shown.header("cache-control").starts_with("private,"),
        "no cache between answers for us: it does not ask from where"
    );
    // Whoever has it already, and asks whether it is still right.
    let held = |country: &str| {
        Call::images("GET", &path).header("if-none-match", shown.header("etag")).header("cf-ipcountry", country)
    };
    assert_eq!(held("FR").send(&world).await.status.as_u16(), 304);
    assert_eq!(held("DE").send(&world).await.status.as_u16(), 451);
    let part = Call::images("GET", &path).header("range", "bytes=0-9").header("cf-ipcountry", "DE");
    assert_eq!(part.send(&world).await.status.as_u16(), 451);
    // And its page.
    let page = |country: &str| {
        let call = Call::app("GET", &format!("/{}", uploaded.field("/id"))).header("accept", "text/html");
        call.header("cf-ipcountry", country)
    };
    let refused = page("DE").send(&world).await;
    assert_eq!(refused.status.as_u16(), 451);
    assert!(refused.text().contains("Germany") && refused.text().contains("Order 12 O 3/26"), "{}", refused.text());
    let seen = page("FR").send(&world).await;
    assert_eq!((seen.status.as_u16(), seen.header("cache-control")), (200, "no-store"));
    world.settle().await;
}

#[tokio::test]
async fn other_images_are_as_they_are_without_such_a_policy() {
    let (world, _) = world().await;
    let other = world.upload(&numbered_png(2)).await;
    let path = format!("/{}.png", other.field("/id"));
    for country in ["DE", "AE", "FR", "XX", ""] {
        let answer = from(&world, country, "GET", &path).await;
        assert_eq!(answer.status.as_u16(), 200, "{country}");
        assert!(answer.header("cache-control").starts_with("public,"), "{country}");
    }
}

#[tokio::test]
async fn what_is_shown_behind_a_warning_can_be_withheld_as_a_whole() {
    let (world, _) = world().await;
    let operator = world.operator("Olive").await;
    let (_, ada) = world.member("Ada").await;
    let id = upload(&world, &ada, 3).await.field("/id");
    decide(&world, &operator, &id, &RESTRICT).await;
    for path in [format!("/{id}.png"), format!("/{id}.png?view")] {
        assert_eq!(from(&world, "AE", "GET", &path).await.status.as_u16(), 451, "{path}: not even its placeholder");
        assert_eq!(from(&world, "DE", "GET", &path).await.status.as_u16(), 200, "{path}");
    }
    let page = ada.page(&format!("/{id}/statement")).send(&world).await.text();
    assert!(page.contains("United Arab Emirates") && page.contains("Decree-Law 34/2021"), "{page}");
}

#[tokio::test]
async fn whoever_uploaded_it_reads_why_and_what_has_left_is_gone_everywhere() {
    let (world, uploaded) = world().await;
    let (id, token) = (uploaded.field("/id"), uploaded.field("/delete_token"));
    let page = form(&format!("/{id}/statement"), &[("token", &token)]).header("cf-ipcountry", "DE").send(&world).await;
    assert!(
        page.text().contains("Not shown in some countries") && page.text().contains("Order 12 O 3/26"),
        "{}",
        page.text()
    );
    let delete = Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &format!("Bearer {token}"));
    assert_eq!(delete.send(&world).await.status.as_u16(), 200);
    for country in ["DE", "FR"] {
        assert_eq!(from(&world, country, "GET", &format!("/{id}.png")).await.status.as_u16(), 410, "{country}");
    }
}
