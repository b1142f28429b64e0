//! Caps the memory of the Workers.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // An isolate has 128 MB for everything (Cloudflare Workers limits). A wasm memory that cannot grow past
    // 96 MiB turns an oversize request into an error we answer, instead of the death of the isolate.
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-cdylib-link-arg=--max-memory={}", 96 * 1024 * 1024);
    }
}
