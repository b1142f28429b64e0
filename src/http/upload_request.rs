//! Reads uploads out of requests: a form, the raw bytes of an image, or JSON that names a URL.
//!
//! With an upload ticket, pages of other sites may send them: that is what tickets are for. A ticket is in a field of the
//! request, or in one of the form, so that a form of a page needs no script.

use std::sync::Arc;

use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::identity::{FORM_TOKEN, Identity};
use super::member::of_session;
use super::{caller, signed_request, whose};
use crate::app::App;
use crate::domain::details::{self, Details, InvalidField};
use crate::domain::hex;
use crate::domain::ids::IdempotencyKey;
use crate::domain::image::Placement;
use crate::domain::owner::Member;
use crate::domain::retention::Surface;
use crate::error::{Error, Problem};
use crate::ports::incoming::{Form, FormFile, Incoming, IncomingBody};
use crate::usecases::check_digest::check_digest;
use crate::usecases::fetch_image::parse_url;
use crate::usecases::open_ticket::{Asked, ShownTicket, limits, open_ticket};
use crate::usecases::upload::{Source, Upload};

/// What a form may hold besides the file: boundaries, part headers and the longest text fields.
const FORM_OVERHEAD_BYTES: u64 = 64 * 1024;
/// Largest body of the page's form, which can carry several files: the platform parses forms in memory,
/// and an isolate has 128 MB for everything.
pub const PAGE_FORM_BYTES_MAX: u64 = 40_000_000;
/// Most files in the page's form; each is examined before the answer, so more would take too long.
pub const PAGE_FILES_MAX: usize = 10;
/// Largest body of a form without files. The longest are about the words of an image: 500 characters of a caption and
/// twenty labels of 140, each character up to twelve bytes as forms send them.
const SHORT_FORM_BYTES_MAX: u64 = 48 * 1024;
/// Largest JSON body: the longest URL, caption, labels and metadata, several times over.
const JSON_BYTES_MAX: u64 = 64 * 1024;

/// The text fields that go with an upload, however they came.
#[derive(Default)]
struct Fields {
    ttl: Option<String>,
    caption: String,
    labels: String,
    metadata: String,
    filename: Option<String>,
    private: Option<String>,
    collection: Option<String>,
    team: Option<String>,
}

/// Who sends an upload, as far as that is known before its body is read.
pub struct Sender {
    /// Somebody with an account; a problem if the request shows a sign-in that does not count, because another site sent
    /// it, which it may if its form has a ticket.
    pub member: Result<Option<Member>, Problem>,
    /// Somebody with a ticket.
    pub ticket: Option<ShownTicket>,
    /// Whether the request shows an API key, or is signed.
    pub is_program: bool,
}

/// Reads the one upload of an API request.
///
/// # Errors
/// The problem with the request, or with its ticket; a fault if the database fails.
pub async fn read_api(
    app: &Arc<App>,
    identity: &Identity,
    sender: Sender,
    (headers, uri): (&HeaderMap, &Uri),
    body: &Incoming,
) -> Result<Upload, Error> {
    let key = idempotency_key(headers)?;
    let media_type = caller::text(headers, "content-type").unwrap_or_default().to_ascii_lowercase();
    // Of a form or of JSON it is compared here; that of an image is found out where its bytes are.
    let expected_sha256 = signed_request::expected_sha256(headers)?;
    let expected = expected_sha256.as_deref();
    let bytes_max = limits(sender.ticket.as_ref().map(|shown| &shown.ticket)).bytes_max;
    if media_type.starts_with("multipart/form-data") {
        check_length(headers, bytes_max + FORM_OVERHEAD_BYTES, bytes_max)?;
        let form = read_form_with_digest(body.0.as_ref(), expected).await?;
        let sender = sender.with_ticket(app, form.field("ticket").map(str::to_owned)).await?;
        let sent = Sent { key, surface: surface(headers, &sender), expected_sha256: None };
        let sender = sender.admitted(app, headers)?;
        let (form, file) = one_file(form)?;
        // Our own page's script sends what the page's form carries; programs, and pages for nobody in particular, do not.
        if let Some(token) = form.field(FORM_TOKEN).filter(|_| sender.ticket.is_none()) {
            identity.check_upload(token)?;
        }
        return sent.upload(sender, Source::Body(file.payload), &form_fields(&form, file.filename), headers);
    }
    let surface = surface(headers, &sender);
    let sender = sender.admitted(app, headers)?;
    if media_type.starts_with("application/json") {
        check_length(headers, JSON_BYTES_MAX, JSON_BYTES_MAX)?;
        let (url, fields) = read_json(body.0.as_ref(), expected).await?;
        let sent = Sent { key, surface: Surface::Import, expected_sha256: None };
        return sent.upload(sender, Source::Url(parse_url(&url)?), &fields, headers);
    }
    // Anything else is taken for the image itself; what it really is, vision finds out. Some
    // screenshot tools label theirs as a form, and some clients do not know the length before they send.
    if headers.contains_key("content-length") {
        check_length(headers, bytes_max, bytes_max)?;
    }
    let payload = body.0.stream().map_err(|failure| malformed(&failure.to_string()))?;
    Sent { key, surface, expected_sha256 }.upload(sender, Source::Body(payload), &query_fields(uri), headers)
}

