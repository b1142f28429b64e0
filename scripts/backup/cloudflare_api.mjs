// Cloudflare's API (developers.cloudflare.com/api/), as far as a backup needs it and wrangler has no command for it.

const ANSWER_MS_MAX = 60_000;

/** One account's, with one token. What is refused is an error in the API's own words. */
export class CloudflareApi {
  #token;
  #account;
  // The variable is wrangler's.
  #base = process.env.CLOUDFLARE_API_BASE_URL ?? "https://api.cloudflare.com/client/v4";

  constructor(token, account) {
    [this.#token, this.#account] = [token, account];
  }

  /** Asks something of the account; answers the result. */
  post(path, body) {
    return this.#call("POST", `/accounts/${this.#account}${path}`, body);
  }

  /** Which token this is: an account's, or a person's. */
  async idOfToken() {
    const verified = await this.#call("GET", `/accounts/${this.#account}/tokens/verify`).catch(() => this.#call("GET", "/user/tokens/verify"));
    if (verified.status !== "active") throw new Error(`CLOUDFLARE_API_TOKEN is ${verified.status}.`);
    return verified.id;
  }

  async #call(method, path, body) {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const answer = await fetch(`${this.#base}${path}`, { method, headers, body: body && JSON.stringify(body), signal }).catch((error) => {
      throw new Error(`Cloudflare's API cannot be reached: ${error.cause?.message ?? error.message}`);
    });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok && said.success) return said.result;
    const errors = (said.errors ?? []).map(({ code, message }) => `${message} [${code}]`).join(", ");
    throw new Error(`Cloudflare's API answers ${answer.status} to ${method} ${path}: ${errors || answer.statusText}`);
  }
}
