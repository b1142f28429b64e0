// Senders that take all the room there is and then send next to nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesOf, startTintype } from "./harness.mjs";
import { freshPng, noisePngOf } from "./images.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let tintype;
before(async () => void (tintype = await startTintype({ vision: { entry: "tests/worker/entries/fast_vision.mjs" } })));
after(() => tintype?.close());

// A sender that declares so many bytes and sends the first hundred.
const stuck = (bytes) =>
  tintype.raw({ headers: { "content-length": bytes }, pieces: [freshPng().subarray(0, 100)], timeoutMs: 30_000 });

test("two senders that take all room and then stop do not keep others out", async () => {
  const senders = [stuck(20_000_000), stuck(4_000_000)];
  await pause(500);
  const since = Date.now();
  const image = await tintype.upload(freshPng());
  assert.equal((await tintype.image(image.url)).status, 200);
  assert.ok(Date.now() - since < 10_000, `${Date.now() - since} ms`);
  // One of them had to go, and was told to come back.
  const first = await Promise.race(senders);
  assert.equal(first.status, 503);
  assert.equal(JSON.parse(first.body).code, "busy");
});

test("a slow sender has all the time it needs while nobody waits", async () => {
  const bytes = noisePngOf(300_000);
  const pieces = (async function* () {
    for (let at = 0; at < bytes.length; at += 60_000) {
      yield bytes.subarray(at, at + 60_000);
      await pause(400);
    }
  })();
  const answer = await tintype.raw({ headers: { "content-length": bytes.length }, pieces });
  assert.equal(answer.status, 201, answer.body);
  const view = await tintype.image(JSON.parse(answer.body).url);
  assert.ok((await bytesOf(view)).equals(bytes));
});
