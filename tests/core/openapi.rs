//! docs/openapi.json: the contract of the API, printed from the tables of routes and problems, and held to
//! what is really answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};
use tintype::domain::format::Format;
use tintype::domain::ground::Ground;
use tintype::domain::notice::{NoticeField, NoticeKind, NoticeOutcome};
use tintype::domain::verdict::UnscannedReason;
use tintype::http::Host;
use tintype::http::problem_types::TYPES;
use tintype::http::routes::{Access, Route, all as all_routes};
use tintype::policy::{limits, notices, private_images, retention, tickets};

use crate::collections::{json_call, upload_with};
use crate::content_safety::scored;
use crate::harness::World;
use crate::harness::blessed::compare_or_bless;
use crate::harness::client::Call;
use crate::harness::images::numbered_png;
use crate::harness::people::Browser;

/// The routes that programs use; pages are for people.
fn is_api(route: &Route) -> bool {
    route.host == Host::Images || route.path.starts_with("/v1/") || route.path == "/oembed"
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn nullable(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().map(|p| p.keys().collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn size(shorter_side_px: u32) -> Value {
    let mut size = object(json!({
        "url": { "type": "string", "format": "uri" },
        "width": { "type": "integer", "minimum": 1 },
        "height": { "type": "integer", "minimum": 1 },
    }));
    size["description"] =
        json!(format!("With a shorter side of {shorter_side_px} pixels, or as it is if it has fewer."));
    size
}

/// Why an image is restricted.
fn statement_fields() -> Value {
    let date = || json!({ "type": ["string", "null"], "format": "date-time" });
    object(json!({
        "object": { "const": "statement" }, "number": { "type": "integer", "minimum": 1 },
        "restriction": { "enum": ["removal", "warning", "held", "suspension"] },
        "imposed_at": time(), "ended_at": date(),
        "scope": text(), "facts": text(), "basis": text(), "origin": text(),
        "automated_detection": { "type": "boolean" }, "automated_decision": { "type": "boolean" },
        "redress": text(), "appeal_until": time(), "can_be_appealed": { "type": "boolean" },
        "url": { "type": "string", "format": "uri" },
        "appeal": {
            "type": ["object", "null"],
            "required": ["opened_at", "due_at", "decided_at", "outcome", "reason"],
            "properties": {
                "opened_at": time(), "due_at": time(), "decided_at": date(),
                "outcome": { "enum": ["upheld", "reversed", "withdrawn", null] }, "reason": nullable("string"),
            },
        },
    }))
}

fn schemas() -> Value {
    let formats: Vec<Value> = Format::ALL.iter().map(|format| json!(format)).collect();
    let image = object(json!({
        "id": { "type": "string", "pattern": "^[0-9a-hjkmnp-tv-z]{24}$" },
        "object": { "const": "image" },
        "url": { "type": "string", "format": "uri", "description": "The image itself, on the image host. Of a restricted image its placeholder is there, a PNG in the image's proportions: for links and embeds. Of a private image nothing is there." },
        "view_url": { "type": ["string", "null"], "format": "uri", "description": "A restricted image itself: for those who were warned and asked to see it. Null for any other, which is at `url`." },
        "page_url": { "type": "string", "format": "uri", "description": "The page that shows it." },
        "signed_url": { "type": ["object", "null"], "required": ["url", "expires_at"], "properties": { "url": { "type": "string", "format": "uri" }, "expires_at": time() }, "description": "Where a private image itself is for whoever may see it, for an hour. Null for a public one, and for who uploaded it with a ticket." },
        "sizes": { "type": ["object", "null"], "required": ["small", "medium", "large"], "properties": { "small": size(320), "medium": size(640), "large": size(1_080) }, "description": "Of a private image, signed for an hour; null for who uploaded it with a ticket." },
        "srcset": { "type": ["string", "null"], "description": "All sizes for the `srcset` attribute of an `img`. Null where `sizes` is." },
        "srcset_webp": { "type": ["string", "null"], "description": "All sizes as WebP, for the `source` of a `picture`. Null where `sizes` is." },
        "filename": nullable("string"),
        "format": { "enum": formats },
        "width": { "type": "integer", "minimum": 1, "description": "Pixels, as displayed." },
        "height": { "type": "integer", "minimum": 1, "description": "Pixels, as displayed." },
        "bytes": { "type": "integer", "minimum": 1 },
        "animated": { "type": "boolean" },
        "status": { "const": "live" },
        "public": { "type": "boolean", "description": "False: only its owner sees it, and whoever has a signed address." },
        "caption": nullable("string"),
        "labels": { "type": "object", "additionalProperties": text() },
        "metadata": { "type": "object", "description": "The uploader's own object." },
        "created_at": time(),
        "expires_at": { "type": ["string", "null"], "format": "date-time", "description": "Null: when its owner deletes it." },
        "retention": object(json!({
            "class": { "enum": ["safe", "restricted"] },
            "reason": text(),
            "expires_at": { "type": ["string", "null"], "format": "date-time" },
        })),
        "moderation": object(json!({
            "state": { "enum": ["safe", "flagged", "restricted"] },
            "label": { "type": "string", "description": "The state in words for people." },
            "policy_version": { "type": "integer" },
        })),
        "placeholder": object(json!({ "thumbhash": text(), "dominant_color": text() })),
    }));
    let mut image = image;
    // Not required: it is told to whom the image belongs.
    image["properties"]["collection"] = json!({ "type": ["string", "null"], "description": "The collection it is in. Only in answers to whom the image belongs." });
    let uploaded = |schema: &str| {
        json!({
            "description": "The image, with what only its uploader is told.",
            "allOf": [
                { "$ref": format!("#/components/schemas/{schema}") },
                object(json!({ "delete_url": { "type": "string", "format": "uri" }, "delete_token": text() })),
            ],
        })
    };
    let mut held = image.clone();
    let unknown = [
        "url",
        "view_url",
        "signed_url",
        "filename",
        "format",
        "width",
        "height",
        "bytes",
        "animated",
        "placeholder",
        "sizes",
        "srcset",
        "srcset_webp",
    ];
    if let Some(properties) = held["properties"].as_object_mut() {
        properties.retain(|name, _| !unknown.contains(&name.as_str()));
        properties.insert("status".into(), json!({ "const": "held" }));
        properties.insert("public".into(), json!({ "const": false }));
        properties["moderation"]["properties"]["state"] = json!({ "const": "unscanned" });
        properties.insert(
            "held_until".into(),
            json!({ "type": "string", "format": "date-time", "description": "When it is given up if it cannot be judged." }),
        );
    }
    let mut properties = held["properties"].take();
    let told_to_owners = properties.as_object_mut().and_then(|all| all.remove("collection"));
    let mut held = object(properties);
    held["properties"]["collection"] = told_to_owners.unwrap_or_default();
    let problem = json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": text(),
            "status": { "type": "integer" },
            "detail": text(),
            "code": { "enum": TYPES.iter().map(|kind| kind.slug).collect::<Vec<_>>() },
            "request_id": text(),
            "action": object(json!({ "type": { "const": "wait" }, "label": text(), "retry_after": { "type": "integer" } })),
        },
    });
    let deletion = json!({
        "type": "object",
        "required": ["id", "object", "deleted"],
        "properties": {
            "id": text(),
            "object": { "const": "image" },
            "deleted": { "type": "boolean" },
            "erased_at": { "type": "string", "format": "date-time", "description": "When the bytes in recovery are erased." },
        },
    });
    let oembed = object(json!({
        "version": { "const": "1.0" }, "type": { "const": "photo" }, "provider_name": text(), "provider_url": text(),
        "title": nullable("string"), "url": text(), "width": { "type": "integer" }, "height": { "type": "integer" },
        "cache_age": { "type": "integer" },
    }));
    let statement_list = object(json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": { "$ref": "#/components/schemas/Statement" } },
    }));
    let date = || json!({ "type": ["string", "null"], "format": "date-time" });
    let key_fields = json!({
        "id": text(), "object": { "const": "api_key" }, "name": text(),
        "scopes": { "type": "array", "items": { "enum": ["read", "write", "delete", "admin"] } },
        "signs_with": { "enum": ["hmac-sha256", "ed25519"] }, "collection": nullable("string"),
        "created_at": { "type": "string", "format": "date-time" }, "expires_at": date(), "revoked_at": date(),
        "last_used_day": nullable("string"),
    });
    let mut made = key_fields.clone();
    made["key"] = json!({ "type": "string", "description": "The bearer token." });
    made["signing_secret"] = nullable("string");
    let ticket_fields = json!({
        "id": text(), "object": { "const": "ticket" }, "bytes_max": nullable("integer"),
        "formats": { "type": ["array", "null"], "items": { "enum": formats } }, "collection": nullable("string"),
        "ttl": { "type": ["integer", "null"], "description": "Seconds." }, "private": { "type": "boolean" },
        "uses": { "type": "integer", "description": "How many uploads it allows." },
        "used": { "type": "integer", "description": "How many were begun and not given up." },
        "created_at": time(), "expires_at": time(), "revoked_at": date(),
    });
    let mut made_ticket = ticket_fields.clone();
    made_ticket["ticket"] = json!({ "type": "string", "description": "The ticket itself." });
    made_ticket["upload_url"] = json!({ "type": "string", "format": "uri" });
    made_ticket["authorization"] =
        json!({ "type": "string", "description": "The `Authorization` field of an upload with it." });
    let ticket_list = object(json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": { "$ref": "#/components/schemas/Ticket" } },
    }));
    let revoked_ticket = object(json!({ "id": text(), "object": { "const": "ticket" }, "revoked": { "const": true } }));
    let link = object(json!({
        "object": { "const": "link" }, "id": text(), "url": { "type": "string", "format": "uri" },
        "expires_at": { "type": ["string", "null"], "format": "date-time", "description": "Null: the image is public, and this is its address." },
    }));
    let key_list = object(json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": { "$ref": "#/components/schemas/ApiKey" } },
    }));
    let revoked = object(json!({ "id": text(), "object": { "const": "api_key" }, "revoked": { "const": true } }));
    let request = object(json!({
        "id": { "type": "string", "description": "As in `X-Request-Id` of the answer." },
        "object": { "const": "request" }, "at": time(), "method": text(),
        "endpoint": { "type": "string", "description": "The pattern of the address, such as `/v1/images/{id}`; the address itself is not kept." },
        "status": { "type": "integer" },
        "problem": { "type": ["string", "null"], "description": "The `code` of the problem that was answered." },
        "client": { "type": ["string", "null"], "description": "What the part of the network it came from is called on that UTC day, to tell clients apart. Nobody can find out what it stands for when the day is over." },
    }));
    let request_list = object(json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": { "$ref": "#/components/schemas/Request" } },
        "next_cursor": { "type": ["string", "null"], "description": "From where older ones go on; null: there are none." },
        "days": { "type": "array", "items": object(json!({
            "day": { "type": "string", "format": "date" },
            "requests": { "type": "integer", "description": "How many there were." },
            "listed": { "type": "integer", "description": "How many of them were listed; the others were only counted." },
        })) },
    }));
    let either = ["Image", "HeldImage"].map(|kind| json!({ "$ref": format!("#/components/schemas/{kind}") }));
    let image_list = object(json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": { "oneOf": either } },
        "next_cursor": { "type": ["string", "null"], "description": "From where older ones go on; null: there are none." },
        "searched_until": { "type": ["string", "null"], "format": "date-time", "description": "Of a search that looked at as many images as one request may: when the last of them came. Then fewer than `limit` were found, or none, and `next_cursor` goes on." },
    }));
    let collection = object(json!({
        "id": text(), "object": { "const": "collection" }, "name": text(),
        "images": { "type": "integer", "minimum": 0, "description": "Public and held ones." },
        "created_at": time(),
        "owner": { "type": "string", "description": "The account to which it and the images in it belong." },
    }));
    let collection_list = object(json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": { "$ref": "#/components/schemas/Collection" } },
        "next_cursor": { "type": ["string", "null"], "description": "From where older ones go on; null: there are none." },
    }));
    let deleted_collection =
        object(json!({ "id": text(), "object": { "const": "collection" }, "deleted": { "const": true } }));
    let outcome = object(json!({
        "id": text(), "object": { "const": "image" },
        "outcome": { "enum": ["moved", "deleted", "underway", "not-found"], "description": "`underway`: it leaves public view within about a minute. `not-found`: no image of the account." },
    }));
    let outcomes = object(json!({ "object": { "const": "list" }, "data": { "type": "array", "items": outcome } }));
    let count = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    let most = |what: &str| json!({ "type": ["integer", "null"], "description": format!("{what} Null: as many as you like.") });
    let window = object(json!({
        "window": { "enum": ["hour", "day"] }, "window_s": { "type": "integer" }, "uploads_max": { "type": "integer" },
    }));
    let usage = object(json!({
        "object": { "const": "usage" },
        "tier": { "enum": ["free", "pro", "unlimited"] },
        "images": count("Public and held ones."),
        "bytes": count("Of the files as they are served; of what is held, as they came."),
        "uploads_this_month": count("Since the first of the month, UTC, also of what was deleted since."),
        "limits": object(json!({
            "images_max": most("Images."),
            "bytes_max": most("Their bytes."),
            "uploads_per_month_max": most("Uploads in a calendar month, UTC."),
            "uploads": { "type": "array", "items": window, "description": "None: as many as you like." },
            "image_bytes_max": { "type": "integer" },
        })),
    }));
    let role = || json!({ "enum": ["viewer", "editor", "owner"] });
    let list_of = |kind: &str| {
        object(json!({
            "object": { "const": "list" },
            "data": { "type": "array", "items": { "$ref": format!("#/components/schemas/{kind}") } },
        }))
    };
    let team = object(json!({
        "id": text(), "object": { "const": "team" }, "name": text(), "role": role(), "created_at": time(),
        "joined_at": time(),
    }));
    let member = object(json!({
        "id": text(), "object": { "const": "team_member" }, "role": role(), "joined_at": time(),
        "name": { "type": ["string", "null"], "description": "Null: nobody can read it any more." },
    }));
    let invitation = object(json!({
        "id": text(), "object": { "const": "team_invitation" }, "role": { "enum": ["viewer", "editor"] },
        "email": { "type": ["string", "null"], "description": "Null: nobody can read it any more." },
        "created_at": time(), "expires_at": time(),
    }));
    let of_member =
        |what: &str, kind: Value| object(json!({ "id": text(), "object": { "const": "team_member" }, what: kind }));
    let withdrawn =
        object(json!({ "id": text(), "object": { "const": "team_invitation" }, "withdrawn": { "const": true } }));
    let closed = object(json!({ "id": text(), "object": { "const": "team" }, "closed": { "const": true } }));
    let report_fields = json!({
        "id": text(), "object": { "const": "report" },
        "status": { "enum": ["incomplete", "open", "decided"], "description": "`incomplete`: the law asks for what `missing` names; the time to decide begins when it is there." },
        "kind": { "enum": NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() },
        "missing": { "type": "array", "items": { "enum": NoticeField::ALL.iter().map(|field| field.as_str()).collect::<Vec<_>>() } },
        "received_at": time(),
        "due_at": { "type": ["string", "null"], "format": "date-time", "description": "By when a person decides." },
        "decision": { "type": ["object", "null"], "required": ["outcome", "ground", "reason", "decided_at", "automated"], "properties": {
            "outcome": { "enum": NoticeOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>() },
            "ground": { "enum": Ground::ALL.iter().map(|ground| ground.as_str()).collect::<Vec<_>>() },
            "reason": text(), "decided_at": time(),
            "automated": { "const": false, "description": "No machine decides about reports." },
        } },
    });
    let mut new_report = report_fields.clone();
    new_report["token"] =
        json!({ "type": "string", "description": "What opens the report; told only now, and in letters about it." });
    new_report["page_url"] = json!({ "type": "string", "format": "uri", "description": "The same for people." });
    json!({
        "Report": object(report_fields), "NewReport": object(new_report),
        "Team": team, "TeamList": list_of("Team"), "ClosedTeam": closed,
        "TeamMember": member, "TeamMemberList": list_of("TeamMember"),
        "ChangedTeamMember": of_member("role", role()),
        "RemovedTeamMember": of_member("removed", json!({ "const": true })),
        "TeamInvitation": invitation, "TeamInvitationList": list_of("TeamInvitation"),
        "WithdrawnTeamInvitation": withdrawn,
        "ImageList": image_list, "Usage": usage, "Outcomes": outcomes,
        "Collection": collection, "CollectionList": collection_list, "DeletedCollection": deleted_collection,
        "Ticket": object(ticket_fields), "MadeTicket": object(made_ticket), "TicketList": ticket_list,
        "Statement": statement_fields(), "StatementList": statement_list,
        "RevokedTicket": revoked_ticket, "Link": link,
        "ApiKey": object(key_fields), "MadeApiKey": object(made), "ApiKeyList": key_list, "RevokedApiKey": revoked,
        "Request": request, "RequestList": request_list,
        "Image": image, "UploadedImage": uploaded("Image"), "HeldImage": held, "UploadedHeldImage": uploaded("HeldImage"),
        "Deletion": deletion, "Oembed": oembed, "Problem": problem,
    })
}

