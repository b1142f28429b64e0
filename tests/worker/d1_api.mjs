// Cloudflare's API of a D1 database, as far as wrangler uses it for a whole database: a stand-in on this machine with SQLite behind
// it. What is imported is uploaded first and compared by digest; what is exported is fetched from an address of its own; both are
// polled for (developers.cloudflare.com/d1/best-practices/import-export-data/).

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";

/** Starts it for one account and database, and one token; `close()` ends it. */
export async function startD1Api({ account, database, token }) {
  const api = new D1Api(`/accounts/${account}/d1/database/${database}`, token);
  await new Promise((resolve) => api.server.listen(0, "127.0.0.1", resolve));
  api.url = `http://127.0.0.1:${api.server.address().port}`;
  return api;
}

class D1Api {
  sqlite = new DatabaseSync(":memory:");
  server = createServer((request, response) => void this.#answer(request, response));
  /** What was asked, in order. */
  asked = [];
  #path;
  #token;
  #uploaded = new Map();

  constructor(path, token) {
    [this.#path, this.#token] = [path, token];
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
    const [, kind, etag] = pathname.split("/");
    // Addresses that carry their own permission, as those of the object storage do.
    if (kind === "upload" && request.method === "PUT") return this.#upload(response, etag, body);
    if (kind === "download" && request.method === "GET") return response.end(this.#dump());
    if (request.headers.authorization !== `Bearer ${this.#token}`) return said(response, 403, [{ code: 10000, message: "Authentication error" }]);
    const action = pathname.startsWith(`${this.#path}/`) && pathname.slice(this.#path.length + 1);
    const act = { query: this.#query, import: this.#import, export: this.#export }[action];
    if (!act || request.method !== "POST") return said(response, 404, [{ code: 7404, message: `no such database: ${pathname}` }]);
    try {
      const wanted = JSON.parse(body);
      this.asked.push([action, wanted.action ?? ""].join(" ").trim());
      said(response, 200, [], act.call(this, wanted));
    } catch (error) {
      said(response, 400, [{ code: 7500, message: error.message }]);
    }
  }

  #upload(response, etag, body) {
    this.#uploaded.set(etag, body.toString());
    response.setHeader("etag", `"${createHash("md5").update(body).digest("hex")}"`);
    response.end();
  }

  #query({ sql }) {
    const meta = { duration: 1 };
    if (!/^\s*(SELECT|PRAGMA)\b/i.test(sql)) {
      this.#whole(sql);
      return [{ results: [], success: true, meta }];
    }
    return [{ results: this.sqlite.prepare(sql).all(), success: true, meta }];
  }

  #import({ action, etag, current_bookmark: bookmark }) {
    const state = { success: true, type: "import", messages: [], at_bookmark: "1" };
    if (action === "init") return { ...state, filename: `${etag}.sql`, upload_url: `${this.url}/upload/${etag}` };
    if (action === "ingest") {
      this.#whole(this.#uploaded.get(etag));
      return { ...state, status: "active", messages: ["Processing"] };
    }
    if (action !== "poll" || bookmark !== "1") throw new Error("what is polled for?");
    const meta = { duration: 1, rows_read: 0, rows_written: 0, size_after: 0 };
    return { ...state, status: "complete", result: { num_queries: 1, final_bookmark: "2", meta } };
  }

  #export({ output_format: format, current_bookmark: bookmark }) {
    if (format !== "polling") throw new Error("as what?");
    const state = { success: true, type: "export", messages: [], at_bookmark: "3" };
    if (!bookmark) return { ...state, status: "active" };
    return { ...state, status: "complete", result: { filename: "database.sql", signed_url: `${this.url}/download/it` } };
  }

  /** All of it or nothing. */
  #whole(sql) {
    this.sqlite.exec("BEGIN");
    try {
      this.sqlite.exec(sql);
      this.sqlite.exec("COMMIT");
    } catch (error) {
      this.sqlite.exec("ROLLBACK");
      throw error;
    }
  }

  #dump() {
    const schema = this.sqlite.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'table' DESC, rowid").all();
    const tables = schema.filter(({ type }) => type === "table");
    const rows = tables.flatMap(({ name }) => {
      const columns = this.sqlite.prepare(`SELECT name FROM pragma_table_info('${name}')`).all().map((column) => `quote("${column.name}")`);
      const values = this.sqlite.prepare(`SELECT ${columns.join(" || ',' || ")} AS said FROM "${name}"`).all();
      return values.map(({ said: row }) => `INSERT INTO "${name}" VALUES(${row});`);
    });
    const of = (wanted) => schema.filter(({ type }) => (type === "table") === wanted).map(({ sql }) => `${sql};`);
    // Rows before triggers: nothing happens because of what has happened.
    return ["PRAGMA defer_foreign_keys=TRUE;", ...of(true), ...rows, ...of(false), ""].join("\n");
  }
}

function said(response, status, errors, result = null) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ success: errors.length === 0, errors, messages: [], result }));
}
