// The page of a picture, and how it leaves.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";

let stage;
before(async () => (stage = await startStage()));
after(() => stage.close());

/** Uploads by the API, as a program does. */
async function uploaded(fields = {}) {
  const form = new FormData();
  form.append("file", new Blob([noisePng(320, 200)], { type: "image/png" }), "quay.png");
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const answer = await fetch(`${stage.app}/v1/images`, { method: "POST", body: form });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

const shown = (page) =>
  page.locator(".viewer img, .viewer picture img").last().evaluate(async (img) => (await img.decode(), img.naturalWidth));

test("the viewer shows the picture, its date and its facts, and says nothing to the console", async () => {
  const image = await uploaded({ caption: "The quay at six" });
  const page = await stage.visit();
  await page.goto(image.page_url);
  assert.equal(await shown(page), 320);
  assert.match(await page.locator("main").innerText(), /The quay at six/);
  assert.equal(await page.locator(".facts time").first().getAttribute("datetime"), image.expires_at);
  assert.deepEqual(page.problems, []);
});

test("other sites can read what to show: OpenGraph, Twitter and oEmbed", async () => {
  const image = await uploaded({ caption: "Nets" });
  const page = await stage.visit({ javaScriptEnabled: false });
  await page.goto(image.page_url);
  const property = (name) => page.locator(`meta[property="${name}"]`).getAttribute("content");
  assert.equal(await property("og:image"), image.url);
  assert.equal(await property("og:image:width"), "320");
  assert.equal(await property("og:url"), image.page_url);
  assert.equal(await page.locator('meta[name="twitter:card"]').getAttribute("content"), "summary_large_image");
  const discovery = await page.locator('link[type="application/json+oembed"]').getAttribute("href");
  const oembed = await (await page.request.get(discovery)).json();
  assert.deepEqual([oembed.version, oembed.type, oembed.url, oembed.width], ["1.0", "photo", image.url, 320]);
});

test("each snippet is copied by its button", async () => {
  const image = await uploaded();
  const page = await stage.visit({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(image.page_url);
  await page.locator("details summary").click();
  for (const name of ["url", "page_url", "markdown", "html", "picture", "bbcode"]) {
    const field = page.locator("copy-field", { has: page.locator(`[data-fill="${name}"]`) });
    await field.getByRole("button").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await field.locator("input").inputValue(), name);
    assert.ok(copied.includes(image.id), copied);
  }
});

for (const javaScriptEnabled of [true, false]) {
  test(`the delete link asks before it acts, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
    const image = await uploaded();
    const page = await stage.visit({ javaScriptEnabled });
    await page.goto(image.delete_url);
    assert.equal((await fetch(image.url)).status, 200, "asking deletes nothing");
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.match(await page.locator("h1").innerText(), /deleted|gone/i);
    const gone = await fetch(image.url, { cache: "no-store" });
    assert.deepEqual([gone.status, gone.headers.get("cache-control")], [410, "no-store"]);
    const answer = await page.goto(image.page_url);
    assert.equal(answer.status(), 410);
    assert.match(await page.locator("main").innerText(), /deleted/i);
  });
}

test("a wrong token is told apart on the form, and the token can be given by hand", async () => {
  const image = await uploaded();
  const page = await stage.visit();
  await page.goto(`${image.page_url}/delete`);
  await page.fill("#token", "del_00000000000000000000000000000000");
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.locator("#wrong").waitFor();
  assert.equal((await fetch(image.url)).status, 200);
  await page.fill("#token", image.delete_url);
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.locator("h1", { hasText: /deleted|gone/i }).waitFor();
  assert.equal((await fetch(image.url)).status, 410);
});

test("another site cannot delete with a form of its own", async () => {
  const image = await uploaded();
  const page = await stage.visit();
  // The image host is another origin than the app: a page there stands for any other site.
  await page.route(`${stage.images}/trap`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<form method="post" action="${image.page_url}/delete"><input name="token" value="${image.delete_token}"><button>Win</button></form>`,
    }),
  );
  await page.goto(`${stage.images}/trap`);
  await page.getByRole("button").click();
  await page.waitForLoadState();
  assert.equal((await fetch(image.url)).status, 200);
});

test("script in a polyglot or a caption never runs", async () => {
  const image = await uploaded({ caption: `"><script>window.ran = true</script><img src=x onerror="window.ran = true">` });
  const page = await stage.visit();
  await page.goto(image.page_url);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  const bytes = Buffer.concat([noisePng(8, 8), Buffer.from("<html><script>document.title='ran'</script></html>")]);
  const answer = await fetch(`${stage.app}/v1/images`, { method: "POST", headers: { "content-type": "text/html" }, body: bytes });
  const polyglot = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(polyglot));
  await page.goto(polyglot.url);
  assert.notEqual(await page.title(), "ran");
  assert.ok(!(await (await fetch(polyglot.url)).text()).includes("<script>"), "the tail is gone from what is served");
});

test("promise_imp_10_neither_host_sets_a_cookie", async () => {
  const image = await uploaded();
  const page = await stage.visit();
  for (const address of [stage.app, image.page_url, image.url]) await page.goto(address);
  assert.deepEqual(await page.context().cookies(), []);
  assert.equal(await page.goto(stage.app).then(() => page.evaluate(() => localStorage.length + sessionStorage.length)), 0);
});

test("a picture whose window has ended is gone, and says so to people", async () => {
  const image = await uploaded({ ttl: "300" });
  await stage.tintype.advance("5m");
  const page = await stage.visit();
  const answer = await page.goto(image.page_url);
  assert.equal(answer.status(), 410);
  assert.match(await page.locator("main").innerText(), /end of its time|window|expired|reached/i);
});
