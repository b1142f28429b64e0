// The app as in development, which shows what it stores: GET /__test/stored answers every image's state and
// the names of all objects.

import development from "../../../scripts/dev/entry.mjs";

async function names(bucket) {
  const found = [];
  for (let cursor; ; ) {
    const page = await bucket.list({ prefix: "images/", cursor });
    found.push(...page.objects.map(({ key }) => key.slice("images/".length)));
    if (!page.truncated) return found;
    cursor = page.cursor;
  }
}

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/__test/stored") return development.fetch(request, env, ctx);
    const { results } = await env.DB.prepare("SELECT id, state FROM images").all();
    return Response.json({ rows: results, images: await names(env.IMAGES), recovery: await names(env.RECOVERY) });
  },
  scheduled: (controller, env, ctx) => development.scheduled(controller, env, ctx),
  queue: (batch, env, ctx) => development.queue(batch, env, ctx),
};
