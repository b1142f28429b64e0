//! `cargo xtask common-passwords LIST`: makes what `src/domain/password/common.rs` searches from Django's list of common
//! passwords (docs/licences/django-common-passwords.txt). Another list than the recorded one is not taken.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use tintype::domain::hex;

/// `django/contrib/auth/common-passwords.txt.gz` of Django 5.2, unpacked.
const LIST_SHA256: &str = "29ca0fa5303165f012f3e9775e3e95a3071cdd59f219973ec1cbb308d0214a6f";
/// What `src/domain/password/common.rs` reads.
const PREFIX_BYTES: usize = 4;

/// Writes the first bytes of each password's SHA-256, ascending.
pub fn make(root: &Path, list: &Path) -> Result<()> {
    let text = fs::read_to_string(list).with_context(|| format!("read {}", list.display()))?;
    let digest = hex::sha256(text.as_bytes());
    if digest != LIST_SHA256 {
        bail!("this is not the recorded list: its SHA-256 is {digest}");
    }
    let mut prefixes: Vec<[u8; PREFIX_BYTES]> = Vec::new();
    for password in text.lines().filter(|line| !line.is_empty()) {
        let digest = Sha256::digest(password.to_lowercase().as_bytes());
        prefixes.push(*digest.first_chunk().context("a SHA-256 has more bytes")?);
    }
    prefixes.sort_unstable();
    prefixes.dedup();
    fs::write(root.join("src/domain/password/common.bin"), prefixes.concat())?;
    println!("{} passwords", prefixes.len());
    Ok(())
}
