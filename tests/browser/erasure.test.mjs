// Having one's account erased as people meet it: asked for, kept after all, and done; with JavaScript and without, and every page
// through axe-core with nothing disabled, light and dark, narrow and wide.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { PASSWORD, linkIn, linksIn, member, signIn } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

async function uploads(page, javaScriptEnabled) {
  await page.goto(stage.app);
  await page.setInputFiles("#file", { name: "quay.png", mimeType: "image/png", buffer: noisePng(400, 300) });
  if (!javaScriptEnabled) await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.locator("article.result .until").getByText("until you delete it").first().waitFor();
  await page.goto(`${stage.app}/gallery`);
  return page.locator(".gallery li a").first().getAttribute("href");
}

async function asksForDeletion(page) {
  await page.goto(`${stage.app}/settings`);
  await page.getByRole("link", { name: "Delete your account" }).click();
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Delete my account" }).click();
  await page.getByRole("heading", { name: "Your account is going to be deleted" }).waitFor();
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["dark", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`an account is deleted, kept after all, and deleted, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `ada-${name}@example.org`;
    const page = await member(stage, email, { colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    const image = await uploads(page, javaScriptEnabled);
    await page.goto(`${stage.app}/teams`);
    await page.fill("#name", "The analytical engine");
    await page.getByRole("button", { name: "Make the team" }).click();

    await page.goto(`${stage.app}/settings`);
    await page.getByRole("link", { name: "Delete your account" }).click();
    await fits("delete");
    await page.fill("#password", "a guess of somebody's");
    await page.getByLabel("Leave them where they are").check();
    await page.getByRole("button", { name: "Delete my account" }).click();
    await page.locator("#password-wrong").waitFor();
    assert.ok(await page.getByLabel("Leave them where they are").isChecked(), "what was chosen is chosen still");
    await fits("delete-wrong");
    await page.getByLabel("Take them out of public view now").check();
    await page.fill("#password", PASSWORD);
    await page.getByRole("button", { name: "Delete my account" }).click();
    await page.getByRole("heading", { name: "Your account is going to be deleted" }).waitFor();
    await fits("deleting");
    assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
    await page.goto(new URL(image, stage.app).href);
    await page.getByText("has deleted it").waitFor();
    await signIn(stage, page, email);
    await page.getByRole("heading", { name: "This account is going to be deleted" }).waitFor();
    await fits("account-leaving");

    const [keep, receipt] = await linksIn(stage, email, "going to be deleted");
    await page.goto(receipt);
    await page.getByRole("heading", { name: "not erased yet" }).waitFor();
    await fits("receipt-waiting");
    await page.goto(keep);
    await fits("keep");
    await page.getByRole("button", { name: "Keep my account" }).click();
    await page.getByRole("heading", { name: "Your account stays" }).waitFor();
    await fits("kept");
    await stage.tintype.job("return_images");
    await page.goto(new URL(image, stage.app).href);
    await page.locator("main img").first().waitFor();

    await signIn(stage, page, email);
    await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
    await asksForDeletion(page);
    const [, again] = await linksIn(stage, email, "going to be deleted", { but: keep });
    await stage.tintype.advance("7d");
    await stage.tintype.advance("21m");
    for (let run = 0; run < 3; run += 1) {
      for (const job of ["erase_accounts", "finish_removals", "reap_recovery"]) await stage.tintype.job(job);
    }
    await page.goto(again);
    await page.getByRole("heading", { name: "The account is erased" }).waitFor();
    await fits("receipt");
    await signIn(stage, page, email);
    await page.locator("#wrong").waitFor();
    assert.deepEqual(page.problems, []);
  });
}

test("an account is deleted with a keyboard alone", async () => {
  const page = await member(stage, "keyboard@example.org");
  await page.goto(`${stage.app}/settings/delete`);
  await page.locator("#images-hide").focus();
  await page.keyboard.press("ArrowDown");
  assert.ok(await page.locator("#images-keep").isChecked());
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your account is going to be deleted" }).waitFor();
  await page.getByText("Your pictures stay in public view").waitFor();
  await linkIn(stage, "keyboard@example.org", "going to be deleted");
  assert.deepEqual(page.problems, []);
});