fn surface(headers: &HeaderMap, sender: &Sender) -> Surface {
    if sender.ticket.is_none() && caller::is_own_page(headers) { Surface::Web } else { Surface::Api }
}

/// Somebody who may send an upload: with a ticket, or without.
struct Admitted {
    member: Option<Member>,
    ticket: Option<ShownTicket>,
}

impl Sender {
    /// The same, if the form has a ticket: then whoever else the request may be of does not matter.
    async fn with_ticket(self, app: &App, text: Option<String>) -> Result<Self, Error> {
        let Some(text) = text.filter(|_| self.ticket.is_none()) else { return Ok(self) };
        if self.is_program {
            return Err(malformed("the request shows a ticket and an API key; it must be one of them").into());
        }
        Ok(Self { ticket: Some(open_ticket(app, &text).await?), ..self })
    }

    /// Lets in whoever has a ticket, from wherever, and others not from pages of other sites.
    fn admitted(self, app: &App, headers: &HeaderMap) -> Result<Admitted, Problem> {
        if let Some(shown) = self.ticket {
            return Ok(Admitted { member: Some(shown.member.clone()), ticket: Some(shown) });
        }
        caller::refuse_cross_site(app, headers)?;
        Ok(Admitted { member: self.member?, ticket: None })
    }
}

/// What is known of an upload beside who sends what.
struct Sent {
    key: Option<IdempotencyKey>,
    surface: Surface,
    expected_sha256: Option<String>,
}

impl Sent {
    fn upload(self, sender: Admitted, source: Source, fields: &Fields, headers: &HeaderMap) -> Result<Upload, Error> {
        let Self { key, surface, expected_sha256 } = self;
        let Admitted { member, ticket } = sender;
        let (details, ttl_ms) = read_fields(fields)?;
        let is_private = read_private(fields.private.as_deref())?;
        let team = whose::team(fields.team.as_deref())?;
        if ticket.is_some() && team.is_some() {
            let detail = "with a ticket none is named: it says whose the image will be".to_owned();
            return Err(Problem::InvalidField { field: whose::TEAM, detail }.into());
        }
        let (placement, ttl_ms) = match &ticket {
            Some(shown) => {
                let collection = fields.collection.as_deref();
                let ttl_ms = shown.narrow(&Asked { ttl_ms, is_private, collection })?;
                (shown.placement(), ttl_ms)
            }
            None => (place(member.as_ref(), fields)?, ttl_ms),
        };
        let (ticket, address) = (ticket.map(|shown| shown.ticket), caller::address(headers));
        Ok(Upload { source, surface, details, ttl_ms, key, expected_sha256, member, team, placement, ticket, address })
    }
}

/// Where an upload of `member` is to go. Nobody's image is private: nobody would ever see it again.
fn place(member: Option<&Member>, fields: &Fields) -> Result<Placement, Problem> {
    let is_private = read_private(fields.private.as_deref())?.unwrap_or_default();
    if is_private && !member.is_some_and(|member| member.is_verified) {
        return Err(Problem::VerifiedAccountNeeded);
    }
    Ok(Placement { collection: whose::collection(fields.collection.as_deref())?, is_private })
}

