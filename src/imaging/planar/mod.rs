//! JPEG to JPEG without ever being RGB: planes of brightness and colour are decoded at the scale that is enough,
//! resampled as their rows come, and encoded.
//!
//! ```text
//! Header::read -> Resize::new -> memory_bytes -> run -> Planes -> encode
//!      |                                             '-> to_rgb, for whatever needs pixels
//!      '-> None: not taken on
//! ```
//!
//! What it does not take on (CMYK, 12 bits, arithmetic coding, rare samplings) it says before it begins, and the
//! caller has decoders for everything.

mod area;
mod dct;
pub mod decode;
pub mod encode;
mod filter;
mod lanes;
pub mod planes;
pub mod resample;
pub mod resize;
