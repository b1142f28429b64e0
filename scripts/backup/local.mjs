// The stores of this machine, through the bindings that wrangler makes for programs: the same that the Worker has.

import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";

/** Opens those of the configuration file `config`, in the `.wrangler` beside it. */
export async function openLocal(config) {
  // Set before wrangler is loaded: no calls home, no log files, none of its greetings between our lines.
  Object.assign(process.env, {
    WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false", WRANGLER_HIDE_BANNER: "true", CLOUDFLARE_CF_FETCH_ENABLED: "false",
  });
  const { getPlatformProxy } = await import("wrangler");
  const persist = { path: join(dirname(config), ".wrangler", "state", "v3") };
  const { env, dispose } = await getPlatformProxy({ configPath: config, persist, remoteBindings: false });
  return {
    rows: async (sql, params) => (await env.DB.prepare(sql).bind(...params).all()).results,
    buckets: { IMAGES: new BoundBucket(env.IMAGES), RECOVERY: new BoundBucket(env.RECOVERY) },
    close: dispose,
  };
}

class BoundBucket {
  #bucket;

  constructor(bucket) {
    this.#bucket = bucket;
  }

  async *list(prefix) {
    for (let cursor; ; ) {
      const page = await this.#bucket.list({ prefix, cursor });
      yield* page.objects;
      if (!page.truncated) return;
      cursor = page.cursor;
    }
  }

  async head(key) {
    return besideOf((await this.#bucket.head(key)) ?? undefined);
  }

  async get(key) {
    const object = (await this.#bucket.get(key)) ?? undefined;
    return object && { ...besideOf(object), body: Readable.fromWeb(object.body) };
  }

  async add(key, bytes, { httpMetadata, customMetadata }) {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return (await this.#bucket.put(key, bytes, { httpMetadata, customMetadata, sha256, onlyIf: { etagDoesNotMatch: "*" } })) !== null;
  }
}

const besideOf = (object) => object && { httpMetadata: object.httpMetadata, customMetadata: object.customMetadata };
