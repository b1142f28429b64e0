// Peak memory of the wasm modules: it never shrinks, so its size afterwards is its high-water mark. Each file
// meets a fresh instance of vision.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isRunnable, root, run } from "../scripts/process.mjs";
import { startTintype } from "../tests/worker/harness.mjs";
import { noisePngOf } from "../tests/worker/images.mjs";
import { markdown } from "./table.mjs";

const LARGEST = root("target", "bench", "largest-images");
// What the modules may have: build.rs.
const BYTES_MAX = 96 * 1024 * 1024;
export const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** The largest files that are taken, of every kind, as the program in examples/ makes them. */
export async function largestFiles() {
  if (!(await isRunnable("ls", [join(LARGEST, "animated.webp")]))) {
    await run("cargo", ["run", "--release", "--quiet", "--package", "tintype", "--example", "largest_images", "--", LARGEST], { quiet: true });
  }
  return readdirSync(LARGEST).sort().map((name) => ({ name, bytes: readFileSync(join(LARGEST, name)) }));
}

export async function memory() {
  const files = [{ name: "nothing", bytes: noisePngOf(1_000) }, { name: "noise.png", bytes: noisePngOf(20_000_000) }, ...(await largestFiles())];
  const tintype = await startTintype({
    app: { entry: "tests/worker/entries/app.mjs" },
    vision: { entry: "tests/worker/entries/vision.mjs" },
  });
  try {
    const vision = tintype.server.getWorker("tintype-vision");
    const lines = [];
    for (const { name, bytes } of files) {
      await vision.fetch("https://vision/__test/poison");
      const startedAt = performance.now();
      const answer = await tintype.send(bytes);
      const image = await answer.json();
      const tookMs = performance.now() - startedAt;
      const { bytes: peak } = await (await vision.fetch("https://vision/__test/wasm")).json();
      const outcome = answer.status === 201 ? `${image.width} × ${image.height}` : image.code;
      lines.push([name, `${(bytes.length / 1e6).toFixed(1)} MB`, outcome, `${Math.round(tookMs)} ms`, mebibytes(peak), `${Math.round((100 * peak) / BYTES_MAX)} %`]);
    }
    const app = await (await tintype.app("/__test/wasm")).json();
    lines.push(["the app, after all of them", "", "", "", mebibytes(app.bytes), `${Math.round((100 * app.bytes) / BYTES_MAX)} %`]);
    return ["Peak memory of the wasm modules, for the largest files that are taken", markdown(["", "file", "image", "upload", "peak", `of ${mebibytes(BYTES_MAX)}`], lines)];
  } finally {
    await tintype.close();
  }
}
