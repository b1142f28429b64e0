// Teams as people meet them: made, joined by letter, passed on, left and closed; with JavaScript and without, and every page
// through axe-core with nothing disabled, light and dark, narrow and wide.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startStage } from "./harness.mjs";
import { assertFits } from "./looks.mjs";
import { linkIn, member } from "./people.mjs";

let stage;
before(async () => {
  stage = await startStage();
});
after(() => stage.close());

/** Somebody new, with a window of their own. */
async function person(name, options) {
  const email = `${name.toLowerCase()}-${Math.random().toString(36).slice(2)}@example.org`;
  return { email, page: await member(stage, email, { name, ...options }) };
}

for (const [colorScheme, javaScriptEnabled] of [["light", true], ["dark", true], ["dark", false]]) {
  const name = `${colorScheme}-${javaScriptEnabled ? "script" : "plain"}`;
  test(`a team is made, joined, passed on, left and closed, ${colorScheme}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const options = { colorScheme, javaScriptEnabled };
    const ada = await person("Ada", options);
    const bob = await person("Bob", options);
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
    const link = await linkIn(stage, bob.email, "invited");
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
    assert.equal(await linkIn(stage, bob.email, "A team is yours now"), team.split("?")[0]);
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
  const ada = await person("Ada");
  await ada.page.goto(`${stage.app}/teams`);
  await ada.page.fill("#name", "Engines");
  await ada.page.getByRole("button", { name: "Make the team" }).click();
  await ada.page.fill("#email", "nobody@example.net");
  await ada.page.getByRole("button", { name: "Send the invitation" }).click();
  const link = await linkIn(stage, "nobody@example.net", "invited");
  const stranger = await stage.visit({ javaScriptEnabled: false });
  await stranger.goto(link);
  await stranger.getByRole("button", { name: "Decline" }).click();
  await stranger.getByRole("heading", { name: "Declined" }).waitFor();
  assert.equal((await stranger.goto(link)).status(), 410);
  assert.deepEqual([...ada.page.problems, ...stranger.problems], []);
});
