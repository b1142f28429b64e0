//! `/report`: what somebody thinks is wrong with a picture, in four kinds that the law or the terms tell apart. Each has a form of
//! its own, which asks for what that kind needs and nothing else.

pub mod counter;
pub mod fields;
pub mod tracking;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::account::{Mistake, mistake, parameter, with_own_referrer, with_retry};
use super::choices::{self, Choice};
use super::html;
use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::ids::ImageId;
use crate::domain::notice::{NoticeField, NoticeKind, NoticeText};
use crate::domain::time::human_duration;
use crate::error::Error;
use crate::http::caller;
use crate::http::identity::{Identity, see_other};
use crate::http::upload_request::{ShortForm, read_short_form};
use crate::policy::notices::{NoticeRule, TEXT_CHARS_MAX, TRUSTED_URLS_MAX, URLS_MAX, rule_of};
use crate::ports::incoming::Incoming;
use crate::usecases::notices::submit::{NoticeWish, Notifier, submit};
use crate::usecases::notices::trust::is_trusted;
use fields::{FormField, fields_of};

#[derive(Template)]
#[template(path = "report/choose.html")]
struct ChoosePage {
    form_token: Option<String>,
    kinds: Vec<Kind>,
}

/// A kind, as it is chosen.
struct Kind {
    href: String,
    label: &'static str,
    about: &'static str,
}

#[derive(Template)]
#[template(path = "report/form.html")]
struct FormPage {
    form_token: Option<String>,
    kind: &'static str,
    title: &'static str,
    about: &'static str,
    within: String,
    /// What to choose from; of one, nothing.
    grounds: Vec<Choice>,
    /// Whether somebody need not say who they are, and of which grounds.
    anonymous: Vec<&'static str>,
    fields: Vec<FormField>,
    urls_max: usize,
    is_trusted: bool,
    mistake: Mistake,
}

/// What to expect of a kind, in a sentence or two.
fn about(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Illegal => "You say which law it breaks and why. Who uploaded it does not learn who you are.",
        NoticeKind::Copyright => {
            "You say which work was copied, under penalty of perjury. Who uploaded it may answer, and the law has us tell them your name and what you claim, and you theirs."
        }
        NoticeKind::IntimateImagery => {
            "A person decides within 48 hours; then the picture leaves, and copies of it here. Who uploaded it does not learn who you are."
        }
        NoticeKind::Abuse => "You need not say who you are. With an address, you get an answer.",
    }
}

/// The kind's name where a page is about it.
pub(super) fn title(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Illegal => "Report something illegal",
        NoticeKind::Copyright => "Report a copy of your work",
        NoticeKind::IntimateImagery => "Report an intimate picture",
        NoticeKind::Abuse => "Report a breach of the rules",
    }
}

/// `GET /report`, with `image` of the picture in question; with `kind`, the form of that.
///
/// # Errors
/// If something of ours failed.
pub async fn ask(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    // Whatever it names, it is only written into the form: nobody learns here whether it is there.
    let image = parameter(&uri, "image").as_deref().and_then(ImageId::parse);
    let Some(kind) = parameter(&uri, "kind").as_deref().and_then(NoticeKind::parse) else {
        let suffix = image.map(|image| format!("&image={image}")).unwrap_or_default();
        let kind = |kind: &NoticeKind| Kind {
            href: format!("/report?kind={}{suffix}", kind.as_str()),
            label: kind.label(),
            about: about(*kind),
        };
        let kinds = NoticeKind::ALL.iter().map(kind).collect();
        return html(StatusCode::OK, &ChoosePage { form_token: identity.form_token(), kinds });
    };
    let url = |image: ImageId| format!("{}/{image}", app.settings.app_base());
    let text = NoticeText { urls: image.map(url).into_iter().collect(), ..NoticeText::default() };
    let shown = Shown { kind, ground: "", text: &text };
    page(&app, &identity, shown, StatusCode::OK, Mistake::default()).await
}

/// `POST /report` with `kind`, `ground` and the fields of that kind: leads on to the page of the report.
///
/// # Errors
/// `cross-site-form`, `form-stale`, or a fault.
pub async fn receive(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    identity.check_form(&form)?;
    let kind = form.field("kind").and_then(NoticeKind::parse).unwrap_or(NoticeKind::Abuse);
    let ground = form.field("ground").unwrap_or_default();
    let text = text_of(&form);
    let wish = NoticeWish { kind, ground: Ground::parse(ground), text: text.clone() };
    let trusted = trusted(&app, &identity).await?;
    let notifier = Notifier { trusted: trusted.as_ref(), address: caller::address(&headers) };
    match submit(&app, wish, notifier).await {
        Ok(receipt) => Ok(see_other(&format!("/report/{}?token={}", receipt.id, receipt.token.reveal()))),
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake(error)?;
            let shown = Shown { kind, ground, text: &text };
            let page = page(&app, &identity, shown, status, mistake).await?;
            Ok(with_retry(page, retry_after_s))
        }
    }
}

/// What a form of a report says.
pub(super) fn text_of(form: &ShortForm) -> NoticeText {
    let text = |name: &str| form.field(name).unwrap_or_default().replace("\r\n", "\n").trim().to_owned();
    NoticeText {
        urls: text("urls").lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        reasons: text("reasons"),
        work: text("work"),
        name: text("name"),
        email: text("email"),
        address: text("address"),
        phone: text("phone"),
        signature: text("signature"),
        good_faith: form.field("good_faith").is_some(),
        accuracy: form.field("accuracy").is_some(),
        token: String::new(),
    }
}

/// The account of whoever asks, if its reports can be relied on.
pub(in crate::http) async fn trusted(
    app: &App,
    identity: &Identity,
) -> Result<Option<crate::domain::ids::AccountId>, Error> {
    match identity.account() {
        Some(account) if is_trusted(app, account).await? => Ok(Some(account.clone())),
        _ => Ok(None),
    }
}

/// What the form shows.
#[derive(Clone, Copy)]
struct Shown<'a> {
    kind: NoticeKind,
    ground: &'a str,
    text: &'a NoticeText,
}

async fn page(
    app: &App,
    identity: &Identity,
    shown: Shown<'_>,
    status: StatusCode,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let rule: &NoticeRule = rule_of(shown.kind);
    let is_trusted = trusted(app, identity).await?.is_some();
    let grounds = match rule.grounds {
        [_] => Vec::new(),
        all => choices::of(all.iter().map(|ground| (ground.as_str(), ground.label())), shown.ground),
    };
    let has_choice = !grounds.is_empty();
    let asks_who = rule.required.contains(&NoticeField::Email);
    let page = FormPage {
        form_token: identity.form_token(),
        kind: shown.kind.as_str(),
        title: title(shown.kind),
        about: about(shown.kind),
        within: human_duration(rule.decided_within_ms),
        grounds,
        anonymous: match has_choice && asks_who {
            true => rule.anonymous.iter().map(|ground| ground.label()).collect(),
            false => Vec::new(),
        },
        fields: fields_of(rule, shown.text, &mistake),
        urls_max: if is_trusted { TRUSTED_URLS_MAX } else { URLS_MAX },
        is_trusted,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

/// Longest text in a form, for its templates.
pub(super) const CHARS_MAX: usize = TEXT_CHARS_MAX;
