//! Encoded WebP: near its pixels, exact where that is promised, read by a decoder that is not libwebp's, and byte for
//! byte what wasm writes too (`tests/worker/webp.test.mjs`).

use std::io::Cursor;
use std::path::Path;

use image_webp::{LoopCount, WebPDecoder};
use serde_json::{Value, json};
use tintype::domain::hex;
use tintype::imaging::encode::webp::{self, Animation, EFFORT, EFFORT_MAX, EncodeFault, Options, Plane, Planes};

use crate::harness::blessed::compare_or_bless;
use crate::harness::image_files::photo;

const LOSSY: Options = Options { quality: 80, lossless: false, effort: EFFORT };
const LOSSLESS: Options = Options { lossless: true, ..LOSSY };

fn go() -> impl FnMut() -> bool {
    || true
}

/// Pixels of a photograph, three bytes each.
fn rgb(width: u32, height: u32) -> Vec<u8> {
    photo(width, height).into_flattened()
}

/// The same with an alpha of all values, a corner fully transparent.
fn rgba(width: u32, height: u32) -> Vec<u8> {
    let alpha = |index: usize| {
        let (x, y) = (index as u32 % width, index as u32 / width);
        if x < width / 4 && y < height / 4 { 0 } else { (x * 5 + y * 3) as u8 }
    };
    photo(width, height)
        .into_iter()
        .enumerate()
        .flat_map(|(index, [red, green, blue])| [red, green, blue, alpha(index)])
        .collect()
}

/// Brightness and colour of BT.601 as JPEG has them, colour averaged over four pixels.
fn jpeg_planes(pixels: &[u8], width: u32, height: u32) -> [Vec<u8>; 3] {
    let (wide, high) = (width as usize, height as usize);
    let at = |x: usize, y: usize| {
        let start = 3 * (y.min(high - 1) * wide + x.min(wide - 1));
        [0, 1, 2].map(|channel| f64::from(pixels[start + channel]))
    };
    let byte = |value: f64| value.round().clamp(0.0, 255.0) as u8;
    let brightness = |[red, green, blue]: [f64; 3]| 0.299 * red + 0.587 * green + 0.114 * blue;
    let four = |x: usize, y: usize| {
        let corners = [at(2 * x, 2 * y), at(2 * x + 1, 2 * y), at(2 * x, 2 * y + 1), at(2 * x + 1, 2 * y + 1)];
        [0, 1, 2].map(|channel| corners.iter().map(|corner| corner[channel]).sum::<f64>() / 4.0)
    };
    let halves = || (0..high.div_ceil(2)).flat_map(|y| (0..wide.div_ceil(2)).map(move |x| (x, y)));
    let y = (0..high).flat_map(|y| (0..wide).map(move |x| (x, y))).map(|(x, y)| byte(brightness(at(x, y)))).collect();
    let blue = |(x, y)| byte(128.0 + (four(x, y)[2] - brightness(four(x, y))) / 1.772);
    let red = |(x, y)| byte(128.0 + (four(x, y)[0] - brightness(four(x, y))) / 1.402);
    [y, halves().map(blue).collect(), halves().map(red).collect()]
}

/// Width, height and pixels, as `image-webp` reads them.
fn decoded(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).expect("a WebP file");
    let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
    decoder.read_image(&mut pixels).expect("a whole picture");
    let (width, height) = decoder.dimensions();
    (width, height, pixels)
}

/// Peak signal to noise ratio, in decibels.
fn psnr(found: &[u8], expected: &[u8]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let squares: f64 = found.iter().zip(expected).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * found.len() as f64 / squares).log10()
}

#[test]
fn a_lossy_file_is_as_near_as_its_quality_and_longer_for_it() {
    let (width, height) = (401, 303);
    let pixels = rgb(width, height);
    let mut shorter = 0;
    for (quality, floor_db) in [(10, 35.0), (50, 37.3), (80, 38.5), (100, 43.5)] {
        for effort in [0, EFFORT, EFFORT_MAX] {
            let file = webp::rgb(&pixels, width, height, Options { quality, effort, ..LOSSY }, &mut go()).unwrap();
            let (found_width, found_height, found) = decoded(&file);
            assert_eq!((found_width, found_height), (width, height));
            let near = psnr(&found, &pixels);
            println!("quality {quality}, effort {effort}: {} bytes, {near:.1} dB", file.len());
            assert!(near >= floor_db, "quality {quality}, effort {effort}: {near:.1} dB");
        }
        let file = webp::rgb(&pixels, width, height, Options { quality, ..LOSSY }, &mut go()).unwrap();
        assert!(file.len() > shorter, "quality {quality}: {} bytes", file.len());
        shorter = file.len();
    }
}

