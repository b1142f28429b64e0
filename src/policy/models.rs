//! Which models may judge an image. The choice of a deployment is the variable `MODEL` of the vision Worker.

/// A model that this build knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// What `MODEL` and every stored decision call it.
    pub id: &'static str,
    /// Side of the square that it looks at, in pixels.
    pub side_px: u32,
}

/// All of them, the default first.
pub const MODELS: &[Model] =
    &[Model { id: "mobilenet_v2", side_px: 224 }, Model { id: "mobilenet_v2_mid", side_px: 224 }];
