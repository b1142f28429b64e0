//! What is stripped, and what is not: judged by exiftool and by independent decoders, not by our own code.

use std::io::Cursor;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tintype::imaging;
use tintype::policy::limits::ANONYMOUS;

use crate::harness::image_files::{self as files, Jpeg, Png};

/// Tags that may be in a stripped file, as exiftool calls them: `group:tag`, or a whole group. Everything else,
/// known or not, fails the test.
const ALLOWED: &[&str] = &[
    "ExifTool:ExifToolVersion",
    "System:",
    "File:FileType",
    "File:FileTypeExtension",
    "File:MIMEType",
    "File:ExifByteOrder",
    "File:ImageWidth",
    "File:ImageHeight",
    "File:EncodingProcess",
    "File:BitsPerSample",
    "File:ColorComponents",
    "File:YCbCrSubSampling",
    "Composite:ImageSize",
    "Composite:Megapixels",
    // Kept on purpose.
    "IFD0:Orientation",
    "IFD0:Copyright",
    "ICC_Profile:",
    "ICC-header:",
    "ICC-view:",
    "ICC-meas:",
    // Of the picture itself.
    "JFIF:JFIFVersion",
    "JFIF:ResolutionUnit",
    "JFIF:XResolution",
    "JFIF:YResolution",
    "Adobe:DCTEncodeVersion",
    "Adobe:APP14Flags0",
    "Adobe:APP14Flags1",
    "Adobe:ColorTransform",
    "PNG:ImageWidth",
    "PNG:ImageHeight",
    "PNG:BitDepth",
    "PNG:ColorType",
    "PNG:Compression",
    "PNG:Filter",
    "PNG:Interlace",
    "PNG:Palette",
    "PNG:Transparency",
    "PNG:ProfileName",
    "PNG:AnimationFrames",
    "PNG:AnimationPlays",
    "PNG-pHYs:",
    "GIF:GIFVersion",
    "GIF:ImageWidth",
    "GIF:ImageHeight",
    "GIF:HasColorMap",
    "GIF:ColorResolutionDepth",
    "GIF:BitsPerPixel",
    "GIF:BackgroundColor",
    "GIF:AnimationIterations",
    "GIF:TransparentColor",
    "GIF:FrameCount",
    "GIF:Duration",
    "RIFF:WebP_Flags",
    "RIFF:VP8Version",
    "RIFF:ImageWidth",
    "RIFF:ImageHeight",
    "RIFF:HorizontalScale",
    "RIFF:VerticalScale",
    "RIFF:AlphaIsUsed",
    "RIFF:AlphaPreprocessing",
    "RIFF:AlphaFiltering",
    "RIFF:AlphaCompression",
    "RIFF:BackgroundColor",
    "RIFF:AnimationLoopCount",
    "RIFF:Duration",
];

/// Words that are in the private data of every fixture.
const PRIVATE: [&[u8]; 6] = [b"SECRET", b"Jane Doe", b"SN-4711", b"garden", b"xmpmeta", b"Vienna"];

fn strip(file: &[u8]) -> Vec<u8> {
    let examination = imaging::examine(file, &ANONYMOUS).unwrap_or_else(|rejection| panic!("{rejection:?}"));
    examination.stripped.to_vec(file)
}

/// Every committed file, and files of every kind with private data where their format has room for it.
fn all_files() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for extension in ["jpg", "png", "gif", "webp"] {
        all.extend(files::named(extension));
    }
    assert!(all.len() >= 18, "the fixtures are missing");
    let jpegs = [Jpeg::Baseline, Jpeg::Grey, Jpeg::Progressive, Jpeg::Restarts, Jpeg::Cmyk];
    let pngs = [Png::Rgb, Png::Rgba, Png::Grey16, Png::Palette, Png::Animated(3)];
    let mut made: Vec<(String, Vec<u8>)> = Vec::new();
    made.extend(jpegs.map(|kind| (format!("made-{kind:?}.jpg"), files::jpeg(50, 40, kind))));
    made.extend(pngs.map(|kind| (format!("made-{kind:?}.png"), files::png(50, 40, kind))));
    made.push(("made-interlaced.png".into(), files::interlaced_png(50, 40)));
    made.push(("made.gif".into(), files::gif(50, 40, 1, true)));
    made.push(("made-animated.gif".into(), files::gif(50, 40, 4, false)));
    made.push(("made.webp".into(), files::webp(50, 40, true)));
    made.push(("made-animated.webp".into(), files::animated_webp(50, 40, 4)));
    all.extend(made.into_iter().map(|(name, file)| (name, files::with_private_metadata(&file, 6))));
    all
}

