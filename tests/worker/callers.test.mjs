// Who uploads, in the real runtime: the same request twice, too many requests, and what is remembered of
// the caller (nothing that leads back).

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { bytesOf, freshAddress, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";

let tintype;
before(async () => void (tintype = await startTintype()));
after(() => tintype?.close());

const keyed = (bytes, key, address = freshAddress()) =>
  tintype.send(bytes, { address, headers: { "idempotency-key": key } });

/** As a client does that waits as it is told: a hundred that ask again at once would be the load that keeps them waiting. */
async function keyedUntilAnswered(bytes, key) {
  const until = Date.now() + 120_000;
  while (Date.now() < until) {
    const answer = await keyed(bytes, key);
    if (answer.status !== 409 && answer.status !== 503) return answer;
    const seconds = Number(answer.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds <= 60, `${seconds}`);
    await answer.text();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }
  throw new Error("never answered");
}

test("a hundred requests at once under one Idempotency-Key make one image and hear the same answer", async () => {
  const [{ count: before }] = await tintype.rows("SELECT count(*) AS count FROM images");
  const [bytes, key] = [freshPng(), randomUUID()];
  const answers = await Promise.all(Array.from({ length: 100 }, () => keyedUntilAnswered(bytes, key)));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 201).length, 1, statuses.join());
  assert.equal(statuses.filter((status) => status === 200).length, 99, statuses.join());
  const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())));
  assert.equal(bodies.size, 1, "every caller hears the same, delete token included");
  const image = JSON.parse([...bodies][0]);
  assert.ok((await bytesOf(await tintype.image(image.url))).equals(bytes));
  assert.equal((await tintype.remove(image)).status, 200);
  const [{ count }] = await tintype.rows("SELECT count(*) AS count FROM images");
  assert.equal(count - before, 1);
  await tintype.settle();
  assert.deepEqual(await tintype.disorder(), []);
});

test("another body or other wishes under a used key are refused", async () => {
  const [bytes, key] = [freshPng(), randomUUID()];
  assert.equal((await keyed(bytes, key)).status, 201);
  const other = await keyed(freshPng(), key);
  assert.equal(other.status, 422);
  assert.equal((await other.json()).code, "idempotency-key-reused");
  const wish = await tintype.send(bytes, { headers: { "idempotency-key": key }, query: "?ttl=3600" });
  assert.equal(wish.status, 422);
  const repeat = await keyed(bytes, key);
  assert.equal(repeat.status, 200);
  assert.equal(repeat.headers.get("idempotency-replayed"), "true");
  assert.equal((await keyed(bytes, "short")).status, 400);
});

test("a key is forgotten after a day", async () => {
  const key = randomUUID();
  const first = await (await keyed(freshPng(), key)).json();
  await tintype.advance("25h");
  await tintype.job("forget_ephemeral");
  const second = await keyed(freshPng(), key);
  assert.equal(second.status, 201);
  assert.notEqual((await second.json()).id, first.id);
});

test("the twenty-first upload of an hour waits for the next, and only its caller does", async () => {
  await startOfHour();
  const address = "203.0.113.50";
  for (let count = 1; count <= 20; count++) {
    assert.equal((await tintype.send(freshPng(), { address })).status, 201, `upload ${count}`);
  }
  const refused = await tintype.send(freshPng(), { address });
  assert.equal(refused.status, 429);
  const wait = Number(refused.headers.get("retry-after"));
  assert.ok(wait > 0 && wait <= 3_600, `Retry-After: ${wait}`);
  assert.equal(refused.headers.get("ratelimit-policy"), '"hour";q=20;w=3600, "day";q=100;w=86400');
  const body = await refused.json();
  assert.equal(body.code, "rate-limited");
  assert.equal(body.action.type, "wait");
  assert.equal(body.action.retry_after, wait);
  assert.equal((await tintype.send(freshPng(), { address: "203.0.113.51" })).status, 201);
  await tintype.advance("61m");
  assert.notEqual((await tintype.send(freshPng(), { address })).status, 429);
});

test("promise IMP-11: no address of a caller, and no plain digest of one, is stored or logged", async () => {
  tintype.server.clearLogs();
  const addresses = ["198.51.100.77", "2001:db8:7777:8888:9999:aaaa:bbbb:cccc"];
  for (const address of addresses) {
    const image = await tintype.upload(freshPng(), { address });
    await tintype.image(image.url, { headers: { "cf-connecting-ip": address } });
    await tintype.send("no image", { address });
    await tintype.app("/v1/images", {
      method: "POST",
      headers: { "content-type": "application/json", "cf-connecting-ip": address },
      body: JSON.stringify({ url: "https://example.com/a.png" }),
    });
    await tintype.remove(image);
  }
  const kept = await everythingKept();
  assert.ok(kept.includes("rate_counters") && kept.includes("salts/"), "the search looked somewhere");
  for (const secret of addresses.flatMap(traces)) assert.ok(!kept.includes(secret), `kept: ${secret}`);
});

test("the salt of a day is destroyed after it", async () => {
  await tintype.upload(freshPng());
  const salts = async () => (await tintype.env.RECOVERY.list({ prefix: "salts/" })).objects.map(({ key }) => key);
  const [today] = (await salts()).slice(-1);
  await tintype.advance("1d");
  await tintype.job("forget_ephemeral");
  assert.ok(!(await salts()).includes(today));
});

// What would give an address away: itself, its network, and digests of either in both usual notations.
function traces(address) {
  const network = address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;
  const texts = [address, network, `${network}::`, `${network}::/64`];
  const digests = texts.flatMap((text) => {
    const digest = createHash("sha256").update(text).digest();
    // Half a digest is trace enough.
    return [digest.toString("hex").slice(0, 32), digest.toString("base64").slice(0, 20)];
  });
  return [address, network, ...digests];
}

// Every row, every object and every log line, as one text.
async function everythingKept() {
  const kept = [];
  const tables = await tintype.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'");
  for (const { name } of tables) kept.push(name, JSON.stringify(await tintype.rows(`SELECT * FROM "${name}"`)));
  for (const bucket of ["IMAGES", "RECOVERY"]) {
    const { objects } = await tintype.env[bucket].list({ include: ["customMetadata", "httpMetadata"] });
    for (const object of objects) {
      const bytes = Buffer.from(await (await tintype.env[bucket].get(object.key)).arrayBuffer());
      kept.push(object.key, JSON.stringify([object.customMetadata, object.httpMetadata]), bytes.toString("latin1"), bytes.toString("hex"));
    }
  }
  kept.push(...tintype.server.getLogs().map((line) => JSON.stringify(line)));
  return kept.join("\n");
}

// Windows start with the hour; a test that counts must not begin in its last seconds.
async function startOfHour() {
  const leftMs = 3_600_000 - ((await tintype.advance("0s")) % 3_600_000);
  if (leftMs < 60_000) await tintype.advance("61s");
}
