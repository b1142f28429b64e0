// Somebody who has a keyboard and no mouse.

import assert from "node:assert/strict";

/** Goes on with Tab until what has the focus is called so. */
export async function tabTo(page, name, { max = 60 } = {}) {
  for (let count = 0; count < max; count += 1) {
    await page.keyboard.press("Tab");
    const label = await page.evaluate(() => {
      const { activeElement: here } = document;
      return here.getAttribute("aria-label") ?? here.labels?.[0]?.textContent ?? here.textContent ?? "";
    });
    if (label.replace(/\s+/g, " ").trim().startsWith(name)) return;
  }
  assert.fail(`the keyboard does not reach "${name}"`);
}

/** Goes down the list that has the focus until what is chosen begins so. */
export async function choose(page, name, { max = 40 } = {}) {
  for (let count = 0; count < max; count += 1) {
    const chosen = await page.evaluate(() => document.activeElement.selectedOptions?.[0]?.textContent ?? "");
    if (chosen.trim().startsWith(name)) return;
    await page.keyboard.press("ArrowDown");
  }
  assert.fail(`the list has no "${name}"`);
}
