// The journal, as restoring reads it: what must not come back (src/usecases/journal/mod.rs). The product replays it on the
// database; here it says which objects are not to be put back at all.

import { createHash, randomBytes } from "node:crypto";
import { json } from "node:stream/consumers";

const PREFIX = "journal/";
const TIME = /^journal\/(\d{13})-/;

/** When a part was written, in milliseconds. */
export const timeOf = (key) => Number(TIME.exec(key)?.[1] ?? 0);

/** Copies the changes that wait in the database about to be replaced, as the product's own job would have. */
export async function rescue(stores) {
  if (!(await stores.tables()).includes("journal")) return 0;
  const rows = await stores.rows("SELECT kind, subject, detail FROM journal ORDER BY number");
  if (rows.length === 0) return 0;
  let last = 0;
  for await (const { key } of stores.buckets.RECOVERY.list(PREFIX)) last = timeOf(key);
  // Names only ever grow, whatever this machine's clock says.
  const at = Math.max(Date.now(), last + 1);
  const key = `${PREFIX}${String(at).padStart(13, "0")}-${randomBytes(8).toString("hex")}`;
  const entries = rows.map(({ kind, subject, detail }) => (detail === null ? { kind, subject } : { kind, subject, detail }));
  const file = JSON.stringify(entries);
  const sha256 = createHash("sha256").update(file).digest("hex");
  await stores.buckets.RECOVERY.add(key, Buffer.from(file), {
    httpMetadata: { contentType: "application/octet-stream" }, customMetadata: { sha256, created_at: String(at) },
  });
  return rows.length;
}

const ASPECTS = {
  image_left: "image", image_held: "image", image_returned: "image", image_erased: "image",
  image_private: "privacy", image_public: "privacy", image_end: "end", account_erased: "account",
};

/** The last word about each thing that concerns an object. */
export async function lastWords(stores) {
  const words = new Map();
  for await (const { key } of stores.buckets.RECOVERY.list(PREFIX)) {
    const { body } = await stores.buckets.RECOVERY.get(key);
    for (const { kind, subject, detail } of await json(body)) {
      if (ASPECTS[kind]) words.set(`${ASPECTS[kind]} ${subject}`, { kind, detail });
    }
  }
  return (aspect, subject) => words.get(`${aspect} ${subject}`) ?? {};
}

/**
 * Where an object of a backup is to be put, and with what beside it; undefined: it is not to come back.
 */
export function placeOf({ bucket, key, customMetadata = {} }, said, now = Date.now()) {
  const [, prefix, id] = /^([\w-]+)\/(.+)$/.exec(key);
  if (prefix === "personal-keys") return said("account", id).kind === "account_erased" ? undefined : { bucket, key, customMetadata };
  const { kind } = said("image", id);
  if (kind === "image_erased") return undefined;
  const custom = { ...customMetadata };
  const end = said("end", id).detail;
  if (end && end !== "never" && !(Number(custom.expires_at) <= Number(end))) custom.expires_at = end;
  if (bucket === "IMAGES" && Number(custom.expires_at) <= now) return undefined;
  const privacy = said("privacy", id).kind;
  if (privacy === "image_private") custom.private = "1";
  if (privacy === "image_public") delete custom.private;
  // What is not to be seen waits where nothing serves from; the product goes on from there.
  if (bucket === "IMAGES" && kind === "image_left") return { bucket: "RECOVERY", key, customMetadata: custom };
  if (bucket === "IMAGES" && kind === "image_held") return { bucket: "RECOVERY", key: `held/${id}`, customMetadata: custom };
  return { bucket, key, customMetadata: custom };
}
