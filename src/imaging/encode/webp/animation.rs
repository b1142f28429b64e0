//! The container of an animation (RFC 9649, section 2.7.1.1), around frames that libwebp writes. libwebp has code for
//! this too, but with it comes its decoder, which the Worker must not have.

use super::libwebp::{self, Layout, Source};
use super::{EncodeFault, KeepGoing, Options};

/// Longest a frame can stay, in milliseconds: 24 bits. A picture that stays longer is shown by several frames.
const DURATION_MS_MAX: u32 = (1 << 24) - 1;

/// In the header: there is alpha somewhere.
const ALPHA_FLAG: u8 = 0x10;
/// In the header: there are frames.
const ANIMATION_FLAG: u8 = 0x02;
/// In a frame: its pixels replace those that are there, and are not laid over them.
const REPLACE_FLAG: u8 = 0x02;

/// RIFF, size, WEBP; then the chunk VP8X.
const HEADER_BYTES: usize = 12 + 18;

/// An animation that is being written. Of each frame only the rectangle is stored that differs from the one before.
pub struct Animation {
    width: u32,
    height: u32,
    options: Options,
    /// The file so far, except what is known only at its end: see [`HEADER_BYTES`].
    file: Vec<u8>,
    /// The picture that is shown by now, as it was given; empty before the first.
    shown: Vec<u8>,
    /// Where in `file` the shown frame's duration is, and how long it is.
    last: Option<(usize, u32)>,
    has_alpha: bool,
}