/// Fields that go with an upload, in a form or, for raw bodies, in the query.
fn upload_fields() -> [(&'static str, Value, &'static str); 7] {
    let ttl_max = match retention::RetentionPolicy::default().keep(
        tintype::domain::retention::Surface::Api,
        tintype::domain::retention::Tier::Anonymous,
        tintype::domain::verdict::Verdict::Safe,
    ) {
        retention::Keep::For(ms) => ms / 1_000,
        _ => 0,
    };
    let ttl = json!({ "type": "integer", "minimum": retention::TTL_MIN_MS / 1_000, "maximum": ttl_max });
    [
        ("ttl", ttl, "How long to keep it, in seconds. The greatest value is this deployment's window."),
        (
            "caption",
            json!({ "type": "string", "maxLength": 500 }),
            "Shown under the image, and read to screen readers.",
        ),
        ("labels", text(), "A JSON object of strings, as text."),
        ("metadata", text(), "A JSON object of your own, as text; returned untouched."),
        ("collection", text(), "The id of a collection; the image then belongs to whom the collection belongs to."),
        ("team", text(), "The id of a team in which you add images; the image then belongs to it."),
        (
            "private",
            json!({ "type": "boolean" }),
            "Whether only its owner sees it: for accounts with a proved address.",
        ),
    ]
}

