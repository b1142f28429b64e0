//! Lanczos weights: how much of which source sample each output sample is made of, along one axis.

/// Lobes of the Lanczos window: 3, as in libvips and `fast_image_resize`.
const LOBES: f64 = 3.0;

/// Weights are whole numbers of 1/16384: the largest scale at which 1 fits `i16`.
pub const WEIGHT_BITS: u32 = 14;
const ONE: i32 = 1 << WEIGHT_BITS;

/// For every output sample of an axis, which source samples it is made of. All have the same number of weights,
/// padded with zeros at the end.
#[derive(Clone, Debug)]
pub struct Weights {
    /// For each output sample, the first source sample that counts.
    firsts: Vec<usize>,
    /// `taps` for each output sample.
    weights: Vec<i16>,
    taps: usize,
}

impl Weights {
    /// Of `output` samples over `length` source samples from `start`, which may be fractions, of a source that has
    /// samples from 0 to `source`; `taps` is rounded up to a multiple of `taps_multiple`. Samples beyond the source
    /// count for nothing, and the others for more; what lies beyond it is made of its edge.
    pub fn new(source: usize, start: f64, length: f64, output: usize, taps_multiple: usize) -> Self {
        let ratio = length / output.max(1) as f64;
        // Enlarged, a sample is one lobe wide; reduced, the lobes grow with the ratio, or detail would alias.
        let stretch = ratio.max(1.0);
        let mut kernels: Vec<(usize, Vec<i16>)> = (0..output)
            .map(|at| {
                let centre = start + (at as f64 + 0.5) * ratio;
                kernel(source, centre.clamp(0.0, source as f64), stretch)
            })
            .collect();
        // Zeros at the beginning are cut off, but no sample may begin before the one before it: rows that it would go
        // back to are gone.
        let mut bound = usize::MAX;
        for (first, weights) in kernels.iter_mut().rev() {
            if *first > bound {
                drop(weights.splice(0..0, std::iter::repeat_n(0, *first - bound)));
                *first = bound;
            }
            bound = *first;
        }
        let longest = kernels.iter().map(|(_, kernel)| kernel.len()).max().unwrap_or(1);
        let taps = longest.next_multiple_of(taps_multiple.max(1));
        let mut weights = Vec::with_capacity(taps * output);
        for (_, kernel) in &kernels {
            weights.extend(kernel.iter().copied().chain(std::iter::repeat(0)).take(taps));
        }
        Self { firsts: kernels.into_iter().map(|(first, _)| first).collect(), weights, taps }
    }

    /// How many weights every output sample has.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// First source sample and weights of each output sample, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[i16])> {
        self.firsts.iter().copied().zip(self.weights.chunks_exact(self.taps))
    }

    /// First source sample and weights of one output sample.
    pub fn get(&self, at: usize) -> Option<(usize, &[i16])> {
        let weights = self.weights.get(at * self.taps..(at + 1) * self.taps)?;
        Some((*self.firsts.get(at)?, weights))
    }

    /// All source samples that any output sample wants, without the padding.
    pub fn wanted(&self, source: usize) -> std::ops::Range<usize> {
        let first = self.firsts.first().copied().unwrap_or(0);
        let last = self.firsts.last().map_or(0, |last| last + self.taps);
        first..last.min(source)
    }
}

/// First source sample and weights of the output sample whose middle is at `centre`; the weights add up to one.
fn kernel(source: usize, centre: f64, stretch: f64) -> (usize, Vec<i16>) {
    let reach = LOBES * stretch;
    let last = source.saturating_sub(1);
    let first = ((centre - reach).floor().max(0.0) as usize).min(last);
    let end = ((centre + reach).ceil().max(0.0) as usize).clamp(first + 1, source.max(first + 1));
    let exact: Vec<f64> = (first..end).map(|at| lanczos((at as f64 + 0.5 - centre) / stretch)).collect();
    let sum: f64 = exact.iter().sum();
    let mut weights: Vec<i16> = exact.iter().map(|weight| (weight / sum * f64::from(ONE)).round() as i16).collect();
    // What rounding left over goes where it is least noticed, so that an even area stays even.
    let rest = ONE - weights.iter().map(|weight| i32::from(*weight)).sum::<i32>();
    if let Some(largest) = weights.iter_mut().max() {
        *largest = largest.saturating_add(rest as i16);
    }
    let leading = weights.iter().take_while(|weight| **weight == 0).count().min(weights.len() - 1);
    let trailing = weights.iter().rev().take_while(|weight| **weight == 0).count();
    weights.truncate((weights.len() - trailing).max(leading + 1));
    (first + leading, weights.split_off(leading))
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| {
        let angle = x * std::f64::consts::PI;
        if angle == 0.0 { 1.0 } else { angle.sin() / angle }
    };
    if x.abs() < LOBES { sinc(x) * sinc(x / LOBES) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_wherever_the_source_ends() {
        for (source, start, length, output) in [
            (100, 0.0, 100.0, 37),
            (100, 10.25, 3.5, 80),
            (7, 0.0, 7.0, 1),
            (1, 0.0, 1.0, 50),
            (5_000, 0.0, 5_000.0, 3),
        ] {
            let weights = Weights::new(source, start, length, output, 8);
            for (first, kernel) in weights.iter() {
                assert_eq!(kernel.iter().map(|weight| i32::from(*weight)).sum::<i32>(), ONE, "{source} to {output}");
                assert!(first < source);
            }
            assert_eq!(weights.taps() % 8, 0);
        }
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let weights = Weights::new(9, 0.0, 9.0, 9, 1);
        assert_eq!(weights.taps(), 1);
        assert!(weights.iter().enumerate().all(|(at, (first, kernel))| first == at && kernel == [16_384]));
    }
}
