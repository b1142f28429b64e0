// The public statistics: before the first night, and of days on which much came, little and nothing; with JavaScript and without,
// light and dark, narrow and wide.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

const DAY = 86_400_000;

/** Images of a day, as far as they are counted. */
async function plant(count, { daysAgo, surface = "web", format = "jpeg", verdict = "safe", reason = null }) {
  const [{ n }] = await stage.tintype.rows("SELECT count(*) AS n FROM images");
  const at = Date.now() - (Date.now() % DAY) - daysAgo * DAY + 1_000;
  await stage.tintype.rows(
    `INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason, facts,
       removing_at, removal_reason)
     WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
     SELECT printf('%024d', ?2 + n), CASE WHEN ?3 IS NULL THEN 'live' ELSE 'gone' END, ?4, ?5, 1, ?6, 'safe', '',
       json_object('format', ?7), CASE WHEN ?3 IS NULL THEN NULL ELSE ?6 END, ?3 FROM n`,
    count, n, reason, surface, verdict, at, format,
  );
}

test("the statistics are told to anybody, light and dark, narrow and wide", async () => {
  const first = await stage.visit();
  await first.goto(`${stage.app}/statistics`);
  await first.getByText("Nothing is counted yet").waitFor();
  await assertFits(first, "statistics-none");

  for (let daysAgo = 1; daysAgo <= 40; daysAgo++) {
    await plant(100 + 37 * (daysAgo % 7), { daysAgo });
    await plant(10 + (daysAgo % 5), { daysAgo, surface: "api", format: "png" });
    await plant(daysAgo % 9, { daysAgo, surface: "import", format: "webp", verdict: "restricted" });
    await plant(daysAgo % 13, { daysAgo, surface: "api", format: "gif", verdict: "flagged" });
    await plant(20 + daysAgo, { daysAgo, reason: "expired" });
    await plant(daysAgo % 12, { daysAgo, reason: "deleted" });
  }
  for (let night = 0; night < 9; night++) await stage.tintype.job("count_statistics");
  const page = await stage.visit();
  await page.goto(stage.app);
  await page.getByRole("link", { name: "How many come and go" }).click();
  await page.getByRole("heading", { name: "By month" }).waitFor();
  await page.getByText("few of each, not told apart").first().waitFor();
  await assertFits(page, "statistics");
  const dark = await stage.visit({ colorScheme: "dark" });
  await dark.goto(`${stage.app}/statistics`);
  await assertFits(dark, "statistics-dark");
  const told = await (await fetch(`${stage.app}/statistics.json`)).json();
  assert.equal(told.days.length, 31);
  assert.ok(told.kinds.every(({ count }) => count >= 10), JSON.stringify(told.kinds));
  for (const seen of [first, page, dark]) assert.deepEqual(seen.problems, []);
});

test("without JavaScript the page says the same", async () => {
  const page = await stage.visit({ javaScriptEnabled: false });
  await page.goto(`${stage.app}/statistics`);
  await page.getByRole("heading", { name: "By day" }).waitFor();
  await assertFits(page, "statistics-plain", { axe: false });
});
