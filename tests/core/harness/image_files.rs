//! Real image files of every kind that is taken, made on the spot and always the same.

use jpeg_encoder::{ColorType as JpegColor, Encoder as JpegEncoder, SamplingFactor};

/// A picture with gradients, edges and some noise: what photographs are made of, for a codec.
pub fn photo(width: u32, height: u32) -> Vec<[u8; 3]> {
    let mut noise = 12_345_u32;
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (noise >> 29) as u8;
            let sun = if (x * 3).abs_diff(width) + (y * 3).abs_diff(height) < width / 2 { 90 } else { 0 };
            let red = (x * 200 / width) as u8 / 2 + sun + grain;
            let green = (y * 220 / height) as u8 / 2 + grain;
            let blue = 200 - (y * 150 / height) as u8 + grain;
            pixels.push([red, green, blue]);
        }
    }
    pixels
}

fn flat(pixels: &[[u8; 3]]) -> Vec<u8> {
    pixels.iter().flatten().copied().collect()
}

/// What kind of JPEG.
#[derive(Clone, Copy, Debug)]
pub enum Jpeg {
    Baseline,
    Full,
    Grey,
    Progressive,
    ProgressiveFull,
    Restarts,
    Cmyk,
}

pub fn jpeg(width: u32, height: u32, kind: Jpeg) -> Vec<u8> {
    jpeg_of(&photo(width, height), width, height, kind)
}

pub fn jpeg_of(pixels: &[[u8; 3]], width: u32, height: u32, kind: Jpeg) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new(&mut file, 80);
    let full = matches!(kind, Jpeg::Full | Jpeg::ProgressiveFull);
    encoder.set_sampling_factor(if full { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 });
    encoder.set_progressive(matches!(kind, Jpeg::Progressive | Jpeg::ProgressiveFull));
    if matches!(kind, Jpeg::Restarts) {
        encoder.set_restart_interval(2);
    }
    let (data, colour) = match kind {
        Jpeg::Grey => (pixels.iter().map(|p| p[1]).collect(), JpegColor::Luma),
        Jpeg::Cmyk => (pixels.iter().flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0]).collect(), JpegColor::Cmyk),
        _ => (flat(pixels), JpegColor::Rgb),
    };
    encoder.encode(&data, width as u16, height as u16, colour).expect("a JPEG");
    file
}

/// What kind of PNG.
#[derive(Clone, Copy, Debug)]
pub enum Png {
    Rgb,
    Rgba,
    Grey16,
    Palette,
    /// With this many frames.
    Animated(u32),
}

pub fn png(width: u32, height: u32, kind: Png) -> Vec<u8> {
    let pixels = photo(width, height);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    let (colour, depth, data): (_, _, Vec<u8>) = match kind {
        Png::Rgb | Png::Animated(_) => (png::ColorType::Rgb, png::BitDepth::Eight, flat(&pixels)),
        Png::Rgba => {
            let alpha = |at: usize| if at.is_multiple_of(3) { 0 } else { 255 };
            let data = pixels.iter().enumerate().flat_map(|(at, p)| [p[0], p[1], p[2], alpha(at)]).collect();
            (png::ColorType::Rgba, png::BitDepth::Eight, data)
        }
        Png::Grey16 => {
            let data = pixels.iter().flat_map(|p| [p[1], p[2]]).collect();
            (png::ColorType::Grayscale, png::BitDepth::Sixteen, data)
        }
        Png::Palette => {
            encoder.set_palette((0..=255).flat_map(|i: u8| [i, 255 - i, i / 2]).collect::<Vec<u8>>());
            encoder.set_trns(vec![255, 255, 0]);
            (png::ColorType::Indexed, png::BitDepth::Eight, pixels.iter().map(|p| p[1]).collect())
        }
    };
    encoder.set_color(colour);
    encoder.set_depth(depth);
    let frames = if let Png::Animated(frames) = kind { frames } else { 1 };
    if let Png::Animated(frames) = kind {
        encoder.set_animated(frames, 0).expect("an animation");
    }
    let mut writer = encoder.write_header().expect("a header");
    for frame in 0..frames {
        let data: Vec<u8> = data.iter().map(|byte| byte.wrapping_add((frame as u8).wrapping_mul(5))).collect();
        writer.write_image_data(&data).expect("pixels");
    }
    writer.finish().expect("an end");
    file
}

