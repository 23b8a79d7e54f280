// SPDX-License-Identifier: Apache-2.0
// Makes schemas/*.json from the descriptions in packages/policy/src/schema: `npm run schemas`.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { JSON_SCHEMAS } = await import(join(root, "packages/policy/dist/index.js"));
mkdirSync(join(root, "schemas"), { recursive: true });
for (const [name, schema] of Object.entries(JSON_SCHEMAS))
  writeFileSync(join(root, "schemas", `${name}.json`), `${JSON.stringify(schema(), null, 2)}\n`);
