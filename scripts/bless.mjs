// `npm run bless`: rewrites what is printed from the code: the generated documents and the schema's snapshot.
// Read the difference before you commit it.

import { run } from "./process.mjs";

await run("cargo", ["test", "--quiet", "--package", "tintype", "--test", "core", "documents"], { env: { BLESS: "1" } });
await run("cargo", ["test", "--quiet", "--package", "tintype", "--test", "core", "schema"], { env: { BLESS: "1" } });
