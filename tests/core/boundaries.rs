//! The layers of the house: what each part of src/ may name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `policy::limits` in a list allows that module of `policy` only.
const TABLE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("policy", &["domain"]),
    // The limits and the retention table travel with what ports carry and promise: they are values.
    ("ports", &["domain", "policy::limits"]),
    ("store", &["domain", "policy::rates", "ports"]),
    ("imaging", &["domain", "policy"]),
    ("classifier", &["domain", "policy"]),
    ("error", &["domain", "ports"]),
    ("settings", &["domain", "policy"]),
    ("app", &["domain", "ports", "settings"]),
    // An adapter that needs nothing of a platform but the storage.
    ("local_outbox", &["domain", "ports"]),
    ("usecases", &["app", "domain", "error", "policy", "ports", "store"]),
    // Jobs are scheduled use cases: bounded work on many rows at once, hence the store.
    ("jobs", &["app", "domain", "error", "policy", "ports", "store", "usecases"]),
    ("http", &["app", "domain", "error", "policy", "ports", "usecases"]),
    // Adapters: Env into Settings and Ports; http only for the body that goes around the router.
    ("cloudflare", &["app", "domain", "http::served_payload", "local_outbox", "policy::limits", "ports", "settings"]),
    ("worker", &["app", "cloudflare", "domain", "error", "http", "jobs", "ports", "settings", "usecases"]),
    ("vision_worker", &["classifier", "cloudflare", "domain", "imaging", "policy", "ports"]),
    ("lib", &[]),
];

/// What `text`, a file of `part`, names that the table does not allow.
fn violations(part: &str, text: &str) -> Vec<String> {
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == part) else {
        return vec![format!("{part} is not in the table of tests/core/boundaries.rs")];
    };
    let named = named_paths(text);
    let is_allowed = |path: &String| {
        path.split("::").next() == Some(part)
            || allowed.iter().any(|allowed| path == allowed || path.starts_with(&format!("{allowed}::")))
    };
    named.into_iter().filter(|path| !is_allowed(path)).map(|path| format!("{part} names crate::{path}")).collect()
}

/// Every path after `crate::` in code, braces taken apart: `crate::a::{b, c::d}` names `a::b` and `a::c`.
fn named_paths(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(group) = after.strip_prefix('{') {
            group.split('}').next().unwrap_or_default().split(',').for_each(|item| {
                named.insert(item.trim().to_owned());
            });
            continue;
        }
        let first: String = after.chars().take_while(|c| is_name(*c)).collect();
        let rest = after[first.len()..].strip_prefix("::").unwrap_or_default();
        if let Some(group) = rest.strip_prefix('{') {
            for item in group.split('}').next().unwrap_or_default().split(',') {
                let name: String = item.trim().chars().take_while(|c| is_name(*c)).collect();
                named.insert(if name.is_empty() { first.clone() } else { format!("{first}::{name}") });
            }
        } else {
            let second: String = rest.chars().take_while(|c| is_name(*c)).collect();
            named.insert(if second.is_empty() { first } else { format!("{first}::{second}") });
        }
    }
    named
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("src/ is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn inner_layers_never_name_outer_ones() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    assert!(files.len() > 60, "the tree is read");
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).expect("below src/");
        let part = relative.components().next().expect("a part").as_os_str().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("readable");
        let found = violations(part.trim_end_matches(".rs"), &text);
        wrong.extend(found.into_iter().map(|violation| format!("{}: {violation}", relative.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_does_not_know_where_it_runs() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    for file in files {
        let relative = file.strip_prefix(&src).expect("below src/").to_string_lossy().into_owned();
        if relative.starts_with("cloudflare")
            || relative.starts_with("vision_worker")
            || relative.ends_with("worker.rs")
        {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("readable");
        for platform in ["worker::", "js_sys", "web_sys", "wasm_bindgen", "tokio", "rusqlite", "std::time::SystemTime"]
        {
            let names = text.lines().any(|line| line.split("//").next().is_some_and(|code| code.contains(platform)));
            assert!(!names, "{relative} names {platform}");
        }
    }
}

#[test]
fn the_check_finds_a_planted_violation() {
    for (part, text) in [
        ("domain", "use crate::ports::sql::Sql;"),
        ("policy", "fn f() { crate::store::images::find() }"),
        ("ports", "use crate::policy::retention::TTL_MIN_MS;"),
        ("ports", "use crate::policy::{limits::ImageLimits, rates};"),
        ("store", "use crate::usecases::upload::upload;"),
        ("usecases", "pub use crate::{app::App, http};"),
        ("http", "use crate::store::images;"),
        ("cloudflare", "use crate::http::serve;"),
        ("basement", "use crate::domain::ids;"),
    ] {
        assert!(!violations(part, text).is_empty(), "{part}: {text}");
    }
    for (part, text) in [
        ("domain", "use crate::domain::time::Timestamp; // see crate::policy::limits"),
        ("ports", "use crate::policy::limits::ImageLimits;"),
        ("usecases", "use crate::policy::{limits, rates};"),
        ("cloudflare", "use crate::http::served_payload::ServedPayload;"),
    ] {
        assert_eq!(violations(part, text), Vec::<String>::new(), "{part}: {text}");
    }
}
