// Structural similarity of two pictures of three bytes a pixel, by ssim.js, which wants four.

import { ssim as similarity } from "ssim.js";

const padded = (pixels, width, height) => {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at += 1) data.set(pixels.subarray(3 * at, 3 * at + 3), 4 * at);
  return { data, width, height };
};

export const ssim = (a, b, width, height) =>
  similarity(padded(a, width, height), padded(b, width, height), { downsample: false }).mssim;
