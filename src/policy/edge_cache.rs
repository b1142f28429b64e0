//! How soon copies near the visitors follow what becomes of their image. How long they may live: [`super::retention::CACHE_MS`].

/// Seconds after the first purge of an image until the second. A view that read the image just before it left public view
/// may have put a copy back after the first; by then it has arrived or was given up (within 30 seconds of being read), with
/// as much again for a storage that answers slowly.
pub const PURGED_AGAIN_AFTER_S: u32 = 60;
