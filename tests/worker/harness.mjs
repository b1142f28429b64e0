// The real runtime for tests: both Workers as they are built, a fresh database and fresh buckets for each
// harness, and the development entry, which can set the clock and run jobs. Nothing leaves this machine.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { localConfig } from "../../scripts/dev/config.mjs";
import { root } from "../../scripts/process.mjs";
import { rawRequest } from "./raw_client.mjs";

// Set before wrangler is loaded: no calls home, no log files.
Object.assign(process.env, {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_HIDE_BANNER: "true",
});
const { createTestHarness } = await import("wrangler");

export const APP = "https://tintype.example";
export const IMAGES = "https://tintype-images.example";
// Every job by its name, as the product lists them.
const JOBS = [...readFileSync(root("src/jobs/mod.rs"), "utf8").matchAll(/\bJob \{ name: "(\w+)"/g)].map(([, name]) => name);
const AUDIT = "audit_promises";
const SETTINGS = {
  APP_ORIGIN: APP,
  IMAGE_ORIGIN: IMAGES,
  DELETE_TOKEN_KEY: "ab".repeat(32),
  MASTER_KEYS: `test:${"cd".repeat(32)}`,
  // Nobody listens there: a test that resolves a name fails instead of asking the network.
  DNS_RESOLVER: "https://127.0.0.1:9/dns-query",
};

/** The configuration of the app under test: wrangler.toml with the development entry. */
export function appConfig({ entry = "scripts/dev/entry.mjs", vision = "tintype-vision", vars = {}, port = 0 } = {}) {
  const config = localConfig(port);
  return {
    ...config,
    dev: { port },
    main: root(entry),
    vars: { ...SETTINGS, ...vars },
    services: config.services.map((service) => ({ ...service, service: vision })),
    queues: { ...config.queues, consumers: config.queues.consumers.map((consumer) => ({ ...consumer, max_batch_timeout: 1 })) },
  };
}

/**
 * The configuration of vision, or of what stands in for it. Most tests are not about what an image shows, and their
 * images show nothing: no model judges them unless a test names one.
 */
export function visionConfig({ entry = "build/vision/worker.js", name = "tintype-vision", model = "none" } = {}) {
  const { compatibility_date, rules } = parse(readFileSync(root("wrangler.vision.toml"), "utf8"));
  return { name, main: root(entry), compatibility_date, rules, vars: { MODEL: model } };
}

/** Vision that judges as it is told. */
export const OBEDIENT_VISION = "tests/worker/entries/vision.mjs";

/** Starts the runtime; ends it with `close()`. */
export function startTintype({ app = {}, vision = {} } = {}) {
  return startWorkers([appConfig(app), visionConfig(vision)].map((config) => ({ config })));
}

/** Starts what the two configuration files say, as it is deployed; only the secrets are ours. */
export function startProduction() {
  return startWorkers([
    { configPath: root("wrangler.toml"), secrets: { DELETE_TOKEN_KEY: SETTINGS.DELETE_TOKEN_KEY, MASTER_KEYS: SETTINGS.MASTER_KEYS } },
    { configPath: root("wrangler.vision.toml") },
  ]);
}

async function startWorkers(workers) {
  const server = createTestHarness({ root: root(), workers });
  try {
    const { url } = await server.listen();
    const worker = server.getWorker("tintype");
    await worker.applyD1Migrations("DB");
    return new Tintype(server, worker, await worker.getEnv(), url);
  } catch (error) {
    // Left running, it would keep the test from ending.
    await server.close();
    throw error;
  }
}

/** A running product. */
export class Tintype {
  constructor(server, worker, env, url) {
    Object.assign(this, { server, worker, env, url });
  }

  close() {
    return this.server.close();
  }

  /** Empties the storage and sets the clock right. */
  async reset() {
    await this.server.reset();
    this.worker = this.server.getWorker("tintype");
    await this.worker.applyD1Migrations("DB");
    this.env = await this.worker.getEnv();
    this.url = (await this.server.listen()).url;
  }

  /** A request to the app's host. */
  app(path, init) {
    return this.server.fetch(`${APP}${path}`, { redirect: "manual", ...init });
  }

  /** A request to the image host, or to a whole address. */
  image(address, init) {
    const url = address.startsWith("https:") ? address : `${IMAGES}${address}`;
    return this.server.fetch(url, { redirect: "manual", ...init });
  }

  /** Uploads raw bytes; each call comes from an address of its own unless one is given. */
  send(bytes, { address = freshAddress(), headers = {}, query = "" } = {}) {
    return this.app(`/v1/images${query}`, {
      method: "POST",
      headers: { "content-type": "image/png", "cf-connecting-ip": address, ...headers },
      body: bytes,
    });
  }

  /** Uploads and answers the image; fails the test if it was not taken. */
  async upload(bytes, options) {
    const answer = await this.send(bytes, options);
    if (answer.status !== 201 && answer.status !== 200) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Tells vision what to do with the next file; for `vision: { entry: OBEDIENT_VISION }`. */
  async tellVision(mode) {
    const vision = this.server.getWorker("tintype-vision");
    await vision.fetch(`https://vision.internal/__test/mode?is=${mode}`, { method: "POST" });
  }

  /** A request as a socket of its own sends it, with whatever framing it likes. */
  raw({ headers, ...request }) {
    const fields = { host: new URL(APP).host, "content-type": "image/png", "cf-connecting-ip": freshAddress(), ...headers };
    return rawRequest(this.url, { headers: fields, ...request });
  }

  /** Deletes an image with its token. */
  remove(image, token = image.delete_token) {
    return this.app(`/v1/images/${image.id}`, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
  }

  /** Runs one job at the clock's time. */
  async job(name) {
    await this.#dev(`/__dev/jobs/${name}`);
  }

  /** Runs every job there is, once; who audits what they did is the last. */
  async everyJob() {
    for (const name of JOBS.filter((name) => name !== AUDIT)) await this.job(name);
    await this.job(AUDIT);
  }

  /** Moves the clock on: `30d`, `61m`. */
  async advance(span) {
    return (await this.#dev(`/__dev/clock?advance=${span}`)).now_ms;
  }

  async #dev(path) {
    const answer = await this.app(path, { method: "POST" });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`);
    return JSON.parse(body);
  }

  /** Rows of a query. */
  async rows(sql, ...params) {
    return (await this.env.DB.prepare(sql).bind(...params).all()).results;
  }

  /** Where an image is in its life; undefined if no row knows it. */
  async state(id) {
    return (await this.rows("SELECT state FROM images WHERE id = ?", id))[0]?.state;
  }

  /** Names of all objects of a bucket under a prefix, without it. */
  async ids(bucket, prefix = "images/") {
    const ids = [];
    for (let cursor; ; ) {
      const page = await this.env[bucket].list({ prefix, cursor });
      ids.push(...page.objects.map(({ key }) => key.slice(prefix.length)));
      if (!page.truncated) return ids;
      cursor = page.cursor;
    }
  }

  /** What is wrong between the database and the buckets, in words; empty if nothing is. */
  async disorder() {
    const rows = await this.rows("SELECT id, state FROM images");
    return disorder(rows, await this.ids("IMAGES"), await this.ids("RECOVERY"), await this.ids("RECOVERY", "held/"));
  }

  /** What the jobs make of things an hour later: one sweep, one reconcile. */
  async settle() {
    await this.advance("61m");
    for (const job of ["judge_held", "sweep_pending", "finish_removals", "reap_expired", "reap_variants", "reconcile_blobs"]) await this.job(job);
  }
}

/** Compares rows with objects: every image has its bytes where its state says, and no bytes are without one. */
export function disorder(rows, images, recovery, held = []) {
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const found = [];
  const [isPublic, isRecovered, isHeld] = [new Set(images), new Set(recovery), new Set(held)];
  for (const [id, state] of states) {
    if (["pending", "releasing", "removing"].includes(state)) found.push(`${id} is stuck in ${state}`);
    if (state === "live" && !isPublic.has(id)) found.push(`live ${id} has no bytes`);
    if (state === "held" && !isHeld.has(id)) found.push(`held ${id} has no bytes`);
    if (state === "recovery" && !isRecovered.has(id)) found.push(`recovered ${id} has no bytes`);
  }
  for (const id of images) if (states.get(id) !== "live") found.push(`public orphan ${id} (${states.get(id)})`);
  for (const id of recovery) if (states.get(id) !== "recovery") found.push(`orphan ${id} in recovery (${states.get(id)})`);
  for (const id of held) if (states.get(id) !== "held") found.push(`orphan ${id} among the held (${states.get(id)})`);
  return found;
}

/** Tries until it succeeds or the time is over, and then fails as the last try did. */
export async function eventually(attempt, withinMs = 5_000) {
  for (const deadline = Date.now() + withinMs; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** An address of the documentation range of IPv6, in a network of its own. */
export function freshAddress() {
  const groups = randomBytes(6).toString("hex").match(/.{4}/g);
  return `2001:db8:${groups.join(":")}::1`;
}

/** The bytes of an answer. */
export const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());
