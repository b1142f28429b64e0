//! Colours as their profile means them, in sRGB.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use super::rows::Samples;

/// What a profile and its conversion take, in bytes: tables of 65,536 entries, or a grid of 17 steps in four inks.
pub const MEMORY_BYTES: u64 = 6 << 20;

/// Longest profile that is read, in bytes: the largest of printing presses have 3 MB.
pub const PROFILE_BYTES_MAX: usize = 4 << 20;

/// Changes nothing by more than this: no conversion is needed. Rounding alone makes one.
const SAME_LEVELS: u8 = 1;

/// A conversion to sRGB.
pub enum Conversion {
    /// By the value of the one sample.
    Grey(Box<[u8; 256]>),
    /// Three or four samples; alpha stays.
    Colour(Arc<Transform8BitExecutor>),
    /// Four inks into three samples.
    Ink(Arc<Transform8BitExecutor>),
}

impl Conversion {
    /// From what `profile` describes, if it is a profile of such samples and not that of sRGB. One that cannot be read
    /// is as none: that is what browsers do.
    pub fn of(profile: &[u8], samples: Samples) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        let srgb = ColorProfile::new_srgb();
        let executor = |from, to| profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok();
        match (samples, profile.color_space) {
            (Samples::Rgb, DataColorSpace::Rgb) => differs(executor(Layout::Rgb, Layout::Rgb)?).map(Self::Colour),
            (Samples::Rgba, DataColorSpace::Rgb) => {
                differs(executor(Layout::Rgb, Layout::Rgb)?)?;
                executor(Layout::Rgba, Layout::Rgba).map(Self::Colour)
            }
            (Samples::Grey | Samples::Rgba, DataColorSpace::Gray) => grey(&executor(Layout::Gray, Layout::Rgb)?),
            (Samples::Cmyk, DataColorSpace::Cmyk) => executor(Layout::Rgba, Layout::Rgb).map(Self::Ink),
            _ => None,
        }
    }
}

/// The conversion, if colours from all over the cube say that it does something.
fn differs(executor: Arc<Transform8BitExecutor>) -> Option<Arc<Transform8BitExecutor>> {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let colours = STEPS.iter().flat_map(|r| STEPS.iter().flat_map(move |g| STEPS.iter().map(move |b| [*r, *g, *b])));
    let before: Vec<u8> = colours.flatten().collect();
    let mut after = vec![0; before.len()];
    executor.transform(&before, &mut after).ok()?;
    before.iter().zip(&after).any(|(before, after)| before.abs_diff(*after) > SAME_LEVELS).then_some(executor)
}

fn grey(executor: &Arc<Transform8BitExecutor>) -> Option<Conversion> {
    let before: Vec<u8> = (0..=255).collect();
    let mut after = vec![0; 3 * 256];
    executor.transform(&before, &mut after).ok()?;
    let mut table = Box::new([0; 256]);
    for (entry, [value, ..]) in table.iter_mut().zip(after.as_chunks::<3>().0) {
        *entry = *value;
    }
    let differs = before.iter().zip(table.iter()).any(|(before, after)| before.abs_diff(*after) > SAME_LEVELS);
    differs.then_some(Conversion::Grey(table))
}
