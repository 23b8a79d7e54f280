// SPDX-License-Identifier: Apache-2.0
import { OUTAGES_JSON } from "./outages.generated.ts";
import { type OutageCase, readCase } from "./read.ts";

/** The cases of `conformance/outages`, sorted by id, as `npm run outages` found them. */
export function builtInCases(): readonly OutageCase[] {
  const files = JSON.parse(OUTAGES_JSON) as Readonly<Record<string, string>>; // generated text
  return Object.entries(files).map(([name, text]) => readCase(name, text));
}
