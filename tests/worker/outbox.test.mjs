// Letters of the local product: in an outbox that a page shows, and nowhere else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { APP, startTintype } from "./harness.mjs";
import { MASTER, writeLetter } from "./sealed_letters.mjs";

const LOCAL = "http://localhost:8787";
const LETTER = {
  kind: "team_invitation", team_name: "<b>Engines</b>", inviter_name: "Ada \"A\" <script>alert(1)</script>",
  link: `${LOCAL}/teams/invitation?token=inv_1`, expires_at: 1_795_521_600_000,
};

let tintype;
before(async () => {
  const vars = { APP_ORIGIN: LOCAL, IMAGE_ORIGIN: "http://127.0.0.1:8787", MASTER_KEYS: `${MASTER.id}:${MASTER.secret}` };
  tintype = await startTintype({ app: { vars } });
});
after(() => tintype?.close());

const dev = (path, init) => tintype.server.fetch(`${LOCAL}${path}`, init);
const runJob = async () => assert.ok((await dev("/__dev/jobs/send_letters", { method: "POST" })).ok);

test("a letter is sent into the outbox, once, and can be read there", async () => {
  assert.match(await (await dev("/__dev/outbox")).text(), /Nothing was sent yet/);
  const letter = await writeLetter(tintype, "grace@example.org", LETTER);
  await runJob();
  const listed = await (await dev("/__dev/outbox", { headers: { accept: "application/json" } })).json();
  assert.equal(listed.length, 1);
  const [{ name, letter: sent }] = listed;
  assert.deepEqual([sent.id, sent.to, sent.kind, sent.sender], [letter.id, "grace@example.org", "team_invitation", "transactional"]);
  assert.ok(sent.text.includes(LETTER.link));
  assert.match(await (await dev("/__dev/outbox")).text(), /You are invited to a team<\/a> to grace@example.org/);
  const shown = await dev(`/__dev/outbox/${name}`);
  const page = await shown.text();
  assert.ok(page.includes(`<a href="${LETTER.link}">`), "links can be followed");
  assert.ok(!page.includes("<script") && !page.includes("<b>Engines"), "what a letter says is text");
  assert.match(page, /<iframe sandbox srcdoc="/);
  assert.match(shown.headers.get("content-security-policy"), /default-src 'none'/);
  assert.equal((await dev("/__dev/outbox/nothing")).status, 404);
});

test("one of each kind can be looked at without sending any", async () => {
  const page = await (await dev("/__dev/letters")).text();
  for (const kind of ["verify_email", "reset_password", "team_invitation", "account_deletion_requested", "product_update"]) {
    assert.ok(page.includes(`<article id="${kind}">`), kind);
  }
});

test("a deployment that is not on this machine and names nobody sends nothing and says so", async () => {
  const elsewhere = await startTintype({ app: { vars: { MASTER_KEYS: `${MASTER.id}:${MASTER.secret}` } } });
  try {
    const letter = await writeLetter(elsewhere, "grace@example.org", LETTER);
    await elsewhere.job("send_letters");
    const [row] = await elsewhere.rows("SELECT state, attempts, sealed IS NOT NULL AS there FROM letters WHERE id = ?", letter.id);
    assert.deepEqual({ ...row }, { state: "waiting", attempts: 1, there: 1 });
    assert.deepEqual(await elsewhere.ids("RECOVERY", "outbox/"), [], APP);
  } finally {
    await elsewhere.close();
  }
});
