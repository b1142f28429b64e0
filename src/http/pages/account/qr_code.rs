//! A QR code (ISO/IEC 18004) as the path of an SVG: one square for each dark run, and nothing a policy would block.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET_ZONE: usize = 4;

/// A code to be drawn.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Width and height in modules, with the quiet zone.
    pub modules: usize,
    /// The dark modules, for the `d` attribute of a path.
    pub path: String,
}

/// Draws `text`, which may lose 15 % of its area; `None` if it is too long for any code.
#[must_use]
pub fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + QUIET_ZONE, y + QUIET_ZONE, run.len(), run.len());
            }
            x += run.len();
        }
    }
    Some(Drawing { modules: width + 2 * QUIET_ZONE, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_eyes_and_a_quiet_zone() {
        let drawing = draw("otpauth://totp/Tintype:ada?secret=GEZDGNBVGY3TQOJQ").expect("short enough");
        assert_eq!((drawing.modules - 8 - 17) % 4, 0, "a version has 17 + 4n modules");
        let last = drawing.modules - QUIET_ZONE - 7;
        for (x, y) in [(4, 4), (last, 4), (4, last)] {
            assert!(drawing.path.contains(&format!("M{x} {y}h7v1h-7z")), "the eye at {x} {y}");
        }
        assert!(draw(&"x".repeat(3_000)).is_none());
    }
}
