// What is deployed: no development tools in the bundle, nothing to reach vision by, no cookies.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "smol-toml";
import { ended, nodeForWrangler, root, start } from "../../scripts/process.mjs";
import { APP, IMAGES, startProduction } from "./harness.mjs";
import { freshPng } from "./images.mjs";

const out = mkdtempSync(join(tmpdir(), "tintype-production-"));
let tintype;
before(async () => void (tintype = await startProduction()));
after(async () => {
  await tintype?.close();
  rmSync(out, { recursive: true, force: true });
});

async function bundle(config) {
  const folder = join(out, config);
  const args = [root("node_modules", "wrangler", "bin", "wrangler.js"), "deploy", "--dry-run", "--config", root(config), "--outdir", folder];
  assert.equal(await ended(start(nodeForWrangler(), args, { stdio: "ignore" })), 0, config);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }));
}

test("the bundles that are deployed contain no development tools and no test tools", async () => {
  for (const config of ["wrangler.toml", "wrangler.vision.toml"]) {
    const files = await bundle(config);
    assert.ok(files.some(({ name }) => name.endsWith(".wasm")), config);
    for (const { name, bytes } of files.filter(({ name }) => !name.endsWith(".map"))) {
      for (const words of ["__dev", "__test", "offsetMs"]) assert.ok(!bytes.includes(words), `${config}: ${words} in ${name}`);
    }
  }
});

test("the Worker as deployed knows no development tool on either host", async () => {
  for (const origin of [APP, IMAGES]) {
    for (const [method, path] of [["GET", "/__dev/clock"], ["POST", "/__dev/clock?advance=30d"], ["POST", "/__dev/jobs/reap_expired"], ["POST", "/__dev/cron"]]) {
      const answer = await tintype.server.fetch(`${origin}${path}`, { method });
      assert.equal(answer.status, 404, `${method} ${origin}${path}`);
    }
  }
});

test("a trigger that names a job is harmless, and one that nobody planned is reported", async () => {
  for (const [cron, expected] of [["job:reap_expired", "ok"], ["0 0 1 1 *", "exception"], ["", "exception"]]) {
    const { outcome } = await tintype.worker.scheduled({ cron, scheduledTime: new Date() });
    assert.equal(outcome, expected, cron);
  }
});

test("vision has no bindings, no secrets, no routes and no address of its own", () => {
  const config = parse(readFileSync(root("wrangler.vision.toml"), "utf8"));
  const harmless = ["name", "main", "compatibility_date", "keep_names", "workers_dev", "preview_urls", "limits", "observability", "rules", "vars"];
  assert.deepEqual(Object.keys(config).filter((key) => !harmless.includes(key)), []);
  assert.deepEqual(Object.keys(config.vars), ["MODEL"]);
  assert.equal(config.workers_dev, false);
  assert.equal(config.preview_urls, false);
});

test("no record of requests is kept, for either Worker", () => {
  for (const file of ["wrangler.toml", "wrangler.vision.toml"]) {
    const { observability } = parse(readFileSync(root(file), "utf8"));
    assert.equal(observability.logs.invocation_logs, false, file);
  }
});

test("no answer sets a cookie, and every answer says how it may be used", async () => {
  const image = await tintype.upload(freshPng());
  const answers = [
    ["GET", `${APP}/`], ["GET", `${APP}/privacy`], ["GET", `${APP}/${image.id}`], ["GET", `${APP}/v1/images/${image.id}`],
    ["GET", `${APP}/nothing/here`], ["POST", `${APP}/v1/images`], ["DELETE", `${APP}/v1/images/${image.id}`],
    ["GET", image.url], ["HEAD", image.url], ["GET", `${IMAGES}/nothing.png`], ["OPTIONS", image.url],
    ["GET", "https://elsewhere.example/"],
  ];
  for (const [method, url] of answers) {
    const answer = await tintype.server.fetch(url, { method, redirect: "manual" });
    const name = `${method} ${url}: ${answer.status}`;
    assert.equal(answer.headers.get("set-cookie"), null, name);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", name);
    assert.ok(answer.headers.get("content-security-policy"), name);
    assert.ok(answer.headers.get("strict-transport-security"), name);
    assert.ok(answer.headers.get("x-request-id"), name);
    if (answer.status >= 400) assert.equal(answer.headers.get("cache-control"), "no-store", name);
    await answer.arrayBuffer();
  }
});

test("promise IMP-10: an image's address on the app, and a page's on the image host, lead nowhere", async () => {
  const image = await tintype.upload(freshPng());
  assert.equal((await tintype.server.fetch(`${APP}/${image.id}.png`)).status, 404);
  assert.equal((await tintype.server.fetch(`${IMAGES}/v1/images/${image.id}`)).status, 404);
  assert.equal((await tintype.server.fetch(`${IMAGES}/${image.id}`)).status, 404);
});