#[test]
fn planes_of_a_jpeg_become_the_same_picture_as_its_pixels() {
    for (width, height) in [(200, 120), (201, 121), (1, 1), (3, 3)] {
        let pixels = rgb(width, height);
        let [y, cb, cr] = jpeg_planes(&pixels, width, height);
        // Rows of a decoder are longer than the picture.
        let padded = |plane: &[u8], wide: u32| -> Vec<u8> {
            plane.chunks(wide as usize).flat_map(|row| row.iter().copied().chain([9; 7])).collect()
        };
        let half = width.div_ceil(2);
        let (padded_y, padded_cb, padded_cr) = (padded(&y, width), padded(&cb, half), padded(&cr, half));
        let plane = |samples, wide: u32| Plane { samples, stride: wide as usize + 7 };
        let planes = Planes { y: plane(&padded_y, width), cb: plane(&padded_cb, half), cr: plane(&padded_cr, half) };
        let file = webp::planes(planes, width, height, LOSSY, &mut go()).unwrap();
        let of_pixels = webp::rgb(&pixels, width, height, LOSSY, &mut go()).unwrap();
        let (near, as_pixels) = (psnr(&decoded(&file).2, &pixels), psnr(&decoded(&of_pixels).2, &pixels));
        println!("{width} × {height}: {near:.1} dB, {as_pixels:.1} dB from pixels");
        assert!(near >= as_pixels - 0.5, "{width} × {height}: {near:.1} dB, {as_pixels:.1} dB from pixels");
    }
}

#[test]
fn a_grey_scale_of_planes_keeps_its_ends_and_its_middle() {
    for (brightness, expected) in [(0, 0), (16, 16), (128, 128), (235, 235), (255, 255)] {
        let (y, colour) = ([brightness; 256], [128; 64]);
        let [y, cb, cr] = [(&y[..], 16), (&colour[..], 8), (&colour[..], 8)];
        let plane = |(samples, stride)| Plane { samples, stride };
        let planes = Planes { y: plane(y), cb: plane(cb), cr: plane(cr) };
        let file = webp::planes(planes, 16, 16, Options { quality: 100, ..LOSSY }, &mut go()).unwrap();
        let worst = decoded(&file).2.into_iter().map(|sample| sample.abs_diff(expected)).max().unwrap();
        assert!(worst <= 2, "brightness {brightness} is off by {worst}");
    }
}

#[test]
fn lossless_is_exact_wherever_something_is_seen() {
    for (width, height) in [(1, 1), (130, 77)] {
        for effort in 0..=EFFORT_MAX {
            let options = Options { effort, ..LOSSLESS };
            let pixels = rgb(width, height);
            let file = webp::rgb(&pixels, width, height, options, &mut go()).unwrap();
            assert_eq!(decoded(&file).2, pixels, "effort {effort}");

            let pixels = rgba(width, height);
            let file = webp::rgba(&pixels, width, height, true, options, &mut go()).unwrap();
            let found = decoded(&file).2;
            let visible = |pixel: &[u8]| if pixel[3] == 0 { vec![0] } else { pixel.to_vec() };
            let seen = |pixels: &[u8]| pixels.chunks(4).map(visible).collect::<Vec<_>>();
            assert_eq!(seen(&found), seen(&pixels), "effort {effort}");
        }
    }
}

