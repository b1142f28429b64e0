// Uploads a picture in a signed request, with Node alone: `node upload.mjs picture.png`.
import { createHash, createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";

const { TINTYPE_URL: url, TINTYPE_KEY_ID: keyId, TINTYPE_PRIVATE_KEY: keyFile } = process.env;
const body = readFileSync(process.argv[2]);
const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
const params = `("@method" "@target-uri" "content-digest");created=${Math.floor(Date.now() / 1000)};keyid="${keyId}";nonce="${randomUUID()}"`;
const base = `"@method": POST\n"@target-uri": ${url}\n"content-digest": ${digest}\n"@signature-params": ${params}`;
const signature = sign(null, Buffer.from(base), createPrivateKey(readFileSync(keyFile))).toString("base64");
const headers = { "content-digest": digest, "signature-input": `sig=${params}`, signature: `sig=:${signature}:` };
const answer = await fetch(url, { method: "POST", headers: { ...headers, "content-type": "application/octet-stream" }, body });
console.log(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
