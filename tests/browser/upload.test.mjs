// The upload page as a visitor meets it: every way to bring a picture, and every way it can go wrong.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshPng, noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";

let stage;
before(async () => (stage = await startStage()));
after(() => stage.close());

const file = (name, buffer = freshPng(), mimeType = "image/png") => ({ name, mimeType, buffer });

/** Gives files to the page by a drop or a paste: there is no other way to make the events. */
const hand = (page, how, files) =>
  page.evaluate(
    ([how, files]) => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
      const options = { bubbles: true, cancelable: true };
      const event =
        how === "paste"
          ? new ClipboardEvent("paste", { ...options, clipboardData: data })
          : new DragEvent("drop", { ...options, dataTransfer: data });
      document.body.dispatchEvent(event);
    },
    [how, files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, bytes: [...buffer] }))],
  );

async function openPage(options) {
  const page = await stage.visit(options);
  await page.goto(stage.app);
  return page;
}

/** A connection on which a picture takes a while. */
async function slowDown(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 };
  await cdp.send("Network.emulateNetworkConditions", conditions);
}

const item = (page, name) => page.locator(".queue .item", { hasText: name });

const finished = (page, count = 1) => page.locator(".queue .result").nth(count - 1).waitFor();

async function assertServed(page, address, bytes) {
  const answer = await page.request.get(address);
  assert.equal(answer.status(), 200);
  assert.deepEqual(await answer.body(), bytes);
}

test("a picked picture goes online, with links to copy and a link to delete", async () => {
  const page = await openPage();
  const picture = freshPng();
  await page.setInputFiles("#file", file("harbour.png", picture));
  await finished(page);
  const field = (label) => page.locator(".result").getByLabel(label, { exact: false }).first().inputValue();
  assert.match(await field("Delete link"), /\/delete\?token=del_/);
  const address = await page.locator('.result [data-fill="url"]').inputValue();
  assert.ok(address.startsWith(stage.images), address);
  await assertServed(page, address, picture);
  assert.equal(await page.locator(".result img").evaluate((img) => img.decode().then(() => img.naturalWidth)), 8);
  assert.deepEqual(page.problems, []);
});

test("what there is to copy is the same after an upload and on the page of the picture", async () => {
  const page = await openPage();
  await page.fill("#caption", 'At "the lake" & <beyond>');
  await page.setInputFiles("#file", file("harbour.png", noisePng(900, 700)));
  await finished(page);
  const texts = (place) =>
    page.locator(`${place} copy-field input`).evaluateAll((inputs) => Object.fromEntries(inputs.map((i) => [i.dataset.fill, i.value])));
  const { delete_url: _, ...after } = await texts(".result");
  await page.goto(after.page_url);
  assert.deepEqual(await texts(".viewer"), after);
  assert.match(after.picture, /srcset="[^"]*size=s&amp;format=webp 411w, [^"]*size=m&amp;format=webp 823w/);
});

test("a picture comes in the size that the page needs", async () => {
  const page = await stage.visit({ viewport: { width: 400, height: 800 } });
  const picture = noisePng(1600, 1600);
  const { page_url, url } = await (await fetch(`${stage.app}/v1/images`, { method: "POST", headers: { "content-type": "image/png" }, body: picture })).json();
  await page.goto(page_url, { waitUntil: "networkidle" });
  const shown = await page.locator(".picture img:not(.placeholder)").evaluate(async (img) => {
    await img.decode();
    return { url: img.currentSrc, width: img.naturalWidth };
  });
  assert.equal(shown.url, `${url}?size=m`);
  assert.deepEqual(page.problems, []);
});

test("dropped and pasted pictures go online too", async () => {
  const page = await openPage();
  await hand(page, "drop", [file("one.png"), file("two.png")]);
  await finished(page, 2);
  await hand(page, "paste", [file("image.png")]);
  await finished(page, 3);
  assert.deepEqual(page.problems, []);
});

test("a file that is refused says what to do, and keeps no other from going online", async () => {
  const page = await openPage();
  await page.setInputFiles("#file", [file("notes.png", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")), file("fine.png")]);
  await finished(page);
  const refused = page.locator('.queue .item[data-state="failed"]');
  await refused.waitFor();
  assert.match(await refused.innerText(), /not taken/i);
  assert.match(await refused.locator(".item-remedy").innerText(), /JPEG or PNG/);
});

test("a file over the limit is refused before it is sent", async () => {
  const page = await openPage();
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(20_000_001)], "huge.png", { type: "image/png" }));
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: data }));
  });
  const refused = page.locator('.queue .item[data-state="failed"]');
  await refused.waitFor();
  assert.match(await refused.innerText(), /20 MB/);
  assert.deepEqual(sent, []);
});

