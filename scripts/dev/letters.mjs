// The letters of the local product, for reading: those in its outbox, and one of each kind as the tests recorded them.
//
//   GET /__dev/outbox            what was sent, the latest first; as JSON for who asks for it
//   GET /__dev/outbox/{name}     one letter
//   GET /__dev/letters           every kind, with sample facts (tests/golden/letters.json)

import samples from "../../tests/golden/letters.json";

const PREFIX = "outbox/";
const SHOWN_MAX = 200;
// Nothing but our own styles: a letter cannot fetch or run anything here, as it cannot in a mail program.
const CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";
const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  article { border-top: 1px solid; padding: 1rem 0 }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid }
  iframe { width: 100%; height: 32rem; border: 1px solid }
  dt { font-weight: bold } dd { margin: 0 0 .5rem; overflow-wrap: anywhere }`;

/** Answers a request for letters. */
export async function showLetters(request, env, tool, name) {
  if (tool === "letters") return page("Letters", samples.map(joined).map(article).join(""));
  if (name) {
    const letter = await (await env.RECOVERY.get(PREFIX + decodeURIComponent(name)))?.json();
    return letter ? page(letter.subject, article(letter)) : page("No such letter", "", 404);
  }
  const letters = await outbox(env);
  if (request.headers.get("accept")?.includes("application/json")) return Response.json(letters);
  const row = ({ name, letter }) =>
    `<li><a href="/__dev/outbox/${encodeURIComponent(name)}">${escaped(letter.subject)}</a> to ${escaped(letter.to)}, ${escaped(letter.written_at)}</li>`;
  const list = letters.length ? `<ul>${letters.map(row).join("")}</ul>` : "<p>Nothing was sent yet.</p>";
  return page("Outbox", `${list}<p><a href="/__dev/letters">One of each kind</a></p>`);
}

async function outbox({ RECOVERY }) {
  const names = [];
  for (let cursor; ; ) {
    const found = await RECOVERY.list({ prefix: PREFIX, cursor });
    names.push(...found.objects.map(({ key }) => key));
    if (!found.truncated) break;
    cursor = found.cursor;
  }
  // Names are in order of time.
  const latest = names.reverse().slice(0, SHOWN_MAX);
  const read = async (key) => ({ name: key.slice(PREFIX.length), letter: await (await RECOVERY.get(key))?.json() });
  return (await Promise.all(latest.map(read))).filter(({ letter }) => letter);
}

const joined = (sample) => ({
  ...sample, text: sample.text.join("\n"), html: sample.html.join("\n"), headers: Object.fromEntries(sample.headers),
});

function article({ kind, sender, to, subject, headers, text, html }) {
  const facts = { Kind: kind, Sender: sender, To: to, Subject: subject, ...headers };
  const told = Object.entries(facts).filter(([, value]) => value);
  return `<article id="${escaped(kind)}"><h2>${escaped(subject)}</h2>
<dl>${told.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${linked(value)}</dd>`).join("")}</dl>
<pre>${linked(text)}</pre>
<iframe sandbox srcdoc="${escaped(html)}" title="${escaped(subject)}, as HTML"></iframe></article>`;
}

function page(title, body, status = 200) {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style><h1>${escaped(title)}</h1>${body}</html>`;
  return new Response(html, { status, headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": CSP } });
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// Links are followed from here: in the frame nothing leads anywhere.
const linked = (text) =>
  String(text).split(/(https?:\/\/[^\s<>]+)/).map((part, i) => (i % 2 ? `<a href="${escaped(part)}">${escaped(part)}</a>` : escaped(part))).join("");
