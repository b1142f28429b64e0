// People with accounts at the product in the real runtime, as plain requests. A place is the product, its app's origin, and the address
// from which everybody comes.

import assert from "node:assert/strict";
import { eventually } from "./harness.mjs";
import { codeOf } from "./totp.mjs";

const PASSWORD = "nine plates of wet collodion";
const emailOf = (name) => `${name}@example.org`;

/** The letters that were sent, the latest first. */
export async function lettersOf({ tintype, app }) {
  const answer = await tintype.server.fetch(`${app}/__dev/outbox`, { headers: { accept: "application/json" } });
  return (await answer.json()).map(({ letter }) => letter);
}

/** Somebody who makes an account, proves the address and signs in. */
export async function member(place, name) {
  await posts(place, "/sign-up", { email: emailOf(name), name, password: PASSWORD, age: "1" });
  const token = await eventually(async () => {
    const letter = (await lettersOf(place)).find(({ to, kind }) => to === emailOf(name) && kind === "verify_email");
    assert.ok(letter, `no letter to ${name}`);
    return /\/verify\?token=([\w-]+)/.exec(letter.text)[1];
  }, 20_000);
  await posts(place, "/verify", { token, password: PASSWORD });
  return signIn(place, name);
}

/** Signs a member in: what goes with their requests, and with their forms. */
export async function signIn(place, name) {
  const answer = await posts(place, "/sign-in", { email: emailOf(name), password: PASSWORD });
  assert.equal(answer.status, 303, await answer.text());
  const [cookie] = answer.headers.getSetCookie()[0].split(";");
  const headers = { cookie, origin: place.app, "sec-fetch-site": "same-origin" };
  const page = await asks(place, "/settings", { headers: { ...headers, accept: "text/html" } });
  return { headers, formToken: /name="form_token" value="([^"]+)"/.exec(await page.text())[1] };
}

/** A member with an authenticator app, who runs the deployment. */
export async function operator(place, name) {
  const person = await member(place, name);
  const form = { form_token: person.formToken };
  const asked = await (await posts(place, "/settings/factors/totp", form, person.headers)).text();
  const [, secret] = /secret=([A-Z2-7]{32})/.exec(asked);
  const code = codeOf(secret, await place.tintype.advance("0ms"));
  const added = await posts(place, "/settings/factors/totp/confirm", { ...form, code }, person.headers);
  assert.equal(added.status, 200, await added.text());
  await place.tintype.rows("UPDATE accounts SET is_operator = 1 WHERE rowid = (SELECT max(rowid) FROM accounts) RETURNING id");
  return person;
}

function asks({ tintype, app, address }, path, { headers, ...init } = {}) {
  return tintype.server.fetch(app + path, { redirect: "manual", headers: { "cf-connecting-ip": address, ...headers }, ...init });
}

async function posts(place, path, fields, headers = {}) {
  const answer = await asks(place, path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  assert.ok(answer.status < 400, `${path}: ${answer.status}`);
  return answer;
}
