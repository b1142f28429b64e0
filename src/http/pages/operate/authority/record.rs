//! The record of what is to be reported: for the page, and as it is handed over.

use serde_json::{Value, json};

use crate::domain::time::Timestamp;
use crate::usecases::authority::{Record, due_at};

/// What is known, by name and value, for the page.
pub(super) fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let image = &record.image;
    let hashes = parsed(image.hashes.as_ref());
    let file = parsed(image.facts.as_ref());
    let text = |value: &Value, pointer: &str| match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let pdq = hashes.pointer("/pdq").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut facts = vec![
        ("Picture", image.id.to_string()),
        ("State", image.state.clone()),
        ("Came in", format!("{} ({})", image.created_at.human(), image.surface)),
        ("SHA-256 as it came", text(&hashes, "/received_sha256")),
        ("SHA-256 as it is kept", image.sha256.clone().unwrap_or_default()),
        ("PDQ", pdq.iter().map(|hash| text(hash, "/hash")).collect::<Vec<_>>().join(" ")),
        ("Format", text(&file, "/format")),
        ("Size", format!("{} × {}, {} bytes", text(&file, "/width"), text(&file, "/height"), text(&file, "/bytes"))),
        ("File name", text(&parsed(image.details.as_ref()), "/filename")),
    ];
    if file.is_null() {
        facts.retain(|(name, _)| *name != "Size");
    }
    if let Some(report) = &record.report {
        let how = match report.list.as_str() {
            "operator" => "by a person".to_owned(),
            list => format!("on the list {list}, by {}", report.kind),
        };
        facts.push(("Recognised", format!("{}, {how}", report.created_at.human())));
    }
    match &record.account {
        None => facts.push(("Account", "none, or erased".to_owned())),
        Some(account) => {
            facts.push(("Account", account.id.to_string()));
            facts.push(("Made", account.created_at.human()));
            facts.push(("Name", account.name.clone().unwrap_or_default()));
            facts.push(("Email address", account.email.clone().unwrap_or_default()));
            facts.push(("Country, as its owner says", account.country.clone().unwrap_or_default()));
        }
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn parsed(text: Option<&String>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

/// The record as it is handed over.
pub(super) fn object(record: &Record, now: Timestamp) -> Value {
    let image = &record.image;
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    let report = record.report.as_ref().map(|report| {
        json!({
            "category": report.category,
            "list": report.list,
            "recognised_by": report.kind,
            "distance": report.distance,
            "recognised_at": report.created_at.rfc3339(),
            "due_at": due_at(report).rfc3339(),
            "state": report.state.as_str(),
            "filed_at": time(report.filed_at),
            "reference": report.reference,
            "reason": report.reason,
        })
    });
    let orders: Vec<Value> = record
        .orders
        .iter()
        .map(|order| {
            json!({
                "reference": order.reference,
                "placed_at": order.placed_at.rfc3339(),
                "until": order.until.rfc3339(),
                "lifted_at": time(order.lifted_at),
            })
        })
        .collect();
    let account = record.account.as_ref().map(|account| {
        json!({
            "id": account.id,
            "name": account.name,
            "email": account.email,
            "country": account.country,
            "created_at": account.created_at.rfc3339(),
            "verified_at": time(account.verified_at),
        })
    });
    json!({
        "object": "authority_record",
        "made_at": now.rfc3339(),
        "image": {
            "id": image.id,
            "state": image.state,
            "surface": image.surface,
            "uploaded_at": image.created_at.rfc3339(),
            "sha256": image.sha256,
            "hashes": parsed(image.hashes.as_ref()),
            "facts": parsed(image.facts.as_ref()),
            "details": parsed(image.details.as_ref()),
            "held_until": time(image.held_until),
        },
        "report": report,
        "orders": orders,
        "account": account,
        "network_address": Value::Null,
    })
}