#[test]
fn alpha_stays_exact_in_a_lossy_file_and_is_dropped_if_it_says_nothing() {
    let (width, height) = (150, 99);
    let pixels = rgba(width, height);
    let file = webp::rgba(&pixels, width, height, true, LOSSY, &mut go()).unwrap();
    let alpha = |pixels: &[u8]| pixels.chunks(4).map(|pixel| pixel[3]).collect::<Vec<u8>>();
    assert_eq!(alpha(&decoded(&file).2), alpha(&pixels));

    let file = webp::rgba(&pixels, width, height, false, LOSSY, &mut go()).unwrap();
    let opaque: Vec<u8> = pixels.chunks(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
    assert!(psnr(&decoded(&file).2, &opaque) > 35.0, "three channels, and the same colours");
}

#[test]
fn what_cannot_be_a_file_is_said() {
    let pixels = [0; 4 * 16];
    let encode = |width, height, options| webp::rgba(&pixels, width, height, true, options, &mut go()).err();
    assert_eq!(encode(4, 4, LOSSY), None);
    assert_eq!(encode(4, 5, LOSSY), Some(EncodeFault::Samples));
    for (width, height) in [(0, 4), (4, 0), (16_384, 1), (1, 16_384), (u32::MAX, u32::MAX)] {
        assert_eq!(encode(width, height, LOSSY), Some(EncodeFault::Side), "{width} × {height}");
        assert_eq!(Animation::new(width, height, 0, LOSSY).err(), Some(EncodeFault::Side));
    }
    let none = Plane { samples: &[], stride: 4 };
    let planes = |options| webp::planes(Planes { y: none, cb: none, cr: none }, 4, 4, options, &mut go()).err();
    assert_eq!(planes(LOSSY), Some(EncodeFault::Samples));
    assert_eq!(planes(LOSSLESS), Some(EncodeFault::Options), "planes are not pixels");
    for lossless in [false, true] {
        let effort = EFFORT_MAX + 1;
        assert_eq!(encode(4, 4, Options { lossless, effort, ..LOSSY }), Some(EncodeFault::Options));
    }
    for quality in [0, 101] {
        assert_eq!(encode(4, 4, Options { quality, ..LOSSY }), Some(EncodeFault::Options));
    }
}

#[test]
fn the_longest_sides_are_taken() {
    for (width, height) in [(webp::SIDE_PX_MAX, 2), (2, webp::SIDE_PX_MAX)] {
        let pixels = vec![200; width as usize * height as usize * 3];
        let file = webp::rgb(&pixels, width, height, LOSSY, &mut go()).unwrap();
        let (found_width, found_height, _) = decoded(&file);
        assert_eq!((found_width, found_height), (width, height));
    }
}

#[test]
fn it_stops_when_it_is_told_to() {
    let (width, height) = (300, 300);
    let pixels = rgb(width, height);
    for options in [LOSSY, Options { effort: EFFORT_MAX, ..LOSSY }, LOSSLESS] {
        let mut asked = 0;
        webp::rgb(&pixels, width, height, options, &mut || {
            asked += 1;
            true
        })
        .unwrap();
        assert!(asked >= 4, "asked {asked} times");
        for answers in 0..asked {
            let mut left = answers;
            let mut keep_going = || {
                left -= 1;
                left >= 0
            };
            let stopped = webp::rgb(&pixels, width, height, options, &mut keep_going);
            assert_eq!(stopped, Err(EncodeFault::Stopped), "after {answers} of {asked}");
        }
    }
}

/// A spot that wanders over a photograph, and stands still for one frame.
fn film(width: u32, height: u32) -> Vec<Vec<u8>> {
    [(8, 5), (31, 20), (31, 20), (60, 41)]
        .iter()
        .map(|(left, top)| {
            let mut pixels = rgba(width, height);
            for pixel in pixels.iter_mut().skip(3).step_by(4) {
                *pixel = 255;
            }
            for (y, x) in (*top..top + 9).flat_map(|y| (*left..left + 13).map(move |x| (y, x))) {
                let at = 4 * (y * width as usize + x);
                pixels[at..at + 4].copy_from_slice(&[250, 10, 20, 255]);
            }
            pixels
        })
        .collect()
}

/// Pictures and durations in milliseconds, as `image-webp` composes them.
fn played(file: &[u8]) -> (LoopCount, Vec<(u32, Vec<u8>)>) {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).expect("a WebP file");
    assert!(decoder.is_animated());
    let count = decoder.num_frames();
    let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
    let frames = (0..count)
        .map(|_| {
            let duration_ms = decoder.read_frame(&mut pixels).expect("a frame");
            (duration_ms, pixels.clone())
        })
        .collect();
    (decoder.loop_count(), frames)
}

#[test]
fn an_animation_plays_as_it_was_given_and_stores_what_changed() {
    let (width, height) = (97, 64);
    let pictures = film(width, height);
    let mut animation = Animation::new(width, height, 3, LOSSLESS).unwrap();
    for (picture, duration_ms) in pictures.iter().zip([40, 50, 60, 70]) {
        animation.frame(picture, duration_ms, &mut go()).unwrap();
    }
    let file = animation.finish().unwrap();
    let (loops, frames) = played(&file);
    assert!(matches!(loops, LoopCount::Times(times) if times.get() == 3), "{loops:?}");
    // The third picture is the second, shown for longer.
    let durations: Vec<u32> = frames.iter().map(|(duration_ms, _)| *duration_ms).collect();
    assert_eq!(durations, [40, 110, 70]);
    let opaque = |picture: &[u8]| picture.chunks(4).flat_map(|pixel| pixel[..3].to_vec()).collect::<Vec<u8>>();
    for ((_, found), expected) in frames.iter().zip([&pictures[0], &pictures[1], &pictures[3]]) {
        assert!(*found == opaque(expected), "a frame differs");
    }
    let first = webp::rgba(&pictures[0], width, height, true, LOSSLESS, &mut go()).unwrap();
    assert!(file.len() < first.len() * 2, "{} bytes for a film of {}", file.len(), first.len());
}

