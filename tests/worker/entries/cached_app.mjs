// The app as in development, with a queue whose minutes are seconds, and a look at the copies it keeps:
//
//   GET /__test/copy?url=…   the fields of what the cache has under this address
//
// A request with the field x-test-broken-cache meets a cache that fails.

import development from "../../../scripts/dev/entry.mjs";

const cache = caches.default;
const [match, put] = [cache.match.bind(cache), cache.put.bind(cache)];
let broken = false;
const orFail = (call) => (...args) => (broken ? Promise.reject(new Error("injected: no cache")) : call(...args));
Object.assign(cache, { match: orFail(match), put: orFail(put) });

// The program checks the name of a binding's constructor, which a Proxy passes on.
const hasty = (queue) =>
  new Proxy(queue, {
    get(target, property) {
      if (property === "send") {
        return (message, options) => target.send(message, { ...options, delaySeconds: Math.ceil(options.delaySeconds / 60) });
      }
      const value = Reflect.get(target, property);
      return typeof value === "function" && property !== "constructor" ? value.bind(target) : value;
    },
  });

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === "/__test/copy") {
      const copy = await match(url.searchParams.get("url"));
      await copy?.body.cancel();
      return Response.json(copy ? Object.fromEntries(copy.headers) : null);
    }
    broken = request.headers.has("x-test-broken-cache");
    return development.fetch(request, { ...env, WORK: hasty(env.WORK) }, ctx);
  },
  scheduled: (controller, env, ctx) => development.scheduled(controller, env, ctx),
  queue: (batch, env, ctx) => development.queue(batch, env, ctx),
};
