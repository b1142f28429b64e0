// Copies near the visitors in the real runtime: the Cache API's own ways, and what is said to the purge API. The local
// cache is not purged by it, so what a purge does is shown in tests/core/edge_cache.rs.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { bytesOf, eventually, IMAGES, startTintype } from "./harness.mjs";
import { freshPng, noisePng, noisePngOf } from "./images.mjs";

const ENTRY = "tests/worker/entries/cached_app.mjs";
const ZONE = "0123456789abcdef0123456789abcdef";
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const copyAt = async (tintype, url) => (await tintype.app(`/__test/copy?url=${encodeURIComponent(url)}`)).json();

/** The fields of an answer, without those that differ each time. */
const fields = ({ headers }) => {
  const { date, "x-request-id": id, ...rest } = Object.fromEntries(headers);
  assert.ok(id);
  return rest;
};

describe("a deployment that can purge", () => {
  let tintype;
  let api;
  let says;
  const asked = [];
  const done = (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"success":true}');

  before(async () => {
    says = done;
    api = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { method, url } = request;
      const { authorization, "content-type": type } = request.headers;
      asked.push({ method, url, authorization, type, ...JSON.parse(body) });
      says(response);
    });
    await new Promise((resolve) => api.listen(0, "127.0.0.1", resolve));
    const vars = {
      CACHE_ZONE_ID: ZONE,
      CACHE_PURGE_TOKEN: "a-token",
      CACHE_PURGE_ENDPOINT: `http://127.0.0.1:${api.address().port}`,
    };
    tintype = await startTintype({ app: { entry: ENTRY, vars } });
  });
  after(async () => {
    await tintype?.close();
    api?.closeAllConnections();
    api?.close();
  });

  /** An image of which there is a copy; `alone`: and nothing else any more. */
  async function cached(bytes, { alone = true } = {}) {
    const image = await tintype.upload(bytes);
    const fresh = await tintype.image(image.url);
    assert.equal(digest(await bytesOf(fresh)), digest(bytes));
    await eventually(async () => assert.ok(await copyAt(tintype, image.url)));
    if (alone) await tintype.env.IMAGES.delete(`images/${image.id}`);
    return { image, fresh };
  }

  test("answers from the copy what the storage would have answered, without asking it", async () => {
    const bytes = noisePng(100, 90);
    const { image, fresh } = await cached(bytes);
    const get = (headers, method = "GET") => tintype.image(image.url, { method, headers });

    const whole = await get();
    assert.equal(whole.status, 200);
    assert.deepEqual(await bytesOf(whole), bytes);
    const { "cache-control": age, ...rest } = fields(whole);
    const { "cache-control": full, ...same } = fields(fresh);
    assert.deepEqual(rest, same);
    assert.equal(rest["content-length"], String(bytes.length));
    assert.equal(full, "public, max-age=300, must-revalidate, stale-if-error=0");
    assert.match(age, /^public, max-age=(29\d|300), must-revalidate, stale-if-error=0$/);
    for (const name of ["cache-tag", "tintype-kept", "age", "cf-cache-status"]) assert.equal(whole.headers.get(name), null, name);

    const etag = fresh.headers.get("etag");
    const unchanged = await get({ "if-none-match": etag });
    assert.equal(unchanged.status, 304);
    assert.equal(unchanged.headers.get("etag"), etag);
    assert.equal((await get({ "if-modified-since": fresh.headers.get("last-modified") })).status, 304);

    for (const [range, from, to] of [["bytes=100-199", 100, 200], ["bytes=-7", bytes.length - 7, bytes.length], ["bytes=5-", 5, bytes.length]]) {
      const part = await get({ range });
      assert.equal(part.status, 206, range);
      assert.equal(part.headers.get("content-range"), `bytes ${from}-${to - 1}/${bytes.length}`);
      assert.equal(part.headers.get("content-length"), String(to - from));
      assert.deepEqual(await bytesOf(part), bytes.subarray(from, to), range);
    }
    const other = await get({ range: "bytes=0-9", "if-range": '"other"' });
    assert.equal((await bytesOf(other)).length, bytes.length);
    assert.equal((await get({ range: `bytes=${bytes.length}-` })).status, 416);

    const head = await get({}, "HEAD");
    assert.equal(head.status, 200);
    assert.equal(head.headers.get("content-length"), String(bytes.length));
    assert.equal((await tintype.image(`${image.url}?view`)).status, 404, "what is chosen comes from storage");
  });

  test("keeps the copy under the image's own address with its tag, and no longer than answers say", async () => {
    const { image } = await cached(freshPng(), { alone: false });
    const copy = await copyAt(tintype, image.url);
    assert.equal(copy["cache-tag"], `i-${image.id}`);
    assert.match(copy["cache-control"], /^public, max-age=(29\d|300), must-revalidate, stale-if-error=0$/);
    for (const init of [{ headers: { range: "bytes=0-9" } }, { method: "HEAD" }]) await tintype.image(image.url, init);
    assert.equal(await copyAt(tintype, `${image.url}?view`), null);
    assert.equal((await tintype.app(`/${image.id}.png`)).status, 404, "the other host has no such address");
  });

  test("passes a large copy on unread, whole and in part, also while somebody reads slowly", async () => {
    const bytes = noisePngOf(20_000_000);
    const image = await tintype.upload(bytes);
    const slow = readsNothing(tintype, image.url);
    await eventually(async () => assert.ok(await copyAt(tintype, image.url)));
    slow.destroy();
    await tintype.env.IMAGES.delete(`images/${image.id}`);
    const whole = await tintype.image(image.url);
    assert.equal(whole.headers.get("content-length"), String(bytes.length));
    assert.equal(digest(await bytesOf(whole)), digest(bytes));
    const part = await tintype.image(image.url, { headers: { range: "bytes=5000000-12345678" } });
    assert.equal(digest(await bytesOf(part)), digest(bytes.subarray(5_000_000, 12_345_679)));
  });

  test("serves a variant from its copy, however it is asked for", async () => {
    const image = await tintype.upload(noisePng(200, 100));
    const views = (query) => tintype.image(`${image.url}${query}`);
    const made = await views("?w=50&h=20");
    assert.equal(made.status, 200);
    const bytes = await bytesOf(made);
    const address = await eventually(async () => {
      await bytesOf(await views("?w=50&h=20"));
      const { objects: [{ key }] } = await tintype.env.IMAGES.list({ prefix: `variants/${image.id}/` });
      const address = `${image.url}?${key.slice(`variants/${image.id}/`.length)}`;
      assert.equal((await copyAt(tintype, address))["cache-tag"], `i-${image.id}`);
      return { address, key };
    });
    await tintype.env.IMAGES.delete([`images/${image.id}`, address.key]);
    for (const query of ["?w=50&h=20", "?h=20&w=50"]) assert.deepEqual(await bytesOf(await views(query)), bytes, query);
  });

  test("serves from storage when the cache fails, and says so in the log", async () => {
    const bytes = freshPng();
    const image = await tintype.upload(bytes);
    const answer = await tintype.image(image.url, { headers: { "x-test-broken-cache": "1" } });
    assert.equal(answer.status, 200);
    assert.deepEqual(await bytesOf(answer), bytes);
    const logged = () => tintype.server.getLogs().filter(({ message }) => message.includes("near"));
    await eventually(async () => assert.ok(logged().length >= 2, "looking failed, and so did keeping"));
  });

  test("does not serve a copy past its time, whatever the cache thinks", async () => {
    const { image } = await cached(freshPng());
    await tintype.advance("299s");
    assert.equal((await tintype.image(image.url)).status, 200);
    await tintype.advance("1s");
    assert.equal((await tintype.image(image.url)).status, 404);
  });

  test("has a deleted image purged at once, and again later, together with others", async () => {
    asked.length = 0;
    const images = [await tintype.upload(freshPng()), await tintype.upload(freshPng())];
    for (const image of images) assert.equal((await tintype.remove(image)).status, 200);
    const tags = images.map(({ id }) => `i-${id}`);
    const call = {
      method: "POST",
      url: `/zones/${ZONE}/purge_cache`,
      authorization: "Bearer a-token",
      type: "application/json",
    };
    assert.deepEqual(asked.slice(0, 2), tags.map((tag) => ({ ...call, tags: [tag] })), "before the answer");
    await eventually(async () => assert.equal(asked.length, 3), 10_000);
    assert.deepEqual({ ...asked[2], tags: new Set(asked[2].tags) }, { ...call, tags: new Set(tags) });
  });

  test("deletes also when the purge API refuses, redirects, breaks off or hangs", async () => {
    const wrong = [
      (response) => response.writeHead(429).end("{}"),
      (response) => response.writeHead(200).end('{"success":false}'),
      (response) => response.writeHead(200).end("<html>"),
      (response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      (response) => response.destroy(),
      () => {},
    ];
    for (const answer of wrong) {
      says = answer;
      const image = await tintype.upload(freshPng());
      assert.equal((await tintype.remove(image)).status, 200, answer.toString());
      assert.equal(await tintype.state(image.id), "recovery");
      const faults = tintype.server.getLogs().filter(({ message }) => message.includes(`purge ${image.id}`));
      assert.equal(faults.length, 1, answer.toString());
      assert.ok(!faults[0].message.includes("a-token"));
    }
    says = done;
  });
});

test("a deployment that cannot purge keeps no copies", async () => {
  const tintype = await startTintype({ app: { entry: ENTRY } });
  try {
    const image = await tintype.upload(freshPng());
    for (let view = 0; view < 3; view++) await bytesOf(await tintype.image(image.url));
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await copyAt(tintype, image.url), null);
    await tintype.env.IMAGES.delete(`images/${image.id}`);
    assert.equal((await tintype.image(image.url)).status, 404);
    assert.equal((await tintype.remove(image)).status, 200);
  } finally {
    await tintype.close();
  }
});

/** Asks for an image over a connection of its own, and takes no more of it than the connection's buffers do. */
function readsNothing(tintype, url) {
  const { hostname, port } = tintype.url;
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.on("error", () => {});
  socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nHost: ${new URL(IMAGES).host}\r\n\r\n`);
  return socket;
}
