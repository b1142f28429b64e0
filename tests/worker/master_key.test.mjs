// Another master key in the real runtime: R2 replaces what is still as it was read, and nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTintype } from "./harness.mjs";
import { MASTER, writeLetter } from "./sealed_letters.mjs";

const LOCAL = "http://localhost:8787";
const LETTER = { kind: "verify_email", link: `${LOCAL}/verify?token=vfy_1`, expires_at: 1_795_521_600_000 };

let tintype;
before(async () => {
  const MASTER_KEYS = `next:${"ef".repeat(32)},${MASTER.id}:${MASTER.secret}`;
  tintype = await startTintype({ app: { vars: { APP_ORIGIN: LOCAL, IMAGE_ORIGIN: "http://127.0.0.1:8787", MASTER_KEYS } } });
});
after(() => tintype?.close());

const runJob = async (name) =>
  assert.ok((await tintype.server.fetch(`${LOCAL}/__dev/jobs/${name}`, { method: "POST" })).ok, name);
const position = async () =>
  (await tintype.rows("SELECT position FROM job_cursors WHERE scan = 'master_key'"))[0]?.position;

test("personal keys are wrapped anew, and what is sealed under them still opens", async () => {
  const letter = await writeLetter(tintype, "grace@example.org", LETTER);
  const keys = await tintype.ids("RECOVERY", "personal-keys/");
  assert.equal(keys.length, 1);
  const wrapped = async () => (await (await tintype.env.RECOVERY.get(`personal-keys/${keys[0]}`)).text()).split(":")[0];
  assert.equal(await wrapped(), MASTER.id);
  await runJob("rotate_master_key");
  assert.equal(await wrapped(), "next");
  assert.equal(await position(), "next unmoved", "a walk that moved something is made again");
  await runJob("rotate_master_key");
  assert.equal(await position(), "next clean");
  await runJob("send_letters");
  const [row] = await tintype.rows("SELECT state FROM letters WHERE id = ?", letter.id);
  assert.equal(row.state, "sent");
});
