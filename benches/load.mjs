// The load: so many callers, each sending its next request when the last was answered.

import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";

/** One request over a kept connection; answers status, headers and body. */
export function send(agent, address, { method = "GET", path = "/", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const length = body ? { "content-length": body.length } : {};
    const options = { agent, method, path, host: address.hostname, port: address.port, headers: { ...headers, ...length } };
    const sent = request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A pool of connections for so many callers. */
export const callers = (count) => new Agent({ keepAlive: true, maxSockets: count });

/** Sends requests for some seconds; answers how many a second and how long each took, in milliseconds. */
async function burst({ address, make, expect }, concurrency, seconds) {
  const agent = callers(concurrency);
  const times = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const caller = async () => {
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      const { status, body } = await send(agent, address, make());
      if (status !== expect) throw new Error(`${status} instead of ${expect}: ${body.subarray(0, 300)}`);
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  agent.destroy();
  return { times, seconds: (performance.now() - startedAt) / 1_000 };
}

/** Measures sides in turns, so that what else the machine does hits all alike. */
export async function compare(sides, { concurrency, seconds, rounds = 3 }) {
  const totals = sides.map(() => ({ times: [], seconds: 0 }));
  for (const side of sides) await burst(side, concurrency, 0.3);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const { times, seconds: took } = await burst(side, concurrency, seconds / rounds);
      totals[index].times.push(...times);
      totals[index].seconds += took;
    }
  }
  return totals.map(({ times, seconds: took }) => summary(times, took));
}

function summary(times, seconds) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { perSecond: times.length / seconds, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
