//! The storage port in memory, as strict as R2: names are free or taken, digests are checked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use tintype::domain::hex;
use tintype::domain::time::Timestamp;
use tintype::ports::blobs::{
    BlobFailure, BlobKey, BlobMeta, BlobPage, Blobs, Bucket, ByteRange, ListedBlob, MultipartUpload, PART_BYTES_MIN,
    PutOutcome, StoredPart,
};
use tintype::ports::clock::Clock as _;
use tintype::ports::payload::Payload;

use super::platform_limits::KEYS_MAX;
use super::small_ports::{FixedClock, bytes_of};

struct Stored {
    /// Nothing for what is only kept.
    meta: Option<BlobMeta>,
    bytes: Bytes,
    stored_at: Timestamp,
}

type Objects = BTreeMap<(Bucket, String), Stored>;

/// The parts of what is written part by part, by the upload's name.
type Uploads = BTreeMap<String, BTreeMap<u16, Bytes>>;

pub struct MemoryBlobs {
    objects: Mutex<Objects>,
    uploads: Mutex<Uploads>,
    /// What was deleted since somebody last asked; none: nobody does.
    erased: Mutex<Option<Vec<(Bucket, String)>>>,
    clock: Arc<FixedClock>,
}

impl MemoryBlobs {
    pub fn new(clock: Arc<FixedClock>) -> Self {
        Self { objects: Mutex::default(), uploads: Mutex::default(), erased: Mutex::default(), clock }
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().expect("not poisoned")
    }

    /// The names in a bucket, for assertions.
    pub fn names(&self, bucket: Bucket) -> Vec<String> {
        self.objects().keys().filter(|(b, _)| *b == bucket).map(|(_, name)| name.clone()).collect()
    }

    /// Whether the public object of this name is behind a warning; none if it is not there.
    pub fn has_warning(&self, name: &str) -> Option<bool> {
        let objects = self.objects();
        let stored = objects.get(&(Bucket::Images, name.to_owned()))?;
        Some(stored.meta.as_ref().is_some_and(|meta| meta.warning.is_some()))
    }

    /// What an object holds, for assertions.
    pub fn bytes(&self, bucket: Bucket, name: &str) -> Bytes {
        self.objects().get(&(bucket, name.to_owned())).map(|stored| stored.bytes.clone()).unwrap_or_default()
    }

    /// Whether the public object of this name says that it is private; none if it is not there.
    pub fn is_private(&self, name: &str) -> Option<bool> {
        let objects = self.objects();
        let stored = objects.get(&(Bucket::Images, name.to_owned()))?;
        Some(stored.meta.as_ref().is_some_and(|meta| meta.is_private))
    }

    /// Whether there is an object of this name.
    pub fn has(&self, bucket: Bucket, name: &str) -> bool {
        self.objects().contains_key(&(bucket, name.to_owned()))
    }

    /// What was there and was deleted since the last question; the first one begins to watch.
    pub fn take_erased(&self) -> Vec<(Bucket, String)> {
        self.erased.lock().expect("not poisoned").replace(Vec::new()).unwrap_or_default()
    }

    /// Loses or plants an object behind everyone's back.
    pub fn lose(&self, bucket: Bucket, name: &str) {
        assert!(self.objects().remove(&(bucket, name.to_owned())).is_some(), "{name} was there to lose");
    }

    pub fn plant(&self, bucket: Bucket, name: &str, bytes: &'static [u8]) {
        let now = self.clock.now();
        let meta = BlobMeta {
            media_type: "image/png".into(),
            sha256: hex::sha256(bytes),
            bytes: bytes.len() as u64,
            created_at: now,
            expires_at: None,
            warning: None,
            is_private: false,
            notes: Vec::new(),
        };
        let stored = Stored { meta: Some(meta), bytes: Bytes::from_static(bytes), stored_at: now };
        self.objects().insert((bucket, name.to_owned()), stored);
    }
}

