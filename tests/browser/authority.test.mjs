// What operators owe authorities: a report is opened, written down as made, and an order is placed and lifted, by keyboard alone, with
// axe-core and nothing disabled, light and dark, narrow and wide, with and without JavaScript. The picture is on none of the pages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { addApp, member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

/** Goes on with the Tab key until what has the focus is `target`; nothing is clicked here. */
async function tabTo(page, target) {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail("the Tab key does not lead there");
}

async function press(page, target) {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

async function type(page, selector, text) {
  await tabTo(page, page.locator(selector));
  await page.keyboard.type(text);
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a report is made and an order kept, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await member(stage, `olive-authority-${name}@example.org`, { name: "Olive", colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    await addApp(stage, page);
    await stage.tintype.rows("UPDATE accounts SET is_operator = 1 WHERE created_at = (SELECT max(created_at) FROM accounts) RETURNING id");
    // An image that left long ago has a record as any other does.
    const id = `au${name.replace(/[^a-z]/g, "")}`.padEnd(24, "0").slice(0, 24).replace(/[ilou]/g, "x");
    await stage.tintype.rows(
      `INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason, removing_at, removal_reason, erase_after)
       VALUES ('${id}', 'recovery', 'web', 'prohibited', 1, 1, 'prohibited', 'a test', 2, 'prohibited', 9000000000000) RETURNING id`,
    );
    await stage.tintype.rows(
      `INSERT INTO reports (image_id, list, category, kind, surface, uploaded_at, created_at, state)
       VALUES ('${id}', 'a list', 'csam', 'sha256', 'web', 1, 2, 'due') RETURNING image_id`,
    );
    await page.goto(`${stage.app}/operate/authority`);
    await page.getByRole("heading", { name: "To be reported" }).waitFor();
    await fits("authority-due");
    await press(page, page.getByRole("link", { name: id }));
    await page.getByRole("heading", { name: `Record of ${id}` }).waitFor();
    assert.equal(await page.locator("main img").count(), 0, "nothing here shows a picture");
    await fits("authority-record");
    await press(page, page.getByRole("button", { name: "It was reported" }));
    await page.locator("#reference-wrong").waitFor();
    await fits("authority-wrong");
    await type(page, "#reference", `N ${name}`);
    await page.keyboard.press("Enter");
    await page.getByText(`made: N ${name}`).waitFor();
    await type(page, "#order", `AZ ${name}`);
    await page.fill("#until", new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10));
    await press(page, page.getByRole("button", { name: "Preserve it" }));
    await page.getByText("Under a legal hold until").waitFor();
    await fits("authority-ordered");
    await press(page, page.locator("summary", { hasText: "Lift it" }));
    await type(page, "[name=why]", "it was lifted");
    await page.keyboard.press("Enter");
    await page.getByText("Ended, written down").waitFor();
    await fits("authority-lifted");
    await stage.tintype.rows("UPDATE accounts SET is_operator = 0 RETURNING id");
    assert.deepEqual(page.problems.filter((problem) => !problem.includes("422")), []);
  });
}

test("what was decided is told on a page that fits", async () => {
  const page = await stage.visit();
  await stage.tintype.rows(
    `INSERT INTO transparency_counts VALUES (1793491200000, 'month', '', NULL),
     (1793491200000, 'actions', 'operator prohibited hate', 10), (1793491200000, 'actions', 'model restricted ', 230),
     (1793491200000, 'waits', 'within a day', 40), (1793491200000, 'agreement', 'agreed', 90) RETURNING month`,
  );
  await page.goto(`${stage.app}/`);
  await press(page, page.getByRole("link", { name: "What was decided" }));
  await page.getByRole("heading", { name: "2026-11" }).waitFor();
  await assertFits(page, "transparency", { axe: true });
  await stage.tintype.rows("DELETE FROM transparency_counts RETURNING month");
  assert.deepEqual(page.problems, []);
});
