// Taking away a copy of one's data as people do: asked for, waited for, downloaded and erased; with JavaScript and without, every
// page through axe-core with nothing disabled. What comes down is opened by Python's zipfile, which is none of ours.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { linkIn, member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

const PYTHON = `
import hashlib, json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
digest = lambda name: hashlib.sha256(z.read(name)).hexdigest()
manifest = json.loads(z.read("manifest.json"))
assert all(digest(f["name"]) == f["sha256"] for f in manifest["files"]), manifest
print(json.dumps({"names": z.namelist(), "manifest": manifest, "texts": {n: z.read(n).decode() for n in z.namelist() if n.endswith(".json")}}))
`;

const opened = (path) => JSON.parse(execFileSync("python3", ["-c", PYTHON, path], { maxBuffer: 1 << 26 }));

async function uploads(page, file, javaScriptEnabled) {
  await page.goto(stage.app);
  await page.setInputFiles("#file", file);
  if (!javaScriptEnabled) await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.locator("article.result .until").getByText("until you delete it").first().waitFor();
}

async function downloads(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { path: await download.path(), name: download.suggestedFilename() };
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["light", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a copy of one's data is asked for, downloaded and erased, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `ada-export-${name}@example.org`;
    const page = await member(stage, email, { colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    // More than one part of a multipart upload.
    await uploads(page, { name: "quay.png", mimeType: "image/png", buffer: noisePng(1900, 1500) }, javaScriptEnabled);
    await uploads(page, { name: "pier.png", mimeType: "image/png", buffer: noisePng(40, 30) }, javaScriptEnabled);

    await page.goto(`${stage.app}/settings`);
    await page.getByRole("link", { name: "Your copy" }).click();
    await fits("export");
    await page.getByRole("button", { name: "Make a copy" }).click();
    await page.getByRole("status").getByText("0 of 2 pictures").waitFor();
    await fits("export-making");
    await stage.tintype.job("build_exports");
    await page.goto(await linkIn(stage, email, "Your copy is ready"));
    await page.getByText("It is there").waitFor();
    await fits("export-ready");

    const account = await downloads(page, /Download Your account/);
    assert.match(account.name, /^tintype-\d{4}-\d\d-\d\d\.zip$/);
    const told = JSON.parse(opened(account.path).texts["account.json"]);
    assert.equal(told.account.email, email);
    const pictures = await downloads(page, /Download Your pictures/);
    assert.match(pictures.name, /^tintype-\d{4}-\d\d-\d\d-images-1\.zip$/);
    const { names, manifest, texts } = opened(pictures.path);
    assert.equal(names.filter((file) => file.startsWith("images/")).length, 2);
    assert.equal(manifest.is_last, true);
    assert.deepEqual(JSON.parse(texts["images.json"]).images.map((image) => image.details.filename), ["quay.png", "pier.png"]);

    await page.getByRole("button", { name: "Erase this copy now" }).click();
    await page.getByRole("button", { name: "Make a copy" }).waitFor();
    assert.deepEqual(page.problems, []);
  });
}

test("a broken download goes on where it did", async () => {
  const page = await member(stage, "resumes@example.org");
  await uploads(page, { name: "quay.png", mimeType: "image/png", buffer: noisePng(1900, 1500) }, true);
  await page.goto(`${stage.app}/settings/export`);
  await page.getByRole("button", { name: "Make a copy" }).click();
  await page.getByRole("status").waitFor();
  await stage.tintype.job("build_exports");
  await page.goto(`${stage.app}/settings/export`);
  const href = await page.getByRole("link", { name: /Download Your pictures/ }).getAttribute("href");
  const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
  const get = (headers) => page.request.get(new URL(href, stage.app).href, { headers });
  const whole = await get({});
  const half = Math.floor((await whole.body()).length / 2);
  const [first, second] = [await get({ range: `bytes=0-${half - 1}` }), await get({ range: `bytes=${half}-`, "if-range": whole.headers().etag })];
  assert.deepEqual([first.status(), second.status()], [206, 206]);
  assert.equal(digest(Buffer.concat([await first.body(), await second.body()])), digest(await whole.body()));
});

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a copy of a team is its owner's, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `owner-export-${name}@example.org`;
    const page = await member(stage, email, { colorScheme, javaScriptEnabled });
    const fits = (what) => assertFits(page, `${what}-${name}`, { axe: javaScriptEnabled });
    await page.goto(`${stage.app}/teams`);
    await page.fill("#name", "The analytical engine");
    await page.getByRole("button", { name: "Make the team" }).click();
    await page.getByText("You are its owner").waitFor();
    const team = new URL(page.url()).pathname.split("/").at(-1);
    const sends = async (path, type, data) => {
      const answer = await page.request.post(stage.app + path, { headers: { "content-type": type, origin: stage.app }, data });
      assert.equal(answer.status(), 201, await answer.text());
      return answer.json();
    };
    const shelf = await sends(`/v1/collections?team=${team}`, "application/json", { name: "Drawings" });
    await sends(`/v1/images?collection=${shelf.id}&filename=drawing.png`, "image/png", noisePng(60, 40));

    await page.getByRole("link", { name: "Its copy" }).click();
    await page.getByRole("heading", { name: "A copy of The analytical engine" }).waitFor();
    await fits("export-team");
    await page.getByRole("button", { name: "Make a copy" }).click();
    await page.getByRole("status").getByText("0 of 1 pictures").waitFor();
    await stage.tintype.job("build_exports");
    await page.goto(await linkIn(stage, email, "Your copy is ready"));
    await page.getByText("It is there").waitFor();
    await fits("export-team-ready");

    const first = await downloads(page, /Download The team/);
    assert.match(first.name, /^tintype-team-\d{4}-\d\d-\d\d\.zip$/);
    const told = JSON.parse(opened(first.path).texts["team.json"]);
    assert.equal(told.team.name, "The analytical engine");
    assert.deepEqual(told.members.map((entry) => entry.role), ["owner"]);
    const pictures = await downloads(page, /Download Its pictures/);
    const { texts } = opened(pictures.path);
    assert.deepEqual(JSON.parse(texts["images.json"]).images.map((image) => image.details.filename), ["drawing.png"]);
    assert.deepEqual(page.problems, []);
  });
}
