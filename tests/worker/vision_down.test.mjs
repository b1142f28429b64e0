// Vision fails, lies and talks nonsense: nothing unexamined becomes public, and nothing is left behind or lost.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesOf, freshAddress, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";

let tintype;
before(async () => {
  tintype = await startTintype({
    app: { vision: "fake-vision", entry: "tests/worker/entries/impatient_app.mjs" },
    vision: { name: "fake-vision", entry: "tests/worker/entries/fake_vision.mjs" },
  });
});
after(() => tintype?.close());

async function sendForm(bytes) {
  const form = new FormData();
  form.append("file", new File([bytes], "a.png", { type: "image/png" }));
  // Encoded here, so that the length is declared.
  const encoded = new Response(form);
  const headers = { "cf-connecting-ip": freshAddress(), "content-type": encoded.headers.get("content-type") };
  return tintype.app("/v1/images", { method: "POST", body: await encoded.arrayBuffer(), headers });
}

async function become(mode) {
  const answer = await tintype.server.getWorker("fake-vision").fetch(`https://vision/__test/mode?is=${mode}`);
  assert.equal((await answer.json()).mode, mode);
}

test("the stand-in is taken for vision when it is honest", async () => {
  await become("honest");
  const image = await tintype.upload(freshPng());
  assert.equal((await tintype.image(image.url)).status, 200);
});

const AWAY = { down: "is down", deaf: "does not answer whether it is there", full: "has too much to do" };

for (const [mode, words] of Object.entries(AWAY)) {
  test(`when vision ${words}, uploads are held in private and judged when it is back`, async () => {
    await become(mode);
    const files = [freshPng(), freshPng()];
    const held = [];
    for (const send of [() => tintype.send(files[0]), () => sendForm(files[1])]) {
      // Read at once: what nobody has read yet may be collected with the answer that the harness wraps.
      const answer = await send();
      held.push(await answer.json());
      assert.equal(answer.status, 202, JSON.stringify(held));
    }
    for (const { id, status, url } of held) {
      assert.deepEqual([status, url], ["held", undefined]);
      const view = await tintype.image(`/${id}.png`);
      assert.deepEqual([view.status, (await view.json()).code], [404, "image-held"]);
      assert.equal((await (await tintype.app(`/v1/images/${id}`)).json()).status, "held");
      assert.equal((await tintype.env.RECOVERY.head(`held/${id}`)) !== null, true);
    }
    await tintype.advance("2m");
    await assert.rejects(tintype.job("judge_held"), /wait/, "whoever operates it reads that some wait");
    assert.deepEqual(await tintype.disorder(), []);
    await become("honest");
    await tintype.job("judge_held");
    for (const [index, { id }] of held.entries()) {
      const view = await tintype.image(`/${id}.png`);
      assert.equal(view.status, 200);
      assert.ok((await bytesOf(view)).equals(files[index]));
    }
    assert.deepEqual(await tintype.disorder(), []);
  });
}

test("a held image is deleted with its token, and its bytes leave the place where held bytes are", async () => {
  await become("down");
  const image = await (await tintype.send(freshPng())).json();
  assert.equal((await tintype.remove(image)).status, 200);
  await become("honest");
  await tintype.advance("2m");
  await tintype.job("judge_held");
  assert.equal((await tintype.image(`/${image.id}.png`)).status, 410);
  assert.deepEqual(await tintype.disorder(), []);
});

test("a sender that breaks off while its file is held leaves nothing", async () => {
  await become("down");
  const rows = () => tintype.rows("SELECT id FROM images");
  const before = await rows();
  await tintype.raw({ headers: { "content-length": "50000" }, pieces: [Buffer.alloc(1_000)], hangUpAfterMs: 300 });
  await become("honest");
  await tintype.settle();
  assert.deepEqual(await rows(), before);
  assert.deepEqual(await tintype.disorder(), []);
});

const WRONG = {
  dies: "dies over the file",
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
  test(`when vision ${words}, a stream is refused with 503 and nothing is left of it`, async () => {
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

// What only shows when the bytes are stored cannot be held any more: they have been sent.
const UNTIL_STORED = ["no_digest", "wrong_digest", "other_bytes", "too_short", "too_long", "stalls", "breaks_off"];

for (const [mode, words] of Object.entries(WRONG).filter(([mode]) => !UNTIL_STORED.includes(mode))) {
  test(`when vision ${words}, a file of a form is held and judged later`, async () => {
    await become(mode);
    const answer = await sendForm(freshPng());
    const held = await answer.json();
    assert.equal(answer.status, 202, JSON.stringify(held));
    await become("honest");
    await tintype.advance("2m");
    await tintype.job("judge_held");
    assert.equal((await tintype.image(`/${held.id}.png`)).status, 200);
    assert.deepEqual(await tintype.disorder(), []);
  });
}

test("a repeat under the same Idempotency-Key succeeds as soon as vision is back", async () => {
  const bytes = freshPng();
  const headers = { "idempotency-key": "7f3c2ad0-0000-4000-8000-000000000001" };
  for (const mode of ["dies", "other_bytes"]) {
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
