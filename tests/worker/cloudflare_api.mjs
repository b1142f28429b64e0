// Cloudflare's API of an account, as far as wrangler and our scripts use it for a whole database: a stand-in on this machine before
// the database of a local server. What is imported is uploaded first and compared by digest; what is exported is fetched from an
// address of its own; both are polled for (developers.cloudflare.com/d1/best-practices/import-export-data/).

import { createHash } from "node:crypto";
import { createServer } from "node:http";

/**
 * Starts it for one account, its tokens `{ id, secret, isPersonal }` and one database: `{ id, query(sql, params), execute(sql), dump() }`;
 * `close()` ends it.
 */
export async function startCloudflareApi({ account, tokens, database }) {
  const api = new CloudflareApi(account, tokens, database);
  await new Promise((resolve) => api.server.listen(0, "127.0.0.1", resolve));
  api.url = `http://127.0.0.1:${api.server.address().port}`;
  return api;
}

class CloudflareApi {
  server = createServer((request, response) => void this.#answer(request, response));
  /** What was asked of the database, in order. */
  asked = [];
  #account;
  #tokens;
  #database;
  #uploaded = new Map();

  constructor(account, tokens, database) {
    [this.#account, this.#tokens, this.#database] = [`/accounts/${account}`, tokens, database];
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { pathname } = new URL(request.url, this.url);
    const [, kind, name] = pathname.split("/");
    // Addresses that carry their own permission, as those of the object storage do.
    if (kind === "upload" && request.method === "PUT") return this.#upload(response, name, body);
    if (kind === "download" && request.method === "GET") return response.end(this.#uploaded.get(name));
    const token = this.#tokens.find(({ secret }) => request.headers.authorization === `Bearer ${secret}`);
    if (!token) return said(response, 403, [{ code: 10000, message: "Authentication error" }]);
    const verifies = token.isPersonal ? "/user/tokens/verify" : `${this.#account}/tokens/verify`;
    if (pathname === verifies) return said(response, 200, [], { id: token.id, status: "active" });
    const path = `${this.#account}/d1/database/${this.#database.id}/`;
    const action = pathname.startsWith(path) && pathname.slice(path.length);
    const act = { query: this.#query, import: this.#import, export: this.#export }[action];
    if (!act || request.method !== "POST") return said(response, 404, [{ code: 7404, message: `no such database: ${pathname}` }]);
    try {
      const wanted = JSON.parse(body);
      this.asked.push([action, wanted.action ?? ""].join(" ").trim());
      said(response, 200, [], await act.call(this, wanted));
    } catch (error) {
      said(response, 400, [{ code: 7500, message: error.message }]);
    }
  }

  #upload(response, name, body) {
    this.#uploaded.set(name, body.toString());
    response.setHeader("etag", `"${createHash("md5").update(body).digest("hex")}"`);
    response.end();
  }

  async #query({ sql, params }) {
    return [{ results: await this.#database.query(sql, params), success: true, meta: { duration: 1 } }];
  }

  async #import({ action, etag, current_bookmark: bookmark }) {
    const state = { success: true, type: "import", messages: [], at_bookmark: "1" };
    if (action === "init") return { ...state, filename: `${etag}.sql`, upload_url: `${this.url}/upload/${etag}` };
    if (action === "ingest") {
      await this.#database.execute(this.#uploaded.get(etag));
      return { ...state, status: "active", messages: ["Processing"] };
    }
    if (action !== "poll" || bookmark !== "1") throw new Error("what is polled for?");
    const meta = { duration: 1, rows_read: 0, rows_written: 0, size_after: 0 };
    return { ...state, status: "complete", result: { num_queries: 1, final_bookmark: "2", meta } };
  }

  async #export({ output_format: format, current_bookmark: bookmark }) {
    if (format !== "polling") throw new Error("as what?");
    const state = { success: true, type: "export", messages: [], at_bookmark: "3" };
    if (!bookmark) return { ...state, status: "active" };
    this.#uploaded.set("dump", await this.#database.dump());
    return { ...state, status: "complete", result: { filename: "database.sql", signed_url: `${this.url}/download/dump` } };
  }
}

function said(response, status, errors, result = null) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ success: errors.length === 0, errors, messages: [], result }));
}
