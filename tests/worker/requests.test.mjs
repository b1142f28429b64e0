// The request log in the real runtime: what is written after the answer really is, without the address, and views leave nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";
import { MASTER_KEYS, addKey } from "./keys.mjs";

let tintype;
before(async () => void (tintype = await startTintype({ app: { vars: { MASTER_KEYS } } })));
after(() => tintype?.close());

const requests = () => tintype.rows("SELECT * FROM requests ORDER BY at, id");

test("one request leaves one row when its answer is there, and its count", async () => {
  const { id, text } = await addKey(tintype);
  const headers = { authorization: `Bearer ${text}`, "cf-connecting-ip": "198.51.100.77" };
  const answer = await tintype.app("/v1/usage?canary", { headers });
  assert.equal(answer.status, 200, await answer.text());
  await eventually(async () => assert.equal((await requests()).length, 1));
  const [row] = await requests();
  assert.deepEqual([row.key_id, row.method, row.endpoint, row.status, row.problem], [id, "GET", "/v1/usage", 200, null]);
  assert.equal(row.id, answer.headers.get("x-request-id"));
  assert.match(row.client, /^[0-9a-f]{8}$/);
  assert.ok(Math.abs(row.at - Date.now()) < 60_000 && Number.isInteger(row.at));
  const [count] = await tintype.rows("SELECT * FROM request_counts");
  assert.deepEqual([count.key_id, count.requests, count.listed, count.day % 86_400_000], [id, 1, 1, 0]);

  const missed = await tintype.app(`/v1/images/${"0".repeat(24)}`, { headers });
  assert.equal(missed.status, 404);
  await eventually(async () => assert.equal((await requests()).length, 2));
  const problem = (await requests()).find(({ status }) => status === 404);
  assert.deepEqual([problem.endpoint, problem.problem, problem.client], ["/v1/images/{id}", "not-found", row.client]);
  const all = JSON.stringify([await requests(), await tintype.rows("SELECT * FROM rate_counters")]);
  for (const part of ["198.51.100", "canary", "0".repeat(24)]) assert.ok(!all.includes(part), part);
});

test("views, pages and requests without a key leave no row", async () => {
  const before = (await requests()).length;
  const image = await (await tintype.send(freshPng())).json();
  for (let n = 0; n < 3; n++) assert.equal((await tintype.image(image.url)).status, 200);
  assert.equal((await tintype.app(`/${image.id}`)).status, 200);
  assert.equal((await tintype.app(`/v1/images/${image.id}`)).status, 200);
  // As long as the work after an answer takes, and longer.
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal((await requests()).length, before);
});

test("a month later nothing is left of them", async () => {
  await tintype.advance("31d");
  await tintype.job("forget_requests");
  assert.deepEqual(await requests(), []);
});
