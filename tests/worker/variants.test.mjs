// Variants in the real runtime: made by vision, kept in R2, collapsed, bounded, and gone with their image.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { bytesOf, eventually, freshAddress, OBEDIENT_VISION, startTintype } from "./harness.mjs";
import { noisePng, png } from "./images.mjs";

const KEY = randomBytes(32).toString("hex");

let tintype;
before(async () => {
  const vars = { URL_SIGNING_KEYS: `main:${KEY}` };
  tintype = await startTintype({ app: { vars }, vision: { entry: OBEDIENT_VISION } });
});
after(() => tintype?.close());

const sizeOf = (file) => [file.readUInt32BE(16), file.readUInt32BE(20)];
const stored = () => tintype.ids("IMAGES", "variants/");

/** How many variants vision was asked for, and for how many it took the image's bytes. */
async function counts() {
  return (await tintype.server.getWorker("tintype-vision").fetch("https://vision.internal/__test/variants")).json();
}

test("a variant is made by vision, kept with its digest, and served from there", async () => {
  const image = await tintype.upload(noisePng(64, 40));
  const before = await counts();
  const first = await tintype.image(`${image.url}?w=32&format=png`);
  const file = await bytesOf(first);
  assert.deepEqual([first.status, first.headers.get("content-type"), sizeOf(file)], [200, "image/png", [32, 20]]);
  assert.equal(first.headers.get("content-length"), String(file.length));
  await eventually(async () => assert.deepEqual(await stored(), [`${image.id}/format=png&w=32`]));
  const again = await tintype.image(`${image.url}?format=png&w=32.0`);
  assert.ok((await bytesOf(again)).equals(file));
  for (const name of ["etag", "cache-control", "sunset", "last-modified", "content-disposition", "content-security-policy"]) {
    assert.equal(again.headers.get(name), first.headers.get(name), name);
  }
  assert.equal((await counts()).asked - before.asked, 1, "made once");
  const part = await tintype.image(`${image.url}?format=png&w=32`, { headers: { range: "bytes=0-7" } });
  assert.deepEqual([part.status, (await bytesOf(part)).toString("latin1")], [206, "\x89PNG\r\n\x1a\n"]);
  const fresh = await tintype.image(`${image.url}?w=32`, { headers: { "if-none-match": first.headers.get("etag") } });
  assert.equal(fresh.status, 304);
  await tintype.remove(image);
  assert.deepEqual(await stored(), []);
  assert.equal((await tintype.image(`${image.url}?w=32`)).status, 410);
});

test("all formats come out of the real Workers", async () => {
  const image = await tintype.upload(png(60, 40, Buffer.alloc(60 * 40 * 3, 0x80)));
  const starts = { jpg: "\xff\xd8\xff", png: "\x89PNG", gif: "GIF89a", webp: "RIFF" };
  for (const [format, start] of Object.entries(starts)) {
    const answer = await tintype.image(`${image.url}?w=30&format=${format}`);
    const file = await bytesOf(answer);
    assert.equal(answer.status, 200, format);
    assert.equal(file.subarray(0, start.length).toString("latin1"), start, format);
    assert.equal(answer.headers.get("content-type"), `image/${format === "jpg" ? "jpeg" : format}`);
  }
});

test("many who ask for the same at once get it from one making", async () => {
  const image = await tintype.upload(noisePng(40, 40));
  const before = await counts();
  // The image comes late to the first of them, so that the others come in time.
  await tintype.tellVision("slow");
  const one = async () => {
    const answer = await tintype.image(`${image.url}?w=20&blur=3`);
    return [answer.status, (await bytesOf(answer)).toString("base64")];
  };
  const answers = await Promise.all(Array.from({ length: 12 }, one));
  assert.deepEqual([...new Set(answers.map(([status]) => status))], [200]);
  assert.equal(new Set(answers.map(([, file]) => file)).size, 1);
  const now = await counts();
  assert.equal(now.asked - before.asked, 12, "all asked");
  assert.equal(now.received - before.received, 1, "and one sent the image");
});

test("an address with a signature holds until its time, and breaks when it is changed", async () => {
  const image = await tintype.upload(noisePng(20, 20));
  const path = new URL(image.url).pathname;
  const sign = (query) => `${query}&sig=${createHmac("sha256", Buffer.from(KEY, "hex")).update(`${path}?${query}`).digest("hex")}`;
  const inAMinute = Math.floor(Date.now() / 1000) + 60;
  const good = sign(`w=10&exp=${inAMinute}&kid=main`);
  const answer = await tintype.image(`${path}?${good}`);
  assert.deepEqual([answer.status, sizeOf(await bytesOf(answer))], [200, [10, 10]]);
  const seconds = Number(/max-age=(\d+)/.exec(answer.headers.get("cache-control"))[1]);
  assert.ok(seconds <= 60, `${seconds} s`);
  for (const [query, code] of [
    [good.replace("w=10", "w=11"), "signature-wrong"],
    [sign(`w=10&exp=${inAMinute}&kid=other`), "signature-wrong"],
    [sign("w=10&exp=1700000000&kid=main"), "url-expired"],
  ]) {
    const refused = await tintype.image(`${path}?${query}`);
    assert.deepEqual([refused.status, (await refused.json()).code], [403, code], query);
  }
});

test("a vision Worker that breaks costs the variant, not the image", async () => {
  const image = await tintype.upload(noisePng(30, 30));
  await tintype.tellVision("throw");
  const broken = await tintype.image(`${image.url}?w=15`);
  assert.deepEqual([broken.status, (await broken.json()).code], [503, "unavailable"]);
  assert.equal((await tintype.image(image.url)).status, 200);
  assert.equal((await tintype.image(`${image.url}?w=15`)).status, 200);
});

test("a client that asks for too many new sizes is slowed down", async () => {
  const image = await tintype.upload(noisePng(8, 8));
  const headers = { "cf-connecting-ip": freshAddress() };
  let status = 200;
  for (let n = 1; status === 200 && n <= 140; n++) {
    const answer = await tintype.image(`${image.url}?w=${1 + (n % 8)}&brightness=${(n % 1000) / 100}`, { headers });
    await answer.arrayBuffer();
    status = answer.status;
  }
  assert.equal(status, 429);
  assert.equal((await tintype.image(image.url, { headers })).status, 200);
});