fn read_private(text: Option<&str>) -> Result<Option<bool>, Problem> {
    match text {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::InvalidField { field: "private", detail: "true or false".into() }),
    }
}

/// Reads every upload of the page's form, each with the name of its file.
///
/// # Errors
/// The problem with the form as a whole, or with a field that all files share.
pub async fn read_page_form(
    app: &Arc<App>,
    identity: &Identity,
    headers: &HeaderMap,
    body: &Incoming,
) -> Result<Vec<(String, Upload)>, Problem> {
    caller::refuse_cross_site(app, headers)?;
    check_length(headers, PAGE_FORM_BYTES_MAX, PAGE_FORM_BYTES_MAX)?;
    let mut form = read_form(body.0.as_ref()).await?;
    identity.check_upload(form.field(FORM_TOKEN).unwrap_or_default())?;
    let member = identity.session().map(of_session);
    let files = std::mem::take(&mut form.files);
    if files.is_empty() {
        return Err(Problem::InvalidField { field: "file", detail: "choose at least one image".into() });
    }
    if files.len() > PAGE_FILES_MAX {
        return Err(Problem::InvalidField { field: "file", detail: format!("at most {PAGE_FILES_MAX} at once") });
    }
    let page_key = form.field("idempotency_key").filter(|key| !key.is_empty());
    let mut uploads = Vec::with_capacity(files.len());
    for (index, file) in files.into_iter().enumerate() {
        let name = file.filename.clone();
        let fields = form_fields(&form, file.filename);
        let ((details, ttl_ms), placement) = (read_fields(&fields)?, place(member.as_ref(), &fields)?);
        let key = page_key.map(|key| read_key(&format!("{key}-{index}"))).transpose()?;
        let source = Source::Body(file.payload);
        let address = caller::address(headers);
        uploads.push((
            name,
            Upload {
                source,
                surface: Surface::Web,
                details,
                ttl_ms,
                key,
                expected_sha256: None,
                member: member.clone(),
                team: whose::team(fields.team.as_deref())?,
                placement,
                ticket: None,
                address,
            },
        ));
    }
    Ok(uploads)
}

/// Reads a form of a few short fields, sent from one of our own pages.
///
/// # Errors
/// The problem with the form.
pub async fn read_short_form(app: &App, headers: &HeaderMap, body: &Incoming) -> Result<ShortForm, Problem> {
    caller::refuse_cross_site(app, headers)?;
    check_length(headers, SHORT_FORM_BYTES_MAX, SHORT_FORM_BYTES_MAX)?;
    Ok(ShortForm(read_form(body.0.as_ref()).await?.fields))
}

/// The fields of a form that carries no files.
#[derive(Debug, Default)]
pub struct ShortForm(pub Vec<(String, String)>);

