// Teams as people meet them: made, joined by letter, passed on, left and closed; with JavaScript and without, and every page
// through axe-core with nothing disabled, light and dark, narrow and wide.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { eventually } from "../worker/harness.mjs";
import { startStage } from "./harness.mjs";

const AXE = readFileSync(root("node_modules", "axe-core", "axe.min.js"), "utf8");
const PASSWORD = "nine plates of wet collodion";
const SHOTS = process.env.SHOTS;

let stage;
before(async () => {
  stage = await startStage();
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
});
after(() => stage.close());

/** With JavaScript the page is also put through axe-core; in any case it must not be wider than the window. */
async function assertFits(page, name, { axe = true } = {}) {
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    if (axe) {
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 300)}`);
      assert.deepEqual(found, [], `${name}, ${width} px`);
    }
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
    assert.ok(found, `no letter to ${email} about ${subject}`);
    link = /https?:\S+/.exec(found.text)[0];
  }, 20_000);
  return link;
}

/** Somebody with an account, a proved address and a window of their own, signed in. */
async function member(name, options) {
  const email = `${name.toLowerCase()}-${Math.random().toString(36).slice(2)}@example.org`;
  const page = await stage.visit(options);
  await page.goto(`${stage.app}/sign-up`);
  await page.fill("#email", email);
  await page.fill("#name", name);
  await page.fill("#password", PASSWORD);
  await page.check("#age");
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.goto(await linkIn(email, "Confirm"));
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Yes, it is mine" }).click();
  await page.goto(`${stage.app}/sign-in`);
  await page.fill("#email", email);
  await page.fill("#password", PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  return { email, page };
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["dark", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a team is made, joined, passed on, left and closed, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const options = { colorScheme, javaScriptEnabled };
    const ada = await member("Ada", options);
    const bob = await member("Bob", options);
    const fits = (who, what) => assertFits(who.page, `${what}-${name}`, { axe: javaScriptEnabled });
    const role = (who, words) => who.page.getByText(words).first().waitFor();

    await ada.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Teams" }).click();
    await ada.page.getByRole("button", { name: "Make the team" }).click();
    await ada.page.locator("#name-wrong").waitFor();
    await fits(ada, "teams-wrong");
    await ada.page.fill("#name", "The analytical engine, a most unreasonablyprolongednameofthings");
    await ada.page.getByRole("button", { name: "Make the team" }).click();
    await ada.page.locator("#name-wrong").waitFor();
    await ada.page.fill("#name", "The analytical engine");
    await ada.page.getByRole("button", { name: "Make the team" }).click();
    await role(ada, "You are its owner");
    const team = ada.page.url();

    await ada.page.fill("#email", bob.email);
    await ada.page.selectOption("#role", "viewer");
    await ada.page.getByRole("button", { name: "Send the invitation" }).click();
    await ada.page.getByText("The invitation is on its way.").waitFor();
    await fits(ada, "team-invited");
    const link = await linkIn(bob.email, "invited");
    const stranger = await stage.visit(options);
    await stranger.goto(link);
    await stranger.getByRole("link", { name: "Sign in to accept" }).waitFor();
    await fits({ page: stranger }, "invitation-stranger");
    await ada.page.goto(link);
    await ada.page.getByText("It went to another address").waitFor();
    await bob.page.goto(link);
    await fits(bob, "invitation");
    await bob.page.getByRole("button", { name: "Join the team" }).click();
    await role(bob, "You are a viewer");
    await fits(bob, "team-viewer");

    await ada.page.goto(team);
    await ada.page.getByRole("button", { name: "Make an editor: Bob" }).click();
    await ada.page.getByText("The role is changed.").waitFor();
    await fits(ada, "team-owner");
    await ada.page.getByRole("button", { name: "Take out… Bob" }).click();
    await ada.page.getByRole("heading", { name: "Take Bob out of The analytical engine?" }).waitFor();
    await fits(ada, "team-remove");
    await ada.page.getByRole("link", { name: "Keep them" }).click();
    await ada.page.getByRole("button", { name: "Pass on… to Bob" }).click();
    await ada.page.getByRole("heading", { name: "Pass The analytical engine on to Bob?" }).waitFor();
    await fits(ada, "team-transfer");
    await ada.page.getByRole("button", { name: "Pass it on" }).click();
    await role(ada, "You are an editor");
    assert.equal(await linkIn(bob.email, "A team is yours now"), team.split("?")[0]);
    await ada.page.getByRole("button", { name: "Leave the team…" }).click();
    await fits(ada, "team-leave");
    await ada.page.getByRole("button", { name: "Leave it" }).click();
    await ada.page.getByText("You have left the team.").waitFor();
    assert.equal((await ada.page.goto(team)).status(), 404);

    await bob.page.goto(team);
    await bob.page.getByRole("button", { name: "Close the team…" }).click();
    await bob.page.fill("#name", "the analytical engine");
    await bob.page.getByRole("button", { name: "Close the team" }).click();
    await bob.page.locator("#name-wrong").waitFor();
    await fits(bob, "team-close");
    await bob.page.fill("#name", "The analytical engine");
    await bob.page.getByRole("button", { name: "Close the team" }).click();
    await bob.page.getByText("The team is closed.").waitFor();
    await fits(bob, "teams-closed");
    assert.equal((await bob.page.goto(team)).status(), 404);
    assert.deepEqual([...ada.page.problems, ...bob.page.problems, ...stranger.problems], []);
  });
}

test("an invitation is declined without an account", async () => {
  const ada = await member("Ada", {});
  await ada.page.goto(`${stage.app}/teams`);
  await ada.page.fill("#name", "Engines");
  await ada.page.getByRole("button", { name: "Make the team" }).click();
  await ada.page.fill("#email", "nobody@example.net");
  await ada.page.getByRole("button", { name: "Send the invitation" }).click();
  const link = await linkIn("nobody@example.net", "invited");
  const stranger = await stage.visit({ javaScriptEnabled: false });
  await stranger.goto(link);
  await stranger.getByRole("button", { name: "Decline" }).click();
  await stranger.getByRole("heading", { name: "Declined" }).waitFor();
  assert.equal((await stranger.goto(link)).status(), 410);
  assert.deepEqual([...ada.page.problems, ...stranger.problems], []);
});