fn answer(description: &str, schema: &str) -> Value {
    let content = json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } });
    json!({ "description": description, "content": content })
}

fn problem_answers(statuses: &[u16]) -> Map<String, Value> {
    let of = |status: &u16| {
        let codes: Vec<&str> = TYPES.iter().filter(|kind| kind.status == *status).map(|kind| kind.slug).collect();
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let content = json!({ "application/problem+json": { "schema": schema } });
        (status.to_string(), json!({ "description": codes.join(", "), "content": content }))
    };
    statuses.iter().map(of).collect()
}

fn parameter(place: &str, name: &str, required: bool, schema: &Value, description: &str) -> Value {
    json!({ "in": place, "name": name, "required": required, "schema": schema, "description": description })
}

/// What the tables of the code cannot know about a route of teams.
fn of_teams(route: &Route, operation: &mut Value) -> (Vec<Value>, Value, &'static [u16]) {
    let mut parameters: Vec<Value> =
        [("id", "The team's id."), ("account", "The member's id."), ("invitation", "The invitation's id.")]
            .into_iter()
            .filter(|(name, _)| route.path.contains(&format!("{{{name}}}")))
            .map(|(name, words)| parameter("path", name, true, &text(), words))
            .collect();
    let name = json!({ "type": "string", "minLength": 1, "maxLength": 60 });
    let mut asks = |properties: Value| {
        let mut wish = object(properties);
        wish["additionalProperties"] = json!(false);
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": wish } } });
    };
    let (status, responses) = match (route.method, route.path) {
        ("GET", "/v1/teams") => ("200", answer("The teams, the longest joined first.", "TeamList")),
        ("POST", "/v1/teams") => {
            asks(json!({ "name": name }));
            ("201", answer("The team, of which the account is the owner.", "Team"))
        }
        ("GET", "/v1/teams/{id}") => ("200", answer("The team.", "Team")),
        ("PATCH", "/v1/teams/{id}") => {
            asks(json!({ "name": name }));
            ("200", answer("The team.", "Team"))
        }
        ("DELETE", "/v1/teams/{id}") => {
            parameters.push(parameter("query", "name", true, &text(), "The team's name: that it is meant."));
            ("200", answer("It is closed; its images leave public view within minutes.", "ClosedTeam"))
        }
        ("GET", "/v1/teams/{id}/members") => ("200", answer("Who is in it.", "TeamMemberList")),
        ("PATCH", "/v1/teams/{id}/members/{account}") => {
            asks(
                json!({ "role": { "enum": ["viewer", "editor", "owner"], "description": "`owner` passes the team on." } }),
            );
            ("200", answer("What they are now.", "ChangedTeamMember"))
        }
        ("DELETE", "/v1/teams/{id}/members/{account}") => {
            ("200", answer("They are in it no more.", "RemovedTeamMember"))
        }
        ("GET", "/v1/teams/{id}/invitations") => {
            ("200", answer("Open invitations, the earliest first; for the team's owner.", "TeamInvitationList"))
        }
        ("POST", "/v1/teams/{id}/invitations") => {
            asks(json!({ "email": { "type": "string", "format": "email" }, "role": { "enum": ["viewer", "editor"] } }));
            (
                "201",
                answer("The invitation is on its way, whether the address has an account or not.", "TeamInvitation"),
            )
        }
        ("DELETE", "/v1/teams/{id}/invitations/{invitation}") => {
            ("200", answer("Its link leads nowhere any more.", "WithdrawnTeamInvitation"))
        }
        other => panic!("{other:?} has no description: add it here (tests/core/openapi.rs)"),
    };
    let problems: &[u16] = match (route.method, route.path) {
        ("GET", "/v1/teams") => &[400, 401, 403, 404, 500, 503],
        ("GET", _) | ("DELETE", "/v1/teams/{id}/invitations/{invitation}") => &[400, 401, 403, 404, 500, 503],
        ("DELETE", _) => &[400, 401, 403, 404, 409, 422, 500, 503],
        ("POST", "/v1/teams/{id}/invitations") => &[400, 401, 403, 404, 409, 411, 413, 422, 429, 500, 503],
        _ => &[400, 401, 403, 404, 409, 411, 413, 422, 500, 503],
    };
    (parameters, json!({ status: responses }), problems)
}

