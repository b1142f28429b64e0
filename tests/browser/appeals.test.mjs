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

const DAY_MS = 86_400_000;

/** Moves the clock to a moment, which is later; it goes on from there. */
async function until(at) {
  const now = await stage.tintype.advance("0ms");
  await stage.tintype.advance(`${at - now}ms`);
}

// Last: it moves the clock by more than a year.
test("the clocks of appeals, strikes and reports hold in the runtime itself", async () => {
  const desk = await operator(stage, "clock@example.org", { name: "Clock" });
  const [early, late] = [await upload(), await upload()];
  for (const { id } of [early, late]) await prohibit(desk, id);
  const appeal = ({ id, delete_token: token }) => {
    const body = new URLSearchParams({ token, number: "1", words: "It hangs in a museum." });
    return fetch(`${stage.app}/${id}/appeal`, { method: "POST", body });
  };
  const imposed = async (id) => (await stage.tintype.rows("SELECT imposed_at AS at FROM statements WHERE subject = ?", id))[0].at;

  // A report of intimate pictures is due in 48 hours, and late from then on.
  const shown = await upload();
  const report = { kind: "intimate_imagery", urls: [shown.id], name: "Nora", email: "nora@example.org", good_faith: true, signature: "Nora" };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(report) };
  const sent = await (await fetch(`${stage.app}/v1/reports`, init)).json();
  assert.equal(Date.parse(sent.due_at) - Date.parse(sent.received_at), 2 * DAY_MS);
  const overdue = async () => {
    await stage.tintype.job("audit_promises");
    const { promises } = await (await fetch(`${stage.app}/status.json`)).json();
    return promises.find(({ rule }) => rule === "notices-decided").broken;
  };
  const [{ due }] = await stage.tintype.rows("SELECT due_at AS due FROM notices WHERE id = ?", sent.id);
  await until(due - 60_000);
  assert.equal(await overdue(), 0, "a minute before");
  await until(due + 1_000);
  assert.equal(await overdue(), 1);

  // A strike counts for 365 days; with fewer than three of them, a suspension ends.
  const [{ id: account }] = await stage.tintype.rows("SELECT id FROM accounts ORDER BY rowid DESC LIMIT 1");
  const from = await stage.tintype.advance("0ms");
  for (const number of [1, 2, 3]) {
    await stage.tintype.rows(
      `INSERT INTO strikes (image_id, number, subject, ground, imposed_at, expires_at) VALUES ('clock ${number}', 1, ?, 'hate', ?, ?) RETURNING number`,
      account, from, from + 365 * DAY_MS);
  }
  await stage.tintype.rows(
    `INSERT INTO statements (subject, number, kind, imposed_at, account_id, decided_by, is_detected, reason, forget_after)
     VALUES (?, 1, 'suspension', ?, ?, 'policy', 0, 'three pictures', ?) RETURNING number`,
    account, from, account, from + 366 * DAY_MS);
  const suspended = async () => {
    await stage.tintype.job("send_statements");
    return (await stage.tintype.rows("SELECT 1 AS one FROM statements WHERE kind = 'suspension' AND ended_at IS NULL")).length;
  };

  // A restriction can be appealed for 184 days.
  await until((await imposed(early.id)) + 184 * DAY_MS - 60_000);
  assert.equal((await appeal(early)).status, 200);
  await until((await imposed(late.id)) + 184 * DAY_MS);
  assert.ok((await appeal(late)).status >= 400, "its time is over");
  assert.equal(await suspended(), 1);
  await until(from + 365 * DAY_MS - 60_000);
  assert.equal(await suspended(), 1, "a minute before");
  await until(from + 365 * DAY_MS);
  assert.equal(await suspended(), 0);
});
