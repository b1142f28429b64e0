//! Object storage.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::payload::Payload;
use crate::domain::ids::{AccountId, ExportId, ImageId, LetterId};
use crate::domain::image::Image;
use crate::domain::time::Timestamp;
use crate::domain::transform::Note;
use crate::domain::warning::Warning;

/// A bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// What the image host serves. Being here is what makes an image public.
    Images,
    /// What waits to be erased, and the daily salts. Nothing serves from here.
    Recovery,
}

/// Prefix of an image's bytes, in both buckets.
pub const IMAGES_PREFIX: &str = "images/";
/// Prefix of the bytes of held images, in the recovery bucket. Only from here do bytes become public later on, so that
/// a database set back to an earlier day cannot republish what was removed since.
pub const HELD_PREFIX: &str = "held/";
/// Prefix of variants, in the bucket that is served: each image has a folder of its own under it.
pub const VARIANTS_PREFIX: &str = "variants/";
/// Prefix of the local outbox, in the recovery bucket.
pub const OUTBOX_PREFIX: &str = "outbox/";
/// Prefix of the keys of personal data, wrapped, in the recovery bucket.
pub const PERSONAL_KEYS_PREFIX: &str = "personal-keys/";
/// Prefix of copies of accounts' data, in the recovery bucket: each has a folder of its own under it.
pub const EXPORTS_PREFIX: &str = "exports/";
/// Prefix of the journal of what must not come undone, in the recovery bucket, which does not go back with the database.
pub const JOURNAL_PREFIX: &str = "journal/";
/// Prefix of the daily salts, in the recovery bucket.
pub const SALTS_PREFIX: &str = "salts/";

/// An object's name in its bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey(String);

impl BlobKey {
    /// Where an image's bytes are.
    #[must_use]
    pub fn image(id: &ImageId) -> Self {
        Self(format!("{IMAGES_PREFIX}{id}"))
    }

    /// Where a held image's bytes are.
    #[must_use]
    pub fn held(id: &ImageId) -> Self {
        Self(format!("{HELD_PREFIX}{id}"))
    }

    /// Where a variant of an image is; its name is the transform in canonical words.
    #[must_use]
    pub fn variant(id: &ImageId, name: &str) -> Self {
        Self(format!("{}{name}", Self::variants_of(id)))
    }

    /// The prefix of all variants of an image.
    #[must_use]
    pub fn variants_of(id: &ImageId) -> String {
        format!("{VARIANTS_PREFIX}{id}/")
    }

    /// Where a letter of the local outbox is; names are in order of time.
    #[must_use]
    pub fn outbox(written_at: Timestamp, id: &LetterId) -> Self {
        Self(format!("{OUTBOX_PREFIX}{:013}-{id}", written_at.0))
    }

    /// Where the key of an account's personal data is.
    #[must_use]
    pub fn personal_key(id: &AccountId) -> Self {
        Self(format!("{PERSONAL_KEYS_PREFIX}{id}"))
    }

    /// Where a file of a copy of an account's data is. Each attempt at it has a name of its own, of random `letters`, so that one
    /// that comes late puts nothing in the place of another's.
    #[must_use]
    pub fn export_file(id: &ExportId, number: u64, letters: &str) -> Self {
        Self(format!("{}{number:04}-{letters}", Self::exports_of(id)))
    }

    /// The prefix of all files of a copy of an account's data.
    #[must_use]
    pub fn exports_of(id: &ExportId) -> String {
        format!("{EXPORTS_PREFIX}{id}/")
    }

    /// Where the salt of a UTC day (`2026-11-24`) is.
    #[must_use]
    pub fn salt(day: &str) -> Self {
        Self(format!("{SALTS_PREFIX}{day}"))
    }

    /// Where a part of the journal is; names are in order of time, and chance keeps two of the same time apart.
    #[must_use]
    pub fn journal(written_at: Timestamp, random: &str) -> Self {
        Self(format!("{JOURNAL_PREFIX}{:013}-{random}", written_at.0))
    }

