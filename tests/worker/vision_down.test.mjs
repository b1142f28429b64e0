// Vision fails, lies and talks nonsense: nothing unexamined becomes public, and nothing is left behind.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";

let tintype;
before(async () => {
  tintype = await startTintype({
    app: { vision: "fake-vision", entry: "tests/worker/entries/impatient_app.mjs" },
    vision: { name: "fake-vision", entry: "tests/worker/entries/fake_vision.mjs" },
  });
});
after(() => tintype?.close());

async function become(mode) {
  const answer = await tintype.server.getWorker("fake-vision").fetch(`https://vision/__test/mode?is=${mode}`);
  assert.equal((await answer.json()).mode, mode);
}

test("the stand-in is taken for vision when it is honest", async () => {
  await become("honest");
  const image = await tintype.upload(freshPng());
  assert.equal((await tintype.image(image.url)).status, 200);
});

const WRONG = {
  down: "is down",
  500: "answers an error",
  "502_html": "answers an error page",
  no_findings: "answers bytes without findings",
  garbage: "answers findings that cannot be read",
  unknown_assessment: "answers an assessment nobody knows",
  no_assessment: "does not say what it thinks of the content",
  no_digest: "answers no digest",
  wrong_digest: "answers a digest of other bytes",
  other_bytes: "answers other bytes than its digest is of",
  too_short: "answers a byte less than it says",
  too_long: "answers a byte more than it says",
  hangs: "does not answer in time",
  stalls: "does not finish its answer in time",
  breaks_off: "breaks off in the middle of its answer",
};

for (const [mode, words] of Object.entries(WRONG)) {
  test(`when vision ${words}, the upload is refused with 503 and nothing is left of it`, async () => {
    await become(mode);
    const rows = () => tintype.rows("SELECT id, state FROM images ORDER BY id");
    const before = await rows();
    const since = Date.now();
    const answer = await tintype.send(freshPng());
    const problem = await answer.json();
    assert.equal(answer.status, 503, JSON.stringify(problem));
    assert.ok(Date.now() - since < 10_000, "within the time an examination may take");
    assert.equal(problem.code, "unavailable");
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
    assert.ok(!JSON.stringify(problem).includes("vision"), "a fault stays ours");
    assert.deepEqual(await rows(), before);
    assert.deepEqual(await tintype.disorder(), []);
  });
}

test("a repeat under the same Idempotency-Key succeeds as soon as vision is back", async () => {
  const bytes = freshPng();
  const headers = { "idempotency-key": "7f3c2ad0-0000-4000-8000-000000000001" };
  for (const mode of ["down", "other_bytes"]) {
    await become(mode);
    assert.equal((await tintype.send(bytes, { headers })).status, 503, mode);
  }
  await become("honest");
  assert.equal((await tintype.send(bytes, { headers })).status, 201);
});

test("a busy vision asks the caller to come back, in its own time", async () => {
  await become("busy");
  const answer = await tintype.send(freshPng());
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("retry-after"), "7");
  assert.equal((await answer.json()).code, "busy");
});

test("images are served, deleted and expired while vision is down", async () => {
  await become("honest");
  const [kept, deleted] = [await tintype.upload(freshPng()), await tintype.upload(freshPng())];
  await become("down");
  assert.equal((await tintype.image(kept.url)).status, 200);
  assert.equal((await tintype.remove(deleted)).status, 200);
  await tintype.advance("31d");
  await tintype.settle();
  assert.equal((await tintype.image(kept.url)).status, 410);
  assert.deepEqual(await tintype.disorder(), []);
});
