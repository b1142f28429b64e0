// The least a Worker can do: an answer of some bytes from memory. What is slower than this is slower because
// it does something.

const bodies = new Map();

export default {
  fetch(request) {
    const length = Number(new URL(request.url).searchParams.get("bytes") ?? 5);
    if (!bodies.has(length)) bodies.set(length, new Uint8Array(length));
    return new Response(bodies.get(length), { headers: { "content-type": "image/png", "content-length": String(length) } });
  },
};
