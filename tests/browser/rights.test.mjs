// Rights that people use, on the pages where they do: what nobody asked for is paused, a new edition of the policy is told and seen, and
// operators answer what is asked by mail. Through axe-core with nothing disabled, light and dark, narrow and wide.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { addApp, linkIn, member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`processing is paused, and a new edition of the policy is seen, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `ada-rights-${name}@example.org`;
    const page = await member(stage, email, { colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    await page.goto(`${stage.app}/settings`);
    await page.getByRole("button", { name: "Pause it" }).click();
    await page.getByRole("status").getByText("Your choice is recorded").waitFor();
    await page.getByText("Paused since").waitFor();
    await fits("settings-paused");
    await page.getByRole("button", { name: "Go on with it" }).click();
    await page.getByRole("button", { name: "Pause it" }).waitFor();

    await stage.tintype.rows("UPDATE accounts SET policy_told = 0, policy_seen = 0 RETURNING id");
    await stage.tintype.job("announce_policy");
    assert.match(await linkIn(stage, email, "The policy changes"), /\/privacy$/);
    await page.goto(`${stage.app}/gallery`);
    await page.getByRole("heading", { name: "The policy changes" }).waitFor();
    await fits("policy-notice");
    await page.getByRole("button", { name: "I have seen it" }).click();
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    assert.equal(await page.getByRole("heading", { name: "The policy changes" }).count(), 0);
    assert.deepEqual(page.problems, []);
  });
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`operators answer what is asked by mail, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `olive-${name}@example.org`;
    const page = await member(stage, email, { name: `Olive ${name}`, colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    await page.goto(`${stage.app}/operate/requests`);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await addApp(stage, page);
    await stage.tintype.rows("UPDATE accounts SET is_operator = 1 WHERE created_at = (SELECT max(created_at) FROM accounts) RETURNING id");
    await page.goto(`${stage.app}/operate/requests`);
    await page.getByText("Nothing.").waitFor();
    await fits("requests-none");
    await page.selectOption("#kind", "erasure");
    await page.selectOption("#channel", "agent");
    await page.getByRole("button", { name: "Write it down" }).click();
    await page.locator("#reference-wrong").waitFor();
    assert.equal(await page.locator("#kind").inputValue(), "erasure", "what was chosen is chosen still");
    await fits("requests-wrong");
    await page.fill("#reference", `mail ${name}`);
    await page.getByRole("button", { name: "Write it down" }).click();
    await page.getByText(`Erasure: mail ${name}`).waitFor();
    await fits("requests-open");
    await page.getByRole("button", { name: /^They may/ }).click();
    await page.getByText("Whoever asked may.").waitFor();
    await page.locator("main summary").click();
    await page.getByLabel("How, or why not").fill("erased, and told so");
    await page.locator("details").getByRole("button", { name: "Write it down" }).click();
    await page.getByText("Done", { exact: false }).first().waitFor();
    await page.getByText("Nothing.").waitFor();
    await fits("requests-closed");
    await stage.tintype.rows("UPDATE accounts SET is_operator = 0 RETURNING id");
    await stage.tintype.rows("DELETE FROM subject_requests RETURNING id");
    assert.deepEqual(page.problems.filter((problem) => !problem.includes("404") && !problem.includes("422")), []);
  });
}
