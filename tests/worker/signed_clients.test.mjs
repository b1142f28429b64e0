// The clients of examples/clients, each run as its reader would, against the product on a port of this machine.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { nodeForWrangler, root } from "../../scripts/process.mjs";
import { startTintype } from "./harness.mjs";
import { freshPng } from "./images.mjs";
import { MASTER_KEYS, addKey } from "./keys.mjs";

const run = promisify(execFile);
const client = (...parts) => root("examples", "clients", ...parts);
let tintype;
let folder;
let door;
let url;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "tintype-clients-"));
  // What is signed names the port, so that the product has to know it before it has one: bytes are passed on to it.
  door = createServer((client) => {
    const inside = connect(new URL(tintype.url).port, "127.0.0.1");
    client.pipe(inside).pipe(client);
    for (const socket of [client, inside]) socket.on("error", () => [client, inside].forEach((end) => end.destroy()));
  });
  await new Promise((resolve) => door.listen(0, "localhost", resolve));
  const { port } = door.address();
  const origins = { APP_ORIGIN: `http://localhost:${port}`, IMAGE_ORIGIN: `http://127.0.0.1:${port}` };
  tintype = await startTintype({ app: { vars: { MASTER_KEYS, ...origins } } });
  url = `${origins.APP_ORIGIN}/v1/images?caption=a%20ten-line%20client`;
});
after(async () => {
  door?.close();
  await tintype?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function uploads(program, args, { ownPair }) {
  const { id, key } = await addKey(tintype, { scopes: "write", ownPair });
  const body = freshPng();
  const picture = join(folder, "picture.png");
  const keyFile = join(folder, "private.pem");
  writeFileSync(picture, body);
  if (ownPair) writeFileSync(keyFile, key, { mode: 0o600 });
  const secret = ownPair ? { TINTYPE_PRIVATE_KEY: keyFile } : { TINTYPE_SIGNING_SECRET: key };
  const env = { ...process.env, TINTYPE_URL: url, TINTYPE_KEY_ID: id, ...secret };
  const { stdout } = await run(program, [...args, picture], { env });
  const image = JSON.parse(stdout);
  assert.equal(image.caption, "a ten-line client");
  const stored = await tintype.env.IMAGES.get(`images/${image.id}`);
  assert.ok(Buffer.from(await stored.arrayBuffer()).equals(body), "other bytes than were sent");
  const used = await tintype.rows("SELECT last_used_day FROM api_keys WHERE id = ?", id);
  assert.match(used[0].last_used_day, /^\d{4}-\d\d-\d\d$/);
  // Without its secret, the same program is refused: it is the signature that lets it in.
  const stranger = await addKey(tintype, { ownPair });
  await assert.rejects(run(program, [...args, picture], { env: { ...env, TINTYPE_KEY_ID: stranger.id } }));
}

test("the client in Python uploads", () => uploads("python3", [client("upload.py")], { ownPair: false }));

test("the client in JavaScript uploads", () => uploads(nodeForWrangler(), [client("upload.mjs")], { ownPair: true }));

test("the client of openssl and curl uploads", () => uploads("sh", [client("upload.sh")], { ownPair: true }));

test("the client in Rust uploads", async () => {
  const target = root("target", "clients");
  const manifest = client("rust", "Cargo.toml");
  // Without https, which nothing on this machine speaks.
  await run("cargo", ["build", "--quiet", "--locked", "--no-default-features", "--manifest-path", manifest, "--target-dir", target]);
  await uploads(join(target, "debug", "signed-upload"), [], { ownPair: false });
});
