// The page that says whether promises are kept, with what the auditor really finds: nobody has looked, all is well, something is
// not, and it is again. In the runtime that production runs.

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

const status = async () => (await fetch(`${stage.app}/status.json`)).json();

test("the page of promises tells what the auditor has found, light and dark, narrow and wide", async () => {
  const first = await stage.visit();
  await first.goto(`${stage.app}/promises`);
  await first.getByText("still to be checked for the first time").waitFor();
  await assertFits(first, "promises-unchecked");
  assert.equal((await status()).kept, false);

  await member(stage, "ada@example.org");
  const headers = { "content-type": "image/png" };
  const uploaded = await fetch(`${stage.app}/v1/images`, { method: "POST", headers, body: noisePng(200, 200) });
  assert.equal(uploaded.status, 201);
  await stage.tintype.advance("2h");
  await stage.tintype.everyJob();
  const kept = await status();
  assert.deepEqual(kept.promises.filter((rule) => !rule.kept), []);
  const checked = Object.fromEntries(kept.promises.map(({ rule, checked }) => [rule, checked]));
  assert.equal(checked["promised-bytes-are-there"], 1, "the walk has met the picture");
  assert.equal(checked["bytes-are-unchanged"], 1, "and its bytes were read again");
  assert.equal(checked["personal-keys-have-accounts"], 2, "the account, and its key");
  // A browser that has seen the page keeps it for a few minutes.
  const page = await stage.visit();
  await page.goto(stage.app);
  await page.getByRole("link", { name: "Whether promises are kept" }).click();
  await page.getByText(`All ${kept.promises.length} were kept`).waitFor();
  await assertFits(page, "promises-kept");

  await stage.tintype.advance("31d");
  await stage.tintype.job("audit_promises");
  const broken = await status();
  assert.equal(broken.kept, false);
  const late = broken.promises.find(({ rule }) => rule === "pictures-leave");
  assert.equal(late.broken, 1);
  assert.ok(late.worst_lateness_seconds > 80_000, `${late.worst_lateness_seconds}`);
  const dark = await stage.visit({ colorScheme: "dark" });
  await dark.goto(`${stage.app}/promises`);
  await dark.getByText("Broken").first().waitFor();
  await assertFits(dark, "promises-broken");

  await stage.tintype.everyJob();
  await stage.tintype.everyJob();
  assert.deepEqual((await status()).promises.filter((rule) => !rule.kept), []);
  for (const seen of [first, page, dark]) assert.deepEqual(seen.problems, []);
});

test("without JavaScript the page says the same", async () => {
  const page = await stage.visit({ javaScriptEnabled: false });
  await page.goto(`${stage.app}/promises`);
  await page.getByText("were kept").waitFor();
  await assertFits(page, "promises-plain", { axe: false });
});
