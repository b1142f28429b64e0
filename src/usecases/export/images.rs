//! The files of an export with images in them: one in a run, as many images as it may hold.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::Archive;
use super::documents::{DecisionEntry, ImageEntry, ImagesDocument, Manifest, ManifestEntry};
use super::{json_of, schema_url};
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::hex;
use crate::domain::ids::ImageId;
use crate::domain::image::State;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Fault};
use crate::policy::exports::{FILE_BYTES_MAX, FILE_IMAGES_MAX, PAGE};
use crate::ports::blobs::{BlobKey, Bucket};
use crate::store::exported::{self, ExportedRow};
use crate::store::exports::{Export, ExportFile, Position};
use crate::store::holds;

/// A file that is stored.
pub(super) struct Made {
    pub(super) file: ExportFile,
    /// The image after which the next one begins.
    pub(super) after: Position,
    pub(super) is_last: bool,
}

/// Makes the next file; none if there is no image left.
pub(super) async fn make_file(
    app: &App,
    export: &Export,
    key: &BlobKey,
    now: Timestamp,
) -> Result<Option<Made>, Fault> {
    let sql = app.ports.sql.as_ref();
    let page = exported::images(sql, export.of(), &export.position(), PAGE).await;
    let page = page.attempt(&format!("find images for the export {}", export.id))?;
    if page.is_empty() {
        return Ok(None);
    }
    let archive = Archive::begin(app, key).await?;
    let upload = archive.upload();
    let made = fill(app, export, archive, page, key, now).await;
    if made.is_err() {
        // If this fails, too, the storage forgets it by itself.
        drop(app.ports.blobs.abort_multipart(&upload).await);
    }
    made.map(Some)
}

async fn fill(
    app: &App,
    export: &Export,
    mut archive: Archive<'_>,
    mut page: Vec<ExportedRow>,
    key: &BlobKey,
    now: Timestamp,
) -> Result<Made, Fault> {
    let (mut entries, mut files) = (Vec::new(), Vec::new());
    let (mut after, mut is_last) = (export.position(), false);
    // Whatever made an attempt too much, half as much may not be.
    let bytes_max = FILE_BYTES_MAX >> export.attempts.saturating_sub(1).min(16);
    'pages: loop {
        let mut decisions = decisions_of(app, &page).await?;
        let held = under_hold(app, &page, now).await?;
        for row in &page {
            let bytes = length(row);
            let is_full = archive.bytes().saturating_add(bytes) > bytes_max && !entries.is_empty();
            if is_full || entries.len() >= FILE_IMAGES_MAX {
                break 'pages;
            }
            let mut entry = ImageEntry::of(row, decisions.remove(&row.id).unwrap_or_default());
            match source(row, &held) {
                Err(reason) => entry.left_out = Some(reason),
                Ok(format) => {
                    let name = file_name(row, format);
                    let image = BlobKey::image(&row.id);
                    if archive.add_object(&name, Bucket::Images, &image, bytes).await? {
                        let sha256 = row.sha256.clone().unwrap_or_default();
                        files.push(ManifestEntry { name: name.clone(), bytes, sha256 });
                        entry.file = Some(name);
                    } else {
                        entry.left_out = Some("it left while the copy was made");
                    }
                }
            }
            entries.push(entry);
            after = row.position();
        }
        let next = exported::images(app.ports.sql.as_ref(), export.of(), &after, PAGE).await;
        page = next.attempt(&format!("find images for the export {}", export.id))?;
        if page.is_empty() {
            is_last = true;
            break;
        }
    }
    let images = entries.len() as u64;
    let document = json_of(&ImagesDocument { schema: schema_url(app), images: entries })?;
    files.push(ManifestEntry {
        name: "images.json".into(),
        bytes: document.len() as u64,
        sha256: hex::sha256(document.as_bytes()),
    });
    archive.add_text("images.json", &document).await?;
    let manifest = Manifest {
        schema: schema_url(app),
        export: export.id.clone(),
        number: export.files,
        made_at: now.rfc3339(),
        is_last,
        files,
    };
    archive.add_text("manifest.json", &json_of(&manifest)?).await?;
    let bytes = archive.finish().await?;
    let file = ExportFile { number: export.files, object: key.as_str().to_owned(), bytes, images, made_at: now };
    Ok(Made { file, after, is_last })
}

/// The format of an image whose bytes are copied; or why they are not.
fn source(row: &ExportedRow, held: &BTreeSet<ImageId>) -> Result<Format, &'static str> {
    match (row.state, row.verdict) {
        // Whoever spreads it, be it to who has it already, does what nobody may.
        (_, Verdict::Prohibited) => Err("its content is prohibited"),
        _ if held.contains(&row.id) => Err("it may not be passed on"),
        (State::Held | State::Releasing, _) => Err("it is not judged yet"),
        (State::Live, _) => format_of(row).ok_or("its format is not known"),
        _ => Err("it is not shown any more, and waits to be erased"),
    }
}

fn format_of(row: &ExportedRow) -> Option<Format> {
    row.facts().get("format").cloned().and_then(|format| serde_json::from_value(format).ok())
}

/// The length of its bytes, where they are copied.
fn length(row: &ExportedRow) -> u64 {
    let bytes = row.facts().get("bytes").and_then(serde_json::Value::as_u64).unwrap_or_default();
    if row.state == State::Live { bytes } else { 0 }
}

/// Files sort by when they were uploaded.
fn file_name(row: &ExportedRow, format: Format) -> String {
    format!("images/{}-{}.{}", row.created_at.day(), row.id, format.extension())
}

async fn decisions_of(app: &App, page: &[ExportedRow]) -> Result<BTreeMap<ImageId, Vec<DecisionEntry>>, Fault> {
    let ids: Vec<ImageId> = page.iter().map(|row| row.id.clone()).collect();
    let decisions = exported::decisions(app.ports.sql.as_ref(), &ids).await.attempt("find decisions for an export")?;
    let mut of: BTreeMap<ImageId, Vec<DecisionEntry>> = BTreeMap::new();
    for decision in decisions {
        of.entry(decision.image_id.clone()).or_default().push(decision.into());
    }
    Ok(of)
}

async fn under_hold(app: &App, page: &[ExportedRow], now: Timestamp) -> Result<BTreeSet<ImageId>, Fault> {
    let ids: Vec<ImageId> = page.iter().map(|row| row.id.clone()).collect();
    let standing = holds::standing(app.ports.sql.as_ref(), &ids, now).await;
    Ok(standing.attempt("find holds for an export")?.into_iter().collect())
}
