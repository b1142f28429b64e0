// The database as a whole, through wrangler: everything at once, as of one moment, and all of it or nothing.

import { ended, nodeForWrangler, root, start } from "../process.mjs";

const WRANGLER = root("node_modules", "wrangler", "bin", "wrangler.js");

export class WholeDatabase {
  #where;

  /** Of the configuration file `config`; `isRemote`: a deployment's, otherwise this machine's. */
  constructor(config, isRemote) {
    this.#where = [isRemote ? "--remote" : "--local", "--config", config];
  }

  /** Writes it into a file, as SQL. */
  exportTo(file) {
    return this.#wrangler("d1", "export", "DB", "--skip-confirmation", "--output", file);
  }

  /** Runs a file of SQL. */
  execute(file) {
    return this.#wrangler("d1", "execute", "DB", "--yes", "--file", file);
  }

  /** Runs the migrations that it has not seen. */
  migrate() {
    return this.#wrangler("d1", "migrations", "apply", "DB");
  }

  async #wrangler(...args) {
    const child = start(nodeForWrangler(), [WRANGLER, ...args, ...this.#where], { env: { CI: "1" }, stdio: ["ignore", "pipe", "pipe"] });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => printed.push(chunk));
    if ((await ended(child)) !== 0) throw new Error(`wrangler ${args.slice(0, 2).join(" ")}: ${Buffer.concat(printed)}`);
  }
}