#[async_trait]
impl Blobs for MemoryBlobs {
    async fn put_new(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        body: Payload,
        meta: &BlobMeta,
    ) -> Result<PutOutcome, BlobFailure> {
        let bytes = bytes_of(body);
        if hex::sha256(&bytes) != meta.sha256 || bytes.len() as u64 != meta.bytes {
            return Err(BlobFailure("the bytes are not the ones announced".into()));
        }
        let mut objects = self.objects();
        let name = (bucket, key.as_str().to_owned());
        if objects.contains_key(&name) {
            return Ok(PutOutcome::AlreadyThere);
        }
        objects.insert(name, Stored { meta: Some(meta.clone()), bytes, stored_at: self.clock.now() });
        Ok(PutOutcome::Stored)
    }

    async fn keep(&self, bucket: Bucket, key: &BlobKey, body: Payload, length: u64) -> Result<String, BlobFailure> {
        let bytes = bytes_of(body);
        if bytes.len() as u64 != length {
            return Err(BlobFailure("the bytes are not as many as announced".into()));
        }
        let sha256 = hex::sha256(&bytes);
        let stored = Stored { meta: None, bytes, stored_at: self.clock.now() };
        self.objects().entry((bucket, key.as_str().to_owned())).or_insert(stored);
        Ok(sha256)
    }

