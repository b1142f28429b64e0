// How fast images are taken in, beside a plain host that stores whatever it gets.

import { randomBytes } from "node:crypto";
import { compare } from "./load.mjs";
import { APP_HOST } from "./runtime.mjs";
import { table } from "./table.mjs";
import { freshAddress } from "../tests/worker/harness.mjs";
import { noisePngOf } from "../tests/worker/images.mjs";

const SIZES = { "30 KB": { bytes: 30_000, concurrency: 8 }, "3 MB": { bytes: 3_000_000, concurrency: 2 } };
const SECONDS = 4;

export async function uploads({ tintype, plain_r2: plain }) {
  const rows = [];
  for (const [name, { bytes, concurrency }] of Object.entries(SIZES)) {
    const body = noisePngOf(bytes);
    const headers = { "content-type": "image/png" };
    const sides = [
      {
        address: tintype,
        expect: 201,
        // Each from an address of its own: what is measured is the work, not the rate limit.
        make: () => ({ method: "POST", path: "/v1/images", body, headers: { ...headers, host: APP_HOST, "cf-connecting-ip": freshAddress() } }),
      },
      { address: plain, expect: 201, make: () => ({ method: "PUT", path: `/${randomBytes(8).toString("hex")}`, body, headers }) },
    ];
    rows.push([`POST ${name}, ${concurrency} at once`, ...(await compare(sides, { concurrency, seconds: SECONDS }))]);
  }
  return ["Uploading: decoded, stripped, hashed, checked and recorded; the plain host only stores", table(["a plain host on R2"], rows)];
}
