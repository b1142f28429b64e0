// What is uploaded to Cloudflare: the whole bundle, and the wasm in it.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { markdown } from "./table.mjs";

const kilobytes = (bytes) => `${Math.round(bytes / 1_000).toLocaleString("en")} KB`;

export function sizes(bundles) {
  const lines = ["wrangler", "wrangler.vision"].map((name) => {
    const folder = join(bundles.folder, name);
    const files = readdirSync(folder).filter((file) => /\.(js|wasm)$/.test(file)).map((file) => ({ file, bytes: readFileSync(join(folder, file)) }));
    const total = (list, measure) => kilobytes(list.reduce((sum, { bytes }) => sum + measure(bytes), 0));
    const wasm = files.filter(({ file }) => file.endsWith(".wasm"));
    const [raw, gzip] = [(bytes) => bytes.length, (bytes) => gzipSync(bytes, { level: 9 }).length];
    return [name === "wrangler" ? "tintype" : "tintype-vision", total(wasm, raw), total(wasm, gzip), total(files, raw), total(files, gzip)];
  });
  return ["Size (Cloudflare takes 64 MiB)", markdown(["", "wasm", "gzip", "bundle", "gzip"], lines)];
}
