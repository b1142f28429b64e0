//! Which models may judge an image. The choice of a deployment is the variable `MODEL` of the vision Worker.

/// A model that this version was tested with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// What `MODEL` and every stored decision call it.
    pub id: &'static str,
    /// SHA-256 of its file, lowercase hexadecimal. Another file is not loaded.
    pub sha256: &'static str,
    /// Side of the square that it looks at, in pixels.
    pub side_px: u32,
    /// What it takes of an instance's memory at its peak, which is while it is loaded, in bytes. Measured in workerd as
    /// growth of the wasm memory: 25.3 and 35.1 MiB; in V8 with another order of requests up to 41.
    pub memory_bytes: u64,
}

/// All of them, the default first. `cargo xtask model` makes the files.
pub const MODELS: &[Model] = &[
    Model {
        id: "mobilenet_v2",
        sha256: include_str!("models/mobilenet_v2.sha256").trim_ascii(),
        side_px: 224,
        memory_bytes: 26 * 1024 * 1024,
    },
    Model {
        id: "mobilenet_v2_mid",
        sha256: include_str!("models/mobilenet_v2_mid.sha256").trim_ascii(),
        side_px: 224,
        memory_bytes: 42 * 1024 * 1024,
    },
];
