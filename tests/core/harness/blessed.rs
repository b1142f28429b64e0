//! Files that are printed from the code: compared, or rewritten when a person says so.

use std::path::Path;

/// Fails if the file at `path` is not `text`; with `BLESS=1` in the environment, writes it instead.
pub fn compare_or_bless(path: &Path, text: &str) {
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes the folder");
        std::fs::write(path, text).expect("writes");
        return;
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    let name = path.file_name().expect("a name").to_string_lossy();
    assert!(there == text, "{name} is not what the code says; look at it after `BLESS=1 cargo test --test core`");
}
