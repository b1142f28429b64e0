// Reads and runs the transcripts of tests/scenarios/. The format is described there; a native test runs the
// same files.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { root } from "../../scripts/process.mjs";
import { APP, IMAGES, bytesOf } from "./harness.mjs";

const fixture = (name) => readFileSync(root("tests", "fixtures", name));
// Every caller of a transcript has the same address.
const ADDRESS = "203.0.113.7";

/** Runs one transcript against a fresh product. */
export async function runScenario(tintype, text) {
  const scenario = new Scenario(tintype);
  for (const [index, line] of text.split("\n").entries()) {
    try {
      await scenario.line(line);
    } catch (error) {
      error.message = `line ${index + 1}: ${line.trim()}\n${error.message}`;
      throw error;
    }
  }
}

class Scenario {
  #variables = new Map([["app", APP], ["images", IMAGES]]);
  #draft = {};
  #answer;

  constructor(tintype) {
    this.tintype = tintype;
  }

  async line(line) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return;
    const [, word, rest] = /^(\S+) ?(.*)$/.exec(this.#filledIn(text));
    if (word === "@needs") return;
    if (word === "@advance") await this.tintype.advance(rest);
    else if (word === "@job") await this.tintype.job(rest);
    else if (word.startsWith(">")) this.#request(word, rest);
    else if (word === "<" && /^\d+$/.test(rest)) await this.#send(Number(rest));
    else this.#expect(word, rest);
  }

  #filledIn(text) {
    return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name) => {
      assert.ok(this.#variables.has(name), `no variable ${name}`);
      return this.#variables.get(name);
    });
  }

  #request(word, rest) {
    const draft = this.#draft;
    const form = () => (draft.body ??= new FormData());
    if (word === ">" && !draft.url) [draft.method, draft.url] = rest.split(" ");
    else if (word === ">") (draft.headers ??= []).push(splitAt(rest, ": "));
    else if (word === ">file") [draft.body, draft.type] = [fixture(splitAt(rest, " ")[0]), splitAt(rest, " ")[1]];
    else if (word === ">text") [draft.type, draft.body] = splitAt(rest, " ");
    else if (word === ">field") form().append(...splitAt(rest, "="));
    else if (word === ">part") {
      const [field, filename, name] = rest.split(" ");
      form().append(field, new File([fixture(name)], filename, { type: "application/octet-stream" }));
    } else throw new Error(`no such word: ${word}`);
  }

  async #send(status) {
    const { method, url, headers = [], body, type } = this.#draft;
    assert.ok(url, "a request before its answer");
    this.#draft = {};
    const fields = new Headers({ "cf-connecting-ip": ADDRESS });
    for (const [name, value] of headers) fields.set(name, value);
    // Encoded here, so that the length is declared.
    const encoded = body === undefined ? undefined : new Response(body);
    if (encoded) fields.set("content-type", type ?? encoded.headers.get("content-type"));
    const init = { method, redirect: "manual", headers: Object.fromEntries(fields) };
    const answer = await this.tintype.server.fetch(url, { ...init, body: await encoded?.arrayBuffer() });
    this.#answer = { headers: answer.headers, bytes: await bytesOf(answer) };
    assert.equal(answer.status, status, this.#text());
  }

  #text = () => this.#answer.bytes.toString();

  // A pointer (RFC 6901); undefined where there is nothing.
  #json(pointer) {
    const names = pointer.split("/").slice(1).map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    return names.reduce((value, name) => value?.[name], JSON.parse(this.#text()));
  }

  #expect(word, rest) {
    assert.ok(this.#answer, "an answer before what is expected of it");
    if (word === "<bytes") return assert.ok(this.#answer.bytes.equals(fixture(rest)), "other bytes");
    if (word === "<length") return assert.equal(this.#answer.bytes.length, Number(rest));
    if (word === "<text") return assert.ok(this.#text().includes(rest.slice("~ ".length)), this.#text());
    if (word === "<let") return this.#keep(...splitAt(rest, " = "));
    if (word === "<json") return compare(...relation(rest, [" = ", " ~ "]), (pointer) => this.#json(pointer), JSON.parse);
    assert.equal(word, "<", `no such word: ${word}`);
    return compare(...relation(rest, [": ", " ~ "]), (name) => this.#answer.headers.get(name), String);
  }

  #keep(name, source) {
    const [kind, where] = splitAt(source, " ");
    const value = kind === "json" ? this.#json(where) : this.#answer.headers.get(where);
    assert.ok(value, "nothing to keep");
    this.#variables.set(name, String(value));
  }
}

function splitAt(text, separator) {
  const at = text.indexOf(separator);
  assert.ok(at >= 0, `no "${separator}" in: ${text}`);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

// What is looked at, how, and what it should be.
function relation(text, signs) {
  if (text.endsWith(" -")) return [text.slice(0, -2), " -"];
  const [at, sign] = signs.map((sign) => [text.indexOf(sign), sign]).filter(([at]) => at >= 0).sort(([a], [b]) => a - b)[0] ?? [];
  assert.ok(sign, `no relation in: ${text}`);
  return [text.slice(0, at), sign, text.slice(at + sign.length)];
}

function compare(...args) {
  const [read, parse] = args.slice(-2);
  const [name, sign, expected] = args.slice(0, -2);
  const found = read(name);
  if (sign === " -") return assert.ok(found === undefined || found === null, `${name} is ${found}`);
  if (sign === " ~ ") return assert.ok(typeof found === "string" && found.includes(expected), `${name} is ${found}`);
  return assert.deepEqual(found, parse(expected), name);
}
