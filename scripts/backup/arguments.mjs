// What a command was asked.

import { fail } from "../process.mjs";

/** What says of which stores, in each command's own words. */
export const WHERE = `where: nothing          the local product
       --state FOLDER   the local one whose .wrangler is in there
       --remote         the deployment that wrangler.toml names; with --config FILE, another file of its kind`;
export const WHERE_ASKED = { switches: ["remote"], options: ["state", "config"] };

/** One word, switches, and options with a value; whatever else ends the program with how it is used. */
export function readArguments(usage, { switches, options }) {
  const asked = { words: [] };
  const given = process.argv.slice(2);
  while (given.length > 0) {
    const word = given.shift();
    const name = word.replace(/^--/, "");
    if (!word.startsWith("--")) asked.words.push(word);
    else if (switches.includes(name)) asked[name] = true;
    else if (options.includes(name) && given.length > 0) asked[name] = given.shift();
    else fail(usage);
  }
  if (asked.words.length !== 1) fail(usage);
  return asked;
}
