//! What is done to each pixel for itself: to sRGB, adjusted, on its background.

use super::profile::Conversion;
use super::rows::Samples;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Adjust, Transform};

/// Luma of red, green and blue in 65,536ths (ITU-R BT.709, item 3.2).
const LUMA: [i32; 3] = [13_933, 46_871, 4_732];

/// Turns pixels of a picture into pixels of a result.
pub struct Colours {
    samples: Samples,
    /// Whether colours come multiplied by alpha.
    multiplied: bool,
    conversion: Option<Conversion>,
    /// Brightness, contrast and gamma of every value.
    curve: Option<Box<[u8; 256]>>,
    /// In 256ths; 256 leaves all as it is.
    saturation: i32,
    /// What shows through, opaque or not.
    backdrop: Option<[u8; 4]>,
    /// 3, or 4 with alpha.
    channels: usize,
    pixels: Vec<u8>,
}

/// What shows through: the background that is asked for; behind it, in a file that cannot be transparent, white.
pub fn backdrop(transform: &Transform) -> Option<[u8; 4]> {
    let asked = transform.background.map(|colour| colour.rgba);
    if transform.format != Format::Jpeg {
        return asked;
    }
    let [red, green, blue, alpha] = asked.unwrap_or_default();
    let on_white = |value| u8::try_from(mixed(value, 255, alpha)).unwrap_or(255);
    Some([on_white(red), on_white(green), on_white(blue), 255])
}

impl Colours {
    /// For pixels of `samples`, `multiplied` by alpha or not, into such of `channels` (3 or 4).
    pub fn new(
        samples: Samples,
        multiplied: bool,
        conversion: Option<Conversion>,
        transform: &Transform,
        channels: usize,
    ) -> Self {
        let Adjust { saturation, grayscale, .. } = transform.adjust;
        let saturation = if grayscale { 0 } else { i32::try_from((saturation * 256 + 50) / 100).unwrap_or(256) };
        Self {
            samples,
            multiplied: multiplied && samples == Samples::Rgba,
            conversion,
            curve: curve(transform.adjust),
            saturation,
            backdrop: backdrop(transform).filter(|_| samples == Samples::Rgba),
            channels,
            pixels: Vec::new(),
        }
    }

