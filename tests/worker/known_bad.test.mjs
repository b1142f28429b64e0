// Lists of known material in the real runtime: what operators' tools write, D1's triggers, and outside lists.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { startTintype } from "./harness.mjs";
import { freshPng, png } from "./images.mjs";

/** A picture of patches of which no two are alike; a larger one shows the same. */
function patches(seed, side = 240) {
  const shades = Array.from({ length: 144 }, (_, at) => createHash("sha256").update(`${seed} ${at}`).digest()[0]);
  const pixels = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const shade = shades[Math.floor((y * 12) / side) * 12 + Math.floor((x * 12) / side)];
      pixels.fill(shade, (y * side + x) * 3, (y * side + x) * 3 + 3);
    }
  }
  return png(side, side, pixels);
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const xtask = (...args) => execFileSync("cargo", ["xtask", "known-bad", ...args], { cwd: root(), encoding: "utf8" });

/** Runs what a tool printed, as wrangler does. */
async function execute(tintype, sql) {
  const statements = sql.split(/(?<=;)\n/).filter((statement) => statement.trim());
  const answers = await tintype.env.DB.batch(statements.map((statement) => tintype.env.DB.prepare(statement)));
  return answers.flatMap(({ results }) => results);
}

async function assertRefused(answer) {
  const text = await answer.text();
  assert.equal(answer.status, 422, text);
  const problem = JSON.parse(text);
  assert.equal(problem.code, "content-prohibited");
  return problem;
}

describe("lists of a deployment", () => {
  let tintype;
  before(async () => void (tintype = await startTintype()));
  after(() => tintype?.close());

  test("promise IMP-24: a listed file is refused, kept under a hold and recorded; others are published", async () => {
    const [listed, other] = [freshPng(), freshPng()];
    const file = join(tmpdir(), `tintype-list-${process.pid}.txt`);
    writeFileSync(file, `${sha256(listed)}  a picture.png\n`);
    try {
      await execute(tintype, xtask("import", file, "--list", "a list", "--category", "csam"));
    } finally {
      rmSync(file);
    }
    const { image_id: id, detail } = await assertRefused(await tintype.send(listed));
    assert.ok(!detail.includes("list"), detail);
    assert.equal(await tintype.state(id), "recovery");
    assert.deepEqual(await tintype.ids("RECOVERY"), [id]);
    assert.equal((await tintype.rows("SELECT state FROM reports WHERE image_id = ?", id))[0].state, "due");
    const image = await tintype.upload(other);
    assert.equal(await tintype.state(image.id), "live");
    await tintype.advance("300d");
    for (const job of ["reap_recovery", "reconcile_blobs", "forget_tombstones"]) await tintype.job(job);
    assert.ok((await tintype.ids("RECOVERY")).includes(id), "a year is not over");
    await tintype.advance("66d");
    await tintype.job("reap_recovery");
    assert.ok(!(await tintype.ids("RECOVERY")).includes(id));
  });

  test("an image that an operator adds is recognised when it comes again at another size", async () => {
    const image = await tintype.upload(patches("one"));
    const added = await execute(tintype, xtask("add", image.id, "--category", "operator"));
    assert.deepEqual(added.map(({ kind }) => kind).sort(), ["pdq", "sha256"]);
    assert.equal((await tintype.rows("SELECT count(*) AS bands FROM known_bad_bands"))[0].bands, 16);
    const { detail } = await assertRefused(await tintype.send(patches("one", 480)));
    assert.match(detail, /its content is not allowed here/);
    assert.equal((await tintype.send(patches("two"))).status, 201);
    const removed = await execute(tintype, xtask("remove", "--list", "operator", image.id));
    assert.equal(removed.length, 2);
    assert.equal((await tintype.rows("SELECT count(*) AS bands FROM known_bad_bands"))[0].bands, 0);
    assert.equal((await tintype.send(patches("one", 480))).status, 201);
  });

  test("a large list goes in, and a lookup in it is quick", async () => {
    const file = join(tmpdir(), `tintype-large-${process.pid}.txt`);
    writeFileSync(file, Array.from({ length: 5_000 }, (_, at) => sha256(`${at}`)).join("\n"));
    try {
      const sql = xtask("import", file, "--list", "large", "--category", "operator", "--kind", "pdq");
      const statements = sql.split(/(?<=;)\n/).filter((statement) => statement.trim());
      for (const statement of statements) await execute(tintype, statement);
    } finally {
      rmSync(file);
    }
    assert.equal((await tintype.rows("SELECT count(*) AS bands FROM known_bad_bands"))[0].bands, 80_000);
    const began = performance.now();
    assert.equal((await tintype.send(patches("three"))).status, 201);
    const ms = performance.now() - began;
    assert.ok(ms < 2_000, `${ms} ms`);
  });
});

describe("an outside list", () => {
  let [tintype, service, says, asked] = [undefined, undefined, undefined, []];
  before(async () => {
    // Answers as Hasher-Matcher-Actioner does: names of banks, or 503 while its index is not ready.
    service = createServer((request, response) => {
      asked.push({ url: new URL(request.url, "http://localhost"), token: request.headers.authorization });
      says(response);
    });
    await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${service.address().port}/m/lookup`;
    const vars = { KNOWN_BAD_LOOKUP_URL: url, KNOWN_BAD_LOOKUP_CATEGORY: "terrorism", KNOWN_BAD_LOOKUP_TOKEN: "a token" };
    tintype = await startTintype({ app: { vars } });
  });
  after(async () => {
    await tintype?.close();
    service?.closeAllConnections();
    service?.close();
  });

  const json = (status, value) => (response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

  test("is asked for the hash of what looks like something, and believed", async () => {
    says = json(200, []);
    assert.equal((await tintype.send(patches("four"))).status, 201);
    assert.equal(asked.length, 1);
    const [{ url, token }] = asked;
    assert.equal(url.pathname, "/m/lookup");
    assert.equal(url.searchParams.get("signal_type"), "pdq");
    assert.match(url.searchParams.get("signal"), /^[0-9a-f]{64}$/);
    assert.equal(token, "Bearer a token");
    says = json(200, ["A BANK"]);
    const { detail } = await assertRefused(await tintype.send(patches("five")));
    assert.match(detail, /the list "A BANK" \(terrorism\)/);
  });

  test("that does not answer, or not as published, keeps everything from being published", async () => {
    const before = await tintype.rows("SELECT id FROM images");
    const wrong = [
      json(503, { message: "index not yet ready" }),
      json(400, []),
      json(200, { pdq: [] }),
      (response) => response.writeHead(200).end("<html>"),
      (response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      (response) => response.destroy(),
      () => {},
    ];
    for (const answer of wrong) {
      says = answer;
      const refused = await tintype.send(patches("six"));
      assert.equal(refused.status, 503, answer.toString());
      assert.equal((await refused.json()).code, "unavailable");
    }
    assert.deepEqual(await tintype.rows("SELECT id FROM images"), before);
  });
});