    /// When a part of the journal was written, if the name is that of one.
    #[must_use]
    pub fn journal_time(&self) -> Option<Timestamp> {
        let (time, _) = self.0.strip_prefix(JOURNAL_PREFIX)?.split_once('-')?;
        time.parse().ok().map(Timestamp)
    }

    /// The account whose key this is, if the name is that of a key.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        self.0.strip_prefix(PERSONAL_KEYS_PREFIX).and_then(AccountId::parse)
    }

    /// The copy of an account's data to which this belongs, if the name is that of a file of one.
    #[must_use]
    pub fn export_id(&self) -> Option<ExportId> {
        let (id, _) = self.0.strip_prefix(EXPORTS_PREFIX)?.split_once('/')?;
        ExportId::parse(id)
    }

    /// A name as a listing or the database gave it.
    #[must_use]
    pub fn listed(name: String) -> Self {
        Self(name)
    }

    /// The image these bytes belong to, if the name is that of an image, held or not, or of a variant.
    #[must_use]
    pub fn image_id(&self) -> Option<ImageId> {
        if let Some(variant) = self.0.strip_prefix(VARIANTS_PREFIX) {
            return variant.split_once('/').and_then(|(id, _)| ImageId::parse(id));
        }
        [IMAGES_PREFIX, HELD_PREFIX].iter().find_map(|prefix| self.0.strip_prefix(prefix)).and_then(ImageId::parse)
    }

    /// The UTC day this salt is for, if the name is that of a salt.
    #[must_use]
    pub fn salt_day(&self) -> Option<&str> {
        self.0.strip_prefix(SALTS_PREFIX)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is stored beside the bytes, so that serving them needs no database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobMeta {
    /// The type we found by looking, served as `Content-Type`.
    pub media_type: String,
    /// SHA-256 of the bytes, lowercase hexadecimal; its first half is the entity tag.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// When the image was uploaded: `Last-Modified`.
    pub created_at: Timestamp,
    /// When it must no longer be served.
    pub expires_at: Option<Timestamp>,
    /// Some: the image is restricted, and this is shown until a visitor asks to see it.
    pub warning: Option<Warning>,
    /// Whether it is served only at an address that its owner signed.
    #[serde(default)]
    pub is_private: bool,
    /// Of a variant: what was not done as it was asked for.
    #[serde(default)]
    pub notes: Vec<Note>,
}

impl BlobMeta {
    /// What goes with a small object of our own, which nothing serves.
    #[must_use]
    pub fn plain(sha256: String, bytes: u64, created_at: Timestamp) -> Self {
        Self {
            media_type: "application/octet-stream".into(),
            sha256,
            bytes,
            created_at,
            expires_at: None,
            warning: None,
            is_private: false,
            notes: Vec::new(),
        }
    }

    /// What goes with the bytes of `image`, by its row.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        Self {
            media_type: image.facts.format.media_type().to_owned(),
            sha256: image.sha256.clone(),
            bytes: image.facts.bytes,
            created_at: image.created_at,
            expires_at: image.retention.expires_at,
            warning: Warning::of(image),
            is_private: image.placement.is_private,
            notes: Vec::new(),
        }
    }
}

/// Bytes `offset .. offset + length` of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// First byte.
    pub offset: u64,
    /// How many; at least 1.
    pub length: u64,
}

impl ByteRange {
    /// The value of `Content-Range` for this part of `size` bytes (RFC 9110 §14.4).
    #[must_use]
    pub fn content_range(self, size: u64) -> String {
        let last = self.offset.saturating_add(self.length).saturating_sub(1);
        format!("bytes {}-{last}/{size}", self.offset)
    }
}

/// What a conditional write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The bytes are stored.
    Stored,
    /// Something is there already; nothing was changed.
    AlreadyThere,
}

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBlob {
    /// Its name.
    pub key: BlobKey,
    /// When it was stored.
    pub stored_at: Timestamp,
}

/// One page of a listing, in order of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobPage {
    /// The objects.
    pub blobs: Vec<ListedBlob>,
    /// Where the next page starts; `None`: this was the last.
    pub next: Option<String>,
}

/// Why the storage did not do it; whether a write happened is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("storage: {0}")]
pub struct BlobFailure(pub String);

