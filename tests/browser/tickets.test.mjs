// Upload tickets as people meet them: made on a page, pasted into another site, used by its visitors, revoked; with JavaScript
// and without.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { member } from "./people.mjs";

let stage, shop;
before(async () => {
  stage = await startStage();
  shop = await startShop();
});
after(async () => {
  await stage.close();
  shop.close();
});

/** A site of somebody else's, with a page that is what it was told. */
async function startShop() {
  let body = "";
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(body));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    show: async (visitor, page) => {
      body = page;
      await visitor.goto(`http://127.0.0.1:${server.address().port}/form`);
    },
    close: () => server.close(),
  };
}

/** What is told once. */
const field = (page, name) => page.getByRole("textbox", { name });

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["dark", false]]) {
  const how = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a ticket is made, pasted into a site, used and revoked, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await member(stage, `${how}@example.org`, { colorScheme, javaScriptEnabled });
    const fits = (name) => assertFits(page, `${name}-${how}`, { axe: javaScriptEnabled });
    await page.goto(`${stage.app}/settings`);
    await page.getByRole("link", { name: "Upload tickets" }).click();
    await page.getByRole("heading", { name: "A new ticket" }).waitFor();
    await fits("tickets-none");
    await page.fill("#uses", "0");
    for (const format of ["jpg", "gif", "webp"]) await page.uncheck(`#format-${format}`);
    await page.selectOption("#bytes_max", { label: "5 MB" });
    await page.check("#private");
    await page.getByRole("button", { name: "Make the ticket" }).click();
    await page.locator("#uses-wrong").waitFor();
    assert.equal(await page.isChecked("#format-jpg"), false, "what was filled in stays");
    assert.equal(await page.locator("#bytes_max option:checked").textContent(), "5 MB");
    await fits("tickets-wrong");
    await page.fill("#uses", "2");
    await page.getByRole("button", { name: "Make the ticket" }).click();
    await page.getByRole("heading", { name: "shown only now" }).waitFor();
    await fits("tickets-made");
    const form = await field(page, "For a page without a script, a form").inputValue();

    const visitor = await stage.visit({ javaScriptEnabled: false });
    await shop.show(visitor, form);
    await visitor.getByLabel("Your picture").setInputFiles({ name: "quay.png", mimeType: "image/png", buffer: noisePng(40, 30) });
    await visitor.getByRole("button", { name: "Send" }).click();
    await visitor.waitForURL(`${stage.app}/v1/images`);
    const told = await visitor.locator("body").innerText();
    assert.match(told, /"object":"image"/);
    assert.match(told, /"public":false/);

    await page.goto(`${stage.app}/settings/tickets`);
    await page.getByText("For 2 uploads, 1 used").waitFor();
    await page.getByText("PNG, up to 5 MB, private").waitFor();
    await page.getByRole("button", { name: "Revoke the ticket" }).click();
    await page.getByText("Revoked", { exact: true }).waitFor();
    await fits("tickets-revoked");
    await shop.show(visitor, form);
    await visitor.getByLabel("Your picture").setInputFiles({ name: "quay.png", mimeType: "image/png", buffer: noisePng(40, 31) });
    await visitor.getByRole("button", { name: "Send" }).click();
    await visitor.waitForURL(`${stage.app}/v1/images`);
    assert.match(await visitor.locator("body").innerText(), /It was revoked/);
    assert.deepEqual(page.problems, []);
  });
}

test("a script of another site uploads with a ticket", async () => {
  const page = await member(stage, "shop@example.org");
  await page.goto(`${stage.app}/settings/tickets`);
  await page.getByRole("button", { name: "Make the ticket" }).click();
  const authorization = await field(page, "For a script, the field Authorization").inputValue();
  const script = await stage.visit();
  await shop.show(script, "<p>A shop</p>");
  const [status, told] = await script.evaluate(
    async ([url, authorization, bytes]) => {
      const body = new Uint8Array(bytes);
      const answer = await fetch(url, { method: "POST", headers: { authorization, "content-type": "image/png" }, body });
      return [answer.status, await answer.json()];
    },
    [`${stage.app}/v1/images`, authorization, [...noisePng(20, 30)]],
  );
  assert.equal(status, 201, JSON.stringify(told));
});

test("a team's tickets are reached from its page, and a ticket is made with a keyboard alone", async () => {
  const page = await member(stage, "team@example.org", { colorScheme: "dark" });
  await page.goto(`${stage.app}/teams`);
  await page.fill("#name", "Engines");
  await page.getByRole("button", { name: "Make the team" }).click();
  await page.getByRole("link", { name: "Upload tickets" }).click();
  await page.getByRole("heading", { name: "There is no collection yet" }).waitFor();
  await assertFits(page, "tickets-team-none");
  await page.getByRole("link", { name: "Make one first" }).click();
  await page.getByText("Make a collection").click();
  await page.fill("#name", "Drawings");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByText("The collection is there").waitFor();
  await page.goBack();
  await page.goBack();
  await page.reload();
  await page.focus("#uses");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("3");
  await page.keyboard.press("Enter");
  await page.getByText("For 3 uploads, 0 used").waitFor();
  await page.getByText("up to 20 MB, into Drawings").waitFor();
  await assertFits(page, "tickets-team");
  assert.deepEqual(page.problems, []);
});
