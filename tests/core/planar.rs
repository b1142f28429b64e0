//! JPEG to JPEG by planes: as other decoders see it, in bounded memory, whatever the file is.

use tintype::domain::facts::Rejection;
use tintype::imaging::planar::decode::{Band, Header, Scale, Sink, decode};
use tintype::imaging::planar::encode::encode;
use tintype::imaging::planar::planes::Planes;
use tintype::imaging::planar::resample::{Area, Resampler, Sides};
use tintype::imaging::planar::resize::Resize;

use crate::harness::image_files::{self as files, Jpeg};
use crate::harness::memory::peak_bytes;
use crate::harness::small_ports::SeededRng;

/// Keeps all planes.
#[derive(Default)]
struct Kept {
    planes: [Vec<u8>; 3],
}

impl Sink for Kept {
    fn wants(&self, _: usize, _: std::ops::Range<u32>) -> bool {
        true
    }

    fn take(&mut self, band: Band<'_>) {
        for row in band.rows() {
            self.planes[band.plane].extend(row);
        }
    }

    fn is_complete(&self) -> bool {
        false
    }

    fn check_deadline(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

fn planes(file: &[u8], scale: Scale) -> [Vec<u8>; 3] {
    let header = Header::read(file).expect("a header").expect("a JPEG that is taken on");
    let mut kept = Kept::default();
    decode(file, &header, scale, &mut kept).expect("whole");
    for (number, plane) in kept.planes.iter().enumerate() {
        let sides = header.plane_sides(number, scale);
        assert_eq!(plane.len(), (sides.width * sides.height) as usize, "plane {number} at {scale:?}");
    }
    kept.planes
}

/// Brightness as `jpeg-decoder` sees it, and which of it is sure: RGB at its ends has lost some.
fn luma_of_oracle(file: &[u8], scale: Scale) -> (Vec<u8>, Vec<bool>) {
    let mut decoder = jpeg_decoder::Decoder::new(file);
    decoder.read_info().expect("a header");
    let info = decoder.info().expect("a header");
    let scaled = |side: u16| (usize::from(side) * scale.side()).div_ceil(8) as u16;
    decoder.scale(scaled(info.width), scaled(info.height)).expect("a scale");
    let pixels = decoder.decode().expect("whole");
    let luma = |pixel: &[u8]| match *pixel {
        [red, green, blue] => {
            (0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)).round() as u8
        }
        _ => pixel[0],
    };
    let is_sure = |pixel: &[u8]| pixel.len() == 1 || pixel.iter().all(|value| (1..255).contains(value));
    let pixels = || pixels.chunks(info.pixel_format.pixel_bytes());
    (pixels().map(luma).collect(), pixels().map(is_sure).collect())
}

#[test]
fn planes_are_those_of_another_decoder_at_every_scale() {
    let kinds = [Jpeg::Baseline, Jpeg::Full, Jpeg::Grey, Jpeg::Progressive, Jpeg::ProgressiveFull, Jpeg::Restarts];
    for kind in kinds {
        for (width, height) in [(64, 48), (37, 29), (1, 1), (17, 130)] {
            let file = files::jpeg(width, height, kind);
            for scale in Scale::ALL {
                let [luma, ..] = planes(&file, scale);
                let (oracle, is_sure) = luma_of_oracle(&file, scale);
                assert_eq!(luma.len(), oracle.len());
                // By one for rounding (its eighth rounds down), by one for the way through RGB.
                let most = if matches!(kind, Jpeg::Grey) { 1 } else { 2 };
                for ((luma, oracle), _) in luma.iter().zip(&oracle).zip(&is_sure).filter(|(_, is_sure)| **is_sure) {
                    assert!(
                        luma.abs_diff(*oracle) <= most,
                        "{kind:?} {width}x{height} {scale:?}: {luma}, not {oracle}"
                    );
                }
            }
        }
    }
}

#[test]
fn other_kinds_are_left_to_others() {
    assert!(Header::read(&files::jpeg(40, 30, Jpeg::Cmyk)).expect("a JPEG").is_none());
    let mut lossless = files::jpeg(40, 30, Jpeg::Baseline);
    let frame = lossless.windows(2).position(|two| two == [0xff, 0xc0]).expect("a frame");
    lossless[frame + 1] = 0xc3;
    assert!(Header::read(&lossless).expect("a JPEG").is_none());
    assert!(Header::read(b"").is_err());
    assert!(Header::read(&[0xff, 0xd8, 0xff, 0xd9]).is_err());
}

/// The filter in floating point, over all of the picture at once.
fn resampled_by_oracle(source: &[u8], sides: Sides, area: Area, output: Sides) -> Vec<f64> {
    let kernel = |length: u32, start: f64, span: f64, outputs: u32| -> Vec<Vec<f64>> {
        let ratio = span / f64::from(outputs);
        let stretch = ratio.max(1.0);
        let weight = |x: f64| match x.abs() {
            x if x >= 3.0 => 0.0,
            x if x < 1e-9 => 1.0,
            x => {
                let angle = x * std::f64::consts::PI;
                3.0 * angle.sin() * (angle / 3.0).sin() / (angle * angle)
            }
        };
        let row = |at: u32| {
            let centre = start + (f64::from(at) + 0.5) * ratio;
            let row: Vec<f64> = (0..length).map(|x| weight((f64::from(x) + 0.5 - centre) / stretch)).collect();
            let sum: f64 = row.iter().sum();
            row.into_iter().map(|weight| weight / sum).collect()
        };
        (0..outputs).map(row).collect()
    };
    let columns = kernel(sides.width, area.x, area.width, output.width);
    let rows = kernel(sides.height, area.y, area.height, output.height);
    let mut pixels = Vec::new();
    for row in &rows {
        let middle: Vec<f64> = (0..sides.width as usize)
            .map(|x| row.iter().enumerate().map(|(y, w)| w * f64::from(source[y * sides.width as usize + x])).sum())
            .collect();
        pixels.extend(columns.iter().map(|weights| weights.iter().zip(&middle).map(|(w, v)| w * v).sum::<f64>()));
    }
    pixels
}

fn resampled<const CHANNELS: usize>(source: &[u8], sides: Sides, area: Area, output: Sides) -> Vec<u8> {
    let mut resampler = Resampler::<CHANNELS>::new(sides, area, output).expect("sides");
    source.chunks(sides.width as usize * CHANNELS).for_each(|row| resampler.push_row(row));
    resampler.finish().expect("all rows came")
}

#[test]
fn resampling_is_lanczos_in_any_direction_of_any_part() {
    let sides = Sides { width: 61, height: 47 };
    let source: Vec<u8> = files::photo(61, 47).iter().map(|pixel| pixel[0]).collect();
    let part = Area { x: 10.3, y: 5.8, width: 31.4, height: 22.0 };
    for (area, width, height) in [
        (Area::whole(sides), 61, 47),
        (Area::whole(sides), 20, 33),
        (Area::whole(sides), 150, 13),
        (part, 30, 9),
        (part, 70, 71),
    ] {
        let output = Sides { width, height };
        let found = resampled::<1>(&source, sides, area, output);
        let expected = resampled_by_oracle(&source, sides, area, output);
        for (found, expected) in found.iter().zip(&expected) {
            let expected = expected.clamp(0.0, 255.0);
            assert!((f64::from(*found) - expected).abs() < 0.75, "{found}, not {expected} at {output:?}");
        }
        // Four channels are four pictures.
        let four: Vec<u8> = source.iter().flat_map(|sample| [*sample, 255 - sample, 7, *sample]).collect();
        let four = resampled::<4>(&four, sides, area, output);
        assert!(
            four.chunks(4).zip(&found).all(|(pixel, found)| pixel[0] == *found && pixel[2] == 7 && pixel[3] == *found)
        );
    }
}

#[test]
fn resampling_is_lanczos_wherever_the_edges_of_the_part_are() {
    let sides = Sides { width: 23, height: 19 };
    let source: Vec<u8> = files::photo(23, 19).iter().map(|pixel| pixel[1]).collect();
    for seed in 0..400 {
        let rng = SeededRng::new((6 << 32) + seed);
        // Quarters of pixels: weights of nothing at either end are among them.
        let quarter = |below: u32| rng.below(u64::from(below) * 4) as f64 / 4.0;
        let (x, y) = (quarter(sides.width - 1), quarter(sides.height - 1));
        let (width, height) = (quarter(23) + 0.25, quarter(19) + 0.25);
        let area = Area { x, y, width: width.min(23.0 - x), height: height.min(19.0 - y) };
        let output = Sides { width: 1 + rng.below(40) as u32, height: 1 + rng.below(40) as u32 };
        if area.height / f64::from(output.height) >= 4.0 {
            continue;
        }
        let expected = resampled_by_oracle(&source, sides, area, output);
        for (found, expected) in resampled::<1>(&source, sides, area, output).iter().zip(&expected) {
            let expected = expected.clamp(0.0, 255.0);
            assert!(
                (f64::from(*found) - expected).abs() < 0.75,
                "seed {seed}: {found}, not {expected}, {area:?} {output:?}"
            );
        }
    }
}

#[test]
fn what_a_row_lacks_is_black() {
    let sides = Sides { width: 20, height: 2 };
    let mut resampler = Resampler::<1>::new(sides, Area::whole(sides), sides).expect("sides");
    resampler.push_row(&[9; 30]);
    resampler.push_row(&[7; 5]);
    let expected = [vec![9; 20], vec![7; 5], vec![0; 15]].concat();
    assert_eq!(resampler.finish(), Some(expected));
}

#[test]
fn where_many_rows_become_one_their_mean_does_as_well() {
    let sides = Sides { width: 40, height: 1_000 };
    let source: Vec<u8> = files::photo(40, 1_000).iter().map(|pixel| pixel[2]).collect();
    let output = Sides { width: 20, height: 30 };
    let found = resampled::<1>(&source, sides, Area::whole(sides), output);
    let expected = resampled_by_oracle(&source, sides, Area::whole(sides), output);
    let difference = |(found, expected): (&u8, &f64)| (f64::from(*found) - expected).abs();
    let worst = found.iter().zip(&expected).map(difference).fold(0.0, f64::max);
    assert!(worst < 4.0, "{worst}");
    let white = vec![255; 40 * 1_000];
    assert!(resampled::<1>(&white, sides, Area::whole(sides), output).iter().all(|sample| *sample == 255));
}

#[test]
fn rows_that_nobody_wants_need_not_come() {
    let sides = Sides { width: 50, height: 200 };
    let source: Vec<u8> = files::photo(50, 200).iter().map(|pixel| pixel[1]).collect();
    let area = Area { x: 0.0, y: 120.5, width: 50.0, height: 20.0 };
    let output = Sides { width: 25, height: 10 };
    let mut resampler = Resampler::<1>::new(sides, area, output).expect("sides");
    let wanted = resampler.wanted_rows();
    assert!(wanted.start > 100 && wanted.end < 160, "{wanted:?}");
    resampler.skip_to(wanted.start);
    let rows = source.chunks(50).skip(wanted.start as usize).take(wanted.len());
    rows.for_each(|row| resampler.push_row(row));
    assert!(resampler.is_complete());
    assert_eq!(resampler.finish(), Some(resampled::<1>(&source, sides, area, output)));
    let nothing = Resampler::<1>::new(sides, area, output).expect("sides");
    assert_eq!(nothing.finish(), None);
    for area in [Area { x: f64::NAN, ..area }, Area { x: 50.0, ..area }, Area { width: 0.0, ..area }] {
        assert!(Resampler::<1>::new(sides, area, output).is_none(), "{area:?}");
    }
}

fn psnr(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let squares: f64 = one.iter().zip(other).map(|(one, other)| f64::from(one.abs_diff(*other)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * one.len() as f64 / squares).log10()
}

fn pixels_of(file: &[u8]) -> Vec<u8> {
    jpeg_decoder::Decoder::new(file).decode().expect("whole")
}

#[test]
fn what_is_encoded_is_as_good_and_as_small_as_others_make_it() {
    let (width, height) = (203, 157);
    let pixels: Vec<u8> = files::photo(width, height).into_iter().flatten().collect();
    let sides = Sides { width, height };
    let planes = Planes::from_rgb(sides, &pixels).expect("pixels");
    for quality in [1, 30, 50, 80, 95, 100] {
        let ours = encode(&planes, quality).expect("sides");
        let mut theirs = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut theirs, quality);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        encoder.encode(&pixels, width as u16, height as u16, jpeg_encoder::ColorType::Rgb).expect("a JPEG");
        let (our_psnr, their_psnr) = (psnr(&pixels_of(&ours), &pixels), psnr(&pixels_of(&theirs), &pixels));
        assert!(our_psnr > their_psnr - 0.1, "quality {quality}: {our_psnr} dB, not {their_psnr}");
        assert!(
            ours.len() * 100 <= theirs.len() * 102,
            "quality {quality}: {} bytes, not {}",
            ours.len(),
            theirs.len()
        );
        let grey = Planes { chroma: None, ..planes.clone() };
        let file = encode(&grey, quality).expect("sides");
        let again = self::planes(&file, Scale::Full);
        let difference = psnr(&again[0], &planes.luma) - psnr(&pixels_of(&file), &planes.luma);
        assert!(difference.abs() < 0.1, "quality {quality}: {difference} dB");
    }
}

fn resized(file: &[u8], area: Option<Area>, output: Sides) -> Planes {
    let header = Header::read(file).expect("a header").expect("a JPEG that is taken on");
    let area = area.unwrap_or(Area::whole(header.sides));
    Resize::new(&header, area, output).expect("an area").run(file, &|| Ok(())).expect("whole")
}

#[test]
fn a_resized_picture_stays_where_it_is_and_keeps_its_colours() {
    // Red to the left of a sharp edge, blue to the right, below a green band.
    let (width, height) = (640_u32, 480_u32);
    let colour = |at: u32| match (at % width, at / width) {
        (_, y) if y < 240 => [30, 200, 40],
        (x, _) if x < 320 => [200, 30, 40],
        _ => [40, 30, 200],
    };
    let pixels: Vec<[u8; 3]> = (0..width * height).map(colour).collect();
    for kind in [Jpeg::Baseline, Jpeg::Full, Jpeg::Progressive, Jpeg::Restarts] {
        let file = files::jpeg_of(&pixels, width, height, kind);
        for output in [
            Sides { width: 321, height: 241 },
            Sides { width: 161, height: 121 },
            Sides { width: 64, height: 48 },
            Sides { width: 700, height: 525 },
        ] {
            let planes = resized(&file, None, output);
            let found = planes.to_rgb();
            let at = |x: f64, y: f64| {
                let (x, y) = ((x * f64::from(output.width)) as usize, (y * f64::from(output.height)) as usize);
                let start = (y * output.width as usize + x) * 3;
                [found[start], found[start + 1], found[start + 2]]
            };
            // A sixteenth of the side next to the edges: no plane may be shifted by more.
            for (x, y, expected) in [
                (0.5, 0.44, [30, 200, 40]),
                (0.44, 0.56, [200, 30, 40]),
                (0.56, 0.56, [40, 30, 200]),
                (0.02, 0.98, [200, 30, 40]),
                (0.98, 0.98, [40, 30, 200]),
            ] {
                let near = at(x, y).iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 12);
                assert!(near, "{kind:?} {output:?}: {:?} at {x}, {y}, not {expected:?}", at(x, y));
            }
        }
        // A part: only what is right below. The filter reaches three output pixels further.
        let area = Area { x: 360.0, y: 280.0, width: 270.0, height: 190.0 };
        let found = resized(&file, Some(area), Sides { width: 27, height: 19 }).to_rgb();
        let near = found
            .chunks(3)
            .all(|pixel| pixel.iter().zip([40, 30, 200]).all(|(found, expected)| found.abs_diff(expected) <= 12));
        assert!(near, "{kind:?}");
    }
}

