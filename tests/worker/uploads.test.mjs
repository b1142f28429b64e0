// Uploads in the real runtime: every form of request, the size limit from both sides, and clients that lie
// or leave.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesOf, eventually, freshAddress, startTintype } from "./harness.mjs";
import { freshPng, noisePngOf } from "./images.mjs";
import { chunked } from "./raw_client.mjs";

const BYTES_MAX = 20_000_000;
let tintype;
before(async () => void (tintype = await startTintype()));
after(() => tintype?.close());

function form(bytes, fields = {}, filename = "holiday.png") {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  data.set("file", new File([bytes], filename, { type: "application/octet-stream" }));
  return data;
}

async function post(body, headers = {}) {
  const fields = { "cf-connecting-ip": freshAddress(), ...headers };
  // Encoded here, so that the length is declared.
  const encoded = new Response(body);
  if (body instanceof FormData) fields["content-type"] = encoded.headers.get("content-type");
  return tintype.app("/v1/images", { method: "POST", body: await encoded.arrayBuffer(), headers: fields });
}

async function problem(answer, status, code) {
  const body = await answer.text();
  assert.equal(answer.status, status, body);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(JSON.parse(body).code, code);
  return JSON.parse(body);
}

async function servedAs(image, bytes) {
  const view = await tintype.image(image.url);
  assert.equal(view.status, 200);
  assert.equal(view.headers.get("content-type"), "image/png");
  assert.ok((await bytesOf(view)).equals(bytes), "other bytes than were sent");
}

test("a form with a file and fields becomes an image", async () => {
  const bytes = freshPng();
  const answer = await post(form(bytes, { caption: "Under the bridge", ttl: "3600", labels: '{"trip":"north"}' }));
  assert.equal(answer.status, 201);
  const image = await answer.json();
  assert.equal(image.caption, "Under the bridge");
  assert.equal(image.filename, "holiday.png");
  assert.deepEqual(image.labels, { trip: "north" });
  assert.equal(Date.parse(image.expires_at) - Date.parse(image.created_at), 3_600_000);
  await servedAs(image, bytes);
});

test("a raw body is taken for what it is, whatever its label says", async () => {
  for (const type of ["image/png", "image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", "text/html"]) {
    const bytes = freshPng();
    const answer = await post(bytes, { "content-type": type });
    assert.equal(answer.status, 201, type);
    await servedAs(await answer.json(), bytes);
  }
});

test("what is no image is refused, and named a problem", async () => {
  const refusal = await problem(await post("<svg xmlns='http://www.w3.org/2000/svg'/>", { "content-type": "image/png" }), 415, "unsupported-format");
  assert.ok(refusal.accepted.includes("image/png"));
  await problem(await post("", { "content-type": "image/png" }), 422, "image-damaged");
  await problem(await post(new FormData()), 422, "invalid-field");
  await problem(await post("--x\r\nnonsense", { "content-type": "multipart/form-data; boundary=y" }), 400, "malformed-request");
  await problem(await post("{", { "content-type": "application/json" }), 400, "malformed-request");
});

test("a URL that could lead inside is refused before anything is asked of the network", async () => {
  const imported = (url) => post(JSON.stringify({ url }), { "content-type": "application/json" });
  for (const url of ["https://127.0.0.1/a.png", "https://2130706433/", "https://[::1]/", "https://10.1.2.3/a.png",
    "https://169.254.169.254/latest/meta-data/", "http://example.com/a.png", "https://localhost/a.png",
    "https://user:secret@example.com/a.png", "https://example.com:8443/a.png", "file:///etc/passwd", "nonsense"]) {
    await problem(await imported(url), 422, "import-refused");
  }
  // The resolver of this test does not answer: that is our fault, said as such, and nothing is fetched.
  await problem(await imported("https://example.com/a.png"), 503, "unavailable");
});

