// `npm start`: the whole product on this machine, from nothing: build, database, both Workers, cron.

import { Cron } from "croner";
import { PORT, readConfig, writeLocalConfig } from "./dev/config.mjs";
import { ended, nodeForWrangler, root, run, say, start } from "./process.mjs";

const APP = `http://localhost:${PORT}`;
const WRANGLER = root("node_modules", "wrangler", "bin", "wrangler.js");

say("building both Workers");
await run("cargo", ["xtask", "build"]);
const config = writeLocalConfig();
const node = nodeForWrangler();
say("migrating the local database");
await run(node, [WRANGLER, "d1", "migrations", "apply", "DB", "--local", "--config", config], {
  env: { CI: "1" },
  quiet: true,
});

const server = start(node, [
  WRANGLER, "dev", "--config", config, "--config", root("wrangler.vision.toml"),
  "--port", String(PORT), "--show-interactive-dev-session=false", "--log-level", "warn",
]);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill(signal));
ended(server).then((code) => process.exit(typeof code === "number" ? code : 0));

await answering();
runCrons();
console.log(`
  Tintype is running.

    Upload a picture    ${APP}/
    Send one            curl -F file=@picture.jpg ${APP}/v1/images
    Travel in time      curl -X POST '${APP}/__dev/clock?advance=30d'
    Read its letters    ${APP}/__dev/outbox
    Run a job now       curl -X POST ${APP}/__dev/jobs/reap_expired

  Images are served from http://127.0.0.1:${PORT}, a host of their own. Data is kept in .wrangler/.
  Ctrl-C stops it.
`);

async function answering() {
  for (;;) {
    const answer = await fetch(`${APP}/__dev/clock`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// The local runtime knows cron triggers but never fires them.
function runCrons() {
  for (const expression of readConfig().triggers.crons) {
    new Cron(expression, { timezone: "UTC" }, async () => {
      const url = `${APP}/__dev/cron?expression=${encodeURIComponent(expression)}`;
      const answer = await fetch(url, { method: "POST" }).catch(() => undefined);
      if (answer && !answer.ok) console.error(await answer.text());
    });
  }
}
