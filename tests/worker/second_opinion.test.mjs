// Amazon Rekognition as a second opinion, in the real runtime, against a stand-in that answers recorded answers and
// checks each question as the published protocol says, the signature with code of its own.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { OBEDIENT_VISION, startTintype } from "./harness.mjs";
import { noisePng } from "./images.mjs";

const ACCESS = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "a session" };
const REGION = "eu-west-1";
const fixture = (name) => JSON.parse(readFileSync(root("tests", "fixtures", "rekognition", name), "utf8"));

let tintype;
let service;
let answers;
let asked;

before(async () => {
  service = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const { status, body, hangs } = answers();
      asked.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(pieces) });
      if (hangs) return response.destroy();
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
  const vars = {
    REKOGNITION_REGION: REGION,
    REKOGNITION_ENDPOINT: `http://127.0.0.1:${service.address().port}`,
    REKOGNITION_ACCESS_KEY_ID: ACCESS.id,
    REKOGNITION_SECRET_ACCESS_KEY: ACCESS.secret,
    REKOGNITION_SESSION_TOKEN: ACCESS.token,
  };
  tintype = await startTintype({ app: { vars }, vision: { entry: OBEDIENT_VISION } });
});
after(async () => {
  await tintype?.close();
  service?.closeAllConnections();
  service?.close();
});
beforeEach(() => (asked = []));

async function flagged(file = noisePng(640, 400)) {
  await tintype.tellVision("flags");
  const image = await tintype.upload(file);
  assert.equal(image.moderation.state, "flagged");
  return image;
}

async function facts({ id }) {
  return (await tintype.app(`/v1/images/${id}`)).json();
}

/** A minute later, the job asks; what it cannot do, it says. */
async function minute(span = "2m") {
  await tintype.advance(span);
  return tintype.job("judge_held").then(() => "", String);
}

/** Signature Version 4 as Amazon's documentation describes it, step by step. */
function signatureOf({ method, url, headers, body }) {
  const [, scope, names] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization);
  const [day, region, name] = scope.split("/");
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
  const fields = names.split(";").map((field) => `${field}:${headers[field].trim().replace(/ +/g, " ")}\n`);
  const canonical = [method, url, "", fields.join(""), names, sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = [day, region, name, "aws4_request"].reduce(hmac, `AWS4${ACCESS.secret}`);
  return { signature: hmac(key, toSign).toString("hex"), scope, names };
}

test("promise_imp_23_a_signed_question_carries_a_small_jpeg_and_its_answer_is_acted_on", async () => {
  answers = () => ({ status: 200, body: fixture("labels.json") });
  const file = noisePng(640, 400);
  const image = await flagged(file);
  assert.equal(await minute(), "");
  assert.equal(asked.length, 1);
  const [question] = asked;
  assert.deepEqual([question.method, question.url], ["POST", "/"]);
  assert.equal(question.headers["content-type"], "application/x-amz-json-1.1");
  assert.equal(question.headers["x-amz-target"], "RekognitionService.DetectModerationLabels");
  assert.equal(question.headers["x-amz-security-token"], ACCESS.token);
  const { signature, scope, names } = signatureOf(question);
  assert.match(scope, new RegExp(`^\\d{8}/${REGION}/rekognition/aws4_request$`));
  for (const name of ["content-type", "host", "x-amz-date", "x-amz-target", "x-amz-security-token"]) {
    assert.ok(names.split(";").includes(name), `${name} is signed`);
  }
  assert.ok(question.headers.authorization.endsWith(`Signature=${signature}`), question.headers.authorization);

  const { Image, MinConfidence, ...rest } = JSON.parse(question.body);
  assert.deepEqual([Object.keys(Image), MinConfidence, rest], [["Bytes"], 50, {}]);
  const jpeg = Buffer.from(Image.Bytes, "base64");
  assert.equal(jpeg.subarray(0, 3).toString("hex"), "ffd8ff");
  assert.ok(jpeg.length < 300_000, `${jpeg.length} bytes`);
  assert.ok(!jpeg.includes("Exif") && !jpeg.equals(file));
  const size = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  assert.deepEqual([jpeg.readUInt16BE(size + 7), jpeg.readUInt16BE(size + 5)], [448, 280], "in the shape of the image");

  const told = await facts(image);
  assert.equal(told.moderation.state, "restricted");
  const decision = (await tintype.rows("SELECT * FROM decisions WHERE image_id = ? ORDER BY number DESC", image.id))[0];
  assert.deepEqual([decision.decided_by, decision.model_id], ["outside", "rekognition 7.0"]);
  assert.match(decision.reason, /'Explicit' at 97 %/);
  assert.ok((await tintype.image(image.url)).headers.get("rating"), "the image host warns as well");
  assert.equal(await minute(), "");
  assert.equal(asked.length, 1, "asked once");
});

test("what it sees nothing in is cleared", async () => {
  answers = () => ({ status: 200, body: fixture("nothing.json") });
  const image = await flagged();
  await minute();
  assert.equal((await facts(image)).moderation.state, "safe");
  assert.deepEqual(await tintype.rows("SELECT 1 FROM review_queue WHERE image_id = ? AND decided_at IS NULL", image.id), []);
});

test("images that are not flagged are not shown to anybody", async () => {
  answers = () => ({ status: 200, body: fixture("nothing.json") });
  await tintype.upload(noisePng(64, 64));
  await tintype.tellVision("restricts");
  await tintype.upload(noisePng(64, 64));
  await minute();
  assert.deepEqual(asked, []);
});

test("errors, garbage and broken connections leave the image flagged, are told to the operator, and are asked again", async () => {
  const image = await flagged();
  const wrong = [...fixture("errors.json"), { status: 200, body: "<html>" }, { status: 302, body: "" }, { hangs: true }];
  for (const answer of wrong.slice(0, 5)) {
    answers = () => answer;
    const told = await minute("2h");
    assert.match(told, /outside classifier/, JSON.stringify(answer));
    assert.ok(!told.includes(ACCESS.secret) && !told.includes(ACCESS.token));
    assert.equal((await facts(image)).moderation.state, "flagged");
  }
  answers = () => ({ status: 200, body: fixture("nothing.json") });
  assert.equal(await minute("2h"), "");
  assert.equal((await facts(image)).moderation.state, "safe");
  assert.equal(asked.length, 6);
  for (const answer of wrong.slice(5)) {
    const another = await flagged();
    answers = () => answer;
    assert.match(await minute("2h"), /outside classifier/, JSON.stringify(answer));
    answers = () => ({ status: 200, body: fixture("nothing.json") });
    await minute("2h");
    assert.equal((await facts(another)).moderation.state, "safe");
  }
  await tintype.settle();
  assert.deepEqual(await tintype.disorder(), []);
});
