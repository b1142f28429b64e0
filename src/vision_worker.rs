//! The Worker `tintype-vision`.