    async fn open(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<Payload>, BlobFailure> {
        let objects = self.objects();
        let stored = objects.get(&(bucket, key.as_str().to_owned()));
        Ok(stored.map(|stored| Payload::Bytes(stretch(stored, range))))
    }

    async fn begin_multipart(&self, bucket: Bucket, key: &BlobKey) -> Result<MultipartUpload, BlobFailure> {
        let mut uploads = self.uploads.lock().expect("not poisoned");
        let id = format!("upload-{}", uploads.len());
        uploads.insert(id.clone(), BTreeMap::new());
        Ok(MultipartUpload { bucket, key: key.clone(), id })
    }

    async fn put_part(&self, upload: &MultipartUpload, number: u16, bytes: Vec<u8>) -> Result<StoredPart, BlobFailure> {
        assert!((1..=10_000).contains(&number), "R2 takes 10,000 parts");
        let mut uploads = self.uploads.lock().expect("not poisoned");
        let parts = uploads.get_mut(&upload.id).ok_or_else(|| BlobFailure("no such upload".into()))?;
        let etag = hex::sha256(&bytes);
        parts.insert(number, bytes.into());
        Ok(StoredPart { number, etag })
    }

    async fn complete_multipart(&self, upload: &MultipartUpload, parts: &[StoredPart]) -> Result<(), BlobFailure> {
        let stored = self.uploads.lock().expect("not poisoned").remove(&upload.id);
        let stored = stored.ok_or_else(|| BlobFailure("no such upload".into()))?;
        let part = |part: &StoredPart| stored.get(&part.number).filter(|bytes| hex::sha256(bytes) == part.etag);
        let parts: Option<Vec<&Bytes>> = parts.iter().map(part).collect();
        let parts = parts.filter(|parts| !parts.is_empty()).ok_or_else(|| BlobFailure("no such part".into()))?;
        let (last, others) = parts.split_last().expect("some");
        let is_even = others.iter().all(|part| part.len() == others[0].len() && part.len() >= PART_BYTES_MIN);
        assert!(is_even && others.first().is_none_or(|part| last.len() <= part.len()), "as R2 takes parts");
        // At once as long as it will be: tests measure what a file takes while it is made.
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        let stored = Stored { meta: None, bytes: bytes.into(), stored_at: self.clock.now() };
        self.objects().insert((upload.bucket, upload.key.as_str().to_owned()), stored);
        Ok(())
    }

    async fn abort_multipart(&self, upload: &MultipartUpload) -> Result<(), BlobFailure> {
        self.uploads.lock().expect("not poisoned").remove(&upload.id);
        Ok(())
    }

    async fn relabel(&self, bucket: Bucket, key: &BlobKey, meta: &BlobMeta) -> Result<bool, BlobFailure> {
        let mut objects = self.objects();
        let Some(stored) = objects.get_mut(&(bucket, key.as_str().to_owned())) else { return Ok(false) };
        if hex::sha256(&stored.bytes) != meta.sha256 {
            return Err(BlobFailure("the bytes are not the ones announced".into()));
        }
        stored.meta = Some(meta.clone());
        Ok(true)
    }

    async fn replace(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        expected: &[u8],
        bytes: Vec<u8>,
        meta: &BlobMeta,
    ) -> Result<bool, BlobFailure> {
        if hex::sha256(&bytes) != meta.sha256 || bytes.len() as u64 != meta.bytes {
            return Err(BlobFailure("the bytes are not the ones announced".into()));
        }
        let mut objects = self.objects();
        let Some(stored) = objects.get_mut(&(bucket, key.as_str().to_owned())) else { return Ok(false) };
        if stored.bytes != expected {
            return Ok(false);
        }
        *stored = Stored { meta: Some(meta.clone()), bytes: bytes.into(), stored_at: self.clock.now() };
        Ok(true)
    }

    async fn head(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<BlobMeta>, BlobFailure> {
        self.objects().get(&(bucket, key.as_str().to_owned())).map(described).transpose()
    }

    async fn get(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(BlobMeta, Payload)>, BlobFailure> {
        let objects = self.objects();
        let Some(stored) = objects.get(&(bucket, key.as_str().to_owned())) else { return Ok(None) };
        Ok(Some((described(stored)?, Payload::Bytes(stretch(stored, range)))))
    }

    async fn read_range(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: ByteRange,
    ) -> Result<Option<Vec<u8>>, BlobFailure> {
        Ok(self.objects().get(&(bucket, key.as_str().to_owned())).map(|stored| stretch(stored, Some(range)).to_vec()))
    }

    async fn read(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<Vec<u8>>, BlobFailure> {
        Ok(self.objects().get(&(bucket, key.as_str().to_owned())).map(|stored| stored.bytes.to_vec()))
    }

    async fn delete(&self, bucket: Bucket, keys: &[BlobKey]) -> Result<(), BlobFailure> {
        if keys.len() > KEYS_MAX {
            return Err(BlobFailure(format!("R2 takes {KEYS_MAX} names at once")));
        }
        let mut objects = self.objects();
        let mut erased = self.erased.lock().expect("not poisoned");
        for key in keys {
            let name = (bucket, key.as_str().to_owned());
            if objects.remove(&name).is_some() {
                erased.iter_mut().for_each(|erased| erased.push(name.clone()));
            }
        }
        Ok(())
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&str>,
        limit: u32,
    ) -> Result<BlobPage, BlobFailure> {
        if limit as usize > KEYS_MAX {
            return Err(BlobFailure(format!("R2 lists {KEYS_MAX} names at once")));
        }
        let objects = self.objects();
        let first = (bucket, from.filter(|from| *from > prefix).unwrap_or(prefix).to_owned());
        let mut matching = objects
            .range(first..)
            .take_while(|((b, name), _)| *b == bucket && name.starts_with(prefix))
            .filter(|((_, name), _)| from.is_none_or(|from| name.as_str() > from));
        let mut blobs = Vec::new();
        for ((_, name), stored) in matching.by_ref().take(limit as usize) {
            blobs.push(ListedBlob { key: BlobKey::listed(name.clone()), stored_at: stored.stored_at });
        }
        let more = matching.next().is_some();
        let next = blobs.last().filter(|_| more).map(|last| last.key.as_str().to_owned());
        Ok(BlobPage { blobs, next })
    }
}

fn stretch(stored: &Stored, range: Option<ByteRange>) -> Bytes {
    let Some(range) = range else { return stored.bytes.clone() };
    let (from, to) = (range.offset as usize, (range.offset + range.length) as usize);
    assert!(range.length > 0 && to <= stored.bytes.len(), "the range lies within the object");
    stored.bytes.slice(from..to)
}

/// As on R2, what was only kept has nothing beside it that could be read.
fn described(stored: &Stored) -> Result<BlobMeta, BlobFailure> {
    stored.meta.clone().ok_or_else(|| BlobFailure("an object without a description".into()))
}
