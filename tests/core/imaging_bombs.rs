//! Small files that ask for much: refused by their headers, or decoded in bounded memory.

use tintype::domain::facts::Rejection;
use tintype::imaging::{self, Examination};
use tintype::policy::limits::{ANONYMOUS, ImageLimits};

use crate::harness::image_files::{self as files, Jpeg, Png, png_chunk, zlib};
use crate::harness::memory::peak_bytes;

/// Examines a bomb: it must not go off. What a refusal by the header costs in memory shows that nothing was
/// decoded, and so how long it takes; a clock would only tell how busy the machine is.
fn defused(file: &[u8], memory_bytes: usize) -> Result<Examination, Rejection> {
    let (outcome, peak) = peak_bytes(|| imaging::examine(file, &ANONYMOUS));
    assert!(peak <= memory_bytes, "{peak} bytes of memory");
    outcome
}

fn refused_by_its_header(file: &[u8]) -> Rejection {
    defused(file, 64 << 10).expect_err("a bomb was accepted")
}

/// The file with other sides in its header.
fn with_sides(file: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = file.to_vec();
    match file[..4] {
        [0xff, ..] => {
            let sof = file.windows(2).position(|w| matches!(w, [0xff, 0xc0 | 0xc2])).expect("a frame header");
            file[sof + 5..sof + 7].copy_from_slice(&(height as u16).to_be_bytes());
            file[sof + 7..sof + 9].copy_from_slice(&(width as u16).to_be_bytes());
        }
        [0x89, ..] => {
            let ihdr = [&width.to_be_bytes()[..], &height.to_be_bytes(), &file[24..29]].concat();
            file.splice(8..33, png_chunk(b"IHDR", &ihdr));
        }
        [b'G', ..] => {
            file[6..8].copy_from_slice(&(width as u16).to_le_bytes());
            file[8..10].copy_from_slice(&(height as u16).to_le_bytes());
        }
        _ => {
            let picture = file[12..].to_vec();
            file = files::riff(&[files::vp8x(0, width.min(1 << 24), height.min(1 << 24)), picture]);
        }
    }
    file
}

fn small_files() -> [Vec<u8>; 5] {
    [
        files::jpeg(16, 16, Jpeg::Baseline),
        files::jpeg(16, 16, Jpeg::Progressive),
        files::png(16, 16, Png::Rgb),
        files::gif(16, 16, 1, false),
        files::webp(16, 16, false),
    ]
}

#[test]
fn headers_that_promise_enormous_sides_are_refused_at_once() {
    for file in small_files() {
        for (width, height) in [(65_535, 65_535), (65_535, 1), (1, 65_535), (1 << 31, 1 << 31), (u32::MAX, 1)] {
            let refusal = refused_by_its_header(&with_sides(&file, width, height));
            let sixteen_bits = !file.starts_with(b"\x89PNG") && width > 65_535;
            let expected = Rejection::SideTooLong { limit_px: ANONYMOUS.side_px_max };
            assert!(refusal == expected || sixteen_bits, "{refusal:?}");
        }
    }
}

#[test]
fn headers_that_promise_too_many_pixels_are_refused_at_once() {
    for file in small_files() {
        let refusal = refused_by_its_header(&with_sides(&file, 16_384, 16_384));
        assert_eq!(refusal, Rejection::TooManyPixels { limit_pixels: ANONYMOUS.pixels_max });
    }
}

#[test]
fn what_a_decoder_would_need_counts_and_not_only_the_pixels() {
    let limit = |file: &[u8]| match refused_by_its_header(file) {
        Rejection::TooManyPixels { limit_pixels } => limit_pixels / 1_000_000,
        other => panic!("{other:?}"),
    };
    // 3 bytes a pixel of coefficients at 4:2:0, 6 at 4:4:4.
    assert_eq!(limit(&with_sides(&files::jpeg(16, 16, Jpeg::Progressive), 9_000, 9_000)), 29);
    assert_eq!(limit(&with_sides(&files::jpeg(16, 16, Jpeg::ProgressiveFull), 9_000, 9_000)), 14);
    let huge = image_webp_header(9_000, 9_000);
    assert_eq!(limit(&huge), 19);
}

