// How fast variants are made, and in how much memory, beside everything else that makes them: other wasm, in threads of
// this process, and native sharp. Ours is measured whole, from the request with the image to the last byte of the answer
// of the vision Worker, by a clock in workerd, and once more from outside; the peers are called as functions, without any of that.

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { root, run } from "../scripts/process.mjs";
import { startTintype } from "../tests/worker/harness.mjs";
import { markdown } from "./table.mjs";

const JOBS = [
  ...[1_600, 800, 320].flatMap((width) => [
    { source: "photo.jpg", width, format: "jpeg" },
    { source: "photo.jpg", width, format: "webp" },
  ]),
  { source: "screenshot.png", width: 800, format: "png" },
  { source: "motion.gif", width: 240, format: "gif", animated: true },
];
const SOURCES = { "photo.jpg": "JPEG of 12 MP", "screenshot.png": "PNG of 2 MP", "motion.gif": "GIF, 60 frames of 480 × 270" };
const PEERS = ["sharp", "wasm-vips", "photon", "jsquash"];
const ROUNDS = 9;
// Three rounds are enough for what takes longer.
const SLOW_MS = 1_500;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** The packages of benches/peers, installed where they are not. */
export async function installPeers() {
  const folder = root("benches", "peers");
  if (!existsSync(root("benches", "peers", "node_modules"))) {
    await run("npm", ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"], { quiet: true });
  }
}

export async function transforms() {
  await installPeers();
  const { pictures } = await import("./peers/pictures.mjs");
  const files = await pictures(root("target", "bench", "pictures"));
  const tintype = await startTintype({ vision: { entry: "tests/worker/entries/vision.mjs" } });
  const [times, memory] = [[], []];
  try {
    for (const job of JOBS) {
      const name = `${SOURCES[job.source]} → ${job.width} px, ${job.format}`;
      const sides = await measure({ ...job, file: files[job.source] }, tintype);
      const ofSharp = median(sides.sharp.times);
      const ratio = (side) => (side.error ? "–" : (median(side.times) / ofSharp).toFixed(2));
      times.push([name, `${ofSharp.toFixed(0)} ms`, `**${ratio(sides.ours)}**`, (median(sides.ours.whole) / ofSharp).toFixed(2), ...PEERS.slice(1).map((peer) => ratio(sides[peer])), (sides.ours.made.length / sides.sharp.made.length).toFixed(2)]);
      memory.push([name, `**${mebibytes(sides.ours.bytes)}**`, ...PEERS.slice(1).map((peer) => (sides[peer].error ? "–" : mebibytes(sides[peer].bytes)))]);
    }
  } finally {
    await tintype.close();
  }
  const peers = ["wasm-vips", "@cf-wasm/photon", "@jsquash"];
  const head = ["", "sharp", "Tintype", "over a socket", ...peers, "bytes of Tintype's file, against sharp's"];
  return ["Transforms: time against native sharp with one thread, which is 1.00", `${markdown(head, times)}

JPEG and WebP at quality 80. Tintype's time is that of the vision Worker in workerd, from a request that has come to the last byte
of its answer; the next column is the same as this process sees it, over a socket, whose ends now and then wait 40 ms for
each other. The peers are called as functions. photon writes WebP
without loss only; photon and jsquash have no animations. wasm-vips needs threads and 256 MB, which no Worker has.

Peak memory of the wasm modules for the same:

${markdown(["", "Tintype", ...peers], memory)}`];
}

/** Everybody at the same work, in turns. */
async function measure(job, tintype) {
  const sides = { ours: await vision(tintype) };
  for (const peer of PEERS) sides[peer] = await thread(peer);
  const found = Object.fromEntries(Object.keys(sides).map((name) => [name, { times: [], whole: [] }]));
  try {
    // The first round is not counted: it compiles.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [name, side] of Object.entries(sides)) {
        const result = found[name];
        const isEnough = result.times.length >= 3 && result.times[0] > SLOW_MS;
        if (result.error || isEnough) continue;
        const { ms, whole, made, bytes, error } = await side.transform(job);
        if (error) {
          if (["ours", "sharp"].includes(name)) throw new Error(`${name}: ${error}`);
          result.error = error;
        } else {
          Object.assign(result, { made, bytes });
          if (round > 0) result.times.push(ms);
          if (round > 0) result.whole.push(whole);
        }
      }
    }
  } finally {
    await Promise.all(Object.values(sides).map((side) => side.end()));
  }
  await assertAlike(found, job);
  return found;
}

/** A comparison of different work would be none. */
async function assertAlike(found, job) {
  const { sharp } = await import("./peers/pictures.mjs");
  const seen = {};
  for (const [name, { made, error }] of Object.entries(found)) {
    if (error || !made) continue;
    const { width, height, format, pages } = await sharp(made, { animated: true }).metadata();
    seen[name] = JSON.stringify({ width, height: Math.round(height / (pages ?? 1) / 2), format, pages: pages ?? 1 });
    if (seen[name] !== seen.ours) throw new Error(`${name} made ${seen[name]}, Tintype ${seen.ours}`);
  }
  if (!seen.ours.includes(`"width":${job.width},`)) throw new Error(`Tintype made ${seen.ours}`);
}

/** A peer in a thread of its own. */
async function thread(peer) {
  const worker = new Worker(new URL("./peers/side.mjs", import.meta.url), { workerData: { peer } });
  await once(worker, "message");
  return {
    async transform({ file, width, format, animated }) {
      worker.postMessage({ file, width, format, animated });
      return (await once(worker, "message"))[0];
    },
    end: () => worker.terminate(),
  };
}

/** The vision Worker, in a fresh instance. */
export async function vision({ server }) {
  const worker = server.getWorker("tintype-vision");
  await worker.fetch("https://vision/__test/poison");
  let made = 0;
  return {
    async transform({ file, width, format, animated }) {
      // Each of an image of its own: what is made already would be shared with whoever asks at the same time.
      const image = (made++).toString().padStart(24, "0");
      const started = performance.now();
      const answer = await worker.fetch("https://vision.internal/__test/timed", {
        method: "POST",
        body: file,
        headers: { "x-vision-variant": variant(image, width, format, !animated), "x-vision-limits": "{}", "x-vision-length": String(file.length) },
      });
      const body = Buffer.from(await answer.arrayBuffer());
      const whole = performance.now() - started;
      const ms = Number(answer.headers.get("x-test-ms"));
      if (answer.status !== 200) return { error: `${answer.status} ${body}` };
      const { bytes } = await (await worker.fetch("https://vision/__test/wasm")).json();
      return { ms, whole, made: body, bytes };
    },
    end: () => {},
  };
}

/** The name of a variant as the app says it (`VariantName` in src/domain/transform/mod.rs). */
export const variant = (image, width, format, still) => JSON.stringify({
  image,
  transform: {
    flip: { horizontal: false, vertical: false },
    rotate: "None",
    sizing: { Within: { width, height: null, enlarge: false } },
    adjust: { brightness: 100, contrast: 100, gamma: 100, saturation: 100, grayscale: false },
    blur: 0,
    sharpen: 0,
    background: null,
    format,
    quality: ["jpeg", "webp"].includes(format) ? 80 : 0,
    still,
  },
});
