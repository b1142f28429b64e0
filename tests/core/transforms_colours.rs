//! What transforms do to colours: profiles, transparency, and what is asked for.

use tintype::domain::format::Format;
use tintype::domain::transform::{Adjust, Colour, Gravity, Sizing, Transform};

use crate::harness::image_files::{self as files, Jpeg};
use crate::transforms::{Shown, distance, into, shown, within};

fn rgba_png(pixels: &[[u8; 4]], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().expect("a header").write_image_data(pixels.as_flattened()).expect("pixels");
    file
}

fn near(found: [u8; 4], expected: [u8; 3], levels: u8) -> bool {
    found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= levels)
}

fn patch(colour: [u8; 3]) -> Vec<[u8; 3]> {
    vec![colour; 32 * 32]
}

/// The same colours with a profile, in every format that has them.
fn with_profile(colour: [u8; 3], profile: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut png = files::png_of(&patch(colour), 32, 32);
    png.splice(33..33, files::png_chunk(b"iCCP", &[b"p\0\0", &files::zlib(profile)[..]].concat()));
    let mut jpeg = files::jpeg_of(&patch(colour), 32, 32, Jpeg::Full);
    let segment = [b"ICC_PROFILE\0\x01\x01", profile].concat();
    let length = (segment.len() as u16 + 2).to_be_bytes();
    jpeg.splice(2..2, [&[0xff, 0xe2][..], &length, &segment].concat());
    let mut plain = Vec::new();
    image_webp::WebPEncoder::new(&mut plain)
        .encode(patch(colour).as_flattened(), 32, 32, image_webp::ColorType::Rgb8)
        .expect("a WebP");
    let chunks = [files::vp8x(0x20, 32, 32), files::riff_chunk(b"ICCP", profile), files::webp_picture(&plain)];
    vec![("PNG", png), ("JPEG", jpeg), ("WebP", files::riff(&chunks))]
}

/// From linear light of other primaries to sRGB, by the matrices of its standard (IEC 61966-2-1).
fn to_srgb(linear: [f64; 3], matrix: [[f64; 3]; 3]) -> [u8; 3] {
    matrix.map(|row| {
        let light: f64 = row.iter().zip(linear).map(|(part, light)| part * light).sum();
        let light = light.clamp(0.0, 1.0);
        let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (value * 255.0).round() as u8
    })
}

#[test]
fn colours_are_what_their_profile_means() {
    let srgb_light = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let p3 = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]];
    let adobe = [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]];
    for colour in [[200, 100, 50], [90, 160, 120], [128, 128, 128], [60, 70, 200]] {
        let p3_expected = to_srgb(colour.map(srgb_light), p3);
        let adobe_expected = to_srgb(colour.map(|value| (f64::from(value) / 255.0).powf(563.0 / 256.0)), adobe);
        for (profile, expected) in [
            (moxcms::ColorProfile::new_display_p3(), p3_expected),
            (moxcms::ColorProfile::new_adobe_rgb(), adobe_expected),
            (moxcms::ColorProfile::new_srgb(), colour),
        ] {
            for (kind, file) in with_profile(colour, &profile.encode().expect("a profile")) {
                for sizing in [Sizing::Original, within(10)] {
                    let found = shown(&file, &Transform { sizing, ..into(Format::Png) }).at(5, 5);
                    assert!(near(found, expected, 3), "{kind} {colour:?}: {found:?}, not {expected:?}");
                }
            }
        }
    }
}

#[test]
fn a_grey_profile_counts_and_one_of_other_samples_does_not() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().expect("a header").write_image_data(&[55; 64]).expect("pixels");
    let with = |profile: moxcms::ColorProfile| {
        let profile = profile.encode().expect("a profile");
        let mut file = file.clone();
        file.splice(33..33, files::png_chunk(b"iCCP", &[b"p\0\0", &files::zlib(&profile)[..]].concat()));
        shown(&file, &into(Format::Png)).at(3, 3)
    };
    // A fifth of the light is level 128 or so of sRGB.
    assert!(near(with(moxcms::ColorProfile::new_gray_with_gamma(1.0)), [128; 3], 2));
    assert_eq!(with(moxcms::ColorProfile::new_adobe_rgb()), [55, 55, 55, 255]);
}

#[test]
fn ink_without_a_profile_takes_its_part_of_the_light() {
    for colour in [[200, 40, 90], [10, 220, 130], [255; 3], [0; 3]] {
        let file = files::jpeg_of(&patch(colour), 32, 32, Jpeg::Cmyk);
        let found = shown(&file, &Transform { sizing: within(16), ..into(Format::Png) }).at(8, 8);
        assert!(near(found, colour, 3), "{colour:?}: {found:?}");
    }
}

