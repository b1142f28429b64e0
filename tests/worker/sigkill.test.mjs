// The whole runtime is killed while it works, again and again: what was acknowledged is still there, and one
// sweep and one reconcile leave nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prepareServer } from "./dev_server.mjs";
import { disorder, eventually, freshAddress } from "./harness.mjs";
import { freshPng } from "./images.mjs";

const ROUNDS = 5;
const WRITERS = 4;
// Rounds are skipped on a machine so slow that all would take too long, but never the first two.
const ROUNDS_MS_MAX = 30_000;

let server;
before(async () => void (server = await prepareServer("tests/worker/entries/open_app.mjs")));
after(() => server?.discard());

// Uploads, and deletes every third of its own, until the server is no more. What it was told is what counts.
async function write(told, isOver) {
  for (let count = 1; !isOver(); count++) {
    const bytes = freshPng();
    const headers = { "content-type": "image/png", "cf-connecting-ip": freshAddress() };
    const answer = await fetch(`${server.app}/v1/images`, { method: "POST", headers, body: bytes });
    if (answer.status !== 201) continue;
    const image = await answer.json();
    const fate = { url: image.url, bytes, is: "live" };
    told.set(image.id, fate);
    if (count % 3 !== 0) continue;
    fate.is = "either";
    const authorization = `Bearer ${image.delete_token}`;
    const removed = await fetch(`${server.app}/v1/images/${image.id}`, { method: "DELETE", headers: { authorization } });
    if (removed.status === 200) fate.is = "gone";
  }
}

test("killed five times while four callers write, it loses nothing that it acknowledged", { timeout: 120_000 }, async (t) => {
  const told = new Map();
  const begun = Date.now();
  let rounds = 0;
  while (rounds < ROUNDS && (rounds < 2 || Date.now() - begun < ROUNDS_MS_MAX)) {
    await server.start();
    let isOver = false;
    const before = told.size;
    const writers = Array.from({ length: WRITERS }, () => write(told, () => isOver).catch(() => "killed"));
    await eventually(async () => assert.ok(told.size > before), 15_000);
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 1_000));
    await server.kill();
    isOver = true;
    await Promise.all(writers);
    rounds += 1;
  }

  await server.start();
  const post = async (path) => {
    const answer = await fetch(`${server.app}${path}`, { method: "POST" });
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
  };
  const stored = async () => (await fetch(`${server.app}/__test/stored`)).json();
  const left = (await stored()).rows.filter(({ state }) => state === "pending" || state === "removing").length;
  await post("/__dev/clock?advance=61m");
  for (const job of ["sweep_pending", "finish_removals", "reconcile_blobs"]) await post(`/__dev/jobs/${job}`);

  const { rows, images, recovery } = await stored();
  assert.deepEqual(disorder(rows, images, recovery), []);
  for (const [id, { url, bytes, is }] of told) {
    const view = await fetch(url);
    const body = Buffer.from(await view.arrayBuffer());
    if (is !== "either") assert.equal(view.status, is === "live" ? 200 : 410, `${id} should be ${is}`);
    if (view.status === 200) assert.ok(body.equals(bytes), `${id} has other bytes`);
  }
  t.diagnostic(`${rounds} kills, ${told.size} acknowledged, ${left} unfinished swept, ${rows.length} rows`);
});