fn body(description: &str, schema: &Value) -> Value {
    json!({ "required": true, "description": description, "content": { "application/json": { "schema": schema } } })
}

fn team() -> Value {
    parameter("query", "team", false, &text(), "The id of an account other than your own for which you act.")
}

/// The parameters, answers and problems of a route about collections.
fn collection_operation(method: &str, route: &Route, operation: &mut Value) -> (Vec<Value>, Value, &'static [u16]) {
    let (name, id) = (
        json!({ "type": "string", "minLength": 1, "maxLength": 60 }),
        parameter("path", "id", true, &text(), "The collection's id."),
    );
    if matches!(method, "POST" | "PATCH") {
        let wish = json!({
            "type": "object", "required": ["name"], "additionalProperties": false, "properties": { "name": name },
        });
        operation["requestBody"] = body("What to call it.", &wish);
    }
    match (method, route.path) {
        ("GET", "/v1/collections") => {
            let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });
            let parameters = vec![
                parameter("query", "limit", false, &limit, "How many."),
                parameter("query", "cursor", false, &text(), "The `next_cursor` of the answer before."),
                team(),
            ];
            let listed = answer("The account's collections, the latest first.", "CollectionList");
            (parameters, json!({ "200": listed }), &[400, 401, 403, 404, 422, 500, 503])
        }
        ("POST", _) => {
            let made = answer("The new collection.", "Collection");
            (vec![team()], json!({ "201": made }), &[400, 401, 403, 404, 409, 411, 413, 422, 500, 503])
        }
        ("PATCH", _) => {
            let renamed = answer("The collection with its new name.", "Collection");
            (vec![id], json!({ "200": renamed }), &[400, 401, 403, 404, 411, 413, 422, 500, 503])
        }
        ("DELETE", _) => {
            let words = "It is gone. What was in it is still there, in no collection. Keys that were confined to it open \
                         nothing any more.";
            (vec![id], json!({ "200": answer(words, "DeletedCollection") }), &[400, 401, 403, 404, 500, 503])
        }
        _ => (vec![id], json!({ "200": answer("The collection.", "Collection") }), &[400, 401, 403, 404, 500, 503]),
    }
}

