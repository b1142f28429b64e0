// Private images and upload tickets in the real runtime: what R2 keeps beside the bytes, the cache, D1 under a hundred uses
// at once, and forms as the runtime reads them.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { bytesOf, eventually, IMAGES, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";
import { addKey } from "./keys.mjs";

const ELSEWHERE = { origin: "https://shop.example", "sec-fetch-site": "cross-site" };
const purged = [];
let [tintype, api, key] = [];

before(async () => {
  api = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    purged.push(...JSON.parse(body).tags);
    response.writeHead(200, { "content-type": "application/json" }).end('{"success":true}');
  });
  await new Promise((resolve) => api.listen(0, "127.0.0.1", resolve));
  const vars = {
    CACHE_ZONE_ID: "0123456789abcdef0123456789abcdef",
    CACHE_PURGE_TOKEN: "a-token",
    CACHE_PURGE_ENDPOINT: `http://127.0.0.1:${api.address().port}`,
  };
  tintype = await startTintype({ app: { entry: "tests/worker/entries/cached_app.mjs", vars } });
  key = await addKey(tintype);
});
after(async () => {
  await tintype?.close();
  api?.closeAllConnections();
  api?.close();
});

const authorization = () => ({ authorization: `Bearer ${key.text}` });
const json = (body, headers = authorization()) => ({
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify(body),
});
const copyAt = async (url) => (await tintype.app(`/__test/copy?url=${encodeURIComponent(url)}`)).json();

describe("a private image", () => {
  let bytes, image, other;
  before(async () => {
    bytes = freshPng();
    const options = { headers: authorization(), query: "?private=true" };
    image = await tintype.upload(bytes, options);
    other = await tintype.upload(freshPng(), options);
  });

  test("is nothing without a signature, and itself with one", async () => {
    assert.equal(image.public, false);
    for (const method of ["GET", "HEAD"]) {
      const [hidden, nothing] = [image.id, "z".repeat(24)].map((id) => tintype.image(`${IMAGES}/${id}.png`, { method }));
      const [a, b] = [await hidden, await nothing];
      assert.deepEqual([a.status, b.status], [404, 404]);
      const said = async (answer) => (await answer.text()).replaceAll(answer.headers.get("x-request-id"), "");
      assert.equal(await said(a), await said(b));
    }
    const seen = await tintype.image(image.signed_url.url);
    assert.equal(seen.status, 200);
    assert.deepEqual(await bytesOf(seen), bytes);
    assert.match(seen.headers.get("cache-control"), /^private, max-age=(29\d|300), must-revalidate/);
    assert.equal(seen.headers.get("access-control-allow-origin"), null);
    const part = await tintype.image(image.signed_url.url, { headers: { range: "bytes=0-7" } });
    assert.deepEqual([part.status, await bytesOf(part)], [206, bytes.subarray(0, 8)]);
  });

  test("is not opened by the signature of another, nor by a changed one, nor too late", async () => {
    const query = other.signed_url.url.split("?")[1];
    for (const url of [`${image.url}?${query}`, image.signed_url.url.replace("exp=1", "exp=2"), `${image.signed_url.url}0`]) {
      const refused = await tintype.image(url);
      assert.deepEqual([refused.status, (await refused.json()).code], [403, "signature-wrong"], url);
    }
    const small = await tintype.image(image.sizes.small.url);
    assert.equal(small.status, 200);
    await bytesOf(small);
    const plain = await tintype.image(`${image.url}?size=s`);
    assert.equal(plain.status, 404);
    const made = await tintype.app(`/v1/images/${image.id}/link`, json({ expires_in: 60 }));
    const link = await made.json();
    assert.equal((await tintype.image(link.url)).status, 200);
  });

  test("is not kept near visitors, whoever looked at it", async () => {
    for (const url of [image.signed_url.url, image.sizes.small.url, image.url]) {
      await bytesOf(await tintype.image(url));
      await bytesOf(await tintype.image(url));
    }
    // What would be kept is kept after the answer: give it the time that a public one needs.
    const open = await tintype.upload(freshPng(), { headers: authorization() });
    await bytesOf(await tintype.image(open.url));
    await eventually(async () => assert.ok(await copyAt(open.url)));
    for (const url of [image.url, image.signed_url.url, `${image.url}?size=s`]) assert.ok(!(await copyAt(url)), url);
  });
});

