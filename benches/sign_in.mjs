// What signing in costs, and whether the time that a refusal takes tells an address that has an account from one that has
// none: both are asked in turns, and Welch's t-test says how likely the difference between them is by chance.

import { performance } from "node:perf_hooks";
import { callers, send } from "./load.mjs";
import { APP_HOST } from "./runtime.mjs";
import { markdown } from "./table.mjs";
import { freshAddress } from "../tests/worker/harness.mjs";

/** Refusals of each kind. */
const EACH = 2_000;
/** Attempts at one account, one less than its limit of an hour (src/policy/rates.rs). */
const OF_ACCOUNT = 19;
const PASSWORD = "a bicycle made of glass";
const FORM = { "content-type": "application/x-www-form-urlencoded", host: APP_HOST };

export async function signIn({ tintype }) {
  const agent = callers(1);
  const post = async (path, fields) => {
    const headers = { ...FORM, "cf-connecting-ip": freshAddress() };
    const sentAt = performance.now();
    const answer = await send(agent, tintype, { method: "POST", path, headers, body: Buffer.from(new URLSearchParams(fields).toString()) });
    return { ...answer, ms: performance.now() - sentAt };
  };
  const people = Array.from({ length: Math.ceil(EACH / OF_ACCOUNT) }, (_, at) => `person${at}@example.org`);
  for (const email of people) {
    const { status } = await post("/sign-up", { email, name: "Person", password: PASSWORD, country: "", age: "1" });
    if (status !== 200) throw new Error(`signing up: ${status}`);
  }
  const kinds = { wrong: [], unknown: [] };
  for (let at = 0; at < EACH; at++) {
    // Whichever comes first in a turn takes its place in the other's next one.
    const turn = [["wrong", people[at % people.length]], ["unknown", `nobody${at}@example.org`]];
    for (const [kind, email] of at % 2 ? turn : turn.reverse()) {
      const { status, ms, body } = await post("/sign-in", { email, password: "another password altogether" });
      if (status !== 401 || !body.includes("role=")) throw new Error(`${kind}: ${status} ${body}`);
      kinds[kind].push(ms);
    }
  }
  const right = [];
  for (const email of people) {
    const { status, ms } = await post("/sign-in", { email, password: PASSWORD });
    if (status !== 303) throw new Error(`signing in: ${status}`);
    right.push(ms);
  }
  agent.destroy();
  const { t, p } = welch(kinds.wrong, kinds.unknown);
  const lines = [["right password", right], ["wrong password", kinds.wrong], ["no such account", kinds.unknown]]
    .filter(([, times]) => times.length > 0)
    .map(([what, times]) => [what, times.length, ...[mean(times), at(times, 0.5), at(times, 0.99)].map((ms) => ms.toFixed(1))]);
  const text = `${markdown(["", "attempts", "mean ms", "p50 ms", "p99 ms"], lines)}

Wrong password against no such account: t = ${t.toFixed(2)}, p = ${p.toFixed(3)} (Welch). Below 0.01 the time would tell them apart; one
run in a hundred says so by chance.`;
  return ["Signing in: Argon2id with 7 MiB and five passes", text];
}

const mean = (times) => times.reduce((sum, ms) => sum + ms, 0) / times.length;
const at = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

/** Welch's t, and its p for so many that the normal distribution does. */
function welch(a, b) {
  const error = (times) => {
    const middle = mean(times);
    return times.reduce((sum, ms) => sum + (ms - middle) ** 2, 0) / (times.length - 1) / times.length;
  };
  const t = (mean(a) - mean(b)) / Math.sqrt(error(a) + error(b));
  return { t, p: 2 * (1 - normal(Math.abs(t))) };
}

/** The normal distribution (Abramowitz and Stegun 26.2.17; right to 7.5e-8). */
function normal(x) {
  const k = 1 / (1 + 0.2316419 * x);
  const sum = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}
