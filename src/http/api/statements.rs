//! `/v1/images/{id}/statements`: why an image is restricted, for programs of its owner and for whoever has its delete token.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};

use super::json as answer;
use crate::app::App;
use crate::domain::api_key::{ApiKeyText, Scope};
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::time::Timestamp;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::Identity;
use crate::http::member::acting;
use crate::usecases::open_image::open_image;
use crate::usecases::read_statements::{Read, Reader, read_statements};
use crate::usecases::reasons::reasons;

/// `GET /v1/images/{id}/statements`: the latest first; none, if it never was restricted.
///
/// # Errors
/// `not-found`, `image-gone`, `not-your-image`, `delete-token-missing`, `delete-token-wrong`; see docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let token = caller::bearer_token(&headers).filter(|token| !ApiKeyText::is_meant(token));
    let read = match token.map(DeleteToken::from_caller) {
        Some(token) => read_statements(&app, &id, Reader::Holder(&token)).await?,
        None => {
            let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
            let acting = acting.ok_or(Problem::DeleteTokenMissing)?;
            // A program that is confined sees what is in its collection, and nothing of what is not there any more.
            if acting.collection.is_some() {
                open_image(&app, acting.changer(), &id).await?;
            }
            read_statements(&app, &id, Reader::Member(&acting.member)).await?
        }
    };
    let data: Vec<Value> = read.iter().map(|read| object(&app, &id, read)).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

fn object(app: &App, id: &ImageId, Read { statement, appeal, may_appeal }: &Read) -> Value {
    let told = reasons(statement);
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    let appeal = appeal.as_ref().map(|appeal| {
        json!({
            "opened_at": appeal.opened_at.rfc3339(),
            "due_at": appeal.due_at.rfc3339(),
            "decided_at": time(appeal.decided_at),
            "outcome": appeal.outcome,
            "reason": appeal.reason,
        })
    });
    json!({
        "object": "statement",
        "number": statement.number,
        "restriction": told.kind,
        "imposed_at": statement.imposed_at.rfc3339(),
        "ended_at": time(statement.ended_at),
        "scope": told.scope,
        "facts": told.facts,
        "basis": told.basis,
        "origin": told.origin,
        "automated_detection": statement.is_detected_by_program(),
        "automated_decision": statement.is_automated(),
        "redress": told.redress,
        "appeal_until": told.appeal_until.rfc3339(),
        "can_be_appealed": may_appeal,
        "url": format!("{}/{id}/statement", app.settings.app_base()),
        "appeal": appeal,
    })
}
