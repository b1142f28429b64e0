// The product in the real runtime on a port of its own, and Debian's Chromium in front of it. No request
// leaves this machine: the browser is started without its background services.

import { createServer } from "node:net";
import { chromium } from "playwright-core";
import { startTintype } from "../worker/harness.mjs";

const CHROMIUM = {
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
export async function startStage() {
  const port = await freePort();
  const [app, images] = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  const vars = { APP_ORIGIN: app, IMAGE_ORIGIN: images };
  const tintype = await startTintype({ app: { vars, port } });
  const browser = await chromium.launch(CHROMIUM);
  return {
    app,
    images,
    tintype,
    /** A fresh visitor: own cookies, own window. */
    visit: async (options = {}) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
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
      await tintype.close();
    },
  };
}

/** Chromium notes every answer of 400 and above as an error; tests of such answers look at them themselves. */
const isAnsweredError = (text) => text.startsWith("Failed to load resource: the server responded with a status");

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
