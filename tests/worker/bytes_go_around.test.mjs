// Image bytes go around the app's wasm module: in and out, however many, its memory does not notice.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { bytesOf, IMAGES, startTintype } from "./harness.mjs";
import { freshPng, noisePngOf } from "./images.mjs";

const LARGE = noisePngOf(20_000_000);
let tintype;
let image;
before(async () => {
  tintype = await startTintype({
    app: { entry: "tests/worker/entries/app.mjs" },
    vision: { entry: "tests/worker/entries/vision.mjs" },
  });
  // What the module needs for any request at all, however small.
  for (const address of [(await tintype.upload(freshPng())).url, "/nothing.png"]) await bytesOf(await tintype.image(address));
});
after(() => tintype?.close());

const memory = async () => (await (await tintype.app("/__test/wasm")).json()).bytes;
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("a large upload does not enter the app's memory", async () => {
  const before = await memory();
  image = await tintype.upload(LARGE);
  assert.equal(await memory(), before);
});

test("large downloads do not, even several at once", async () => {
  const before = await memory();
  const download = async () => {
    const answer = await tintype.image(image.url);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-length"), String(LARGE.length));
    assert.equal(digest(await bytesOf(answer)), digest(LARGE));
  };
  await Promise.all([download(), download(), download()]);
  assert.equal(await memory(), before);
});

test("a part of a large image is exactly that part, from either end and in the middle", async () => {
  const size = LARGE.length;
  for (const [range, from, to] of [
    ["bytes=0-0", 0, 1],
    ["bytes=5000000-12345678", 5_000_000, 12_345_679],
    [`bytes=${size - 1}-`, size - 1, size],
    ["bytes=-1000000", size - 1_000_000, size],
    [`bytes=${size - 10}-${size + 10}`, size - 10, size],
  ]) {
    const part = await tintype.image(image.url, { headers: { range } });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers.get("content-length"), String(to - from), range);
    assert.equal(part.headers.get("content-range"), `bytes ${from}-${to - 1}/${size}`, range);
    assert.equal(digest(await bytesOf(part)), digest(LARGE.subarray(from, to)), range);
  }
});

test("a download that its reader abandons harms nobody", async () => {
  for (let count = 0; count < 10; count++) await abandonedAfter(count * 300_000);
  const answer = await tintype.image(image.url);
  assert.equal(digest(await bytesOf(answer)), digest(LARGE));
  const logs = tintype.server.getLogs().filter(({ message }) => message.includes('"fault"'));
  assert.deepEqual(logs, []);
});

test("deleting a large image moves its bytes to recovery without entering the app's memory", async () => {
  const before = await memory();
  assert.equal((await tintype.remove(image)).status, 200);
  assert.equal(await memory(), before);
  const kept = await tintype.env.RECOVERY.get(`images/${image.id}`);
  assert.equal(digest(Buffer.from(await kept.arrayBuffer())), digest(LARGE));
  assert.deepEqual(await tintype.disorder(), []);
});

// Reads so many bytes over a connection of its own, and hangs up.
function abandonedAfter(bytes) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = tintype.url;
    const path = new URL(image.url).pathname;
    const get = request({ hostname, port, path, headers: { host: new URL(IMAGES).host }, agent: false }, (answer) => {
      let read = 0;
      answer.on("data", (chunk) => {
        read += chunk.length;
        if (read >= bytes) get.destroy();
      });
      answer.on("error", () => {});
      answer.on("close", resolve);
    });
    get.on("error", reject);
    get.end();
  });
}
