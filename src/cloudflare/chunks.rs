//! The chunks of a stream of bytes, one after the other.
//!
//! The runtime's own come in 4 KB, and to wait for each costs more than what is in it: for a file of 3 MB, 15 ms against 5
//! (benches/transforms.mjs). Its streams of bytes give larger ones to who asks; streams made by scripts do not.

use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

/// How long a chunk is, unless the stream ends before. Far less than what a slow sender is granted
/// (`policy::limits::SENDER_GRACE_MS`), because it is not seen before it is whole.
const CHUNK_BYTES: u32 = 128 << 10;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = ReadableStream)]
    type ByteStream;

    #[wasm_bindgen(method, js_name = getReader, catch)]
    fn get_reader(this: &ByteStream, options: &Object) -> Result<ByteReader, JsValue>;

    /// A reader that gives as much as it is asked for.
    pub type ByteReader;

    #[wasm_bindgen(method, js_name = readAtLeast, catch)]
    fn read_at_least(this: &ByteReader, bytes: u32, into: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method)]
    fn cancel(this: &ByteReader) -> Promise;
}

/// Reads them.
pub enum Chunks {
    /// Of [`CHUNK_BYTES`].
    Large(ByteReader),
    /// As they come.
    Plain(ReadableStreamDefaultReader),
}

impl Chunks {
    /// Those of `stream`, which nobody else reads.
    ///
    /// # Errors
    /// If somebody does.
    pub fn of(stream: &ReadableStream) -> Result<Self, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"byob".into())?;
        match stream.unchecked_ref::<ByteStream>().get_reader(&options) {
            Ok(reader) => Ok(Self::Large(reader)),
            Err(_) => ReadableStreamDefaultReader::new(stream).map(Self::Plain),
        }
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// If the sender fails.
    pub async fn next(&self) -> Result<Option<Uint8Array>, JsValue> {
        loop {
            let next = match self {
                Self::Large(reader) => reader.read_at_least(CHUNK_BYTES, &Uint8Array::new_with_length(CHUNK_BYTES))?,
                Self::Plain(reader) => reader.read(),
            };
            let result = JsFuture::from(next).await?;
            // The last bytes can come together with the end.
            let chunk: Option<Uint8Array> = Reflect::get(&result, &"value".into())?.dyn_into().ok();
            if let Some(chunk) = chunk.filter(|chunk| chunk.length() > 0) {
                return Ok(Some(chunk));
            }
            if Reflect::get(&result, &"done".into())?.is_truthy() {
                return Ok(None);
            }
        }
    }

    /// Tells the sender to stop.
    pub fn cancel(&self) {
        drop(match self {
            Self::Large(reader) => reader.cancel(),
            Self::Plain(reader) => reader.cancel(),
        });
    }
}