/// What exiftool says about each file: name and `group:tag` with value.
fn exiftool(of: &[(String, Vec<u8>)]) -> Vec<(String, serde_json::Map<String, serde_json::Value>)> {
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let name = format!("exiftool-{}-{number}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, file) in of {
        std::fs::write(folder.join(name), file).expect("written");
    }
    let output = Command::new("exiftool").args(["-j", "-a", "-G1", "-s", "-n", "-U"]).arg(&folder).output();
    std::fs::remove_dir_all(&folder).expect("removed");
    let output =
        output.expect("this test needs exiftool (Debian: libimage-exiftool-perl); the set-up script installs it");
    let answers: Vec<serde_json::Map<_, _>> = serde_json::from_slice(&output.stdout).expect("JSON from exiftool");
    assert_eq!(answers.len(), of.len(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = |answer: &serde_json::Map<String, serde_json::Value>| {
        answer["System:FileName"].as_str().expect("a name").to_owned()
    };
    answers.into_iter().map(|answer| (name(&answer), answer)).collect()
}

#[test]
fn exiftool_finds_nothing_private_in_a_stripped_file() {
    let stripped: Vec<_> = all_files().into_iter().map(|(name, file)| (name, strip(&file))).collect();
    for (name, tags) in exiftool(&stripped) {
        for (tag, value) in tags.iter().filter(|(tag, _)| *tag != "SourceFile") {
            let allowed = |known: &&str| if known.ends_with(':') { tag.starts_with(*known) } else { tag == known };
            assert!(ALLOWED.iter().any(allowed), "{name}: {tag} = {value}");
        }
    }
    for (name, file) in &stripped {
        for word in PRIVATE {
            assert!(!file.windows(word.len()).any(|window| window == word), "{name} still says {word:?}");
        }
    }
}

#[test]
fn exiftool_does_find_private_data_before() {
    let before = exiftool(&all_files());
    let found = |tag: &str| before.iter().filter(|(_, tags)| tags.keys().any(|key| key.ends_with(tag))).count();
    for tag in
        ["GPSLatitude", "SerialNumber", "Creator", "Comment", "DateTimeOriginal", "ThumbnailImage", "PreviewImage"]
    {
        assert!(found(tag) > 0, "the fixtures lack {tag}, so stripping it is not tested");
    }
}

#[test]
fn orientation_copyright_and_profile_are_kept() {
    let kept = files::named("jpg").into_iter().filter(|(name, _)| name.starts_with("orientation-"));
    let stripped: Vec<_> = kept.map(|(name, file)| (name, strip(&file))).collect();
    assert_eq!(stripped.len(), 8);
    for (name, tags) in exiftool(&stripped) {
        let orientation: u64 = name["orientation-".len()..][..1].parse().expect("a digit");
        let tag = tags.get("IFD0:Orientation").and_then(serde_json::Value::as_u64);
        assert_eq!(tag, (orientation != 1).then_some(orientation), "{name}");
        assert_eq!(tags["IFD0:Copyright"], "(c) 2026 Ida Beispiel", "{name}");
        assert_eq!(tags["ICC-header:ProfileFileSignature"], "acsp", "{name}");
    }
    let others = ["private.png", "lossy.webp", "animated.webp"];
    let others: Vec<_> = all_files().into_iter().filter(|(name, _)| others.contains(&name.as_str())).collect();
    let stripped: Vec<_> = others.into_iter().map(|(name, file)| (name, strip(&file))).collect();
    assert_eq!(stripped.len(), 3);
    for (name, tags) in exiftool(&stripped) {
        assert_eq!(tags["IFD0:Copyright"], "(c) 2026 Ida Beispiel", "{name}");
    }
}

#[test]
fn a_picture_on_its_side_is_described_as_it_is_displayed() {
    let mut hashes = std::collections::BTreeSet::new();
    for (name, file) in files::named("jpg").iter().filter(|(name, _)| name.starts_with("orientation-")) {
        let facts = imaging::examine(file, &ANONYMOUS).expect("accepted").facts;
        let sides = if facts.orientation >= 5 { (64, 96) } else { (96, 64) };
        assert_eq!((facts.width, facts.height), sides, "{name}");
        hashes.insert(facts.thumbhash);
    }
    assert_eq!(hashes.len(), 8, "a turned picture has another placeholder");
}

#[test]
fn stripping_changes_no_pixel_of_any_frame() {
    for (name, file) in all_files() {
        let stripped = strip(&file);
        let (before, after) = (pixels(&file), pixels(&stripped));
        assert!(!before.is_empty() && before == after, "{name}");
        assert!(stripped.len() <= file.len(), "{name}");
    }
}

/// All frames, by decoders that know nothing of us.
fn pixels(file: &[u8]) -> Vec<Vec<u8>> {
    if file.starts_with(b"\xff\xd8") {
        vec![jpeg_decoder::Decoder::new(file).decode().expect("a JPEG")]
    } else if file.starts_with(b"\x89PNG") {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().expect("a PNG");
        let frames = reader.info().animation_control.map_or(1, |control| control.num_frames);
        let mut frame = vec![0; reader.output_buffer_size().expect("a size")];
        let mut next = || {
            reader.next_frame(&mut frame).expect("a frame");
            frame.clone()
        };
        (0..frames).map(|_| next()).collect()
    } else if file.starts_with(b"GIF") {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let decoder = options.read_info(file).expect("a GIF");
        decoder.into_iter().map(|frame| frame.expect("a frame").buffer.into_owned()).collect()
    } else {
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).expect("a WebP");
        let mut frame = vec![0; decoder.output_buffer_size().expect("a size")];
        if !decoder.is_animated() {
            decoder.read_image(&mut frame).expect("a picture");
            return vec![frame];
        }
        let frames = decoder.num_frames();
        let mut next = || {
            decoder.read_frame(&mut frame).expect("a frame");
            frame.clone()
        };
        (0..frames).map(|_| next()).collect()
    }
}

#[test]
fn whatever_follows_the_end_of_the_image_is_gone() {
    let tails: [&[u8]; 4] =
        [b"<html><script>alert(1)</script>", b"PK\x03\x04 a ZIP", b"%PDF-1.4 a PDF", b"#!/bin/sh\n"];
    let wholes = [
        files::jpeg(20, 20, Jpeg::Baseline),
        files::png(20, 20, Png::Rgb),
        files::gif(20, 20, 1, false),
        files::webp(20, 20, false),
    ];
    for whole in &wholes {
        for tail in tails.iter().copied().chain(wholes.iter().map(Vec::as_slice)) {
            let polyglot = [whole, tail].concat();
            assert_eq!(&strip(&polyglot), whole);
        }
    }
}
