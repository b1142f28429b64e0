// Vision as it is built, under a clock that runs fast.

import "./fast_clock.mjs";
import vision from "../../../build/vision/worker.js";

export default { fetch: (request, env, ctx) => vision.fetch(request, env, ctx) };
