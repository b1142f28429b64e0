// A picture that could not be checked when it came, as its uploader meets it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OBEDIENT_VISION } from "../worker/harness.mjs";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";

let stage;
before(async () => (stage = await startStage({ vision: { entry: OBEDIENT_VISION } })));
after(() => stage.close());

for (const javaScriptEnabled of [true, false]) {
  test(`an uploader is told that it is being checked, and finds it later, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
    const page = await stage.visit({ javaScriptEnabled });
    await page.goto(stage.app);
    await stage.tintype.tellVision("unscanned");
    const file = noisePng(64, 40);
    await page.setInputFiles("#file", { name: "lake.png", mimeType: "image/png", buffer: file });
    if (!javaScriptEnabled) await page.getByRole("button", { name: "Upload" }).click();
    const card = page.locator(".result");
    assert.match(await card.innerText(), /arrived and is being checked/);
    assert.equal(await card.locator("img").count(), 0, "there is nothing to show");
    assert.match(await card.locator('[data-fill="delete_url"]').inputValue(), /\/delete\?token=del_/);
    const address = await card.locator('[data-fill="page_url"]').inputValue();

    await page.goto(address);
    await page.getByRole("heading", { name: "This picture is being checked" }).waitFor();
    await stage.tintype.advance("2m");
    await stage.tintype.job("judge_held");
    await page.getByRole("link", { name: "Look again" }).click();
    const shown = page.locator(".picture img").last();
    assert.equal(await shown.evaluate(async (img) => (await img.decode(), img.naturalWidth)), 64);
    assert.deepEqual(page.problems, []);
  });
}

test("what is held is deleted with its link, without being shown", async () => {
  const page = await stage.visit();
  await stage.tintype.tellVision("unscanned");
  const init = { method: "POST", headers: { "content-type": "image/png" }, body: noisePng(64, 40) };
  const image = await (await fetch(`${stage.app}/v1/images`, init)).json();
  assert.equal(image.status, "held");
  await page.goto(image.delete_url);
  assert.equal(await page.locator("main img").count(), 0);
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.goto(image.page_url);
  await page.getByRole("heading", { name: "This picture is gone" }).waitFor();
});