describe("a ticket", () => {
  const makeTicket = async (wish) => {
    const answer = await tintype.app("/v1/tickets", json(wish));
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer.json();
  };
  const bring = (ticket, body = freshPng(), headers = {}) =>
    tintype.app("/v1/images", {
      method: "POST",
      headers: { ...ELSEWHERE, authorization: ticket.authorization, "content-type": "image/png", ...headers },
      body,
    });

  test("for one image gives one, of a hundred uses at once", async () => {
    await tintype.env.DB.prepare("UPDATE accounts SET tier = 'unlimited'").run();
    const ticket = await makeTicket({});
    const count = async () => (await tintype.rows("SELECT count(*) AS count FROM images"))[0].count;
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 100 }, () => bring(ticket)));
    const told = await Promise.all(answers.map(async (answer) => [answer.status, (await answer.json()).code]));
    assert.equal(told.filter(([status]) => status === 201).length, 1, JSON.stringify(told));
    // Some may hear that there is too much to do; nobody is let in.
    assert.ok(told.every(([status, code]) => status === 201 || code === "ticket-used-up" || status === 503), JSON.stringify(told));
    assert.equal((await count()) - before, 1);
    assert.equal((await tintype.rows("SELECT uses FROM tickets WHERE id = ?", ticket.id))[0].uses, 1);
    assert.equal((await bring(ticket)).status, 409);
    await tintype.settle();
    assert.deepEqual(await tintype.disorder(), []);
    assert.equal((await tintype.rows("SELECT uses FROM tickets WHERE id = ?", ticket.id))[0].uses, 1);
  });

  /** As a form of another site sends it: encoded here, because the runtime's own fetch knows no form of ours. */
  const sendForm = async (form) => {
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    const headers = { ...ELSEWHERE, "content-type": encoded.headers.get("content-type"), "content-length": String(body.length) };
    return tintype.app("/v1/images", { method: "POST", headers, body });
  };

  test("lets a page of another site upload, with a script and with a form", async () => {
    const ticket = await makeTicket({ uses: 2, private: true });
    const asked = await tintype.app("/v1/images", {
      method: "OPTIONS",
      headers: { ...ELSEWHERE, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-origin"), "*");
    assert.match(asked.headers.get("access-control-allow-headers"), /authorization/);
    const brought = await bring(ticket);
    assert.equal(brought.status, 201, await brought.clone().text());
    assert.equal(brought.headers.get("access-control-allow-origin"), "*");
    const told = await brought.json();
    assert.deepEqual([told.public, told.signed_url, told.delete_token], [false, null, undefined]);
    const form = new FormData();
    form.append("ticket", ticket.ticket);
    form.append("file", new Blob([freshPng()], { type: "image/png" }), "a.png");
    const sent = await sendForm(form);
    assert.equal(sent.status, 201, await sent.clone().text());
    const bare = new FormData();
    bare.append("file", new Blob([freshPng()], { type: "image/png" }), "a.png");
    const refused = await sendForm(bare);
    assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [403, "*"]);
    const third = await bring(ticket);
    assert.deepEqual([third.status, (await third.json()).code], [409, "ticket-used-up"]);
  });

  test("holds to its bytes while they are read, and to its formats", async () => {
    const ticket = await makeTicket({ bytes_max: 1_000, formats: ["jpeg"], uses: 3 });
    const large = await bring(ticket, Buffer.alloc(1_001));
    assert.deepEqual([large.status, (await large.json()).limit_bytes], [413, 1_000]);
    const other = await bring(ticket, freshPng());
    assert.deepEqual([other.status, (await other.json()).code], [403, "ticket-refuses"]);
    assert.equal((await tintype.rows("SELECT uses FROM tickets WHERE id = ?", ticket.id))[0].uses, 0);
  });
});
