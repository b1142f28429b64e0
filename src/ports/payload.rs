//! Bytes on their way through. On Cloudflare the core never sees them: it holds the platform's own
//! stream and hands it on (bytes go around, decisions go through).

use std::any::Any;
use std::fmt;

use bytes::Bytes;

/// A stream that only the platform's adapter can read.
pub trait PlatformStream: Any + Send {
    /// Length in bytes, where it is known before reading.
    fn length(&self) -> Option<u64>;
    /// The same bytes once more, if the platform holds them and need not read a stream twice.
    fn again(&self) -> Option<Box<dyn PlatformStream>> {
        None
    }
    /// The stream as the adapter's own type.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// Bytes to be stored, examined or served. Used once.
pub enum Payload {
    /// In memory: short things, and everything in native tests.
    Bytes(Bytes),
    /// Held by the platform.
    Platform(Box<dyn PlatformStream>),
}

impl Payload {
    /// Length in bytes, where it is known before reading.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Platform(stream) => stream.length(),
        }
    }

    /// The same bytes once more, where that costs nothing: bytes in memory, and files of a form. A stream can be
    /// read once.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        match self {
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Platform(stream) => stream.again().map(Self::Platform),
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({:?} bytes)", self.length())
    }
}
