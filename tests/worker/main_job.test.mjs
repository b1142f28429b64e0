// One image, one life, in the real runtime: uploaded, seen, deleted or expired, recovered, erased, forgotten.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesOf, IMAGES, startTintype } from "./harness.mjs";
import { freshPng, noisePng } from "./images.mjs";

const DAY_MS = 86_400_000;
let tintype;
before(async () => void (tintype = await startTintype()));
after(() => tintype?.close());

test("an uploaded image is served byte for byte, whole, in part and not again", async () => {
  const bytes = noisePng(100, 90);
  const image = await tintype.upload(bytes);
  assert.equal(image.url, `${IMAGES}/${image.id}.png`);

  const whole = await tintype.image(image.url);
  assert.equal(whole.status, 200);
  assert.deepEqual(await bytesOf(whole), bytes);
  assert.equal(whole.headers.get("content-type"), "image/png");
  assert.equal(whole.headers.get("content-length"), String(bytes.length));
  const etag = whole.headers.get("etag");

  const again = await tintype.image(image.url, { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
  assert.equal((await bytesOf(again)).length, 0);
  assert.equal(again.headers.get("etag"), etag);
  const since = await tintype.image(image.url, { headers: { "if-modified-since": whole.headers.get("last-modified") } });
  assert.equal(since.status, 304);

  const part = await tintype.image(image.url, { headers: { range: "bytes=100-199" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), `bytes 100-199/${bytes.length}`);
  assert.deepEqual(await bytesOf(part), bytes.subarray(100, 200));
  const other = await tintype.image(image.url, { headers: { range: "bytes=0-9", "if-range": '"other"' } });
  assert.equal(other.status, 200);
  assert.equal((await bytesOf(other)).length, bytes.length);
  const beyond = await tintype.image(image.url, { headers: { range: `bytes=${bytes.length}-` } });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers.get("content-range"), `bytes */${bytes.length}`);
});

test("HEAD tells what GET would, without a byte", async () => {
  const bytes = freshPng();
  const image = await tintype.upload(bytes);
  const head = await tintype.image(image.url, { method: "HEAD" });
  const get = await tintype.image(image.url);
  assert.equal(head.status, 200);
  assert.equal((await bytesOf(head)).length, 0);
  for (const name of ["content-type", "content-length", "etag", "last-modified", "cache-control", "sunset", "accept-ranges"]) {
    assert.equal(head.headers.get(name), get.headers.get(name), name);
  }
});

test("a deleted image is gone at once, its bytes wait in recovery and are erased after 14 days", async () => {
  const image = await tintype.upload(freshPng());
  assert.equal((await tintype.remove(image, "del_00000000000000000000000000000000")).status, 403);
  assert.equal((await tintype.image(image.url)).status, 200);

  const removed = await tintype.remove(image);
  assert.equal(removed.status, 200);
  assert.equal((await removed.json()).deleted, true);
  const view = await tintype.image(image.url);
  assert.equal(view.status, 410);
  assert.equal(view.headers.get("cache-control"), "no-store");
  assert.equal((await view.json()).code, "image-gone");
  assert.equal((await tintype.app(`/v1/images/${image.id}`)).status, 410);
  assert.equal((await tintype.remove(image)).status, 410);
  assert.equal(await tintype.state(image.id), "recovery");
  assert.equal(await tintype.env.IMAGES.head(`images/${image.id}`), null);
  assert.notEqual(await tintype.env.RECOVERY.head(`images/${image.id}`), null);

  await tintype.advance("13d");
  await tintype.job("reap_recovery");
  assert.notEqual(await tintype.env.RECOVERY.head(`images/${image.id}`), null, "not a day too early");
  await tintype.advance("1d");
  await tintype.job("reap_recovery");
  assert.equal(await tintype.env.RECOVERY.head(`images/${image.id}`), null);
  const [row] = await tintype.rows("SELECT * FROM images WHERE id = ?", image.id);
  assert.equal(row.state, "gone");
  for (const column of ["facts", "sha256", "details", "delete_token_hash"]) assert.equal(row[column], null, column);
  assert.equal((await tintype.image(image.url)).status, 410, "the tombstone still says so");

  await tintype.advance("90d");
  await tintype.job("forget_tombstones");
  assert.equal(await tintype.state(image.id), undefined);
  assert.equal((await tintype.image(image.url)).status, 404);
});

test("an image past its date is not served, even if the job that removes it is late", async () => {
  const image = await tintype.upload(freshPng(), { query: "?ttl=300" });
  await tintype.advance("4m");
  const late = await tintype.image(image.url);
  const maxAge = Number(/max-age=(\d+)/.exec(late.headers.get("cache-control"))[1]);
  assert.ok(maxAge <= 60, `a cache must not outlive the image: ${maxAge}`);
  await tintype.advance("1m");
  assert.equal(await tintype.state(image.id), "live", "the job has not run");
  assert.equal((await tintype.image(image.url)).status, 410);
  assert.equal((await tintype.image(image.url, { headers: { range: "bytes=0-1" } })).status, 410);
  assert.equal((await tintype.image(image.url, { method: "HEAD" })).status, 410);
  await tintype.job("reap_expired");
  assert.equal(await tintype.state(image.id), "recovery");
  assert.equal((await tintype.image(image.url)).status, 410);
});

test("an image is not removed a minute before its date", async () => {
  const image = await tintype.upload(freshPng());
  await tintype.advance("29d");
  await tintype.advance("23h");
  await tintype.advance("59m");
  await tintype.job("reap_expired");
  assert.equal((await tintype.image(image.url)).status, 200);
  await tintype.advance("1m");
  await tintype.job("reap_expired");
  assert.equal((await tintype.image(image.url)).status, 410);
});

test("each cron expression runs its own jobs, at the time for which it was scheduled", async () => {
  const now = await tintype.advance("1s");
  const expiring = await tintype.upload(freshPng(), { query: "?ttl=300" });
  const deleted = await tintype.upload(freshPng());
  await tintype.remove(deleted);
  const fire = (cron, atMs) => tintype.worker.scheduled({ cron, scheduledTime: new Date(atMs) });

  await fire("7 * * * *", now + 300_001);
  await fire("23 3 * * *", now + 300_001);
  assert.equal(await tintype.state(expiring.id), "live", "other expressions do not expire images");
  assert.equal((await fire("* * * * *", now + 301_000)).outcome, "ok");
  assert.equal(await tintype.state(expiring.id), "recovery");

  const erased = now + 15 * DAY_MS;
  await fire("* * * * *", erased);
  await fire("7 * * * *", erased);
  assert.equal(await tintype.state(deleted.id), "recovery", "neither the minute nor the hour erases");
  assert.equal((await fire("*/2 * * * *", erased)).outcome, "ok");
  assert.equal(await tintype.state(deleted.id), "gone");

  await fire("23 3 * * *", erased + 91 * DAY_MS);
  assert.equal(await tintype.state(deleted.id), "gone", "the night does not forget");
  assert.equal((await fire("*/2 * * * *", erased + 91 * DAY_MS)).outcome, "ok");
  assert.equal(await tintype.state(deleted.id), undefined);
});

test("bytes are erased before the row is changed, and a late run finishes what a failed one began", async () => {
  const image = await tintype.upload(freshPng());
  await tintype.remove(image);
  await tintype.advance("15d");
  // The database refuses the second half of the job.
  await tintype.env.DB.exec(
    "CREATE TRIGGER refuse_erasure BEFORE UPDATE ON images WHEN new.state = 'gone' BEGIN SELECT RAISE(ABORT, 'refused'); END",
  );
  await assert.rejects(tintype.job("reap_recovery"), /refused/);
  assert.equal(await tintype.env.RECOVERY.head(`images/${image.id}`), null, "bytes first");
  assert.equal(await tintype.state(image.id), "recovery", "the row still knows of them");
  await tintype.env.DB.exec("DROP TRIGGER refuse_erasure");
  await tintype.job("reap_recovery");
  assert.equal(await tintype.state(image.id), "gone");
});

test("after all this every image has its bytes where its row says, and nothing else is stored", async () => {
  await tintype.settle();
  assert.deepEqual(await tintype.disorder(), []);
});
