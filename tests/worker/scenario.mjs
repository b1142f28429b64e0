// Reads and runs the transcripts of tests/scenarios/. The format is described there; a native test runs the
// same files.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { root } from "../../scripts/process.mjs";
import { bytesOf, eventually } from "./harness.mjs";
import { lettersOf, member, operator, signIn } from "./people.mjs";

const fixture = (name) => readFileSync(root("tests", "fixtures", name));
// Every caller of a transcript has the same address.
const ADDRESS = "203.0.113.7";

/** Runs one transcript against a fresh product with these two origins. */
export async function runScenario(tintype, origins, text) {
  const scenario = new Scenario(tintype, origins);
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
  #variables;
  #people = new Map();
  #draft = {};
  #answer;

  constructor(tintype, origins) {
    this.place = { tintype, app: origins.app, address: ADDRESS };
    this.tintype = tintype;
    this.#variables = new Map(Object.entries(origins));
  }

  async line(line) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return;
    const [, word, rest] = /^(\S+) ?(.*)$/.exec(this.#filledIn(text));
    if (word === "@needs") return;
    if (word === "@advance") await this.tintype.advance(rest);
    else if (word === "@until") await this.#until(Date.parse(rest));
    else if (word === "@job") await this.tintype.job(rest);
    else if (word === "@member") this.#people.set(rest, await member(this.place, rest));
    else if (word === "@operator") this.#people.set(rest, await operator(this.place, rest));
    else if (word === "@sign-in") this.#people.set(rest, await signIn(this.place, rest));
    else if (word === "@letter") await this.#letter(...splitAt(rest, " "));
    else if (word.startsWith(">")) this.#request(word, rest);
    else if (word === "<" && /^\d+$/.test(rest)) await this.#send(Number(rest));
    else this.#expect(word, rest);
  }

  async #until(at) {
    const ahead = at - (await this.tintype.advance("0ms"));
    assert.ok(ahead >= 0, "it is past");
    await this.tintype.advance(`${ahead}ms`);
  }

  async #letter(to, subject) {
    await eventually(async () => {
      const letters = await lettersOf(this.place);
      const came = letters.some((letter) => letter.to === to && letter.subject === subject);
      assert.ok(came, JSON.stringify(letters.map((letter) => `${letter.to}: ${letter.subject}`)));
    }, 20_000);
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
    else if (word === ">as") {
      draft.sender = this.#people.get(rest);
      assert.ok(draft.sender, `nobody is called ${rest}`);
    } else if (word === ">") (draft.headers ??= []).push(splitAt(rest, ": "));
    else if (word === ">file") [draft.body, draft.type] = [fixture(splitAt(rest, " ")[0]), splitAt(rest, " ")[1]];
    else if (word === ">text") [draft.type, draft.body] = splitAt(rest, " ");
    else if (word === ">field") form().append(...splitAt(rest, "="));
    else if (word === ">part") {
      const [field, filename, name] = rest.split(" ");
      form().append(field, new File([fixture(name)], filename, { type: "application/octet-stream" }));
    } else throw new Error(`no such word: ${word}`);
  }

  async #send(status) {
    const { method, url, headers = [], body: given, type, sender } = this.#draft;
    assert.ok(url, "a request before its answer");
    this.#draft = {};
    const fields = new Headers({ "cf-connecting-ip": ADDRESS });
    for (const [name, value] of headers) fields.set(name, value);
    let body = given;
    if (sender) {
      for (const [name, value] of Object.entries(sender.headers)) fields.set(name, value);
      if (method === "POST" && (body === undefined || body instanceof FormData)) {
        body ??= new FormData();
        body.append("form_token", sender.formToken);
      }
    }
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
    const sources = {
      json: () => this.#json(where),
      header: () => this.#answer.headers.get(where),
      link: () => this.#text().split(`href="${where}`)[1]?.split('"')[0],
    };
    const value = sources[kind]();
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
