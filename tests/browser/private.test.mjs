// Private pictures as their owner meets them: uploaded, shown, let others see for a while, made public and private again;
// with JavaScript and without, and the page through axe-core with nothing disabled.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../worker/harness.mjs";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

// Without JavaScript, nothing in the page settles a promise: it is asked until it has the answer.
const assertShown = (page, words) =>
  eventually(async () => {
    const width = await page.locator(".viewer .picture img").last().evaluate((img) => img.complete && img.naturalWidth);
    assert.ok(width > 0, words);
  });
const status = async (url) => (await fetch(url, { cache: "no-store" })).status;

for (const [javaScriptEnabled, colorScheme] of [[true, "light"], [false, "dark"]]) {
  const how = `JavaScript ${javaScriptEnabled ? "on" : "off"}, ${colorScheme}`;
  test(`a picture that only its owner sees, and what its owner does with it: ${how}`, async () => {
    const page = await member(stage, `ada-${colorScheme}@example.org`, { javaScriptEnabled, colorScheme });
    const fits = (name) => assertFits(page, `${name}-${colorScheme}`, { axe: javaScriptEnabled });
    await page.goto(stage.app);
    await page.check("#private");
    await fits("upload");
    await page.setInputFiles("#file", { name: "quay.png", mimeType: "image/png", buffer: noisePng(320, 200) });
    if (!javaScriptEnabled) await page.locator("form.upload button").click();
    const result = page.locator("article.result", { hasText: "Only you can see it" });
    await result.waitFor();
    await fits("result");
    const address = await result.locator("a.preview").getAttribute("href");

    // Nothing, to somebody else.
    const stranger = await stage.visit({ javaScriptEnabled });
    assert.equal((await stranger.goto(address)).status(), 404);

    await page.goto(address);
    await assertShown(page, "its owner sees it");
    await page.getByRole("heading", { name: "Only you can see it" }).waitFor();
    assert.equal(await page.locator('meta[property^="og:"]').count(), 0);
    await page.selectOption("#for", { label: "1 day" });
    await page.getByRole("button", { name: "Make the link" }).click();
    const field = page.locator("copy-field input");
    await field.waitFor();
    const link = await field.inputValue();
    assert.equal(await page.locator("copy-field button").count(), javaScriptEnabled ? 1 : 0);
    await fits("private");
    assert.equal(await status(link), 200);
    const plain = link.split("?")[0];
    assert.equal(await status(plain), 404);

    await page.getByRole("button", { name: "Make it public" }).click();
    await page.getByRole("heading", { name: "Share it" }).waitFor();
    assert.equal(await status(plain), 200);
    assert.equal((await stranger.goto(address)).status(), 200);
    assert.equal(await stranger.getByRole("button", { name: "Make it private" }).count(), 0, "not theirs to say");
    await fits("public");
    await page.getByRole("button", { name: "Make it private" }).click();
    await page.getByRole("heading", { name: "Only you can see it" }).waitFor();
    assert.equal(await status(plain), 404);
    assert.deepEqual(page.problems, []);
  });
}
