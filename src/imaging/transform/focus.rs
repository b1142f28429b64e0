//! Where most is to be seen: edges and strong colours, weighed. What people are or look like is not asked.

use super::canvas::Canvas;
use super::colours::luma;

/// Longer side of the small picture that is looked at, in pixels: details that do not show at this size decide nothing.
pub const SIDE_PX_MAX: u32 = 128;

/// How many times more an edge counts than a colour as strong.
const EDGE_WEIGHT: u32 = 4;
/// In the dark, colours are noise: below this luma they do not count.
const DARK_MAX: u8 = 40;
/// What counts less than this is a plain surface, in the sum of edge and colour.
const PLAIN_MAX: u32 = 24;

/// Where a part of a picture should lie, from the left and from the top, 0 to 1: `part` is its width and height, in those
/// of the whole.
pub fn find(small: &Canvas, part: [f64; 2]) -> [f64; 2] {
    let (width, height) = (small.width as usize, small.height as usize);
    let (mut columns, mut rows) = (vec![0; width], vec![0; height]);
    let interest = Interest::new(small);
    for (y, row) in rows.iter_mut().enumerate() {
        for (x, column) in columns.iter_mut().enumerate() {
            let found = interest.at(x, y);
            *column += found;
            *row += found;
        }
    }
    let [across, down] = part;
    [best(&columns, across), best(&rows, down)]
}

struct Interest<'a> {
    small: &'a Canvas,
    lumas: Vec<u8>,
}

impl<'a> Interest<'a> {
    fn new(small: &'a Canvas) -> Self {
        let of = |pixel: &[u8]| match *pixel {
            [red, green, blue, ..] => luma([red, green, blue]),
            _ => 0,
        };
        Self { small, lumas: small.pixels.chunks_exact(small.channels).map(of).collect() }
    }

    /// How much is to be seen at a place: how far its luma is from that of its neighbours, and how strong its colour.
    fn at(&self, x: usize, y: usize) -> u64 {
        let (width, height) = (self.small.width as usize, self.small.height as usize);
        let place = |x: usize, y: usize| y.min(height - 1) * width + x.min(width - 1);
        let luma = |x: usize, y: usize| i32::from(self.lumas.get(place(x, y)).copied().unwrap_or_default());
        let here = luma(x, y);
        let around = luma(x.saturating_sub(1), y) + luma(x + 1, y) + luma(x, y.saturating_sub(1)) + luma(x, y + 1);
        let edge = (4 * here - around).unsigned_abs() / 4;
        let start = place(x, y) * self.small.channels;
        let colour = match self.small.pixels.get(start..start + 3) {
            Some(&[red, green, blue]) if here > i32::from(DARK_MAX) => {
                u32::from(red.max(green).max(blue) - red.min(green).min(blue))
            }
            _ => 0,
        };
        u64::from((edge * EDGE_WEIGHT + colour).saturating_sub(PLAIN_MAX))
    }
}

/// Where along a side the part lies that has most, with more weight on what is in its middle; the one nearest to the
/// middle if several have as much.
fn best(sums: &[u64], part: f64) -> f64 {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    let length = ((sums.len() as f64 * part).round() as usize).clamp(1, sums.len());
    let places = sums.len() - length;
    if places == 0 {
        return 0.5;
    }
    // Two at the middle, one at the edges.
    let weight = |at: usize| (length + 2 * at.min(length - 1 - at)) as u64;
    let worth = |from: usize| -> u64 {
        sums.iter().skip(from).take(length).enumerate().map(|(at, sum)| sum * weight(at)).sum()
    };
    let from_middle = |from: usize| (2 * from).abs_diff(places);
    let best = (0..=places).max_by_key(|from| (worth(*from), std::cmp::Reverse(from_middle(*from))));
    #[allow(clippy::cast_precision_loss, reason = "at most 128")]
    let place = best.unwrap_or_default() as f64 / places as f64;
    place
}
