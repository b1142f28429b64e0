// Signed requests and digests in the real runtime: two signers that others wrote, forms that are hashed while the runtime
// parses them, and bodies that are other than was signed.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { createSigner, httpbis } from "http-message-signatures";
import { pythonForTests } from "../../scripts/python_tools.mjs";
import { root } from "../../scripts/process.mjs";
import { APP, bytesOf, freshAddress, startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";
import { MASTER_KEYS, addKey } from "./keys.mjs";

const COVERED = ["@method", "@target-uri", "content-digest"];
let tintype;
let python;
before(async () => {
  python = await pythonForTests();
  tintype = await startTintype({ app: { vars: { MASTER_KEYS } } });
});
after(() => tintype?.close());

const digestOf = (body) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

async function byNpm({ id, algorithm, key }, { method, path, body, headers }) {
  const signer = createSigner(key, algorithm, id);
  const covered = body ? COVERED : COVERED.slice(0, 2);
  const config = { key: signer, fields: covered, params: ["created", "keyid", "nonce", "alg"], paramValues: { nonce: randomUUID() } };
  return (await httpbis.signMessage(config, { method, url: `${APP}${path}`, headers })).headers;
}

function byPyPi({ id, algorithm, key }, { method, path, body, headers }) {
  const asked = { method, url: `${APP}${path}`, headers, key, algorithm, keyid: id, nonce: randomUUID() };
  // With a body given, it covers the digest by itself.
  const child = spawn(python, [root("tests", "worker", "signers", "sign.py")], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ ...asked, covered: COVERED.slice(0, 2), body: body ? Buffer.from(body).toString("base64") : null }));
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`sign.py: ${code}`))));
  });
}

async function request(signers, key, { method = "POST", path = "/v1/images", body, type = "image/png" } = {}, send = body) {
  const headers = body ? { "content-type": type, "content-digest": digestOf(body) } : {};
  if (signers === byPyPi) delete headers["content-digest"];
  const signed = await signers(key, { method, path, body, headers });
  return tintype.app(path, { method, headers: { ...signed, "cf-connecting-ip": freshAddress() }, body: send });
}

async function problem(answer, status, code) {
  const document = await answer.json();
  assert.deepEqual([answer.status, document.code], [status, code], JSON.stringify(document));
  return document;
}

for (const [name, signers] of [["npm's", byNpm], ["PyPI's", byPyPi]]) {
  for (const ownPair of [false, true]) {
    test(`${name} http-message-signatures signs an upload with ${ownPair ? "Ed25519" : "HMAC"}`, async () => {
      const key = await addKey(tintype, { ownPair });
      const body = freshPng();
      const answer = await request(signers, key, { path: "/v1/images?caption=signed%20elsewhere", body });
      const image = await answer.json();
      assert.equal(answer.status, 201, JSON.stringify(image));
      assert.equal(image.caption, "signed elsewhere");
      assert.ok((await bytesOf(await tintype.image(image.url))).equals(body));
      const shown = await request(signers, key, { method: "GET", path: `/v1/images/${image.id}` });
      assert.equal(shown.status, 200, await shown.text());
      await problem(await request(signers, key, { body }, freshPng()), 400, "content-digest-mismatch");
      const stranger = { ...key, ...(await addKey(tintype, { ownPair })), id: key.id };
      const refused = await problem(await request(signers, stranger, { body }), 401, "request-signature-wrong");
      assert.equal(refused.reason, "mismatch");
    });
  }
}

test("a signed request is taken once", async () => {
  const key = await addKey(tintype);
  const body = freshPng();
  const fields = { "content-type": "image/png", "content-digest": digestOf(body) };
  const headers = { ...(await byNpm(key, { method: "POST", path: "/v1/images", body, headers: fields })), "cf-connecting-ip": freshAddress() };
  const send = () => tintype.app("/v1/images", { method: "POST", headers, body });
  assert.equal((await send()).status, 201);
  await problem(await send(), 401, "nonce-replayed");
  // An hour later, whatever was remembered of it is forgotten, and it is too old.
  await tintype.advance("61m");
  await tintype.job("forget_ephemeral");
  assert.deepEqual(await tintype.rows("SELECT * FROM signature_nonces"), []);
  await problem(await send(), 401, "request-signature-expired");
  await tintype.reset();
});

test("a form is hashed while the runtime parses it", async () => {
  const key = await addKey(tintype);
  const form = new FormData();
  form.set("caption", "in a form");
  form.set("file", new File([freshPng()], "a.png"));
  const encoded = new Response(form);
  const type = encoded.headers.get("content-type");
  const body = Buffer.from(await encoded.arrayBuffer());
  const answer = await request(byNpm, key, { body, type });
  const image = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(image));
  assert.equal(image.caption, "in a form");
  const changed = Buffer.from(body.toString("latin1").replace("in a form", "in a FORM"), "latin1");
  await problem(await request(byNpm, key, { body, type }, changed), 400, "content-digest-mismatch");
});

test("a large form is hashed whole", async () => {
  const body = Buffer.concat([Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'), Buffer.alloc(19_000_000, 7), Buffer.from("\r\n--b--\r\n")]);
  const send = (digest) =>
    tintype.app("/v1/images", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b", "content-digest": digest, "cf-connecting-ip": freshAddress() },
      body,
    });
  await problem(await send(digestOf("other")), 400, "content-digest-mismatch");
  // Past the digest, it is looked at and found to be no image.
  await problem(await send(digestOf(body)), 415, "unsupported-format");
});

test("an upload whose digest is wrong leaves nothing, with vision or without", async () => {
  const images = async () => (await tintype.rows("SELECT id FROM images")).length;
  const before = await images();
  const body = freshPng();
  const headers = { "content-digest": digestOf("other") };
  await problem(await tintype.send(body, { headers }), 400, "content-digest-mismatch");
  assert.equal(await images(), before);
  assert.equal((await tintype.send(body, { headers: { "content-digest": digestOf(body) } })).status, 201);
  assert.deepEqual(await tintype.disorder(), []);
});

test("a bearer of a key is known by it, and a mistyped one is told", async () => {
  const { text } = await addKey(tintype, { scopes: "read" });
  const send = (token) => tintype.send(freshPng(), { headers: { authorization: `Bearer ${token}` } });
  const refused = await problem(await send(text), 403, "scope-missing");
  assert.equal(refused.scope, "write");
  const other = text.endsWith("0") ? "1" : "0";
  await problem(await send(text.slice(0, -1) + other), 401, "api-key-mistyped");
  await tintype.env.DB.prepare("UPDATE api_keys SET revoked_at = 1").run();
  await problem(await send(text), 401, "api-key-invalid");
});
