// SPDX-License-Identifier: Apache-2.0
import type { FileFact } from "@interlock/core";

const PRODUCTION = new Set(["prod", "production", "prd", "live", "prods"]);
const NON_PRODUCTION = new Set([
  "dev",
  "development",
  "develop",
  "test",
  "testing",
  "tests",
  "stage",
  "staging",
  "stg",
  "qa",
  "uat",
  "sandbox",
  "preprod",
  "preproduction",
  "nonprod",
  "nonproduction",
  "local",
  "demo",
  "labs",
  "beta",
  "integration",
  "ci",
  "example",
  "examples",
  "e2e",
]);

/**
 * The environment that a path speaks of, word by word. The last word that names one wins, since
 * folders go from wide to narrow; `pre-prod` and `non-prod` are not production.
 */
export function environmentOf(path: string): FileFact["environment"] {
  const normal = path.toLowerCase().replace(/(pre|non)[-_. ]?(prod(uction)?)/g, "$1$2");
  let found: FileFact["environment"] = "unknown";
  for (const word of normal.split(/[^a-z]+/)) {
    if (PRODUCTION.has(word)) found = "production";
    else if (NON_PRODUCTION.has(word)) found = "non-production";
  }
  return found;
}
