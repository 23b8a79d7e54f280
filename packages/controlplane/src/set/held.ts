// SPDX-License-Identifier: Apache-2.0
import type { ConfigSet } from "../description.ts";
import { filled, matchPath, templateOf } from "./template.ts";

/**
 * Which keys of a cell are a set's, each with the path that gives it: its ending says how the content
 * is read. A key that two patterns of the set give has the path of the first.
 */
export function keysOfSet(
  set: Pick<ConfigSet, "files">,
  cell: string,
  keys: readonly string[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { path, key: pattern } of set.files) {
    const template = templateOf(pattern);
    if (template === null) continue;
    for (const key of keys) {
      const match = found.has(key) ? null : matchPath(template, key);
      if (match === null || (match.cell ?? cell) !== cell) continue;
      found.set(key, filled(path, { key: match.key, cell }));
    }
  }
  return found;
}
