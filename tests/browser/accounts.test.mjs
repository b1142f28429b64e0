// Accounts as people meet them: signing up, following the link, signing in, the settings; with JavaScript and without,
// and every page through axe-core with nothing disabled.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noisePng } from "../worker/images.mjs";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { PASSWORD, linkIn, member, proveAddress, signIn, signUp } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

for (const javaScriptEnabled of [true, false]) {
  test(`somebody signs up, proves the address, signs in and out, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const email = `ada-${javaScriptEnabled}@example.org`;
    const page = await stage.visit({ javaScriptEnabled });
    await signUp(stage, page, email);
    await proveAddress(stage, page, email);
    await signIn(stage, page, email);
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
    await assertFits(page, `sign-up-${colorScheme}`);
    await page.fill("#email", "nowhere");
    await page.getByRole("button", { name: "Make an account" }).click();
    await page.locator("#email-wrong").waitFor();
    await assertFits(page, `sign-up-wrong-${colorScheme}`);
    await signUp(stage, page, email);
    await assertFits(page, `sent-${colorScheme}`);
    await page.goto(await linkIn(stage, email, "Confirm"));
    await assertFits(page, `verify-${colorScheme}`);
    await page.goto(`${stage.app}/sign-in`);
    await assertFits(page, `sign-in-${colorScheme}`);
    await page.goto(`${stage.app}/reset`);
    await assertFits(page, `reset-${colorScheme}`);
    await page.fill("#email", email);
    await page.getByRole("button", { name: "Send the letter" }).click();
    await page.goto(await linkIn(stage, email, "new password"));
    await assertFits(page, `new-password-${colorScheme}`);
    await signIn(stage, page, email);
    await page.goto(`${stage.app}/settings`);
    await assertFits(page, `settings-${colorScheme}`);
    await page.goto(`${stage.app}/settings/keys`);
    await page.fill("#name", "The blog");
    await page.check("#scope-read");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("shown only now").waitFor();
    await assertFits(page, `keys-${colorScheme}`);
    await page.goto(`${stage.app}/settings/factors`);
    await assertFits(page, `factors-${colorScheme}`);
    await page.getByRole("button", { name: "Add an app" }).click();
    await page.locator("svg.qr").waitFor();
    await assertFits(page, `factors-app-${colorScheme}`);
    await page.goto(`${stage.app}/settings`);
    await page.fill("#email", `new-${email}`);
    await page.fill("#email-old-password", PASSWORD);
    await page.getByRole("button", { name: "Send the letter", exact: true }).click();
    await page.goto(await linkIn(stage, `new-${email}`, "Confirm"));
    await page.getByRole("button", { name: "Yes, it is mine" }).click();
    await page.goto(await linkIn(stage, email, "was changed"));
    await assertFits(page, `undo-${colorScheme}`);
    await page.getByRole("button", { name: "Give my address back" }).click();
    await page.getByRole("heading", { name: "Your address is back" }).waitFor();
    await assertFits(page, `undone-${colorScheme}`);
    assert.deepEqual(page.problems, []);
  });
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", false]]) {
  test(`what is uploaded while signed in is in the gallery and is deleted there, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await member(stage, `gallery-${colorScheme}@example.org`, { colorScheme, javaScriptEnabled });
    const fits = (name) => assertFits(page, `${name}-${colorScheme}`, { axe: javaScriptEnabled });
    await page.getByRole("heading", { name: "No plates yet" }).waitFor();
    await fits("gallery-empty");
    for (const side of [400, 401]) {
      await page.goto(stage.app);
      await page.setInputFiles("#file", { name: `quay-${side}.png`, mimeType: "image/png", buffer: noisePng(side, 300) });
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Upload", exact: true }).click();
      await page.locator("article.result .until").getByText("until you delete it").first().waitFor();
    }
    await fits("uploaded");
    await page.goto(`${stage.app}/gallery`);
    assert.equal(await page.locator(".gallery li").count(), 2);
    await fits("gallery");
    const deleted = await page.locator(".gallery li", { hasText: "quay-400" }).getByRole("link").first().getAttribute("href");
    await page.getByLabel("Choose quay-400.png").check();
    await page.getByRole("button", { name: "Delete what is ticked" }).click();
    await fits("gallery-deletion");
    await page.locator("main").getByRole("button", { name: /^Delete/ }).click();
    await page.locator(".gallery li").first().waitFor();
    assert.equal(await page.locator(".gallery li").count(), 1);
    await page.goto(new URL(deleted, stage.app).href);
    await fits("gone-own");
    await page.getByRole("button", { name: "Bring it back" }).click();
    await page.locator(".viewer img").first().waitFor();
    await page.goto(`${stage.app}/gallery`);
    assert.equal(await page.locator(".gallery li").count(), 2);
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
  await signUp(stage, page, email);
  await signIn(stage, page, email);
  await page.goto(`${stage.app}/settings/factors`);
  await page.fill("#name", "My phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await assertFits(page, "factors-passkey");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(`${stage.app}/`);
  await page.goto(`${stage.app}/sign-in`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(`${stage.app}/`);
  await signIn(stage, page, email);
  await page.getByRole("heading", { name: "Show that it is you" }).waitFor();
  await assertFits(page, "sign-in-factor");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`an image's page knows who is signed in, and /privacy speaks of accounts, ${colorScheme}`, async () => {
    const email = `viewer-${colorScheme}@example.org`;
    const page = await stage.visit({ colorScheme });
    await signUp(stage, page, email);
    await signIn(stage, page, email);
    await page.goto(stage.app);
    await page.setInputFiles("#file", { name: "quay.png", mimeType: "image/png", buffer: noisePng(402, 300) });
    await page.locator("article.result a.preview").click();
    await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
    await assertFits(page, `viewer-${colorScheme}`);
    await page.goto(`${stage.app}/privacy`);
    await page.getByText("with a paid account").first().waitFor();
    await assertFits(page, `privacy-${colorScheme}`);
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