/// A lossless WebP of these sides without any content.
fn image_webp_header(width: u32, height: u32) -> Vec<u8> {
    let mut data = vec![0x2f];
    data.extend(((width - 1) | (height - 1) << 14).to_le_bytes());
    files::riff(&[files::riff_chunk(b"VP8L", &data)])
}

#[test]
fn a_header_without_its_pixels_costs_little_memory() {
    for file in [files::png(16, 16, Png::Rgb), files::gif(16, 16, 1, false)] {
        let promise = with_sides(&file, 10_000, 10_000);
        let outcome = defused(&promise, 8 << 20);
        // A GIF may have a small image on a large screen.
        assert!(outcome.is_err() || file.starts_with(b"GIF"), "{outcome:?}");
    }
}

#[test]
fn a_jpeg_of_too_few_bytes_for_its_size_is_not_filled_up_with_zeros() {
    for kind in [Jpeg::Baseline, Jpeg::Progressive, Jpeg::Grey] {
        let promise = with_sides(&files::jpeg(16, 16, kind), 3_000, 3_000);
        let refusal = refused_by_its_header(&promise);
        assert!(matches!(refusal, Rejection::Undecodable { .. }), "{refusal:?}");
        // What is smooth is short, but not that short.
        let smooth = files::jpeg_of(&vec![[9, 9, 9]; 300 * 300], 300, 300, kind);
        assert!(imaging::examine(&smooth, &ANONYMOUS).is_ok(), "{kind:?}");
    }
}

/// A PNG of one row whose data inflates to a hundred megabytes.
#[test]
fn image_data_that_inflates_to_more_than_the_image_is_not_inflated() {
    let zeros = zlib(&vec![0; 100_000_000]);
    let plain = files::png(16, 16, Png::Rgb);
    let idat = plain.windows(4).position(|window| window == b"IDAT").expect("data") - 4;
    let mut bomb = plain[..idat].to_vec();
    bomb.extend(png_chunk(b"IDAT", &zeros));
    bomb.extend(png_chunk(b"IEND", &[]));
    let _ = defused(&bomb, 2 << 20);
}

#[test]
fn text_and_profiles_that_inflate_without_end_are_dropped() {
    let zeros = zlib(&vec![0; 100_000_000]);
    let plain = files::png(16, 16, Png::Rgb);
    for (kind, prefix) in [(b"zTXt", &b"Comment\0\0"[..]), (b"iCCP", b"p\0\0"), (b"iTXt", b"XML\0\x01\0\0\0")] {
        let mut bomb = plain[..33].to_vec();
        bomb.extend(png_chunk(kind, &[prefix, &zeros].concat()));
        bomb.extend(&plain[33..]);
        let examination = defused(&bomb, 12 << 20).expect("a small image");
        assert_eq!(examination.stripped.to_vec(&bomb), plain);
    }
}

#[test]
fn animations_of_too_many_frames_are_refused_without_decoding_them() {
    let frames = ANONYMOUS.frames_max as u16 + 1;
    let limit = Rejection::TooManyFrames { limit_frames: ANONYMOUS.frames_max };
    let bombs = [
        files::gif(2, 2, 10_000, false),
        files::png(1, 1, Png::Animated(frames.into())),
        files::animated_webp(4, 4, frames.into()),
    ];
    for bomb in bombs {
        assert_eq!(defused(&bomb, 2 << 20).expect_err("too many"), limit);
    }
}

#[test]
fn animations_of_too_many_pixels_are_refused_without_decoding_them() {
    let limit = Rejection::AnimationTooLarge { limit_pixels: ANONYMOUS.animation_pixels_max };
    let gif = with_sides(&files::gif(2, 2, 3, false), 9_000, 9_000);
    assert_eq!(defused(&gif, 64 << 10).expect_err("too much"), limit);
    let png = with_sides(&files::png(2, 2, Png::Animated(3)), 9_000, 9_000);
    assert_eq!(defused(&png, 64 << 10).expect_err("too much"), limit);
}

/// The scans of a progressive JPEG, repeated.
fn with_scans(file: &[u8], times: usize) -> Vec<u8> {
    let first = file.windows(2).position(|w| w == [0xff, 0xda]).expect("a scan");
    let rest = &file[first..file.len() - 2];
    let mut bomb = file[..first].to_vec();
    for _ in 0..times {
        bomb.extend(rest);
    }
    bomb.extend([0xff, 0xd9]);
    bomb
}