#[test]
fn an_animation_with_alpha_shows_through_where_a_frame_does() {
    let (width, height) = (40, 30);
    let first = rgba(width, height);
    let mut second = first.clone();
    second[4 * 500..4 * 560].fill(0);
    let mut animation = Animation::new(width, height, 0, LOSSLESS).unwrap();
    animation.frame(&first, 10, &mut go()).unwrap();
    animation.frame(&second, 20, &mut go()).unwrap();
    let (loops, frames) = played(&animation.finish().unwrap());
    assert!(matches!(loops, LoopCount::Forever), "{loops:?}");
    let alpha = |pixels: &[u8]| pixels.iter().skip(3).step_by(4).copied().collect::<Vec<u8>>();
    assert_eq!(alpha(&frames[0].1), alpha(&first));
    assert_eq!(alpha(&frames[1].1), alpha(&second));
}

#[test]
fn a_lossy_animation_is_near_in_every_frame() {
    let (width, height) = (97, 64);
    let pictures = film(width, height);
    let mut animation = Animation::new(width, height, 0, LOSSY).unwrap();
    for picture in &pictures {
        animation.frame(picture, 40, &mut go()).unwrap();
    }
    let (_, frames) = played(&animation.finish().unwrap());
    for ((_, found), expected) in frames.iter().zip([&pictures[0], &pictures[1], &pictures[3]]) {
        let opaque: Vec<u8> = expected.chunks(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
        let near = psnr(found, &opaque);
        assert!(near > 28.0, "{near:.1} dB");
    }
}

#[test]
fn a_picture_stays_for_longer_than_a_frame_can() {
    let longest = (1 << 24) - 1;
    let mut animation = Animation::new(2, 2, 0, LOSSLESS).unwrap();
    assert_eq!(Animation::new(2, 2, 0, LOSSLESS).unwrap().finish().err(), Some(EncodeFault::NoFrame));
    animation.frame(&[7; 16], longest + 5, &mut go()).unwrap();
    animation.frame(&[7; 16], longest, &mut go()).unwrap();
    let (_, frames) = played(&animation.finish().unwrap());
    let durations: Vec<u32> = frames.iter().map(|(duration_ms, _)| *duration_ms).collect();
    assert_eq!(durations, [longest, longest, 5]);
    assert!(frames.iter().all(|(_, pixels)| *pixels == frames[0].1), "one picture all the time");
}

/// Samples with slopes, edges and grain; `tests/worker/webp.test.mjs` makes the same.
fn samples(count: usize, row: usize) -> Vec<u8> {
    let mut noise = 1_u32;
    let sample = |index: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (index % row * 3 + index / row * 5 + (noise >> 28) as usize) as u8
    };
    (0..count).map(sample).collect()
}

/// Files of every kind: what they are made from, and what they are.
fn files() -> Vec<Value> {
    let mut files = Vec::new();
    for (width, height) in [(1_u32, 1_u32), (17, 9), (160, 121), (500, 333)] {
        for channels in [1_usize, 3, 4] {
            for (lossless, quality, effort) in
                [(false, 1, 0), (false, 80, 2), (false, 100, 4), (true, 80, 0), (true, 80, 2), (true, 80, 4)]
            {
                let options = Options { quality, lossless, effort };
                let half = (width.div_ceil(2), height.div_ceil(2));
                let area = |(width, height): (u32, u32)| width as usize * height as usize;
                let whole = area((width, height));
                let file = match channels {
                    1 => {
                        let all = samples(whole + 2 * area(half), width as usize);
                        let (y, colours) = all.split_at(whole);
                        let (cb, cr) = colours.split_at(area(half));
                        let plane = |samples, wide: u32| Plane { samples, stride: wide as usize };
                        let planes = Planes { y: plane(y, width), cb: plane(cb, half.0), cr: plane(cr, half.0) };
                        webp::planes(planes, width, height, options, &mut go())
                    }
                    3 => webp::rgb(&samples(whole * 3, width as usize * 3), width, height, options, &mut go()),
                    _ => webp::rgba(&samples(whole * 4, width as usize * 4), width, height, true, options, &mut go()),
                };
                let Ok(file) = file else {
                    assert!(lossless && channels == 1, "planes are lossy");
                    continue;
                };
                files.push(json!({
                    "width": width, "height": height, "channels": channels, "lossless": lossless,
                    "quality": quality, "effort": effort, "bytes": file.len(), "sha256": hex::sha256(&file),
                }));
            }
        }
    }
    files
}

#[test]
fn files_are_the_recorded_ones_every_time() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/webp.json");
    let lines: Vec<String> = files().iter().map(Value::to_string).collect();
    compare_or_bless(&path, &format!("[\n{}\n]\n", lines.join(",\n")));
}