#[test]
fn what_transparent_pixels_hide_does_not_come_to_light() {
    // A white disk, and black that nobody sees.
    let inside = |x: i32, y: i32| (x - 50) * (x - 50) + (y - 50) * (y - 50) < 40 * 40;
    let pixels: Vec<[u8; 4]> =
        (0..100).flat_map(|y| (0..100).map(move |x| if inside(x, y) { [255; 4] } else { [0; 4] })).collect();
    let file = rgba_png(&pixels, 100, 100);
    for sizing in [within(37), within(9), Sizing::Within { width: Some(230), height: None, enlarge: true }] {
        for blur in [0, 200] {
            let found = shown(&file, &Transform { sizing, blur, ..into(Format::Png) });
            let fringe = found.pixels.iter().filter(|[red, .., alpha]| *alpha > 8 && *red < 250).count();
            assert_eq!(fringe, 0, "{sizing:?} {blur}");
            assert!(found.pixels.iter().any(|[.., alpha]| (20..230).contains(alpha)), "the edge has no steps");
        }
        // On white, a white disk is nothing.
        let found = shown(&file, &Transform { sizing, ..into(Format::Jpeg) });
        assert!(found.pixels.iter().all(|pixel| near(*pixel, [255; 3], 1)), "{sizing:?}");
    }
}

#[test]
fn a_background_shows_through_and_fills_what_the_image_does_not() {
    let red = Some(Colour { rgba: [255, 0, 0, 255] });
    let faint = Some(Colour { rgba: [255, 0, 0, 51] });
    let clear = rgba_png(&[[0, 0, 255, 128]; 64], 8, 8);
    let pad = Sizing::Pad { width: 32, height: 16, gravity: Gravity::Center };
    let of = |background, format| shown(&clear, &Transform { sizing: pad, background, ..into(format) });
    let (edge, middle) = ((1, 8), (16, 8));
    let at = |found: &Shown, (x, y)| found.at(x, y);
    for (background, format, at_edge, in_middle, levels) in [
        (None, Format::Png, [0, 0, 0, 0], [0, 0, 255, 128], 0),
        (None, Format::Jpeg, [255; 4], [127, 127, 255, 255], 4),
        (red, Format::Png, [255, 0, 0, 255], [127, 0, 128, 255], 1),
        (red, Format::Jpeg, [255, 0, 0, 255], [127, 0, 128, 255], 6),
        (faint, Format::Png, [255, 0, 0, 51], [43, 0, 212, 154], 1),
        (faint, Format::Jpeg, [255, 204, 204, 255], [127, 102, 230, 255], 6),
    ] {
        let found = of(background, format);
        for (place, expected) in [(edge, at_edge), (middle, in_middle)] {
            let close =
                at(&found, place).iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= levels);
            assert!(close, "{background:?} {format:?} {place:?}: {:?}, not {expected:?}", at(&found, place));
        }
    }
}

#[test]
fn colours_are_adjusted_in_the_order_that_is_documented() {
    let file = files::png_of(&patch([100, 60, 200]), 32, 32);
    let plain = Adjust::default();
    for (adjust, expected) in [
        (Adjust { brightness: 150, ..plain }, [150, 90, 255]),
        (Adjust { contrast: 200, ..plain }, [73, 0, 255]),
        (Adjust { contrast: 0, ..plain }, [128; 3]),
        (Adjust { gamma: 200, ..plain }, [160, 124, 226]),
        (Adjust { gamma: 0, ..plain }, [0; 3]),
        (Adjust { saturation: 0, ..plain }, [79; 3]),
        (Adjust { saturation: 200, ..plain }, [121, 41, 255]),
        (Adjust { grayscale: true, saturation: 900, ..plain }, [79; 3]),
        // First brighter than white, then brought back: nothing is lost between.
        (Adjust { brightness: 200, contrast: 50, ..plain }, [164, 124, 255]),
    ] {
        let found = shown(&file, &Transform { adjust, ..into(Format::Png) }).at(9, 9);
        assert!(near(found, expected, 1), "{adjust:?}: {found:?}, not {expected:?}");
    }
}

