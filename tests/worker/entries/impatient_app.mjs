// The app as in development, which gives up after a hundredth of the time.

import "./patience.mjs";
import development from "../../../scripts/dev/entry.mjs";

export default {
  fetch: (request, env, ctx) => development.fetch(request, env, ctx),
  scheduled: (controller, env, ctx) => development.scheduled(controller, env, ctx),
  queue: (batch, env, ctx) => development.queue(batch, env, ctx),
};
