// The stores of a deployment, through what Cloudflare has for programs that run elsewhere: D1's HTTP API, and R2's dialect of S3. One
// API token opens both.

import { createHash } from "node:crypto";
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CloudflareApi } from "./cloudflare_api.mjs";

/** What is stored beside an object, as R2's bindings call it and as S3 does. `cacheExpiry` is not among it: the product sets none. */
const HTTP_METADATA = {
  contentType: "ContentType", cacheControl: "CacheControl", contentDisposition: "ContentDisposition",
  contentEncoding: "ContentEncoding", contentLanguage: "ContentLanguage",
};
/** Names of errors. */
const NO_OBJECT = ["NoSuchKey", "NotFound"];
const IS_THERE = ["PreconditionFailed"];

/** Opens those of a configuration, with the token CLOUDFLARE_API_TOKEN. */
export async function openDeployment({ account_id: account, d1_databases: [{ database_id: database }], r2_buckets: buckets }) {
  const token = process.env.CLOUDFLARE_API_TOKEN;
  if (!token) throw new Error("CLOUDFLARE_API_TOKEN is not set: a token that may edit D1 and R2 of the account (docs/backup.md).");
  if (!account) throw new Error("Of which account? wrangler.toml has no account_id, and CLOUDFLARE_ACCOUNT_ID is not set.");
  const api = new CloudflareApi(token, account);
  const credentials = await credentialsOf(api, token);
  const opened = buckets.map((bucket) => [bucket.binding, new S3Bucket(s3Of(account, bucket, credentials), bucket.bucket_name)]);
  return {
    // The API takes texts; a column makes of them what it holds.
    rows: async (sql, params) => (await api.post(`/d1/database/${database}/query`, { sql, params: params.map(String) }))[0].results,
    buckets: Object.fromEntries(opened),
    close: () => opened.forEach(([, bucket]) => bucket.close()),
  };
}

/** For S3, the key of an API token is its id, and the secret its digest (developers.cloudflare.com/r2/api/tokens/). */
async function credentialsOf(api, token) {
  return { accessKeyId: await api.idOfToken(), secretAccessKey: createHash("sha256").update(token).digest("hex") };
}

// Buckets of a jurisdiction are reached at its own address. AWS_ENDPOINT_URL_S3, which programs for S3 share, names another one.
function s3Of(account, { jurisdiction }, credentials) {
  const host = [account, jurisdiction, "r2.cloudflarestorage.com"].filter(Boolean).join(".");
  return new S3Client({
    region: "auto", endpoint: process.env.AWS_ENDPOINT_URL_S3 ?? `https://${host}`, forcePathStyle: true, credentials,
    // What is sent is signed with its digest, and what comes is compared with ours. R2 does not know every checksum of S3's.
    requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED",
  });
}

class S3Bucket {
  #client;
  #name;

  constructor(client, name) {
    [this.#client, this.#name] = [client, name];
  }

  async *list(prefix) {
    for (let token; ; ) {
      const page = await this.#ask(new ListObjectsV2Command({ Bucket: this.#name, Prefix: prefix, ContinuationToken: token }));
      for (const { Key: key, Size: size, ETag: etag } of page.Contents ?? []) yield { key, size, etag: etag.replaceAll('"', "") };
      if (!page.IsTruncated) return;
      token = page.NextContinuationToken;
    }
  }

  async head(key) {
    const object = await this.#ask(new HeadObjectCommand({ Bucket: this.#name, Key: key }), NO_OBJECT);
    return object && besideOf(object);
  }

  async get(key) {
    const object = await this.#ask(new GetObjectCommand({ Bucket: this.#name, Key: key }), NO_OBJECT);
    return object && { ...besideOf(object), body: object.Body };
  }

  async add(key, bytes, { httpMetadata = {}, customMetadata }) {
    const beside = Object.entries(HTTP_METADATA).map(([ours, s3]) => [s3, httpMetadata[ours]]);
    const put = { Bucket: this.#name, Key: key, Body: bytes, Metadata: customMetadata, IfNoneMatch: "*", ...Object.fromEntries(beside) };
    return (await this.#ask(new PutObjectCommand(put), IS_THERE)) !== undefined;
  }

  close() {
    this.#client.destroy();
  }

  /** Its answer; undefined, if that is one of the `expected` errors. */
  async #ask(command, expected = []) {
    try {
      return await this.#client.send(command);
    } catch (error) {
      if (expected.includes(error.name)) return undefined;
      const status = error.$metadata?.httpStatusCode;
      if (!status) throw new Error(`R2 cannot be reached: ${error.code ?? error.message}`);
      const hint = [401, 403].includes(status) ? " Has the token the permission Workers R2 Storage Edit?" : "";
      throw new Error(`R2 answers ${status} for the bucket ${this.#name}: ${error.message}${hint}`);
    }
  }
}

function besideOf(object) {
  const beside = Object.entries(HTTP_METADATA).filter(([, s3]) => object[s3] !== undefined);
  return { httpMetadata: Object.fromEntries(beside.map(([ours, s3]) => [ours, object[s3]])), customMetadata: object.Metadata ?? {} };
}
