// A restricted picture, as its visitors and its uploader meet it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OBEDIENT_VISION } from "../worker/harness.mjs";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";

let stage;
before(async () => (stage = await startStage({ vision: { entry: OBEDIENT_VISION } })));
after(() => stage.close());

async function restricted() {
  await stage.tintype.tellVision("restricts");
  const init = { method: "POST", headers: { "content-type": "image/png" }, body: noisePng(640, 400) };
  const image = await (await fetch(`${stage.app}/v1/images?caption=At+the+lake`, init)).json();
  assert.equal(image.moderation.state, "restricted");
  return image;
}

/** Every address the page asks of the image host from now on. */
function askedOfImageHost(page) {
  const asked = [];
  page.on("request", (request) => request.url().startsWith(stage.images) && asked.push(request.url()));
  return asked;
}

const shown = (page) => page.locator(".picture img").last().evaluate(async (img) => (await img.decode(), img.naturalWidth));

for (const javaScriptEnabled of [false, true]) {
  test(`nothing is asked of the image host before the visitor chooses, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
    const image = await restricted();
    const page = await stage.visit({ javaScriptEnabled });
    const asked = askedOfImageHost(page);
    await page.goto(image.page_url, { waitUntil: "networkidle" });
    assert.match(await page.locator("main").innerText(), /may not be for everyone[^]*At the lake/);
    assert.equal(await page.locator(".veil img").evaluate(async (img) => (await img.decode(), img.naturalWidth)), 48);
    assert.deepEqual(asked, []);

    await page.getByRole("link", { name: "Show the picture" }).click();
    assert.equal(await shown(page), 640);
    assert.deepEqual([...new Set(asked)], [image.view_url]);
    assert.equal(page.url(), `${image.page_url}?view`);

    await page.getByRole("link", { name: "Hide it again" }).click();
    await page.getByRole("heading", { name: "may not be for everyone" }).waitFor();
    assert.deepEqual([...new Set(asked)], [image.view_url], "hidden again, nothing more is loaded");
    assert.deepEqual(page.problems, []);
  });
}

test("promise_imp_10_the_choice_is_kept_nowhere", async () => {
  const image = await restricted();
  const page = await stage.visit();
  await page.goto(`${image.page_url}?view`);
  assert.equal(await shown(page), 640);
  assert.deepEqual(await page.context().cookies(), []);
  const kept = () => page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length]);
  assert.deepEqual(await kept(), [0, 0, 0]);
  const another = await restricted();
  await page.goto(another.page_url);
  await page.getByRole("heading", { name: "may not be for everyone" }).waitFor();
});

test("the choice can be made and left by keyboard alone, and the focus is seen", async () => {
  const image = await restricted();
  const page = await stage.visit();
  await page.goto(image.page_url);
  const passed = [];
  for (let stops = 0; stops < 20 && passed.at(-1) !== "Leave"; stops += 1) {
    await page.keyboard.press("Tab");
    passed.push(await page.evaluate(() => document.activeElement.textContent.trim()));
    assert.ok(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"), passed.at(-1));
  }
  assert.deepEqual(passed.slice(-2), ["Show the picture", "Leave"]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  assert.equal(await shown(page), 640);
});

test("embedded elsewhere, it is a placeholder", async () => {
  const image = await restricted();
  const page = await stage.visit();
  await page.goto(image.page_url);
  const html = await page.locator('[data-fill="html"]').inputValue();
  // To the image host, the app's origin is as foreign as any other.
  await page.goto(`${stage.app}/robots.txt`);
  await page.setContent(html);
  const embedded = page.locator("img");
  assert.equal(await embedded.evaluate(async (img) => (await img.decode(), img.naturalWidth)), 320);
});

for (const javaScriptEnabled of [true, false]) {
  test(`its uploader learns what others will see, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
    const page = await stage.visit({ javaScriptEnabled });
    const upload = async (file) => {
      await page.goto(stage.app);
      await page.setInputFiles("#file", { name: "lake.png", mimeType: "image/png", buffer: file });
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Upload" }).click();
      await page.locator(".result").waitFor();
      return page.locator('.result [data-fill="warning"]');
    };
    await stage.tintype.tellVision("restricts");
    assert.match(await (await upload(noisePng(640, 400))).innerText(), /found to need a warning/);
    const preview = page.locator(".result .preview img");
    assert.equal(await preview.evaluate(async (img) => (await img.decode(), img.naturalWidth)), 320);
    assert.ok(await (await upload(noisePng(640, 400))).isHidden(), "an ordinary picture has no such words");
  });
}