#[test]
fn memory_is_what_was_said() {
    for kind in [Jpeg::Baseline, Jpeg::Progressive, Jpeg::Full] {
        let file = files::jpeg(800, 1_200, kind);
        let header = Header::read(&file).expect("a header").expect("taken on");
        for (width, height) in [(800, 1_200), (400, 600), (100, 150), (20, 30), (300, 40)] {
            let resize = Resize::new(&header, Area::whole(header.sides), Sides { width, height }).expect("an area");
            let (planes, peak) = peak_bytes(|| resize.run(&file, &|| Ok(())));
            planes.expect("whole");
            let said = resize.memory_bytes();
            assert!(peak as u64 <= said, "{kind:?} to {width}x{height}: {peak} bytes, {said} were said");
            assert!(
                said < 3 * peak as u64 + (400 << 10),
                "{kind:?} to {width}x{height}: {peak} bytes, {said} were said"
            );
        }
    }
}

#[test]
fn only_progressive_files_take_more_for_more_height() {
    for (kind, grows) in [(Jpeg::Baseline, false), (Jpeg::Restarts, false), (Jpeg::Progressive, true)] {
        let memory = |height: u32| {
            let file = files::jpeg(160, height, kind);
            let header = Header::read(&file).expect("a header").expect("taken on");
            Scale::ALL.map(|scale| header.memory_bytes(scale))
        };
        let (low, high) = (memory(160), memory(640));
        assert!(low.iter().zip(&high).all(|(low, high)| (low < high) == grows), "{kind:?}: {low:?}, {high:?}");
    }
}

