//! The two things of Exif that are kept: orientation, without which the picture lies on its side, and the
//! copyright notice, which the law asks us not to remove (17 U.S.C. 1202; directive 2001/29/EC, article 7).
//!
//! A reader of our own: general ones parse every directory, maker notes included, of a file whose every other
//! tag is thrown away. This one looks at one directory, once, and cannot loop.

use crate::imaging::bytes::array;

/// IFD0 tags (CIPA DC-008-2023, table 4).
const ORIENTATION: u16 = 0x0112;
const COPYRIGHT: u16 = 0x8298;
/// TIFF field types (TIFF 6.0, section 2).
const ASCII: u16 = 2;
const SHORT: u16 = 3;
/// Longer notices are cut here: a notice is a line, not a hiding place.
const COPYRIGHT_BYTES_MAX: usize = 1_000;

/// What is kept of Exif.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exif {
    /// 1 to 8; 1 where the file says nothing usable.
    pub orientation: u8,
    /// Without the terminating NUL; never empty.
    pub copyright: Option<Vec<u8>>,
}

impl Default for Exif {
    fn default() -> Self {
        Self { orientation: 1, copyright: None }
    }
}

/// Reads the two tags of a TIFF structure. What is malformed counts as absent: it is dropped either way.
pub fn read(tiff: &[u8]) -> Exif {
    read_directory(tiff).unwrap_or_default()
}

fn read_directory(tiff: &[u8]) -> Option<Exif> {
    let tiff = Tiff::new(tiff)?;
    let directory = usize::try_from(tiff.u32(4)?).ok()?;
    let entries = usize::from(tiff.u16(directory)?);
    let mut exif = Exif::default();
    for entry in 0..entries {
        let at = directory.checked_add(2 + entry * 12)?;
        let Some(tag) = tiff.u16(at) else { break };
        let (kind, count) = (tiff.u16(at + 2)?, tiff.u32(at + 4)?);
        match tag {
            ORIENTATION if kind == SHORT && count == 1 => {
                let value = tiff.u16(at + 8)?;
                exif.orientation = u8::try_from(value).ok().filter(|o| (1..=8).contains(o)).unwrap_or(1);
            }
            COPYRIGHT if kind == ASCII => exif.copyright = tiff.ascii(at + 8, count),
            _ => {}
        }
    }
    Some(exif)
}

/// A TIFF structure: everything in it is relative to its beginning and in its own byte order.
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let little = match &array::<4>(bytes, 0)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Self { bytes, little })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = array(self.bytes, at)?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = array(self.bytes, at)?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// Text of `count` bytes: in the value field if it fits, else where the value field points.
    fn ascii(&self, value_at: usize, count: u32) -> Option<Vec<u8>> {
        let count = usize::try_from(count).ok()?;
        let start = if count <= 4 { value_at } else { usize::try_from(self.u32(value_at)?).ok()? };
        let text = self.bytes.get(start..start.checked_add(count)?)?;
        // NUL stands between the photographer's and the editor's notice; other control characters have no place.
        let printable = |byte: &u8| *byte >= 0x20 || *byte == 0;
        let mut notice: Vec<u8> = text.iter().copied().filter(printable).take(COPYRIGHT_BYTES_MAX).collect();
        while notice.pop_if(|byte| matches!(byte, 0 | b' ')).is_some() {}
        (!notice.is_empty()).then_some(notice)
    }
}

impl Exif {
    /// A TIFF structure of one directory with nothing but these tags, or nothing if there are none to tell.
    pub fn to_tiff(&self) -> Option<Vec<u8>> {
        let notice = self.copyright.as_deref();
        let entries = u16::from(self.orientation != 1) + u16::from(notice.is_some());
        if entries == 0 {
            return None;
        }
        let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
        tiff.extend(entries.to_be_bytes());
        if self.orientation != 1 {
            entry(&mut tiff, ORIENTATION, SHORT, 1, [0, self.orientation, 0, 0]);
        }
        if let Some(notice) = notice {
            let count = u32::try_from(notice.len() + 1).ok()?;
            let text: Vec<u8> = notice.iter().copied().chain([0]).collect();
            let mut inline = [0; 4];
            let mut outside: &[u8] = &[];
            if let Some(place) = inline.get_mut(..text.len()) {
                place.copy_from_slice(&text);
            } else {
                // The text follows this entry's value field and the offset of the next directory.
                let at = u32::try_from(tiff.len() + 8 + 4 + 4).ok()?;
                inline = at.to_be_bytes();
                outside = &text;
            }
            entry(&mut tiff, COPYRIGHT, ASCII, count, inline);
            tiff.extend([0; 4]);
            tiff.extend_from_slice(outside);
        } else {
            tiff.extend([0; 4]);
        }
        Some(tiff)
    }
}

fn entry(tiff: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: [u8; 4]) {
    tiff.extend(tag.to_be_bytes());
    tiff.extend(kind.to_be_bytes());
    tiff.extend(count.to_be_bytes());
    tiff.extend(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(orientation: u8, copyright: Option<&str>) -> Exif {
        Exif { orientation, copyright: copyright.map(|text| text.as_bytes().to_vec()) }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let long = "x".repeat(COPYRIGHT_BYTES_MAX);
        for orientation in 1..=8 {
            for notice in [None, Some("A"), Some("ABC"), Some("ABCD"), Some("(c) A\0(c) B"), Some(&*long)] {
                let exif = exif(orientation, notice);
                match exif.to_tiff() {
                    Some(tiff) => assert_eq!(read(&tiff), exif),
                    None => assert_eq!(exif, Exif::default()),
                }
            }
        }
    }

    #[test]
    fn both_byte_orders_are_read() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(read(little).orientation, 6);
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!(read(big).orientation, 6);
    }

    #[test]
    fn nonsense_counts_as_absent() {
        let tiff = exif(6, Some("(c) A. Person")).to_tiff().unwrap();
        for cut in 0..tiff.len() {
            read(&tiff[..cut]);
        }
        for (at, value) in [(0, 0), (4, 0xff), (8, 0xff), (11, 0), (19, 9), (19, 0), (26, 0xff), (30, 0xff)] {
            let mut broken = tiff.clone();
            broken[at] = value;
            let read = read(&broken);
            assert!((1..=8).contains(&read.orientation), "{at}");
        }
        assert_eq!(read(b""), Exif::default());
    }

    #[test]
    fn a_notice_is_a_line_and_not_a_hiding_place() {
        let tiff = exif(1, Some(&"y".repeat(5_000))).to_tiff().unwrap();
        assert_eq!(read(&tiff).copyright.unwrap().len(), COPYRIGHT_BYTES_MAX);
        let tiff = exif(1, Some("a\u{7}b\n  ")).to_tiff().unwrap();
        assert_eq!(read(&tiff), exif(1, Some("ab")));
    }
}
