//! What was deleted by mistake comes back, by its owner, while its bytes wait; and nothing that anybody withheld does.

use bytes::Bytes;
use tintype::domain::time::{DAY_MS, MINUTE_MS};
use tintype::domain::verdict::UnscannedReason;

use crate::gallery::upload;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, Person};

async fn deleted() -> (World, Browser, Answer, Bytes) {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let image = ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(&world).await;
    let (id, bytes) = (image.field("/id"), world.view(&image.field("/url")).await.body);
    ada.form("/gallery/delete", &[("id", &id), ("sure", "1")]).send(&world).await;
    assert_eq!(world.state(&id), "recovery");
    (world, ada, image, bytes)
}

#[tokio::test]
async fn promise_imp_36_an_owner_brings_back_what_was_deleted_by_mistake_at_the_same_address() {
    let (world, ada, image, bytes) = deleted().await;
    let id = image.field("/id");
    let gone = ada.page(&format!("/{id}")).send(&world).await;
    assert_eq!(gone.status.as_u16(), 410);
    assert!(gone.text().contains("Bring it back"), "{}", gone.text());
    let restored = ada.form(&format!("/{id}/restore"), &[]).send(&world).await;
    assert_eq!((restored.status.as_u16(), restored.header("location")), (303, format!("/{id}").as_str()));
    let seen = world.view(&image.field("/url")).await;
    assert_eq!((seen.status.as_u16(), seen.body), (200, bytes), "the same picture");
    let again = ada.form(&format!("/{id}/restore"), &[]).send(&world).await;
    assert_eq!(again.status.as_u16(), 303, "asking twice is asking once: {}", again.text());
    world.settle().await;
}

#[tokio::test]
async fn a_program_brings_it_back_with_a_key_that_may_write() {
    let (world, ada, image, bytes) = deleted().await;
    let path = format!("/v1/images/{}/restore", image.field("/id"));
    let key = async |scope: &str| {
        let body = format!(r#"{{"name":"a","scopes":["{scope}"]}}"#);
        let made = ada.send(Call::app("POST", "/v1/keys").body("application/json", body)).send(&world).await;
        format!("Bearer {}", made.field("/key"))
    };
    let ask = async |key: &str| Call::app("POST", &path).header("authorization", key).send(&world).await;
    assert_eq!(ask(&key("read").await).await.field("/code"), "scope-missing");
    assert_eq!(Call::app("POST", &path).send(&world).await.status.as_u16(), 401);
    let writes = key("write").await;
    let restored = ask(&writes).await;
    assert_eq!((restored.status.as_u16(), restored.field("/id")), (200, image.field("/id")), "{}", restored.text());
    assert_eq!(restored.field("/url"), image.field("/url"), "the same address");
    assert_eq!(world.view(&image.field("/url")).await.body, bytes);
    assert_eq!(ask(&writes).await.status.as_u16(), 200, "asking twice is asking once");
    world.settle().await;
}

#[tokio::test]
async fn nobody_else_brings_it_back_and_nobody_brings_back_what_was_removed() {
    let (world, ada, image, _) = deleted().await;
    let id = image.field("/id");
    let (_, bob) = world.member("Bob").await;
    let path = format!("/{id}/restore");
    assert!(!bob.page(&format!("/{id}")).send(&world).await.text().contains("Bring it back"));
    assert_eq!(bob.form(&path, &[]).send(&world).await.field("/code"), "image-gone");
    for (change, code) in [
        ("removal_reason = 'removed'", "image-gone"),
        ("removal_reason = 'expired'", "image-gone"),
        ("removal_reason = 'deleted', verdict = 'prohibited'", "image-gone"),
        ("verdict = 'safe', is_private = 1, account_id = 'n0b0dy000000000000000000'", "not-found"),
    ] {
        world.sql.query(&format!("UPDATE images SET {change} WHERE id = '{id}' RETURNING id"));
        assert_eq!(ada.form(&path, &[]).send(&world).await.field("/code"), code, "{change}");
        assert_eq!(world.state(&id), "recovery", "{change}");
    }
    assert_eq!(world.view(&image.field("/url")).await.status.as_u16(), 404, "and it is nowhere");
}

#[tokio::test]
async fn what_is_about_to_be_erased_does_not_come_back() {
    let (world, _, image, _) = deleted().await;
    let id = image.field("/id");
    world.advance_ms(14 * DAY_MS - MINUTE_MS);
    let browser = world.sign_in(&Person::named("Ada")).await;
    let late = browser.form(&format!("/{id}/restore"), &[]).send(&world).await;
    assert_eq!(late.field("/code"), "image-gone");
    world.settle().await;
}

#[tokio::test]
async fn whoever_asks_for_somebody_elses_image_back_learns_nothing_of_private_ones() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let (_, bob) = world.member("Bob").await;
    let public = upload(&world, &ada, 1).await.field("/id");
    let private = crate::private_images::private(&world, &ada, 2).await.field("/id");
    let held = {
        world.vision_is(Some(UnscannedReason::VisionBusy));
        let call = Call::app("POST", "/v1/images?private=true").body("image/png", numbered_png(3));
        ada.send(call).send(&world).await.field("/id")
    };
    for (id, code) in [(&public, "not-your-image"), (&private, "not-found"), (&held, "not-found")] {
        assert_eq!(bob.form(&format!("/{id}/restore"), &[]).send(&world).await.field("/code"), code);
    }
}

#[tokio::test]
async fn what_was_waiting_for_a_person_when_it_was_deleted_does_not_become_public_by_that() {
    let world = World::with(1, &[("FLAGGED", "held")]);
    let (_, ada) = world.member("Ada").await;
    let id = upload(&world, &ada, 1).await.field("/id");
    // As the policy keeps what is flagged for a person, before anybody has seen it.
    let held = "state = 'held', verdict = 'flagged', held_reason = 'review', held_until = created_at + 86400000";
    world.sql.query(&format!("UPDATE images SET {held}, held_sha256 = sha256 WHERE id = '{id}' RETURNING id"));
    ada.form("/gallery/delete", &[("id", &id), ("sure", "1")]).send(&world).await;
    assert_eq!(world.state(&id), "recovery");
    assert_eq!(ada.form(&format!("/{id}/restore"), &[]).send(&world).await.field("/code"), "image-gone");
    assert_eq!(world.state(&id), "recovery");
}

#[tokio::test]
async fn who_waits_to_look_at_an_image_still_does_when_it_was_away() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let id = upload(&world, &ada, 1).await.field("/id");
    let entered = format!(
        "INSERT INTO review_queue (image_id, cause, severity, entered_at) VALUES ('{id}', 'flagged', 3, 0) RETURNING image_id"
    );
    world.sql.query(&entered);
    ada.form("/gallery/delete", &[("id", &id), ("sure", "1")]).send(&world).await;
    let restored = ada.form(&format!("/{id}/restore"), &[]).send(&world).await;
    assert_eq!(restored.status.as_u16(), 303, "{}", restored.text());
    let open = world.sql.query("SELECT cause FROM review_queue WHERE decided_at IS NULL");
    assert_eq!(open.len(), 1, "its owner has decided nothing for them: {open:?}");
}
