// How fast images are served, beside a plain host on the same bucket and beside doing nothing.

import { callers, compare, send } from "./load.mjs";
import { APP_HOST, IMAGE_HOST } from "./runtime.mjs";
import { table } from "./table.mjs";
import { noisePngOf } from "../tests/worker/images.mjs";

const SIZES = { "30 KB": 30_000, "1 MB": 1_000_000 };
const CONCURRENCY = 16;
const SECONDS = 3;

export async function delivery({ tintype, plain_r2: plain, hello }) {
  const rows = [];
  for (const [name, bytes] of Object.entries(SIZES)) {
    const body = noisePngOf(bytes);
    const image = await uploaded(tintype, body);
    const kinds = {
      200: {},
      304: { "if-none-match": image.etag },
      206: { range: `bytes=${body.length >> 1}-${(body.length >> 1) + 9_999}` },
    };
    for (const [status, headers] of Object.entries(kinds)) {
      const expect = Number(status);
      const answered = { 200: body.length, 304: 0, 206: 10_000 }[status];
      const sides = [
        { address: tintype, expect, make: () => ({ path: `/${image.id}.png`, headers: { host: IMAGE_HOST, ...headers } }) },
        { address: plain, expect, make: await plainly(plain, image, status, headers) },
        { address: hello, expect: 200, make: () => ({ path: `/?bytes=${answered}` }) },
      ];
      rows.push([`GET ${name}, ${status}`, ...(await compare(sides, { concurrency: CONCURRENCY, seconds: SECONDS }))]);
    }
  }
  return [`Serving, ${CONCURRENCY} callers at once`, table(["a plain host on R2", "a Worker that does nothing"], rows)];
}

// The plain host has entity tags of its own.
async function plainly(plain, image, status, headers) {
  const path = `/images/${image.id}`;
  if (status !== "304") return () => ({ path, headers });
  const agent = callers(1);
  const { headers: found } = await send(agent, plain, { path });
  agent.destroy();
  return () => ({ path, headers: { "if-none-match": found.etag } });
}

async function uploaded(tintype, body) {
  const agent = callers(1);
  const answer = await send(agent, tintype, {
    method: "POST", path: "/v1/images", body, headers: { host: APP_HOST, "content-type": "image/png", "cf-connecting-ip": "203.0.113.1" },
  });
  if (answer.status !== 201) throw new Error(`upload: ${answer.status} ${answer.body}`);
  const { id } = JSON.parse(answer.body);
  const view = await send(agent, tintype, { path: `/${id}.png`, headers: { host: IMAGE_HOST } });
  agent.destroy();
  return { id, etag: view.headers.etag };
}
