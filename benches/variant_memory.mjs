// What the largest variants of the largest images cost in memory, two at once: the wasm module, which never shrinks, so
// that its size afterwards is its high-water mark, and the files that wait in the runtime to be sent. Each pair meets a
// fresh instance of vision.

import { startTintype } from "../tests/worker/harness.mjs";
import { noisePngOf } from "../tests/worker/images.mjs";
import { largestFiles, mebibytes } from "./memory.mjs";
import { markdown } from "./table.mjs";
import { variant } from "./transforms.mjs";

// src/policy/transforms.rs, pixels_max.
const PIXELS_MAX = 8_400_000;
const FORMATS = ["jpeg", "png", "webp", "gif"];
// What an isolate has is 128 MB; the rest is for the runtime and its own code.
const ISOLATE_BYTES_MAX = 110 * 1024 * 1024;

export async function variantMemory() {
  const files = [{ name: "noise.png", bytes: noisePngOf(20_000_000) }, ...(await largestFiles())];
  const tintype = await startTintype({ vision: { entry: "tests/worker/entries/vision.mjs" } });
  const worker = tintype.server.getWorker("tintype-vision");
  let number = 0;
  const make = async (bytes, format) => {
    const name = variant((number++).toString().padStart(24, "0"), Math.floor(Math.sqrt(PIXELS_MAX)), format, true);
    const headers = { "x-vision-variant": name, "x-vision-limits": "{}", "x-vision-length": String(bytes.length) };
    const answer = await worker.fetch("https://vision.internal/transform", { method: "POST", body: bytes, headers });
    const body = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, body };
  };
  const lines = [];
  try {
    for (const { name, bytes } of files) {
      for (const format of FORMATS) {
        await worker.fetch("https://vision/__test/poison");
        const both = await Promise.all([make(bytes, format), make(bytes, format)]);
        const { bytes: wasm } = await (await worker.fetch("https://vision/__test/wasm")).json();
        const held = both.reduce((sum, { status, body }) => sum + (status === 200 ? body.length : 0), 0);
        const outcomes = both.map(({ status, body }) => (status === 200 ? mebibytes(body.length) : `${status} ${String(body).slice(0, 60)}`));
        const whole = wasm + held;
        lines.push([name, format, outcomes.join(", "), mebibytes(wasm), mebibytes(whole), whole <= ISOLATE_BYTES_MAX ? "yes" : "**no**"]);
        console.error(lines.at(-1).join(" | "));
      }
    }
  } finally {
    await tintype.close();
  }
  const head = ["image", "variant", "made, two at once", "peak of the module", "with both files", `below ${mebibytes(ISOLATE_BYTES_MAX)}`];
  return ["Memory for the largest variants of the largest images, two at once", markdown(head, lines)];
}
