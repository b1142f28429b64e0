//! Small real images, made on the spot.

/// A PNG of 8 x 8 pixels in one colour: different colours are different files.
pub fn png(colour: [u8; 3]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 8, 8);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = colour.iter().copied().cycle().take(8 * 8 * 3).collect();
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    file
}

/// A small PNG that is like no other with another number.
pub fn numbered_png(number: u64) -> Vec<u8> {
    png([(number & 255) as u8, (number >> 8 & 255) as u8, (number >> 16 & 255) as u8])
}
