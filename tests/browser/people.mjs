// People with accounts, who do what people do: fill in forms and follow the links in their letters.

import assert from "node:assert/strict";
import { eventually } from "../worker/harness.mjs";
import { codeOf } from "../worker/totp.mjs";

export const PASSWORD = "nine plates of wet collodion";

/** The first link in the latest letter to an address with these words in its subject. */
export async function linkIn(stage, email, subject) {
  return (await linksIn(stage, email, subject))[0];
}

/** All its links, once the first is not `but`: that of a letter before. */
export async function linksIn(stage, email, subject, { but } = {}) {
  let links;
  await eventually(async () => {
    const letters = await (await fetch(`${stage.app}/__dev/outbox`, { headers: { accept: "application/json" } })).json();
    const found = letters.map(({ letter }) => letter).find((letter) => letter.to === email && letter.subject.includes(subject));
    assert.ok(found, `no letter to ${email} about ${subject}`);
    links = found.text.match(/https?:\S+/g);
    assert.notEqual(links[0], but, "the letter before is the latest");
  }, 20_000);
  return links;
}

export async function signUp(stage, page, email, name = "Ada") {
  await page.goto(`${stage.app}/sign-up`);
  await page.fill("#email", email);
  await page.fill("#name", name);
  await page.fill("#password", PASSWORD);
  await page.check("#age");
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
}

export async function proveAddress(stage, page, email) {
  await page.goto(await linkIn(stage, email, "Confirm"));
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Yes, it is mine" }).click();
}

export async function signIn(stage, page, email) {
  await page.goto(`${stage.app}/sign-in`);
  await page.fill("#email", email);
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** A window of somebody whose address is proved and who is signed in. */
export async function member(stage, email, { name, ...options } = {}) {
  const page = await stage.visit(options);
  await signUp(stage, page, email, name);
  await proveAddress(stage, page, email);
  await signIn(stage, page, email);
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  return page;
}

/** Gives whoever is signed in an authenticator app. */
export async function addApp(stage, page) {
  await page.goto(`${stage.app}/settings/factors`);
  await page.getByRole("button", { name: "Add an app" }).click();
  const [, secret] = (await page.content()).match(/secret=([A-Z2-7]{32})/);
  await page.fill("#code", codeOf(secret));
  await page.getByRole("button", { name: "Add the app" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).first().waitFor();
}

/** A window of somebody who runs the deployment, with two factors. */
export async function operator(stage, email, options = {}) {
  const page = await member(stage, email, options);
  await addApp(stage, page);
  await stage.tintype.rows("UPDATE accounts SET is_operator = 1 WHERE rowid = (SELECT max(rowid) FROM accounts) RETURNING id");
  return page;
}
