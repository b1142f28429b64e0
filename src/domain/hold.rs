//! Why an image may not be erased.

/// A kind of hold. Of several on one image, the one that ends last counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldKind {
    /// The law has it preserved: it is never public and in no export meanwhile.
    Legal,
    /// Its uploader may answer a claim of copyright, or has, and it may have to come back (17 U.S.C. 512(g)).
    CounterNotice,
    /// Its uploader has appealed, and it may come back.
    Appeal,
}

impl HoldKind {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::CounterNotice => "counter_notice",
            Self::Appeal => "appeal",
        }
    }
}
