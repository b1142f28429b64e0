//! A zip file that is written into the storage as it grows, a part at a time: what it takes of memory does not depend on how
//! large it is. Images are compressed already, so they are stored as they are.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use rawzip::ZipArchiveWriter;

use crate::app::App;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::exports::{PART_BYTES, READ_BYTES};
use crate::ports::blobs::{BlobKey, Bucket, ByteRange, MultipartUpload, StoredPart};

/// What is written and not yet sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent(Arc<Mutex<Vec<u8>>>);

impl Unsent {
    /// Takes `bytes` off the front; fewer only if that is all there is.
    fn take(&self, bytes: usize) -> Vec<u8> {
        let Ok(mut unsent) = self.0.lock() else { return Vec::new() };
        let taken = bytes.min(unsent.len());
        let rest = unsent.split_off(taken);
        std::mem::replace(&mut unsent, rest)
    }

    fn len(&self) -> usize {
        self.0.lock().map(|unsent| unsent.len()).unwrap_or_default()
    }
}

impl Write for Unsent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut unsent = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        unsent.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A zip file in memory, for short texts.
pub(super) fn zip_of(files: &[(&str, &str)]) -> Result<Vec<u8>, Fault> {
    let unsent = Unsent::default();
    let mut zip = ZipArchiveWriter::new(unsent.clone());
    for (name, text) in files {
        write_text(&mut zip, name, text)?;
    }
    zip.finish().map_err(|error| broken(&error))?;
    Ok(unsent.take(usize::MAX))
}

fn write_text(zip: &mut ZipArchiveWriter<Unsent>, name: &str, text: &str) -> Result<(), Fault> {
    let (mut entry, config) = zip.new_file(name).start().map_err(|error| broken(&error))?;
    let mut writer = config.wrap(&mut entry);
    writer.write_all(text.as_bytes()).map_err(|error| broken(&error))?;
    let (_, descriptor) = writer.finish().map_err(|error| broken(&error))?;
    entry.finish(descriptor).map(drop).map_err(|error| broken(&error))
}

fn broken(error: &dyn std::fmt::Display) -> Fault {
    Fault { attempted: "write a zip file".into(), cause: Cause::Invariant(error.to_string()) }
}

/// A zip file on its way into the recovery bucket.
pub(super) struct Archive<'a> {
    zip: ZipArchiveWriter<Unsent>,
    parts: Parts<'a>,
}

/// What of it was sent.
struct Parts<'a> {
    app: &'a App,
    upload: MultipartUpload,
    unsent: Unsent,
    stored: Vec<StoredPart>,
    bytes: u64,
}

impl<'a> Archive<'a> {
    /// Begins one under a name that is free.
    pub(super) async fn begin(app: &'a App, key: &BlobKey) -> Result<Self, Fault> {
        let upload = app.ports.blobs.begin_multipart(Bucket::Recovery, key).await.attempt("begin an export's file")?;
        let unsent = Unsent::default();
        let zip = ZipArchiveWriter::new(unsent.clone());
        Ok(Self { zip, parts: Parts { app, upload, unsent, stored: Vec::new(), bytes: 0 } })
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.zip.stream_offset()
    }

    /// Adds a text.
    pub(super) async fn add_text(&mut self, name: &str, text: &str) -> Result<(), Fault> {
        write_text(&mut self.zip, name, text)?;
        self.parts.send_full().await
    }

    /// Adds an object as it is stored; answers false, and adds nothing, if it is not there.
    pub(super) async fn add_object(
        &mut self,
        name: &str,
        bucket: Bucket,
        key: &BlobKey,
        bytes: u64,
    ) -> Result<bool, Fault> {
        let attempted = format!("copy {} into an export", key.as_str());
        let blobs = self.parts.app.ports.blobs.as_ref();
        let stretch = |offset: u64| ByteRange { offset, length: READ_BYTES.min(bytes - offset) };
        if bytes == 0 {
            return Ok(false);
        }
        // Before anything is written: an entry that was begun cannot be taken back.
        let Some(first) = blobs.read_range(bucket, key, stretch(0)).await.attempt(&attempted)? else {
            return Ok(false);
        };
        let (mut entry, config) = self.zip.new_file(name).start().map_err(|error| broken(&error))?;
        let mut writer = config.wrap(&mut entry);
        let (mut read, mut offset) = (first, 0);
        loop {
            offset += read.len() as u64;
            writer.write_all(&read).map_err(|error| broken(&error))?;
            self.parts.send_full().await?;
            if offset >= bytes || read.is_empty() {
                break;
            }
            let next = blobs.read_range(bucket, key, stretch(offset)).await.attempt(&attempted)?;
            let left = || Fault { attempted: attempted.clone(), cause: Cause::Invariant("it left meanwhile".into()) };
            read = next.ok_or_else(left)?;
        }
        let (_, descriptor) = writer.finish().map_err(|error| broken(&error))?;
        entry.finish(descriptor).map_err(|error| broken(&error))?;
        if offset != bytes {
            return Err(Fault { attempted, cause: Cause::Invariant("it is shorter than its row says".into()) });
        }
        Ok(true)
    }

    /// Ends it; answers its length in bytes.
    pub(super) async fn finish(mut self) -> Result<u64, Fault> {
        self.zip.finish().map_err(|error| broken(&error))?;
        self.parts.send_full().await?;
        self.parts.send_rest().await
    }

    /// What gives it up, should anything of it fail.
    pub(super) fn upload(&self) -> MultipartUpload {
        self.parts.upload.clone()
    }
}

impl Parts<'_> {
    /// Sends what fills parts: all but the last are of one length.
    async fn send_full(&mut self) -> Result<(), Fault> {
        while self.unsent.len() >= PART_BYTES {
            self.send(PART_BYTES).await?;
        }
        Ok(())
    }

    async fn send(&mut self, bytes: usize) -> Result<(), Fault> {
        let attempted = "store a part of an export's file";
        let part = self.unsent.take(bytes);
        let too_many = |_| Fault { attempted: attempted.into(), cause: Cause::Invariant("too many parts".into()) };
        let number = u16::try_from(self.stored.len() + 1).map_err(too_many)?;
        self.bytes += part.len() as u64;
        let stored = self.app.ports.blobs.put_part(&self.upload, number, part).await;
        self.stored.push(stored.attempt(attempted)?);
        Ok(())
    }

    async fn send_rest(mut self) -> Result<u64, Fault> {
        if self.unsent.len() > 0 {
            self.send(PART_BYTES).await?;
        }
        let completed = self.app.ports.blobs.complete_multipart(&self.upload, &self.stored).await;
        completed.attempt("complete an export's file")?;
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_become_a_zip_file_that_another_reader_opens() {
        let zip = zip_of(&[("a.txt", "alpha"), ("b/ü.txt", "beta")]).expect("written");
        let archive = rawzip::ZipArchive::from_slice(&zip).expect("a zip file");
        let names: Vec<String> = archive
            .entries()
            .map(|entry| String::from_utf8_lossy(entry.expect("an entry").file_path().as_ref()).into_owned())
            .collect();
        assert_eq!(names, ["a.txt", "b/ü.txt"]);
    }
}