/// An interlaced RGB PNG (Adam7), made of its passes by hand.
pub fn interlaced_png(width: u32, height: u32) -> Vec<u8> {
    const PASSES: [(u32, u32, u32, u32); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let pixels = photo(width, height);
    let mut rows = Vec::new();
    for (x, y, across, down) in PASSES {
        if x >= width {
            continue;
        }
        for y in (y..height).step_by(down as usize) {
            rows.push(0);
            rows.extend((x..width).step_by(across as usize).flat_map(|x| pixels[(y * width + x) as usize]));
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut ihdr = width.to_be_bytes().to_vec();
    ihdr.extend(height.to_be_bytes());
    ihdr.extend([8, 2, 0, 0, 1]);
    file.extend(png_chunk(b"IHDR", &ihdr));
    file.extend(png_chunk(b"IDAT", &zlib(&rows)));
    file.extend(png_chunk(b"IEND", &[]));
    file
}

/// A PNG chunk with the right checksum.
pub fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(data);
    let crc = crc32fast::hash(&chunk[4..]);
    chunk.extend(crc.to_be_bytes());
    chunk
}

/// A zlib stream.
pub fn zlib(data: &[u8]) -> Vec<u8> {
    fdeflate::compress_to_vec(data)
}

/// A GIF of this many frames, the later ones smaller and transparent in part.
pub fn gif(width: u16, height: u16, frames: u16, interlaced: bool) -> Vec<u8> {
    let palette: Vec<u8> = (0..64u8).flat_map(|i| [i * 4, 255 - i * 3, i * 2]).collect();
    let indices: Vec<u8> = photo(width.into(), height.into()).iter().map(|p| p[1] / 4).collect();
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette).expect("a GIF");
    if frames > 1 {
        encoder.set_repeat(gif::Repeat::Infinite).expect("a loop");
    }
    for number in 0..frames {
        let full = number == 0;
        let (w, h) = if full { (width, height) } else { (width.div_ceil(2), height.div_ceil(2)) };
        let mut frame = gif::Frame { width: w, height: h, interlaced, delay: 5, ..gif::Frame::default() };
        frame.transparent = (!full).then_some(3);
        let shift = |index: &u8| index.wrapping_add(number as u8) % 64;
        frame.buffer = if interlaced && full {
            // The encoder writes rows as they come; the file has them in four passes.
            let rows: Vec<&[u8]> = indices.chunks(width.into()).collect();
            let order = [(0, 8), (4, 8), (2, 4), (1, 2)];
            let order = order.iter().flat_map(|&(start, step)| (start..usize::from(height)).step_by(step));
            order.flat_map(|y| rows[y].iter().map(shift)).collect()
        } else {
            indices.iter().take(usize::from(w) * usize::from(h)).map(shift).collect()
        };
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    file
}

/// A lossless WebP.
pub fn webp(width: u32, height: u32, alpha: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    let pixels = photo(width, height);
    if alpha {
        let rgba: Vec<u8> = pixels.iter().enumerate().flat_map(|(i, p)| [p[0], p[1], p[2], (i % 256) as u8]).collect();
        encoder.encode(&rgba, width, height, image_webp::ColorType::Rgba8).expect("a WebP");
    } else {
        encoder.encode(&flat(&pixels), width, height, image_webp::ColorType::Rgb8).expect("a WebP");
    }
    file
}

/// A RIFF chunk, padded.
pub fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend((data.len() as u32).to_le_bytes());
    chunk.extend(data);
    if data.len() % 2 == 1 {
        chunk.push(0);
    }
    chunk
}

/// A RIFF file of WebP chunks.
pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body: Vec<u8> = chunks.iter().flatten().copied().collect();
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32 + 4).to_le_bytes());
    file.extend(b"WEBP");
    file.extend(body);
    file
}

