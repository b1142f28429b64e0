// An image host as one writes it in an afternoon: JavaScript, the same R2 bucket, conditions and ranges left
// to R2, nothing examined, no database, no dates. What Tintype costs beside it is the price of its promises.

export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") {
      const stored = await env.IMAGES.put(`plain/${crypto.randomUUID()}`, request.body);
      return Response.json({ key: stored.key }, { status: 201 });
    }
    const object = await env.IMAGES.get(key, { onlyIf: request.headers, range: request.headers });
    if (!object) return new Response("no such image", { status: 404 });
    const headers = new Headers({ etag: object.httpEtag, "cache-control": "public, max-age=300", "accept-ranges": "bytes" });
    if (!object.body) return new Response(null, { status: 304, headers });
    headers.set("content-type", object.httpMetadata.contentType);
    if (!request.headers.has("range")) return new Response(object.body, { headers });
    const { offset, length } = object.range;
    headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${object.size}`);
    return new Response(object.body, { status: 206, headers });
  },
};
