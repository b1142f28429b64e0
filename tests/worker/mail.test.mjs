// Mail in the real runtime: Amazon SES as moto implements it, with signatures checked by botocore, and Resend as its
// documentation publishes it. What is written is sealed by Node, so that it is opened by somebody else than its writer.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { eventually, startTintype } from "./harness.mjs";
import { complaints, startMoto } from "./moto/moto.mjs";
import { MASTER, writeLetter } from "./sealed_letters.mjs";

const REGION = "eu-west-1";
const FROM = "Tintype <mail@tintype.example>";
const NEWS = "Tintype News <news@tintype.example>";
const API_KEY = "re_0123456789";
const VERIFY = { kind: "verify_email", link: "https://tintype.example/verify?token=vrf_1", expires_at: 1_795_521_600_000 };
const UPDATE = {
  kind: "product_update", subject: "Collections are here", paragraphs: ["One.", "Two & three."], link: null,
  unsubscribe_link: "https://tintype.example/unsubscribe?token=uns_1",
};

let moto;
let ses;
let resend;
let tintype;

/** A server that remembers what it was asked, and answers as it is told. */
async function startService(answer) {
  const service = { asked: [], answer };
  service.server = createServer((incoming, response) => {
    const pieces = [];
    incoming.on("data", (piece) => pieces.push(piece));
    incoming.on("end", async () => {
      const question = { method: incoming.method, url: incoming.url, headers: incoming.headers, body: Buffer.concat(pieces).toString() };
      service.asked.push(question);
      const { status, body = "", headers = {}, hangs } = await service.answer(question);
      if (hangs) return response.destroy();
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise((resolve) => service.server.listen(0, "127.0.0.1", resolve));
  service.url = `http://127.0.0.1:${service.server.address().port}`;
  service.close = () => {
    service.server.closeAllConnections();
    service.server.close();
  };
  return service;
}

/** Hands a question on to moto as it came: the host that was signed stays. */
function askMoto({ method, url, headers, body }) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(moto.url);
    const sent = request({ hostname, port, method, path: url, headers: { ...headers, connection: "close" } }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => {
        const errorType = answer.headers["x-amzn-errortype"];
        resolve({ status: answer.statusCode, body: Buffer.concat(pieces).toString(), headers: errorType ? { "x-amzn-errortype": errorType } : {} });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Resend as published: what it demands of a request, and that a key sends once. */
function resendOf() {
  const known = new Map();
  return ({ method, url, headers, body }) => {
    const refuse = (status, name, message) => ({ status, body: { statusCode: status, name, message } });
    if (method !== "POST" || url !== "/emails") return refuse(404, "not_found", "The requested endpoint does not exist.");
    if (headers.authorization !== `Bearer ${API_KEY}`) return refuse(401, "missing_api_key", "Missing API key");
    if (!headers["user-agent"]) return refuse(403, "validation_error", "no user agent");
    const letter = JSON.parse(body);
    for (const field of ["from", "to", "subject"]) if (!letter[field]) return refuse(422, "missing_required_field", field);
    const fields = ["from", "to", "subject", "html", "text", "headers", "cc", "bcc", "reply_to", "tags", "attachments", "scheduled_at"];
    const unknown = Object.keys(letter).find((name) => !fields.includes(name));
    if (unknown) return refuse(422, "validation_error", unknown);
    if (letter.to.some((to) => to.startsWith("bad"))) return refuse(422, "validation_error", `Invalid \`to\` field: ${letter.to}`);
    const key = headers["idempotency-key"];
    if (!key || key.length > 256) return refuse(400, "invalid_idempotency_key", "between 1 and 256");
    if (known.has(key) && known.get(key).body !== body) return refuse(409, "invalid_idempotent_request", "another payload");
    if (!known.has(key)) known.set(key, { body, id: crypto.randomUUID() });
    return { status: 200, body: { id: known.get(key).id } };
  };
}

before(async () => {
  moto = await startMoto({ region: REGION, domain: "tintype.example" });
  ses = await startService(askMoto);
  resend = await startService(resendOf());
  tintype = await startTintype({
    app: {
      vars: {
        MASTER_KEYS: `${MASTER.id}:${MASTER.secret}`,
        MAIL_FROM: FROM, SES_REGION: REGION, SES_ENDPOINT: ses.url,
        SES_ACCESS_KEY_ID: moto.access.id, SES_SECRET_ACCESS_KEY: moto.access.secret,
        MAIL_PRODUCT_FROM: NEWS, RESEND_ENDPOINT: resend.url, RESEND_API_KEY: API_KEY,
      },
    },
  });
});
after(async () => {
  await tintype?.close();
  for (const service of [ses, resend, moto]) service?.close();
});
beforeEach(() => {
  Object.assign(ses, { asked: [], answer: askMoto });
  Object.assign(resend, { asked: [], answer: resendOf() });
});

const letterRow = async ({ id }) => (await tintype.rows("SELECT state, sealed, attempts FROM letters WHERE id = ?", id))[0];
const send = () => tintype.job("send_letters");

test("a letter that an account needs goes to SES, signed, in the published shape", async () => {
  const letter = await writeLetter(tintype, "ada@example.org", VERIFY);
  await send();
  assert.deepEqual({ ...(await letterRow(letter)) }, { state: "sent", sealed: null, attempts: 1 });
  assert.equal(resend.asked.length, 0);
  const [question, ...more] = ses.asked;
  assert.equal(more.length, 0);
  assert.deepEqual([question.method, question.url], ["POST", "/v2/email/outbound-emails"]);
  assert.match(question.headers.authorization, new RegExp(`Credential=${moto.access.id}/\\d{8}/${REGION}/ses/aws4_request`));
  assert.equal(complaints("sesv2", "SendEmail", question.body), "");
  const taken = (await moto.taken()).find(({ destinations }) => destinations.ToAddresses.includes("ada@example.org"));
  assert.deepEqual([taken.source, taken.subject], [FROM, "Confirm your email address"]);
  assert.ok(taken.body.includes("https://tintype.example/verify?token=vrf_1"), taken.body);
  const asked = JSON.parse(question.body);
  assert.ok(asked.Content.Simple.Body.Text.Data.includes("https://tintype.example/verify?token=vrf_1"));
  assert.deepEqual(asked.EmailTags[0], { Name: "letter", Value: letter.id });
});

test("the check of shapes finds what is wrong", () => {
  assert.match(complaints("sesv2", "SendEmail", JSON.stringify({ FromEmailAddress: 1, Content: {} })), /FromEmailAddress/);
  assert.match(complaints("sesv2", "SendEmail", JSON.stringify({ Content: { Easy: {} } })), /Unknown parameter in Content: "Easy"/);
});

test("SES refuses a signature that is not right, and the letter waits", async () => {
  const letter = await writeLetter(tintype, "grace@example.org", VERIFY);
  const told = [];
  ses.answer = async (question) => {
    const answer = await askMoto({ ...question, body: question.body.replace("Confirm", "Consider") });
    told.push(answer.status);
    return answer;
  };
  await send();
  assert.deepEqual(told, [403]);
  assert.equal((await letterRow(letter)).state, "waiting");
  assert.ok(!(await moto.taken()).some(({ destinations }) => destinations.ToAddresses.includes("grace@example.org")));
  ses.answer = askMoto;
  await tintype.advance("2m");
  await send();
  assert.deepEqual({ ...(await letterRow(letter)) }, { state: "sent", sealed: null, attempts: 2 });
});

test("the queue brings a letter, and one that comes twice is sent once", async () => {
  const letter = await writeLetter(tintype, "edith@example.org", VERIFY);
  const message = { kind: "send_letter", id: letter.id };
  await Promise.all([tintype.env.WORK.send(message), tintype.env.WORK.send(message)]);
  await eventually(async () => assert.equal((await letterRow(letter)).state, "sent"), 15_000);
  await tintype.env.WORK.send(message);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assert.equal(ses.asked.length, 1);
});

test("what SES cannot do at the moment is tried again; what it refuses is dead", async () => {
  const letter = await writeLetter(tintype, "radia@example.org", VERIFY);
  const errors = [
    { status: 429, headers: { "x-amzn-errortype": "TooManyRequestsException" } },
    { status: 500, body: "<html>" },
    { status: 400, headers: { "x-amzn-errortype": "MessageRejected" }, body: { message: "radia@example.org is not verified" } },
    { status: 302, headers: { location: "https://elsewhere.example/" } },
    { hangs: true },
  ];
  for (const [number, error] of errors.entries()) {
    ses.answer = () => error;
    await send();
    assert.deepEqual([(await letterRow(letter)).state, (await letterRow(letter)).attempts], ["waiting", number + 1]);
    await send();
    assert.equal(ses.asked.length, number + 1, "not before its time");
    await tintype.advance("61m");
  }
  ses.answer = () => ({ status: 400, headers: { "x-amzn-errortype": "BadRequestException" } });
  await send();
  assert.equal((await letterRow(letter)).state, "dead");
  await tintype.advance("61m");
  await send();
  assert.equal(ses.asked.length, errors.length + 1);
});

test("promise IMP-08: what is new goes to Resend, with a way to stop it, and only with consent", async () => {
  const letter = await writeLetter(tintype, "ada@example.org", UPDATE, { consent: "granted" });
  const without = await writeLetter(tintype, "grace@example.org", UPDATE);
  const withdrawn = await writeLetter(tintype, "edith@example.org", UPDATE, { consent: "withdrawn" });
  await send();
  assert.equal((await letterRow(letter)).state, "sent");
  assert.deepEqual([await letterRow(without), await letterRow(withdrawn)], [undefined, undefined], "dropped");
  assert.equal(ses.asked.length, 0);
  const [question, ...more] = resend.asked;
  assert.equal(more.length, 0);
  assert.equal(question.headers["idempotency-key"], letter.id);
  assert.equal(question.headers["content-type"], "application/json");
  const { html, text, ...rest } = JSON.parse(question.body);
  assert.deepEqual(rest, {
    from: NEWS, to: ["ada@example.org"], subject: "Collections are here",
    headers: {
      "List-Unsubscribe": "<https://tintype.example/unsubscribe?token=uns_1>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
  });
  assert.ok(text.includes("Two & three.") && html.includes("Two &#38; three."), html);
});

test("an answer of Resend that gets lost sends nothing twice, because the key and the body are the same", async () => {
  const letter = await writeLetter(tintype, "ada@example.org", UPDATE, { consent: "granted" });
  const answer = resendOf();
  const ids = [];
  resend.answer = (question) => {
    const told = answer(question);
    ids.push(told.body.id);
    return ids.length === 1 ? { hangs: true } : told;
  };
  await send();
  assert.equal((await letterRow(letter)).state, "waiting");
  await tintype.advance("2m");
  await send();
  assert.equal((await letterRow(letter)).state, "sent");
  assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
});

test("what Resend cannot do at the moment is tried again; what it refuses is dead", async () => {
  const letter = await writeLetter(tintype, "radia@example.org", UPDATE, { consent: "granted" });
  const error = (status, name) => ({ status, body: { statusCode: status, name, message: "radia@example.org" } });
  const errors = [
    error(429, "rate_limit_exceeded"), error(500, "application_error"), error(403, "invalid_api_key"),
    error(409, "concurrent_idempotent_requests"), { status: 200, hangs: true },
  ];
  for (const told of errors) {
    resend.answer = () => told;
    await send();
    assert.equal((await letterRow(letter)).state, "waiting", JSON.stringify(told));
    await tintype.advance("61m");
  }
  resend.answer = resendOf();
  await send();
  assert.equal((await letterRow(letter)).state, "sent");
  const bad = await writeLetter(tintype, "bad@example.org", UPDATE, { consent: "granted" });
  await send();
  assert.equal((await letterRow(bad)).state, "dead");
});

test("a letter of a person whose key is destroyed is dropped", async () => {
  const letter = await writeLetter(tintype, "ada@example.org", VERIFY);
  await tintype.env.RECOVERY.delete(`personal-keys/${letter.account}`);
  await send();
  assert.deepEqual([await letterRow(letter), ses.asked.length], [undefined, 0]);
});