/// Most names in one call of [`Blobs::delete`] (R2's limit).
pub const DELETE_KEYS_MAX: usize = 1_000;

/// Shortest part of a multipart upload but for the last, in bytes: S3's and R2's limit. All but the last are of one length.
pub const PART_BYTES_MIN: usize = 5 * 1_024 * 1_024;

/// An object that is written part by part. Nothing is there until it is completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultipartUpload {
    /// Where.
    pub bucket: Bucket,
    /// What it will be called.
    pub key: BlobKey,
    /// What the storage calls the upload.
    pub id: String,
}

/// A part that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// 1, 2, …
    pub number: u16,
    /// What the storage calls it.
    pub etag: String,
}

/// Object storage with conditional writes and checked digests.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores `body` under a name that must be free. The storage itself checks that the bytes have
    /// the digest `meta.sha256`, and fails otherwise.
    async fn put_new(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        body: Payload,
        meta: &BlobMeta,
    ) -> Result<PutOutcome, BlobFailure>;

    /// Stores bytes about which nothing is known but how many they are, under a name that must be free, and answers
    /// their SHA-256, lowercase hexadecimal. What is there already is taken to be the work of the same call, repeated
    /// by the platform: the name is of the caller's making. They are opened with [`Blobs::open`].
    async fn keep(&self, bucket: Bucket, key: &BlobKey, body: Payload, bytes: u64) -> Result<String, BlobFailure>;

    /// An object's bytes, whole or in part, whatever is stored beside them. The range must lie within the object.
    async fn open(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<Payload>, BlobFailure>;

    /// Begins an object that is written part by part. What is neither completed nor aborted, the storage forgets by itself (R2: after
    /// 7 days).
    async fn begin_multipart(&self, bucket: Bucket, key: &BlobKey) -> Result<MultipartUpload, BlobFailure>;

    /// Stores the part `number` (1, 2, …) of at least [`PART_BYTES_MIN`], if it is not the last.
    async fn put_part(&self, upload: &MultipartUpload, number: u16, bytes: Vec<u8>) -> Result<StoredPart, BlobFailure>;

    /// Makes the object of its parts. It is opened with [`Blobs::open`].
    async fn complete_multipart(&self, upload: &MultipartUpload, parts: &[StoredPart]) -> Result<(), BlobFailure>;

    /// Gives up what was begun.
    async fn abort_multipart(&self, upload: &MultipartUpload) -> Result<(), BlobFailure>;

    /// Writes anew what is stored beside an object's bytes, which stay; answers false if it is not there, or if
    /// somebody changed it meanwhile.
    async fn relabel(&self, bucket: Bucket, key: &BlobKey, meta: &BlobMeta) -> Result<bool, BlobFailure>;

    /// Puts `bytes` in the place of a short object of our own, if what is there is still `expected`; answers false if it is
    /// not: what is gone does not come back.
    async fn replace(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        expected: &[u8],
        bytes: Vec<u8>,
        meta: &BlobMeta,
    ) -> Result<bool, BlobFailure>;

    /// What is known about an object; `None`: not there.
    async fn head(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<BlobMeta>, BlobFailure>;

    /// An object's bytes, whole or in part. The range must lie within the object.
    async fn get(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(BlobMeta, Payload)>, BlobFailure>;

    /// A stretch of an object's bytes in memory, at most a few MB. The range must lie within the object.
    async fn read_range(&self, bucket: Bucket, key: &BlobKey, range: ByteRange)
    -> Result<Option<Vec<u8>>, BlobFailure>;

    /// A short object's bytes (at most a few MB) in memory.
    async fn read(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<Vec<u8>>, BlobFailure>;

    /// Removes objects, at most [`DELETE_KEYS_MAX`]; missing ones are no error.
    async fn delete(&self, bucket: Bucket, keys: &[BlobKey]) -> Result<(), BlobFailure>;

    /// Objects whose names start with `prefix`, from where an earlier page ended.
    async fn list(&self, bucket: Bucket, prefix: &str, from: Option<&str>, limit: u32)
    -> Result<BlobPage, BlobFailure>;
}
