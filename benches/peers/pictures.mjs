// The pictures that are transformed, made on the spot and always the same: what of them matters is how large they are
// and how much there is to see, so that no photograph has to be carried around.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";

export { sharp };

/** The files by name, made where they are not in `folder` yet. */
export async function pictures(folder) {
  mkdirSync(folder, { recursive: true });
  const files = { "photo.jpg": photo, "screenshot.png": screenshot, "motion.gif": motion };
  for (const [name, make] of Object.entries(files)) {
    const path = join(folder, name);
    if (!existsSync(path)) writeFileSync(path, await make());
    files[name] = readFileSync(path);
  }
  return files;
}

/** Numbers from 0 to 255, the same for the same seed. */
function dice(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
}

/** Clouds of detail of every size, in three bytes a pixel: with as much of each as photographs have. */
async function clouds(width, height, seed) {
  const sum = new Float32Array(width * height * 3).fill(128);
  for (let size = 1_024, level = 0; size >= 2; size /= 2, level += 1) {
    const [wide, high] = [Math.ceil(width / size) + 1, Math.ceil(height / size) + 1];
    const roll = dice(seed + level);
    // Small detail is of brightness only.
    const colours = size >= 64;
    const noise = Buffer.alloc(wide * high * 3);
    for (let at = 0; at < noise.length; at += 3) {
      const value = roll();
      for (let channel = 0; channel < 3; channel += 1) noise[at + channel] = colours ? (value + roll()) / 2 : value;
    }
    const smooth = await sharp(noise, { raw: { width: wide, height: high, channels: 3 } })
      .resize(width, height, { fit: "fill", kernel: "cubic" }).raw().toBuffer();
    const weight = size >= 64 ? 0.3 : 0.07 + size / 350;
    for (let at = 0; at < sum.length; at += 1) sum[at] += (smooth[at] - 128) * weight;
  }
  const grain = dice(seed + 99);
  for (let at = 0; at < sum.length; at += 3) {
    // Things have edges, and sensors noise.
    const add = (sum[at] > sum[at + 1] ? 45 : 0) + (grain() - 128) / 20;
    for (let channel = 0; channel < 3; channel += 1) sum[at + channel] += add;
  }
  return Buffer.from(Uint8ClampedArray.from(sum).buffer);
}

/** 12 MP, baseline, 4:2:0, as a phone writes it. */
async function photo() {
  const [width, height] = [4_000, 3_000];
  return sharp(await clouds(width, height, 1), { raw: { width, height, channels: 3 } }).jpeg({ quality: 88 }).toBuffer();
}

/** 2 MP of windows and lines of something like letters, on few colours. */
async function screenshot() {
  const [width, height] = [1_920, 1_080];
  const pixels = Buffer.alloc(width * height * 3, 245);
  const roll = dice(7);
  const fill = (left, top, wide, high, colour) => {
    for (let y = top; y < Math.min(top + high, height); y += 1) {
      for (let x = left; x < Math.min(left + wide, width); x += 1) pixels.set(colour, 3 * (y * width + x));
    }
  };
  for (let window = 0; window < 12; window += 1) {
    const [left, top, wide, high] = [roll() * 6, roll() * 3, 300 + roll() * 2, 200 + roll()];
    fill(left, top, wide, high, [255, 255, 255]);
    fill(left, top, wide, 28, [roll(), roll(), roll()]);
    for (let y = top + 40; y < top + high - 14; y += 15) {
      for (let x = left + 10; x < left + wide - 16; x += 8) {
        if (roll() < 40) continue;
        for (let stroke = 0; stroke < 5; stroke += 1) fill(x + (roll() % 6), y + (roll() % 9), 1 + (roll() % 2), 1 + (roll() % 3), [40, 40, 48]);
      }
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

/** 60 frames of a spot that wanders over clouds. */
async function motion() {
  const [width, height, frames] = [480, 270, 60];
  const still = await clouds(width, height, 20);
  const film = Buffer.concat(Array.from({ length: frames }, (_, frame) => {
    const picture = Buffer.from(still);
    const [left, top] = [Math.round(200 + 180 * Math.sin(frame / 6)), Math.round(110 + 90 * Math.cos(frame / 9))];
    for (let y = 0; y < 50; y += 1) {
      for (let x = 0; x < 70; x += 1) picture.set([250, 180 - 2 * y, 3 * x], 3 * ((top + y) * width + left + x));
    }
    return picture;
  }));
  return sharp(film, { raw: { width, height: height * frames, channels: 3, pageHeight: height } })
    .gif({ delay: Array(frames).fill(40) }).toBuffer();
}
