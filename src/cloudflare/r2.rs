//! The storage port on R2. What an image's answer needs is kept as the object's metadata.

use std::collections::HashMap;

use async_trait::async_trait;
use wasm_bindgen::JsCast as _;
use web_sys::ReadableStream;
use worker::send::SendFuture;
use worker::{
    Bucket as R2Bucket, Conditional, Data, HttpMetadata, Include, MultipartUpload as R2MultipartUpload, Object, Range,
    UploadedPart,
};

use super::{js, js_payload};
use crate::domain::hex;
use crate::domain::time::Timestamp;
use crate::ports::blobs::{
    BlobFailure, BlobKey, BlobMeta, BlobPage, Blobs, Bucket, ByteRange, ListedBlob, MultipartUpload, PutOutcome,
    StoredPart,
};
use crate::ports::payload::Payload;

const SHA256: &str = "sha256";
const CREATED_AT: &str = "created_at";
const EXPIRES_AT: &str = "expires_at";
/// JSON; only with the bytes of a restricted image.
const WARNING: &str = "warning";
const PRIVATE: &str = "private";
/// JSON; only with variants about which there is something to say.
const NOTES: &str = "notes";

/// The two buckets.
pub struct R2Blobs {
    /// What the image host serves.
    pub images: R2Bucket,
    /// What nothing serves.
    pub recovery: R2Bucket,
}

impl R2Blobs {
    fn bucket(&self, bucket: Bucket) -> &R2Bucket {
        match bucket {
            Bucket::Images => &self.images,
            Bucket::Recovery => &self.recovery,
        }
    }

    /// An object with its bytes, or a range of them.
    async fn find(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<Object>, BlobFailure> {
        let mut get = self.bucket(bucket).get(key.as_str());
        if let Some(range) = range {
            get = get.range(Range::OffsetWithLength { offset: range.offset, length: range.length });
        }
        get.execute().await.map_err(failure)
    }

    fn resume(&self, upload: &MultipartUpload) -> Result<R2MultipartUpload, BlobFailure> {
        self.bucket(upload.bucket).resume_multipart_upload(upload.key.as_str(), upload.id.as_str()).map_err(failure)
    }
}

#[async_trait]
impl Blobs for R2Blobs {
    async fn put_new(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        body: Payload,
        meta: &BlobMeta,
    ) -> Result<PutOutcome, BlobFailure> {
        SendFuture::new(async {
            let digest = hex::decode(&meta.sha256).ok_or_else(|| BlobFailure("a digest that is none".into()))?;
            let absent = Conditional { etag_does_not_match: Some("*".into()), ..Conditional::default() };
            let http = HttpMetadata { content_type: Some(meta.media_type.clone()), ..HttpMetadata::default() };
            let put = self
                .bucket(bucket)
                .put(key.as_str(), storable(body, meta.bytes)?)
                .only_if(absent)
                .sha256(digest)
                .http_metadata(http)
                .custom_metadata(custom_metadata(meta)?)
                .execute()
                .await
                .map_err(failure)?;
            Ok(if put.is_some() { PutOutcome::Stored } else { PutOutcome::AlreadyThere })
        })
        .await
    }

    async fn keep(&self, bucket: Bucket, key: &BlobKey, body: Payload, bytes: u64) -> Result<String, BlobFailure> {
        SendFuture::new(async {
            // A file of a form can be read twice. A stream is read once, by both as the bytes come, so that none waits in
            // memory for the other; the branches of a file's stream would wait for each other for ever.
            let (stored, hashed) = match body.again() {
                Some(again) => (
                    js_payload::into_stream(body).map_err(BlobFailure)?,
                    js_payload::into_stream(again).map_err(BlobFailure)?,
                ),
                None => {
                    let stream = js_payload::into_stream(body).map_err(BlobFailure)?;
                    js::tee(&stream).map_err(|error| BlobFailure(js::error_text(&error)))?
                }
            };
            let absent = Conditional { etag_does_not_match: Some("*".into()), ..Conditional::default() };
            let put = self
                .bucket(bucket)
                .put(key.as_str(), Data::ReadableStream(js::with_length(&stored, bytes)))
                .only_if(absent)
                .execute();
            let digest = js::sha256_of_stream(&hashed);
            let (put, digest) = futures::future::join(put, digest).await;
            put.map_err(failure)?;
            Ok(hex::encode(&digest.map_err(|error| BlobFailure(js::error_text(&error)))?))
        })
        .await
    }

