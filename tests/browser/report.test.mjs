// Somebody reports a picture: by keyboard alone, without JavaScript, narrow and wide, light and dark; adds what is missing; and
// whoever uploaded it answers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

/** Uploads by the API, as a program does. */
async function upload() {
  const form = new FormData();
  form.append("file", new Blob([noisePng(320, 200)], { type: "image/png" }), "quay.png");
  const answer = await fetch(`${stage.app}/v1/images`, { method: "POST", body: form });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

/** Presses Tab until what is focused has this name or id; as somebody does who has no mouse. */
async function tabTo(page, id) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
  }
  assert.fail(`Tab never reaches #${id}`);
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const how = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a report is written by keyboard alone, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const { id } = await upload();
    const page = await stage.visit({ colorScheme, javaScriptEnabled });
    const fits = (name) => assertFits(page, `${name}-${how}`, { axe: javaScriptEnabled });
    await page.goto(`${stage.app}/${id}`);
    await page.getByRole("link", { name: "Report this picture" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Report a picture" }).waitFor();
    await fits("report-choose");
    await page.getByRole("link", { name: "It shows me intimately" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Report an intimate picture" }).waitFor();
    assert.equal(await page.inputValue("#urls"), `${stage.app}/${id}`);
    await fits("report-form");

    // Nothing is filled in: what is missing stands beside its field, and what was written stays.
    await tabTo(page, "name");
    await page.keyboard.type("Nora Name");
    await page.keyboard.press("Enter");
    await page.locator("[aria-invalid=true]").first().waitFor();
    assert.equal(await page.inputValue("#name"), "Nora Name");
    await fits("report-mistake");
    await tabTo(page, "email");
    await page.keyboard.type("nora@example.org");
    await tabTo(page, "good_faith");
    await page.keyboard.press("Space");
    await tabTo(page, "signature");
    await page.keyboard.type("Nora Name");
    await page.keyboard.press("Enter");
    await page.getByText("waits for a person to decide").waitFor();
    await fits("report-tracking");
    assert.deepEqual(page.problems, []);
  });
}

test("an incomplete copyright notice says what is missing and takes it", async () => {
  const { id } = await upload();
  const page = await stage.visit({ viewport: { width: 320, height: 640 } });
  await page.goto(`${stage.app}/report?kind=copyright&image=${id}`);
  await assertFits(page, "report-copyright");
  for (const [field, text] of [["work", "A portrait"], ["name", "Carla"], ["email", "carla@example.org"], ["address", "1 Main Street"]]) {
    await page.fill(`#${field}`, text);
  }
  await page.check("#good_faith");
  await page.getByRole("button", { name: "Send the report" }).click();
  await page.getByRole("heading", { name: "What is missing" }).waitFor();
  await assertFits(page, "report-missing");
  await page.fill("#phone", "+1 555 0100");
  await page.fill("#signature", "Carla");
  await page.check("#accuracy");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByText("waits for a person to decide").waitFor();
  assert.deepEqual(page.problems, []);
});

test("the form of an answer fits and can be read", async () => {
  const { id } = await upload();
  const page = await stage.visit();
  await page.goto(`${stage.app}/report/0123456789abcdefghjkmnpq/counter?image=${id}`);
  await page.getByRole("heading", { level: 1, name: "Answer a claim of copyright" }).waitFor();
  await assertFits(page, "report-counter");
  assert.deepEqual(page.problems, []);
});
