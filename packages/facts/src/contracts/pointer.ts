// SPDX-License-Identifier: Apache-2.0
/** JSON pointers (RFC 6901) with `*` for any one step and `**` for any number of steps. */

import { identityOf } from "../config/identity.ts";
import type { Node } from "../config/types.ts";

export type Step = string;

const STEPS_MAX = 32;

/** The steps of a pointer; `null` when it is none. Empty is the whole document. */
export function parsePointer(pointer: string): readonly Step[] | null {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) return null;
  const steps = pointer.slice(1).split("/");
  return steps.length <= STEPS_MAX ? steps : null;
}

/** A value that a pointer leads to. */
export type Found = {
  /** Concrete pointer, in which members of lists are named where they have a name. */
  readonly name: string;
  /** The same without what moves when a member is added before it. */
  readonly lasting: string;
  readonly node: Node;
  /** Of the key, or of the value where it has none. */
  readonly line: number;
};

export type Selection = { readonly found: readonly Found[]; readonly truncated: boolean };

const VISITS_MAX = 400_000;

/** All values that the pointer leads to, in document order, each once. */
export function select(root: Node, pointer: string): Selection {
  const steps = parsePointer(pointer) ?? [];
  const found: Found[] = [];
  const seen = new Set<Node>();
  let visits = 0;
  const visit = (at: Found, step: number): void => {
    if (++visits > VISITS_MAX) return;
    const wanted = steps[step];
    if (wanted === undefined) {
      if (!seen.has(at.node)) found.push(at);
      seen.add(at.node);
      return;
    }
    if (wanted === "**") {
      visit(at, step + 1);
      for (const child of childrenOf(at)) visit(child, step);
      return;
    }
    for (const child of wanted === "*" ? childrenOf(at) : named(at, wanted)) visit(child, step + 1);
  };
  visit({ name: "", lasting: "", node: root, line: root.line }, 0);
  return { found, truncated: visits > VISITS_MAX };
}

/** One child by its name, without making the others. */
function named(at: Found, step: Step): readonly Found[] {
  const key = step.replace(/~1/g, "/").replace(/~0/g, "~");
  const { node } = at;
  if (node.kind === "map")
    return node.entries
      .filter((e) => e.key === key)
      .map((e) => below(at, `/${escaped(e.key)}`, { node: e.value, line: e.keyLine }));
  if (node.kind !== "list") return [];
  if (/^\d{1,9}$/.test(key)) return members(at).slice(Number(key), Number(key) + 1);
  return members(at).filter((m) => m.name === `${at.name}/${key}`);
}

export function childrenOf(at: Found): readonly Found[] {
  if (at.node.kind === "list") return members(at);
  if (at.node.kind === "scalar") return [];
  return at.node.entries.map((e) =>
    below(at, `/${escaped(e.key)}`, { node: e.value, line: e.keyLine }),
  );
}

function members(at: Found): readonly Found[] {
  if (at.node.kind !== "list") return [];
  const times = new Map<string, number>();
  return at.node.items.map((node, i) => {
    const identity =
      node.kind === "scalar" ? `[${escaped(node.text.slice(0, 200))}]` : identityOf(node);
    if (identity === null) {
      const child = below(at, `/${i}`, { node, line: node.line });
      return { ...child, lasting: `${at.lasting}/*` };
    }
    const n = (times.get(identity) ?? 0) + 1;
    times.set(identity, n);
    const child = below(at, `/${identity}${n === 1 ? "" : `#${n}`}`, { node, line: node.line });
    return { ...child, lasting: `${at.lasting}/${identity}` };
  });
}

const below = (
  at: Found,
  step: string,
  { node, line }: { readonly node: Node; readonly line: number },
): Found => ({ name: at.name + step, lasting: at.lasting + step, node, line });

const escaped = (key: string): string => key.replace(/~/g, "~0").replace(/\//g, "~1");
