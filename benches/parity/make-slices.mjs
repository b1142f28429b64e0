// `node benches/parity/make-slices.mjs FOLDER`: gathers benign images into slices, for docs/model-card.md.
//
// FOLDER holds unpacked public packages: `skimage/` (PyPI scikit-image 0.26.0), `stamps/` (Debian
// tuxpaint-stamps-default 2022.06.04), `wallpapers/` (Debian mate-backgrounds 1.26.0 and gnome-backgrounds 43.1).
// Their pictures are not copied into this repository. Some slices are made of others: grids, padding, crops, rotation.

import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import sharp from "sharp";

const folder = process.argv[2];
const found = (pattern) => globSync(pattern, { cwd: folder }).sort().map((path) => join(folder, path));
const slice = (name) => {
  const path = join(folder, "slices", name);
  mkdirSync(path, { recursive: true });
  return (file) => join(path, file);
};
const copy = (name, files) => {
  const to = slice(name);
  files.forEach((file, at) => copyFileSync(file, to(`${String(at).padStart(3, "0")}-${basename(file)}`)));
};
const stamps = (...groups) => groups.flatMap((group) => found(`stamps/${group}/*.png`));

const samples = found("skimage/data/*.{png,jpg}");
const wallpapers = [...found("wallpapers/**/nature/*.jpg"), ...found("wallpapers/**/gnome/*.{jpg,webp}")];
copy("scikit-image", samples);
copy("wallpapers", wallpapers);
copy("objects on transparency", stamps("animals/birds", "food/fruit", "food/vegetables", "plants/flowers", "animals/mammals/*", "household/*", "clothes"));
copy("hands on transparency", stamps("symbols/alphabets/asl"));
copy("drawings", stamps("town/houses/cartoon", "food/fruit/cartoon", "animals/insects/cartoon", "town/monuments/cartoon", "town/cartoon", "vehicles/*/cartoon"));
copy("letters and symbols", stamps("symbols/alphabets/english/*/*", "symbols/math/*", "symbols/music", "symbols/chess"));

// 200 photographs of 25 x 25 pixels, half of them of faces (a .npy of 64-bit floats, 0 to 1).
const faces = slice("faces, enlarged");
const npy = readFileSync(join(folder, "skimage/data/lfw_subset.npy"));
const header = 10 + npy.readUInt16LE(8);
for (let at = 0; at < 100; at += 1) {
  const grey = Buffer.from({ length: 625 }, (_, place) => Math.round(255 * npy.readDoubleLE(header + 8 * (at * 625 + place))));
  await sharp(grey, { raw: { width: 25, height: 25, channels: 1 } }).resize(250, 250).png().toFile(faces(`${at}.png`));
}

const photographs = [...samples.filter((file) => /astronaut|coffee|chelsea|rocket|motorcycle|grass/.test(file)), ...wallpapers];
for (const [at, file] of photographs.entries()) {
  const small = await sharp(file).resize(480, 480, { fit: "inside" }).flatten({ background: "#fff" }).jpeg().toBuffer();
  writeFileSync(slice("screens of phones")(`${at}.jpg`), await sharp({ create: { width: 540, height: 1_170, channels: 3, background: "#111" } }).composite([{ input: small }]).jpeg().toBuffer());
  writeFileSync(slice("padded")(`${at}.jpg`), await sharp(small).extend({ top: 240, bottom: 240, left: 240, right: 240, background: "#fff" }).jpeg().toBuffer());
  writeFileSync(slice("upside down")(`${at}.jpg`), await sharp(small).rotate(180).jpeg().toBuffer());
  writeFileSync(slice("blurred")(`${at}.jpg`), await sharp(small).blur(6).jpeg().toBuffer());
}
// Long: six photographs under each other; letterboxed: between black bars that take two thirds of the height.
for (let at = 0; at + 6 <= photographs.length; at += 3) {
  const strip = await Promise.all(photographs.slice(at, at + 6).map((file) => sharp(file).resize(400, 300).flatten({ background: "#fff" }).toBuffer()));
  const composite = strip.map((input, place) => ({ input, left: 0, top: place * 300 }));
  await sharp({ create: { width: 400, height: 1_800, channels: 3, background: "#fff" } }).composite(composite).jpeg().toFile(slice("long strips")(`${at}.jpg`));
}
for (const [at, file] of photographs.entries()) {
  const wide = await sharp(file).resize(600, 300).flatten({ background: "#fff" }).jpeg().toBuffer();
  await sharp(wide).extend({ top: 300, bottom: 300, background: "#000" }).jpeg().toFile(slice("letterboxed")(`${at}.jpg`));
}
const tiles = await Promise.all(photographs.map((file) => sharp(file).resize(160, 160).flatten({ background: "#fff" }).toBuffer()));
for (let at = 0; at + 9 <= tiles.length; at += 3) {
  const composite = tiles.slice(at, at + 9).map((input, place) => ({ input, left: (place % 3) * 170, top: Math.floor(place / 3) * 170 }));
  await sharp({ create: { width: 500, height: 500, channels: 3, background: "#fff" } }).composite(composite).jpeg().toFile(slice("grids")(`${at}.jpg`));
}