impl ShortForm {
    /// The first field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field of this name: a box that is ticked, of several.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Refuses a body without a declared length, or with one over `bytes_max`, before any of it is read. The
/// platform holds a sender to what it declared.
fn check_length(headers: &HeaderMap, bytes_max: u64, limit_bytes: u64) -> Result<(), Problem> {
    let declared = caller::text(headers, "content-length").ok_or(Problem::LengthRequired)?;
    let length: u64 = declared.trim().parse().map_err(|_| malformed("Content-Length is not a number"))?;
    if length > bytes_max { Err(Problem::PayloadTooLarge { limit_bytes }) } else { Ok(()) }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    match headers.get("idempotency-key") {
        None => Ok(None),
        Some(value) => read_key(value.to_str().unwrap_or_default()).map(Some),
    }
}

fn read_key(text: &str) -> Result<IdempotencyKey, Problem> {
    IdempotencyKey::parse(text).ok_or(Problem::IdempotencyKeyInvalid)
}

async fn read_form(body: &dyn IncomingBody) -> Result<Form, Problem> {
    body.form().await.map_err(|failure| malformed(&failure.to_string()))
}

async fn read_form_with_digest(body: &dyn IncomingBody, expected_sha256: Option<&str>) -> Result<Form, Problem> {
    if expected_sha256.is_none() {
        return read_form(body).await;
    }
    let (form, sha256) = body.form_and_sha256().await.map_err(|failure| malformed(&failure.to_string()))?;
    check_digest(expected_sha256, &sha256)?;
    Ok(form)
}

fn one_file(mut form: Form) -> Result<(Form, FormFile), Problem> {
    let invalid = |detail: &str| Problem::InvalidField { field: "file", detail: detail.to_owned() };
    let mut files = std::mem::take(&mut form.files).into_iter();
    match (files.next(), files.next()) {
        (Some(file), None) => Ok((form, file)),
        (None, _) => Err(invalid("the form must carry one file, in the field 'file'")),
        (Some(_), Some(_)) => Err(invalid("one file in a request; send the others in requests of their own")),
    }
}

fn form_fields(form: &Form, filename: String) -> Fields {
    let text = |name| form.field(name).unwrap_or_default().to_owned();
    Fields {
        ttl: form.field("ttl").map(str::to_owned),
        caption: text("caption"),
        labels: text("labels"),
        metadata: text("metadata"),
        filename: Some(filename),
        private: form.field("private").map(str::to_owned),
        collection: form.field("collection").map(str::to_owned),
        team: form.field(whose::TEAM).map(str::to_owned),
    }
}

fn query_fields(uri: &Uri) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let value = value.into_owned();
        match name.as_ref() {
            "ttl" => fields.ttl = Some(value),
            "caption" => fields.caption = value,
            "labels" => fields.labels = value,
            "metadata" => fields.metadata = value,
            "filename" => fields.filename = Some(value),
            "private" => fields.private = Some(value),
            "collection" => fields.collection = Some(value),
            whose::TEAM => fields.team = Some(value),
            _ => {}
        }
    }
    fields
}

/// The JSON body of an import.
#[derive(Deserialize)]
struct ImportBody {
    url: String,
    ttl: Option<Value>,
    caption: Option<String>,
    labels: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
    private: Option<Value>,
    collection: Option<String>,
    team: Option<String>,
}

async fn read_json(body: &dyn IncomingBody, expected_sha256: Option<&str>) -> Result<(String, Fields), Problem> {
    let text = body.text().await.map_err(|failure| malformed(&failure.to_string()))?;
    check_digest(expected_sha256, &hex::sha256(text.as_bytes()))?;
    let body: ImportBody = serde_json::from_str(&text).map_err(|error| malformed(&error.to_string()))?;
    let json = |object: Option<Map<String, Value>>| object.map(|o| Value::Object(o).to_string()).unwrap_or_default();
    let last_segment = body.url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
    let filename = last_segment
        .filter(|name| name.contains('.'))
        .map(|name| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned());
    let fields = Fields {
        ttl: body.ttl.map(|ttl| ttl.to_string().trim_matches('"').to_owned()),
        caption: body.caption.unwrap_or_default(),
        labels: json(body.labels),
        metadata: json(body.metadata),
        filename,
        // The word of a boolean; anything else is none.
        private: body.private.map(|value| value.to_string()),
        collection: body.collection,
        team: body.team,
    };
    Ok((body.url, fields))
}

fn read_fields(fields: &Fields) -> Result<(Details, Option<i64>), Problem> {
    let invalid = |InvalidField { field, detail }| Problem::InvalidField { field, detail };
    let details = Details {
        filename: fields.filename.clone(),
        caption: details::caption(&fields.caption).map_err(invalid)?,
        labels: details::labels(&fields.labels).map_err(invalid)?,
        metadata: details::metadata(&fields.metadata).map_err(invalid)?,
    };
    let ttl_ms = match fields.ttl.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => {
            let seconds: i64 = text
                .parse()
                .map_err(|_| Problem::InvalidField { field: "ttl", detail: "a whole number of seconds".into() })?;
            Some(seconds.saturating_mul(1_000))
        }
    };
    Ok((details, ttl_ms))
}

fn malformed(detail: &str) -> Problem {
    Problem::MalformedRequest { detail: detail.to_owned() }
}
