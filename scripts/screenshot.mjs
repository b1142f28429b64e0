// `node scripts/screenshot.mjs` takes the picture of the upload page that README.md shows: the product in the
// real runtime, a visitor, and one upload of a picture that is drawn on the spot.

import { root } from "./process.mjs";
import { startStage } from "../tests/browser/harness.mjs";

/** A harbour at dusk. Runs in the browser. */
function drawHarbour() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 800 });
  const pen = canvas.getContext("2d");
  const wash = (top, bottom, stops) => {
    const gradient = pen.createLinearGradient(0, top, 0, bottom);
    stops.forEach((colour, index) => gradient.addColorStop(index / (stops.length - 1), colour));
    pen.fillStyle = gradient;
    pen.fillRect(0, top, 1200, bottom - top);
  };
  wash(0, 520, ["#2b3a55", "#6d6a86", "#d8937a", "#f3cf9d"]);
  wash(520, 800, ["#c98f78", "#4d5068", "#1d2436"]);
  pen.fillStyle = "#fbe6b4";
  pen.beginPath();
  pen.arc(820, 470, 46, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#39334a";
  pen.beginPath();
  [[0, 520], [0, 430], [160, 380], [330, 440], [520, 400], [690, 470], [900, 505], [1200, 460], [1200, 520]].forEach(
    ([x, y]) => pen.lineTo(x, y),
  );
  pen.fill();
  pen.fillStyle = "#15131a";
  for (const [x, size] of [[250, 1], [430, 0.7], [980, 0.85]]) {
    pen.save();
    pen.translate(x, 560);
    pen.scale(size, size);
    pen.beginPath();
    [[-90, 0], [-60, 46], [70, 46], [100, 0]].forEach(([dx, dy]) => pen.lineTo(dx, dy));
    pen.fill();
    pen.fillRect(-4, -190, 8, 190);
    pen.beginPath();
    [[10, -180], [10, -20], [86, -20]].forEach(([dx, dy]) => pen.lineTo(dx, dy));
    pen.fill();
    pen.restore();
  }
  return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
}

const stage = await startStage();
const page = await stage.visit({ viewport: { width: 1200, height: 1120 }, colorScheme: "light" });
await page.goto(stage.app);
const picture = Buffer.from(await page.evaluate(drawHarbour), "base64");
await page.setInputFiles("#file", { name: "harbour.jpg", mimeType: "image/jpeg", buffer: picture });
await page.locator(".result img").evaluate((image) => image.decode());
await page.evaluate(() => scrollTo(0, 0));
await page.screenshot({ path: root("docs", "images", "upload.png") });
await stage.close();
process.exit(0);