/// In pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rectangle {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Animation {
    /// An animation without frames yet, played `loop_count` times; 0 is for ever.
    ///
    /// # Errors
    /// [`EncodeFault::Side`].
    pub fn new(width: u32, height: u32, loop_count: u16, options: Options) -> Result<Self, EncodeFault> {
        libwebp::in_range(width, height)?;
        let mut file = vec![0; HEADER_BYTES];
        // Behind everything is what a viewer likes; all our pixels are set.
        let background = [0; 4];
        chunk(&mut file, *b"ANIM", &[&background, &loop_count.to_le_bytes()])?;
        Ok(Self { width, height, options, file, shown: Vec::new(), last: None, has_alpha: false })
    }

    /// Adds a picture of the whole canvas, four bytes a pixel as for [`super::rgba`], that is shown for `duration_ms`.
    ///
    /// # Errors
    /// Any but [`EncodeFault::NoFrame`]; the animation is as before then.
    pub fn frame(&mut self, pixels: &[u8], duration_ms: u32, keep_going: KeepGoing<'_>) -> Result<(), EncodeFault> {
        let stride = self.width as usize * Layout::Rgba.bytes();
        let pixels = pixels.get(..stride * self.height as usize).ok_or(EncodeFault::Samples)?;
        let Some(rectangle) = self.changed(pixels, stride) else { return self.stay(duration_ms) };
        let start = rectangle.top as usize * stride + rectangle.left as usize * Layout::Rgba.bytes();
        let samples = pixels.get(start..).ok_or(EncodeFault::Samples)?;
        let source = Source::Packed { layout: Layout::Rgba, samples, stride };
        let still = libwebp::encode(source, rectangle.width, rectangle.height, self.options, keep_going)?;
        self.shown.try_reserve_exact(pixels.len().saturating_sub(self.shown.len())).map_err(|_| EncodeFault::Memory)?;
        let has_alpha = pixels.iter().skip(3).step_by(4).any(|alpha| *alpha < u8::MAX);
        self.append(rectangle, duration_ms.min(DURATION_MS_MAX), bitstream(&still)?)?;
        self.shown.clear();
        self.shown.extend_from_slice(pixels);
        self.has_alpha |= has_alpha;
        self.stay(duration_ms.saturating_sub(DURATION_MS_MAX))
    }

    /// The file.
    ///
    /// # Errors
    /// [`EncodeFault::NoFrame`], [`EncodeFault::TooLong`].
    pub fn finish(self) -> Result<Vec<u8>, EncodeFault> {
        let mut file = self.file;
        if self.last.is_none() {
            return Err(EncodeFault::NoFrame);
        }
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(b"RIFF");
        header.extend_from_slice(&length(file.len() - 8)?);
        header.extend_from_slice(b"WEBP");
        let flags = if self.has_alpha { ANIMATION_FLAG | ALPHA_FLAG } else { ANIMATION_FLAG };
        chunk(&mut header, *b"VP8X", &[&[flags, 0, 0, 0], &three(self.width - 1), &three(self.height - 1)])?;
        if let Some(room) = file.get_mut(..HEADER_BYTES) {
            room.copy_from_slice(&header);
        }
        Ok(file)
    }

    /// Shows for longer what is shown.
    fn stay(&mut self, mut duration_ms: u32) -> Result<(), EncodeFault> {
        while duration_ms > 0 {
            let Some((at, so_far)) = self.last else { return Ok(()) };
            let longer = duration_ms.min(DURATION_MS_MAX - so_far);
            if longer == 0 {
                self.repeat_corner()?;
                continue;
            }
            if let Some(field) = self.file.get_mut(at..at + 3) {
                field.copy_from_slice(&three(so_far + longer));
            }
            self.last = Some((at, so_far + longer));
            duration_ms -= longer;
        }
        Ok(())
    }

    /// A frame that changes nothing, because the one before can stay no longer.
    fn repeat_corner(&mut self) -> Result<(), EncodeFault> {
        let corner = Rectangle { left: 0, top: 0, width: 1, height: 1 };
        let pixel = self.shown.get(..4).ok_or(EncodeFault::Samples)?;
        let source = Source::Packed { layout: Layout::Rgba, samples: pixel, stride: 4 };
        let still = libwebp::encode(source, 1, 1, Options { lossless: true, ..self.options }, &mut || true)?;
        self.append(corner, 0, bitstream(&still)?)
    }

    fn append(&mut self, place: Rectangle, duration_ms: u32, bitstream: &[u8]) -> Result<(), EncodeFault> {
        let before = self.file.len();
        let fields = [place.left / 2, place.top / 2, place.width - 1, place.height - 1, duration_ms].map(three);
        chunk(&mut self.file, *b"ANMF", &[fields.as_flattened(), &[REPLACE_FLAG], bitstream])?;
        // Behind the chunk's own header, the fifth number of three bytes.
        self.last = Some((before + 8 + 4 * 3, duration_ms));
        Ok(())
    }

    /// The smallest rectangle outside of which `pixels` are as shown; none if all are. Frames begin at even pixels.
    fn changed(&self, pixels: &[u8], stride: usize) -> Option<Rectangle> {
        if self.shown.is_empty() {
            return Some(Rectangle { left: 0, top: 0, width: self.width, height: self.height });
        }
        let rows = || pixels.chunks_exact(stride).zip(self.shown.chunks_exact(stride));
        let differs = |(new, old): (&[u8], &[u8])| new != old;
        let top = rows().position(differs)? & !1;
        let bottom = rows().rposition(differs)? + 1;
        let (mut left, mut right) = (self.width as usize, 0);
        for (new, old) in rows().take(bottom).skip(top) {
            let columns = || new.as_chunks::<4>().0.iter().zip(old.as_chunks::<4>().0);
            if let Some(first) = columns().position(|(new, old)| new != old) {
                left = left.min(first);
            }
            if let Some(last) = columns().rposition(|(new, old)| new != old) {
                right = right.max(last + 1);
            }
        }
        let left = left & !1;
        let px = |side: usize| u32::try_from(side).ok();
        Some(Rectangle { left: px(left)?, top: px(top)?, width: px(right - left)?, height: px(bottom - top)? })
    }
}

/// What of a still is a frame: its chunks without the header for the whole.
fn bitstream(still: &[u8]) -> Result<&[u8], EncodeFault> {
    let chunks = still.get(12..).ok_or(EncodeFault::TooLong)?;
    Ok(if chunks.starts_with(b"VP8X") { chunks.get(18..).ok_or(EncodeFault::TooLong)? } else { chunks })
}

/// Writes a chunk of which `parts` are the content; in the file its length is even.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], parts: &[&[u8]]) -> Result<(), EncodeFault> {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    let length = length(bytes)?;
    file.try_reserve(8 + bytes + 1).map_err(|_| EncodeFault::Memory)?;
    file.extend_from_slice(&name);
    file.extend_from_slice(&length);
    parts.iter().for_each(|part| file.extend_from_slice(part));
    file.extend(std::iter::repeat_n(0, bytes % 2));
    Ok(())
}

fn length(bytes: usize) -> Result<[u8; 4], EncodeFault> {
    // RFC 9649, section 2.4: at most 2^32 - 10.
    u32::try_from(bytes).ok().filter(|bytes| *bytes <= u32::MAX - 9).map(u32::to_le_bytes).ok_or(EncodeFault::TooLong)
}

/// The low 24 bits.
fn three(value: u32) -> [u8; 3] {
    let [low, middle, high, _] = value.to_le_bytes();
    [low, middle, high]
}