    /// The pixels of a result for those of a picture.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn apply(&mut self, band: &[u8]) -> Result<&[u8], Rejection> {
        let count = band.len() / self.samples.count();
        self.pixels.clear();
        self.pixels.try_reserve(count * 4).map_err(|_| Rejection::OutOfMemory)?;
        self.read(band)?;
        self.adjust();
        match (self.samples == Samples::Rgba, self.channels == 4) {
            (true, true) => self.on_backdrop(),
            (true, false) => {
                self.on_backdrop();
                self.drop_alpha();
            }
            (false, true) => self.add_alpha(),
            (false, false) => {}
        }
        Ok(&self.pixels)
    }

    /// To red, green and blue of sRGB, with alpha if the picture has it.
    fn read(&mut self, band: &[u8]) -> Result<(), Rejection> {
        let pixels = &mut self.pixels;
        match (self.samples, &self.conversion) {
            (Samples::Grey, Some(Conversion::Grey(table))) => {
                pixels.extend(band.iter().flat_map(|value| [look_up(table, *value); 3]));
            }
            (Samples::Grey, _) => pixels.extend(band.iter().flat_map(|value| [*value; 3])),
            (Samples::Cmyk, Some(Conversion::Ink(executor))) => {
                pixels.resize(band.len() / 4 * 3, 0);
                executor.transform(band, pixels).map_err(|_| Rejection::OutOfMemory)?;
            }
            (Samples::Cmyk, _) => pixels.extend(band.as_chunks::<4>().0.iter().flat_map(light)),
            (Samples::Rgb, Some(Conversion::Colour(executor))) => {
                pixels.resize(band.len(), 0);
                executor.transform(band, pixels).map_err(|_| Rejection::OutOfMemory)?;
            }
            (Samples::Rgb, _) => pixels.extend_from_slice(band),
            (Samples::Rgba, conversion) => {
                pixels.extend_from_slice(band);
                if self.multiplied {
                    divide_alpha(pixels);
                }
                match conversion {
                    Some(Conversion::Colour(executor)) => {
                        let straight = pixels.clone();
                        executor.transform(&straight, pixels).map_err(|_| Rejection::OutOfMemory)?;
                    }
                    Some(Conversion::Grey(table)) => {
                        for [red, green, blue, _] in pixels.as_chunks_mut::<4>().0 {
                            for value in [red, green, blue] {
                                *value = look_up(table, *value);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn adjust(&mut self) {
        let saturation = self.saturation;
        let curve = self.curve.as_deref();
        if curve.is_none() && saturation == 256 {
            return;
        }
        let count = if self.samples == Samples::Rgba { 4 } else { 3 };
        for pixel in self.pixels.chunks_exact_mut(count) {
            let [red, green, blue, ..] = pixel else { continue };
            let mut colour = [*red, *green, *blue];
            if let Some(curve) = curve {
                colour = colour.map(|value| look_up(curve, value));
            }
            if saturation != 256 {
                colour = saturated(colour, saturation);
            }
            [*red, *green, *blue] = colour;
        }
    }

    fn on_backdrop(&mut self) {
        let Some(backdrop) = self.backdrop else { return };
        for pixel in self.pixels.as_chunks_mut::<4>().0 {
            *pixel = over(*pixel, backdrop);
        }
    }

    fn drop_alpha(&mut self) {
        let count = self.pixels.len() / 4;
        for at in 0..count {
            self.pixels.copy_within(at * 4..at * 4 + 3, at * 3);
        }
        self.pixels.truncate(count * 3);
    }

    fn add_alpha(&mut self) {
        let count = self.pixels.len() / 3;
        self.pixels.resize(count * 4, 255);
        for at in (0..count).rev() {
            self.pixels.copy_within(at * 3..at * 3 + 3, at * 4);
            if let Some(alpha) = self.pixels.get_mut(at * 4 + 3) {
                *alpha = 255;
            }
        }
    }
}

/// `value` of `over`, `under` for the rest, in 255ths, rounded.
fn mixed(over: u8, under: u8, alpha: u8) -> u32 {
    (u32::from(over) * u32::from(alpha) + u32::from(under) * u32::from(255 - alpha) + 127) / 255
}

/// A pixel over another, neither multiplied by alpha (Porter and Duff).
pub fn over(pixel: [u8; 4], backdrop: [u8; 4]) -> [u8; 4] {
    let [.., above] = pixel;
    let [.., below] = backdrop;
    if above == 255 {
        return pixel;
    }
    if below == 255 {
        let [red, green, blue, _] = std::array::from_fn(|channel| {
            let of = |pixel: [u8; 4]| pixel.get(channel).copied().unwrap_or_default();
            u8::try_from(mixed(of(pixel), of(backdrop), above)).unwrap_or(255)
        });
        return [red, green, blue, 255];
    }
    let weight_above = u32::from(above) * 255;
    let weight_below = u32::from(below) * u32::from(255 - above);
    let weights = weight_above + weight_below;
    let [red, green, blue, _] = std::array::from_fn(|channel| {
        let of = |pixel: [u8; 4]| u32::from(pixel.get(channel).copied().unwrap_or_default());
        let sum = of(pixel) * weight_above + of(backdrop) * weight_below + weights / 2;
        u8::try_from(sum.checked_div(weights).unwrap_or(0)).unwrap_or(255)
    });
    [red, green, blue, u8::try_from((weights + 127) / 255).unwrap_or(255)]
}

/// So that what transparent pixels hide does not come to light when they are weighed with others.
pub fn multiply_alpha(pixels: &mut [u8]) {
    for [red, green, blue, alpha] in pixels.as_chunks_mut::<4>().0 {
        for value in [red, green, blue] {
            // (x + 1) * 257 >> 16 is x / 255 rounded down, for every x below 65,536.
            let product = u32::from(*value) * u32::from(*alpha) + 127;
            *value = u8::try_from(((product + 1) * 257) >> 16).unwrap_or(255);
        }
    }
}

/// Undoes the multiplication by alpha.
pub fn divide_alpha(pixels: &mut [u8]) {
    for pixel in pixels.as_chunks_mut::<4>().0 {
        let [red, green, blue, alpha] = *pixel;
        if alpha == 255 {
            continue;
        }
        let whole = |part: u8| {
            let value = (u32::from(part) * 255 + u32::from(alpha) / 2).checked_div(u32::from(alpha)).unwrap_or(0);
            u8::try_from(value).unwrap_or(255)
        };
        *pixel = [whole(red), whole(green), whole(blue), alpha];
    }
}

/// Ink on paper without a profile: each takes its part of the light.
fn light([cyan, magenta, yellow, black]: &[u8; 4]) -> [u8; 3] {
    let left = |ink: &u8| u8::try_from((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255).unwrap_or(255);
    [left(cyan), left(magenta), left(yellow)]
}

/// The luma of a colour, rounded.
pub fn luma(colour: [u8; 3]) -> u8 {
    let sum: i32 = colour.iter().zip(LUMA).map(|(value, weight)| i32::from(*value) * weight).sum();
    u8::try_from((sum + (1 << 15)) >> 16).unwrap_or(255)
}

fn saturated(colour: [u8; 3], saturation: i32) -> [u8; 3] {
    let luma = i32::from(luma(colour));
    let far = |value: u8| luma + (((i32::from(value) - luma) * saturation + 128) >> 8);
    colour.map(|value| u8::try_from(far(value).clamp(0, 255)).unwrap_or(255))
}

fn look_up(table: &[u8; 256], value: u8) -> u8 {
    table.get(usize::from(value)).copied().unwrap_or(value)
}

/// What becomes of every value: multiplied, away from the middle, raised. Between the steps nothing is lost that a
/// later one brings back.
fn curve(adjust: Adjust) -> Option<Box<[u8; 256]>> {
    let Adjust { brightness, contrast, gamma, .. } = adjust;
    if [brightness, contrast, gamma] == [100; 3] {
        return None;
    }
    let [brightness, contrast, gamma] = [brightness, contrast, gamma].map(|hundredths| f64::from(hundredths) / 100.0);
    let mut curve = Box::new([0; 256]);
    for (entry, value) in curve.iter_mut().zip(0_u8..=255) {
        let value = f64::from(value) / 255.0 * brightness;
        let value = ((value - 0.5) * contrast + 0.5).max(0.0);
        // With a gamma of 0 there is no inverse: everything below white is black, which is its limit.
        let value = if gamma > 0.0 { value.powf(1.0 / gamma) } else { value.floor() };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
        let level = (value * 255.0).round().clamp(0.0, 255.0) as u8;
        *entry = level;
    }
    Some(curve)
}
