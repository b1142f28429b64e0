// A panic ends its instance: everything in flight hears so at once, and the next request finds a new one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";

// How long a caller may be left waiting after the instance is gone: it takes milliseconds, but this machine
// may be busy. Left alone, what is in flight here would take six seconds.
const AT_ONCE_MS = 3_000;

let tintype;
before(async () => {
  tintype = await startTintype({
    app: { entry: "tests/worker/entries/app.mjs" },
    vision: { entry: "tests/worker/entries/vision.mjs" },
  });
});
after(() => tintype?.close());

const vision = () => tintype.server.getWorker("tintype-vision");
const wasm = async () => (await tintype.app("/__test/wasm")).json();
const visionWasm = async () => (await vision().fetch("https://vision/__test/wasm")).json();
const visionBecomes = (mode) => vision().fetch(`https://vision/__test/mode?is=${mode}`);

// Uploads that wait for vision; each promise resolves with the answer and its time.
async function slowUploads(count) {
  const { waiting } = await wasm();
  const fault = JSON.stringify({ call: 1, only: "VISION.fetch", mode: "slow" });
  const inFlight = Array.from({ length: count }, () => timed(tintype.send(freshPng(), { headers: { "x-test-fault": fault } })));
  await eventually(async () => assert.equal((await wasm()).waiting, waiting + count));
  return inFlight;
}

async function timed(request) {
  const answer = await request;
  return { status: answer.status, headers: answer.headers, body: await answer.text(), at: Date.now() };
}

async function allAreToldAtOnce(inFlight, since) {
  for (const { status, headers, body, at } of await Promise.all(inFlight)) {
    assert.equal(status, 500, body);
    assert.equal(headers.get("content-type"), "application/problem+json");
    assert.equal(headers.get("retry-after"), "1");
    assert.equal(JSON.parse(body).code, "internal");
    assert.ok(at >= since, "it was in flight");
    assert.ok(at - since < AT_ONCE_MS, `told after ${at - since} ms`);
  }
}

async function worksAgain() {
  const image = await tintype.upload(freshPng());
  assert.equal((await tintype.image(image.url)).status, 200);
}

test("when the panic hook says so, every request in flight gets a problem at once and the next works", async () => {
  for (let round = 1; round <= 2; round++) {
    const before = (await wasm()).instances;
    const inFlight = await slowUploads(5);
    const since = Date.now();
    await tintype.app("/__test/poison", { method: "POST" });
    await allAreToldAtOnce(inFlight, since);
    await worksAgain();
    assert.equal((await wasm()).instances, before + 1, `round ${round}`);
  }
});

test("a panic of the program itself does the same, again and again", async () => {
  const image = await tintype.upload(freshPng());
  for (let round = 1; round <= 3; round++) {
    const before = (await wasm()).instances;
    const inFlight = await slowUploads(3);
    const since = Date.now();
    const fault = JSON.stringify({ call: 1, only: "IMAGES.get", mode: "broken" });
    const panicking = await tintype.image(image.url, { headers: { "x-test-fault": fault } });
    assert.equal(panicking.status, 500);
    assert.equal(panicking.headers.get("content-type"), "application/problem+json");
    assert.ok(!(await panicking.text()).includes("size"), "no word of the cause");
    await allAreToldAtOnce(inFlight, since);
    await worksAgain();
    assert.equal((await wasm()).instances, before + 1, `round ${round}`);
  }
});

for (const mode of ["trap", "throw"]) {
  test(`vision that dies of a ${mode} refuses what is in flight at once, and then works again`, async () => {
    const before = (await visionWasm()).instances;
    await visionBecomes("slow");
    const { waiting } = await visionWasm();
    const slow = timed(tintype.send(freshPng()));
    await eventually(async () => assert.equal((await visionWasm()).waiting, waiting + 1));
    await visionBecomes(mode);
    const since = Date.now();
    for (const { status, body, at } of [await timed(tintype.send(freshPng())), await slow]) {
      assert.equal(status, 503, body);
      assert.equal(JSON.parse(body).code, "unavailable");
      assert.ok(at - since < AT_ONCE_MS, `told after ${at - since} ms`);
    }
    await eventually(worksAgain);
    assert.equal((await visionWasm()).instances, before + 1);
  });
}

test("what a panic interrupted is swept, and nothing acknowledged is lost", async () => {
  await tintype.settle();
  assert.deepEqual(await tintype.disorder(), []);
});
