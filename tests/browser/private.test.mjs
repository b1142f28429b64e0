// Private pictures as their owner meets them: uploaded, shown, let others see for a while, made public and private again;
// with JavaScript and without, and the page through axe-core with nothing disabled.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { eventually } from "../worker/harness.mjs";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";

const AXE = readFileSync(root("node_modules", "axe-core", "axe.min.js"), "utf8");
const PASSWORD = "nine plates of wet collodion";
// Where to put pictures of the pages, for looking at; nowhere: none are taken.
const SHOTS = process.env.SHOTS;

let stage;
before(async () => {
  stage = await startStage();
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
});
after(() => stage.close());

async function assertAccessible(page, name, javaScriptEnabled) {
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    // axe-core needs scripts: the page is the same without.
    if (javaScriptEnabled) {
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 300)}`);
      assert.deepEqual(found, [], `${name}, ${width} px`);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, fullPage: true });
  }
}

/** Somebody whose address is proved, signed in. */
async function member(page, email) {
  await page.goto(`${stage.app}/sign-up`);
  await page.fill("#email", email);
  await page.fill("#name", "Ada");
  await page.fill("#password", PASSWORD);
  await page.check("#age");
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
  let link;
  await eventually(async () => {
    const letters = await (await fetch(`${stage.app}/__dev/outbox`, { headers: { accept: "application/json" } })).json();
    const found = letters.map(({ letter }) => letter).find(({ to, subject }) => to === email && subject.includes("Confirm"));
    assert.ok(found, `no letter to ${email}`);
    link = /https?:\S+token=\S+/.exec(found.text)[0];
  }, 20_000);
  await page.goto(link);
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Yes, it is mine" }).click();
  await page.goto(`${stage.app}/sign-in`);
  await page.fill("#email", email);
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForLoadState();
}

const picture = { name: "quay.png", mimeType: "image/png" };
// Without JavaScript, nothing in the page settles a promise: it is asked until it has the answer.
const assertShown = (page, words) =>
  eventually(async () => {
    const width = await page.locator(".viewer .picture img").last().evaluate((img) => img.complete && img.naturalWidth);
    assert.ok(width > 0, words);
  });
const status = async (url) => (await fetch(url, { cache: "no-store" })).status;

for (const [javaScriptEnabled, colorScheme] of [[true, "light"], [false, "dark"]]) {
  const how = `JavaScript ${javaScriptEnabled ? "on" : "off"}, ${colorScheme}`;
  test(`a picture that only its owner sees, and what its owner does with it: ${how}`, async () => {
    const page = await stage.visit({ javaScriptEnabled, colorScheme });
    await member(page, `ada-${colorScheme}@example.org`);
    await page.goto(stage.app);
    await page.check("#private");
    await assertAccessible(page, `upload-${colorScheme}`, javaScriptEnabled);
    await page.setInputFiles("#file", { ...picture, buffer: noisePng(320, 200) });
    if (!javaScriptEnabled) await page.locator("form.upload button").click();
    const result = page.locator("article.result", { hasText: "Only you can see it" });
    await result.waitFor();
    await assertAccessible(page, `result-${colorScheme}`, javaScriptEnabled);
    const address = await result.locator("a.preview").getAttribute("href");

    // Nothing, to somebody else.
    const stranger = await stage.visit({ javaScriptEnabled });
    assert.equal((await stranger.goto(address)).status(), 404);

    await page.goto(address);
    await assertShown(page, "its owner sees it");
    await page.getByRole("heading", { name: "Only you can see it" }).waitFor();
    assert.equal(await page.locator('meta[property^="og:"]').count(), 0);
    await page.selectOption("#for", { label: "1 day" });
    await page.getByRole("button", { name: "Make the link" }).click();
    const field = page.locator("copy-field input");
    await field.waitFor();
    const link = await field.inputValue();
    assert.equal(await page.locator("copy-field button").count(), javaScriptEnabled ? 1 : 0);
    await assertAccessible(page, `private-${colorScheme}`, javaScriptEnabled);
    assert.equal(await status(link), 200);
    const plain = link.split("?")[0];
    assert.equal(await status(plain), 404);

    await page.getByRole("button", { name: "Make it public" }).click();
    await page.getByRole("heading", { name: "Share it" }).waitFor();
    assert.equal(await status(plain), 200);
    assert.equal((await stranger.goto(address)).status(), 200);
    assert.equal(await stranger.getByRole("button", { name: "Make it private" }).count(), 0, "not theirs to say");
    await assertAccessible(page, `public-${colorScheme}`, javaScriptEnabled);
    await page.getByRole("button", { name: "Make it private" }).click();
    await page.getByRole("heading", { name: "Only you can see it" }).waitFor();
    assert.equal(await status(plain), 404);
    assert.deepEqual(page.problems, []);
  });
}

test("a form of another site uploads with a ticket, without a script", async () => {
  const page = await stage.visit();
  await member(page, "shop@example.org");
  const ticket = await page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/v1/tickets", { method: "POST", headers, body: JSON.stringify({ uses: 2 }) });
    return answer.json();
  });
  assert.match(ticket.ticket, /^tt_ticket_/);
  // A site of somebody else's, with a page that is what it was told.
  let body = "";
  const site = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(body));
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  after(() => site.close());
  const trap = async (visitor, page) => {
    body = page;
    await visitor.goto(`http://127.0.0.1:${site.address().port}/form`);
  };
  const stranger = await stage.visit({ javaScriptEnabled: false });
  await trap(
    stranger,
    `<form method="post" action="${stage.app}/v1/images" enctype="multipart/form-data"><input type="hidden" name="ticket" value="${ticket.ticket}"><input type="file" name="file"><button>Send</button></form>`,
  );
  await stranger.setInputFiles("input[type=file]", { ...picture, buffer: noisePng(40, 30) });
  await stranger.getByRole("button", { name: "Send" }).click();
  await stranger.waitForURL(`${stage.app}/v1/images`);
  assert.match(await stranger.locator("body").innerText(), /"object":"image"/);
  const script = await stage.visit();
  await trap(script, "<p>A shop</p>");
  const told = await script.evaluate(
    async ([url, authorization, bytes]) => {
      const body = new Uint8Array(bytes);
      const answer = await fetch(url, { method: "POST", headers: { authorization, "content-type": "image/png" }, body });
      return [answer.status, await answer.json()];
    },
    [`${stage.app}/v1/images`, ticket.authorization, [...noisePng(20, 30)]],
  );
  assert.equal(told[0], 201, JSON.stringify(told));
});