test("after the connection broke, trying again sends the same key and publishes once", async () => {
  const page = await openPage();
  const keys = [];
  page.on("request", (request) => request.method() === "POST" && keys.push(request.headers()["idempotency-key"]));
  // The file arrives and the answer is lost, which is the worst case.
  stage.front.losesAnswers = true;
  await page.setInputFiles("#file", file("lost.png"));
  const retry = item(page, "lost.png").getByRole("button", { name: "Try again" });
  await retry.waitFor();
  stage.front.losesAnswers = false;
  await retry.click();
  await finished(page);
  assert.ok(keys.length >= 2 && new Set(keys).size === 1, keys.join());
  const rows = await stage.tintype.rows("SELECT count(*) AS n FROM images WHERE details LIKE '%lost.png%'");
  assert.equal(rows[0].n, 1);
});

const live = async (name) =>
  (await stage.tintype.rows("SELECT count(*) AS n FROM images WHERE state = 'live' AND details LIKE ?", `%${name}%`))[0].n;

test("an upload can be cancelled on its way, and nothing of it is public", async () => {
  const page = await openPage();
  await slowDown(page);
  await page.setInputFiles("#file", file("regret.png", noisePng(900, 900)));
  await item(page, "regret.png").getByText(/\d %/).waitFor();
  await item(page, "regret.png").getByRole("button", { name: "Cancel" }).click();
  await item(page, "regret.png").getByText("Cancelled.").waitFor();
  assert.equal(await live("regret.png"), 0);
  assert.ok(await item(page, "regret.png").getByRole("button", { name: "Try again" }).isVisible());
});

test("what arrived before it was cancelled is deleted again", async () => {
  const page = await openPage();
  let cancelled;
  const wait = new Promise((resolve) => (cancelled = resolve));
  await page.route("**/v1/images", (route) => wait.then(() => route.continue()));
  await page.setInputFiles("#file", file("late.png"));
  await item(page, "late.png").getByRole("button", { name: "Cancel" }).click();
  cancelled();
  await item(page, "late.png").getByText("is deleted again").waitFor();
  const rows = await stage.tintype.rows("SELECT state, removal_reason FROM images WHERE details LIKE '%late.png%'");
  assert.deepEqual(rows, [{ state: "recovery", removal_reason: "deleted" }]);
});

test("progress is told while the file is on its way", async () => {
  const page = await openPage();
  await slowDown(page);
  await page.evaluate(() => {
    window.told = new Set();
    new MutationObserver(() => {
      for (const state of document.querySelectorAll(".item-state")) window.told.add(state.textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await page.setInputFiles("#file", file("large.png", noisePng(900, 900)));
  await finished(page);
  const told = await page.evaluate(() => [...window.told]);
  const percentages = told.map((words) => /(\d+) %/.exec(words)?.[1]).filter(Boolean).map(Number);
  assert.ok(percentages.some((n) => n > 0 && n < 100), `told: ${told.join(" | ")}`);
});

test("when the hour is used up, the page says so and counts down", async () => {
  const page = await openPage();
  await page.route("**/v1/images", (route) =>
    route.fulfill({
      status: 429,
      headers: { "retry-after": "1500", "content-type": "application/problem+json" },
      body: JSON.stringify({ code: "rate-limited", detail: "20 uploads per hour are used up. Try again in 25 minutes." }),
    }),
  );
  await page.setInputFiles("#file", file("eager.png"));
  await item(page, "eager.png").getByText("20 uploads per hour are used up").waitFor();
  assert.ok(await item(page, "eager.png").getByRole("button", { name: /Try again in 2[45]:\d\d/ }).isDisabled());
});

test("the page promises, before the choice, the date that the answer then holds", async () => {
  const page = await openPage();
  await page.selectOption("#ttl", "86400");
  const promised = await page.locator("#until time").getAttribute("datetime");
  await page.setInputFiles("#file", file("promise.png"));
  await finished(page);
  const kept = await page.locator(".result time").first().getAttribute("datetime");
  // The upload happens a moment after the page was read.
  assert.ok(Math.abs(Date.parse(kept) - Date.parse(promised)) < 60_000, `${promised} ${kept}`);
  assert.ok(Math.abs(Date.parse(kept) - Date.now() - 86_400_000) < 60_000, kept);
});

test("without JavaScript the form does the same work for several files", async () => {
  const page = await openPage({ javaScriptEnabled: false });
  const picture = freshPng();
  await page.setInputFiles("#file", [file("a.png", picture), file("b.png", Buffer.from("%PDF-1.7"))]);
  await page.fill("#caption", "<b>Bold</b> & 'quoted'");
  await page.getByRole("button", { name: "Upload" }).click();
  await page.waitForSelector(".result");
  assert.equal(await page.locator("h1").innerText(), "1 of 2 are online");
  await assertServed(page, await page.locator('.result [data-fill="url"]').inputValue(), picture);
  assert.equal(await page.locator(".result img").getAttribute("alt"), "<b>Bold</b> & 'quoted'");
  assert.match(await page.locator(".refusal").innerText(), /PDF/);
  const [before] = await stage.tintype.rows("SELECT count(*) AS n FROM images");
  await page.reload();
  const [afterwards] = await stage.tintype.rows("SELECT count(*) AS n FROM images");
  assert.equal(afterwards.n, before.n, "a repeated form makes no second image");
});
