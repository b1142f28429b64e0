// <passkey-button> in Chromium, with an authenticator that DevTools provides. The server here only asks and listens;
// what it hears is what tests/core/passkeys.rs verifies: RECORD=1 writes it into tests/fixtures/passkeys/chromium.json.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { CHROMIUM } from "./harness.mjs";

const FIXTURE = new URL("../fixtures/passkeys/chromium.json", import.meta.url);
const SCRIPT = new URL("../../assets/js/passkeys.js", import.meta.url);
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const CHALLENGE = base64url(Buffer.alloc(32, 42));
const ALGORITHMS = { es256: -7, ed25519: -8, rs256: -257 };

/** What src/domain/passkey/options.rs writes. */
const OPTIONS = {
  create: (alg) => ({
    rp: { id: "localhost", name: "Tintype" },
    user: { id: base64url("0123456789abcdefghjkmnpq"), name: "ada@engine.example", displayName: "ada@engine.example" },
    challenge: CHALLENGE,
    pubKeyCredParams: [{ type: "public-key", alg }],
    timeout: 300_000,
    excludeCredentials: [],
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  }),
  get: () => ({
    challenge: CHALLENGE,
    timeout: 300_000,
    rpId: "localhost",
    allowCredentials: [],
    userVerification: "required",
  }),
};

const page = (ceremony) => `<!doctype html><title>Passkeys</title>
<passkey-button data-ceremony="${ceremony}" data-options="/options/${ceremony}">
<form method="post" action="/answer"><input type="hidden" name="answer"><button disabled>Go</button><p role="status">Needs JavaScript.</p></form>
</passkey-button><script type="module" src="/passkeys.js"></script>`;

let browser, server, origin;
const heard = { alg: ALGORITHMS.es256, answer: undefined, refuses: false };

before(async () => {
  server = createServer(async (request, response) => {
    const [, first, ceremony] = request.url.split("/");
    const send = (type, text, status = 200) => response.writeHead(status, { "content-type": type }).end(text);
    if (first === "passkeys.js") return send("text/javascript", await readFile(SCRIPT));
    if (first === "options" && heard.refuses) {
      return send("application/problem+json", JSON.stringify({ detail: "Not now." }), 503);
    }
    if (first === "options") return send("application/json", JSON.stringify(OPTIONS[ceremony](heard.alg)));
    if (first === "answer") {
      let body = "";
      for await (const chunk of request) body += chunk;
      heard.answer = JSON.parse(new URLSearchParams(body).get("answer"));
      return send("text/html", "<title>Heard</title>");
    }
    return send("text/html", page(first));
  });
  // The origin is part of what is signed, and so of the fixture.
  await new Promise((resolve) => server.listen(process.env.RECORD ? 8787 : 0, "127.0.0.1", resolve));
  origin = `http://localhost:${server.address().port}`;
  browser = await chromium.launch(CHROMIUM);
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function visitor({ authenticator = true, ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  if (authenticator) {
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const device = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true };
    const options = { ...device, isUserVerified: true, automaticPresenceSimulation: true };
    await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  }
  return page;
}

async function hold(page, ceremony) {
  await page.goto(`${origin}/${ceremony}`);
  await page.click("button");
  await page.waitForURL("**/answer");
  return heard.answer;
}

test("a passkey is made and used, and the form brings what the browser says", async () => {
  const recorded = { browser: `Chromium ${browser.version()}`, rp_id: "localhost", origin };
  for (const [name, alg] of Object.entries(ALGORITHMS)) {
    heard.alg = alg;
    const page = await visitor();
    const create = await hold(page, "create");
    const get = await hold(page, "get");
    assert.equal(get.rawId, create.rawId, "the passkey that was just made");
    assert.equal(Buffer.from(get.response.userHandle, "base64url").toString(), "0123456789abcdefghjkmnpq");
    for (const [answer, type] of [[create, "webauthn.create"], [get, "webauthn.get"]]) {
      const said = JSON.parse(Buffer.from(answer.response.clientDataJSON, "base64url"));
      assert.deepEqual([said.type, said.challenge, said.origin], [type, CHALLENGE, origin]);
    }
    recorded[name] = { create, get };
    await page.context().close();
  }
  if (process.env.RECORD) await writeFile(FIXTURE, `${JSON.stringify(recorded, null, 2)}\n`);
});

test("a browser that does not read WebAuthn's JSON is given bytes", async () => {
  heard.alg = ALGORITHMS.es256;
  const page = await visitor();
  await page.addInitScript(() => {
    delete PublicKeyCredential.parseCreationOptionsFromJSON;
    delete PublicKeyCredential.parseRequestOptionsFromJSON;
  });
  const create = await hold(page, "create");
  const get = await hold(page, "get");
  assert.equal(get.rawId, create.rawId);
  await page.context().close();
});

test("without JavaScript the button is off and says why", async () => {
  const page = await visitor({ authenticator: false, javaScriptEnabled: false });
  await page.goto(`${origin}/create`);
  assert.ok(await page.locator("button").isDisabled());
  assert.equal(await page.locator("[role=status]").textContent(), "Needs JavaScript.");
  await page.context().close();
});

test("what goes wrong is said, and can be tried again", async () => {
  const page = await visitor();
  await page.goto(`${origin}/create`);
  heard.refuses = true;
  await page.click("button");
  await page.getByText("Not now.").waitFor();
  heard.refuses = false;
  await page.click("button");
  await page.waitForURL("**/answer");
  await page.context().close();
});
