// Many objects whose time in recovery is over, and what erasing them costs the runtime.

import { readFileSync, readdirSync } from "node:fs";

/** Plants objects and their rows; `recovery` and `database` are the bindings. */
export async function plantDue(database, recovery, count) {
  const name = (number) => `images/${number.toString(16).padStart(24, "0")}`;
  for (let from = 0; from < count; from += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => recovery.put(name(from + n), "bytes")));
  }
  const rows = `
    INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason, removing_at,
                        removal_reason, erase_after)
    WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?1 - 1)
    SELECT printf('%024x', n), 'recovery', 'api', 'safe', 1, 0, 'safe', 'planted', 1, 'expired', 1 FROM n`;
  await database.prepare(rows).bind(count).run();
}

/** Processor time that the programs which this one started have taken so far, in milliseconds (Linux): the runtime is one of them. */
export function cpuOfRuntime() {
  const stats = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap(statOf);
  const family = new Set([process.pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid);
  }
  // A tick is a hundredth of a second.
  return stats.filter(({ pid }) => pid !== process.pid && family.has(pid)).reduce((sum, { ticks }) => sum + ticks * 10, 0);
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return [{ pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
