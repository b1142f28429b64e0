// The entry of the local product: the Worker as it is deployed, plus a clock that can be set and jobs that
// can be run now, and the letters that it did not really send. Only the local configuration names this file, so a deployment cannot contain it.
//
//   GET  /__dev/clock                    what time it is
//   POST /__dev/clock?advance=30d        moves the clock on (ms, s, m, h, d); it never goes back
//   POST /__dev/jobs/reap_expired        runs one job, at the clock's time
//   POST /__dev/cron?expression=…        runs what a cron trigger runs
//   GET  /__dev/outbox, /__dev/letters   letters (letters.mjs)

import worker from "../../build/app/worker.js";
import { showLetters } from "./letters.mjs";

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const realNow = Date.now.bind(Date);
let offsetMs = 0;
Date.now = () => realNow() + offsetMs;

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/__dev/")) return worker.fetch(request, env, ctx);
    return dev(request, url, env, ctx);
  },
  scheduled: (controller, env, ctx) => worker.scheduled(controller, env, ctx),
  queue: (batch, env, ctx) => worker.queue(batch, env, ctx),
};

async function dev(request, url, env, ctx) {
  const [, , tool, name] = url.pathname.split("/");
  if (request.method === "GET" && tool === "clock") return clock();
  if (request.method === "GET" && ["outbox", "letters"].includes(tool)) return showLetters(request, env, tool, name);
  if (request.method !== "POST") return Response.json({ error: "POST" }, { status: 405 });
  if (tool === "clock") {
    const [, count, unit] = /^(\d+)(ms|[smhd])$/.exec(url.searchParams.get("advance") ?? "") ?? [];
    if (!unit) return Response.json({ error: "advance=<number><ms|s|m|h|d>" }, { status: 400 });
    offsetMs += Number(count) * UNITS_MS[unit];
    return clock();
  }
  if (tool === "jobs") return trigger(`job:${name}`, env, ctx);
  if (tool === "cron") return trigger(url.searchParams.get("expression") ?? "", env, ctx);
  return Response.json({ error: "no such tool" }, { status: 404 });
}

const clock = () => Response.json({ now: new Date(Date.now()).toISOString(), now_ms: Date.now(), offset_ms: offsetMs });

async function trigger(cron, env, ctx) {
  try {
    await worker.scheduled({ cron, scheduledTime: Date.now() }, env, ctx);
    return Response.json({ ran: cron, at: new Date(Date.now()).toISOString() });
  } catch (error) {
    return Response.json({ failed: cron, error: String(error) }, { status: 500 });
  }
}
