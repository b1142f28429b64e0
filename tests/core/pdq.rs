//! PDQ hashes agree with the reference implementation.
//!
//! tests/golden/pdq.json holds what the reference says about pictures that are made here. To make it anew, after
//! `pip install pdqhash==0.2.8 numpy==2.4.6`: `PDQ_PICTURES=/tmp/pdq cargo test --test core pdq` writes the pictures
//! into a folder that exists, and `python3 scripts/pdq_golden.py /tmp/pdq` asks the reference about them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tintype::domain::known_bad::{Likeness, PdqHash};
use tintype::domain::picture::Picture;
use tintype::imaging;
use tintype::imaging::pdq;
use tintype::policy::limits::ANONYMOUS;

use crate::harness::image_files::{Jpeg, jpeg_of, photo, png_of, texture};

#[derive(Deserialize)]
struct Golden {
    hash: PdqHash,
    quality: u8,
}

/// Pictures of all shapes, by name.
fn pictures() -> BTreeMap<String, Picture> {
    let sides = [(5, 5), (64, 64), (65, 63), (127, 128), (129, 640), (448, 448), (640, 129), (1_000, 750)];
    let of = |(seed, (width, height)): (u64, (u32, u32))| {
        [("texture", texture(seed, width, height)), ("photo", photo(width, height))]
            .map(|(kind, pixels)| (format!("{kind}-{width}x{height}"), Picture { width, height, pixels }))
    };
    (1..).zip(sides).flat_map(of).collect()
}

fn golden() -> BTreeMap<String, Golden> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pdq.json");
    let text = std::fs::read_to_string(path).expect("tests/golden/pdq.json; see above how it is made");
    serde_json::from_str(&text).expect("JSON")
}

fn write_pictures(folder: &str) {
    for (name, picture) in pictures() {
        let bytes: Vec<u8> = picture.pixels.iter().flatten().copied().collect();
        std::fs::write(Path::new(folder).join(format!("{name}.rgb")), bytes).expect("written");
    }
}

#[test]
fn hashes_are_those_of_the_reference() {
    if let Ok(folder) = std::env::var("PDQ_PICTURES") {
        return write_pictures(&folder);
    }
    let (pictures, golden) = (pictures(), golden());
    assert_eq!(pictures.len(), golden.len());
    for (name, picture) in pictures {
        let Likeness { hash, quality } = pdq::of(&picture).expect("large enough");
        let expected = &golden[&name];
        assert!(quality.abs_diff(expected.quality) <= 1, "{name}: quality {quality}, not {}", expected.quality);
        // Where nothing stands out, rounding decides: such hashes say nothing, and are not compared by anybody.
        let distance = hash.distance(&expected.hash);
        assert!(distance <= 2 || expected.quality < 10, "{name}: {distance} bits from the reference");
    }
}

#[test]
fn a_file_has_the_hash_of_its_picture_although_only_a_small_one_is_looked_at() {
    let (width, height) = (1_000, 750);
    let name = "texture-1000x750";
    let pixels = &pictures()[name].pixels;
    let files = [png_of(pixels, width, height), jpeg_of(pixels, width, height, Jpeg::Baseline)];
    for file in files {
        let seen = imaging::examine(&file, &ANONYMOUS).expect("acceptable").pdq;
        assert_eq!(seen.len(), 1);
        let distance = seen[0].hash.distance(&golden()[name].hash);
        assert!(distance <= 10, "{distance} bits from the reference on all pixels");
    }
}

#[test]
fn what_was_scaled_or_encoded_anew_is_near_and_another_picture_is_far() {
    let (width, height) = (640, 480);
    let of = |file: &[u8]| imaging::examine(file, &ANONYMOUS).expect("acceptable").pdq[0];
    let original = of(&png_of(&texture(9, width, height), width, height));
    assert!(original.quality >= 50, "{original:?}");
    let half: Vec<[u8; 3]> = texture(9, width, height)
        .chunks(width as usize)
        .step_by(2)
        .flat_map(|row| row.iter().step_by(2).copied().collect::<Vec<_>>())
        .collect();
    for (what, file) in [
        ("as JPEG", jpeg_of(&texture(9, width, height), width, height, Jpeg::Progressive)),
        ("at half the size", png_of(&half, width / 2, height / 2)),
    ] {
        let distance = original.hash.distance(&of(&file).hash);
        assert!(distance <= 16, "{what}: {distance}");
    }
    let other = of(&png_of(&texture(10, width, height), width, height));
    assert!(original.hash.distance(&other.hash) > 80, "another picture");
}

#[test]
fn a_plain_surface_has_no_quality_and_the_smallest_files_have_no_hash() {
    let plain = |width, height| {
        let pixels = vec![[128; 3]; (width * height) as usize];
        imaging::examine(&png_of(&pixels, width, height), &ANONYMOUS).expect("acceptable").pdq
    };
    assert_eq!(plain(100, 100)[0].quality, 0);
    assert_eq!(plain(4, 100), []);
}