fn le24(value: u32) -> [u8; 3] {
    let [a, b, c, _] = value.to_le_bytes();
    [a, b, c]
}

/// VP8X with these flags (RFC 9649, section 2.7).
pub fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let mut data = vec![flags, 0, 0, 0];
    data.extend(le24(width - 1));
    data.extend(le24(height - 1));
    riff_chunk(b"VP8X", &data)
}

/// The coded picture of a simple WebP file: its only chunk.
pub fn webp_picture(file: &[u8]) -> Vec<u8> {
    file[12..].to_vec()
}

/// An animated WebP of lossless frames.
pub fn animated_webp(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut chunks = vec![vp8x(0x12, width, height), riff_chunk(b"ANIM", &[0, 0, 0, 0, 0, 0])];
    for number in 0..frames {
        let (w, h, x) = if number == 0 { (width, height, 0) } else { (width / 2, height / 2, 2) };
        let mut data = le24(x / 2).to_vec();
        data.extend(le24(0));
        data.extend(le24(w - 1));
        data.extend(le24(h - 1));
        data.extend(le24(40));
        data.push(0);
        data.extend(webp_picture(&webp(w, h, number > 0)));
        chunks.push(riff_chunk(b"ANMF", &data));
    }
    riff(&chunks)
}

/// Exif with an orientation and a copyright notice, and much that is nobody's business, in IFD0 and beyond.
pub fn private_exif(orientation: u8) -> Vec<u8> {
    let text = b"SECRET GPS 48.2082 16.3738 serial 4711 owner Jane Doe\0";
    let mut tiff = b"MM\0*\0\0\0\x08\0\x04".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let after = 8 + 2 + 4 * 12 + 4;
    tiff.extend(entry(0x010f, 2, text.len() as u32, (after as u32).to_be_bytes()));
    tiff.extend(entry(0x0112, 3, 1, [0, orientation, 0, 0]));
    tiff.extend(entry(0x8298, 2, 9, (after as u32 + text.len() as u32).to_be_bytes()));
    tiff.extend(entry(0x8825, 4, 1, (after as u32).to_be_bytes()));
    tiff.extend([0; 4]);
    tiff.extend(text);
    tiff.extend(b"(c) Ida B\0");
    tiff
}

/// A real colour profile, out of a committed file.
pub fn profile() -> Vec<u8> {
    let file = include_bytes!("../../fixtures/orientation-1.jpg");
    let name = b"ICC_PROFILE\0\x01\x01";
    let at = file.windows(name.len()).position(|window| window == name).expect("a profile");
    let length = usize::from(u16::from_be_bytes([file[at - 2], file[at - 1]]));
    file[at + name.len()..at - 2 + length].to_vec()
}

