// WebP's encoder in wasm: the very code of the vision Worker, on its own, so that what it does can be compared with
// native code and what it takes can be measured.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { root, run } from "../../scripts/process.mjs";

const GOLDEN = JSON.parse(readFileSync(root("tests", "golden", "webp.json"), "utf8"));
const PAGE_BYTES = 65_536;
let module;

before(async () => {
  const target = "wasm32-unknown-unknown";
  await run("cargo", ["build", "--quiet", "--package", "tintype-wasm-probe", "--profile", "vision", "--target", target]);
  module = new WebAssembly.Module(readFileSync(root("target", target, "vision", "tintype_wasm_probe.wasm")));
});

/** How many samples a picture has: in three planes, colour at half of both sides, if `channels` is 1. */
function samplesOf({ width, height, channels }) {
  return channels === 1 ? width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2) : width * height * channels;
}

/** A fresh instance with rooms for a picture and for its file. */
function instance(picture) {
  const wasm = new WebAssembly.Instance(module).exports;
  const count = samplesOf(picture);
  const [samples, file] = [wasm.room(count), wasm.room(4 * count + 4_096)];
  return {
    wasm,
    set: (bytes) => new Uint8Array(wasm.memory.buffer).set(bytes, samples),
    encode({ width, height, channels, lossless, quality, effort }) {
      const length = wasm.encode(samples, width, height, channels, lossless ? 0 : quality, effort, file);
      assert.notEqual(length, 0, "a file");
      return Buffer.from(new Uint8Array(wasm.memory.buffer, file, length));
    },
  };
}

/** Samples with slopes, edges and grain; tests/core/webp.rs makes the same. */
function samples(count, row) {
  let noise = 1;
  return Uint8Array.from({ length: count }, (_, index) => {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    return (index % row) * 3 + Math.floor(index / row) * 5 + (noise >>> 28);
  });
}

/** Noise: black and white only, or of every brightness. */
function noise(count, kind) {
  let state = 1;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return kind === "black and white" ? (state >>> 31) * 255 : state >>> 24;
  });
}

test("nothing of C's library is asked of the host", () => {
  assert.deepEqual(WebAssembly.Module.imports(module), []);
});

test("wasm's vectors write the files that native instructions write", () => {
  assert.ok(GOLDEN.length > 50);
  for (const expected of GOLDEN) {
    const encoder = instance(expected);
    encoder.set(samples(samplesOf(expected), expected.width * expected.channels));
    const file = encoder.encode(expected);
    const sha256 = createHash("sha256").update(file).digest("hex");
    assert.deepEqual({ ...expected, bytes: file.length, sha256 }, expected);
  }
});

test("a hundred files leave nothing behind", () => {
  for (const lossless of [false, true]) {
    const picture = { width: 120, height: 90, channels: 4, lossless, quality: 80, effort: 2 };
    const encoder = instance(picture);
    encoder.set(samples(samplesOf(picture), picture.width * 4));
    const before = encoder.encode(picture);
    const pages = encoder.wasm.memory.buffer.byteLength;
    for (let i = 0; i < 100; i++) assert.ok(encoder.encode(picture).equals(before));
    assert.equal(encoder.wasm.memory.buffer.byteLength, pages);
  }
});

test("the most memory that a file can take is known before", () => {
  for (const [width, height] of [[16, 16], [320, 240], [640, 420]]) {
    for (const [channels, lossless] of [[1, false], [3, false], [3, true], [4, false], [4, true]]) {
      for (const effort of [2, 4]) {
        const picture = { width, height, channels, lossless, quality: 100, effort };
        const count = samplesOf(picture);
        const kinds = [noise(count, "black and white"), noise(count, "of every brightness"), samples(count, width * channels)];
        const taken = kinds.map((pixels) => {
          const { wasm, set, encode } = instance(picture);
          set(pixels);
          const before = wasm.memory.buffer.byteLength;
          encode(picture);
          return { bytes: wasm.memory.buffer.byteLength - before, of: wasm.memory_bytes(width, height, channels === 4, lossless, effort) };
        });
        const { bytes, of } = taken.sort((a, b) => b.bytes - a.bytes)[0];
        const found = `${JSON.stringify(picture)} takes ${bytes} bytes of ${of}`;
        assert.ok(bytes <= of + PAGE_BYTES, found);
        // What is computed too carefully refuses pictures that there is room for. Above effort 2, alpha is.
        if (width === 640 && effort === 2) assert.ok(bytes >= of / 2, found);
      }
    }
  }
});
