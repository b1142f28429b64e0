// Markdown tables of what was measured.

const rounded = (number) => (number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2));

/** Rows of `[what, ours, ...peers]`, each a summary of a load. */
export function table(peers, rows) {
  const head = ["", "requests/s", "p50 ms", "p95 ms", "p99 ms", ...peers.flatMap((peer) => [`${peer}, requests/s`, "p50 ms", "ratio"])];
  const lines = rows.map(([what, ours, ...others]) => [
    what,
    ...[ours.perSecond, ours.p50, ours.p95, ours.p99].map(rounded),
    ...others.flatMap(({ perSecond, p50 }) => [rounded(perSecond), rounded(p50), `${(ours.perSecond / perSecond).toFixed(2)}×`]),
  ]);
  return markdown(head, lines);
}

/** Any table. */
export function markdown(head, lines) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map((_, index) => (index ? "--:" : "---"))), ...lines.map(row)].join("\n");
}
