//! What a file is, by its first bytes and nothing else: names and header fields are hearsay.

use super::bytes::array;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;

/// The format, if it is one that is taken.
pub fn format(bytes: &[u8]) -> Result<Format, Rejection> {
    let webp = array::<4>(bytes, 8) == Some(*b"WEBP");
    if bytes.starts_with(b"\xff\xd8\xff") {
        Ok(Format::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(Format::Png)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Ok(Format::Gif)
    } else if bytes.starts_with(b"RIFF") && webp {
        Ok(Format::WebP)
    } else {
        Err(Rejection::UnsupportedFormat { detected: name(bytes).map(str::to_owned) })
    }
}

/// Names for what people send by mistake. A table of our own: the crates that do this know hundreds of types
/// that are never sent here, and not SVG.
const MAGIC: &[(&[u8], &str)] = &[
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
    (b"\0\0\x01\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"8BPS", "PSD"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x1a\x45\xdf\xa3", "WebM"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
    (b"qoif", "QOI"),
    (b"MZ", "Windows program"),
    (b"\x7fELF", "ELF program"),
];

fn name(bytes: &[u8]) -> Option<&'static str> {
    if array::<4>(bytes, 4) == Some(*b"ftyp") {
        return Some(iso_media(bytes));
    }
    if bytes.starts_with(b"RIFF") {
        return match &array::<4>(bytes, 8)? {
            b"WAVE" => Some("WAV"),
            b"AVI " => Some("AVI"),
            _ => None,
        };
    }
    let magic = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name);
    magic.or_else(|| markup(bytes))
}

/// ISO base media files say what they are in their brands (ISO/IEC 14496-12, section 4.3; the brands of HEIF
/// in ISO/IEC 23008-12, of AVIF in the AV1 image format, section 8).
fn iso_media(bytes: &[u8]) -> &'static str {
    match &array::<4>(bytes, 8).unwrap_or_default() {
        b"avif" | b"avis" => "AVIF",
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => "HEIC",
        b"mif1" | b"msf1" if compatible_with(bytes, b"avif") => "AVIF",
        b"mif1" | b"msf1" => "HEIF",
        b"qt  " => "QuickTime",
        b"crx " => "Canon raw",
        _ => "MP4",
    }
}

/// Whether `brand` is among the compatible brands in the first box.
fn compatible_with(bytes: &[u8], brand: &[u8; 4]) -> bool {
    let end = super::bytes::be32(bytes, 0).map_or(0, |length| (length as usize).min(256));
    (16..end).step_by(4).any(|at| array::<4>(bytes, at) == Some(*brand))
}

/// SVG and HTML begin with anything: a byte order mark, comments, a doctype. The first kilobyte decides.
fn markup(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.get(..bytes.len().min(1024))?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if !start.starts_with(b"<") {
        return None;
    }
    let has = |tag: &[u8]| start.windows(tag.len()).any(|window| window.eq_ignore_ascii_case(tag));
    if has(b"<svg") {
        Some("SVG")
    } else if has(b"<html") || has(b"<!doctype html") || has(b"<script") || has(b"<body") {
        Some("HTML")
    } else if has(b"<?xml") {
        Some("XML")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(bytes: &[u8]) -> Option<String> {
        match format(bytes) {
            Err(Rejection::UnsupportedFormat { detected }) => detected,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_formats_that_are_taken_are_known_by_their_first_bytes() {
        assert_eq!(format(b"\xff\xd8\xff\xe0"), Ok(Format::Jpeg));
        assert_eq!(format(b"\x89PNG\r\n\x1a\n"), Ok(Format::Png));
        assert_eq!(format(b"GIF87a"), Ok(Format::Gif));
        assert_eq!(format(b"GIF89a"), Ok(Format::Gif));
        assert_eq!(format(b"RIFF\0\0\0\0WEBP"), Ok(Format::WebP));
    }

    #[test]
    fn what_is_refused_is_called_by_its_name() {
        let named: [(&[u8], &str); 16] = [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
            (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand --><SVG>", "SVG"),
            (b"<!DOCTYPE html><html>", "HTML"),
            (b"<script>alert(1)</script>", "HTML"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "MP4"),
            (b"%PDF-1.7", "PDF"),
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"BM\x46\0\0\0", "BMP"),
            (b"\0\0\x01\0\x01\0", "ICO"),
            (b"\xff\x0a\xfa", "JPEG XL"),
            (b"8BPS\0\x01", "PSD"),
            (b"RIFF\0\0\0\0AVI ", "AVI"),
        ];
        for (bytes, name) in named {
            assert_eq!(detected(bytes).as_deref(), Some(name), "{bytes:?}");
        }
        assert_eq!(detected(b"hello"), None);
        assert_eq!(detected(b"<"), None);
    }
}
