// A client that can break the rules: it says what it likes, sends what it likes, and hangs up when it likes.

import { connect } from "node:net";

/** Sends a head and pieces of a body over a socket of its own; answers the status and the rest, as text. */
export function rawRequest(url, { method = "POST", path = "/v1/images", headers, pieces = [], hangUpAfterMs, timeoutMs = 15_000 }) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    const received = [];
    const finish = () => resolve(parse(Buffer.concat(received).toString("latin1")));
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no answer in time")));
    socket.on("error", (error) => (received.length || hangUpAfterMs !== undefined ? finish() : reject(error)));
    socket.on("close", finish);
    socket.on("data", (chunk) => {
      received.push(chunk);
      if (isWhole(Buffer.concat(received).toString("latin1"))) socket.destroy();
    });
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${path} HTTP/1.1\r\n${fields.join("")}\r\n`);
    send(socket, pieces).then(() => {
      if (hangUpAfterMs !== undefined) setTimeout(() => socket.destroy(), hangUpAfterMs);
    });
  });
}

async function send(socket, pieces) {
  for await (const piece of pieces) {
    if (socket.destroyed) return;
    if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
  }
}

/** A body in HTTP/1.1 chunks, which has no declared length. */
export function chunked(bytes) {
  return [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n0\r\n\r\n")];
}

function isWhole(text) {
  const [head, ...rest] = text.split("\r\n\r\n");
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (rest.length === 0) return false;
  return length ? rest.join("\r\n\r\n").length >= Number(length) : text.endsWith("0\r\n\r\n");
}

function parse(text) {
  const [head, ...rest] = text.split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  // What follows belongs to the answer of another request.
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const body = rest.join("\r\n\r\n").slice(0, length && Number(length));
  return { status: Number.isNaN(status) ? undefined : status, head, body };
}
