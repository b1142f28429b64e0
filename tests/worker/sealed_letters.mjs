// Letters as the product writes them, from outside of it: sealed by Node's own cryptography, after the drawing in
// src/domain/sealing.rs. So what the Worker opens was sealed by somebody else.

import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";

export const MASTER = { id: "test", secret: "cd".repeat(32) };
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A name such as all nouns have: 24 letters. */
export const freshId = () => [...randomBytes(24)].map((byte) => ALPHABET[byte & 31]).join("");

const derived = (key, purpose) => Buffer.from(hkdfSync("sha256", key, "", `tintype ${purpose}`, 32));
const WRAP = derived(derived(Buffer.from(MASTER.secret, "hex"), "master"), "wrap");

function seal(key, place, plain) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

/** Writes a letter to `to` of an account of its own; answers the ids of both. */
export async function writeLetter(tintype, to, letter, { consent } = {}) {
  const [id, account, key] = [freshId(), freshId(), randomBytes(32)];
  await tintype.env.RECOVERY.put(`personal-keys/${account}`, `${MASTER.id}:${seal(WRAP, `personal_key:${account}`, key)}`);
  const sealed = seal(key, `letters.sealed:${id}`, JSON.stringify({ to, letter }));
  if (consent) {
    await tintype.rows(
      "INSERT INTO consents (account_id, purpose, number, act, recorded_at, text_version, text_sha256, surface, gpc) VALUES (?, 'product_email', 1, ?, 1, '1', '', 'settings', 0)",
      account, consent,
    );
  }
  await tintype.rows(
    "INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at) VALUES (?, ?, ?, ?, 'waiting', 0, ?)",
    id, account, letter.kind, sealed, Date.now(),
  );
  return { id, account };
}