/// What the tables of the code cannot know about a route.
fn operation(route: &Route) -> Value {
    let id = || parameter("path", "id", true, &json!({ "type": "string" }), "The image's id.");
    let mut operation = json!({ "summary": route.summary });
    let (parameters, mut responses, problems): (Vec<Value>, Value, &[u16]) = match (route.method, route.path) {
        ("POST", "/v1/images") => {
            let mut parameters = vec![parameter(
                "header",
                "Idempotency-Key",
                false,
                &json!({ "type": "string", "minLength": 16, "maxLength": 255 }),
                "A fresh UUID for each new request, the same one for its repeats; remembered for 24 hours.",
            )];
            let in_query = upload_fields().map(|(name, schema, words)| {
                parameter(
                    "query",
                    name,
                    false,
                    &schema,
                    &format!("{words} For raw bodies; forms have a field of that name."),
                )
            });
            parameters.extend(in_query);
            parameters.push(parameter("query", "filename", false, &text(), "The file's name, for raw bodies."));
            let mut form: Map<String, Value> =
                upload_fields().map(|(name, schema, _)| (name.to_owned(), schema)).into_iter().collect();
            form.insert(
                "ticket".into(),
                json!({ "type": "string", "description": "An upload ticket, instead of `Authorization: Ticket`." }),
            );
            form.insert("file".into(), json!({ "type": "string", "contentMediaType": "image/*" }));
            let import = json!({
                "type": "object", "required": ["url"],
                "properties": {
                    "url": { "type": "string", "format": "uri", "description": "https, on the public internet." },
                    "ttl": { "type": "integer" }, "caption": text(),
                    "labels": { "type": "object", "additionalProperties": text() }, "metadata": { "type": "object" },
                    "collection": text(), "team": text(),
                    "private": { "type": "boolean" },
                },
            });
            let mut content = Map::new();
            content.insert(
                "multipart/form-data".into(),
                json!({ "schema": { "type": "object", "required": ["file"], "properties": form } }),
            );
            content.insert("application/json".into(), json!({ "schema": import }));
            for format in Format::ALL {
                content.insert(format.media_type().into(), json!({}));
            }
            operation["requestBody"] = json!({
                "required": true,
                "description": format!("At most {} bytes. What the file is, is found by looking at it.", limits::ANONYMOUS.bytes_max),
                "content": content,
            });
            let either = |kinds: [&str; 2]| kinds.map(|kind| json!({ "$ref": format!("#/components/schemas/{kind}") }));
            let content = json!({ "application/json": { "schema": { "anyOf": either(["UploadedImage", "Image"]) } } });
            let created =
                json!({ "description": "The new image; with a ticket, without what deletes it.", "content": content });
            let replayed = answer(
                "An earlier request under the same key made this image, or its owner has it already.",
                "UploadedImage",
            );
            let content =
                json!({ "application/json": { "schema": { "anyOf": either(["UploadedHeldImage", "HeldImage"]) } } });
            let words =
                "It was taken, and is held until it can be judged: ask again. With a ticket, without what deletes it.";
            let held = json!({ "description": words, "content": content });
            let problems: &[u16] = &[400, 401, 403, 409, 410, 411, 413, 415, 422, 429, 500, 503];
            (parameters, json!({ "201": created, "200": replayed, "202": held }), problems)
        }
        ("GET", "/v1/images/{id}") => {
            let kinds = ["Image", "HeldImage"].map(|kind| json!({ "$ref": format!("#/components/schemas/{kind}") }));
            let either = json!({ "oneOf": kinds });
            let found = json!({ "description": "The image.", "content": { "application/json": { "schema": either } } });
            (vec![id()], json!({ "200": found }), &[400, 401, 403, 404, 410, 500, 503])
        }
        ("DELETE", "/v1/images/{id}") => {
            let done = answer("It is out of public view.", "Deletion");
            let underway = answer("It will be, within about a minute.", "Deletion");
            (vec![id()], json!({ "200": done, "202": underway }), &[400, 401, 403, 404, 410, 500, 503])
        }
        ("GET", "/v1/images") => {
            let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });
            let parameters = vec![
                parameter("query", "limit", false, &limit, "How many."),
                parameter("query", "cursor", false, &text(), "The `next_cursor` of the answer before."),
                parameter(
                    "query",
                    "q",
                    false,
                    &json!({ "type": "string", "maxLength": 100 }),
                    "A part of the caption, the file's name or a label, in any case. No letter of it is a wildcard.",
                ),
                parameter(
                    "query",
                    "label[key]",
                    false,
                    &text(),
                    "The exact value of the label `key`; as often as you like.",
                ),
                parameter("query", "collection", false, &text(), "Only what is in this collection."),
                team(),
            ];
            let listed = answer("Images of the account, the latest first.", "ImageList");
            (parameters, json!({ "200": listed }), &[400, 401, 403, 404, 422, 500, 503])
        }
        ("PATCH", "/v1/images/{id}") => {
            let changes = json!({
                "type": "object", "additionalProperties": false,
                "properties": {
                    "caption": { "type": ["string", "null"], "maxLength": 500 },
                    "labels": { "type": ["object", "null"], "additionalProperties": text(), "description": "All of them." },
                    "metadata": { "type": ["object", "null"] },
                    "collection": { "type": ["string", "null"], "description": "One of the account to which the image belongs; null takes it out." },
                    "private": { "type": "boolean", "description": "Whether only its owner sees it, and whoever has a signed address." },
                },
            });
            operation["requestBody"] = body("What is not named stays as it is.", &changes);
            let kinds = ["Image", "HeldImage"].map(|kind| json!({ "$ref": format!("#/components/schemas/{kind}") }));
            let content = json!({ "application/json": { "schema": { "oneOf": kinds } } });
            let changed = json!({ "description": "The image as it is now.", "content": content });
            let underway = json!({
                "description": "The same; who sees it is decided, and will be so within about two minutes.", "content": content,
            });
            (
                vec![id()],
                json!({ "200": changed, "202": underway }),
                &[400, 401, 403, 404, 410, 411, 413, 422, 500, 503],
            )
        }
        (_, "/v1/images/move" | "/v1/images/batch") => {
            let mut wish = json!({ "type": "object", "required": ["ids"], "additionalProperties": false });
            wish["properties"] = json!({ "ids": { "type": "array", "minItems": 1, "maxItems": 100, "items": text() } });
            if route.method == "POST" {
                wish["required"] = json!(["ids", "collection"]);
                wish["properties"]["collection"] =
                    json!({ "type": ["string", "null"], "description": "Null takes them out of theirs." });
            }
            operation["requestBody"] = body("Which.", &wish);
            let outcomes = answer("What became of each.", "Outcomes");
            (vec![team()], json!({ "200": outcomes }), &[400, 401, 403, 404, 411, 413, 422, 500, 503])
        }
        (method, "/v1/collections" | "/v1/collections/{id}") => collection_operation(method, route, &mut operation),
        ("OPTIONS", "/v1/images") => {
            let allowed = json!({ "description": "That a script of another site may send an upload with a ticket." });
            (vec![], json!({ "204": allowed }), &[500])
        }
        ("POST", "/v1/images/{id}/restore") => {
            let back = answer("It is there again, at the same address.", "Image");
            (vec![id()], json!({ "200": back }), &[401, 403, 404, 410, 429, 500, 503])
        }
        ("GET", "/v1/images/{id}/statements") => {
            let told = answer("Why it is restricted, the latest first; empty if it never was.", "StatementList");
            (vec![id()], json!({ "200": told }), &[401, 403, 404, 410, 500, 503])
        }
        ("POST", "/v1/images/{id}/link") => {
            let (min, max) = (private_images::LINK_TTL_MIN_MS / 1_000, private_images::LINK_TTL_MAX_MS / 1_000);
            let seconds = json!({ "type": "integer", "minimum": min, "maximum": max, "description": "Seconds." });
            let wish = json!({
                "type": "object", "required": ["expires_in"], "additionalProperties": false,
                "properties": { "expires_in": seconds },
            });
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": wish } } });
            let made = answer("Where the image is for so long.", "Link");
            (vec![id()], json!({ "200": made }), &[400, 401, 403, 404, 410, 411, 413, 422, 500, 503])
        }
        ("GET", "/v1/tickets") => (
            vec![team()],
            json!({ "200": answer("The account's tickets, the latest first.", "TicketList") }),
            &[400, 401, 403, 404, 500, 503],
        ),
        ("POST", "/v1/tickets") => {
            let formats: Vec<Value> = Format::ALL.iter().map(|format| json!(format)).collect();
            let (min, max) = (tickets::EXPIRES_IN_MIN_MS / 1_000, tickets::EXPIRES_IN_MAX_MS / 1_000);
            let wish = json!({
                "type": "object", "additionalProperties": false,
                "properties": {
                    "bytes_max": { "type": "integer", "minimum": tickets::BYTES_MAX_MIN, "maximum": limits::ANONYMOUS.bytes_max },
                    "formats": { "type": "array", "items": { "enum": formats } },
                    "collection": text(),
                    "ttl": { "type": "integer", "description": "Seconds." },
                    "private": { "type": "boolean", "default": false },
                    "uses": { "type": "integer", "minimum": 1, "maximum": tickets::USES_MAX, "default": 1 },
                    "expires_in": { "type": "integer", "minimum": min, "maximum": max, "default": tickets::EXPIRES_IN_USUALLY_MS / 1_000, "description": "Seconds." },
                },
            });
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": wish } } });
            let made = answer("The ticket, told only now.", "MadeTicket");
            (vec![], json!({ "201": made }), &[400, 401, 403, 409, 411, 413, 422, 500, 503])
        }
        ("DELETE", "/v1/tickets/{id}") => {
            let ticket = parameter("path", "id", true, &text(), "The ticket's id.");
            (
                vec![ticket],
                json!({ "200": answer("It lets nobody begin an upload any more.", "RevokedTicket") }),
                &[400, 401, 403, 404, 500, 503],
            )
        }
        ("POST", "/v1/reports") => {
            let line = || json!({ "type": "string", "maxLength": notices::LINE_CHARS_MAX });
            let long = || json!({ "type": "string", "maxLength": notices::TEXT_CHARS_MAX });
            let yes = |words: &str| json!({ "type": "boolean", "description": words });
            let wish = json!({
                "type": "object", "required": ["kind", "urls"], "additionalProperties": false,
                "properties": {
                    "kind": { "enum": NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() },
                    "ground": { "enum": Ground::ALL.iter().map(|ground| ground.as_str()).collect::<Vec<_>>(), "description": "What is wrong, of the kind `illegal`." },
                    "urls": { "type": "array", "minItems": 1, "maxItems": notices::TRUSTED_URLS_MAX, "items": text(), "description": format!("Addresses or ids of images: at most {}, unless the account's reports are relied on.", notices::URLS_MAX) },
                    "reasons": long(), "work": long(), "name": line(), "email": { "type": "string", "format": "email" },
                    "address": long(), "phone": line(), "signature": line(),
                    "good_faith": yes("That you believe in good faith what you say, in the words of the form at /report."),
                    "accuracy": yes("That it is accurate and, under penalty of perjury, that you may act for whoever holds the copyright."),
                },
            });
            operation["requestBody"] = body("What each kind needs, its form at /report says.", &wish);
            let made = answer("It has arrived, whether there are such images or not.", "NewReport");
            (vec![], json!({ "201": made }), &[400, 401, 403, 411, 413, 422, 429, 500, 503])
        }
        ("GET", "/v1/reports/{id}") => {
            let parameters = vec![
                parameter("path", "id", true, &text(), "The report's id."),
                parameter("query", "token", true, &text(), "What came with it."),
            ];
            (parameters, json!({ "200": answer("The report.", "Report") }), &[401, 404, 500, 503])
        }
        ("GET", "/v1/usage") => {
            (vec![], json!({ "200": answer("What the account stores.", "Usage") }), &[400, 401, 403, 500, 503])
        }
        ("GET", "/v1/keys") => (
            vec![],
            json!({ "200": answer("The account's keys, the latest first.", "ApiKeyList") }),
            &[400, 401, 403, 500, 503],
        ),
        ("POST", "/v1/keys") => {
            let wish = json!({
                "type": "object", "required": ["name", "scopes"], "additionalProperties": false,
                "properties": {
                    "name": text(),
                    "scopes": { "type": "array", "items": { "enum": ["read", "write", "delete", "admin"] } },
                    "public_key": { "type": "string", "description": "Ed25519, PEM or 32 bytes in base64." },
                    "collection": { "type": "string", "description": "The collection to which it is to be confined: it uploads into it, and sees, changes and deletes what is in it, and nothing else." },
                    "ttl": { "type": "integer", "description": "Seconds." },
                },
            });
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": wish } } });
            let made = answer("The key, told only now.", "MadeApiKey");
            (vec![], json!({ "201": made }), &[400, 401, 403, 409, 411, 413, 422, 500, 503])
        }
        ("DELETE", "/v1/keys/{id}") => {
            let key = parameter("path", "id", true, &text(), "The key's id.");
            (
                vec![key],
                json!({ "200": answer("It opens nothing any more.", "RevokedApiKey") }),
                &[400, 401, 403, 404, 500, 503],
            )
        }
        ("GET", "/v1/keys/{id}/requests") => {
            let most = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });
            let classes = json!({ "enum": ["2xx", "3xx", "4xx", "5xx"] });
            let parameters = vec![
                parameter("path", "id", true, &text(), "The key's id."),
                parameter("query", "limit", false, &most, "How many."),
                parameter("query", "cursor", false, &text(), "The `next_cursor` of the answer before."),
                parameter("query", "status", false, &classes, "Only those that were answered with such a status."),
            ];
            let listed = answer("What was asked with it within 30 days, the latest first.", "RequestList");
            (parameters, json!({ "200": listed }), &[400, 401, 403, 404, 422, 500, 503])
        }
        (_, path) if path.starts_with("/v1/teams") => of_teams(route, &mut operation),
        ("GET", "/oembed") => {
            let pixels = json!({ "type": "integer", "minimum": 1 });
            let parameters = vec![
                parameter("query", "url", true, &text(), "The address of an image's page."),
                parameter("query", "format", false, &json!({ "const": "json" }), "Only json is offered."),
                parameter("query", "maxwidth", false, &pixels, "In pixels."),
                parameter("query", "maxheight", false, &pixels, "In pixels."),
            ];
            (parameters, json!({ "200": answer("An oEmbed 1.0 photo.", "Oembed") }), &[400, 404, 410, 422, 500, 503])
        }
        ("GET", "/{file}") => {
            let content: Map<String, Value> =
                Format::ALL.iter().map(|f| (f.media_type().to_owned(), json!({}))).collect();
            let file = parameter("path", "file", true, &text(), "`{id}.{extension}`, as in the image's `url`.");
            let parameters = ["If-None-Match", "If-Modified-Since", "Range", "If-Range"]
                .map(|name| parameter("header", name, false, &text(), "RFC 9110."));
            let choices = [
                ("view", "Without a value: a restricted image itself instead of its placeholder."),
                ("download", "Without a value: the image itself, as an attachment."),
            ]
            .map(|(name, words)| {
                let mut choice = parameter("query", name, false, &json!({ "const": "" }), words);
                choice["allowEmptyValue"] = json!(true);
                choice
            });
            let parameters = [vec![file], choices.to_vec(), parameters.to_vec()].concat();
            let responses = json!({
                "200": { "description": "The image; of a restricted one its placeholder, unless the query says otherwise. Both carry `Rating`, which no other answer does.", "content": content },
                "206": { "description": "The part that was asked for." },
                "304": { "description": "You have it already." },
                "416": { "description": "There is no such part." },
            });
            (parameters, responses, &[400, 404, 410, 500, 503])
        }
        other => panic!("{other:?} has no description: add it here (tests/core/openapi.rs)"),
    };
    if let Value::Object(all) = &mut responses {
        all.extend(problem_answers(problems));
    }
    operation["parameters"] = json!(parameters);
    operation["responses"] = responses;
    operation["security"] = match (route.access, route.path) {
        (Access::DeleteTokenHolder, _) => json!([{ "deleteToken": [] }, { "apiKey": [] }, { "session": [] }]),
        // With a key, without one, or signed, which OpenAPI has no word for (docs/api-authentication.md).
        (Access::Anyone, "/v1/images") if route.method == "POST" => json!([{}, { "apiKey": [] }, { "ticket": [] }]),
        (Access::Anyone, "/v1/images/{id}" | "/v1/reports") => json!([{}, { "apiKey": [] }]),
        (Access::Anyone, _) => json!([]),
        (Access::Account(_) | Access::AccountOrCollection(_), _) => json!([{ "apiKey": [] }, { "session": [] }]),
        // Pages of people, which are not part of the contract.
        (Access::SignedIn | Access::Waiting | Access::Operator, _) => json!([{ "session": [] }]),
    };
    if route.host == Host::Images {
        operation["servers"] = json!([{ "url": "https://tintype-images.example", "description": "The image host." }]);
    }
    operation
}

