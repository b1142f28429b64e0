// `npm run bless`: rewrites what is printed from the code: the generated documents, the schema's snapshot and what letters
// say. Read the difference before you commit it.

import { run } from "./process.mjs";

for (const printed of ["documents", "schema", "letters_of_every_kind"]) {
  await run("cargo", ["test", "--quiet", "--package", "tintype", "--test", "core", printed], { env: { BLESS: "1" } });
}
