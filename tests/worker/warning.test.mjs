// A restricted image in the real runtime: its placeholder is drawn from what lies with the bytes, and the bytes come to
// whoever asks to see them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesOf, IMAGES, OBEDIENT_VISION, startTintype } from "./harness.mjs";
import { freshPng, noisePng, noisePngOf } from "./images.mjs";

const RATING = "RTA-5042-1996-1400-1577-RTA";

let tintype;
before(async () => (tintype = await startTintype({ vision: { entry: OBEDIENT_VISION } })));
after(() => tintype?.close());

async function restricted(bytes) {
  await tintype.tellVision("restricts");
  const image = await tintype.upload(bytes);
  assert.equal(image.moderation.state, "restricted");
  return image;
}

const sizeOf = (png) => [png.readUInt32BE(16), png.readUInt32BE(20)];

test("promise_imp_21_a_restricted_image_is_a_placeholder_until_somebody_asks_to_see_it", async () => {
  const file = noisePng(640, 400);
  const image = await restricted(file);
  const { customMetadata } = await tintype.env.IMAGES.head(`images/${image.id}`);
  assert.deepEqual(JSON.parse(customMetadata.warning), { thumbhash: image.placeholder.thumbhash, width: 640, height: 400 });

  const plain = await tintype.image(image.url);
  const placeholder = await bytesOf(plain);
  assert.deepEqual([plain.status, plain.headers.get("content-type"), sizeOf(placeholder)], [200, "image/png", [320, 200]]);
  assert.equal(plain.headers.get("content-length"), String(placeholder.length));
  assert.ok(placeholder.length < 40_000, `${placeholder.length} bytes`);

  const seen = await tintype.image(image.view_url);
  assert.ok((await bytesOf(seen)).equals(file));
  const saved = await tintype.image(`${image.url}?download`);
  assert.ok((await bytesOf(saved)).equals(file));
  for (const { headers } of [plain, seen, saved]) {
    assert.deepEqual([headers.get("rating"), headers.get("x-robots-tag"), headers.get("set-cookie")], [RATING, "noindex", null]);
  }

  const tag = plain.headers.get("etag");
  const fresh = await tintype.image(image.url, { headers: { "if-none-match": tag } });
  assert.deepEqual([fresh.status, (await bytesOf(fresh)).length], [304, 0]);
  const head = await tintype.image(image.url, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(placeholder.length)]);
  const part = await tintype.image(image.url, { headers: { range: "bytes=0-99" } });
  assert.ok((await bytesOf(part)).equals(placeholder), "no part of the image, and no part of the placeholder");
  const ranged = await tintype.image(image.view_url, { headers: { range: "bytes=10-19" } });
  assert.ok((await bytesOf(ranged)).equals(file.subarray(10, 20)));
});

test("its page asks first, and every embed names the plain address", async () => {
  const image = await restricted(noisePng(64, 40));
  const path = `/${image.id}`;
  const page = await (await tintype.app(path)).text();
  assert.match(page, /may not be for everyone/);
  assert.ok(!page.includes(`src="${IMAGES}`));
  assert.ok((await (await tintype.app(`${path}?view`)).text()).includes(`src="${image.view_url}"`));
  const oembed = await (await tintype.app(`/oembed?url=${image.page_url}`)).json();
  assert.deepEqual([oembed.url, oembed.width, oembed.height], [image.url, 64, 40]);
});

test("a large restricted image is not read for its placeholder, however often that is asked for", async () => {
  const image = await restricted(noisePngOf(20_000_000));
  for (let time = 0; time < 12; time += 1) {
    const answer = await tintype.image(image.url);
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "image/png"]);
    assert.ok((await bytesOf(answer)).length < 40_000);
  }
});

test("removed, it takes its warning along to recovery", async () => {
  const image = await restricted(freshPng());
  assert.equal((await tintype.remove(image)).status, 200);
  const { customMetadata } = await tintype.env.RECOVERY.head(`images/${image.id}`);
  assert.equal(JSON.parse(customMetadata.warning).width, 8);
  assert.equal((await tintype.image(image.view_url)).status, 410);
});

test("bytes with a warning that cannot be read are shown to nobody", async () => {
  const image = await tintype.upload(freshPng());
  const key = `images/${image.id}`;
  const { httpMetadata, customMetadata } = await tintype.env.IMAGES.head(key);
  const bytes = await (await tintype.env.IMAGES.get(key)).arrayBuffer();
  assert.ok(!("warning" in customMetadata), "an ordinary image has none");
  await tintype.env.IMAGES.put(key, bytes, { httpMetadata, customMetadata: { ...customMetadata, warning: "{" } });
  for (const address of [image.url, `${image.url}?view`]) {
    const answer = await tintype.image(address);
    assert.equal(answer.status, 503);
    assert.ok(!(await bytesOf(answer)).equals(Buffer.from(bytes)));
  }
});