#[test]
fn a_jpeg_of_too_many_scans_is_refused() {
    let bomb = with_scans(&files::jpeg(16, 16, Jpeg::Progressive), 100);
    assert_eq!(refused_by_its_header(&bomb), Rejection::TooManyScans { limit_scans: ANONYMOUS.scans_max });
    // The larger the image, the fewer.
    let bomb = with_scans(&with_sides(&files::jpeg(16, 16, Jpeg::Progressive), 4_000, 4_000), 10);
    assert_eq!(refused_by_its_header(&bomb), Rejection::TooManyScans { limit_scans: 25 });
    let bomb = with_scans(&files::jpeg(16, 16, Jpeg::Baseline), 5);
    assert_eq!(refused_by_its_header(&bomb), Rejection::TooManyScans { limit_scans: 4 });
}

#[test]
fn a_file_in_ever_so_many_parts_does_not_fill_the_memory() {
    let jpeg = files::jpeg(16, 16, Jpeg::Baseline);
    let mut bomb = jpeg[..2].to_vec();
    for _ in 0..1_000_000 {
        // A restart interval of none, then an empty comment.
        bomb.extend(b"\xff\xdd\0\x04\0\0\xff\xfe\0\x02");
    }
    bomb.extend(&jpeg[2..]);
    let refusal = defused(&bomb, 2 << 20).expect_err("too many parts");
    assert!(matches!(refusal, Rejection::Undecodable { .. }), "{refusal:?}");
}

#[test]
fn a_file_that_is_cut_short_anywhere_is_refused() {
    let mut wholes: Vec<Vec<u8>> = small_files().to_vec();
    wholes.extend([
        files::interlaced_png(40, 30),
        files::png(40, 30, Png::Animated(3)),
        files::gif(40, 30, 3, false),
        files::animated_webp(40, 30, 3),
        files::jpeg(100, 80, Jpeg::Restarts),
        files::with_private_metadata(&files::webp(40, 30, true), 6),
    ]);
    for extension in ["jpg", "png", "gif", "webp"] {
        wholes.extend(files::committed(extension));
    }
    for whole in wholes {
        let examined = imaging::examine(&whole, &ANONYMOUS).expect("whole");
        // What is dropped at the end may be missing.
        let kept = examined.stripped.to_vec(&whole);
        for cut in (0..kept.len()).step_by(1 + kept.len() / 700) {
            assert!(imaging::examine(&kept[..cut], &ANONYMOUS).is_err(), "cut at {cut} of {}", kept.len());
        }
        assert!(imaging::examine(&kept[..kept.len() - 1], &ANONYMOUS).is_err());
    }
}

#[test]
fn a_wrong_checksum_is_noticed() {
    let whole = files::png(40, 30, Png::Rgb);
    let idat = whole.windows(4).position(|window| window == b"IDAT").expect("data");
    let length = u32::from_be_bytes(whole[idat - 4..idat].try_into().expect("four")) as usize;
    // The zlib stream ends with its Adler-32; the chunk's CRC is put right.
    let mut data = whole[idat + 4..idat + 4 + length].to_vec();
    *data.last_mut().expect("a checksum") ^= 1;
    let mut wrong = whole[..idat - 4].to_vec();
    wrong.extend(png_chunk(b"IDAT", &data));
    wrong.extend(png_chunk(b"IEND", &[]));
    assert!(imaging::examine(&wrong, &ANONYMOUS).is_err(), "Adler-32");
    for at in idat..idat + length + 8 {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x10;
        assert!(imaging::examine(&wrong, &ANONYMOUS).is_err(), "CRC, byte {at}");
    }
}

