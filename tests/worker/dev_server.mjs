// The local server as `npm start` runs it, as a process group of its own that can be killed at any moment,
// with storage that outlives it.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { localConfig } from "../../scripts/dev/config.mjs";
import { ended, nodeForWrangler, root, run, start } from "../../scripts/process.mjs";
import { visionConfig } from "./harness.mjs";

const WRANGLER = root("node_modules", "wrangler", "bin", "wrangler.js");
const START_MS_MAX = 30_000;

/** A server with a folder for its storage; not yet running. With an `accessKey`, its buckets answer to programs for S3, too. */
export async function prepareServer(entry, { accessKey } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "tintype-server-"));
  const [port, inspectorPort] = [await freePort(), await freePort()];
  const config = localConfig(port);
  const written = (name, value) => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  const databases = config.d1_databases.map((database) => ({ ...database, migrations_dir: root(database.migrations_dir) }));
  const app = written("app.json", {
    ...config,
    main: root(entry),
    vars: { ...config.vars, DELETE_TOKEN_KEY: "ab".repeat(32), MASTER_KEYS: `test:${"cd".repeat(32)}` },
    assets: { ...config.assets, directory: root(config.assets.directory) },
    d1_databases: databases,
    r2_buckets: config.r2_buckets.map((bucket) => ({ ...bucket, local_dev: accessKey && { experimental_s3_credentials: accessKey } })),
  });
  const vision = written("vision.json", visionConfig());
  // Where a folder of its own keeps it, so that scripts find it there.
  const storage = ["--persist-to", join(folder, ".wrangler", "state")];
  cpSync(await migratedStorage(app), join(folder, ".wrangler", "state"), { recursive: true });
  const args = [
    WRANGLER, "dev", "--config", app, "--config", vision, ...storage, "--port", String(port),
    "--inspector-port", String(inspectorPort), "--show-interactive-dev-session=false", "--log-level", "error",
  ];
  return new DevServer(folder, port, args);
}

/** Storage with an empty database after every migration. Made once: wrangler takes a quarter of a minute for it. */
async function migratedStorage(config) {
  const hash = createHash("sha256").update(readFileSync(root("package-lock.json")));
  for (const name of readdirSync(root("migrations")).sort()) hash.update(name).update(readFileSync(root("migrations", name)));
  const kept = root("build", "migrated", hash.digest("hex"));
  if (existsSync(kept)) return kept;
  rmSync(dirname(kept), { recursive: true, force: true });
  const made = `${kept}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  const args = [WRANGLER, "d1", "migrations", "apply", "DB", "--local", "--config", config, "--persist-to", made];
  await run(nodeForWrangler(), args, { env: { CI: "1" }, quiet: true });
  renameSync(made, kept);
  return kept;
}

class DevServer {
  constructor(folder, port, args) {
    Object.assign(this, { folder, args, app: `http://localhost:${port}`, images: `http://127.0.0.1:${port}` });
  }

  /** Starts it and waits until it answers. */
  async start() {
    this.child = start(nodeForWrangler(), this.args, { stdio: "ignore", detached: true });
    this.ended = ended(this.child);
    for (const deadline = Date.now() + START_MS_MAX; Date.now() < deadline; ) {
      const answer = await fetch(`${this.app}/__dev/clock`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.kill();
    throw new Error("the server did not start in time");
  }

  /** Kills the whole group, without a word of warning. */
  async kill() {
    if (!this.child) return;
    process.kill(-this.child.pid, "SIGKILL");
    await this.ended;
    this.child = undefined;
  }

  async discard() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
