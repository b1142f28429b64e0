// Somebody reports a picture: by keyboard alone, without JavaScript, narrow and wide, light and dark; adds what is missing; and
// whoever uploaded it answers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { choose, tabTo as tabToName } from "./keyboard.mjs";
import { assertFits } from "./looks.mjs";
import { operator } from "./people.mjs";

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

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", false]]) {
  const how = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a claim of copyright is decided and answered by keyboard alone, ${how}`, async () => {
    const looks = { colorScheme, javaScriptEnabled };
    const fits = (page, name) => assertFits(page, `${name}-${how}`, { axe: javaScriptEnabled });
    const desk = await operator(stage, `olive-report-${how}@example.org`, { name: "Olive", ...looks });
    // Of other claims of copyright, the desk would show the earlier one first.
    await stage.tintype.rows("DELETE FROM notices RETURNING id");
    const { id, url, delete_token: token } = await upload();
    const claim = { kind: "copyright", urls: [`${stage.app}/${id}`], work: "A portrait", name: "Carla", email: "carla@example.org" };
    Object.assign(claim, { address: "1 Main Street", phone: "+1 555 0100", good_faith: true, accuracy: true, signature: "Carla" });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(claim) };
    const sent = await fetch(`${stage.app}/v1/reports`, init);
    assert.equal(sent.status, 201, await sent.clone().text());
    const { page_url: followed } = await sent.json();

    await desk.goto(`${stage.app}/operate`);
    await fits(desk, "operate-queues");
    await tabToName(desk, "Reports");
    await desk.keyboard.press("Enter");
    await desk.getByRole("heading", { level: 1 }).waitFor();
    await fits(desk, "operate-reports");
    await tabToName(desk, "Copyright");
    await desk.keyboard.press("Enter");
    await desk.getByText("A portrait").waitFor();
    await fits(desk, "operate-report");
    await tabToName(desk, "What");
    await choose(desk, "The pictures are out of view");
    await tabToName(desk, "On which ground");
    await choose(desk, "Copyright");
    await tabToName(desk, "Why");
    await desk.keyboard.type("the portrait of the claimant");
    await desk.keyboard.press("Enter");
    await desk.getByText("Decided on").waitFor();
    await fits(desk, "operate-report-decided");

    const page = await stage.visit(looks);
    await page.goto(`${stage.app}/${id}/statement`);
    await tabToName(page, "Delete link or delete token");
    await page.keyboard.type(token);
    await page.keyboard.press("Enter");
    await page.getByText("Who claims it").waitFor();
    await fits(page, "statement-claim");
    await tabToName(page, "Answer the claim");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Answer a claim of copyright" }).waitFor();
    await fits(page, "report-counter");
    for (const [label, text] of [
      ["Delete link or delete token", token],
      ["Your name", "Ursula"],
      ["Your postal address", "2 Side Street"],
      ["Your telephone number", "+1 555 0199"],
      ["Your email address", "ursula@example.org"],
    ]) {
      await tabToName(page, label);
      await page.keyboard.type(text);
    }
    for (const label of ["Under penalty of perjury", "I consent to the jurisdiction"]) {
      await tabToName(page, label);
      await page.keyboard.press("Space");
    }
    await tabToName(page, "Your signature");
    await page.keyboard.type("Ursula");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Your answer has arrived" }).waitFor();
    await fits(page, "report-countered");
    await page.goto(followed);
    await page.getByRole("heading", { name: "What was answered" }).waitFor();
    await fits(page, "report-answered");

    // After ten business days, in the runtime itself; the last of these tests, because codes of apps follow the real clock.
    if (!javaScriptEnabled) {
      const [{ after }] = await stage.tintype.rows("SELECT restore_not_before AS after FROM counter_notices WHERE image_id = ?", id);
      const now = await stage.tintype.advance("0d");
      await stage.tintype.advance(`${Math.floor((after - now) / 60_000)}m`);
      await stage.tintype.job("restore_countered");
      assert.equal((await fetch(url)).status, 410, "not a minute too soon");
      await stage.tintype.advance("1m");
      await stage.tintype.job("restore_countered");
      assert.equal((await fetch(url)).status, 200, "at its identical address");
      await page.goto(followed);
      await page.getByText("the picture is back").waitFor();
    }
    await stage.tintype.rows("UPDATE accounts SET is_operator = 0 RETURNING id");
    for (const seen of [desk, page]) assert.deepEqual(seen.problems, []);
  });
}
