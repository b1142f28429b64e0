//! JPEG to JPEG by planes: as other decoders see it, in bounded memory, whatever the file is.

use tintype::domain::facts::Rejection;
use tintype::imaging::planar::decode::{Band, Header, Scale, Sink, decode};

use crate::harness::image_files::{self as files, Jpeg};

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

/// Brightness as `jpeg-decoder` sees it: no other decoder's upsampling and colours come into it.
fn luma_of_oracle(file: &[u8], scale: Scale) -> Vec<u8> {
    let mut decoder = jpeg_decoder::Decoder::new(file);
    decoder.set_color_transform(jpeg_decoder::ColorTransform::None);
    decoder.read_info().expect("a header");
    let info = decoder.info().expect("a header");
    let scaled = |side: u16| (usize::from(side) * scale.side()).div_ceil(8) as u16;
    decoder.scale(scaled(info.width), scaled(info.height)).expect("a scale");
    let pixels = decoder.decode().expect("whole");
    pixels.chunks(info.pixel_format.pixel_bytes()).map(|pixel| pixel[0]).collect()
}

fn largest_difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().expect("samples")
}

#[test]
fn planes_are_those_of_another_decoder_at_every_scale() {
    let kinds = [Jpeg::Baseline, Jpeg::Full, Jpeg::Grey, Jpeg::Progressive, Jpeg::ProgressiveFull, Jpeg::Restarts];
    for kind in kinds {
        for (width, height) in [(64, 48), (37, 29), (1, 1), (17, 130)] {
            let file = files::jpeg(width, height, kind);
            for scale in Scale::ALL {
                let [luma, ..] = planes(&file, scale);
                let difference = largest_difference(&luma, &luma_of_oracle(&file, scale));
                // Its full size rounds otherwise, and its eighth rounds down.
                assert!(difference <= 1, "{kind:?} {width}x{height} {scale:?}: {difference}");
            }
        }
    }
}
