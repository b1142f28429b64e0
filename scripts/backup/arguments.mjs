// What a command was asked.

import { fail } from "../process.mjs";

/** What says of which stores, in the words of every command. */
export const WHERE = `where: nothing          the local product
       --state FOLDER   the local one whose .wrangler is in there
       --remote         the deployment that wrangler.toml names; with --config FILE, another file of its kind`;

/** One word, what says where, and the command's own switches and options with a value; whatever else ends the program with its usage. */
export function readArguments(usage, { switches, options = [] }) {
  const [known, valued] = [[...switches, "remote"], [...options, "state", "config"]];
  const asked = { words: [] };
  const given = process.argv.slice(2);
  while (given.length > 0) {
    const word = given.shift();
    const name = word.replace(/^--/, "");
    if (!word.startsWith("--")) asked.words.push(word);
    else if (known.includes(name)) asked[name] = true;
    else if (valued.includes(name) && given.length > 0) asked[name] = given.shift();
    else fail(usage);
  }
  // One place, and no doubt which.
  if (asked.words.length !== 1 || (asked.remote ? asked.state : asked.config)) fail(usage);
  return asked;
}
