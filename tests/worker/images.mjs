// Real PNG files, made on the spot.

import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(8 + data.length + 4);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), 8 + data.length);
  return framed;
}

/** A PNG of RGB pixels, row after row. */
export function png(width, height, pixels, level = 1) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) pixels.copy(rows, y * (1 + width * 3) + 1, y * width * 3, (y + 1) * width * 3);
  const data = deflateSync(rows, { level });
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

/** A small picture that is like no other. */
export const freshPng = () => noisePng(8, 8);

/** A picture of noise, which no compression makes shorter: about three bytes a pixel. */
export const noisePng = (width, height) => png(width, height, randomBytes(width * height * 3), 0);

/** A picture of at most `bytes` bytes, and close to it. */
export function noisePngOf(bytes) {
  const side = Math.floor(Math.sqrt((bytes - 400) / 3.002));
  return noisePng(side, side);
}
