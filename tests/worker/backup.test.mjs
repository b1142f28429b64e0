// The drill with the real scripts, on this machine's stores and on those of a deployment: backed up, erased, restored, and looked at
// with a client. Nobody who was erased and nothing that was deleted comes back, whatever was put back; and after a total loss
// everything else does.

import assert from "node:assert/strict";
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { prepareDeployment } from "./deployment.mjs";
import { prepareServer } from "./dev_server.mjs";
import { bytesOf, eventually, freshAddress } from "./harness.mjs";
import { freshPng } from "./images.mjs";
import { runScript, startScript } from "./scripts.mjs";

const PASSWORD = "nine plates of wet collodion";
const EMAIL = "ada@example.org";
let place;
let server;
after(() => place?.discard());

/** The stores of `npm start`, on which scripts work while the product does not run. */
class Here {
  env = {};

  static async prepare() {
    return new Here(await prepareServer("scripts/dev/entry.mjs"));
  }

  constructor(stores) {
    [this.server, this.where] = [stores, ["--state", stores.folder]];
  }

  /** Before scripts work on the stores. */
  rest() {
    return this.server.kill();
  }

  /** After they did. */
  wake() {
    return this.server.start();
  }

  /** Restores, and looks what the product does then. */
  async restored(args, look) {
    assert.match(await succeeds("restore", ...args), /put back/);
    await this.wake();
    await look();
  }

  /** Everything. */
  lose() {
    rmSync(join(this.server.folder, ".wrangler"), { recursive: true });
  }

  discard() {
    return this.server.discard();
  }
}

/** A deployment, whose product runs all the while and is waited for. */
class Elsewhere {
  static async prepare() {
    return new Elsewhere(await prepareDeployment());
  }

  constructor(deployment) {
    [this.deployment, this.server, this.env] = [deployment, deployment.server, deployment.env];
    this.where = ["--remote", "--config", deployment.config];
  }

  async rest() {
    // Its clock is this machine's again.
    await this.server.kill();
    await this.server.start();
  }

  wake() {}

  async restored(args, look) {
    const script = startScript("restore", [...this.where, ...args], this.env);
    await script.says(/waiting until .* has replayed the journal/);
    await look();
    const { code, text } = await script.ended;
    assert.equal(code, 0, text);
    assert.match(text, /put back[^]*the doors are open/);
  }

  async lose() {
    await this.server.kill();
    rmSync(join(this.server.folder, ".wrangler"), { recursive: true });
    await this.server.start();
  }

  discard() {
    return this.deployment.discard();
  }
}

async function succeeds(name, ...args) {
  const { code, text } = await runScript(name, [...place.where, ...args], place.env);
  assert.equal(code, 0, text);
  return text;
}

async function refuses(words, name, ...args) {
  const { code, text } = await runScript(name, [...place.where, ...args], place.env);
  assert.notEqual(code, 0, text);
  assert.match(text, words);
}

const post = (path) => fetch(`${server.app}${path}`, { method: "POST" });
const advance = (span) => post(`/__dev/clock?advance=${span}`);
const form = (path, fields, cookie = "") =>
  fetch(`${server.app}${path}`, {
    method: "POST", redirect: "manual", body: new URLSearchParams(fields),
    headers: { cookie, origin: server.app, "sec-fetch-site": "same-origin", "cf-connecting-ip": freshAddress() },
  });

async function cron(expression) {
  const answer = await post(`/__dev/cron?expression=${encodeURIComponent(expression)}`);
  assert.equal(answer.status, 200, await answer.text());
}

async function twoMinutes() {
  await advance("2m");
  for (const expression of ["* * * * *", "*/2 * * * *"]) await cron(expression);
}

const send = (headers = {}) =>
  fetch(`${server.app}/v1/images`, { method: "POST", headers: { "content-type": "image/png", "cf-connecting-ip": freshAddress(), ...headers }, body: freshPng() });

async function upload(headers) {
  const answer = await send(headers);
  const image = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(image));
  return image;
}

const remove = ({ id, delete_token }) =>
  fetch(`${server.app}/v1/images/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${delete_token}` } });

const isServed = async ({ url }) => (await fetch(url)).status === 200;

async function tokenInLetter(subject) {
  let token;
  await eventually(async () => {
    const letters = await (await fetch(`${server.app}/__dev/outbox`, { headers: { accept: "application/json" } })).json();
    token = /token=(\S+)/.exec(letters.map(({ letter }) => letter).find((letter) => letter.subject.includes(subject))?.text)?.[1];
    assert.ok(token, `no letter about ${subject}`);
  }, 20_000);
  return token;
}

const signIn = () => form("/sign-in", { email: EMAIL, password: PASSWORD });

