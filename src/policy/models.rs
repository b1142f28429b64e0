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
    /// What it takes of an instance's memory at its peak, which is while it runs, in bytes. Measured in V8 as the wasm
    /// memory of an instance that has judged a small image, with all else that is in it: 15.2 and 22.8 MiB.
    pub memory_bytes: u64,
}

/// All of them, the default first. `cargo xtask model` makes the files.
pub const MODELS: &[Model] = &[
    Model {
        id: "mobilenet_v2_mid",
        sha256: include_str!("models/mobilenet_v2_mid.sha256").trim_ascii(),
        side_px: 224,
        memory_bytes: 24 * 1024 * 1024,
    },
    Model {
        id: "mobilenet_v2",
        sha256: include_str!("models/mobilenet_v2.sha256").trim_ascii(),
        side_px: 224,
        memory_bytes: 16 * 1024 * 1024,
    },
];