#[test]
fn a_blur_takes_detail_and_a_sharpening_adds_some() {
    let photo = files::png_of(&files::photo(120, 90), 120, 90);
    let detail = |transform: &Transform| {
        let found = shown(&photo, transform);
        let pairs = found.pixels.windows(2).map(|pair| u64::from(pair[0][0].abs_diff(pair[1][0])));
        pairs.sum::<u64>() as f64 / found.pixels.len() as f64
    };
    let plain = into(Format::Png);
    let [sharp, as_is, soft, softer] = [
        detail(&Transform { sharpen: 150, ..plain }),
        detail(&plain),
        detail(&Transform { blur: 100, ..plain }),
        detail(&Transform { blur: 2_000, ..plain }),
    ];
    assert!(sharp > as_is * 1.3 && as_is > soft * 1.5 && soft > softer * 1.2, "{sharp} {as_is} {soft} {softer}");
}

#[test]
fn sixteen_bits_become_eight_and_few_colours_become_a_palette() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 16, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Sixteen);
    let samples: Vec<u8> =
        (0..16_u16).flat_map(|x| [x * 4_369, 65_535 - x * 4_369, 0x8080]).flat_map(u16::to_be_bytes).collect();
    encoder.write_header().expect("a header").write_image_data(&samples).expect("pixels");
    let found = shown(&file, &into(Format::Png));
    for (x, pixel) in (0..16_u8).zip(&found.pixels) {
        assert_eq!(*pixel, [x * 17, 255 - x * 17, 128, 255]);
    }
    // The header says how it is written (section 11.2.1): 3 is a palette, 0 is grey, 2 has no alpha.
    let colour_type = |file: &[u8]| shown(file, &into(Format::Png)).file[25];
    assert_eq!(colour_type(&file), 3);
    assert_eq!(colour_type(&files::png(200, 200, files::Png::Rgb)), 2);
    assert_eq!(colour_type(&files::png(200, 200, files::Png::Rgba)), 6);
    let opaque: Vec<[u8; 4]> = files::photo(200, 200).iter().map(|[r, g, b]| [*r, *g, *b, 255]).collect();
    assert_eq!(colour_type(&rgba_png(&opaque, 200, 200)), 2);
}

#[test]
fn gravity_finds_what_is_to_be_seen() {
    // A plain sky, and something in one corner.
    for (left, top) in [(20, 10), (250, 15), (130, 150), (240, 160)] {
        let pixels: Vec<[u8; 3]> = (0..200_u32)
            .flat_map(|y| (0..300_u32).map(move |x| (x, y)))
            .map(|(x, y)| {
                let inside = (left..left + 40).contains(&x) && (top..top + 30).contains(&y);
                let checked = (x / 5 + y / 5) % 2 == 0;
                if inside && checked {
                    [200, 30, 20]
                } else if inside {
                    [250, 240, 230]
                } else {
                    [120, 130, 140 + (y / 20) as u8]
                }
            })
            .collect();
        let file = files::png_of(&pixels, 300, 200);
        for [width, height] in [[60, 120], [150, 40], [100, 100]] {
            let sizing = Sizing::Cover { width, height, gravity: Gravity::Auto };
            let found = shown(&file, &Transform { sizing, ..into(Format::Png) });
            let red = found.pixels.iter().filter(|pixel| pixel[0] > 180 && pixel[2] < 60).count() as f64;
            // All of it: as many pixels as it has at that size.
            let scale = f64::max(f64::from(width) / 300.0, f64::from(height) / 200.0);
            let whole = 40.0 * 30.0 / 2.0 * scale * scale;
            assert!(red > whole * 0.6, "{left} {top} {width} {height}: {red} of {whole}");
        }
    }
}

#[test]
fn a_jpeg_of_a_photo_is_near_to_the_photo() {
    let photo = files::photo(300, 200);
    let file = files::png_of(&photo, 300, 200);
    let exact = shown(&file, &into(Format::Png));
    for (quality, most) in [(95, 2.0), (60, 5.0)] {
        let found = shown(&file, &Transform { quality, ..into(Format::Jpeg) });
        assert!(distance(&found.pixels, &exact.pixels) < most, "{}", distance(&found.pixels, &exact.pixels));
        // 4:2:0, in one scan, with the tables of the standard, and nothing that says where it is from.
        assert_eq!(found.file.windows(4).filter(|window| *window == [0xff, 0xda, 0, 12]).count(), 1);
        assert!(!found.file.windows(4).any(|window| window == b"Exif" || window == b"ICC_"));
    }
    let grey = Transform { adjust: Adjust { grayscale: true, ..Adjust::default() }, ..into(Format::Jpeg) };
    let components = |file: &[u8]| {
        let at = file.windows(2).position(|window| window == [0xff, 0xc0]).expect("a frame");
        file[at + 9]
    };
    assert_eq!(components(&shown(&file, &grey).file), 1);
    assert_eq!(components(&shown(&file, &into(Format::Jpeg)).file), 3);
}
