// SPDX-License-Identifier: Apache-2.0
import type { Node } from "../config/types.ts";
import { eachMap } from "../kubernetes/node.ts";

/** One scalar or container setting of a tree, whatever notation its key has. */
export type Setting = {
  /** Keys from the root, in the notation of HCL: `deletionProtection` is `deletion_protection`. */
  readonly path: string;
  readonly key: string;
  /** Key of the map around it. */
  readonly section: string;
  /** Path of the map around it, and of the one around that. */
  readonly within: readonly [string, string];
  readonly node: Node;
  readonly line: number;
};

/** `DeletionProtection`, `deletion-protection` and `deletionProtection` are one setting. */
export function snake(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[-\s]+/g, "_")
    .toLowerCase();
}

/** Every setting of a tree by its path; a repeated block counts its copies. */
export function settingsOf(tree: Node | undefined): ReadonlyMap<string, Setting> {
  const found = new Map<string, Setting>();
  const copies = new Map<string, number>();
  eachMap(tree, (map, keys) => {
    if (map.kind !== "map") return;
    const around = keys.map(snake);
    const section = around.join(".");
    const copy = copies.get(section) ?? 0;
    copies.set(section, copy + 1);
    const prefix = copy === 0 ? section : `${section}#${copy}`;
    for (const entry of map.entries) {
      const key = snake(entry.key);
      const path = prefix === "" ? key : `${prefix}.${key}`;
      const inner = around.at(-1) ?? "";
      const within = [section, around.slice(0, -1).join(".")] as const;
      found.set(path, {
        path,
        key,
        section: inner,
        within,
        node: entry.value,
        line: entry.keyLine,
      });
    }
  });
  return found;
}
