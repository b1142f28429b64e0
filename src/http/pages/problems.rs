//! Problems as pages: each kind, documented; and each occurrence, with a way out.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};

use super::figures::Moment;
use crate::app::App;
use crate::error::{Error, Problem};
use crate::http::problem::Occurrence;
use crate::http::problem_types::{ProblemType, TYPES};
use crate::http::{Host, RequestId};

/// What a person with a browser can do about a kind of problem, where that is not what a program does.
pub struct Remedy {
    /// The problem's slug.
    pub slug: &'static str,
    /// What to do.
    pub words: &'static str,
}

/// The remedies for people.
pub const REMEDIES: &[Remedy] = &[
    remedy_row("malformed-request", "Load the page afresh and try again."),
    remedy_row("idempotency-key-invalid", "Load the upload page afresh and choose the files again."),
    remedy_row("idempotency-key-reused", "Load the upload page afresh and choose the files again."),
    remedy_row("idempotency-key-in-flight", "Wait a few seconds, then try again."),
    remedy_row("delete-token-missing", "Paste the delete link that was shown after the upload."),
    remedy_row("cross-site-form", "Open our own page and try there."),
    remedy_row("form-stale", "Load the page afresh and fill the form in again."),
    remedy_row("team-limit", "Remove one that is not needed any more, or ask the owner of the team to."),
    remedy_row("too-many-attempts", "Wait until the time is up, then try again."),
    remedy_row("challenge-needed", "Show that you are a person, or wait until the time is up and send one."),
    remedy_row("not-found", "Check the address, or ask whoever gave it to you."),
    remedy_row("method-not-allowed", "Go to the upload page and start from there."),
    remedy_row("length-required", "Try another browser, or turn off what changes its requests."),
    remedy_row("payload-too-large", "Save it with lower quality or fewer pixels, and try that file."),
    remedy_row("unsupported-format", "Save it as JPEG or PNG, and try that file."),
    remedy_row("invalid-field", "Go back, change it, and send it again."),
    remedy_row("image-too-large", "Save it with fewer pixels, and try that file."),
    remedy_row("image-damaged", "Open it in an image program, save it again, and try that file."),
    remedy_row("rate-limited", "Nothing was stored. Come back when the time is up."),
    remedy_row("signature-wrong", "Go back to where the link was and follow it from there."),
    remedy_row("transform-not-allowed", "Look at the picture in its own size."),
    remedy_row("transform-impossible", "Look at the picture in its own size, or in a smaller one."),
    remedy_row("internal", "Try again; if it happens again, wait a while."),
    remedy_row("busy", "Nothing was published. Try again in a few seconds."),
    remedy_row("content-digest-missing", "This concerns programs. Whoever wrote the one that you use can mend it."),
    remedy_row(
        "request-signature-wrong",
        "This concerns programs. Check that the key that you gave yours is copied whole.",
    ),
    remedy_row("request-signature-expired", "Set the clock of your computer right, and try again."),
    remedy_row("scope-missing", "Make a key that allows it, and give that one to your program."),
    remedy_row("unavailable", "Try again in a few seconds."),
];

const fn remedy_row(slug: &'static str, words: &'static str) -> Remedy {
    Remedy { slug, words }
}

/// What a person can do about a kind of problem.
#[must_use]
pub fn remedy(kind: &ProblemType) -> &'static str {
    REMEDIES.iter().find(|remedy| remedy.slug == kind.slug).map_or(kind.remedy, |remedy| remedy.words)
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    kind: &'a ProblemType,
    detail: &'a str,
    remedy: &'static str,
    /// From when on it makes sense to try again.
    again: Option<Moment>,
    request_id: &'a str,
}

/// The same for the image host, which serves no style sheet and whose pages may do nothing.
#[derive(Template)]
#[template(path = "problem_bare.html")]
struct BareProblemPage<'a> {
    kind: &'a ProblemType,
    detail: &'a str,
    app_base: &'a str,
}

#[derive(Template)]
#[template(path = "problem_kind.html")]
struct KindPage<'a> {
    kind: &'a ProblemType,
}

#[derive(Template)]
#[template(path = "problem_kinds.html")]
struct KindsPage {
    kinds: &'static [ProblemType],
}

/// The page of one occurrence.
#[must_use]
pub fn page(app: &App, host: Option<Host>, occurrence: &Occurrence, request_id: &RequestId) -> String {
    let (kind, detail) = (&occurrence.kind, occurrence.detail.as_str());
    let written = if host == Some(Host::App) {
        let again = occurrence.retry_after_s.map(|seconds| app.now().plus_ms(seconds.saturating_mul(1_000)).into());
        ProblemPage { kind, detail, remedy: remedy(kind), again, request_id: &request_id.0 }.render()
    } else {
        BareProblemPage { kind, detail, app_base: &app.settings.app_base() }.render()
    };
    // A page that cannot be written must not hide the problem it tells of.
    written.unwrap_or_else(|_| format!("<!doctype html><title>{0}</title><h1>{0}</h1>", kind.title))
}

/// `GET /problems/{slug}`: where the `type` of a problem document leads.
///
/// # Errors
/// `not-found`.
pub async fn get_kind(Path(slug): Path<String>) -> Result<Response<Body>, Error> {
    let kind = TYPES.iter().find(|kind| kind.slug == slug).ok_or(Problem::NotFound)?;
    super::html(StatusCode::OK, &KindPage { kind })
}

/// `GET /problems`.
///
/// # Errors
/// If it cannot be written.
pub async fn get_kinds() -> Result<Response<Body>, Error> {
    super::html(StatusCode::OK, &KindsPage { kinds: TYPES })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_belongs_to_a_problem() {
        for remedy in REMEDIES {
            assert!(TYPES.iter().any(|kind| kind.slug == remedy.slug), "{}", remedy.slug);
        }
    }
}
