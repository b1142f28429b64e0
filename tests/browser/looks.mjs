// How a page looks: to axe-core with nothing disabled, in a narrow window and a wide one, and to whoever runs the tests with
// SHOTS=<folder> and opens the pictures.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { root } from "../../scripts/process.mjs";

const AXE = readFileSync(root("node_modules", "axe-core", "axe.min.js"), "utf8");
/** The narrowest window that a page has to fit (WCAG 2.2, 1.4.10), and a common one. */
export const WIDTHS = [320, 1280];
const { SHOTS } = process.env;

/** What axe-core finds wrong with a page. */
export async function violations(page) {
  // Through the debugger rather than the page, whose policy forbids foreign scripts.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 300)}`);
}

/** That a page fits each width and passes axe-core; which is a script: without JavaScript, there are `axe: false` and a twin. */
export async function assertFits(page, name, { axe = true } = {}) {
  // A page is there before its style sheet is.
  await page.waitForLoadState();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    if (axe) assert.deepEqual(await violations(page), [], `${name}, ${width} px`);
    const overflow = await page.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
    if (SHOTS) {
      mkdirSync(SHOTS, { recursive: true });
      await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, fullPage: true });
    }
  }
}
