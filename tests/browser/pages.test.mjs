// Every page, as everyone meets it: with axe-core and nothing disabled, light and dark, narrow and wide,
// with JavaScript and without, by keyboard; and within its weight.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { root } from "../../scripts/process.mjs";
import { OBEDIENT_VISION } from "../worker/harness.mjs";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits, violations } from "./looks.mjs";

// What a first visit may weigh, compressed as the edge compresses it: fast on a bad connection.
const PAGE_BYTES_MAX = 25_000;
const SCRIPT_BYTES_MAX = 6_000;

let stage;
let pages;

before(async () => {
  stage = await startStage({ vision: { entry: OBEDIENT_VISION } });
  const post = async () => {
    const init = { method: "POST", headers: { "content-type": "image/png" }, body: noisePng(640, 427) };
    return (await fetch(`${stage.app}/v1/images?caption=Quay&filename=quay.png`, init)).json();
  };
  const [image, gone] = [await post(), await post()];
  await stage.tintype.tellVision("restricts");
  const restricted = await post();
  await stage.tintype.tellVision("unscanned");
  const held = await post();
  const headers = { authorization: `Bearer ${gone.delete_token}` };
  await fetch(`${stage.app}/v1/images/${gone.id}`, { method: "DELETE", headers });
  pages = {
    upload: "/",
    viewer: `/${image.id}`,
    "delete by link": new URL(image.delete_url).pathname + new URL(image.delete_url).search,
    "delete by hand": `/${image.id}/delete`,
    gone: `/${gone.id}`,
    warning: `/${restricted.id}`,
    "seen after the warning": `/${restricted.id}?view`,
    held: `/${held.id}`,
    "delete what is held": `/${held.id}/delete`,
    "not found": "/nothing-here",
    problems: "/problems",
    "a problem": "/problems/rate-limited",
    privacy: "/privacy",
  };
});
after(() => stage.close());

for (const colorScheme of ["light", "dark"]) {
  test(`every page passes axe-core, ${colorScheme}, narrow and wide`, async () => {
    const page = await stage.visit({ colorScheme });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(stage.app + path);
      await assertFits(page, `${name}-${colorScheme}`);
    }
    assert.deepEqual(page.problems, []);
  });
}

test("the upload page passes axe-core with uploads finished and failed", async () => {
  const page = await stage.visit();
  await page.goto(stage.app);
  await page.setInputFiles("#file", [
    { name: "fine.png", mimeType: "image/png", buffer: noisePng(40, 30) },
    { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") },
  ]);
  await page.locator(".queue .result").waitFor();
  await page.locator('.item[data-state="failed"]').waitFor();
  assert.deepEqual(await violations(page), []);
});

test("without JavaScript every page is whole, and says nothing of what needs it", async () => {
  const page = await stage.visit({ javaScriptEnabled: false });
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(stage.app + path);
    assert.ok((await page.locator("main").innerText()).length > 40, name);
    assert.equal(await page.locator("h1").count(), 1, name);
    assert.equal(await page.locator(".with-script:visible").count(), 0, name);
  }
});

test("the upload page can be used by keyboard alone", async () => {
  const page = await stage.visit();
  await page.goto(stage.app);
  const seen = [];
  for (;;) {
    await page.keyboard.press("Tab");
    // After the last element the focus leaves the page.
    if (await page.evaluate(() => document.activeElement === document.body)) break;
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      // The chooser is the label drawn around the input.
      const drawn = element.type === "file" ? document.querySelector(`label[for="${element.id}"]`) : element;
      const style = getComputedStyle(drawn);
      return { id: element.id || element.textContent.trim(), outlined: style.outlineStyle !== "none" || style.boxShadow !== "none" };
    });
    seen.push(focus.id);
    assert.ok(focus.outlined, `the focus on "${focus.id}" is visible`);
  }
  assert.equal(seen[0], "Skip to content");
  for (const id of ["ttl", "caption", "file"]) assert.ok(seen.includes(id), `${id} is reached: ${seen.join(", ")}`);
});

test("a first visit weighs no more than it may", async () => {
  const page = await stage.visit();
  const weights = new Map();
  page.on("response", async (response) => {
    const body = await response.body().catch(() => Buffer.alloc(0));
    weights.set(new URL(response.url()).pathname, gzipSync(body).length);
  });
  await page.goto(stage.app, { waitUntil: "networkidle" });
  const sum = (keep) => [...weights].filter(([path]) => keep(path)).reduce((total, [, bytes]) => total + bytes, 0);
  const scripts = sum((path) => path.endsWith(".js"));
  assert.ok(weights.size >= 4, `page, style and scripts were counted: ${[...weights.keys()]}`);
  assert.ok(sum(() => true) <= PAGE_BYTES_MAX, `${sum(() => true)} bytes: ${JSON.stringify([...weights])}`);
  assert.ok(scripts <= SCRIPT_BYTES_MAX, `${scripts} bytes of scripts`);
});

test("no page asks anything of another host than the two", async () => {
  const page = await stage.visit();
  const foreign = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && ![stage.app, stage.images].includes(origin)) foreign.push(request.url());
  });
  for (const path of Object.values(pages)) await page.goto(stage.app + path, { waitUntil: "load" });
  assert.deepEqual(foreign, []);
});