/// The same picture with secrets in every place that its format has for them, and a tail after its end.
pub fn with_private_metadata(file: &[u8], orientation: u8) -> Vec<u8> {
    let exif = private_exif(orientation);
    let mut made = if file.starts_with(b"\xff\xd8") {
        let segment =
            |marker: u8, data: &[u8]| [&[0xff, marker][..], &(data.len() as u16 + 2).to_be_bytes(), data].concat();
        let mut made = file[..2].to_vec();
        made.extend(segment(0xe1, &[b"Exif\0\0", &exif[..]].concat()));
        made.extend(segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET</x:xmpmeta>"));
        made.extend(segment(0xed, b"Photoshop 3.0\x008BIM SECRET"));
        made.extend(segment(0xfe, b"SECRET comment"));
        made.extend(segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile()[..]].concat()));
        made.extend(segment(0xe2, b"MPF\0SECRET"));
        made.extend(segment(0xe5, b"SECRET"));
        made.extend(&file[2..]);
        made
    } else if file.starts_with(b"\x89PNG") {
        let mut made = file[..33].to_vec();
        made.extend(png_chunk(b"tEXt", b"Comment\0SECRET"));
        made.extend(png_chunk(b"zTXt", &[b"Comment\0\0", &zlib(b"SECRET")[..]].concat()));
        made.extend(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>SECRET</x:xmpmeta>"));
        made.extend(png_chunk(b"iCCP", &[b"p\0\0", &zlib(&profile())[..]].concat()));
        made.extend(png_chunk(b"eXIf", &exif));
        made.extend(png_chunk(b"tIME", &[7, 233, 1, 2, 3, 4, 5]));
        made.extend(png_chunk(b"prVt", b"SECRET"));
        made.extend(&file[33..]);
        made
    } else if file.starts_with(b"GIF") {
        let palette = if file[10] & 0x80 == 0 { 0 } else { 3 << ((file[10] & 7) + 1) };
        let blocks = |data: &[u8]| {
            let blocks = data.chunks(255).flat_map(|block| [&[block.len() as u8][..], block].concat());
            blocks.chain([0]).collect::<Vec<u8>>()
        };
        let mut made = file[..13 + palette].to_vec();
        made.extend([&[0x21, 0xfe][..], &blocks(b"SECRET comment")].concat());
        made.extend([&[0x21, 0xff, 11][..], b"XMP DataXMP", &blocks(b"<x:xmpmeta>SECRET</x:xmpmeta>")].concat());
        made.extend([&[0x21, 0xff, 11][..], b"ICCRGBG1012", &blocks(&profile())].concat());
        made.extend([&[0x21, 0x01, 12][..], &[0; 12], &blocks(b"SECRET text")].concat());
        made.extend(&file[13 + palette..]);
        made
    } else {
        return webp_with_private_metadata(file, &exif);
    };
    made.extend(b"SECRET tail <script>alert(1)</script>");
    made
}

fn webp_with_private_metadata(file: &[u8], exif: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    if file[12..16] == *b"VP8X" {
        let mut head = file[12..30].to_vec();
        head[8] |= 0x2c;
        chunks.push(head);
        chunks.push(riff_chunk(b"ICCP", &profile()));
        chunks.push(file[30..].to_vec());
    } else {
        let examined = tintype::imaging::examine(file, &tintype::policy::limits::ANONYMOUS).expect("a WebP");
        let alpha = if examined.facts.has_alpha { 0x10 } else { 0 };
        chunks.push(vp8x(0x2c | alpha, examined.facts.width, examined.facts.height));
        chunks.push(riff_chunk(b"ICCP", &profile()));
        chunks.push(riff_chunk(b"SECR", b"SECRET"));
        chunks.push(webp_picture(file));
    }
    chunks.push(riff_chunk(b"EXIF", exif));
    chunks.push(riff_chunk(b"XMP ", b"<x:xmpmeta>SECRET</x:xmpmeta>"));
    let mut made = riff(&chunks);
    made.extend(b"SECRET tail <script>alert(1)</script>");
    made
}

/// The committed files in tests/fixtures with this extension, in the order of their names.
pub fn committed(extension: &str) -> Vec<Vec<u8>> {
    named(extension).into_iter().map(|(_, file)| file).collect()
}

/// The same with their names.
pub fn named(extension: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    paths.sort();
    let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).expect("a file"))).collect()
}

/// A picture of large and small patches, no two alike: what a perceptual hash can tell apart.
pub fn texture(seed: u64, width: u32, height: u32) -> Vec<[u8; 3]> {
    let patch = |x: u32, y: u32, of: u64| {
        let mixed = (u64::from(x) << 40 | u64::from(y) << 8 | of) ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 32)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 56) as u8
    };
    let at = |x: u32, y: u32| {
        // Seven large patches across and down, each of twenty small ones, whatever the size.
        let [large, small] = [7, 20].map(|count| patch(x * count / width, y * count / height, u64::from(count)));
        let value = (u32::from(large) * 2 + u32::from(small)) / 3;
        [value as u8, (255 - value) as u8 / 2 + small / 4, large]
    };
    (0..height).flat_map(|y| (0..width).map(move |x| at(x, y))).collect()
}

/// An RGB PNG of these pixels.
pub fn png_of(pixels: &[[u8; 3]], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().expect("a header").write_image_data(&flat(pixels)).expect("pixels");
    file
}