#[test]
fn a_deadline_ends_the_work() {
    let calls = std::cell::Cell::new(0);
    let file = files::jpeg(320, 640, Jpeg::Baseline);
    let header = Header::read(&file).expect("a header").expect("taken on");
    let resize = Resize::new(&header, Area::whole(header.sides), Sides { width: 300, height: 600 }).expect("an area");
    let outcome = resize.run(&file, &|| {
        calls.set(calls.get() + 1);
        if calls.get() < 5 { Ok(()) } else { Err(Rejection::OutOfMemory) }
    });
    assert_eq!((outcome, calls.get()), (Err(Rejection::OutOfMemory), 5));
}

#[test]
fn fuzz_planar() {
    let kinds = [Jpeg::Baseline, Jpeg::Full, Jpeg::Grey, Jpeg::Progressive, Jpeg::ProgressiveFull, Jpeg::Restarts];
    let bases: Vec<_> = kinds.iter().map(|kind| files::jpeg(61, 45, *kind)).collect();
    let count = std::env::var("FUZZ_FILES").map_or(6_000, |count| count.parse().expect("a number"));
    let mut resized = 0;
    for seed in 0..count {
        let rng = SeededRng::new((5 << 32) + seed);
        let mut file = bases[rng.below(bases.len() as u64) as usize].clone();
        for _ in 0..=rng.below(5) {
            let at = rng.below(file.len() as u64) as usize;
            match rng.below(4) {
                0 => file[at] ^= 1 << rng.below(8),
                1 => file[at] = rng.next() as u8,
                2 => file.truncate(at.max(1)),
                _ => file[at] = 0xff,
            }
        }
        let Ok(Some(header)) = Header::read(&file) else { continue };
        if header.sides.width.max(header.sides.height) > 2_000 {
            continue;
        }
        let output = Sides { width: 1 + rng.below(80) as u32, height: 1 + rng.below(80) as u32 };
        let side = |rng: &SeededRng| rng.below(80) as f64 - 10.0;
        let area = Area { x: side(&rng), y: side(&rng), width: side(&rng), height: side(&rng) };
        let Some(resize) = Resize::new(&header, area, output) else { continue };
        let (outcome, peak) = peak_bytes(|| resize.run(&file, &|| Ok(())));
        assert!(peak as u64 <= resize.memory_bytes(), "seed {seed}: {peak} bytes, {} were said", resize.memory_bytes());
        if let Ok(planes) = outcome {
            assert_eq!(planes.luma.len(), (output.width * output.height) as usize, "seed {seed}");
            assert!(encode(&planes, 80).is_some(), "seed {seed}");
            resized += 1;
        }
    }
    // Else the mutations stop at the door and prove nothing.
    assert!(resized > count / 20, "only {resized} were resized");
}
