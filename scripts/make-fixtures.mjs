// Makes the image files in tests/fixtures: small pictures of our own, full of invented private data.
// The files are committed, so that tests do not depend on the versions of the tools. To make them anew:
//   npm install --no-save sharp@0.34.5 && node scripts/make-fixtures.mjs   (and exiftool on the PATH)
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";

const folder = new URL("../tests/fixtures/", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "fixtures-"));

// A picture that shows which way is up: sky, sun at the top left, ground.
function picture(width, height, channels, shift = 0) {
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sun = Math.hypot(x - width / 4 - shift, y - height / 4) < height / 6;
      const ground = y > height * 0.7;
      const colour = sun ? [250, 220, 80] : ground ? [60, 120 - (x % 9), 50] : [90, 150, 240 - Math.round(y / 2)];
      const at = (y * width + x) * channels;
      data.set(colour, at);
      if (channels === 4) data[at + 3] = Math.min(255, Math.round((x / width) * 300));
    }
  }
  return sharp(data, { raw: { width, height, channels } });
}

const exif = [
  "-EXIF:GPSLatitude=48.2082", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=16.3738", "-EXIF:GPSLongitudeRef=E",
  "-EXIF:GPSAltitude=171", "-EXIF:Make=Inventa", "-EXIF:Model=Camera 1", "-EXIF:SerialNumber=SN-4711",
  "-EXIF:LensSerialNumber=LN-0815", "-EXIF:OwnerName=Jane Doe", "-EXIF:Artist=Jane Doe", "-EXIF:Software=Editor 9",
  "-EXIF:UserComment=for Mum", "-EXIF:ImageDescription=the back garden", "-EXIF:DateTimeOriginal=2026:01:02 03:04:05",
  "-EXIF:CreateDate=2026:01:02 03:04:05", "-EXIF:ModifyDate=2026:01:02 03:04:05", "-EXIF:OffsetTime=+01:00",
  "-EXIF:ImageUniqueID=0123456789abcdef", "-EXIF:Copyright=(c) 2026 Ida Beispiel", "-EXIF:XPAuthor=Jane Doe",
];
const xmp = [
  "-XMP-dc:Creator=Jane Doe", "-XMP-dc:Description=the back garden", "-XMP-exif:GPSLatitude=48.2082",
  "-XMP-exif:GPSLongitude=16.3738", "-XMP-aux:SerialNumber=SN-4711", "-XMP-xmpMM:DocumentID=xmp.did:4711",
  "-XMP-iptcExt:PersonInImage=Jane Doe",
];
const iptc = ["-IPTC:By-line=Jane Doe", "-IPTC:City=Vienna", "-IPTC:Keywords=garden", "-Comment=a comment"];

async function write(name, image, tags) {
  const path = join(folder, name);
  rmSync(path, { force: true });
  writeFileSync(path, await image.toBuffer());
  if (tags.length) execFileSync("exiftool", ["-q", "-q", "-overwrite_original", ...tags, path]);
}

// A trailing preview after EOI and the directory that announces it (CIPA DC-007), as cameras write them.
function withTrailingPreview(file, preview) {
  const entry = Buffer.alloc(32);
  entry.writeUInt32BE(0x030000, 0);
  entry.writeUInt32BE(0x010001, 16);
  entry.writeUInt32BE(preview.length, 20);
  const index = Buffer.from([
    0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 3,
    0xb0, 0, 0, 7, 0, 0, 0, 4, 0x30, 0x31, 0x30, 0x30,
    0xb0, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2,
    0xb0, 2, 0, 7, 0, 0, 0, 32, 0, 0, 0, 50,
    0, 0, 0, 0,
  ]);
  const body = Buffer.concat([Buffer.from("MPF\0"), index, entry]);
  const head = Buffer.from([0xff, 0xe2, 0, body.length + 2]);
  const whole = file.length + head.length + body.length;
  // Offsets count from the byte order mark inside this segment, which comes right after SOI.
  const mark = 2 + head.length + 4;
  entry.writeUInt32BE(whole, 4);
  entry.writeUInt32BE(whole - mark, 24);
  const segment = Buffer.concat([head, Buffer.from("MPF\0"), index, entry]);
  return Buffer.concat([file.subarray(0, 2), segment, file.subarray(2), preview]);
}

const thumbnail = join(scratch, "thumbnail.jpg");
writeFileSync(thumbnail, await picture(32, 24, 3).jpeg({ quality: 50 }).toBuffer());
for (let orientation = 1; orientation <= 8; orientation++) {
  const jpeg = picture(96, 64, 3).jpeg({ quality: 70, progressive: orientation % 2 === 0 });
  const tags = [...exif, `-EXIF:Orientation#=${orientation}`, ...xmp, ...iptc, `-ThumbnailImage<=${thumbnail}`];
  await write(`orientation-${orientation}.jpg`, jpeg.withIccProfile("srgb"), tags);
}
await write("preview.jpg", picture(96, 64, 3).jpeg({ quality: 70 }), [...exif, "-EXIF:Orientation#=6"]);
const path = join(folder, "preview.jpg");
writeFileSync(path, withTrailingPreview(readFileSync(path), readFileSync(thumbnail)));
await write("cmyk.jpg", picture(64, 48, 3).toColourspace("cmyk").jpeg({ quality: 70 }), []);
await write("private.png", picture(96, 64, 4).png().withIccProfile("srgb"), [...exif, ...xmp, "-Comment=a comment", "-PNG:Author=Jane Doe", "-EXIF:Orientation#=3"]);
await write("palette.png", picture(96, 64, 3).png({ palette: true, progressive: true }), [...xmp]);
const strip = Buffer.concat(await Promise.all([0, 8, 16].map((shift) => picture(48, 32, 4, shift).raw().toBuffer())));
const frames = () => sharp(strip, { raw: { width: 48, height: 96, channels: 4, pageHeight: 32 } });
await write("animated.gif", frames().gif({ delay: [100, 100, 100], loop: 0 }), [...xmp, "-Comment=a comment"]);
await write("animated.webp", frames().webp({ quality: 50, loop: 0 }), [...exif, ...xmp]);
await write("lossy.webp", picture(96, 64, 3).webp({ quality: 60 }), [...exif, ...xmp, "-EXIF:Orientation#=8"]);
await write("lossy-alpha.webp", picture(95, 63, 4).webp({ quality: 60 }).withIccProfile("srgb"), [...exif, ...xmp]);
await write("lossless.webp", picture(96, 64, 4).webp({ lossless: true }), [...exif, ...xmp]);
// Small ones without metadata, for the fuzz.
await write("small-lossy.webp", picture(24, 20, 3).webp({ quality: 60 }), []);
await write("small-lossy-alpha.webp", picture(23, 17, 4).webp({ quality: 60 }), []);
rmSync(scratch, { recursive: true });
