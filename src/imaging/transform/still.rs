//! A result of one frame.

use super::Notes;
use super::budget::Work;
use super::canvas::{Canvas, Region};
use super::colours::{self, Colours};
use super::profile::{self, Conversion};
use super::resample::{self, Scaling, resample};
use super::rows::Rows;
use super::source::{Need, Pixels, Source};
use super::turn::Turn;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Bounds, Layout, Rect, Transform, VariantFacts};
use crate::imaging::encode::{self, Picture};
use crate::policy::transforms::{BOUNDS, COSTS};

/// The first frame of `source`, transformed.
///
/// # Errors
/// If the image is damaged, does not fit into the memory, or would take too long.
pub fn make(
    source: &Source,
    transform: &Transform,
    memory_bytes: u64,
    work: &mut Work,
) -> Result<(VariantFacts, Vec<u8>), Rejection> {
    let mut notes = Notes::default();
    if source.frames() > 1 && !transform.still && (can_move(transform.format) || source.format == transform.format) {
        notes.add("anim", "only the first frame: this animation cannot be kept");
    }
    let turn = Turn::of(source.orientation(), transform.flip, transform.rotate);
    let [width, height] = turn.sides(source.sides());
    let wished = Layout::of(transform, width, height, None, &BOUNDS);
    let channels = channels(transform);

    let need = Need { ratio: ratio(&wished), result_bytes: result_bytes(&wished, transform), memory_bytes };
    let pixels = source.pixels(need, work)?;
    if pixels.coarse {
        notes.add("size", "with less detail than it could have: the image is too large to be read whole");
    }
    let bounds = Bounds {
        pixels_max: pixels_max(
            &pixels,
            &scaling(&*pixels.rows, source.sides(), &wished, turn),
            transform,
            memory_bytes,
        ),
        ..BOUNDS
    };
    let layout = Layout::of(transform, width, height, None, &bounds);
    if layout.reduced {
        notes.add("size", "made smaller: the result would have too many pixels");
    }

    let canvas = draw(source, &*pixels.rows, &layout, turn, transform, channels, work)?;
    drop(pixels);
    work.spend(encoding_cost(transform.format) * u64::from(canvas.width) * u64::from(canvas.height))?;
    let (width, height) = (canvas.width, canvas.height);
    let picture = Picture { width, height, channels, pixels: &canvas.pixels };
    let file = match transform.format {
        Format::Jpeg => encode::jpeg::encode(picture, transform.quality)?,
        Format::Png => encode::png::encode(picture)?,
        Format::WebP => encode::webp::encode(picture)?,
        Format::Gif => {
            let mut animation = encode::gif::Animation::new(width, height, None)?;
            animation.frame(picture.pixels, 0)?;
            animation.finish()?
        }
    };
    let bytes = file.len() as u64;
    Ok((VariantFacts { format: transform.format, width, height, frames: 1, bytes, notes: notes.0 }, file))
}

/// Three where nothing can shine through, else four.
fn channels(transform: &Transform) -> usize {
    let opaque = colours::backdrop(transform).is_some_and(|[.., alpha]| alpha == 255);
    // The encoder of GIF takes four.
    if opaque && transform.format != Format::Gif { 3 } else { 4 }
}

/// Image pixels in one of the result, across or down, whichever is less.
fn ratio(layout: &Layout) -> f64 {
    let [width, height] = layout.scaled.map(f64::from);
    (layout.cut.width / width).min(layout.cut.height / height)
}

/// What the pixels and their file take, in bytes.
fn result_bytes(layout: &Layout, transform: &Transform) -> u64 {
    let [width, height] = layout.canvas.map(u64::from);
    width * height * (channels(transform) as u64 + encode::bytes_per_pixel(transform.format))
}

/// How many pixels the result may have: beside what is held while it is drawn, and beside its file after that.
fn pixels_max(pixels: &Pixels, scaling: &Scaling, transform: &Transform, memory_bytes: u64) -> u64 {
    let rows = &*pixels.rows;
    let resampling = resample::memory_bytes(rows.sides()[0], rows.samples(), scaling);
    let while_drawn = memory_bytes.saturating_sub(pixels.held_bytes + resampling + profile::MEMORY_BYTES);
    let channels = channels(transform) as u64;
    let while_encoded = memory_bytes / (channels + encode::bytes_per_pixel(transform.format));
    (while_drawn / channels).min(while_encoded).clamp(PIXELS_MIN, BOUNDS.pixels_max)
}

/// As many pixels as there is always memory for.
const PIXELS_MIN: u64 = 1 << 16;

/// Which part of the rows becomes how large, before it is turned.
fn scaling(rows: &dyn Rows, stored: [u32; 2], layout: &Layout, turn: Turn) -> Scaling {
    let [across, down] = rows.reduction();
    let [wide, high] = rows.sides().map(f64::from);
    let cut = turn.back(layout.cut, stored);
    let (left, top) = ((cut.left / across).min(wide), (cut.top / down).min(high));
    let (width, height) = ((cut.width / across).min(wide - left), (cut.height / down).min(high - top));
    Scaling { cut: Rect { left, top, width, height }, to: turn.sides(layout.scaled) }
}

fn draw(
    source: &Source,
    rows: &dyn Rows,
    layout: &Layout,
    turn: Turn,
    transform: &Transform,
    channels: usize,
    work: &mut Work,
) -> Result<Canvas, Rejection> {
    let scaling = scaling(rows, source.sides(), layout, turn);
    let conversion = source.profile()?.and_then(|profile| Conversion::of(&profile, rows.samples()));
    let plain = is_plain(rows, &scaling);
    let mut colours = Colours::new(rows.samples(), !plain, conversion, transform, channels);
    let fill = colours::backdrop(transform).unwrap_or_default();
    let mut canvas = Canvas::new(layout.canvas, channels, fill)?;
    let region = Region::of(layout);
    let row_bytes = scaling.to[0] as usize * rows.samples().count();
    let mut first = 0;
    let mut put = |band: &[u8]| {
        canvas.put(region, turn, first, colours.apply(band)?);
        first += u32::try_from(band.len() / row_bytes.max(1)).unwrap_or(u32::MAX);
        Ok(())
    };
    if plain {
        rows.each(&mut put)?;
    } else {
        let [width, height] = rows.sides().map(u64::from);
        work.spend(width * height * COSTS.resample)?;
        resample(rows, &scaling, &mut put)?;
    }
    Ok(canvas)
}

/// Whether rows can stay as they are.
fn is_plain(rows: &dyn Rows, scaling: &Scaling) -> bool {
    let [width, height] = rows.sides();
    let whole = Rect { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) };
    scaling.cut == whole && scaling.to == [width, height]
}

/// Whether we write animations of this format.
fn can_move(format: Format) -> bool {
    matches!(format, Format::Gif | Format::WebP)
}

fn encoding_cost(format: Format) -> u64 {
    match format {
        Format::Jpeg => COSTS.encode_jpeg,
        Format::Png => COSTS.encode_png,
        Format::Gif => COSTS.encode_gif,
        Format::WebP => COSTS.encode_webp,
    }
}
