// Every call that an upload or a deletion makes to the platform fails once, in every way: nothing that was
// acknowledged is lost, nothing that was not stays public by half, and one sweep and one reconcile leave
// no orphan.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { bytesOf, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";

const MODES = {
  fail: "fails",
  lose: "succeeds, but says that it failed",
  crash: "never happens, because the program ended",
  stop: "is the last thing the program does",
};
// More calls than either makes; the tests find out how many there are.
const CALLS_MAX = 40;

let tintype;
before(async () => void (tintype = await startTintype({ app: { entry: "tests/worker/entries/app.mjs" } })));
after(() => tintype?.close());

const fault = (call, mode) => ({ "x-test-fault": JSON.stringify({ call, mode }) });
const callsOf = (answer) => (answer.headers.get("x-test-calls") ?? "").split(" ").filter(Boolean);

// Runs `attempt(headers)` with the first call spoilt, then with the second, and so on, until an attempt
// makes fewer calls than that.
async function spoilEachCall(mode, attempt) {
  for (let call = 1; call <= CALLS_MAX; call++) {
    const answer = await attempt(fault(call, mode), call);
    if (callsOf(answer).length < call) return call - 1;
  }
  throw new Error(`more than ${CALLS_MAX} calls`);
}

async function isServed(image, bytes) {
  const view = await tintype.image(image.url);
  assert.equal(view.status, 200, image.id);
  assert.ok((await bytesOf(view)).equals(bytes), image.id);
}

for (const [mode, words] of Object.entries(MODES)) {
  test(`an upload survives that any one of its calls ${words}`, async () => {
    const attempts = [];
    const count = await spoilEachCall(mode, async (headers) => {
      const [bytes, key] = [freshPng(), randomUUID()];
      const answer = await tintype.send(bytes, { headers: { ...headers, "idempotency-key": key } });
      const image = answer.status === 201 || answer.status === 202 ? await answer.json() : undefined;
      if (!image) await answer.text();
      // What is held has no address yet; it will have this one.
      else image.url ??= `/${image.id}.png`;
      attempts.push({ bytes, key, image, status: answer.status, calls: callsOf(answer) });
      return answer;
    });
    assert.ok(count >= 8, `an upload makes at least eight calls, not ${count}`);
    for (const { status, calls } of attempts) assert.ok([201, 202, 409, 500, 503, 599].includes(status), `${status} after ${calls}`);

    // The caller tries again under the same key, after the time in which the first attempt may still run.
    await tintype.advance("3m");
    await tintype.job("judge_held");
    for (const { bytes, key, image } of attempts) {
      const again = await tintype.send(bytes, { headers: { "idempotency-key": key } });
      const body = await again.text();
      assert.ok(again.status === 200 || again.status === 201, `${again.status} ${body}`);
      const repeated = JSON.parse(body);
      if (image) assert.equal(repeated.id, image.id, "an acknowledged image is found again");
      await isServed(repeated, bytes);
    }

    await tintype.settle();
    assert.deepEqual(await tintype.disorder(), []);
    for (const { bytes, image } of attempts) {
      if (image) await isServed(image, bytes);
      const digest = createHash("sha256").update(bytes).digest("hex");
      const rows = await tintype.rows("SELECT id FROM images WHERE state = 'live' AND sha256 = ?", digest);
      assert.equal(rows.length, 1, "one image for each key, however often it was tried");
    }
  });

  test(`a deletion survives that any one of its calls ${words}`, async () => {
    const attempts = [];
    const count = await spoilEachCall(mode, async (headers) => {
      const bytes = freshPng();
      const image = await tintype.upload(bytes, { headers: { "idempotency-key": randomUUID() } });
      const answer = await tintype.app(`/v1/images/${image.id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${image.delete_token}`, ...headers },
      });
      await answer.text();
      const calls = callsOf(answer);
      if (answer.status === 200) assert.equal((await tintype.image(image.url)).status, 410, "said to be deleted");
      attempts.push({ bytes, image, status: answer.status, calls });
      return answer;
    });
    assert.ok(count >= 6, `a deletion makes at least six calls, not ${count}`);

    await tintype.settle();
    assert.deepEqual(await tintype.disorder(), []);
    for (const { bytes, image, status, calls } of attempts) {
      const state = await tintype.state(image.id);
      // An answer that got lost leaves both possible; an answer does not.
      if (status === 200 || status === 202) assert.equal(state, "recovery", `${status} after ${calls}`);
      if (state === "live") await isServed(image, bytes);
      else assert.equal((await tintype.image(image.url)).status, 410, state);
      if (state === "recovery") {
        const kept = await tintype.env.RECOVERY.get(`images/${image.id}`);
        assert.ok(Buffer.from(await kept.arrayBuffer()).equals(bytes), "recovered bytes are the uploaded ones");
      }
    }
  });

  test(`an expiry survives that any one of its calls ${words}`, async () => {
    const images = await Promise.all(Array.from({ length: 3 }, () => tintype.upload(freshPng(), { query: "?ttl=300" })));
    await tintype.advance("6m");
    for (const { url } of images) assert.equal((await tintype.image(url)).status, 410);
    await spoilEachCall(mode, async (headers) => {
      const answer = await tintype.app("/__dev/jobs/reap_expired", { method: "POST", headers });
      await answer.text();
      // A run that ended without saying so keeps the others out for five minutes.
      await tintype.advance("6m");
      return answer;
    });
    await tintype.settle();
    assert.deepEqual(await tintype.disorder(), []);
    for (const { id } of images) assert.equal(await tintype.state(id), "recovery");
  });
}

test("while the database is down, images are served and uploads are refused with 503", async () => {
  const bytes = freshPng();
  const image = await tintype.upload(bytes);
  const down = (only) => ({ "x-test-fault": JSON.stringify({ call: 1, mode: "fail", only }) });
  const view = await tintype.image(image.url, { headers: down("DB.batch") });
  assert.equal(view.status, 200);
  assert.deepEqual(callsOf(view), [], "a view asks the database nothing");
  assert.ok((await bytesOf(view)).equals(bytes));
  for (const only of ["DB.batch", "IMAGES.put", "RECOVERY.get"]) {
    const refused = await tintype.send(freshPng(), { headers: down(only) });
    assert.equal(refused.status, 503, only);
    assert.equal((await refused.json()).code, "unavailable", only);
    assert.ok(Number(refused.headers.get("retry-after")) > 0, only);
  }
  assert.equal((await tintype.send(freshPng(), { headers: down("VISION.fetch") })).status, 202, "held");
  await tintype.settle();
  assert.deepEqual(await tintype.disorder(), []);
});
