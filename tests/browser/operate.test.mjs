// Operators decide about pictures: by keyboard alone, with and without JavaScript, through axe-core with nothing disabled, light and
// dark, narrow and wide.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshPng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { choose, tabTo } from "./keyboard.mjs";
import { assertFits } from "./looks.mjs";
import { operator } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a picture is reviewed by keyboard alone, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await operator(stage, `olive-review-${name}@example.org`, { name: `Olive ${name}`, colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    const init = { method: "POST", headers: { "content-type": "image/png" }, body: freshPng() };
    const uploaded = await (await fetch(`${stage.app}/v1/images`, init)).json();
    await stage.tintype.rows(`INSERT INTO review_queue (image_id, cause, severity, entered_at) VALUES ('${uploaded.id}', 'flagged', 1, ${Date.now()}) RETURNING image_id`);

    await page.goto(`${stage.app}/operate`);
    await page.getByText("1 waits").waitFor();
    await fits("operate");
    await tabTo(page, "Pictures");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Pictures that wait" }).waitFor();
    assert.equal(await page.locator("main img").count(), 0, "no picture before it is asked for");
    await fits("review-queue");
    await tabTo(page, "The model is not sure");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A picture, public" }).waitFor();
    assert.equal(await page.locator("img[src^='data:image/jpeg']").count(), 0);
    await fits("review-picture");

    await tabTo(page, "Show the picture");
    await page.keyboard.press("Enter");
    const sight = page.getByAltText("The picture that is to be decided about");
    await sight.waitFor();
    assert.ok(await sight.evaluate((image) => image.naturalWidth > 0), "it is shown");
    await fits("review-looked");

    // A mistake is told where it is, and what was filled in stays.
    await tabTo(page, "Nothing is wrong with it");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, "Why, in a sentence");
    await page.keyboard.type("an emblem of hatred");
    await page.keyboard.press("Enter");
    await page.locator("#ground-wrong").waitFor();
    assert.equal(await page.locator("#reason").inputValue(), "an emblem of hatred");
    assert.ok(await page.getByLabel("It may not be here").isChecked());
    await fits("review-mistake");
    await tabTo(page, "What that rests on");
    await choose(page, "Hatred");
    await tabTo(page, "Decide");
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("Decided.").waitFor();
    await page.getByText("Nothing waits.").waitFor();
    await fits("review-decided");
    assert.equal((await fetch(uploaded.url)).status, 410);

    // And taken back.
    await tabTo(page, "See what became of it");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /^A picture, removed/ }).waitFor();
    await fits("review-removed");
    await page.getByRole("heading", { name: "Take the latest decision back" }).waitFor();
    await page.focus("#undo-reason");
    await page.keyboard.type("the wrong picture");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A picture, public" }).waitFor();
    assert.equal((await fetch(uploaded.url)).status, 200, "at the identical address");

    await page.goto(`${stage.app}/operate/log`);
    await page.getByText("you took the decision back").first().waitFor();
    await fits("operate-log");
    await page.goto(`${stage.app}/operate/review?find=${uploaded.id}`);
    await page.getByRole("heading", { name: "What was found" }).waitFor();
    await fits("review-found");
    await stage.tintype.rows("DELETE FROM review_queue RETURNING image_id");
    await stage.tintype.rows("UPDATE accounts SET is_operator = 0 RETURNING id");
    assert.deepEqual(page.problems, []);
  });
}
