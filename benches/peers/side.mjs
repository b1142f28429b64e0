// One peer in a thread of its own, which does what it is sent and says how long it took and how much wasm memory there
// is by then. A thread does one kind of work only: wasm memory never shrinks, so this is the peak.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const memories = new Set();
watchMemories();
const transform = await { sharp, "wasm-vips": wasmVips, photon, jsquash }[workerData.peer]();

parentPort.on("message", async ({ file, width, format, animated }) => {
  try {
    const started = performance.now();
    const made = await transform(Buffer.from(file), { width, format, animated });
    const ms = performance.now() - started;
    const bytes = [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
    parentPort.postMessage({ ms, made, bytes });
  } catch (error) {
    parentPort.postMessage({ error: String(error) });
  }
});
parentPort.postMessage("ready");

/** Every memory that a module makes or brings. */
function watchMemories() {
  const { Memory, Instance, instantiate } = WebAssembly;
  const keep = (instance) => {
    for (const value of Object.values(instance.exports)) if (value instanceof Memory) memories.add(value);
    return instance;
  };
  const kept = (memory) => (memories.add(memory), memory);
  WebAssembly.Memory = new Proxy(Memory, { construct: (target, args) => kept(new target(...args)) });
  WebAssembly.Instance = new Proxy(Instance, { construct: (target, args) => keep(new target(...args)) });
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate(...args);
    keep(made.instance ?? made);
    return made;
  };
}

/** libvips, native, with one thread. */
async function sharp() {
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  return (file, { width, format, animated }) =>
    sharp(file, { animated }).resize(width)[format](["jpeg", "webp"].includes(format) ? { quality: 80 } : {}).toBuffer();
}

/** libvips in wasm. It needs 256 MB and threads, which a Worker does not have. */
async function wasmVips() {
  const { default: start } = await import("wasm-vips");
  const vips = await start({ dynamicLibraries: [] });
  vips.concurrency(1);
  vips.Cache.max(0);
  return (file, { width, format, animated }) => {
    const options = { height: 10_000_000, size: "down", ...(animated && { option_string: "n=-1" }) };
    const image = vips.Image.thumbnailBuffer(file, width, options);
    const made = image.writeToBuffer(`.${format === "jpeg" ? "jpg" : format}`, ["jpeg", "webp"].includes(format) ? { Q: 80 } : {});
    image.delete();
    return made;
  };
}

/** The Rust crate of that name. It writes WebP without loss only. */
async function photon() {
  const { PhotonImage, SamplingFilter, resize } = await import("@cf-wasm/photon");
  return (file, { width, format, animated }) => {
    if (animated) throw new Error("stills only");
    const image = PhotonImage.new_from_byteslice(file);
    const height = Math.round((image.get_height() * width) / image.get_width());
    const small = resize(image, width, height, SamplingFilter.Lanczos3);
    const made = { jpeg: () => small.get_bytes_jpeg(80), webp: () => small.get_bytes_webp(), png: () => small.get_bytes() }[format]();
    small.free();
    image.free();
    return made;
  };
}

/** mozjpeg, libwebp, oxipng's codec and a resizer, each a module. */
async function jsquash() {
  globalThis.ImageData ??= class ImageData {
    constructor(data, width, height) {
      Object.assign(this, { data, width, height });
    }
  };
  const { resolve } = createRequire(import.meta.url);
  const load = async (name, wasm) => {
    const codec = await import(`@jsquash/${name}.js`);
    const module = new WebAssembly.Module(readFileSync(resolve(`@jsquash/${wasm}`)));
    await (codec.init ?? codec.initResize)(module);
    return codec.default;
  };
  const decoders = {
    jpeg: () => load("jpeg/decode", "jpeg/codec/dec/mozjpeg_dec.wasm"),
    png: () => load("png/decode", "png/codec/pkg/squoosh_png_bg.wasm"),
  };
  const encoders = {
    jpeg: () => load("jpeg/encode", "jpeg/codec/enc/mozjpeg_enc.wasm"),
    png: () => load("png/encode", "png/codec/pkg/squoosh_png_bg.wasm"),
    webp: () => load("webp/encode", "webp/codec/enc/webp_enc_simd.wasm"),
  };
  const resize = await load("resize/index", "resize/lib/resize/pkg/squoosh_resize_bg.wasm");
  let [decode, encode] = [];
  return async (file, { width, format, animated }) => {
    if (animated) throw new Error("stills only");
    decode ??= await decoders[file[0] === 0xff ? "jpeg" : "png"]();
    encode ??= await encoders[format]();
    const image = await decode(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
    const height = Math.round((image.height * width) / image.width);
    const small = await resize(image, { width, height, method: "lanczos3", premultiply: false, linearRGB: false });
    return new Uint8Array(await encode(small, { quality: 80 }));
  };
}
