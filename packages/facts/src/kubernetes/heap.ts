// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, textOf } from "./node.ts";
import type { Pair } from "./pair.ts";
import { memory, type Quantity, ratioPpm } from "./quantity.ts";
import { deltaOf } from "./report.ts";
import { type Container, containersOf, workloadOf } from "./workload.ts";

// Flags by which runtimes take a ceiling for their heap, with the unit of a bare number.
const FLAGS: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/-Xmx(\d{1,9})([kKmMgGtT]?)/, ""],
  [/--max[-_]old[-_]space[-_]size[= ](\d{1,9})()/, "m"],
  [/^GOMEMLIMIT=(\d{1,15})((?:[KMGT]i)?)B?$/, ""],
  [/--?maxmemory[= ](\d{1,15})([kKmMgG]?)b?/, ""],
];
const UNITS: { readonly [unit: string]: string } = { k: "Ki", m: "Mi", g: "Gi", t: "Ti" };

/** A heap that may grow past the limit of its container: the kernel ends the process first. */
export function heapDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [];
  const old = containersOf(pair.before === null ? undefined : workloadOf(pair.before)?.podSpec);
  return containersOf(workloadOf(pair.after)?.podSpec).flatMap((container) => {
    const now = excess(container);
    const was = old.find((other) => other.name === container.name);
    if (now === null || (was !== undefined && excess(was) !== null)) return [];
    const delta = deltaOf(pair, {
      aspect: "heap-over-limit",
      key: "memory",
      op: pair.before === null ? "added" : "changed",
      line: now.line,
      part: container.name,
      says: { before: now.limitText, after: now.heapText },
      numbers: [now.limit, now.heap],
    });
    return [delta];
  });
}

type Excess = {
  readonly limit: Quantity;
  readonly heap: Quantity;
  readonly limitText: string;
  readonly heapText: string;
  readonly line: number;
};

function excess(container: Container): Excess | null {
  const node = at(container.node, "resources", "limits", "memory");
  const limitText = textOf(node);
  const limit = memory(limitText);
  if (limit === null || node === undefined) return null;
  for (const text of textsIn(container.node)) {
    const heap = heapIn(text);
    if (heap === null || ratioPpm(limit, heap.quantity) <= 1_000_000) continue;
    return { limit, heap: heap.quantity, limitText, heapText: heap.text, line: node.line };
  }
  return null;
}

/** Command, arguments and environment, where runtimes read their flags. */
function textsIn(container: Node): readonly string[] {
  const lists = ["command", "args"].flatMap((key) => itemsOf(child(container, key)).map(textOf));
  const environment = itemsOf(child(container, "env")).map(
    (entry) => `${textOf(child(entry, "name"))}=${textOf(child(entry, "value"))}`,
  );
  return [...lists, ...environment].map((text) => text.slice(0, 4_000));
}

function heapIn(text: string): { readonly quantity: Quantity; readonly text: string } | null {
  for (const [pattern, unit] of FLAGS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const suffix = match[2] || unit;
    const quantity = memory(`${match[1] ?? ""}${UNITS[suffix.toLowerCase()] ?? suffix}`);
    if (quantity !== null) return { quantity, text: match[0] };
  }
  return null;
}
