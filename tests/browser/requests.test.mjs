// What was asked with an API key, as its owner sees it: nothing yet, a few, more than a page, of one class; with JavaScript and
// without, light and dark, narrow and wide.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../worker/harness.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const how = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`whoever owns a key sees what was asked with it, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await member(stage, `${how}@example.org`, { colorScheme, javaScriptEnabled });
    const fits = (name) => assertFits(page, `${name}-${how}`, { axe: javaScriptEnabled });
    await page.goto(`${stage.app}/settings/keys`);
    await page.fill("#name", "the blog, which has a name so long that it does not fit one line of a phone");
    for (const scope of ["read", "admin"]) await page.check(`#scope-${scope}`);
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByRole("heading", { name: "shown only now" }).waitFor();
    const key = await page.getByRole("textbox", { name: "Key, for" }).inputValue();
    await fits("keys-with-requests");
    await page.getByRole("link", { name: "Requests with the blog" }).click();
    await page.getByText("Nothing was asked yet").waitFor();
    await fits("requests-none");

    const ask = (path) => fetch(`${stage.app}${path}`, { headers: { authorization: `Bearer ${key}` } });
    const statuses = [await ask("/v1/usage"), await ask("/v1/collections/000000000000000000000000")].map(({ status }) => status);
    assert.deepEqual(statuses, [200, 404]);
    for (let n = 0; n < 55; n++) await ask("/v1/collections");
    const [{ id }] = await stage.tintype.rows("SELECT id FROM api_keys ORDER BY created_at DESC LIMIT 1");
    await eventually(async () => {
      assert.equal((await stage.tintype.rows("SELECT id FROM requests WHERE key_id = ?", id)).length, 57);
    });
    await page.reload();
    await page.getByText("GET /v1/collections", { exact: true }).first().waitFor();
    assert.equal(await page.locator(".rows .row").count(), 50);
    await fits("requests-many");
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByRole("link", { name: "The latest" }).waitFor();
    assert.equal(await page.locator(".rows .row").count(), 7);
    await page.getByRole("link", { name: "Refused (4xx)" }).click();
    await page.getByText("GET /v1/collections/{id}").waitFor();
    assert.equal(await page.locator(".rows .row").count(), 1);
    await fits("requests-refused");
    await page.getByRole("link", { name: "not-found" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Our faults (5xx)" }).click();
    await page.getByText("There are none of these").waitFor();
    await fits("requests-no-faults");
    assert.deepEqual(page.problems, []);
  });
}
