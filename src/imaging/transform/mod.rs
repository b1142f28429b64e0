//! Makes variants: another size, another part, other colours, another format.
//!
//! ```text
//! bytes -> Source (sniffed, walked, within the limits) -> Rows (at a scale that is enough)
//!       -> resample -> Colours (sRGB, adjusted, on a background) -> Canvas (turned upright, placed)
//!       -> blur -> sharpen -> encode
//! ```
//! Rows go through the first line one band at a time: what is in memory is the result, not the image. Turning comes
//! last of it, because it is cheaper on what has become small. docs/adr/0020-how-pixels-are-transformed.md says why.

mod blur;
mod budget;
mod canvas;
mod colours;
mod draw;
mod focus;
mod moving;
mod profile;
mod resample;
mod rows;
mod sharpen;
mod source;
mod still;
mod turn;

use crate::domain::facts::Rejection;
use crate::domain::transform::{Note, Transform, VariantFacts};
use crate::policy::limits::ImageLimits;
use budget::Work;
use draw::Drawing;
use source::Source;

/// Makes a variant of a stored image: what it is, and its file.
///
/// # Errors
/// If the image is damaged, does not fit into the memory, or would take too long.
pub fn transform(
    bytes: &[u8],
    transform: &Transform,
    limits: &ImageLimits,
) -> Result<(VariantFacts, Vec<u8>), Rejection> {
    let source = Source::open(bytes, limits)?;
    let memory_bytes = budget::memory_bytes(bytes, limits);
    let mut work = Work::new();
    let drawing = Drawing::new(&source, transform)?;
    let mut notes = Notes::default();
    if source.frames() > 1 && !transform.still {
        if source.moves()
            && moving::is_written(transform.format)
            && moving::fits(&source, &drawing, memory_bytes, &work)
        {
            return moving::make(&source, &drawing, &mut work, notes);
        }
        // Who asks for a JPEG asks for one frame.
        if transform.format == source.format || moving::is_written(transform.format) {
            notes.add("anim", "only the first frame: there is too much of this animation, or nothing to write it with");
        }
    }
    still::make(&source, &drawing, memory_bytes, &mut work, notes)
}

/// Notes, each once.
#[derive(Default)]
struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, parameter: &str, text: &str) {
        let note = Note::new(parameter, text);
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }
}
