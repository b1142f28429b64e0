// Stands in for vision and is wrong in the way of the mode: POST /__test/mode?is=…

// Longer than the app of these tests has patience, and than a test may take.
const HANG_MS = 30_000;
let mode = "down";

const facts = (bytes) => ({
  format: "png", width: 8, height: 8, frames: 1, animated: false, orientation: 1, has_alpha: false,
  thumbhash: "", dominant_color: "#808080", bytes,
});

async function hex(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function findings(value, body) {
  return new Response(body, { headers: { "x-vision-findings": typeof value === "string" ? value : JSON.stringify(value) } });
}

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/__test/mode") {
      mode = url.searchParams.get("is");
      return Response.json({ mode });
    }
    if (url.pathname === "/readiness") return readiness();
    const bytes = new Uint8Array(await request.arrayBuffer());
    const digest = await hex(bytes);
    const honest = {
      facts: facts(bytes.length), received_sha256: digest, stored_sha256: digest, pdq: [], assessment: { kind: "not_classified" },
    };
    switch (mode) {
      case "honest": return findings(honest, bytes);
      case "dies": throw new Error("vision died");
      case "500": return new Response("oops", { status: 500 });
      case "502_html": return new Response("<h1>Bad gateway</h1>", { status: 502 });
      case "no_findings": return new Response(bytes);
      case "garbage": return findings("{not json", bytes);
      case "unknown_assessment": return findings({ ...honest, assessment: { kind: "looks_fine_to_me" } }, bytes);
      case "no_assessment": return findings({ ...honest, assessment: undefined }, bytes);
      case "wrong_digest": return findings({ ...honest, stored_sha256: "00".repeat(32) }, bytes);
      case "no_digest": return findings({ ...honest, stored_sha256: "" }, bytes);
      case "other_bytes": return findings(honest, bytes.map((byte) => byte ^ 1));
      case "too_short": return findings(honest, bytes.subarray(0, bytes.length - 1));
      case "too_long": return findings(honest, new Uint8Array([...bytes, 0]));
      case "breaks_off": return findings(honest, breakingOff(bytes));
      case "hangs": return new Promise((resolve) => setTimeout(resolve, HANG_MS));
      case "stalls": return findings(honest, stalling(bytes));
      case "busy": return Response.json({ kind: "busy", retry_after_s: 7 }, { status: 503 });
      default: throw new Error(`no such mode: ${mode}`);
    }
  },
};

// What is wrong only later says here that it is ready.
function readiness() {
  switch (mode) {
    case "down": throw new Error("vision is down");
    case "deaf": return new Promise((resolve) => setTimeout(resolve, HANG_MS));
    case "full": return new Response(null, { status: 503 });
    default: return new Response(null, { status: 204 });
  }
}

function breakingOff(bytes) {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new Error("vision broke off"));
      sent = true;
      controller.enqueue(bytes.subarray(0, bytes.length >> 1));
    },
  });
}

function stalling(bytes) {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes.subarray(0, bytes.length >> 1));
      await new Promise((resolve) => setTimeout(resolve, HANG_MS));
      controller.close();
    },
  });
}
