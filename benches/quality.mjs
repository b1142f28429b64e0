// How near variants come to what they should be, beside those of native sharp: both against an exact Lanczos3 in floating
// point, on photographs, drawings and screenshots of public packages, which this fetches and which are kept nowhere else.

import { existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isRunnable, root, run } from "../scripts/process.mjs";
import { startTintype } from "../tests/worker/harness.mjs";
import { markdown } from "./table.mjs";
import { installPeers, vision } from "./transforms.mjs";

const FOLDER = root("target", "bench", "public-pictures");
// Licences: BSD and public domain; GPL and CC-BY-SA. Nothing of them is copied into this repository.
const PYPI = "scikit-image==0.26.0";
const DEBIAN = ["mate-backgrounds", "gnome-backgrounds"];
const FORMATS = ["jpeg", "webp", "png"];
const WHITE = "#ffffff";
// Grey with a profile of ink on paper, which sharp does not read: the two would be of different colours.
const LEFT_OUT = ["page.png"];
// Larger ones take minutes in floating point and show nothing new.
const SOURCE_PIXELS_MAX = 10_000_000;

/** Paths of pictures, fetched where they are not here. */
async function fetched() {
  mkdirSync(FOLDER, { recursive: true });
  if (!existsSync(join(FOLDER, "skimage"))) {
    await run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", FOLDER, PYPI], { quiet: true });
    const [wheel] = globSync("scikit_image-*.whl", { cwd: FOLDER });
    await run("python3", ["-m", "zipfile", "-e", join(FOLDER, wheel), FOLDER], { quiet: true });
  }
  if (!existsSync(join(FOLDER, "usr")) && (await isRunnable("which", ["apt-get"]))) {
    await run("sh", ["-c", `cd "$0" && apt-get download -qq ${DEBIAN.join(" ")} && for package in *.deb; do dpkg-deb -x "$package" .; done`, FOLDER], { quiet: true });
  }
  const found = ["skimage/data/*.{png,jpg}", "usr/share/backgrounds/**/*.{png,jpg,webp}"];
  return [...found.flatMap((pattern) => globSync(pattern, { cwd: FOLDER }).sort()).map((path) => join(FOLDER, path)), root("docs", "images", "upload.png")];
}

/** Weights of Lanczos3 for each of `to` places along `from`, wider where the picture shrinks. */
function axis(from, to) {
  const scale = Math.max(from / to, 1);
  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  return Array.from({ length: to }, (_, place) => {
    const center = ((place + 0.5) * from) / to;
    const start = Math.max(0, Math.ceil(center - 3 * scale - 0.5));
    const end = Math.min(from, Math.floor(center + 3 * scale + 0.5));
    const weights = Array.from({ length: end - start }, (_, at) => {
      const x = (start + at + 0.5 - center) / scale;
      return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

/** Three bytes a pixel, made smaller without a rounding on the way. */
function exact(pixels, width, height, toWidth, toHeight) {
  const narrow = new Float64Array(toWidth * height * 3);
  axis(width, toWidth).forEach(({ start, weights }, x) => {
    for (let y = 0; y < height; y += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (let at = 0; at < weights.length; at += 1) sum += weights[at] * pixels[3 * (y * width + start + at) + channel];
        narrow[3 * (y * toWidth + x) + channel] = sum;
      }
    }
  });
  const small = new Uint8ClampedArray(toWidth * toHeight * 3);
  const row = new Float64Array(toWidth * 3);
  axis(height, toHeight).forEach(({ start, weights }, y) => {
    row.fill(0);
    for (let at = 0; at < weights.length; at += 1) {
      for (let x = 0; x < row.length; x += 1) row[x] += weights[at] * narrow[(start + at) * row.length + x];
    }
    small.set(row, y * row.length);
  });
  return small;
}

/** sharp's file. On its own it makes what is transparent black where a format has no alpha. */
const theirsOf = (picture, format) =>
  ({ jpeg: () => picture.flatten({ background: WHITE }).jpeg({ quality: 80 }), webp: () => picture.webp({ quality: 80 }), png: () => picture.png() })[format]();

/** Largest difference of the means of a channel, in levels of 255. */
function colourShift(a, b) {
  const sums = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) sums[at % 3] += a[at] - b[at];
  return Math.max(...sums.map((sum) => Math.abs((3 * sum) / a.length)));
}

export async function quality() {
  await installPeers();
  const { sharp } = await import("./peers/pictures.mjs");
  const { ssim } = await import("./peers/ssim.mjs");
  const tintype = await startTintype({ vision: { entry: "tests/worker/entries/vision.mjs" } });
  const rows = Object.fromEntries(FORMATS.map((format) => [format, []]));
  const names = new Set();
  try {
    const { transform } = await vision(tintype);
    for (const path of await fetched()) {
      if (LEFT_OUT.includes(basename(path))) continue;
      const file = readFileSync(path);
      const plain = (bytes) => sharp(bytes).rotate().flatten({ background: WHITE }).toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const { data, info } = await plain(file);
      if (info.width * info.height > SOURCE_PIXELS_MAX || info.channels !== 3) continue;
      // An odd part of the width, so that no short cut fits exactly.
      const width = Math.min(Math.round(info.width * 0.43), 800);
      for (const format of FORMATS) {
        const { made, error } = await transform({ file, width, format });
        if (error) throw new Error(`${path}: ${error}`);
        const theirs = await theirsOf(sharp(file).rotate().resize(width), format).toBuffer();
        const [ours, sharps] = [await plain(made), await plain(theirs)];
        const { width: w, height: h } = ours.info;
        if (sharps.info.height !== h) throw new Error(`${path}: ${h} rows, sharp has ${sharps.info.height}`);
        const reference = exact(data, info.width, info.height, w, h);
        const near = (pixels) => ssim(pixels, reference, w, h);
        const row = { name: basename(path), ours: near(ours.data), sharp: near(sharps.data), shift: colourShift(ours.data, reference), bytes: made.length / theirs.length };
        rows[format].push(row);
        names.add(path);
        if (process.env.VERBOSE) console.log(format, JSON.stringify(row));
      }
    }
  } finally {
    await tintype.close();
  }
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const lines = FORMATS.map((format) => {
    const differences = rows[format].map(({ ours, sharp, name }) => ({ by: ours - sharp, name })).sort((a, b) => a.by - b.by);
    const worst = rows[format].toSorted((a, b) => b.shift - a.shift)[0];
    return [
      format,
      mean(rows[format].map(({ ours }) => ours)).toFixed(4),
      mean(rows[format].map(({ sharp }) => sharp)).toFixed(4),
      `${differences[0].by.toFixed(4)} (${differences[0].name})`,
      `+${differences.at(-1).by.toFixed(4)} (${differences.at(-1).name})`,
      mean(rows[format].map(({ bytes }) => bytes)).toFixed(2),
      `${worst.shift.toFixed(2)} (${worst.name})`,
    ];
  });
  const head = ["", "Tintype, SSIM", "sharp, SSIM", "furthest below sharp", "furthest above", "bytes, against sharp's", "largest colour shift, of 255"];
  return [`Likeness of variants to an exact Lanczos3, on ${names.size} pictures`, `${markdown(head, lines)}

Pictures of PyPI's ${PYPI} and Debian's ${DEBIAN.join(" and ")}, and a screenshot of Tintype, at 0.43 of their width, at most 800 pixels;
JPEG and WebP at quality 80, pictures that are transparent on white. SSIM by ssim.js, of brightness, 1 for the same picture.`];
}
