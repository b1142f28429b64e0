//! JPEG to JPEG without ever being RGB: brightness and colour planes are decoded at the scale that is enough,
//! resampled, and encoded.
//!
//! What it does not take on (CMYK, 12 bits, arithmetic coding, rare samplings) it says before it begins, and the
//! caller has decoders for everything.

mod dct;
pub mod decode;
mod filter;
pub mod resample;
