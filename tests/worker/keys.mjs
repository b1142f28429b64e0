// API keys for tests of the real runtime, put into the database as the product would: derived and hashed here by Node's
// own cryptography, so that the two have to agree.

import { createHash, createHmac, generateKeyPairSync, hkdfSync, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const MASTER = { id: "test", secret: "cd".repeat(32) };

/** The setting that goes with these keys. */
export const MASTER_KEYS = `${MASTER.id}:${MASTER.secret}`;

const letters = (count) => [...randomBytes(count)].map((byte) => ALPHABET[byte % 32]).join("");

/** A key that signs with the derived secret, or with a key pair of its own. */
export async function addKey(tintype, { scopes = "read write", ownPair = false } = {}) {
  const id = letters(24);
  const text = bearer(letters(32));
  const pair = ownPair ? generateKeyPairSync("ed25519") : undefined;
  const publicHex = pair?.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex") ?? null;
  const account = letters(24);
  const owner = "INSERT INTO accounts (id, email, email_lookup, name, tier, is_operator, declared_age_at, created_at, verified_at) VALUES (?1, '', ?1, '', 'free', 0, 0, 0, 0)";
  await tintype.env.DB.prepare(owner).bind(account).run();
  const row = [id, account, "sealed", createHash("sha256").update(text).digest("hex"), scopes, MASTER.id, publicHex, Date.now()];
  const columns = "id, account_id, name, hash, scopes, master_key, ed25519_public, created_at";
  await tintype.env.DB.prepare(`INSERT INTO api_keys (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`).bind(...row).run();
  const privatePem = pair?.privateKey.export({ format: "pem", type: "pkcs8" });
  return { id, text, algorithm: ownPair ? "ed25519" : "hmac-sha256", key: privatePem ?? signingSecret(id) };
}

function signingSecret(id) {
  const derive = (secret, purpose) => Buffer.from(hkdfSync("sha256", secret, "", `tintype ${purpose}`, 32));
  const master = derive(Buffer.from(MASTER.secret, "hex"), "master");
  return `tt_sign_${createHmac("sha256", derive(master, "request-signing")).update(id).digest("hex")}`;
}

function bearer(random) {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const body = `tt_live_${random}`;
  let checksum = "";
  for (let rest = crc32(body), n = 0; n < 6; n += 1, rest = Math.floor(rest / 62)) checksum = digits[rest % 62] + checksum;
  return body + checksum;
}
