// The product in the real runtime on a port of its own, and Debian's Chromium in front of it. No request
// leaves this machine: the browser is started without its background services.

import { connect, createServer } from "node:net";
import { chromium } from "playwright-core";
import { startTintype } from "../worker/harness.mjs";

export const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** Starts the product and a browser; `close()` ends both. */
export async function startStage({ vision, vars } = {}) {
  const front = await startFront();
  const [app, images] = [`http://localhost:${front.port}`, `http://127.0.0.1:${front.port}`];
  const tintype = await startTintype({ app: { vars: { APP_ORIGIN: app, IMAGE_ORIGIN: images, ...vars } }, vision });
  front.leadTo(tintype.url);
  const browser = await chromium.launch(CHROMIUM);
  return {
    app,
    images,
    front,
    tintype,
    /** A fresh visitor: own cookies, own window. */
    visit: async (options = {}) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      page.problems = [];
      // What a visitor never sees and we must: script errors and blocked resources.
      page.on("pageerror", (error) => page.problems.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" && !isAnsweredError(message.text())) page.problems.push(message.text());
      });
      return page;
    },
    close: async () => {
      await browser.close();
      front.close();
      await tintype.close();
    },
  };
}

/** Chromium notes every answer of 400 and above as an error; tests of such answers look at them themselves. */
const isAnsweredError = (text) => text.startsWith("Failed to load resource: the server responded with a status");

/**
 * A port that is known before the product starts, as its settings must name it; the test harness of the
 * runtime chooses its own. Bytes pass through as they are, with the host the visitor asked for.
 */
async function startFront() {
  let target;
  const sockets = new Set();
  const server = createServer((socket) => {
    const behind = connect(target);
    for (const end of [socket, behind]) sockets.add(end.on("close", () => sockets.delete(end)));
    const breakOff = () => (socket.destroy(), behind.destroy());
    behind.on("data", () => front.losesAnswers && breakOff());
    socket.pipe(behind).pipe(socket);
    for (const end of [socket, behind]) end.on("error", breakOff);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const front = {
    /** Whether connections break when the product begins to answer. */
    losesAnswers: false,
    port: server.address().port,
    leadTo: ({ hostname, port }) => (target = { host: hostname, port: Number(port) }),
    // A body that no test has read would keep it open for half a minute.
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return front;
}