#[test]
fn kinds_of_jpeg_that_nobody_can_show_are_named() {
    let baseline = files::jpeg(16, 16, Jpeg::Baseline);
    let sof = baseline.windows(2).position(|w| w == [0xff, 0xc0]).expect("a frame header");
    for (marker, word) in [(0xc3, "lossless"), (0xc9, "arithmetic"), (0xca, "arithmetic"), (0xc5, "hierarchical")] {
        let mut file = baseline.clone();
        file[sof + 1] = marker;
        let Err(Rejection::Undecodable { detail }) = imaging::examine(&file, &ANONYMOUS) else { panic!("{marker:x}") };
        assert!(detail.contains(word), "{detail}");
    }
    let mut file = baseline.clone();
    file[sof + 1] = 0xc1;
    file[sof + 4] = 12;
    let Err(Rejection::Undecodable { detail }) = imaging::examine(&file, &ANONYMOUS) else { panic!("12 bits") };
    assert!(detail.contains("8 bits"), "{detail}");
}

#[test]
fn the_order_of_the_gate_is_bytes_then_kind_then_sides() {
    let limits = ImageLimits { bytes_max: 10, ..ANONYMOUS };
    assert_eq!(imaging::examine(&[], &limits).expect_err("empty"), Rejection::Empty);
    let long = b"not an image, and too long";
    assert_eq!(imaging::examine(long, &limits).expect_err("long"), Rejection::TooManyBytes { limit_bytes: 10 });
    let unknown = imaging::examine(long, &ANONYMOUS).expect_err("unknown");
    assert_eq!(unknown, Rejection::UnsupportedFormat { detected: None });
}

/// Bits, least significant first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    count: usize,
}

impl BitWriter {
    fn put(&mut self, value: u32, bits: usize) {
        for bit in 0..bits {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().expect("a byte") |= (value >> bit & 1) as u8 * (1 << (self.count % 8));
            self.count += 1;
        }
    }

    /// A code of one symbol.
    fn single(&mut self, symbol: u32) {
        self.put(0b101, 3);
        self.put(symbol, 8);
    }

    /// A complete code of eleven symbols with these lengths, of which the longest make tables of 1,024 entries.
    fn long(&mut self, lengths: &[u32; 11]) {
        self.put(0, 1);
        // Lengths 1 to 6 are coded in 3 bits, 7 to 10 in 4; others do not occur.
        self.put(10, 4);
        for of in [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4] {
            self.put(of, 3);
        }
        self.put(1 | 1 << 1 | 9 << 4, 8);
        for length in lengths {
            let (code, bits) = if *length <= 6 { (length - 1, 3) } else { (12 + length - 7, 4) };
            let msb_first = code.reverse_bits() >> (32 - bits);
            self.put(msb_first, bits as usize);
        }
    }
}

/// VP8L of 16 x 16 pixels: no transforms, no cache, an entropy image that says that there are this many groups.
fn webp_of_groups(groups: u32, lengths: &[u32; 11]) -> Vec<u8> {
    let mut bits = BitWriter::default();
    bits.put(0x2f, 8);
    bits.put(15 | 15 << 14, 32);
    // No transform, no cache; blocks of 4 x 4; the entropy image has no cache.
    bits.put(0b000_0100, 7);
    let number = groups - 1;
    for symbol in [number & 255, number >> 8, 0, 0, 0] {
        bits.single(symbol);
    }
    for _ in 0..groups * 5 {
        bits.long(lengths);
    }
    bits.bytes.extend([0; 256]);
    files::riff(&[files::riff_chunk(b"VP8L", &bits.bytes)])
}

#[test]
fn a_webp_of_ever_so_many_codes_does_not_fill_the_memory() {
    let complete = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10];
    // The writer writes what the decoder reads: with few groups it is a picture.
    let examined = defused(&webp_of_groups(3, &complete), 4 << 20);
    assert!(examined.is_ok(), "{examined:?}");
    // A megabyte that asks for 335.
    let refusal = defused(&webp_of_groups(16_384, &complete), 1 << 20).expect_err("a bomb");
    assert!(matches!(refusal, Rejection::Undecodable { .. }), "{refusal:?}");
}

#[test]
fn a_webp_whose_codes_are_not_complete_never_reaches_the_decoder() {
    for lengths in [[1, 1, 1, 1, 1, 1, 1, 1, 1, 10, 10], [2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 10]] {
        let refusal = defused(&webp_of_groups(1, &lengths), 4 << 20).expect_err("no code");
        assert!(matches!(refusal, Rejection::Undecodable { .. }), "{refusal:?}");
    }
}
