// A picture that policy withholds in a country: what is seen there, what is seen elsewhere, and what whoever uploaded it reads. The
// runtime here tells no country, which is answered as the country that withholds.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshPng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { operator } from "./people.mjs";

const LAW = "Federal Decree-Law 34/2021: pictures that are shown behind a warning elsewhere";
let stage;
let picture;
before(async () => {
  const rows = [{ country: "AE", withholds: ["restricted"], reason: LAW }];
  stage = await startStage({ vars: { WITHHELD_IN: JSON.stringify(rows) } });
  const init = { method: "POST", headers: { "content-type": "image/png" }, body: freshPng() };
  picture = await (await fetch(`${stage.app}/v1/images`, init)).json();
  const desk = await operator(stage, "olive-geography@example.org", { name: "Olive" });
  assert.equal((await fetch(picture.url)).status, 200, "before there is a warning");
  await desk.goto(`${stage.app}/operate/review/${picture.id}`);
  await desk.getByLabel("It needs a warning").check();
  await desk.getByLabel("What that rests on").selectOption("sexual_content");
  await desk.getByLabel("Why, in a sentence").fill("a nude by a painter");
  await desk.getByRole("button", { name: "Decide" }).click();
  await desk.getByRole("status").getByText("Decided.").waitFor();
});
after(() => stage.close());

const from = (country, url) => fetch(url, { headers: { "cf-ipcountry": country } });

test("the image host answers 451 there, and as ever elsewhere", async () => {
  assert.equal((await from("AE", picture.url)).status, 451);
  const shown = await from("FR", picture.url);
  assert.equal(shown.status, 200);
  assert.match(shown.headers.get("cache-control"), /^private,/);
});

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const how = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`its page says why, and so do its reasons, ${how}`, async () => {
    const page = await stage.visit({ colorScheme, javaScriptEnabled });
    const fits = (name) => assertFits(page, `${name}-${how}`, { axe: javaScriptEnabled });
    const answer = await page.goto(`${stage.app}/${picture.id}`);
    assert.equal(answer.status(), 451);
    await page.getByText("Federal Decree-Law 34/2021").waitFor();
    await fits("withheld");
    await page.goto(`${stage.app}/${picture.id}/statement`);
    await page.getByLabel("Delete link or delete token").fill(picture.delete_token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Not shown in some countries" }).waitFor();
    await page.getByText("United Arab Emirates").waitFor();
    await fits("statement-places");
    assert.deepEqual(page.problems, []);
  });
}