async function signedIn() {
  const cookie = (await signIn()).headers.get("set-cookie").split(";")[0];
  const page = await (await fetch(`${server.app}/settings`, { headers: { cookie } })).text();
  const origin = { cookie, origin: server.app, "sec-fetch-site": "same-origin" };
  return { cookie, origin, form_token: /name="form_token" value="([^"]+)"/.exec(page)[1] };
}

async function opensItsDoors() {
  await cron("* * * * *");
  const refused = await send();
  assert.equal(refused.status, 503);
  assert.equal((await refused.json()).code, "restoring");
  const status = async () => (await fetch(`${server.app}/status.json`)).json();
  assert.notEqual((await status()).restoring_since, null);
  for (let count = 0; count < 7 && (await status()).restoring_since !== null; count++) await twoMinutes();
  assert.equal((await status()).restoring_since, null, "within a quarter of an hour");
}

for (const Place of [Here, Elsewhere]) {
  test(`${Place.name.toLowerCase()}, nobody erased and nothing deleted comes back from a backup; after a total loss the rest does`, { timeout: 600_000 }, async () => {
    place = await Place.prepare();
    server = place.server;
    await drill();
    await place.discard();
  });
}

async function drill() {
  const [backup, keys] = [join(server.folder, "backup"), join(server.folder, "keys")];
  await server.start();
  assert.equal((await form("/sign-up", { email: EMAIL, name: "Ada", password: PASSWORD, age: "1" })).status, 200);
  const token = await tokenInLetter("Confirm");
  assert.equal((await form("/verify", { token, password: PASSWORD })).status, 303);
  const ada = await signedIn();
  const ofAda = await upload(ada.origin);
  const [deleted, gone, kept] = [await upload(), await upload(), await upload()];
  const bytes = await bytesOf(await fetch(kept.url));
  assert.equal((await remove(gone)).status, 200);
  await twoMinutes();
  await place.rest();

  await succeeds("backup", backup);
  await succeeds("backup", "--keys", keys);
  const files = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const file of [...files(backup), ...files(keys)]) {
    assert.equal(statSync(join(file.parentPath, file.name)).mode & 0o077, 0, `${file.name} is for its owner only`);
  }
  assert.ok(files(keys).some(({ parentPath }) => parentPath.includes("personal-keys")));
  assert.ok(!files(backup).some(({ parentPath }) => parentPath.includes("personal-keys")), "no key beside what it opens");
  const sql = readFileSync(join(backup, "database.sql"), "utf8");
  assert.ok(sql.includes(kept.id) && !sql.includes(EMAIL), "who somebody is is sealed");
  await refuses(/is there already/, "backup", backup);

  await place.wake();
  assert.equal((await remove(deleted)).status, 200);
  const again = await signedIn();
  assert.equal((await form("/settings/delete", { form_token: again.form_token, password: PASSWORD, images: "hide" }, again.cookie)).status, 200);
  await advance("8d");
  for (let count = 0; count < 4; count++) {
    await twoMinutes();
    await cron("7 * * * *");
  }
  assert.equal((await signIn()).status, 401);
  await place.rest();

  await refuses(/With --replace/, "restore", backup);
  const broken = join(server.folder, "broken");
  cpSync(backup, broken, { recursive: true });
  appendFileSync(join(broken, "database.sql"), "DROP TABLE images;\n");
  await refuses(/is not what was backed up. Nothing was changed/, "restore", "--replace", broken);
  const old = join(server.folder, "old");
  cpSync(backup, old, { recursive: true });
  const manifest = readFileSync(join(old, "manifest.json"), "utf8").replace(/"made_at": "\d{4}/, '"made_at": "2020');
  writeFileSync(join(old, "manifest.json"), manifest);
  await refuses(/does not reach back so far/, "restore", "--replace", old);
  await place.restored(["--replace", "--keys", keys, backup], async () => {
    for (const image of [ofAda, deleted, gone]) assert.equal(await isServed(image), false, "not even before the journal is replayed");
    assert.equal((await signIn()).status, 503);
    await opensItsDoors();
  });
  for (let count = 0; count < 4; count++) {
    await twoMinutes();
    await cron("7 * * * *");
  }
  assert.equal((await signIn()).status, 401, "Ada is erased again");
  for (const image of [ofAda, deleted, gone]) assert.equal(await isServed(image), false);
  assert.deepEqual(await bytesOf(await fetch(kept.url)), bytes, "what nobody took away is what it was");
  assert.equal((await send()).status, 201);
  await place.rest();

  // Everything is lost, the journal since the backup, too.
  await place.lose();
  await place.restored(["--keys", keys, backup], opensItsDoors);
  for (const image of [ofAda, deleted, kept]) assert.equal(await isServed(image), true);
  assert.equal(await isServed(gone), false);
  assert.deepEqual(await bytesOf(await fetch(kept.url)), bytes);
  assert.equal((await signIn()).status, 303, "and Ada's key opens what is hers");
  assert.equal((await remove(deleted)).status, 200);
}
