// moto's server: an implementation of Amazon SES that is not ours. It runs in a virtual environment of its own, which
// scripts/setup.mjs makes, and checks signatures from the moment it knows who may send.

import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { existsSync } from "node:fs";
import { root } from "../../../scripts/process.mjs";

const PYTHON = root("build", "moto", "bin", "python");
const START_MS_MAX = 60_000;
const POLICY = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ses:SendEmail", Resource: "*" }] };

/** Starts it with one verified domain and one key that may send from it; ends it with `close()`. */
export async function startMoto({ region, domain }) {
  if (!existsSync(PYTHON)) throw new Error("moto is not installed: run `node scripts/setup.mjs --tests`, which says why");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(PYTHON, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const moto = new Moto(child, url, region);
  try {
    await moto.answering();
    await moto.identities(domain);
    return moto;
  } catch (error) {
    moto.close();
    throw error;
  }
}

class Moto {
  constructor(child, url, region) {
    Object.assign(this, { child, url, region });
  }

  async answering() {
    for (const deadline = Date.now() + START_MS_MAX; Date.now() < deadline; ) {
      const answer = await fetch(`${this.url}/moto-api/data.json`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("moto did not start");
  }

  async identities(domain) {
    await this.#unsigned("ses", "/v2/email/identities", JSON.stringify({ EmailIdentity: domain }), "application/json");
    await this.#iam({ Action: "CreateUser", UserName: "tintype" });
    await this.#iam({ Action: "PutUserPolicy", UserName: "tintype", PolicyName: "send", PolicyDocument: JSON.stringify(POLICY) });
    const made = await this.#iam({ Action: "CreateAccessKey", UserName: "tintype" });
    const part = (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(made)[1];
    this.access = { id: part("AccessKeyId"), secret: part("SecretAccessKey") };
    // From now on every request must be signed, and allowed.
    await this.#post("/moto-api/reset-auth", "0", { "content-type": "text/plain" });
  }

  /** What it has taken. */
  async taken() {
    const data = await (await fetch(`${this.url}/moto-api/data.json`)).json();
    return data.ses?.Message ?? [];
  }

  close() {
    this.child.kill();
  }

  #iam(fields) {
    return this.#unsigned("iam", "/", new URLSearchParams({ Version: "2010-05-08", ...fields }), "application/x-www-form-urlencoded");
  }

  // The service is told by what a signature would be for.
  #unsigned(service, path, body, type) {
    const scope = `AWS4-HMAC-SHA256 Credential=x/20260101/${this.region}/${service}/aws4_request, SignedHeaders=host, Signature=x`;
    return this.#post(path, body, { authorization: scope, "content-type": type });
  }

  async #post(path, body, headers) {
    const answer = await fetch(`${this.url}${path}`, { method: "POST", headers, body: String(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`moto ${path}: ${answer.status} ${text}`);
    return text;
  }
}

/** What is wrong with a body, by the published model of the operation; nothing: an empty text. */
export function complaints(service, operation, body) {
  const { status, stdout, stderr } = spawnSync(PYTHON, [root("tests", "worker", "moto", "shape.py"), service, operation], { input: body });
  if (status !== 0) throw new Error(String(stderr));
  return String(stdout);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
