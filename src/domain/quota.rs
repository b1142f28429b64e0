//! How much an account stores, and how much it may. The figures are in `policy::quotas`.

use serde::Deserialize;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Images that are public or held, or on their way.
    Images,
    /// Their bytes.
    Bytes,
    /// Uploads in a calendar month (UTC).
    Uploads,
}

impl Resource {
    /// Everything that is counted.
    pub const ALL: [Self; 3] = [Self::Images, Self::Bytes, Self::Uploads];

    /// The word used in answers, and by the database when it refuses more.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Bytes => "bytes",
            Self::Uploads => "uploads",
        }
    }
}

/// How much an account may; none: as much as it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Images.
    pub images_max: Option<u64>,
    /// Bytes.
    pub bytes_max: Option<u64>,
    /// Uploads in a calendar month (UTC).
    pub uploads_max: Option<u64>,
}

/// How much an account stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Storage {
    /// Images that are public or held, or on their way.
    pub images: u64,
    /// Their bytes as they are stored; of those that are held, as they came.
    pub bytes: u64,
    /// The calendar month (UTC) in which uploads were last counted, as 2026-11.
    pub month: String,
    /// Uploads in that month, also of what was deleted since.
    pub uploads: u64,
}

impl Quota {
    /// The most of one thing.
    #[must_use]
    pub fn max_of(&self, resource: Resource) -> Option<u64> {
        match resource {
            Resource::Images => self.images_max,
            Resource::Bytes => self.bytes_max,
            Resource::Uploads => self.uploads_max,
        }
    }

    /// What there is no more room of in `month`, before it is known how large the next image is.
    #[must_use]
    pub fn used_up(&self, storage: &Storage, month: &str) -> Option<Resource> {
        let used = |resource| match resource {
            Resource::Images => storage.images,
            Resource::Bytes => storage.bytes,
            Resource::Uploads => storage.uploads_in(month),
        };
        Resource::ALL.into_iter().find(|resource| self.max_of(*resource).is_some_and(|max| used(*resource) >= max))
    }
}

impl Storage {
    /// Uploads in `month`, which is not before the one of the last upload.
    #[must_use]
    pub fn uploads_in(&self, month: &str) -> u64 {
        if self.month == month { self.uploads } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_is_named_and_last_months_uploads_are_not_counted() {
        let quota = Quota { images_max: Some(10), bytes_max: Some(1_000), uploads_max: Some(5) };
        let storage = |images, bytes, uploads| Storage { images, bytes, month: "2026-11".into(), uploads };
        assert_eq!(quota.used_up(&storage(9, 999, 4), "2026-11"), None);
        assert_eq!(quota.used_up(&storage(10, 0, 0), "2026-11"), Some(Resource::Images));
        assert_eq!(quota.used_up(&storage(0, 1_000, 0), "2026-11"), Some(Resource::Bytes));
        assert_eq!(quota.used_up(&storage(0, 0, 5), "2026-11"), Some(Resource::Uploads));
        assert_eq!(quota.used_up(&storage(0, 0, 5), "2026-12"), None);
        assert_eq!(Quota::default().used_up(&storage(u64::MAX, u64::MAX, u64::MAX), "2026-11"), None);
    }
}
