// A backup is a folder: a manifest with the digest of every file, the database as SQL, and the objects. It is there as a whole or
// not at all, and nobody but its owner on this machine reads it.

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

const MANIFEST = "manifest.json";
const FORMAT = 1;

/** Where an object is in the folder. Its name is not one for a file. */
export const fileOf = (bucket, key) => join("objects", bucket.toLowerCase(), ...key.split("/").map(encodeURIComponent));

/** A digest of a file, hexadecimal. */
export async function digest(file, algorithm = "sha256") {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Writes a stream into a file. */
export async function save(body, file) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Under another name until it is whole.
  await pipeline(body, createWriteStream(`${file}.partial`, { mode: 0o600 }));
  renameSync(`${file}.partial`, file);
}

/** Whether a file is there with these bytes: what an earlier attempt has saved is not fetched again. */
export async function isSaved(file, { size, etag }) {
  return existsSync(file) && statSync(file).size === size && (await digest(file, "md5")) === etag;
}

/** Ends a backup: from here on it is one. */
export function finish(partial, folder, manifest) {
  writeFileSync(join(partial, MANIFEST), JSON.stringify({ format: FORMAT, ...manifest }, null, 1), { mode: 0o600 });
  renameSync(partial, folder);
}

/** Reads a backup's manifest and compares every file with it, before anything is done. */
export async function verified(folder, kind) {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) throw new Error(`${folder} is no backup: it has no ${MANIFEST}.`);
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  if (manifest.format !== FORMAT) throw new Error(`${folder} is a backup of another edition (format ${manifest.format}).`);
  if (manifest.kind !== kind) throw new Error(`${folder} is a backup of ${manifest.kind}, not of ${kind}.`);
  const files = [...(manifest.database ? [manifest.database] : []), ...manifest.objects];
  for (const { file, sha256 } of files) {
    const path = join(folder, file);
    if (!existsSync(path)) throw new Error(`${file} is missing. Nothing was changed.`);
    if ((await digest(path)) !== sha256) throw new Error(`${file} is not what was backed up. Nothing was changed.`);
  }
  return manifest;
}
