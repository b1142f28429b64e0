// Accounts as people meet them: signing up, following the link, signing in, the settings; with JavaScript and without,
// and every page through axe-core with nothing disabled.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { eventually } from "../worker/harness.mjs";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";

const AXE = readFileSync(root("node_modules", "axe-core", "axe.min.js"), "utf8");
const PASSWORD = "nine plates of wet collodion";
// Where to put pictures of the pages, for looking at; nowhere: none are taken.
const SHOTS = process.env.SHOTS;

let stage;
before(async () => {
  stage = await startStage();
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
});
after(() => stage.close());

async function assertAccessible(page, name) {
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 300)}`);
    assert.deepEqual(found, [], `${name}, ${width} px`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, fullPage: true });
  }
}

/** The link in the latest letter to an address with these words in its subject. */
async function linkIn(email, subject) {
  let link;
  await eventually(async () => {
    const letters = await (await fetch(`${stage.app}/__dev/outbox`, { headers: { accept: "application/json" } })).json();
    const found = letters.map(({ letter }) => letter).find((letter) => letter.to === email && letter.subject.includes(subject));
    assert.ok(found, `no letter to ${email}`);
    link = /https?:\S+token=\S+/.exec(found.text)[0];
  }, 20_000);
  return link;
}

async function signUp(page, email) {
  await page.goto(`${stage.app}/sign-up`);
  await page.fill("#email", email);
  await page.fill("#name", "Ada");
  await page.fill("#password", PASSWORD);
  await page.check("#age");
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
}

async function signIn(page, email) {
  await page.goto(`${stage.app}/sign-in`);
  await page.fill("#email", email);
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test(`somebody signs up, proves the address, signs in and out, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `ada-${javaScriptEnabled}@example.org`;
    const page = await stage.visit({ javaScriptEnabled });
    await signUp(page, email);
    await page.goto(await linkIn(email, "Confirm"));
    await page.fill("#password", PASSWORD);
    await page.getByRole("button", { name: "Yes, it is mine" }).click();
    await signIn(page, email);
    await page.goto(`${stage.app}/settings`);
    assert.equal(await page.getByText("not proved yet").count(), 0);
    const allow = page.getByRole("button", { name: "Allow: Write to me" });
    await allow.click();
    await page.getByRole("button", { name: "Withdraw: Write to me" }).waitFor();
    await page.getByRole("button", { name: "Withdraw: Write to me" }).click();
    await allow.waitFor();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.waitForURL(`${stage.app}/`);
    await page.goto(`${stage.app}/settings`);
    assert.match(page.url(), /\/sign-in\?next=%2Fsettings$/);
    assert.deepEqual(page.problems, []);
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`every page of accounts passes axe-core, ${colorScheme}, narrow and wide`, async () => {
    const email = `${colorScheme}@example.org`;
    const page = await stage.visit({ colorScheme });
    await page.goto(`${stage.app}/sign-up`);
    await assertAccessible(page, `sign-up-${colorScheme}`);
    await page.fill("#email", "nowhere");
    await page.getByRole("button", { name: "Make an account" }).click();
    await page.locator("#email-wrong").waitFor();
    await assertAccessible(page, `sign-up-wrong-${colorScheme}`);
    await signUp(page, email);
    await assertAccessible(page, `sent-${colorScheme}`);
    await page.goto(await linkIn(email, "Confirm"));
    await assertAccessible(page, `verify-${colorScheme}`);
    await page.goto(`${stage.app}/sign-in`);
    await assertAccessible(page, `sign-in-${colorScheme}`);
    await page.goto(`${stage.app}/reset`);
    await assertAccessible(page, `reset-${colorScheme}`);
    await page.fill("#email", email);
    await page.getByRole("button", { name: "Send the letter" }).click();
    await page.goto(await linkIn(email, "new password"));
    await assertAccessible(page, `new-password-${colorScheme}`);
    await signIn(page, email);
    await page.goto(`${stage.app}/settings`);
    await assertAccessible(page, `settings-${colorScheme}`);
    await page.goto(`${stage.app}/settings/keys`);
    await page.fill("#name", "The blog");
    await page.check("#scope-read");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("shown only now").waitFor();
    await assertAccessible(page, `keys-${colorScheme}`);
    await page.goto(`${stage.app}/settings/factors`);
    await assertAccessible(page, `factors-${colorScheme}`);
    await page.getByRole("button", { name: "Add an app" }).click();
    await page.locator("svg.qr").waitFor();
    await assertAccessible(page, `factors-app-${colorScheme}`);
    await page.goto(`${stage.app}/settings`);
    await page.fill("#email", `new-${email}`);
    await page.fill("#email-old-password", PASSWORD);
    await page.getByRole("button", { name: "Send the letter", exact: true }).click();
    await page.goto(await linkIn(`new-${email}`, "Confirm"));
    await page.getByRole("button", { name: "Yes, it is mine" }).click();
    await page.goto(await linkIn(email, "was changed"));
    await assertAccessible(page, `undo-${colorScheme}`);
    await page.getByRole("button", { name: "Give my address back" }).click();
    await page.getByRole("heading", { name: "Your address is back" }).waitFor();
    await assertAccessible(page, `undone-${colorScheme}`);
    assert.deepEqual(page.problems, []);
  });
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", false]]) {
  test(`what is uploaded while signed in is in the gallery and is deleted there, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `gallery-${colorScheme}@example.org`;
    const page = await stage.visit({ colorScheme, javaScriptEnabled });
    await signUp(page, email);
    await page.goto(await linkIn(email, "Confirm"));
    await page.fill("#password", PASSWORD);
    await page.getByRole("button", { name: "Yes, it is mine" }).click();
    await signIn(page, email);
    await page.getByRole("heading", { name: "No plates yet" }).waitFor();
    if (javaScriptEnabled) await assertAccessible(page, `gallery-empty-${colorScheme}`);
    for (const side of [400, 401]) {
      await page.goto(stage.app);
      await page.setInputFiles("#file", { name: `quay-${side}.png`, mimeType: "image/png", buffer: noisePng(side, 300) });
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Upload", exact: true }).click();
      await page.locator("article.result .until").getByText("until you delete it").first().waitFor();
    }
    if (javaScriptEnabled) await assertAccessible(page, `uploaded-${colorScheme}`);
    await page.goto(`${stage.app}/gallery`);
    assert.equal(await page.locator(".gallery li").count(), 2);
    if (javaScriptEnabled) await assertAccessible(page, `gallery-${colorScheme}`);
    await page.getByLabel("Choose quay-400.png").check();
    await page.getByRole("button", { name: "Delete what is ticked" }).click();
    if (javaScriptEnabled) await assertAccessible(page, `gallery-deletion-${colorScheme}`);
    await page.locator("main").getByRole("button", { name: /^Delete/ }).click();
    await page.locator(".gallery li").first().waitFor();
    assert.equal(await page.locator(".gallery li").count(), 1);
    assert.deepEqual(page.problems, []);
  });
}

test("a passkey is added in the settings, and signs in alone and beside a password", async () => {
  const page = await stage.visit();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const device = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true };
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options: { ...device, isUserVerified: true, automaticPresenceSimulation: true } });
  const email = "passkey@example.org";
  await signUp(page, email);
  await signIn(page, email);
  await page.goto(`${stage.app}/settings/factors`);
  await page.fill("#name", "My phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await assertAccessible(page, "factors-passkey");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(`${stage.app}/`);
  await page.goto(`${stage.app}/sign-in`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(`${stage.app}/`);
  await signIn(page, email);
  await page.getByRole("heading", { name: "Show that it is you" }).waitFor();
  await assertAccessible(page, "sign-in-factor");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`an image's page knows who is signed in, and /privacy speaks of accounts, ${colorScheme}`, async () => {
    const email = `viewer-${colorScheme}@example.org`;
    const page = await stage.visit({ colorScheme });
    await signUp(page, email);
    await signIn(page, email);
    await page.goto(stage.app);
    await page.setInputFiles("#file", { name: "quay.png", mimeType: "image/png", buffer: noisePng(402, 300) });
    await page.locator("article.result a.preview").click();
    await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
    await assertAccessible(page, `viewer-${colorScheme}`);
    await page.goto(`${stage.app}/privacy`);
    await page.getByText("with a paid account").first().waitFor();
    await assertAccessible(page, `privacy-${colorScheme}`);
  });
}

test("signing up works by keyboard alone", async () => {
  const page = await stage.visit();
  await page.goto(`${stage.app}/sign-up`);
  await page.focus("#email");
  await page.keyboard.type("keys@example.org");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  assert.ok(await page.isChecked("#age"));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
});
