//! What is found out about images of every kind.

use tintype::domain::facts::ImageFacts;
use tintype::domain::format::Format;
use tintype::imaging::{self, Examination};
use tintype::policy::limits::ANONYMOUS;

use crate::harness::image_files::{self as files, Jpeg, Png};

fn examined(file: &[u8]) -> Examination {
    imaging::examine(file, &ANONYMOUS).unwrap_or_else(|rejection| panic!("{rejection:?}"))
}

fn facts(file: &[u8]) -> ImageFacts {
    let examination = examined(file);
    assert_eq!(examination.facts.bytes, examination.stripped.len() as u64);
    assert_eq!(examination.stripped.to_vec(file), examination.stripped.clone().in_place(file.to_vec()));
    examination.facts
}

#[test]
fn every_kind_of_jpeg_is_taken() {
    let kinds =
        [Jpeg::Baseline, Jpeg::Full, Jpeg::Grey, Jpeg::Progressive, Jpeg::ProgressiveFull, Jpeg::Restarts, Jpeg::Cmyk];
    for kind in kinds {
        for (width, height) in [(1, 1), (7, 9), (64, 48), (333, 250), (1_001, 17)] {
            let facts = facts(&files::jpeg(width, height, kind));
            assert_eq!((facts.format, facts.width, facts.height), (Format::Jpeg, width, height), "{kind:?}");
            assert_eq!((facts.frames, facts.animated, facts.has_alpha, facts.orientation), (1, false, false, 1));
        }
    }
}

#[test]
fn every_kind_of_png_is_taken() {
    for (kind, has_alpha) in [(Png::Rgb, false), (Png::Rgba, true), (Png::Grey16, false), (Png::Palette, true)] {
        for (width, height) in [(1, 1), (7, 9), (333, 250), (2_001, 17)] {
            let facts = facts(&files::png(width, height, kind));
            assert_eq!((facts.format, facts.width, facts.height), (Format::Png, width, height), "{kind:?}");
            assert_eq!((facts.frames, facts.animated, facts.has_alpha), (1, false, has_alpha), "{kind:?}");
        }
    }
    let facts = facts(&files::png(40, 30, Png::Animated(7)));
    assert_eq!((facts.frames, facts.animated), (7, true));
}

#[test]
fn an_interlaced_png_has_the_same_placeholder_as_a_plain_one() {
    for (width, height) in [(1, 1), (2, 3), (5, 5), (9, 9), (333, 250)] {
        let (plain, interlaced) =
            (facts(&files::png(width, height, Png::Rgb)), facts(&files::interlaced_png(width, height)));
        assert_eq!((plain.thumbhash, plain.dominant_color), (interlaced.thumbhash, interlaced.dominant_color));
    }
}

#[test]
fn every_kind_of_gif_is_taken() {
    let (plain, interlaced) = (facts(&files::gif(120, 77, 1, false)), facts(&files::gif(120, 77, 1, true)));
    assert_eq!((plain.format, plain.width, plain.height, plain.frames), (Format::Gif, 120, 77, 1));
    assert_eq!((&plain.thumbhash, plain.has_alpha), (&interlaced.thumbhash, false));
    let animated = facts(&files::gif(120, 77, 9, false));
    assert_eq!((animated.frames, animated.animated, animated.has_alpha), (9, true, true));
    assert_eq!(animated.thumbhash, plain.thumbhash);
}

#[test]
fn every_kind_of_webp_is_taken() {
    for alpha in [false, true] {
        let facts = facts(&files::webp(130, 70, alpha));
        assert_eq!((facts.format, facts.width, facts.height, facts.has_alpha), (Format::WebP, 130, 70, alpha));
    }
    let facts = facts(&files::animated_webp(64, 40, 5));
    assert_eq!((facts.frames, facts.animated, facts.has_alpha), (5, true, true));
}

#[test]
fn the_dominant_colour_is_the_one_that_is_seen() {
    let pixels = [[200, 40, 90]; 64 * 64];
    for kind in [Jpeg::Baseline, Jpeg::Full, Jpeg::Progressive, Jpeg::Cmyk] {
        let colour = facts(&files::jpeg_of(&pixels, 64, 64, kind)).dominant_color;
        let part = |at| i32::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hexadecimal"));
        let off = (part(1) - 200).abs() + (part(3) - 40).abs() + (part(5) - 90).abs();
        assert!(colour.len() == 7 && off < 12, "{kind:?} {colour}");
    }
}
