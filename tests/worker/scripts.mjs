// The scripts that operators run, run as they do.

import { ended, nodeForWrangler, root, start } from "../../scripts/process.mjs";

/** Starts one; `says(words)` waits until it has said something, `ended` until it has ended, with `{ code, text }`. */
export function startScript(name, args, env = {}) {
  const child = start(nodeForWrangler(), [root("scripts", `${name}.mjs`), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const heard = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      for (const hear of heard) hear();
    });
  }
  const done = ended(child).then((code) => ({ code, text }));
  const says = (words) =>
    new Promise((resolve, reject) => {
      const hear = () => words.test(text) && resolve();
      heard.add(hear);
      hear();
      void done.then(() => reject(new Error(`it never said ${words}: ${text}`)));
    });
  return { says, ended: done };
}

/** Runs one to its end; answers what it said. */
export const runScript = (name, args, env) => startScript(name, args, env).ended;