    async fn open(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<Payload>, BlobFailure> {
        SendFuture::new(async {
            let object = self.find(bucket, key, range).await?;
            object.map(|object| opened(&object, range.map_or(object.size(), |range| range.length))).transpose()
        })
        .await
    }

    async fn begin_multipart(&self, bucket: Bucket, key: &BlobKey) -> Result<MultipartUpload, BlobFailure> {
        SendFuture::new(async {
            let upload = self.bucket(bucket).create_multipart_upload(key.as_str()).execute().await.map_err(failure)?;
            Ok(MultipartUpload { bucket, key: key.clone(), id: upload.upload_id().await })
        })
        .await
    }

    async fn put_part(&self, upload: &MultipartUpload, number: u16, bytes: Vec<u8>) -> Result<StoredPart, BlobFailure> {
        SendFuture::new(async {
            let part = self.resume(upload)?.upload_part(number, bytes).await.map_err(failure)?;
            Ok(StoredPart { number: part.part_number(), etag: part.etag() })
        })
        .await
    }

    async fn complete_multipart(&self, upload: &MultipartUpload, parts: &[StoredPart]) -> Result<(), BlobFailure> {
        SendFuture::new(async {
            let parts = parts.iter().map(|part| UploadedPart::new(part.number, part.etag.clone()));
            self.resume(upload)?.complete(parts).await.map(drop).map_err(failure)
        })
        .await
    }

    async fn abort_multipart(&self, upload: &MultipartUpload) -> Result<(), BlobFailure> {
        SendFuture::new(async { self.resume(upload)?.abort().await.map_err(failure) }).await
    }

    async fn relabel(&self, bucket: Bucket, key: &BlobKey, meta: &BlobMeta) -> Result<bool, BlobFailure> {
        SendFuture::new(async {
            let object = self.bucket(bucket).get(key.as_str()).execute().await.map_err(failure)?;
            let Some(object) = object else { return Ok(false) };
            let digest = hex::decode(&meta.sha256).ok_or_else(|| BlobFailure("a digest that is none".into()))?;
            let unchanged = Conditional { etag_matches: Some(object.etag()), ..Conditional::default() };
            let http = HttpMetadata { content_type: Some(meta.media_type.clone()), ..HttpMetadata::default() };
            let put = self
                .bucket(bucket)
                .put(key.as_str(), storable(opened(&object, object.size())?, meta.bytes)?)
                .only_if(unchanged)
                .sha256(digest)
                .http_metadata(http)
                .custom_metadata(custom_metadata(meta)?)
                .execute()
                .await
                .map_err(failure)?;
            Ok(put.is_some())
        })
        .await
    }

    async fn replace(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        expected: &[u8],
        bytes: Vec<u8>,
        meta: &BlobMeta,
    ) -> Result<bool, BlobFailure> {
        SendFuture::new(async {
            let object = self.bucket(bucket).get(key.as_str()).execute().await.map_err(failure)?;
            let Some(object) = object else { return Ok(false) };
            let body = object.body().ok_or_else(|| BlobFailure("an object without a body".into()))?;
            if body.bytes().await.map_err(failure)? != expected {
                return Ok(false);
            }
            let digest = hex::decode(&meta.sha256).ok_or_else(|| BlobFailure("a digest that is none".into()))?;
            let unchanged = Conditional { etag_matches: Some(object.etag()), ..Conditional::default() };
            let http = HttpMetadata { content_type: Some(meta.media_type.clone()), ..HttpMetadata::default() };
            let put = self
                .bucket(bucket)
                .put(key.as_str(), Data::Bytes(bytes))
                .only_if(unchanged)
                .sha256(digest)
                .http_metadata(http)
                .custom_metadata(custom_metadata(meta)?)
                .execute()
                .await
                .map_err(failure)?;
            Ok(put.is_some())
        })
        .await
    }

    async fn head(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<BlobMeta>, BlobFailure> {
        SendFuture::new(async {
            let object = self.bucket(bucket).head(key.as_str()).await.map_err(failure)?;
            object.map(|object| read_meta(&object)).transpose()
        })
        .await
    }

    async fn get(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(BlobMeta, Payload)>, BlobFailure> {
        SendFuture::new(async {
            let Some(object) = self.find(bucket, key, range).await? else { return Ok(None) };
            let meta = read_meta(&object)?;
            let length = range.map_or(meta.bytes, |range| range.length);
            let bytes = opened(&object, length)?;
            Ok(Some((meta, bytes)))
        })
        .await
    }

    async fn read_range(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: ByteRange,
    ) -> Result<Option<Vec<u8>>, BlobFailure> {
        SendFuture::new(async {
            let Some(object) = self.find(bucket, key, Some(range)).await? else { return Ok(None) };
            let body = object.body().ok_or_else(|| BlobFailure("an object without a body".into()))?;
            body.bytes().await.map(Some).map_err(failure)
        })
        .await
    }

    async fn read(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<Vec<u8>>, BlobFailure> {
        SendFuture::new(async {
            let object = self.bucket(bucket).get(key.as_str()).execute().await.map_err(failure)?;
            let Some(object) = object else { return Ok(None) };
            let body = object.body().ok_or_else(|| BlobFailure("an object without a body".into()))?;
            body.bytes().await.map(Some).map_err(failure)
        })
        .await
    }

    async fn delete(&self, bucket: Bucket, keys: &[BlobKey]) -> Result<(), BlobFailure> {
        SendFuture::new(async {
            let names = keys.iter().map(BlobKey::as_str).collect();
            self.bucket(bucket).delete_multiple(names).await.map_err(failure)
        })
        .await
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&str>,
        limit: u32,
    ) -> Result<BlobPage, BlobFailure> {
        SendFuture::new(async {
            let mut list = self.bucket(bucket).list().prefix(prefix).limit(limit).include(Vec::<Include>::new());
            if let Some(from) = from {
                list = list.start_after(from);
            }
            let page = list.execute().await.map_err(failure)?;
            let blobs: Vec<ListedBlob> = page.objects().iter().map(listed).collect();
            let next = blobs.last().filter(|_| page.truncated()).map(|last| last.key.as_str().to_owned());
            Ok(BlobPage { blobs, next })
        })
        .await
    }
}

/// The bytes of an object that was asked for with them.
fn opened(object: &Object, length: u64) -> Result<Payload, BlobFailure> {
    let body = object.body().ok_or_else(|| BlobFailure("an object without a body".into()))?;
    let worker::ResponseBody::Stream(stream) = body.response_body().map_err(failure)? else {
        return Err(BlobFailure("a body that is no stream".into()));
    };
    Ok(js_payload::of_stream(stream.unchecked_into::<ReadableStream>(), Some(length)))
}

fn storable(body: Payload, length: u64) -> Result<Data, BlobFailure> {
    match body {
        Payload::Bytes(bytes) => Ok(Data::Bytes(bytes.to_vec())),
        stream @ Payload::Platform(_) => {
            let stream = js_payload::into_stream(stream).map_err(BlobFailure)?;
            Ok(Data::ReadableStream(js::with_length(&stream, length)))
        }
    }
}

fn custom_metadata(meta: &BlobMeta) -> Result<HashMap<String, String>, BlobFailure> {
    let mut custom = HashMap::from([
        (SHA256.to_owned(), meta.sha256.clone()),
        (CREATED_AT.to_owned(), meta.created_at.0.to_string()),
    ]);
    custom.extend(meta.expires_at.map(|at| (EXPIRES_AT.to_owned(), at.0.to_string())));
    if let Some(warning) = &meta.warning {
        custom.insert(WARNING.to_owned(), serde_json::to_string(warning).map_err(failure)?);
    }
    if meta.is_private {
        custom.insert(PRIVATE.to_owned(), "1".to_owned());
    }
    if !meta.notes.is_empty() {
        custom.insert(NOTES.to_owned(), serde_json::to_string(&meta.notes).map_err(failure)?);
    }
    Ok(custom)
}

fn read_meta(object: &Object) -> Result<BlobMeta, BlobFailure> {
    let custom = object.custom_metadata().map_err(failure)?;
    let unreadable = |name: &str| BlobFailure(format!("object {} has no readable {name}", object.key()));
    let time = |name: &str| custom.get(name).map(|text| text.parse().map(Timestamp).map_err(|_| unreadable(name)));
    Ok(BlobMeta {
        media_type: object.http_metadata().content_type.ok_or_else(|| unreadable("type"))?,
        sha256: custom.get(SHA256).cloned().ok_or_else(|| unreadable(SHA256))?,
        bytes: object.size(),
        created_at: time(CREATED_AT).ok_or_else(|| unreadable(CREATED_AT))??,
        expires_at: time(EXPIRES_AT).transpose()?,
        // One that cannot be read is a failure: without it, the image would be shown to everyone.
        warning: custom
            .get(WARNING)
            .map(|text| serde_json::from_str(text).map_err(|_| unreadable(WARNING)))
            .transpose()?,
        is_private: custom.contains_key(PRIVATE),
        notes: custom.get(NOTES).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
    })
}

fn listed(object: &Object) -> ListedBlob {
    let stored_at = i64::try_from(object.uploaded().as_millis()).unwrap_or(i64::MAX);
    ListedBlob { key: BlobKey::listed(object.key()), stored_at: Timestamp(stored_at) }
}

fn failure(error: impl ToString) -> BlobFailure {
    BlobFailure(error.to_string())
}