test("a raw body may come without a declared length, within the same limit", async () => {
  const streamed = (bytes, pieces = chunked(bytes), more = {}) =>
    tintype.raw({ headers: { "transfer-encoding": "chunked" }, pieces, ...more });
  const bytes = freshPng();
  const answer = await streamed(bytes);
  assert.equal(answer.status, 201, answer.body);
  await servedAs(JSON.parse(answer.body), bytes);
  const tooLong = await streamed(Buffer.concat([bytes, Buffer.alloc(BYTES_MAX)]));
  assert.equal(tooLong.status, 413, tooLong.body);
  const before = await tintype.rows("SELECT id FROM images");
  await streamed(bytes, chunked(bytes).slice(0, 2), { hangUpAfterMs: 100 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(await tintype.rows("SELECT id FROM images"), before);
});

test("a form or JSON without a declared length is refused, because it would be read into memory", async () => {
  for (const type of ["multipart/form-data; boundary=x", "application/json"]) {
    const headers = { "transfer-encoding": "chunked", "content-type": type };
    const answer = await tintype.raw({ headers, pieces: chunked(Buffer.from("{}")) });
    assert.equal(answer.status, 411, type);
    assert.equal(JSON.parse(answer.body).code, "length-required");
  }
});

test("a file of almost the largest size passes through, raw and in a form", async () => {
  const bytes = noisePngOf(BYTES_MAX);
  assert.ok(bytes.length > 0.99 * BYTES_MAX && bytes.length <= BYTES_MAX);
  await servedAs(await tintype.upload(bytes), bytes);
  const answer = await post(form(bytes));
  assert.equal(answer.status, 201);
  await servedAs(await answer.json(), bytes);
});

test("a byte more than the limit is refused by its declared length", async () => {
  const bytes = Buffer.concat([freshPng(), Buffer.alloc(BYTES_MAX)]).subarray(0, BYTES_MAX + 1);
  const raw = await problem(await post(bytes, { "content-type": "image/png" }), 413, "payload-too-large");
  assert.equal(raw.limit_bytes, BYTES_MAX);
  await problem(await post(form(Buffer.alloc(BYTES_MAX + 70_000))), 413, "payload-too-large");
  // Within what a form may have, but the file in it is too long.
  await problem(await post(form(Buffer.alloc(BYTES_MAX + 1))), 413, "payload-too-large");
});

test("what a client sends beyond what it declared is no part of the image", async () => {
  const bytes = freshPng();
  const answer = await tintype.raw({
    headers: { "content-length": bytes.length },
    pieces: [bytes, Buffer.from("and this was not announced")],
  });
  assert.equal(answer.status, 201);
  const image = JSON.parse(answer.body);
  assert.equal(image.bytes, bytes.length);
  await servedAs(image, bytes);
});

test("a client that leaves midway leaves nothing behind", async () => {
  const before = await tintype.rows("SELECT id FROM images");
  tintype.server.clearLogs();
  const bytes = noisePngOf(4_000_000);
  for (const sent of [0, 100, 2_000_000, bytes.length - 1]) {
    const answer = await tintype.raw({
      headers: { "content-length": bytes.length },
      pieces: [bytes.subarray(0, sent)],
      hangUpAfterMs: 100,
    });
    assert.equal(answer.status, undefined);
  }
  await eventually(async () => assert.equal(await unsettled(), 0));
  assert.deepEqual(await tintype.rows("SELECT id FROM images"), before);
  assert.deepEqual(await tintype.disorder(), []);
  const faults = tintype.server.getLogs().filter(({ message }) => message.includes('"fault"'));
  assert.deepEqual(faults, [], "it is no fault of ours");
  await servedAs(await tintype.upload(bytes), bytes);
});

test("a client that leaves before it hears the answer changes nothing about what is stored", async () => {
  for (let ms = 0; ms < 60; ms += 4) {
    const bytes = freshPng();
    await tintype.raw({ headers: { "content-length": bytes.length }, pieces: [bytes], hangUpAfterMs: ms });
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  await tintype.settle();
  assert.deepEqual(await tintype.disorder(), []);
});

test("thirty uploads at once are thirty images", async () => {
  const files = Array.from({ length: 30 }, freshPng);
  const images = await Promise.all(files.map((bytes) => tintype.upload(bytes)));
  assert.equal(new Set(images.map(({ id }) => id)).size, 30);
  await Promise.all(images.map((image, index) => servedAs(image, files[index])));
  assert.deepEqual(await tintype.disorder(), []);
});

async function unsettled() {
  const [{ count }] = await tintype.rows("SELECT count(*) AS count FROM images WHERE state IN ('pending', 'removing')");
  return count;
}