fn contract() -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in all_routes().filter(|route| is_api(route)) {
        paths.entry(route.path).or_default().insert(route.method.to_ascii_lowercase(), operation(route));
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Tintype",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "An image host that keeps its privacy promises. Times are RFC 3339, errors RFC 9457; every problem's page is under /problems/.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "https://tintype.example", "description": "The app; put your deployment's origin here." }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "apiKey": { "type": "http", "scheme": "bearer", "description": "An API key, `tt_live_…`. Instead of showing it, a request can be signed with it (RFC 9421)." },
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-session", "description": "What signing in with a browser sets." },
                "ticket": { "type": "http", "scheme": "ticket", "description": "An upload ticket, `tt_ticket_…` (docs/uploads-from-other-sites.md)." },
                "deleteToken": { "type": "http", "scheme": "bearer", "description": "The `delete_token` that came with the upload." },
            },
        },
    })
}

#[test]
fn the_contract_is_what_the_tables_say() {
    let text = serde_json::to_string_pretty(&contract()).expect("serialises") + "\n";
    compare_or_bless(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json"), &text);
}

/// Whether `value` has exactly the members that `schema` describes, each of its kind.
fn assert_fits(value: &Value, schema: &Value, all: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return assert_fits(value, &all[name], all, place);
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{place}");
    }
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{place}: {value}");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.is_empty() || kinds.contains(&kind), "{place}: {value} is no {kinds:?}");
    let members = members(schema, all);
    if let (Some(value), false) = (value.as_object(), members.is_empty()) {
        let found: BTreeSet<&String> = value.keys().collect();
        let unknown: Vec<_> = found.iter().filter(|name| !members.contains_key(**name)).collect();
        assert!(unknown.is_empty(), "{place} has undocumented members {unknown:?}");
        for (name, (schema, required)) in members {
            match value.get(&name) {
                Some(member) => assert_fits(member, &schema, all, &format!("{place}/{name}")),
                None => assert!(!required, "{place} lacks {name}"),
            }
        }
    }
}

