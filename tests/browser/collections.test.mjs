// Collections, search and editing as people meet them: with JavaScript and without, with a keyboard, narrow and wide,
// light and dark, and every page through axe-core with nothing disabled.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

async function upload(page, name, side, address = stage.app) {
  await page.goto(address);
  await page.setInputFiles("#file", { name, mimeType: "image/png", buffer: noisePng(side, 300) });
  const button = page.getByRole("button", { name: "Upload", exact: true });
  if (await button.isVisible()) await button.click();
  await page.locator("article.result .until").getByText("until you delete it").first().waitFor();
}

const names = (page) => page.locator(".gallery .plate-name").allTextContents();

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", false]]) {
  test(`pictures are put into a collection, found, edited and taken out, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await member(stage, `collections-${colorScheme}@example.org`, { colorScheme, javaScriptEnabled });
    const look = (name) => assertFits(page, `${name}-${colorScheme}`, { axe: javaScriptEnabled });
    await page.getByText("Make a collection").click();
    await page.fill("#name", "Harbours & quays");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("heading", { name: "Harbours & quays" }).waitFor();
    await page.getByText("The collection is there").waitFor();
    await look("collection-empty");
    const view = page.url().replace(/&done=.*/, "");
    await page.getByRole("link", { name: "Upload into it" }).click();
    assert.equal(await page.locator("#collection option:checked").textContent(), "Harbours & quays");
    await look("upload-into");
    await upload(page, "kai-1.png", 400, page.url());
    await upload(page, "kai-2.png", 401);
    await page.goto(view);
    assert.deepEqual(await names(page), ["kai-1.png"]);
    await page.goto(`${stage.app}/gallery`);
    await page.getByLabel("Choose kai-2.png").check();
    await page.getByLabel("Put what is ticked into").selectOption("Harbours & quays");
    await look("gallery-with-collections");
    await page.getByRole("button", { name: "Move it there" }).click();
    await page.getByText("1 picture was moved").waitFor();
    await page.goto(view);
    assert.deepEqual(await names(page), ["kai-2.png", "kai-1.png"]);
    await look("collection");
    await page.getByRole("link", { name: "Edit kai-2.png" }).click();
    await page.fill("#caption", "Die Straße am Kai");
    await page.fill("#labels", "no colon");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("#labels-wrong").waitFor();
    assert.equal(await page.inputValue("#caption"), "Die Straße am Kai", "what was typed is still there");
    await look("edit-wrong");
    await page.fill("#labels", "trip: Lisbon: by train\nby: Ada");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Die Straße am Kai" }).waitFor();
    await page.getByRole("link", { name: "Edit…" }).click();
    assert.equal(await page.inputValue("#labels"), "by: Ada\ntrip: Lisbon: by train");
    await look("edit");
    await page.goto(`${stage.app}/gallery`);
    await page.getByLabel("Look for").fill("STRASSE");
    await page.keyboard.press("Enter");
    await page.getByText("Found.").waitFor();
    assert.deepEqual(await names(page), ["Die Straße am Kai"]);
    await look("found");
    await page.getByLabel("Look for").fill("%");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("Nothing found.").waitFor();
    await look("nothing-found");
    await page.goto(view);
    await page.getByText("Rename or delete this collection").click();
    await page.fill("#rename", " ");
    await page.getByRole("button", { name: "Rename it" }).click();
    await page.locator("#rename-wrong").waitFor();
    await look("collection-wrong-name");
    await page.fill("#rename", "Häfen");
    await page.getByRole("button", { name: "Rename it" }).click();
    await page.getByRole("heading", { name: "Häfen" }).waitFor();
    await page.goto(`${stage.app}/settings/keys`);
    await page.fill("#name", "The blog");
    await page.check("#scope-write");
    await page.getByLabel("In", { exact: true }).selectOption("Häfen");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("Confined to the collection Häfen").waitFor();
    await look("keys-confined");
    await page.goto(view);
    await page.getByText("Rename or delete this collection").click();
    await page.getByRole("button", { name: "Delete the collection…" }).click();
    await page.getByText("No picture is deleted.").waitFor();
    await look("collection-deletion");
    await page.getByRole("button", { name: "Delete the collection" }).click();
    await page.getByText("What was in it is still here").waitFor();
    assert.equal((await names(page)).length, 2);
    await page.goto(`${stage.app}/settings/keys`);
    await page.getByText("It opens nothing any more").waitFor();
    await look("keys-stranded");
    assert.deepEqual(page.problems, []);
  });
}

test("the gallery of somebody with collections passes axe-core in the dark, and is worked with a keyboard alone", async () => {
  const page = await member(stage, "keyboard@example.org", { colorScheme: "dark" });
  await upload(page, "kai-1.png", 402);
  await page.goto(`${stage.app}/gallery`);
  await page.getByText("Make a collection").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Harbours");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Harbours" }).waitFor();
  await page.goto(`${stage.app}/gallery`);
  await page.getByLabel("Choose kai-1.png").focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Move it there" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("1 picture was moved").waitFor();
  await assertFits(page, "keyboard-moved-dark");
  await page.getByRole("link", { name: "Harbours 1 picture" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Harbours" }).waitFor();
  await assertFits(page, "keyboard-collection-dark");
  await page.getByRole("link", { name: "Edit kai-1.png" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What is said about it" }).waitFor();
  await assertFits(page, "keyboard-edit-dark");
  assert.deepEqual(page.problems, []);
});
