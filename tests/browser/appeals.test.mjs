// Somebody reads why their picture was removed and appeals; another operator decides, and the picture is back. By keyboard alone, with
// and without JavaScript, light and dark, narrow and wide.

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

async function upload() {
  const init = { method: "POST", headers: { "content-type": "image/png" }, body: freshPng() };
  return (await fetch(`${stage.app}/v1/images`, init)).json();
}

/** Prohibits a picture, as the operator on `page`. */
async function prohibit(page, id) {
  await page.goto(`${stage.app}/operate/review/${id}`);
  await page.getByLabel("It may not be here").check();
  await page.getByLabel("What that rests on").selectOption("hate");
  await page.getByLabel("Why, in a sentence").fill("an emblem of hatred");
  await page.getByRole("button", { name: "Decide" }).click();
  await page.getByRole("status").getByText("Decided.").waitFor();
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a removal is read and appealed by keyboard alone, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const looks = { colorScheme, javaScriptEnabled };
    const first = await operator(stage, `first-${name}@example.org`, { name: "First", ...looks });
    const second = await operator(stage, `second-${name}@example.org`, { name: "Second", ...looks });
    const fits = (page, what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    const picture = await upload();
    await prohibit(first, picture.id);
    assert.equal((await fetch(picture.url)).status, 410);

    const page = await stage.visit(looks);
    await page.goto(`${stage.app}/${picture.id}`);
    await tabTo(page, "Why it was removed");
    await fits(page, "removed");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Show that it is yours" }).waitFor();
    await fits(page, "statement-asks");
    await tabTo(page, "Delete link or delete token");
    await page.keyboard.type("del_no");
    await page.keyboard.press("Enter");
    await page.locator("#token-wrong").waitFor();
    await fits(page, "statement-wrong");
    await tabTo(page, "Delete link or delete token");
    await page.keyboard.type(picture.delete_url);
    await page.keyboard.press("Enter");
    await page.getByText("An emblem of hatred.").waitFor();
    await fits(page, "statement");
    await tabTo(page, "Why the decision is wrong");
    await page.keyboard.type("It hangs in a museum.");
    await fits(page, "statement-words");
    await tabTo(page, "Appeal");
    await page.keyboard.press("Enter");
    await page.getByText("A person decides by").waitFor();
    await fits(page, "appealed");

    // Who decided first does not decide again.
    await first.goto(`${stage.app}/operate/appeals`);
    await first.getByRole("link", { name: `About ${picture.id}` }).click();
    await first.getByText("another operator looks at it now").waitFor();
    await fits(first, "appeal-own");
    await second.goto(`${stage.app}/operate`);
    await tabTo(second, "Appeals");
    await second.keyboard.press("Enter");
    await second.getByRole("heading", { name: "To be decided" }).waitFor();
    await fits(second, "appeals");
    await tabTo(second, `About ${picture.id}`);
    await second.keyboard.press("Enter");
    await second.getByText("It hangs in a museum.").waitFor();
    await fits(second, "appeal");
    await tabTo(second, "What comes of it");
    await choose(second, "The decision was wrong");
    await tabTo(second, "Why");
    await second.keyboard.type("it is history");
    await second.keyboard.press("Enter");
    await second.getByText("The picture is at its old address again.").waitFor();
    await fits(second, "appeal-decided");
    assert.equal((await fetch(picture.url)).status, 200, "at its identical address");

    await page.goto(`${stage.app}/${picture.id}/statement`);
    await tabTo(page, "Delete link or delete token");
    await page.keyboard.type(picture.delete_token);
    await page.keyboard.press("Enter");
    await page.getByText("The decision was wrong and is taken back.").waitFor();
    await fits(page, "statement-reversed");

    // What the account page says of an account without a history.
    const [{ id: account }] = await stage.tintype.rows("SELECT id FROM accounts ORDER BY rowid DESC LIMIT 1");
    await second.goto(`${stage.app}/operate/accounts/${account}`);
    await second.getByRole("heading", { name: "An account" }).waitFor();
    await fits(second, "operate-account");
    await stage.tintype.rows("UPDATE accounts SET is_operator = 0 RETURNING id");
    for (const seen of [page, first, second]) assert.deepEqual(seen.problems, []);
  });
}
