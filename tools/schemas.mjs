// SPDX-License-Identifier: Apache-2.0
// Makes schemas/*.json from the descriptions in the packages `policy`, `document` and `controlplane`: `npm run schemas`.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { JSON_SCHEMAS } = await import(join(root, "packages/policy/dist/index.js"));
const { DOCUMENT_SCHEMAS } = await import(join(root, "packages/document/dist/index.js"));
const { CONTROL_PLANE_SCHEMAS } = await import(join(root, "packages/controlplane/dist/index.js"));
const all = { ...JSON_SCHEMAS, ...DOCUMENT_SCHEMAS, ...CONTROL_PLANE_SCHEMAS };
mkdirSync(join(root, "schemas"), { recursive: true });
for (const [name, schema] of Object.entries(all))
  writeFileSync(join(root, "schemas", `${name}.json`), `${JSON.stringify(schema(), null, 2)}\n`);
