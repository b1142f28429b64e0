//! Uploads a picture in a signed request: `cargo run -- picture.png`.

use std::{env, error::Error, fs, time::UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let (url, key_id, secret) =
        (env::var("TINTYPE_URL")?, env::var("TINTYPE_KEY_ID")?, env::var("TINTYPE_SIGNING_SECRET")?);
    let body = fs::read(env::args().nth(1).ok_or("which picture?")?)?;
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&body)));
    let (created, nonce) =
        (UNIX_EPOCH.elapsed()?.as_secs(), getrandom::u64()? as u128 | (getrandom::u64()? as u128) << 64);
    let params = format!(
        r#"("@method" "@target-uri" "content-digest");created={created};keyid="{key_id}";nonce="{nonce:032x}""#
    );
    let base = format!(
        "\"@method\": POST\n\"@target-uri\": {url}\n\"content-digest\": {digest}\n\"@signature-params\": {params}"
    );
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?.chain_update(&base).finalize().into_bytes();
    let request = ureq::post(&url).header("Content-Type", "application/octet-stream").header("Content-Digest", &digest);
    let signed = request
        .header("Signature-Input", format!("sig={params}"))
        .header("Signature", format!("sig=:{}:", STANDARD.encode(mac)));
    println!("{}", signed.send(&body[..])?.body_mut().read_to_string()?);
    Ok(())
}
