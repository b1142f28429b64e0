// `npm run operator -- list|appoint|dismiss`: who runs this deployment (docs/operate.md). There is no way in over HTTP: who may
// deploy may do this. The review log says that it was done.

import { writeLocalConfig } from "./dev/config.mjs";
import { ended, fail, nodeForWrangler, root, start } from "./process.mjs";

const USAGE = `npm run operator -- list               accounts of operators, and whether they have a second factor
npm run operator -- appoint <account>  make an account an operator: its name is at the top of its settings
npm run operator -- dismiss <account>  make it one no more, at once

With --remote, of the deployment; otherwise of the local product.`;

const FACTORS = `EXISTS (SELECT 1 FROM totp_factors WHERE account_id = accounts.id AND confirmed_at IS NOT NULL)
  OR EXISTS (SELECT 1 FROM passkeys WHERE account_id = accounts.id)`;

const where = process.argv.includes("--remote")
  ? ["--remote", "--config", root("wrangler.toml")]
  : ["--local", "--config", writeLocalConfig()];
const [command, account] = process.argv.slice(2).filter((word) => word !== "--remote");

switch (command) {
  case "list": {
    const found = await rows(`SELECT id AS account, ${FACTORS} AS has_second_factor FROM accounts WHERE is_operator = 1 ORDER BY id`);
    if (found.length === 0) console.log("Nobody is an operator.");
    for (const { account, has_second_factor } of found) console.log(`${account}  ${second(has_second_factor)}`);
    break;
  }
  case "appoint": {
    const found = await change(1, "appointed");
    console.log(`${account} is an operator now. ${second(found.has_second_factor)}`);
    break;
  }
  case "dismiss":
    await change(0, "dismissed");
    console.log(`${account} is an operator no more.`);
    break;
  default:
    fail(USAGE);
}

function second(has) {
  return has ? "It has a second factor." : "It has no second factor yet: until it has, /operate asks for one.";
}

/** Changes the role and writes that down, if there is such an account. */
async function change(isOperator, act) {
  // The letters of domain/ids.rs; nothing else gets into a statement.
  if (!/^[0-9a-hjkmnp-tv-z]{24}$/.test(account ?? "")) fail(USAGE);
  const [found] = await rows(`UPDATE accounts SET is_operator = ${isOperator} WHERE id = '${account}' RETURNING ${FACTORS} AS has_second_factor`);
  if (!found) fail("There is no such account.");
  await rows(`INSERT INTO review_log (at, operator, act, about, subject, reason)
    VALUES (${Date.now()}, '', '${act}', 'account', '${account}', 'by the command line')`);
  return found;
}

/** The rows of one statement. */
async function rows(sql) {
  const execute = [root("node_modules", "wrangler", "bin", "wrangler.js"), "d1", "execute", "DB", ...where, "--yes"];
  const child = start(nodeForWrangler(), [...execute, "--json", "--command", sql], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const code = await ended(child);
  const text = Buffer.concat(chunks).toString();
  // wrangler says on standard output what went wrong, too.
  if (code !== 0) fail(text);
  return JSON.parse(text)[0].results;
}