fn members(schema: &Value, all: &Value) -> BTreeMap<String, (Value, bool)> {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return members(&all[name], all);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().flat_map(|part| members(part, all)).collect();
    }
    let required = |name: &String| schema["required"].as_array().is_some_and(|r| r.contains(&json!(name)));
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    properties.into_iter().map(|(name, schema)| (name.clone(), (schema, required(&name)))).collect()
}

async fn assert_teams_fit(world: &World, owner: &Browser, all: &Value) {
    let asked = async |method: &str, path: &str, body: &str, schema: &str| {
        let call = Call::app(method, path);
        let call = if body.is_empty() { call } else { call.body("application/json", body.to_owned()) };
        let answered = owner.send(call).send(world).await;
        assert_fits(&answered.json(), &all[schema], all, &format!("{method} {path}"));
        answered
    };
    let team = asked("POST", "/v1/teams", r#"{"name":"Engines"}"#, "Team").await.field("/id");
    let path = format!("/v1/teams/{team}");
    asked("GET", "/v1/teams", "", "TeamList").await;
    asked("GET", &path, "", "Team").await;
    asked("PATCH", &path, r#"{"name":"Difference Engines"}"#, "Team").await;
    let member = crate::teams::join(world, owner, &team, "Bob", "viewer").await.account;
    asked("GET", &format!("{path}/members"), "", "TeamMemberList").await;
    asked("PATCH", &format!("{path}/members/{member}"), r#"{"role":"editor"}"#, "ChangedTeamMember").await;
    asked("DELETE", &format!("{path}/members/{member}"), "", "RemovedTeamMember").await;
    let wish = r#"{"email":"new@example.org","role":"viewer"}"#;
    let invited = asked("POST", &format!("{path}/invitations"), wish, "TeamInvitation").await.field("/id");
    asked("GET", &format!("{path}/invitations"), "", "TeamInvitationList").await;
    asked("DELETE", &format!("{path}/invitations/{invited}"), "", "WithdrawnTeamInvitation").await;
    asked("DELETE", &format!("{path}?name=Difference%20Engines"), "", "ClosedTeam").await;
}

#[tokio::test]
async fn what_is_answered_is_what_the_contract_says() {
    let all = schemas();
    let world = World::new();
    let created =
        Call::app("POST", "/v1/images?filename=a.png&caption=x").body("image/png", numbered_png(1)).send(&world).await;
    assert_fits(&created.json(), &all["UploadedImage"], &all, "upload");
    let id = created.field("/id");
    let facts = Call::app("GET", &format!("/v1/images/{id}")).send(&world).await;
    assert_fits(&facts.json(), &all["Image"], &all, "facts");
    let oembed = Call::app("GET", &format!("/oembed?url={}/{id}", crate::harness::APP)).send(&world).await;
    assert_fits(&oembed.json(), &all["Oembed"], &all, "oembed");
    let restricted = world.upload(&world.assess(7, scored(0.25, 0.5))).await;
    assert_fits(&restricted.json(), &all["UploadedImage"], &all, "restricted");
    let token = format!("Bearer {}", created.field("/delete_token"));
    let deleted = Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &token).send(&world).await;
    assert_fits(&deleted.json(), &all["Deletion"], &all, "deletion");
    let report = json!({ "kind": "abuse", "urls": [id], "reasons": "spam" }).to_string();
    let report = Call::app("POST", "/v1/reports").body("application/json", report).send(&world).await;
    assert_fits(&report.json(), &all["NewReport"], &all, "a new report");
    let path = format!("/v1/reports/{}?token={}", report.field("/id"), report.field("/token"));
    assert_fits(&Call::app("GET", &path).send(&world).await.json(), &all["Report"], &all, "a report");
    let (_, browser) = world.member("Ada").await;
    let uploaded = browser.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(7))).send(&world).await;
    assert_fits(&uploaded.json(), &all["UploadedImage"], &all, "an owned image");
    let private = Call::app("POST", "/v1/images?private=true").body("image/png", numbered_png(8));
    let private = browser.send(private).send(&world).await;
    assert_fits(&private.json(), &all["UploadedImage"], &all, "a private image");
    assert!(private.json()["signed_url"].is_object() && private.json()["public"] == false, "{}", private.text());
    let link = Call::app("POST", &format!("/v1/images/{}/link", private.field("/id")));
    let link = browser.send(link.body("application/json", r#"{"expires_in":60}"#)).send(&world).await;
    assert_fits(&link.json(), &all["Link"], &all, "a link");
    for private in [false, true] {
        let wish = json!({ "uses": 2, "private": private, "formats": ["png"], "bytes_max": 1_000_000, "ttl": 3_600 });
        let made = browser.send(Call::app("POST", "/v1/tickets").body("application/json", wish.to_string()));
        let made = made.send(&world).await;
        assert_fits(&made.json(), &all["MadeTicket"], &all, "a new ticket");
        let ticket = made.field("/authorization");
        let brought = Call::app("POST", "/v1/images").header("authorization", &ticket);
        let brought = brought.body("image/png", numbered_png(9)).send(&world).await;
        assert_eq!(brought.status.as_u16(), 201, "{}", brought.text());
        assert_fits(&brought.json(), &all["Image"], &all, "an image that came with a ticket");
        let tickets = browser.send(Call::app("GET", "/v1/tickets")).send(&world).await;
        assert_fits(&tickets.json(), &all["TicketList"], &all, "tickets");
        let revoke = Call::app("DELETE", &format!("/v1/tickets/{}", made.field("/id")));
        let revoked = browser.send(revoke).send(&world).await;
        assert_fits(&revoked.json(), &all["RevokedTicket"], &all, "a revoked ticket");
    }
    let listed = browser.send(Call::app("GET", "/v1/images")).send(&world).await;
    assert_fits(&listed.json(), &all["ImageList"], &all, "images");
    assert_fits(&listed.json()["data"][0], &all["Image"], &all, "an image of a list");
    answers_about_collections(&world, &browser, &all).await;
    let usage = browser.send(Call::app("GET", "/v1/usage")).send(&world).await;
    assert_fits(&usage.json(), &all["Usage"], &all, "usage");
    let wish = r#"{"name":"a","scopes":["admin"],"ttl":600}"#;
    let made = browser.send(Call::app("POST", "/v1/keys").body("application/json", wish)).send(&world).await;
    assert_fits(&made.json(), &all["MadeApiKey"], &all, "made key");
    let bearer = format!("Bearer {}", made.field("/key"));
    let listed = Call::app("GET", "/v1/keys").header("authorization", &bearer).send(&world).await;
    assert_fits(&listed.json(), &all["ApiKeyList"], &all, "keys");
    assert_fits(&listed.json()["data"][0], &all["ApiKey"], &all, "key");
    let path = format!("/v1/keys/{}", made.field("/id"));
    let asked = Call::app("GET", &format!("{path}/requests")).header("authorization", &bearer).send(&world).await;
    assert_fits(&asked.json(), &all["RequestList"], &all, "requests");
    assert_fits(&asked.json()["data"][0], &all["Request"], &all, "request");
    let revoked = Call::app("DELETE", &path).header("authorization", &bearer).send(&world).await;
    assert_fits(&revoked.json(), &all["RevokedApiKey"], &all, "revoked key");
    assert_teams_fit(&world, &browser, &all).await;
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let held = world.upload(&numbered_png(3)).await;
    assert_fits(&held.json(), &all["UploadedHeldImage"], &all, "held");
    let held = Call::app("GET", &format!("/v1/images/{}", held.field("/id"))).send(&world).await;
    assert_fits(&held.json(), &all["HeldImage"], &all, "held facts");
    for _ in 0..21 {
        world.upload(&numbered_png(2)).await;
    }
    let mut problem = world.upload(&numbered_png(2)).await.json();
    assert_eq!(problem["code"], "rate-limited");
    // Extension members differ by kind; docs/problems.md and the tests of each tell them.
    problem.as_object_mut().expect("an object").remove("limit");
    assert_fits(&problem, &all["Problem"], &all, "problem");
}

async fn answers_about_collections(world: &World, browser: &Browser, all: &Value) {
    let send = |method: &'static str, path: String, body: Value| async move {
        browser.send(json_call(method, &path, &body)).send(world).await
    };
    let made = send("POST", "/v1/collections".into(), json!({ "name": "a" })).await;
    assert_fits(&made.json(), &all["Collection"], all, "made collection");
    let path = format!("/v1/collections/{}", made.field("/id"));
    let uploaded = upload_with(world, browser, 8, &format!("collection={}", made.field("/id"))).await;
    assert_fits(&uploaded.json(), &all["UploadedImage"], all, "an image in a collection");
    let id = uploaded.field("/id");
    let patched = send("PATCH", format!("/v1/images/{id}"), json!({ "caption": "x", "collection": null })).await;
    assert_fits(&patched.json(), &all["Image"], all, "changed image");
    let moved = json!({ "ids": [id, "x"], "collection": made.field("/id") });
    let moved = send("POST", "/v1/images/move".into(), moved).await;
    assert_fits(&moved.json(), &all["Outcomes"], all, "moved");
    assert_fits(&moved.json()["data"][1], &all["Outcomes"]["properties"]["data"]["items"], all, "outcome");
    let renamed = send("PATCH", path.clone(), json!({ "name": "b" })).await;
    assert_fits(&renamed.json(), &all["Collection"], all, "renamed collection");
    for (path, schema) in
        [(path.as_str(), "Collection"), ("/v1/collections", "CollectionList"), ("/v1/images?q=x", "ImageList")]
    {
        let got = browser.send(Call::app("GET", path)).send(world).await;
        assert_fits(&got.json(), &all[schema], all, path);
    }
    let deleted = send("DELETE", "/v1/images/batch".into(), json!({ "ids": [id] })).await;
    assert_fits(&deleted.json(), &all["Outcomes"], all, "deleted");
    let unmade = browser.send(Call::app("DELETE", &path)).send(world).await;
    assert_fits(&unmade.json(), &all["DeletedCollection"], all, "deleted collection");
}
